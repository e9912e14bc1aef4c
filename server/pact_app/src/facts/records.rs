//! How rows become the records that scripts see.

use std::collections::BTreeMap;

use pact_core::time::Instant;
use pact_policy::table::{Kind, members_of};
use pact_script::value::{Record, Value};
use pact_store::entity::{card, contact, customer, goal, lead, lead_event, pack, plan, push, request};
use pact_store::{Json, Words};
use uuid::Uuid;

use crate::organisation::Snapshot;

/// What turning rows into records needs beside the rows: the organisation and the moment of the run.
pub(crate) struct Lens<'a> {
    /// The organisation, for calendars.
    pub(crate) snapshot: &'a Snapshot,
    /// The moment of the run.
    pub(crate) now: Instant,
}

impl Lens<'_> {
    /// A lead.
    pub(crate) fn lead(&self, row: &lead::Model) -> Record {
        record(Kind::Lead, row.id, |member| match member {
            "id" => row.id.to_string().into(),
            "title" => row.title.clone().into(),
            "source" => row.source.clone().into(),
            "product" => Value::maybe(row.product.clone()),
            "stage" => row.stage.clone().into(),
            "value" => money(row.value_minor, row.value_currency.as_deref()),
            "customer" => Value::Ref(Kind::Customer, row.customer_id),
            "contact" => Value::maybe_ref(Kind::Contact, row.contact_id),
            "territory" => Value::maybe_ref(Kind::Territory, row.territory_id),
            "created_at" => Value::Instant(row.created_at),
            "expected_on" => day(row.expected_on.as_deref()),
            "highlighted" => row.highlighted.into(),
            "escalation" => row.escalation.into(),
            "attempt" => row.attempt.into(),
            "owner" => Value::maybe_ref(Kind::Person, row.owner_id),
            "quiet_for" => self.quiet_for(row.last_event_at, row.owner_id),
            _ => Value::Unit,
        })
    }

    /// A customer.
    pub(crate) fn customer(&self, row: &customer::Model) -> Record {
        record(Kind::Customer, row.id, |member| match member {
            "id" => row.id.to_string().into(),
            "name" => row.name.clone().into(),
            "segment" => Value::maybe(row.segment.clone()),
            "industry" => Value::maybe(row.industry.clone()),
            "city" => Value::maybe(row.city.clone()),
            "country" => Value::maybe(row.country.clone()),
            "territory" => Value::maybe_ref(Kind::Territory, row.territory_id),
            "owner" => Value::maybe_ref(Kind::Person, row.owner_id),
            "quiet_for" => self.quiet_for(row.last_event_at, row.owner_id),
            _ => Value::Unit,
        })
    }

    /// The quiet clock: working time in the owner's calendar, or in the organisation's while nobody owns the record.
    fn quiet_for(&self, last_event_at: i64, owner: Option<Uuid>) -> Value {
        Value::WorkSpan(self.snapshot.working_minutes(owner, Instant::from_millis(last_event_at), self.now))
    }
}

/// A contact.
pub(crate) fn contact(row: &contact::Model) -> Record {
    record(Kind::Contact, row.id, |member| match member {
        "id" => row.id.to_string().into(),
        "name" => row.name.clone().into(),
        "title" => Value::maybe(row.title.clone()),
        "email" => Value::maybe(row.email.clone()),
        "phone" => Value::maybe(row.phone.clone()),
        "language" => Value::maybe(row.language.clone()),
        "customer" => Value::Ref(Kind::Customer, row.customer_id),
        _ => Value::Unit,
    })
}

/// One offer of a lead.
pub(crate) fn push(row: &push::Model) -> Record {
    record(Kind::Push, row.id, |member| match member {
        "lead" => Value::Ref(Kind::Lead, row.lead_id),
        "reason" => row.reason.clone().into(),
        "answer_reason" => Value::maybe(row.answer_reason.clone()),
        "person" => Value::Ref(Kind::Person, row.person_id),
        "pushed_at" => Value::Instant(row.pushed_at),
        "answer" => row.answer.clone().into(),
        "answered_at" => instant(row.answered_at),
        _ => Value::Unit,
    })
}

/// One step in a lead's history.
pub(crate) fn lead_event(row: &lead_event::Model) -> Record {
    record(Kind::LeadEvent, row.id, |member| match member {
        "what" => row.what.clone().into(),
        "text" => row.text.clone().into(),
        "by" => Value::maybe_ref(Kind::Person, row.by_person_id),
        "at" => Value::Instant(row.at),
        _ => Value::Unit,
    })
}

