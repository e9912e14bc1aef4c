//! Events: what happened and waits for the scripts that ask for it. Each is handled once, whoever dies meanwhile.
//!
//! Whoever claims an event gets it for the length of a lease, with a fence: a number that goes up with every claim. What is handled must show the fence
//! that it was claimed with, so one who slept through the lease changes nothing.

use std::collections::HashSet;

use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::entity::event::{Column, Entity, Model};
use crate::error::StoreError;
use crate::together::rounded_up;
use crate::tx::Tx;

/// Claims events that wait and whose lease, if they had one, is over: somebody's waiting first, then the oldest.
///
/// # Errors
/// What the database reports.
pub async fn claim(tx: &Tx, now: i64, lane: Option<i64>, limit: u64, lease_ms: i64) -> Result<Vec<Model>, StoreError> {
    let mut waiting = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::HandledAt.is_null())
        .filter(Column::ParkedReason.is_null())
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(now)))
        .order_by_asc(Column::Lane)
        .order_by_asc(Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    if let Some(lane) = lane {
        waiting = waiting.filter(Column::Lane.eq(lane));
    }
    let claim = Query::update()
        .table(Entity)
        .value(Column::LeaseUntil, now + lease_ms)
        .value(Column::Fence, Expr::col(Column::Fence).add(1))
        .value(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .and_where(Column::Id.in_subquery(waiting.into_query()))
        .returning_all()
        .to_owned();
    let rows = tx.query_all(&claim).await?;
    let mut claimed = rows.iter().map(|row| Model::from_query_result(row, "")).collect::<Result<Vec<_>, _>>()?;
    claimed.sort_by_key(|event| (event.lane, event.id));
    Ok(claimed)
}

/// Says that claimed events, each with its fence, are handled, and returns those that are still ours; nothing may be written for the others.
///
/// # Errors
/// What the database reports.
pub async fn mark_handled(tx: &Tx, claimed: &[(Uuid, i64)], now: i64) -> Result<HashSet<Uuid>, StoreError> {
    let claimed: Vec<(Uuid, i64)> = rounded_up(claimed).collect();
    let ours = claimed.iter().map(|(event, fence)| Column::Id.eq(*event).and(Column::Fence.eq(*fence)));
    let mut update = Query::update();
    update
        .table(Entity)
        .values([(Column::HandledAt, Expr::value(now)), (Column::LeaseUntil, Expr::value(None::<i64>))])
        .and_where(Column::Id.is_in(claimed.iter().map(|(event, _)| *event)))
        .cond_where(ours.fold(Condition::any(), Condition::add))
        .and_where(Column::HandledAt.is_null())
        .returning_col(Column::Id);
    let rows = tx.query_past_journal(&update).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Keeps a claimed event for longer; false when it is no longer ours.
///
/// # Errors
/// What the database reports.
pub async fn extend(tx: &Tx, event: Uuid, fence: i64, until: i64) -> Result<bool, StoreError> {
    change(tx, event, fence, [(Column::LeaseUntil, Expr::value(until))]).await
}

/// Puts a claimed event aside on a day, with a reason, for an admin to look at; false when it is no longer ours. It keeps the name that admins know it by.
///
/// # Errors
/// What the database reports.
pub async fn park(tx: &Tx, claimed: &Model, reason: &str, on: &str) -> Result<bool, StoreError> {
    let values = [
        (Column::ParkedReason, Expr::value(reason)),
        (Column::ParkedId, Expr::value(claimed.parked_id.unwrap_or_else(Uuid::new_v4))),
        (Column::ParkedOn, Expr::value(on)),
        (Column::LeaseUntil, Expr::value(None::<i64>)),
    ];
    change(tx, claimed.id, claimed.fence, values).await
}

/// A claimed event was committed before it was claimed, so it is no row that still waits to be written, and no such row need be written first.
async fn change<const N: usize>(tx: &Tx, event: Uuid, fence: i64, values: [(Column, Expr); N]) -> Result<bool, StoreError> {
    let mut update = Query::update();
    update.table(Entity).values(values);
    update.and_where(Column::Id.eq(event)).and_where(Column::Fence.eq(fence)).and_where(Column::HandledAt.is_null());
    let done = tx.execute_past_journal(&update).await?;
    Ok(done.rows_affected() == 1)
}

/// Whether an event waits to be claimed at `now`: a cheap question before a claim.
///
/// # Errors
/// What the database reports.
pub async fn any_waiting(conn: &impl ConnectionTrait, now: i64) -> Result<bool, StoreError> {
    let waiting = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::HandledAt.is_null())
        .filter(Column::ParkedReason.is_null())
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(now)))
        .limit(1);
    Ok(waiting.into_tuple::<Uuid>().one(conn).await?.is_some())
}

/// Removes events that happened before an instant and are handled.
///
/// # Errors
/// What the database reports.
pub async fn forget_handled(tx: &Tx, before: i64) -> Result<u64, StoreError> {
    let old = Entity::delete_many().filter(Column::At.lt(before)).filter(Column::HandledAt.is_not_null());
    Ok(old.exec(tx).await?.rows_affected)
}
