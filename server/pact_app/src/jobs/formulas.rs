//! Formulas, kept up to date: what the database noted is computed, one batch after the other.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::{App, formulas};

/// How often it is looked whether something is to be computed: another node may have changed it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Computes formulas until `stop` says so.
pub(super) async fn work_off(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match formulas::step(&app).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "formulas could not be computed; trying again"),
        }
        tokio::select! {
            biased;
            _ = stop.changed() => return,
            _ = timeout(LOOK_EVERY, app.formulas_wait.notified()) => {}
        }
    }
}
