//! Imports that wait, worked off one after the other; a server that starts goes on with those that it finds.

use futures_util::FutureExt;
use pact_store::entity::import;
use pact_store::{Notice, import as store};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::{Duration, Instant, sleep, timeout};

use crate::ops::import::{KIND, run_import, sweep_imports};
use crate::{App, Refusal};

/// How long to wait before looking again without having been woken: another node may have left an import behind.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// How long to wait before an import that met trouble is tried again.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);
/// How often files and rows that nobody needs are swept.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Works off imports until `stop` says so; one that is under way is left between two chunks, and goes on at the next start.
pub(super) async fn work_off(app: App, mut stop: watch::Receiver<bool>) {
    let mut heard = app.store.committed();
    let mut swept: Option<Instant> = None;
    while !*stop.borrow() {
        if swept.is_none_or(|swept| swept.elapsed() >= SWEEP_EVERY) {
            swept = Some(Instant::now());
            if let Err(refusal) = sweep_imports(&app).await {
                tracing::warn!(%refusal, "files of imports could not be swept; the next hour tries again");
            }
        }
        // What was said until now is seen in the store; what is said while imports are worked off is heard afterwards.
        while !matches!(heard.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
        let wait = match all_that_wait(&app, &stop).await {
            Ok(()) => timeout(LOOK_AGAIN, of_an_import(&mut heard)).map(drop).left_future(),
            Err(refusal) => {
                tracing::warn!(%refusal, "an import could not go on; trying again");
                sleep(AFTER_TROUBLE).right_future()
            }
        };
        tokio::select! {
            () = wait => {}
            _ = stop.changed() => {}
        }
    }
}

/// Works off every import that waits, the oldest first; one in trouble does not hold up the others.
async fn all_that_wait(app: &App, stop: &watch::Receiver<bool>) -> Result<(), Refusal> {
    let mut trouble = Ok(());
    for import::Model { id, .. } in store::unfinished(app.store.read()).await? {
        if *stop.borrow() {
            break;
        }
        if let Err(refusal) = run_import(app, id, stop.clone()).await {
            trouble = Err(refusal);
        }
    }
    trouble
}

/// Waits until an import changed.
async fn of_an_import(heard: &mut broadcast::Receiver<Notice>) {
    loop {
        match heard.recv().await {
            Ok(Notice::RecordChanged { kind: KIND, .. } | Notice::Missed) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}
