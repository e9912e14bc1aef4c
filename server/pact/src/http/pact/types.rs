//! The pact's types on the wire.

use pact_app::ops::pact::{self as ops, Status};
use pact_core::pact::{COACHING_DAYS, COACHING_PER_YEAR, K, Lacks, RETENTION_DAYS, Settings, WAITING_DAYS};
use pact_core::time::Instant;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The settings that belong to the pact.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "k": 5, "retention_days": 30, "waiting_days": 14, "coaching_days": 90, "coaching_per_year": 2,
    "representatives": ["0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"], "management": ["6a1f6f7e-1a6e-4a6f-9f0d-3e5b8e1c7d10"]
}))]
pub struct PactSettings {
    /// How many people must contribute before a measure over acts shows a group.
    #[schema(minimum = 3, maximum = 1000)]
    k: u32,
    /// How long notes of a coaching period are kept after its end, in days.
    #[schema(maximum = 365)]
    retention_days: u32,
    /// How long a weaker version waits once it is signed, in days.
    #[schema(minimum = 1, maximum = 365)]
    waiting_days: u32,
    /// The longest coaching period, in days.
    #[schema(minimum = 1, maximum = 90)]
    coaching_days: u32,
    /// How many coaching periods of one person may touch the same 365 days.
    #[schema(maximum = 4)]
    coaching_per_year: u32,
    /// Who signs for staff: all of them.
    #[schema(max_items = 50)]
    representatives: Vec<Uuid>,
    /// Who signs for management: one of them.
    #[schema(max_items = 50)]
    management: Vec<Uuid>,
}

const _: () = assert!(
    K.0 == 3 && K.1 == 1_000 && RETENTION_DAYS.1 == 365 && WAITING_DAYS.0 == 1 && WAITING_DAYS.1 == 365,
    "as the schema says"
);
const _: () = assert!(COACHING_DAYS.0 == 1 && COACHING_DAYS.1 == 90 && COACHING_PER_YEAR.1 == 4, "as the schema says");

/// A version of the pact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "number": 2, "text": "We do not measure people.",
    "settings": {"k": 4, "retention_days": 30, "waiting_days": 14, "coaching_days": 90, "coaching_per_year": 2, "representatives": [], "management": []},
    "document": "5f08…", "weaker": ["smaller_groups"], "proposed_at": "2026-11-24T10:10:00.000Z", "in_force_at": null, "status": "signatures",
    "staff_missing": ["0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"], "majority_missing": false, "management_missing": true, "waits_until": null,
    "is_signed_by_you": false
}))]
pub struct PactVersion {
    /// Its number, from 1; 0 is the version that PACT brings along.
    number: i64,
    /// What it says.
    text: String,
    /// Its settings.
    settings: PactSettings,
    /// SHA-256 of number, text and settings, in hexadecimal: what is signed, and what the audit log holds.
    document: String,
    /// In what it is weaker than the version before it: `text`, `smaller_groups`, `longer_retention`, `shorter_waiting`, `longer_coaching`,
    /// `more_coaching`, `fewer_representatives`, `other_management`. Words that changed count as weaker, since nobody can compare them.
    weaker: Vec<String>,
    /// When it was proposed; null for the version that PACT brings along.
    #[schema(value_type = Option<String>, format = DateTime)]
    proposed_at: Option<Instant>,
    /// Since when it is in force, or was.
    #[schema(value_type = Option<String>, format = DateTime)]
    in_force_at: Option<Instant>,
    /// `in_force`, `replaced` by a later one, or what it lacks: `signatures` or `time`.
    status: String,
    /// Who has still to sign for staff.
    staff_missing: Vec<Uuid>,
    /// Whether more than half of the staff have still to sign, in place of a representative who left.
    majority_missing: bool,
    /// Whether somebody has still to sign for management.
    management_missing: bool,
    /// Until when it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    waits_until: Option<Instant>,
    /// Whether you signed it.
    is_signed_by_you: bool,
}

/// The pact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"in_force": {"number": 0, "status": "in_force"}, "proposed": null}))]
pub struct Pact {
    /// The version in force.
    pub(super) in_force: PactVersion,
    /// The version that is proposed and not in force yet.
    pub(super) proposed: Option<PactVersion>,
}

/// The versions of the pact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct PactVersions {
    /// The newest first, and the one that PACT brings along last.
    pub(super) items: Vec<PactVersion>,
}

/// A version that is proposed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "We do not measure people.", "settings": {
    "k": 5, "retention_days": 30, "waiting_days": 14, "coaching_days": 90, "coaching_per_year": 2,
    "representatives": ["0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"], "management": ["6a1f6f7e-1a6e-4a6f-9f0d-3e5b8e1c7d10"]
}}))]
pub struct NewPactVersion {
    /// What it says.
    #[schema(min_length = 1, max_length = 20000)]
    pub(super) text: String,
    /// Its settings.
    pub(super) settings: PactSettings,
}

/// A signature.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"document": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}))]
pub struct NewPactSignature {
    /// The `document` of the version as you read it: you sign these words and settings, and no others.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub(super) document: String,
}

/// How the statement is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatementChoice {
    /// Its language: `de`, `en`, `es`, `fr`, `it`, `nl` or `pt`; the first of yours in which there is one when it is left out.
    pub(super) language: Option<String>,
    /// `html`, a page for a browser, or `text`.
    #[param(default = "html")]
    pub(super) format: Option<String>,
}

impl From<Settings> for PactSettings {
    fn from(settings: Settings) -> Self {
        let Settings { k, retention_days, waiting_days, coaching_days, coaching_per_year, representatives, management } =
            settings;
        let (representatives, management) = (representatives.into_iter().collect(), management.into_iter().collect());
        Self { k, retention_days, waiting_days, coaching_days, coaching_per_year, representatives, management }
    }
}

impl From<PactSettings> for Settings {
    fn from(settings: PactSettings) -> Self {
        let PactSettings { k, retention_days, waiting_days, coaching_days, coaching_per_year, representatives, management } =
            settings;
        let (representatives, management) = (representatives.into_iter().collect(), management.into_iter().collect());
        Self { k, retention_days, waiting_days, coaching_days, coaching_per_year, representatives, management }
    }
}

impl From<ops::Version> for PactVersion {
    fn from(version: ops::Version) -> Self {
        let (mut staff_missing, mut majority_missing, mut management_missing, mut waits_until) = (Vec::new(), false, false, None);
        let status = match version.status {
            Status::InForce => "in_force",
            Status::Replaced => "replaced",
            Status::Proposed(Lacks::Signatures { staff, majority, management }) => {
                (staff_missing, majority_missing, management_missing) = (staff, majority, management);
                "signatures"
            }
            Status::Proposed(Lacks::Time { until }) => {
                waits_until = Some(until);
                "time"
            }
            // Its time is over; the next minute brings it into force.
            Status::Proposed(Lacks::Nothing) => "time",
        };
        Self {
            number: version.number,
            text: version.words,
            settings: version.settings.into(),
            document: version.document.to_string(),
            weaker: version.weaker,
            proposed_at: version.proposed_at,
            in_force_at: version.in_force_at,
            status: status.to_owned(),
            staff_missing,
            majority_missing,
            management_missing,
            waits_until,
            is_signed_by_you: version.is_signed_by_caller,
        }
    }
}
