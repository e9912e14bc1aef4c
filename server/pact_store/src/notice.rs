//! What was committed, told to whoever listens: a hint that something waits, never the only way to know.

use uuid::Uuid;

/// One thing that a commit made true, in this process or, on PostgreSQL, on another node; what another node appended has no id here, but for messages.
///
/// A listener that fell behind looks into the database instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// An event waits to be handled.
    EventAppended {
        /// The event.
        id: Uuid,
        /// 0: somebody waits; 1: bulk.
        lane: i64,
    },
    /// A person has a message.
    MessageAppended {
        /// The message.
        id: Uuid,
        /// Whom it is for.
        person_id: Uuid,
    },
    /// Mail or a webhook waits to leave.
    OutboxAppended {
        /// The row of the outbox.
        id: Uuid,
    },
    /// Persons, teams, territories, absences, holidays or working hours changed.
    OrganisationChanged {
        /// The organisation's version after the change.
        version: i64,
    },
    /// A plugin was installed, switched, set or removed.
    PluginsChanged,
    /// A webhook was made, changed or removed.
    WebhooksChanged,
    /// A record changed that others may be looking at.
    RecordChanged {
        /// The record's noun.
        kind: &'static str,
        /// The record.
        id: Uuid,
    },
    /// A lead went from one person's load to another's.
    LoadMoved {
        /// Who carried it.
        from: Option<Uuid>,
        /// Who carries it now.
        to: Option<Uuid>,
    },
    /// Other nodes committed something of which this one did not hear: whoever holds anything in memory reads it again.
    Missed,
    /// A rotation gave to this person, and what was promised them is written.
    TurnTaken {
        /// Whose turn it was.
        person: Uuid,
    },
}
