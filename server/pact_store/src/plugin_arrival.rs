//! What lies in the folder of plugins and is not installed: it waits for consent, or cannot be installed.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::entity::plugin_arrival::{Column, Entity, Model};
use crate::error::StoreError;
use crate::tx::Tx;

/// Everything that arrived and is not installed, by name.
///
/// # Errors
/// What the database reports.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().order_by_asc(Column::Name).all(conn).await?)
}

/// What arrived under a name.
///
/// # Errors
/// What the database reports.
pub async fn find(conn: &impl ConnectionTrait, name: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(name.to_owned()).one(conn).await?)
}

/// Notes what arrived.
///
/// # Errors
/// What the database reports.
pub async fn put(tx: &Tx, row: Model) -> Result<(), StoreError> {
    let all = [Column::PluginId, Column::Version, Column::State, Column::Why, Column::Content, Column::Hash, Column::SeenAt];
    let again = OnConflict::column(Column::Name).update_columns(all).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// Forgets what arrived under a name: it is installed, or gone.
///
/// # Errors
/// What the database reports.
pub async fn forget(tx: &Tx, name: &str) -> Result<(), StoreError> {
    Entity::delete_by_id(name.to_owned()).exec(tx).await?;
    Ok(())
}

/// Forgets everything that is not under one of these names.
///
/// # Errors
/// What the database reports.
pub async fn keep_only(tx: &Tx, names: &[String]) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::Name.is_not_in(names.iter().cloned())).exec(tx).await?;
    Ok(())
}
