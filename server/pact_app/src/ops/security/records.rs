//! What happened to an account: kept for a while, and shown to whom it belongs.

use pact_core::role::Role;
use pact_core::security::{Happened, kept_from};
use pact_core::time::Instant;
use pact_store::entity::{person, security_record};
use pact_store::security as store;
use pact_store::{Ask, Page, Sort, StoreError, Tx};
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::{App, Caller, Refusal};

/// The most characters of an address that are kept.
const ADDRESS_CHARS: usize = 64;
/// The most characters that are kept of what a program calls itself.
const AGENT_CHARS: usize = 200;
/// Wrong passwords within this time are one record, so that whoever guesses cannot fill the store.
const REFUSED_EVERY_MS: i64 = 10 * 60_000;

/// Where a request came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalledFrom {
    /// The address.
    pub address: String,
    /// What the program calls itself (`User-Agent`).
    pub agent: Option<String>,
}

/// Something that happened to an account.
pub(crate) struct Happening<'a> {
    /// Whose account.
    pub(crate) person: Uuid,
    /// What.
    pub(crate) what: Happened,
    /// When.
    pub(crate) at: Instant,
    /// Where from, if a request did it that says so.
    pub(crate) from: Option<&'a CalledFrom>,
    /// What the word alone does not say.
    pub(crate) detail: Option<String>,
}

impl Happening<'_> {
    /// Something that happened by no request of which more is known.
    pub(crate) const fn new(person: Uuid, what: Happened, at: Instant) -> Self {
        Self { person, what, at, from: None, detail: None }
    }

    /// Keeps it, with the commit.
    ///
    /// # Errors
    /// What the store reports.
    pub(crate) async fn keep(self, tx: &Tx) -> Result<(), StoreError> {
        let first = |text: &str, chars: usize| text.chars().take(chars).collect::<String>();
        let agent = self.from.and_then(|from| from.agent.as_deref());
        let row = security_record::Model {
            id: pact_core::id::random(),
            person_id: self.person,
            at: self.at.millis(),
            what: self.what.to_string(),
            address: self.from.map(|from| first(&from.address, ADDRESS_CHARS)),
            agent: agent.map(|agent| first(agent, AGENT_CHARS)),
            detail: self.detail,
        };
        store::keep(tx, row).await
    }
}

/// Keeps that an admin, or whoever has the machine, gave somebody a role.
///
/// # Errors
/// What the store reports.
pub(crate) async fn keep_role(tx: &Tx, person: Uuid, role: &str, now: Instant) -> Result<(), StoreError> {
    Happening { detail: Some(role.to_owned()), ..Happening::new(person, Happened::RoleGiven, now) }.keep(tx).await
}

/// Keeps that somebody tried to sign in with a wrong password, if there is such an account. It is done after the answer, so that the time of the answer
/// does not tell whether there is one.
pub(crate) async fn note_refused(app: App, account: String, from: CalledFrom) {
    let now = app.clock.now();
    let noted = app
        .store
        .write(async move |tx| {
            let named = person::Entity::find().filter(person::Column::Email.eq(account.as_str())).one(tx).await;
            let Some(person) = named.map_err(StoreError::from)?.filter(|person| person.active) else {
                return Ok::<_, StoreError>(());
            };
            let last = store::newest(tx, person.id, &[Happened::SignInRefused.as_str()]).await?;
            if last.is_some_and(|last| last.at > now.millis() - REFUSED_EVERY_MS) {
                return Ok(());
            }
            let refused = Happening::new(person.id, Happened::SignInRefused, now);
            Happening { from: Some(&from), ..refused }.keep(tx).await
        })
        .await;
    if let Err(error) = noted {
        tracing::warn!(%error, "a refused sign-in could not be kept");
    }
}

/// The caller's own records.
///
/// # Errors
/// A cursor of another list, or a store that does not answer.
pub async fn own_records(
    app: &App,
    caller: &Caller,
    sort: Sort<store::By>,
    ask: &Ask,
) -> Result<Page<security_record::Model>, Refusal> {
    let from = kept_from(app.clock.now()).millis();
    Ok(store::of_person(app.store.read(), caller.person_id, (from, None), sort, ask).await?)
}

/// When somebody else last gave this person their role or set their password; nothing when that is longer ago than records are kept.
///
/// # Errors
/// A store that does not answer.
pub(super) async fn given_or_set(tx: &Tx, person: Uuid) -> Result<Option<Instant>, StoreError> {
    let newest = store::newest(tx, person, &[Happened::RoleGiven.as_str(), Happened::PasswordSet.as_str()]).await?;
    Ok(newest.map(|record| Instant::from_millis(record.at)))
}

/// Whether an active person of the snapshot has this role.
pub(super) fn holds(app: &App, person: Uuid, role: Role) -> bool {
    app.organisation().people.get(&person).is_some_and(|member| member.row.active && member.role == role)
}
