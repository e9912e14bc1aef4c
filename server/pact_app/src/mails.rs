//! What people are told by mail beside their digests: a lead that is pushed to them.

use pact_store::Tx;
use pact_store::entity::{lead, push};
use serde_json::json;

use crate::ops::lead::Scene;
use crate::relay::mail::{Template, to_person};

/// Tells a person by mail that a lead is pushed to them, if they want that; it leaves after the commit.
///
/// Where the server does not know its own address, mail could hold no link with which to answer, and is not written. Leads of an import come by the
/// hundred; they stand in the digest, and nobody gets a mail for each.
pub(crate) fn of_push(tx: &Tx, scene: &Scene, lead: &lead::Model, push: &push::Model) {
    let member = scene.snapshot.people.get(&push.person_id).filter(|member| member.mail.pushes);
    let (Some(member), Some(_)) = (member, &scene.outgoing.public_url) else { return };
    if lead.entered_by == "import" {
        return;
    }
    let data =
        json!({ "lead": lead.title, "id": lead.id, "reason": push.reason, "push": push.id, "answer_by_at": push.answer_by_at });
    if let Some(row) = to_person(&member.row, Template::Push, data, scene.now, Some(lead.id)) {
        tx.append(row);
    }
}
