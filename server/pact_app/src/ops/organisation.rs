//! The organisation itself, and what every change to its people and structure has in common.

use pact_store::entity::organisation;
use pact_store::{Notice, Store, StoreError, Tx, record};
use sea_orm::ExprTrait;
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::Refusal;

/// How many people must contribute before a tally shows a group, until the pact says otherwise.
const DEFAULT_K: i64 = 5;

/// Marks the organisation as changed, in the same transaction as the change, so that every node loads it again.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn touch(tx: &Tx) -> Result<(), Refusal> {
    let next = ExprTrait::add(Expr::col(organisation::Column::Version), 1);
    organisation::Entity::update_many().col_expr(organisation::Column::Version, next).exec(tx).await.map_err(StoreError::from)?;
    let row = organisation::Entity::find().one(tx).await.map_err(StoreError::from)?;
    let version = row.map_or(0, |row| row.version);
    tx.after_commit(Notice::OrganisationChanged { version });
    Ok(())
}

/// Makes the organisation's row on a new database; an existing one stays as it is.
///
/// # Errors
/// A store that does not answer.
pub async fn found_organisation(store: &Store, name: &str) -> Result<(), Refusal> {
    let name = name.to_owned();
    store
        .write(async move |tx| {
            if organisation::Entity::find().one(tx).await.map_err(StoreError::from)?.is_some() {
                return Ok(());
            }
            let row = organisation::Model {
                id: Uuid::new_v4(),
                name: name.clone(),
                country: "NL".into(),
                language: "en".into(),
                time_zone: "Europe/Amsterdam".into(),
                k: DEFAULT_K,
                version: 1,
            };
            record::insert(tx, row).await.map_err(Refusal::from)
        })
        .await
}
