//! Runs that are finished, committed: those that finished while an earlier commit was on its way go together into the next.
//!
//! With few events each is committed at once, by itself; under load a commit carries many, and costs the database little more than one.

use std::sync::Arc;

use pact_store::Kind;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::events::try_later;
use crate::ops::effect::{Committed, Handled, commit_runs};
use crate::{App, Refusal};

/// Events that one commit carries at most.
const COMMIT_EVENTS: usize = 64;

/// An event whose runs are over.
pub(super) struct Waiting {
    /// What is to be committed.
    pub(super) handled: Handled,
    /// Its place among the events under way.
    pub(super) _permit: OwnedSemaphorePermit,
}

/// Commits until nobody sends any more.
pub(super) async fn commit_what_is_finished(app: App, mut finished: mpsc::Receiver<Waiting>) {
    // As many as the store has writers: one more would only wait there, with less on board.
    let writers = match app.store.kind() {
        Kind::Sqlite => 1,
        Kind::Postgres => pact_store::POSTGRES_WRITERS,
    };
    let room = Arc::new(Semaphore::new(writers));
    loop {
        let Ok(turn) = Arc::clone(&room).acquire_owned().await else { return };
        let mut together = Vec::new();
        if finished.recv_many(&mut together, COMMIT_EVENTS).await == 0 {
            break;
        }
        let app = app.clone();
        tokio::spawn(async move {
            commit_together(&app, together).await;
            drop(turn);
        });
    }
    drop(room.acquire_many(writers as u32).await);
}

async fn commit_together(app: &App, waiting: Vec<Waiting>) {
    let (handled, _permits): (Vec<Handled>, Vec<OwnedSemaphorePermit>) =
        waiting.into_iter().map(|Waiting { handled, _permit }| (handled, _permit)).unzip();
    let handled: Arc<[Handled]> = handled.into();
    match commit_runs(app, Arc::clone(&handled)).await {
        Ok(committed) => handled.iter().zip(&committed).for_each(|(one, committed)| give_back_turns(app, one, committed)),
        Err(refusal) if handled.len() == 1 => give_up(app, &handled[0], &refusal).await,
        // One of them is in the way of the others.
        Err(_) => {
            for one in &*handled {
                commit_alone(app, one).await;
            }
        }
    }
}

pub(super) async fn commit_alone(app: &App, one: &Handled) {
    match commit_runs(app, Arc::new([one.clone()])).await {
        Ok(committed) => committed.iter().for_each(|committed| give_back_turns(app, one, committed)),
        Err(refusal) => give_up(app, one, &refusal).await,
    }
}

async fn give_up(app: &App, one: &Handled, refusal: &Refusal) {
    give_back_turns(app, one, &Committed::NotOurs);
    try_later(app, &one.event, refusal).await;
}

/// Gives back the turns that were promised to runs of which nothing came.
fn give_back_turns(app: &App, one: &Handled, committed: &Committed) {
    let undone = one.runs.iter().filter(|run| match committed {
        Committed::Done { without_effect } => without_effect.contains(&run.id),
        Committed::NotOurs => true,
    });
    for turn in undone.flat_map(|run| &run.turns) {
        app.turns.give_back(turn);
    }
}
