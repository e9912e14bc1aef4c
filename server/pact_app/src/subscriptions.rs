//! Which webhooks ask for which events, and the messages that they get: written with the event, sent after the commit.
//!
//! A webhook may ask only for events that no act of a member of staff fires (`policy.md` §3): a stream of "a card was written", with the times at which
//! it arrives, is a count of acts for whoever keeps it. What stands in a message is which record it is about, and no person.

use std::collections::BTreeMap;

use pact_core::event::EventName;
use pact_core::time::Instant;
use pact_policy::table::{ENTRY_POINTS, EntryPoint};
use pact_store::entity::outbox;
use pact_store::outbox::{Kind, State};
use pact_store::{Store, StoreError, Tx};
use serde_json::{Value, json};
use uuid::Uuid;

/// Which webhooks ask for which events.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions(BTreeMap<String, Vec<(Uuid, String)>>);

/// The events for which a webhook may ask.
pub(crate) fn offered() -> impl Iterator<Item = &'static str> {
    let kept_inside = |point| matches!(point, EntryPoint::CardWriting | EntryPoint::CoachingDay);
    ENTRY_POINTS.iter().filter(move |entry| !entry.act && !kept_inside(entry.point)).map(|entry| entry.event)
}

impl Subscriptions {
    /// Reads them.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let mut by_event: BTreeMap<String, Vec<(Uuid, String)>> = BTreeMap::new();
        for webhook in pact_store::webhook::all(store.read()).await?.into_iter().filter(|webhook| webhook.active) {
            for event in webhook.events.iter() {
                by_event.entry(event.clone()).or_default().push((webhook.id, webhook.name.clone()));
            }
        }
        Ok(Self(by_event))
    }

    /// Writes a message for each webhook that asks for an event.
    pub(crate) fn write(&self, tx: &Tx, at: Instant, event: EventName, kind: &str, record: Uuid, payload: &Value) {
        for (webhook, name) in self.0.get(event.as_str()).into_iter().flatten() {
            let mut data = json!({ "record": kind, "id": record });
            // What stays of the payload names no person; the plugin is the one whose time a quiet lead has passed.
            let told: &[&str] = match event {
                EventName::StageChanged => &["from", "to"],
                EventName::LeadQuiet => &["plugin"],
                EventName::LeadCreated
                | EventName::PushDeclined
                | EventName::PushExpired
                | EventName::LeadOwned
                | EventName::LeadWon
                | EventName::LeadLost
                | EventName::CustomerCreated
                | EventName::CardWriting
                | EventName::CardWritten
                | EventName::PlanAnnounced
                | EventName::RequestOverdue
                | EventName::CoachingDay => &[],
            };
            for name in told {
                data[*name] = payload[*name].clone();
            }
            let body = body(event.as_str(), at, data);
            tx.append(message(Some(*webhook), name, body, at, Some(record)));
        }
    }
}

/// The content of a message to a webhook, as Standard Webhooks has it.
pub(crate) fn body(kind: &str, at: Instant, data: Value) -> Value {
    json!({ "type": kind, "timestamp": at, "data": data })
}

/// A message to a webhook, as it waits in the outbox; without a webhook it is put aside until one has this name.
pub(crate) fn message(webhook: Option<Uuid>, name: &str, body: Value, at: Instant, record: Option<Uuid>) -> outbox::Model {
    let id = pact_core::id::ordered();
    let no_address = format!("No webhook is named \"{name}\". Make one; what was posted to this name then leaves.");
    outbox::Model {
        id,
        kind: Kind::Webhook.as_str().to_owned(),
        address: name.to_owned(),
        payload: body.into(),
        idempotency_key: id.to_string(),
        created_at: at.millis(),
        next_at: at.millis(),
        attempts: 0,
        sent_at: None,
        record_id: record,
        state: if webhook.is_some() { State::Waiting } else { State::Parked }.as_str().to_owned(),
        reason: webhook.is_none().then_some(no_address),
        lease_until: None,
        fence: 0,
        handing_at: None,
        webhook_id: webhook,
    }
}
