//! What plugins were set to, one version a change.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::entity::settings_version::{Column, Entity, Model};
use crate::error::StoreError;

/// What a plugin was set to, newest first.
///
/// # Errors
/// What the database reports.
pub async fn of_plugin(conn: &impl ConnectionTrait, plugin: &str, limit: u64) -> Result<Vec<Model>, StoreError> {
    let versions = Entity::find().filter(Column::PluginId.eq(plugin)).order_by_desc(Column::Number);
    Ok(versions.limit(limit).all(conn).await?)
}

/// A version by its id.
///
/// # Errors
/// What the database reports.
pub async fn find(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}
