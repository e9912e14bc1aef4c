//! Personal API keys: made by a person for their own scripts and clients, shown once, narrowed by scopes.

use pact_core::role::{Role, Scope};
use pact_core::security::Happened;
use pact_core::text::NAME;
use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_evidence::act::Change;
use pact_store::entity::api_key::{self, Column, Entity};
use pact_store::{AsJson, Ask, Page, Sort, StoreError, Tx, record};
use sea_orm::PaginatorTrait;
use sea_orm::entity::prelude::*;
use secrecy::SecretString;
use uuid::Uuid;

use super::guard::text;
use super::security::records::Happening;
use crate::access::{By as Shown, new_api_key};
use crate::evidence::Recording;
use crate::list::sorts;
use crate::{App, Refusal};

/// The most keys of one person that are good.
const MAX_KEYS: u64 = 50;

/// A key that is to be made, for the caller.
#[derive(Clone, Debug)]
pub struct CreateApiKey {
    /// Whose it is.
    pub person_id: Uuid,
    /// What it is for.
    pub name: String,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// When it ends; never when left out.
    pub expires_at: Option<Instant>,
}

sorts! {
    /// The orders in which one's own keys are listed.
    By of api_key {
        CreatedAt = "created_at",
        Name = "name",
    }
}

/// One's own keys, also those that are not good any more.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_api_keys(app: &App, person: Uuid, sort: Sort<By>, ask: &Ask) -> Result<Page<api_key::Model>, StoreError> {
    let select = Entity::find().filter(Column::PersonId.eq(person));
    pact_store::list::page(app.store.read(), select, Column::Id, sort, ask).await
}

/// Makes a key; its text is returned here and nowhere else.
///
/// # Errors
/// No scope, an end in the past, or too many keys.
pub async fn create_api_key(app: &App, command: CreateApiKey) -> Result<(api_key::Model, SecretString), Refusal> {
    let now = app.clock.now();
    if command.scopes.is_empty() {
        return Err(Refusal::invalid("scopes", "a key without a scope can do nothing. Name at least one, such as leads_read."));
    }
    if command.expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::invalid("expires_at", "this is not after now. Give a later instant, or leave it out."));
    }
    let new = new_api_key()?;
    let mut scopes: Vec<String> = command.scopes.iter().map(ToString::to_string).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let row = api_key::Model {
        id: pact_core::id::random(),
        person_id: command.person_id,
        name: text(NAME, "name", &command.name)?,
        prefix: new.prefix,
        key_hash: new.hash.into(),
        scopes: AsJson(scopes),
        created_at: now.millis(),
        expires_at: command.expires_at.map(Instant::millis),
        revoked_at: None,
    };
    let role = role_of(app, row.person_id);
    let made = app
        .store
        .write(async move |tx| {
            check_count(tx, row.person_id).await?;
            record_key(tx, &row, Change::Made, role, now).await?;
            keep_key(tx, &row, Happened::KeyMade, now).await?;
            record::insert(tx, row.clone()).await?;
            Ok::<_, Refusal>(row.clone())
        })
        .await?;
    Ok((made, new.key))
}

/// Revokes one of one's own keys; a second time changes nothing.
///
/// # Errors
/// There is none with this id.
pub async fn revoke_api_key(app: &App, person: Uuid, id: Uuid) -> Result<(), Refusal> {
    let (now, role) = (app.clock.now(), role_of(app, person));
    app.store
        .write(async move |tx| {
            let own = Entity::find_by_id(id).filter(Column::PersonId.eq(person)).one(tx).await.map_err(StoreError::from)?;
            let own = own.ok_or(Refusal::NotFound { what: "API key" })?;
            if own.revoked_at.is_none() {
                record_key(tx, &own, Change::Removed, role, now).await?;
                keep_key(tx, &own, Happened::KeyRevoked, now).await?;
            }
            Entity::update_many()
                .col_expr(Column::RevokedAt, Expr::value(now.millis()))
                .filter(Column::Id.eq(id))
                .filter(Column::RevokedAt.is_null())
                .exec(tx)
                .await
                .map_err(StoreError::from)?;
            Ok::<_, Refusal>(())
        })
        .await?;
    app.access.forget(Shown::ApiKey(id));
    Ok(())
}

fn role_of(app: &App, person: Uuid) -> Option<Role> {
    app.organisation().people.get(&person).map(|member| member.role)
}

/// Whether a key with this scope may do more than daily work: then the audit log tells of it.
const fn is_recorded(scope: Scope) -> bool {
    match scope {
        Scope::OrganisationWrite | Scope::PluginsWrite | Scope::OutboxWrite | Scope::AuditRead | Scope::Admin => true,
        Scope::LeadsRead
        | Scope::LeadsWrite
        | Scope::ImportsWrite
        | Scope::CustomersRead
        | Scope::CustomersWrite
        | Scope::CardsRead
        | Scope::CardsWrite
        | Scope::PlansRead
        | Scope::PlansWrite
        | Scope::RequestsRead
        | Scope::RequestsWrite
        | Scope::PacksRead
        | Scope::PacksWrite
        | Scope::GoalsRead
        | Scope::GoalsWrite
        | Scope::OrganisationRead
        | Scope::ViewsRead
        | Scope::ViewsWrite
        | Scope::PluginsRead => false,
    }
}

async fn record_key(tx: &Tx, row: &api_key::Model, change: Change, role: Option<Role>, now: Instant) -> Result<(), Refusal> {
    if !row.scopes.iter().filter_map(|scope| scope.parse().ok()).any(is_recorded) {
        return Ok(());
    }
    let act = PolicyAct::ApiKeyChanged { key: row.prefix.clone(), change, scopes: row.scopes.0.clone() };
    Recording::by_person(row.person_id, role, now)?.write(tx, act).await
}

/// Keeps for the person what became of a key of theirs.
async fn keep_key(tx: &Tx, row: &api_key::Model, what: Happened, now: Instant) -> Result<(), StoreError> {
    Happening { detail: Some(row.prefix.clone()), ..Happening::new(row.person_id, what, now) }.keep(tx).await
}

async fn check_count(tx: &Tx, person: Uuid) -> Result<(), Refusal> {
    let good = Entity::find().filter(Column::PersonId.eq(person)).filter(Column::RevokedAt.is_null());
    if good.count(tx).await.map_err(StoreError::from)? < MAX_KEYS {
        return Ok(());
    }
    Err(Refusal::NotNow { why: format!("You have {MAX_KEYS} keys already. Revoke those that nothing uses any more.") })
}
