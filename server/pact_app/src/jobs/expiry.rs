//! Pushes whose time to answer is over: found by their deadline, each ended once.

use pact_core::lead::Refusal as LeadRefusal;

use crate::ops::lead::expire_push;
use crate::{App, Refusal};

/// Pushes that one look ends at most.
const EXPIRED_PER_LOOK: u64 = 500;

/// Ends every push whose time to answer is over.
pub(super) async fn expire_pushes(app: &App) {
    let now = app.clock.now().millis();
    let due = match pact_store::push::due(app.store.read(), now, EXPIRED_PER_LOOK).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(%error, "pushes could not be looked through; trying again");
            return;
        }
    };
    for push in due {
        match expire_push(app, push.lead_id).await {
            // Answered at the last moment, or ended by another node.
            Ok(_) | Err(Refusal::Lead(LeadRefusal::NotOffered { .. } | LeadRefusal::PushNotOver { .. })) => {}
            Err(refusal) => tracing::warn!(lead = %push.lead_id, %refusal, "a push could not be ended; trying again"),
        }
    }
}
