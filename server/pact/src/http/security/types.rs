//! Security records on the wire.

use pact_app::Refusal;
use pact_app::ops::security::opened::Behind;
use pact_app::ops::security::{Access, AskAccess, Part, Wanted};
use pact_core::security::Window;
use pact_core::time::Instant;
use pact_store::entity::security_record;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that happened to an account. It is kept for 90 days.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "3b1f0c2e-7d5e-4c2b-9b60-6d2c1d5ad0aa", "at": "2026-11-24T10:10:00.000Z", "what": "signed_in", "address": "192.0.2.17",
    "agent": "Mozilla/5.0", "detail": null
}))]
pub struct SecurityRecord {
    /// Its id.
    id: Uuid,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// `signed_in`, `sign_in_refused`: a wrong password, several within ten minutes are one; `signed_out`; `token_reused`: a refresh token came twice, and
    /// the session was ended; `password_changed`: by the person; `password_set`: by somebody else; `role_given`; `key_made`; `key_revoked`.
    what: String,
    /// Where the request came from, of what a request without sign-in did.
    address: Option<String>,
    /// What the program called itself.
    agent: Option<String>,
    /// The role that was given, or the beginning of the key.
    detail: Option<String>,
}

/// What is to be opened, and for which security reason.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "opens", rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({
    "opens": "records", "person_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11", "first_on": "2026-11-17", "last_on": "2026-11-24",
    "reason": "A customer got mail from our server at night that nobody here wrote."
}))]
pub enum NewSecurityAccess {
    /// The security records of one person.
    Records {
        /// Whose.
        person_id: Uuid,
        /// The first day, on that person's clock, 90 days ago at most.
        #[schema(format = Date)]
        first_on: chrono::NaiveDate,
        /// The last day, today or earlier.
        #[schema(format = Date)]
        last_on: chrono::NaiveDate,
        /// What happened and what you look for. It stays in the audit log, so it names nobody.
        #[schema(min_length = 20, max_length = 500)]
        reason: String,
    },
    /// Whom one pseudonym of the audit log stands for.
    Name {
        /// The entry's place in the log.
        entry: u64,
        /// The pseudonym as it stands there, in hexadecimal.
        #[schema(min_length = 64, max_length = 64)]
        pseudonym: String,
        /// What happened and what you look for. It stays in the audit log, so it names nobody.
        #[schema(min_length = 20, max_length = 500)]
        reason: String,
    },
}

/// A request to open security records, as somebody sees who has a part in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "8d1e3b0a-6d1c-4f5a-9b8e-2c1d0e9f8a7b", "opens": "records", "state": "open", "part": "concerned",
    "person_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11", "first_on": "2026-11-17", "last_on": "2026-11-24", "entry": null, "pseudonym": null,
    "reason": "A customer got mail from our server at night that nobody here wrote.",
    "asked_by": "Adam Jensen", "asked_role": "admin", "asked_at": "2026-11-24T10:10:00.000Z", "agreed_by": "Audrey Blanc",
    "agreed_at": "2026-11-24T11:00:00.000Z", "open_until": "2026-11-25T11:00:00.000Z", "closed_at": null, "asker_read_at": null, "other_read_at": null
}))]
pub struct SecurityAccess {
    /// Its id.
    id: Uuid,
    /// `records`: those of one person; `name`: whom one pseudonym of the audit log stands for.
    opens: String,
    /// `asked`, `open`, or `closed`: withdrawn, not answered within seven days, or open for a day.
    state: String,
    /// Your part in it: `asked`, `agreed`, `concerned`, or `may_answer`.
    part: &'static str,
    /// Whom it concerns; null for a name that is not yours.
    person_id: Option<Uuid>,
    /// The first day.
    first_on: Option<String>,
    /// The last day.
    last_on: Option<String>,
    /// The entry in which the pseudonym stands.
    entry: Option<i64>,
    /// The pseudonym.
    pseudonym: Option<String>,
    /// The security reason.
    reason: String,
    /// Who asked.
    asked_by: String,
    /// In which role: `admin` or `auditor`.
    asked_role: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    asked_at: Instant,
    /// Who agreed, in the other of the two roles.
    agreed_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    agreed_at: Option<Instant>,
    /// Until when the two may read.
    #[schema(value_type = Option<String>, format = DateTime)]
    open_until: Option<Instant>,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Instant>,
    /// When whoever asked read it first.
    #[schema(value_type = Option<String>, format = DateTime)]
    asker_read_at: Option<Instant>,
    /// When whoever agreed read it first.
    #[schema(value_type = Option<String>, format = DateTime)]
    other_read_at: Option<Instant>,
}

/// Requests to open security records.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct SecurityAccesses {
    /// The latest first, 200 at most.
    pub(super) items: Vec<SecurityAccess>,
}

/// Who stands behind a pseudonym.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "person_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11", "name": "Ann Smith", "salt": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
}))]
pub struct BehindPseudonym {
    /// Who.
    person_id: Uuid,
    /// Their name.
    name: String,
    /// The salt of this pseudonym, in hexadecimal: SHA-256 over `pact/pseudonym/1`, a zero byte, its length in eight bytes, itself and the id gives the
    /// pseudonym again, so nobody need believe this answer.
    salt: String,
}

impl From<security_record::Model> for SecurityRecord {
    fn from(row: security_record::Model) -> Self {
        let at = Instant::from_millis(row.at);
        Self { id: row.id, at, what: row.what, address: row.address, agent: row.agent, detail: row.detail }
    }
}

impl NewSecurityAccess {
    pub(super) fn read(self) -> Result<AskAccess, Refusal> {
        Ok(match self {
            Self::Records { person_id, first_on, last_on, reason } => {
                let window = Window { first: first_on, last: last_on };
                AskAccess { wanted: Wanted::Records { person_id, window }, reason }
            }
            Self::Name { entry, pseudonym, reason } => {
                let pseudonym = pseudonym
                    .parse()
                    .map_err(|_| Refusal::invalid("pseudonym", "this is no pseudonym of the log: 64 digits in hexadecimal."))?;
                AskAccess { wanted: Wanted::Name { entry, pseudonym }, reason }
            }
        })
    }
}

impl From<Access> for SecurityAccess {
    fn from(access: Access) -> Self {
        let Access { row, state, part, asker, other } = access;
        let at = |millis: Option<i64>| millis.map(Instant::from_millis);
        // Who stands behind a pseudonym is read at a place of its own, which is an entry of the log.
        let is_told = row.pseudonym.is_none() || part == Part::Concerned;
        Self {
            id: row.id,
            opens: row.opens,
            state: state.to_string(),
            part: part.as_str(),
            person_id: row.person_id.filter(|_| is_told),
            first_on: row.first_on,
            last_on: row.last_on,
            entry: row.entry_number,
            pseudonym: row.pseudonym,
            reason: row.reason,
            asked_by: asker,
            asked_role: row.asker_role,
            asked_at: Instant::from_millis(row.asked_at),
            agreed_by: other,
            agreed_at: at(row.agreed_at),
            open_until: at(row.until_at),
            closed_at: at(row.closed_at),
            asker_read_at: at(row.asker_read_at),
            other_read_at: at(row.other_read_at),
        }
    }
}

impl From<Behind> for BehindPseudonym {
    fn from(behind: Behind) -> Self {
        Self { person_id: behind.person_id, name: behind.name, salt: behind.salt.0 }
    }
}
