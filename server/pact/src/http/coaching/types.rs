//! Coaching on the wire.

use pact_app::ops::coaching::keys::{NoteKey as Key, Opened};
use pact_app::ops::coaching::notes::Note;
use pact_app::ops::coaching::tend::Coach;
use pact_app::ops::coaching::{self as ops};
use pact_core::time::Instant;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A coaching period that is proposed. Who proposes it is the coach, and signs it with this.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "person_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11", "reason": "training", "purpose": "To prepare visits so that the customer talks.",
    "first_on": "2026-12-01", "last_on": "2026-12-31"
}))]
pub struct NewCoachingPeriod {
    /// Who is to be coached.
    pub(super) person_id: Uuid,
    /// `training` or `discipline`.
    #[schema(pattern = "^(training|discipline)$")]
    pub(super) reason: String,
    /// What it is for, in words.
    #[schema(min_length = 1, max_length = 500)]
    pub(super) purpose: String,
    /// The first day, today or later, on the clock of who is coached.
    #[schema(format = Date)]
    pub(super) first_on: chrono::NaiveDate,
    /// The last day.
    #[schema(format = Date)]
    pub(super) last_on: chrono::NaiveDate,
}

/// A coaching period, for the two whom it is for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "5f1e3b0a-6d1c-4f5a-9b8e-2c1d0e9f8a7b", "coach_id": "6a1f6f7e-1a6e-4a6f-9f0d-3e5b8e1c7d10", "person_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11",
    "state": "proposed", "is_open": false, "first_on": "2026-12-01", "last_on": "2026-12-31", "ended_on": null, "reason": "training",
    "purpose": "To prepare visits so that the customer talks.", "text": "Coaching period …", "document": "9f0c…", "retention_days": 30,
    "coach_fingerprint": "1f0c…", "person_fingerprint": null, "is_key_replaced": false
}))]
pub struct CoachingPeriod {
    /// Its id.
    id: Uuid,
    /// The coach.
    coach_id: Uuid,
    /// Who is coached.
    person_id: Uuid,
    /// `proposed`: the coach has signed; `signed`: both have; `ended`; `erased`.
    state: String,
    /// Whether notes can be written today.
    is_open: bool,
    /// The first day.
    first_on: String,
    /// The last day that was agreed.
    last_on: String,
    /// The day on which it ended.
    ended_on: Option<String>,
    /// `training` or `discipline`; null once it is erased.
    reason: Option<String>,
    /// What it is for; null once it is erased.
    purpose: Option<String>,
    /// What both sign, word for word; null once it is erased.
    text: Option<String>,
    /// SHA-256 of the text, in hexadecimal.
    document: String,
    /// How many days after the end notes are kept at most.
    retention_days: i64,
    /// The fingerprint of the coach's key, as notes are sealed for it. Compare it by telephone if you doubt it.
    coach_fingerprint: Option<String>,
    /// The fingerprint of the other's key, as notes are sealed for it.
    person_fingerprint: Option<String>,
    /// Whether one of the two has another key by now than the one for which notes are sealed.
    is_key_replaced: bool,
}

/// Coaching periods.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct CoachingPeriods {
    /// The caller's own, the latest first.
    pub(super) items: Vec<CoachingPeriod>,
}

/// A signature under a coaching period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"document": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}))]
pub struct NewCoachingSignature {
    /// The `document` of the period as you read it.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) document: String,
}

/// A note that is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "She let the customer finish, and then asked for the drawings."}))]
pub struct NewCoachingNote {
    /// What it says.
    #[schema(min_length = 1, max_length = 20000)]
    pub(super) text: String,
}

/// A note that was written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "5f1e3b0a-6d1c-4f5a-9b8e-2c1d0e9f8a7b"}))]
pub struct WrittenCoachingNote {
    /// Its id.
    pub(super) id: Uuid,
}

/// A note.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "5f1e3b0a-6d1c-4f5a-9b8e-2c1d0e9f8a7b", "written_by": "coach", "at": "2026-12-02T10:10:00.000Z", "text": "She let the customer finish."}))]
pub struct CoachingNote {
    /// Its id.
    id: Uuid,
    /// `coach`, `person`, or the id of the plugin that wrote it.
    written_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// What it says; null when it is sealed for a key that you do not have any more.
    text: Option<String>,
}

