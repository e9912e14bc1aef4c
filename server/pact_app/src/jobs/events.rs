//! Events, worked off: claimed with a lease, run through every script that asks for them, committed once ([`super::commits`]).
//!
//! Somebody waits for interactive events, so they are claimed first. A claim that is not committed before its lease is over is claimed again by
//! whoever is alive; the fence makes the late one's commit void. An event that keeps failing in our own hands is parked with its reason.

use std::sync::Arc;

use pact_store::entity::event;
use pact_store::{Store, StoreError, Tx};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Duration, timeout};

use super::commits::{self, Waiting};
use crate::facts::known::Known;
use crate::ops::effect::Handled;
use crate::ops::job::park_event;
use crate::{App, Refusal, runs};

/// Events that one process works on at the same time.
pub const EVENTS_IN_FLIGHT: usize = 128;
/// How long a claim holds, in milliseconds.
pub const LEASE_MS: i64 = 30_000;
/// How long to wait before the first new attempt, in milliseconds; each further one waits twice as long.
const BACKOFF_MS: i64 = 500;
/// How often an event is tried before it is parked.
pub const MAX_ATTEMPTS: i64 = 5;
/// Events that one claim takes at most.
const CLAIM: u64 = 64;
/// How long to wait before looking again without having been woken.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Works off events until `stop` says so; events that are under way are finished.
pub(super) async fn work_off(app: App, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(EVENTS_IN_FLIGHT));
    let (commit, finished) = mpsc::channel(EVENTS_IN_FLIGHT);
    let committing = tokio::spawn(commits::commit_what_is_finished(app.clone(), finished));
    while !*stop.borrow() {
        let free = room.available_permits().min(CLAIM as usize);
        let claimed = match claim(&app, free as u64).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(%error, "events could not be claimed; trying again");
                Vec::new()
            }
        };
        let none_left = claimed.len() < free;
        start_runs(&app, claimed, &room, &commit).await;
        if none_left {
            tokio::select! {
                _ = timeout(LOOK_AGAIN, app.events_wait.notified()) => {}
                _ = stop.changed() => {}
            }
        } else if room.available_permits() == 0 {
            // Somebody has to finish before more can be claimed.
            drop(room.acquire().await);
        }
    }
    drop(commit);
    if let Err(error) = committing.await {
        tracing::error!(%error, "committing runs ended in a defect");
    }
}

/// Starts the runs of claimed events, each by itself; what they will ask for is read once for all.
async fn start_runs(app: &App, claimed: Vec<event::Model>, room: &Arc<Semaphore>, commit: &mpsc::Sender<Waiting>) {
    // Whatever could not be read now is read by each run, and then an error is that run's own.
    let known = Arc::new(Known::of(&app.store, &claimed).await.unwrap_or_default());
    for event in claimed {
        let Ok(permit) = Arc::clone(room).acquire_owned().await else { return };
        let (app, known, commit) = (app.clone(), Arc::clone(&known), commit.clone());
        tokio::spawn(async move {
            match runs::of_event(&app, &event, &known).await {
                Ok(runs) => {
                    let waiting = Waiting { handled: Handled { event, runs }, _permit: permit };
                    if commit.send(waiting).await.is_err() {
                        tracing::error!(
                            "a run ended when nothing is committed any more; its event is handled when the lease is over"
                        );
                    }
                }
                Err(refusal) => try_later(&app, &event, &refusal).await,
            }
        });
    }
}

pub(super) async fn claim(app: &App, limit: u64) -> Result<Vec<event::Model>, StoreError> {
    if limit == 0 || app.pool.is_none() || app.plugins().are_stopped() {
        return Ok(Vec::new());
    }
    let now = app.clock.now().millis();
    let claim = async move |tx: &Tx| match pact_store::automation::state(tx).await?.running {
        true => pact_store::event::claim(tx, now, None, limit, LEASE_MS).await,
        false => Ok(Vec::new()),
    };
    app.store.write(claim).await
}

/// Puts an event off that was not handled, or aside when that happened too often.
pub(super) async fn try_later(app: &App, event: &event::Model, refusal: &Refusal) {
    tracing::warn!(event = %event.id, name = event.name, %refusal, "an event was not handled; it is tried again");
    let outcome = if event.attempts >= MAX_ATTEMPTS {
        park_event(app, event, refusal.to_string()).await.map(drop)
    } else {
        let again_at = app.clock.now().millis() + backoff_ms(event.attempts);
        put_off(&app.store, event, again_at).await.map(drop).map_err(Refusal::from)
    };
    if let Err(error) = outcome {
        tracing::error!(event = %event.id, %error, "an event could not be put off; it is tried again when its lease is over");
    }
}

/// How long to wait after so many attempts, in milliseconds.
pub(crate) fn backoff_ms(attempts: i64) -> i64 {
    BACKOFF_MS * (1 << attempts.clamp(0, MAX_ATTEMPTS))
}

/// Ends the lease at `again_at`, so that whoever looks next tries again.
async fn put_off(store: &Store, event: &event::Model, again_at: i64) -> Result<bool, StoreError> {
    let (id, fence) = (event.id, event.fence);
    store.write(async move |tx| pact_store::event::extend(tx, id, fence, again_at).await).await
}
