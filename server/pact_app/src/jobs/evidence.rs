//! The audit log, looked after: what was recorded is signed within a second, and the whole log is checked every hour.

use crate::App;
use crate::evidence::{checking, signing};

/// How long after a self-check the next one is due, in milliseconds.
const CHECK_EVERY_MS: i64 = 3_600_000;

/// Signs what no checkpoint covers yet, and checks the stored log when that is due.
pub(super) async fn look_after(app: &App) {
    let signed = async {
        if signing::is_behind(app).await? {
            signing::sign(app).await?;
        }
        Ok::<_, crate::Refusal>(())
    };
    if let Err(error) = signed.await {
        tracing::error!(%error, "the audit log could not be signed; trying again");
    }
    let now = app.clock.now().millis();
    let last = app.evidence.checked.load();
    if last.as_ref().is_none_or(|last| last.at.millis() + CHECK_EVERY_MS <= now)
        && let Err(error) = checking::check(app).await
    {
        tracing::error!(%error, "the audit log could not be checked; trying again");
    }
}
