//! The outbox: mail and webhooks that leave after commit, at least once, each with the key that lets the receiver know a repetition.

use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::entity::outbox::{Column, Entity, Model};
use crate::error::StoreError;
use crate::tx::Tx;

/// Claims what is due, the longest waiting first, for the length of a lease. Each claim counts as an attempt, and the count is the fence.
///
/// # Errors
/// What the database reports.
pub async fn claim(tx: &Tx, now: i64, limit: u64, lease_ms: i64) -> Result<Vec<Model>, StoreError> {
    let due = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::SentAt.is_null())
        .filter(Column::ParkedReason.is_null())
        .filter(Column::NextAt.lte(now))
        .order_by_asc(Column::NextAt)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let claim = Query::update()
        .table(Entity)
        .value(Column::NextAt, now + lease_ms)
        .value(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .and_where(Column::Id.in_subquery(due.into_query()))
        .returning_all()
        .to_owned();
    let rows = tx.query_all(&claim).await?;
    let mut claimed = rows.iter().map(|row| Model::from_query_result(row, "")).collect::<Result<Vec<_>, _>>()?;
    claimed.sort_by_key(|row| (row.created_at, row.id));
    Ok(claimed)
}

/// Says that a claimed row has left; false when somebody else claimed it meanwhile.
///
/// # Errors
/// What the database reports.
pub async fn mark_sent(tx: &Tx, row: Uuid, attempts: i64, now: i64) -> Result<bool, StoreError> {
    change(tx, row, attempts, Column::SentAt, Expr::value(now)).await
}

/// Tries a claimed row again at `next_at`; false when somebody else claimed it meanwhile.
///
/// # Errors
/// What the database reports.
pub async fn retry(tx: &Tx, row: Uuid, attempts: i64, next_at: i64) -> Result<bool, StoreError> {
    change(tx, row, attempts, Column::NextAt, Expr::value(next_at)).await
}

/// Puts a claimed row aside with a reason; false when somebody else claimed it meanwhile.
///
/// # Errors
/// What the database reports.
pub async fn park(tx: &Tx, row: Uuid, attempts: i64, reason: &str) -> Result<bool, StoreError> {
    change(tx, row, attempts, Column::ParkedReason, Expr::value(reason)).await
}

async fn change(tx: &Tx, row: Uuid, attempts: i64, column: Column, value: Expr) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .col_expr(column, value)
        .filter(Column::Id.eq(row))
        .filter(Column::Attempts.eq(attempts))
        .filter(Column::SentAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}
