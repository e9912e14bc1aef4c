//! How many effects a plugin may have in an hour, and how many it had.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::entity::{effect_count, effect_limit};
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// Stands for every plugin that has no limit of its own.
pub const EVERY: &str = "*";

/// The limits that admins set.
///
/// # Errors
/// What the database reports.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<effect_limit::Model>, StoreError> {
    let rows = effect_limit::Entity::find();
    Ok(rows.order_by_asc(effect_limit::Column::PluginId).order_by_asc(effect_limit::Column::Capability).all(conn).await?)
}

/// Sets a limit; none takes it back.
///
/// # Errors
/// What the database reports.
pub async fn set(tx: &Tx, plugin: &str, capability: &str, an_hour: Option<i64>) -> Result<(), StoreError> {
    effect_limit::Entity::delete_by_id((plugin.to_owned(), capability.to_owned())).exec(tx).await?;
    if let Some(an_hour) = an_hour {
        let row = effect_limit::Model { plugin_id: plugin.to_owned(), capability: capability.to_owned(), an_hour };
        effect_limit::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// How many effects of each kind these plugins had since an instant; held, so that nobody else adds to them meanwhile.
///
/// # Errors
/// What the database reports.
pub async fn spent(tx: &Tx, plugins: &BTreeSet<String>, since: i64) -> Result<BTreeMap<(String, String), i64>, StoreError> {
    if plugins.is_empty() {
        return Ok(BTreeMap::new());
    }
    // Rows can only be held once they are there; the first effects of a stretch have none yet.
    let keys: Vec<String> = plugins.iter().map(|plugin| format!("effects of {plugin}")).collect();
    record::hold_keys(tx, &keys.iter().map(String::as_str).collect()).await?;
    let rows = effect_count::Entity::find()
        .filter(effect_count::Column::PluginId.is_in(plugins.iter().cloned()))
        .filter(effect_count::Column::Since.gt(since))
        .order_by_asc(effect_count::Column::PluginId)
        .order_by_asc(effect_count::Column::Capability)
        .order_by_asc(effect_count::Column::Since);
    let mut spent = BTreeMap::new();
    for row in rows.all(tx).await? {
        *spent.entry((row.plugin_id, row.capability)).or_default() += row.count;
    }
    Ok(spent)
}

/// Adds effects that a plugin had in the minutes that begin at `since`, and forgets those that are older than `before`.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &Tx, plugin: &str, capability: &str, since: i64, count: i64, before: i64) -> Result<(), StoreError> {
    use effect_count::{ActiveModel, Column, Entity};
    use sea_orm::sea_query::{Expr, ExprTrait};
    let again = OnConflict::columns([Column::PluginId, Column::Capability, Column::Since])
        .value(Column::Count, Expr::col((Entity, Column::Count)).add(count))
        .to_owned();
    let row = effect_count::Model { plugin_id: plugin.to_owned(), capability: capability.to_owned(), since, count };
    let row: ActiveModel = row.into_active_model();
    Entity::insert(row).on_conflict(again).exec_without_returning(tx).await?;
    let old = Entity::delete_many().filter(Column::PluginId.eq(plugin)).filter(Column::Since.lt(before));
    old.exec(tx).await?;
    Ok(())
}
