//! The keeper: the thread that starts workers, buries dead ones and puts fresh ones in their place.
//!
//! One thread does all starting because the kernel ends a worker with the thread that started it, and threads of an async
//! runtime come and go.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::child::{Cause, Child, End};
use super::{PoolError, PoolOptions, Shared};

/// Pause before a worker is tried again after one could not be started.
const RETRY: Duration = Duration::from_millis(500);

/// What the keeper is asked to do.
pub(crate) enum Order {
    /// Tell of what a worker died, then replace it.
    Bury(Child, End, oneshot::Sender<Cause>),
    /// Replace a worker.
    Replace(Child),
    /// End.
    Stop,
}

/// The way to the keeper.
pub(crate) struct Keeper {
    orders: Sender<Order>,
    workers: usize,
}

impl Keeper {
    pub(super) fn start(options: PoolOptions, shared: &Arc<Shared>) -> Result<Self, PoolError> {
        let (orders, received) = mpsc::channel();
        let (tell, first) = mpsc::channel();
        let workers = options.workers.max(1);
        let keep = Arc::downgrade(shared);
        thread::Builder::new().name("script-keeper".to_owned()).spawn(move || {
            for _ in 0..workers {
                begin(&options, &keep, Some(tell.clone()));
            }
            drop(tell);
            serve(&options, &keep, &received);
        })?;
        first.recv().unwrap_or_else(|_| Err(PoolError::Start(io::Error::other("no worker came up"))))?;
        Ok(Self { orders, workers })
    }

    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    pub(super) fn order(&self, order: Order) {
        // A keeper that has ended took its workers with it.
        let _ = self.orders.send(order);
    }

    pub(super) fn stop(&self) {
        self.order(Order::Stop);
    }
}

/// Ends when it is told to, or when nobody is left who could tell it anything.
fn serve(options: &PoolOptions, shared: &Weak<Shared>, orders: &Receiver<Order>) {
    for order in orders {
        match order {
            Order::Bury(mut child, end, tell) => {
                // Whoever asks may have gone.
                let _ = tell.send(child.bury(end));
            }
            Order::Replace(child) => drop(child),
            Order::Stop => return,
        }
        begin(options, shared, None);
    }
}

/// Starts a worker and offers it once it is ready, without waiting for that.
fn begin(options: &PoolOptions, shared: &Weak<Shared>, tell: Option<Sender<Result<(), PoolError>>>) {
    let child = loop {
        match (Child::spawn(options), &tell) {
            (Ok(child), _) => break child,
            (Err(error), Some(tell)) => {
                let _ = tell.send(Err(error.into()));
                return;
            }
            (Err(error), None) => {
                tracing::error!(%error, "a script worker cannot be started; trying again");
                if shared.strong_count() == 0 {
                    return;
                }
                thread::sleep(RETRY);
            }
        }
    };
    let shared = shared.clone();
    thread::spawn(move || greet(child, &shared, tell));
}

fn greet(mut child: Child, shared: &Weak<Shared>, tell: Option<Sender<Result<(), PoolError>>>) {
    let ready = child.wait_ready();
    if let (Ok(()), Some(shared)) = (&ready, shared.upgrade()) {
        shared.offer(child);
    } else if let Err(error) = &ready {
        tracing::error!(%error, "a script worker did not get ready");
    }
    if let Some(tell) = tell {
        let _ = tell.send(ready);
    }
}
