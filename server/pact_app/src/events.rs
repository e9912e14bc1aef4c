//! Events as rows: what happened and waits for the scripts that ask for it.

use pact_core::event::EventName;
use pact_core::time::Instant;
use pact_store::entity::event;
use uuid::Uuid;

/// In which order events are worked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Somebody waits for it.
    Interactive,
    /// One of many, from an import.
    Bulk,
}

/// An event before it is stored.
pub(crate) struct EventRow {
    /// Which event.
    pub(crate) name: EventName,
    /// The kind of the record that it is about.
    pub(crate) kind: &'static str,
    /// The record.
    pub(crate) record: Uuid,
    /// What the entry point takes beside the record.
    pub(crate) payload: serde_json::Value,
    /// Its lane.
    pub(crate) lane: Lane,
    /// When it happened.
    pub(crate) at: Instant,
}

impl EventRow {
    /// The row, unhandled.
    pub(crate) fn into_row(self) -> event::Model {
        event::Model {
            id: Uuid::now_v7(),
            name: self.name.to_string(),
            record_kind: self.kind.to_owned(),
            record_id: self.record,
            payload: self.payload.into(),
            lane: match self.lane {
                Lane::Interactive => 0,
                Lane::Bulk => 1,
            },
            at: self.at.millis(),
            handled_at: None,
            lease_until: None,
            fence: 0,
            attempts: 0,
            parked_reason: None,
        }
    }
}
