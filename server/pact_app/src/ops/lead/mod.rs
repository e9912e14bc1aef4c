//! What can be done to a lead: one function for each, the only code that writes leads and pushes.

mod by_plugin;
mod change;
mod draft;
mod enter;
mod enter_many;
mod entrance;
mod entry;
mod list;
mod push;

pub(crate) use by_plugin::{EnterByPlugin, enter_by_plugin};
pub use change::{
    ChangeLead, ChangeStage, EscalateLead, HighlightLead, LoseLead, ReopenLead, TransferLead, WinLead, change_lead, change_stage,
    escalate_lead, highlight_lead, lose_lead, reopen_lead, transfer_lead, unhighlight_lead, value_of, win_lead,
};
pub(crate) use draft::LeadDraft;
pub use draft::Scene;
pub use enter::{ContactGiven, CustomerGiven, EnterLead, Entered, EnteredAs, enter_lead};
pub(crate) use enter_many::{CheckedLead, Prepared, check_many, enter_many, prepare};
pub(crate) use entrance::Entrance;
pub use list::{By, HistoryBy, LeadFilter, OwnPushBy, PushBy, list_history, list_own_pushes, list_pushes, open_push};
pub use push::{
    AnswerPush, DEFAULT_WITHIN_HOURS, PushLead, WithdrawPush, accept_lead, decline_lead, expire_push, push_lead, withdraw_lead,
};
pub(crate) use push::{answer_push, offer};

use pact_store::entity::lead;
use uuid::Uuid;

use crate::{Actor, App, Refusal};

/// Loads a lead, lets `decide` change it, and writes what came of it: one transaction.
///
/// `seen` is the revision that the caller read, where the caller must not overwrite what they did not see.
async fn decide<F>(app: &App, actor: &Actor, id: Uuid, seen: Option<String>, decide: F) -> Result<lead::Model, Refusal>
where
    F: Fn(&mut LeadDraft, &Scene) -> Result<(), Refusal> + Send + 'static,
{
    let scene = app.scene(actor);
    app.store
        .write(async move |tx| {
            let mut draft = LeadDraft::load(tx, id).await?;
            if seen.as_deref().is_some_and(|seen| seen != draft.row.revision) {
                return Err(Refusal::Stale { what: "lead" });
            }
            decide(&mut draft, &scene)?;
            draft.write(tx).await
        })
        .await
}
