//! What may run: all automation, plugins and single scripts; and how often a plugin's runs failed.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{automation, event, plugin, plugin_failure, plugin_off, script_off};
use crate::error::StoreError;
use crate::tx::Tx;

/// The name of the one row.
const ALL: &str = "all";

/// All automation as it stands.
///
/// # Errors
/// What the database reports.
pub async fn state(conn: &impl ConnectionTrait) -> Result<automation::Model, StoreError> {
    let row = automation::Entity::find_by_id(ALL.to_owned()).one(conn).await?;
    row.ok_or(StoreError::NotFound { what: "automation" })
}

/// The same, held for a change: nothing that a script wants is committed meanwhile.
///
/// # Errors
/// What the database reports.
pub async fn hold(tx: &Tx) -> Result<automation::Model, StoreError> {
    let row = automation::Entity::find_by_id(ALL.to_owned()).lock_exclusive().one(tx).await?;
    row.ok_or(StoreError::NotFound { what: "automation" })
}

/// The same, held so that it stays as it is until the commit; others may hold it, too.
///
/// # Errors
/// What the database reports.
pub async fn keep(tx: &Tx) -> Result<automation::Model, StoreError> {
    let row = automation::Entity::find_by_id(ALL.to_owned()).lock_shared().one(tx).await?;
    row.ok_or(StoreError::NotFound { what: "automation" })
}

/// Stores a held row as it is now.
///
/// # Errors
/// What the database reports.
pub async fn save(tx: &Tx, row: automation::Model) -> Result<(), StoreError> {
    let active = row.into_active_model().reset_all();
    automation::Entity::update(active).exec(tx).await?;
    Ok(())
}

/// Of these plugins, those that are switched on; they stay so until the commit.
///
/// # Errors
/// What the database reports.
pub async fn switched_on(tx: &Tx, plugins: &BTreeSet<String>) -> Result<BTreeSet<String>, StoreError> {
    if plugins.is_empty() {
        return Ok(BTreeSet::new());
    }
    let on = plugin::Entity::find().select_only().column(plugin::Column::Id).filter(plugin::Column::Enabled.eq(true));
    let on = on.filter(plugin::Column::Id.is_in(plugins.iter().cloned())).order_by_asc(plugin::Column::Id);
    Ok(on.lock_shared().into_tuple::<String>().all(tx).await?.into_iter().collect())
}

/// The scripts that are switched off, by plugin and file.
///
/// # Errors
/// What the database reports.
pub async fn scripts_off(conn: &impl ConnectionTrait) -> Result<Vec<script_off::Model>, StoreError> {
    let rows = script_off::Entity::find();
    Ok(rows.order_by_asc(script_off::Column::PluginId).order_by_asc(script_off::Column::File).all(conn).await?)
}

/// Switches a script on or off; false when it was so already.
///
/// # Errors
/// What the database reports.
pub async fn switch_script(tx: &Tx, plugin: &str, file: &str, on: bool, now: i64) -> Result<bool, StoreError> {
    let key = (plugin.to_owned(), file.to_owned());
    let is_off = script_off::Entity::find_by_id(key.clone()).one(tx).await?.is_some();
    match (on, is_off) {
        (true, true) => {
            script_off::Entity::delete_by_id(key).exec(tx).await?;
        }
        (false, false) => {
            let row = script_off::Model { plugin_id: plugin.to_owned(), file: file.to_owned(), at: now };
            script_off::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
        }
        (true, false) | (false, true) => return Ok(false),
    }
    Ok(true)
}

/// Why plugins were switched off by PACT itself.
///
/// # Errors
/// What the database reports.
pub async fn plugins_off(conn: &impl ConnectionTrait) -> Result<Vec<plugin_off::Model>, StoreError> {
    Ok(plugin_off::Entity::find().order_by_asc(plugin_off::Column::PluginId).all(conn).await?)
}

