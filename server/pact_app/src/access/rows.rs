//! What access control reads and writes in the store.

use pact_core::role::Role;
use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_store::entity::{api_key, organisation, person, refresh_token, signing_key};
use pact_store::{StoreError, record};
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::keys::Plan;
use crate::evidence::record as record_act;
use crate::{Actor, App, Caller, Refusal};

/// An active person as a caller who is bound to no scopes.
pub(super) async fn caller(app: &App, id: Uuid) -> Result<Option<Caller>, Refusal> {
    let person = record::find::<person::Model>(app.store.read(), id).await?;
    person
        .filter(|person| person.active)
        .map(|person| Ok(Caller { person_id: person.id, role: person.role.parse::<Role>()?, name: person.name, scopes: None }))
        .transpose()
}

/// The person with this address, which is lower-cased already.
pub(super) async fn person_by_email(app: &App, email: &str) -> Result<Option<person::Model>, Refusal> {
    let found = person::Entity::find().filter(person::Column::Email.eq(email)).one(app.store.read()).await;
    Ok(found.map_err(StoreError::from)?)
}

/// Whether a session has a refresh token that is not revoked.
pub(super) async fn session_is_open(app: &App, family: Uuid) -> Result<bool, Refusal> {
    let open = refresh_token::Entity::find()
        .filter(refresh_token::Column::Family.eq(family))
        .filter(refresh_token::Column::RevokedAt.is_null())
        .one(app.store.read())
        .await;
    Ok(open.map_err(StoreError::from)?.is_some())
}

/// The API key with this hash.
pub(super) async fn key_by_hash(app: &App, hash: &str) -> Result<Option<api_key::Model>, Refusal> {
    let found = api_key::Entity::find().filter(api_key::Column::KeyHash.eq(hash)).one(app.store.read()).await;
    Ok(found.map_err(StoreError::from)?)
}

/// All signing keys.
pub(super) async fn signing_keys(app: &App) -> Result<Vec<signing_key::Model>, Refusal> {
    Ok(signing_key::Entity::find().all(app.store.read()).await.map_err(StoreError::from)?)
}

/// Lets keys follow one another as planned.
pub(super) async fn follow(app: &App, plan: Plan, new: Option<signing_key::Model>) -> Result<(), Refusal> {
    let now = app.clock.now();
    app.store
        .write(async move |tx| {
            let act = PolicyAct::TokenKeysChanged {
                made: new.as_ref().map(|new| new.kid.clone()),
                retired: plan.retire.iter().map(|(kid, _)| kid.clone()).collect(),
                dropped: plan.drop.clone(),
            };
            record_act(tx, &Actor::System, now, act).await?;
            if let Some(new) = &new {
                record::insert(tx, new.clone()).await?;
            }
            for (kid, at) in &plan.retire {
                retire(tx, kid, *at).await.map_err(StoreError::from)?;
            }
            let dropped = signing_key::Entity::delete_many().filter(signing_key::Column::Kid.is_in(plan.drop.clone()));
            dropped.exec(tx).await.map_err(StoreError::from)?;
            Ok(())
        })
        .await
}

async fn retire(tx: &pact_store::Tx, kid: &str, at: Instant) -> Result<(), DbErr> {
    signing_key::Entity::update_many()
        .col_expr(signing_key::Column::RetiresAt, Expr::value(at.millis()))
        .filter(signing_key::Column::Kid.eq(kid))
        .exec(tx)
        .await?;
    Ok(())
}

/// Asks the store for as little as possible.
pub(super) async fn ping(app: &App) -> Result<(), Refusal> {
    organisation::Entity::find().one(app.store.read()).await.map_err(StoreError::from)?;
    Ok(())
}
