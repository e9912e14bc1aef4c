//! Handover texts: what the new owner of a lead has to know, kept on the lead.

use pact_core::history::LeadStep;
use pact_core::text::TEXT;
use pact_store::entity::handover;
use pact_store::list::{Ask, Page, Sort};
use pact_store::{Tx, record};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::lead::{LeadDraft, Scene};
use crate::list::sorts;
use crate::messages::{self, Message};
use crate::relay::mail::{Template, to_person};
use crate::{App, Refusal};

sorts! {
    /// The order in which handover texts of a lead are listed.
    By of handover { MadeAt = "made_at", }
}

/// The handover texts of a lead and of those merged into it, a page at a time.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_handovers(app: &App, lead: Uuid, sort: Sort<By>, ask: &Ask) -> Result<Page<handover::Model>, Refusal> {
    use handover::{Column as C, Entity};
    let of_lead = Condition::any().add(C::LeadId.eq(lead)).add(C::LeadId.in_subquery(pact_store::lead::merged_into(lead)));
    Ok(pact_store::list::page(app.store.read(), Entity::find().filter(of_lead), C::Id, sort, ask).await?)
}

/// A handover text for the owner of a lead, ready for [`write()`]; the history says that it is there.
///
/// # Errors
/// A lead that nobody owns, or a text that cannot be taken.
pub(crate) fn by_plugin(scene: &Scene, draft: &mut LeadDraft, text: &str) -> Result<handover::Model, Refusal> {
    let Some(owner) = draft.facts.owner else {
        return Err(Refusal::NotNow { why: "Nobody owns this lead, so there is nobody to hand it over to.".to_owned() });
    };
    let row = handover::Model {
        id: pact_core::id::random(),
        lead_id: draft.row.id,
        person_id: Some(owner),
        text: TEXT.check("text", text)?,
        by_plugin: scene.actor.plugin_id().map(str::to_owned),
        made_at: scene.now.millis(),
    };
    draft.note(scene, LeadStep::HandedOver { to: owner });
    Ok(row)
}

/// Writes a handover text, and sends it to the owner: into the inbox, and as mail.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn write(tx: &Tx, scene: &Scene, row: handover::Model) -> Result<(), Refusal> {
    let (lead, text) = (row.lead_id, row.text.clone());
    if let Some(to) = row.person_id {
        let data = json!({ "text": text, "record": "lead", "id": lead });
        let member = scene.snapshot.people.get(&to);
        if let Some(mail) = member.and_then(|member| to_person(&member.row, Template::Notice, data, scene.now, Some(lead))) {
            tx.append(mail);
        }
        messages::send(tx, Message { to, kind: "handover", record_kind: "lead", record: lead, text, at: scene.now });
    }
    Ok(record::insert(tx, row).await?)
}
