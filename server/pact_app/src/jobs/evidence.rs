//! The audit log, looked after: what was recorded is signed within a second, and the whole log is checked every hour.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::evidence::{checking, signing};
use crate::{App, Refusal};

/// How often it is looked whether something is to be signed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long after a self-check the next one is due, in milliseconds.
const CHECK_EVERY_MS: i64 = 3_600_000;

/// Signs what no checkpoint covers yet, and checks the stored log when that is due, until `stop` says so. A check of a long log takes a while, so it
/// stands beside the heartbeat and not in it.
pub(super) async fn tend(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = sign(&app).await {
            tracing::error!(%error, "the audit log could not be signed; trying again");
        }
        if is_due(&app) {
            tokio::select! {
                biased;
                _ = stop.changed() => return,
                checked = checking::check(&app) => if let Err(error) = checked {
                    tracing::error!(%error, "the audit log could not be checked; trying again");
                },
            }
        }
        drop(timeout(LOOK_EVERY, stop.changed()).await);
    }
}

async fn sign(app: &App) -> Result<(), Refusal> {
    if signing::is_behind(app).await? {
        signing::sign(app).await?;
    }
    Ok(())
}

fn is_due(app: &App) -> bool {
    let last = app.evidence.checked.load();
    last.as_ref().is_none_or(|last| last.at.millis() + CHECK_EVERY_MS <= app.clock.now().millis())
}
