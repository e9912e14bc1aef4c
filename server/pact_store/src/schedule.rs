//! Schedules of plugins: when each is due next. Whoever moves that instant forward owns the tick, so that each happens once, on however many nodes.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::entity::schedule::{Column, Entity, Model};
use crate::error::StoreError;
use crate::list::sorts;
use crate::tx::Tx;

sorts! {
    /// The orders in which schedules are listed.
    By of schedule {
        NextAt = "next_at",
        PluginId = "plugin_id",
    }
}

/// Every schedule, the next due first.
///
/// # Errors
/// What the database reports.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().order_by_asc(Column::NextAt).order_by_asc(Column::Id).all(conn).await?)
}

/// Adds a schedule; one that is there already, from another node, stays as it is.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &Tx, row: Model) -> Result<(), StoreError> {
    let known = OnConflict::columns([Column::PluginId, Column::Call, Column::Cron, Column::Zone]).do_nothing().to_owned();
    Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(tx).await?;
    Ok(())
}

/// Removes a schedule that no plugin has any more.
///
/// # Errors
/// What the database reports.
pub async fn remove(tx: &Tx, id: Uuid) -> Result<(), StoreError> {
    Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
}

/// Moves the next tick from one instant to another; false when somebody else did, and then the tick is theirs.
///
/// # Errors
/// What the database reports.
pub async fn advance(tx: &Tx, id: Uuid, from: i64, to: i64) -> Result<bool, StoreError> {
    let moved = Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(to))
        .filter(Column::Id.eq(id))
        .filter(Column::NextAt.eq(from))
        .exec(tx)
        .await?;
    Ok(moved.rows_affected == 1)
}

/// Forgets when schedules are due that are due by now: each begins anew with its next tick.
///
/// # Errors
/// What the database reports.
pub async fn forget_due(tx: &Tx, now: i64) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::NextAt.lte(now)).exec(tx).await?;
    Ok(())
}