/// A card.
pub(crate) fn card(row: &card::Model) -> Record {
    record(Kind::Card, row.id, |member| match member {
        "id" => row.id.to_string().into(),
        "customer" => Value::Ref(Kind::Customer, row.customer_id),
        "lead" => Value::maybe_ref(Kind::Lead, row.lead_id),
        "kind" => row.kind.clone().into(),
        "about" => Value::maybe(row.about.clone()),
        "theme" => Value::maybe(row.theme.clone()),
        "text" => row.text.clone().into(),
        "said_by" => Value::maybe_ref(Kind::Contact, row.said_by_id),
        "said_on" => day(Some(&row.said_on)),
        "author" => Value::maybe_ref(Kind::Person, row.author_id),
        "written_at" => Value::Instant(row.written_at),
        _ => Value::Unit,
    })
}

/// A plan.
pub(crate) fn plan(row: &plan::Model) -> Record {
    record(Kind::Plan, row.id, |member| match member {
        "id" => row.id.to_string().into(),
        "customer" => Value::Ref(Kind::Customer, row.customer_id),
        "lead" => Value::maybe_ref(Kind::Lead, row.lead_id),
        "objective" => row.objective.clone().into(),
        "pack" => Value::maybe_ref(Kind::Pack, row.pack_id),
        "person" => Value::Ref(Kind::Person, row.person_id),
        "on" => day(Some(&row.on_day)),
        "announced_at" => Value::Instant(row.announced_at),
        _ => Value::Unit,
    })
}

/// A request.
pub(crate) fn request(row: &request::Model) -> Record {
    record(Kind::Request, row.id, |member| match member {
        "id" => row.id.to_string().into(),
        "customer" => Value::Ref(Kind::Customer, row.customer_id),
        "text" => row.text.clone().into(),
        "answer" => Value::maybe(row.answer.clone()),
        "from" => Value::maybe_ref(Kind::Person, row.from_id),
        "to" => Value::Ref(Kind::Person, row.to_id),
        "asked_at" => Value::Instant(row.asked_at),
        "due_on" => day(row.due_on.as_deref()),
        "answered_at" => instant(row.answered_at),
        _ => Value::Unit,
    })
}

/// A planning pack.
pub(crate) fn pack(row: &pack::Model) -> Record {
    record(Kind::Pack, row.id, |member| match member {
        "id" => row.id.to_string().into(),
        "title" => row.title.clone().into(),
        "product" => Value::maybe(row.product.clone()),
        "documents" => titles(&row.documents),
        "themes" => texts(&row.themes),
        _ => Value::Unit,
    })
}

/// A goal.
pub(crate) fn goal(row: &goal::Model) -> Record {
    record(Kind::Goal, row.id, |member| match member {
        "id" => row.id.to_string().into(),
        "title" => row.title.clone().into(),
        "target" => row.target.into(),
        "reached" => row.reached.into(),
        "ends_on" => day(row.ends_on.as_deref()),
        _ => Value::Unit,
    })
}

/// A record of `kind`, its values in the table's order.
pub(crate) fn record(kind: Kind, id: Uuid, value_of: impl Fn(&str) -> Value) -> Record {
    Record { kind, id, values: members_of(kind).map(|member| value_of(member.name)).collect(), fields: BTreeMap::new() }
}

/// The texts of a JSON array.
pub(crate) fn texts(list: &Words) -> Value {
    Value::texts(list.iter().cloned())
}

/// The titles of a pack's documents: each is a text, or an object with a title.
fn titles(documents: &Json) -> Value {
    let title = |document: &serde_json::Value| document.as_str().or_else(|| document.get("title")?.as_str()).map(str::to_owned);
    Value::texts(documents.as_array().into_iter().flatten().filter_map(title))
}

fn instant(ms: Option<i64>) -> Value {
    ms.map_or(Value::Unit, Value::Instant)
}

pub(super) fn day(text: Option<&str>) -> Value {
    text.and_then(|text| text.parse().ok()).map_or(Value::Unit, Value::Day)
}

fn money(minor: Option<i64>, currency: Option<&str>) -> Value {
    match (minor, currency) {
        (Some(minor), Some(currency)) => Value::Money { minor, currency: currency.to_owned() },
        _ => Value::Unit,
    }
}
