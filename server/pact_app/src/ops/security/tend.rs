//! What happens by itself: requests end, and what is older than records are kept is forgotten.

use pact_core::security::{State, kept_from};
use pact_evidence::act::SecurityStep;
use pact_store::entity::security_access;
use pact_store::security as store;

use super::{found, log, state};
use crate::evidence::Recording;
use crate::{Actor, App, Refusal};

/// Ends requests whose time is over, and forgets records and requests that are older than [`pact_core::security::KEPT_DAYS`].
///
/// # Errors
/// A store that does not answer.
pub async fn tend(app: &App) -> Result<(), Refusal> {
    let now = app.clock.now();
    let conn = app.store.read();
    for seen in store::living(conn).await? {
        if state(&seen, now)? != State::Closed {
            continue;
        }
        app.store
            .write(async move |tx| {
                store::hold(tx).await?;
                let row = found(tx, seen.id).await?;
                // Another node, or one of the two, may have closed it meanwhile.
                if row.state == State::Closed.as_str() {
                    return Ok(());
                }
                log(tx, Recording::by(&Actor::System, now)?, row.id, SecurityStep::Ended).await?;
                let row = security_access::Model { state: State::Closed.to_string(), closed_at: Some(now.millis()), ..row };
                Ok::<_, Refusal>(store::keep_access(tx, row).await?)
            })
            .await?;
    }
    let before = kept_from(now).millis();
    if store::is_any_before(conn, before).await? || store::is_any_closed_before(conn, before).await? {
        app.store
            .write(async move |tx| {
                store::forget_before(tx, before).await?;
                Ok::<_, Refusal>(store::forget_closed_before(tx, before).await?)
            })
            .await?;
    }
    Ok(())
}