/// Says why a plugin was switched off by PACT itself.
///
/// # Errors
/// What the database reports.
pub async fn note_off(tx: &Tx, row: plugin_off::Model) -> Result<(), StoreError> {
    let again = OnConflict::column(plugin_off::Column::PluginId)
        .update_columns([plugin_off::Column::Because, plugin_off::Column::At])
        .to_owned();
    plugin_off::Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// Forgets why a plugin was switched off and that its runs failed: it starts anew.
///
/// # Errors
/// What the database reports.
pub async fn start_anew(tx: &Tx, plugin: &str) -> Result<(), StoreError> {
    plugin_off::Entity::delete_by_id(plugin.to_owned()).exec(tx).await?;
    went_well(tx, &BTreeSet::from([plugin.to_owned()])).await
}

/// Forgets everything about a plugin that is removed.
///
/// # Errors
/// What the database reports.
pub async fn forget_plugin(tx: &Tx, plugin: &str) -> Result<(), StoreError> {
    start_anew(tx, plugin).await?;
    script_off::Entity::delete_many().filter(script_off::Column::PluginId.eq(plugin)).exec(tx).await?;
    Ok(())
}

/// How often runs of these plugins failed in a row, by plugin; held.
///
/// # Errors
/// What the database reports.
pub async fn failures(tx: &Tx, plugins: &BTreeSet<String>) -> Result<BTreeMap<String, plugin_failure::Model>, StoreError> {
    if plugins.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = plugin_failure::Entity::find().filter(plugin_failure::Column::PluginId.is_in(plugins.iter().cloned()));
    let rows = rows.order_by_asc(plugin_failure::Column::PluginId).lock_exclusive().all(tx).await?;
    Ok(rows.into_iter().map(|row| (row.plugin_id.clone(), row)).collect())
}

/// Notes how often runs of a plugin failed in a row.
///
/// # Errors
/// What the database reports.
pub async fn failed(tx: &Tx, row: plugin_failure::Model) -> Result<(), StoreError> {
    let again = OnConflict::column(plugin_failure::Column::PluginId)
        .update_columns([plugin_failure::Column::InRow, plugin_failure::Column::Since])
        .to_owned();
    plugin_failure::Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// Notes that runs of these plugins went well.
///
/// # Errors
/// What the database reports.
pub async fn went_well(tx: &Tx, plugins: &BTreeSet<String>) -> Result<(), StoreError> {
    let rows = plugin_failure::Entity::delete_many();
    rows.filter(plugin_failure::Column::PluginId.is_in(plugins.iter().cloned())).exec(tx).await?;
    Ok(())
}

/// Gives claimed events back, as if they had not been claimed.
///
/// # Errors
/// What the database reports.
pub async fn give_back(tx: &Tx, claimed: &[(uuid::Uuid, i64)]) -> Result<(), StoreError> {
    for (id, fence) in claimed {
        let mut update = Query::update();
        update.table(event::Entity).value(event::Column::LeaseUntil, Expr::value(None::<i64>));
        update.value(event::Column::Attempts, Expr::col(event::Column::Attempts).sub(1));
        update.and_where(event::Column::Id.eq(*id)).and_where(event::Column::Fence.eq(*fence));
        update.and_where(event::Column::HandledAt.is_null());
        tx.execute_past_journal(&update).await?;
    }
    Ok(())
}

/// Says that everything that waits is handled, without a run; what was put aside stays. How many these were.
///
/// # Errors
/// What the database reports.
pub async fn skip_waiting(tx: &Tx, now: i64) -> Result<u64, StoreError> {
    let waiting = event::Entity::update_many()
        .col_expr(event::Column::HandledAt, Expr::value(now))
        .col_expr(event::Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(event::Column::Fence, Expr::col(event::Column::Fence).add(1))
        .filter(event::Column::HandledAt.is_null())
        .filter(event::Column::ParkedReason.is_null());
    Ok(waiting.exec(tx).await?.rows_affected)
}