/// Notes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct CoachingNotes {
    /// The oldest first.
    pub(super) items: Vec<CoachingNote>,
}

/// What was shared.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"notes": 3}))]
pub struct SharedCoachingNotes {
    /// How many notes were sealed for the other's present key.
    pub(super) notes: u64,
}

/// The password with which you sign in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "four words in a row"}))]
pub struct OwnPassword {
    /// Your password.
    #[schema(value_type = String, format = Password, max_length = 1000)]
    pub(super) password: SecretString,
}

/// A key that is recovered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"recovery_code": "q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E", "password": "four words in a row"}))]
pub struct Recovery {
    /// The code that you were given with the key.
    #[schema(value_type = String, format = Password, max_length = 200)]
    pub(super) recovery_code: SecretString,
    /// Your present password.
    #[schema(value_type = String, format = Password, max_length = 1000)]
    pub(super) password: SecretString,
}

/// Your key for notes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"fingerprint": "1f0c5e…", "made_at": "2026-11-24T10:10:00.000Z"}))]
pub struct NoteKey {
    /// Its fingerprint.
    fingerprint: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    made_at: Instant,
}

/// Your key for notes, with the code that opens it when the password does not.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"fingerprint": "1f0c5e…", "made_at": "2026-11-24T10:10:00.000Z", "recovery_code": "q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E"}))]
pub struct NewNoteKey {
    /// The key.
    #[serde(flatten)]
    key: NoteKey,
    /// Keep it where nobody else looks. It is in this answer and never shown again.
    recovery_code: String,
}

/// A key that is open.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"note_key": "q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E", "expires_at": "2026-11-24T11:10:00.000Z"}))]
pub struct OpenNoteKey {
    /// Send it as `Pact-Note-Key` to read notes in this session.
    note_key: String,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

/// A coach, and how many periods they had.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"person_id": "6a1f6f7e-1a6e-4a6f-9f0d-3e5b8e1c7d10", "name": "Mia Jansen", "periods": 2}))]
pub struct CoachCount {
    /// The coach.
    person_id: Uuid,
    /// Their name.
    name: String,
    /// Periods that both had signed, those that are over too.
    periods: i64,
}

/// Coaches.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct CoachCounts {
    /// By name.
    pub(super) items: Vec<CoachCount>,
}

impl From<ops::Period> for CoachingPeriod {
    fn from(period: ops::Period) -> Self {
        let ops::Period { row, state, is_open, coach_fingerprint, person_fingerprint, is_key_replaced, .. } = period;
        Self {
            id: row.id,
            coach_id: row.coach_id,
            person_id: row.person_id,
            state: state.to_string(),
            is_open,
            first_on: row.first_on,
            last_on: row.last_on,
            ended_on: row.ended_on,
            reason: row.reason,
            purpose: row.purpose,
            text: row.words,
            document: row.document,
            retention_days: row.retention_days,
            coach_fingerprint,
            person_fingerprint,
            is_key_replaced,
        }
    }
}

impl From<Note> for CoachingNote {
    fn from(note: Note) -> Self {
        let Note { id, written_by, at, text } = note;
        Self { id, written_by, at, text }
    }
}

impl From<Key> for NoteKey {
    fn from(key: Key) -> Self {
        Self { fingerprint: key.fingerprint, made_at: key.made_at }
    }
}

impl From<(Key, SecretString)> for NewNoteKey {
    fn from((key, code): (Key, SecretString)) -> Self {
        Self { key: key.into(), recovery_code: code.expose_secret().to_owned() }
    }
}

impl From<Opened> for OpenNoteKey {
    fn from(opened: Opened) -> Self {
        Self { note_key: opened.secret.expose_secret().to_owned(), expires_at: opened.until }
    }
}

impl From<Coach> for CoachCount {
    fn from(coach: Coach) -> Self {
        let Coach { person_id, name, periods } = coach;
        Self { person_id, name, periods }
    }
}
