//! What mail a person wants, and the key that signs links in it.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use crate::entity::{link_key, mail_setting};
use crate::error::StoreError;
use crate::tx::Tx;

/// What mail a person wants: all of it, when they never said.
///
/// # Errors
/// What the database reports.
pub async fn settings_of(conn: &impl ConnectionTrait, person: Uuid) -> Result<mail_setting::Model, StoreError> {
    let said = mail_setting::Entity::find_by_id(person).one(conn).await?;
    Ok(said.unwrap_or(mail_setting::Model { person_id: person, digests: true, pushes: true }))
}

/// Writes what mail a person wants, and tells those who hold it in memory.
///
/// # Errors
/// What the database reports.
pub async fn put_settings(tx: &Tx, wanted: mail_setting::Model) -> Result<(), StoreError> {
    use mail_setting::Column::{Digests, PersonId, Pushes};
    let again = OnConflict::column(PersonId).update_columns([Digests, Pushes]).to_owned();
    let row = mail_setting::Entity::insert(wanted.into_active_model()).on_conflict(again);
    row.exec_without_returning(tx).await?;
    crate::organisation::changed(tx).await?;
    Ok(())
}

/// The key of this name, if there is one.
///
/// # Errors
/// What the database reports.
pub async fn link_key(conn: &impl ConnectionTrait, name: &str) -> Result<Option<link_key::Model>, StoreError> {
    Ok(link_key::Entity::find_by_id(name.to_owned()).one(conn).await?)
}

/// Keeps a key, unless another node kept one first; the key that is good.
///
/// # Errors
/// What the database reports.
pub async fn keep_link_key(tx: &Tx, key: link_key::Model) -> Result<link_key::Model, StoreError> {
    let first = OnConflict::column(link_key::Column::Name).do_nothing().to_owned();
    let name = key.name.clone();
    link_key::Entity::insert(key.into_active_model()).on_conflict(first).exec_without_returning(tx).await?;
    link_key(tx, &name).await?.ok_or(StoreError::NotFound { what: "key" })
}
