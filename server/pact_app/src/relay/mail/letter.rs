//! Mail as it waits in the outbox: whom it is for, in which language, which template, and what stands in it.

use pact_core::time::Instant;
use pact_store::entity::{contact, outbox, person};
use pact_store::outbox::{Kind, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// What mail is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Template {
    /// What a script tells a person about a record: `text`.
    Notice,
    /// A planning digest: `title` and `sections`.
    Digest,
    /// A lead that is pushed to a person: `lead`, `id`, `reason`, `push` and `answer_by_at`.
    Push,
    /// A view: `title`, `columns`, `rows`, and whether there is `more`.
    Report,
    /// A test that an admin sends to themselves.
    Test,
    /// What a script writes to a customer's contact: `title` and `text`.
    Letter,
}

/// The content of a row of the outbox that is mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Letter {
    /// The template.
    pub(super) template: Template,
    /// The languages of whom it is for, the best first.
    pub(super) languages: Vec<String>,
    /// Their name.
    pub(super) name: String,
    /// Who they are, for links that act in their name.
    #[serde(default)]
    pub(super) person: Option<Uuid>,
    /// Their zone, whose clock the mail quotes.
    #[serde(default)]
    pub(super) zone: Option<String>,
    /// What the template puts in.
    pub(super) data: Value,
}

/// Mail to a person, to be written with what causes it; nothing when the person has left.
pub(crate) fn to_person(
    person: &person::Model,
    template: Template,
    data: Value,
    at: Instant,
    record: Option<Uuid>,
) -> Option<outbox::Model> {
    if !person.active {
        return None;
    }
    let letter = Letter {
        template,
        languages: person.languages.0.clone(),
        name: person.name.clone(),
        person: Some(person.id),
        zone: Some(person.time_zone.clone()),
        data,
    };
    Some(waiting(person.email.clone(), &letter, at, record))
}

/// Mail to a customer's contact, to be written with what causes it; nothing when there is no address, or when the contact was forgotten.
pub(crate) fn to_contact(contact: &contact::Model, data: Value, at: Instant) -> Option<outbox::Model> {
    let address = contact.email.clone().filter(|_| !contact.erased)?;
    let languages = contact.language.iter().cloned().collect();
    let letter = Letter { template: Template::Letter, languages, name: contact.name.clone(), person: None, zone: None, data };
    Some(waiting(address, &letter, at, Some(contact.id)))
}

fn waiting(address: String, letter: &Letter, at: Instant, record: Option<Uuid>) -> outbox::Model {
    let id = pact_core::id::ordered();
    outbox::Model {
        id,
        kind: Kind::Mail.as_str().to_owned(),
        address,
        payload: json!(letter).into(),
        idempotency_key: id.to_string(),
        created_at: at.millis(),
        next_at: at.millis(),
        attempts: 0,
        sent_at: None,
        record_id: record,
        state: State::Waiting.as_str().to_owned(),
        reason: None,
        lease_until: None,
        fence: 0,
        handing_at: None,
        webhook_id: None,
    }
}
