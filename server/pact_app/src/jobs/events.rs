//! Events, worked off: claimed with a lease, run through every script that asks for them, committed once.
//!
//! Somebody waits for interactive events, so they are claimed first. A claim that is not committed before its lease is over is claimed again by
//! whoever is alive; the fence makes the late one's commit void. An event that keeps failing in our own hands is parked with its reason.

use std::sync::Arc;

use pact_store::entity::event;
use pact_store::{Store, StoreError};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Duration, timeout};

use crate::ops::effect::{Committed, Finished, commit_runs};
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
        for event in claimed {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let app = app.clone();
            tokio::spawn(async move {
                handle(&app, &event).await;
                drop(permit);
            });
        }
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
    drop(room.acquire_many(EVENTS_IN_FLIGHT as u32).await);
}

async fn claim(app: &App, limit: u64) -> Result<Vec<event::Model>, StoreError> {
    if limit == 0 || app.pool.is_none() {
        return Ok(Vec::new());
    }
    let now = app.clock.now().millis();
    app.store.write(async move |tx| pact_store::event::claim(tx, now, None, limit, LEASE_MS).await).await
}

async fn handle(app: &App, event: &event::Model) {
    if let Err(refusal) = run_and_commit(app, event).await {
        tracing::warn!(event = %event.id, name = event.name, %refusal, "an event was not handled; it is tried again");
        let outcome = if event.attempts >= MAX_ATTEMPTS {
            park(&app.store, event, refusal.to_string()).await
        } else {
            let again_at = app.clock.now().millis() + BACKOFF_MS * (1 << event.attempts.clamp(0, MAX_ATTEMPTS));
            put_off(&app.store, event, again_at).await
        };
        if let Err(error) = outcome {
            tracing::error!(event = %event.id, %error, "an event could not be put off; it is tried again when its lease is over");
        }
    }
}

async fn run_and_commit(app: &App, event: &event::Model) -> Result<(), Refusal> {
    let finished: Arc<[Finished]> = runs::of_event(app, event).await?.into();
    let committed = commit_runs(app, event, Arc::clone(&finished)).await;
    let undone = |run: &&Finished| match &committed {
        Ok(Committed::Done { without_effect }) => without_effect.contains(&run.id),
        Ok(Committed::NotOurs) | Err(_) => true,
    };
    for turn in finished.iter().filter(undone).flat_map(|run| &run.turns) {
        app.turns.give_back(turn);
    }
    committed.map(drop)
}

async fn park(store: &Store, event: &event::Model, reason: String) -> Result<bool, StoreError> {
    let (id, fence) = (event.id, event.fence);
    store.write(async move |tx| pact_store::event::park(tx, id, fence, &reason).await).await
}

/// Ends the lease at `again_at`, so that whoever looks next tries again.
async fn put_off(store: &Store, event: &event::Model, again_at: i64) -> Result<bool, StoreError> {
    let (id, fence) = (event.id, event.fence);
    store.write(async move |tx| pact_store::event::extend(tx, id, fence, again_at).await).await
}
