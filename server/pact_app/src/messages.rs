//! What a person is told about a record: one line in their inbox and their stream, never about a person.

use pact_core::history::LeadStep;
use pact_core::time::Instant;
use pact_store::Tx;
use pact_store::entity::{lead, message};
use uuid::Uuid;

use crate::ops::lead::Scene;

/// A message to one person about a record.
pub(crate) struct Message<'a> {
    /// To whom.
    pub(crate) to: Uuid,
    /// What it is about: `push`, `lead`, `card`, `request`, `notice`.
    pub(crate) kind: &'a str,
    /// The record's kind.
    pub(crate) record_kind: &'a str,
    /// The record.
    pub(crate) record: Uuid,
    /// One or two sentences.
    pub(crate) text: String,
    /// When.
    pub(crate) at: Instant,
}

/// Puts a message into a person's inbox with the commit.
pub(crate) fn send(tx: &Tx, message: Message<'_>) {
    tx.append(message::Model {
        id: pact_core::id::ordered(),
        person_id: message.to,
        kind: message.kind.to_owned(),
        record_kind: message.record_kind.to_owned(),
        record_id: message.record,
        text: message.text,
        at: message.at.millis(),
        read_at: None,
    });
}

/// Tells whom a step on a lead concerns; nobody is told what they did themselves.
pub(crate) fn of_step(tx: &Tx, scene: &Scene, row: &lead::Model, step: &LeadStep, text: &str) {
    let tell = |to: Uuid, kind: &str| {
        if scene.actor.person_id() != Some(to) {
            let text = format!("{}: {text}", row.title);
            send(tx, Message { to, kind, record_kind: "lead", record: row.id, text, at: scene.now });
        }
    };
    match step {
        LeadStep::Pushed { to, .. } => tell(*to, "push"),
        LeadStep::Expired { to } | LeadStep::Withdrawn { to, .. } => tell(*to, "push_over"),
        LeadStep::Transferred { from, to, .. } => {
            tell(*to, "lead");
            from.iter().for_each(|from| tell(*from, "lead"));
        }
        LeadStep::Escalated { to, .. } => tell(*to, "escalation"),
        LeadStep::Highlighted { .. } | LeadStep::Reopened { .. } | LeadStep::Merged { .. } | LeadStep::Matched { .. } => {
            row.owner_id.iter().for_each(|owner| tell(*owner, "lead"));
        }
        LeadStep::RunFailed { .. } => scene.snapshot.admins().for_each(|admin| tell(admin, "run_failed")),
        LeadStep::Entered { .. }
        | LeadStep::NearMatch { .. }
        | LeadStep::Accepted { .. }
        // The text itself goes to the owner.
        | LeadStep::HandedOver { .. }
        | LeadStep::Declined { .. }
        | LeadStep::Unhighlighted
        | LeadStep::StageChanged { .. }
        | LeadStep::Won { .. }
        | LeadStep::Lost { .. }
        | LeadStep::Quiet { .. } => {}
    }
}
