//! Results of dry runs, for as long as somebody may read them, where every node finds them. Nothing else reads or writes these tables.

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::entity::dry_run::{Column, Entity, Model};
use crate::entity::dry_run_line;
use crate::error::StoreError;
use crate::record::{hold_key, insert, insert_many};
use crate::tx::Tx;
use crate::value::Json;

/// How far a dry run is.
#[derive(Clone, Debug)]
pub struct Step {
    /// The dry run.
    pub id: Uuid,
    /// What it is, how far it is and what came of it.
    pub told: Json,
    /// Lines that came since the last step, in pieces.
    pub pieces: Vec<dry_run_line::Model>,
    /// The instant of this step.
    pub at: i64,
    /// Whether it is over.
    pub is_over: bool,
}

/// Keeps one more. Where there are so many already, the one that ended first makes room, or one whose node was not heard of since `lost_before`;
/// `false` when all of them are under way.
///
/// # Errors
/// What the database reports.
pub async fn begin(tx: &Tx, row: Model, at_most: u64, lost_before: i64) -> Result<bool, StoreError> {
    hold_key(tx, "dry runs").await?;
    if Entity::find().count(tx).await? >= at_most {
        let over = Column::EndedAt.is_not_null().or(Column::SeenAt.lt(lost_before));
        let first = Func::coalesce([Expr::col(Column::EndedAt), Expr::col(Column::SeenAt)]);
        let Some(first) = Entity::find().filter(over).order_by_asc(first).one(tx).await? else { return Ok(false) };
        Entity::delete_by_id(first.id).exec(tx).await?;
    }
    insert(tx, row).await?;
    Ok(true)
}

/// Notes how far one is. Says whether somebody cancelled it; also so when it is not kept any more.
///
/// # Errors
/// What the database reports.
pub async fn go_on(tx: &Tx, step: Step) -> Result<bool, StoreError> {
    let ended = step.is_over.then_some(step.at);
    let noted = Entity::update_many()
        .col_expr(Column::Told, Expr::value(step.told))
        .col_expr(Column::SeenAt, Expr::value(step.at))
        .col_expr(Column::EndedAt, Expr::value(ended))
        .filter(Column::Id.eq(step.id));
    if noted.exec(tx).await?.rows_affected == 0 {
        return Ok(true);
    }
    insert_many(tx, step.pieces).await?;
    Ok(find(tx, step.id).await?.is_none_or(|row| row.cancelled))
}

/// A dry run that is kept.
///
/// # Errors
/// What the database reports.
pub async fn find(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// Notes that somebody cancelled one; the node that does it sees that at its next step.
///
/// # Errors
/// What the database reports.
pub async fn cancel(tx: &Tx, id: Uuid) -> Result<(), StoreError> {
    Entity::update_many().col_expr(Column::Cancelled, Expr::value(true)).filter(Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

/// The piece with a line, counted from zero.
///
/// # Errors
/// What the database reports.
pub async fn piece_with(conn: &impl ConnectionTrait, id: Uuid, line: i64) -> Result<Option<dry_run_line::Model>, StoreError> {
    use dry_run_line::Column;
    let of_run = dry_run_line::Entity::find().filter(Column::DryRunId.eq(id));
    Ok(of_run.filter(Column::First.lte(line)).order_by_desc(Column::First).one(conn).await?)
}

/// The piece after one.
///
/// # Errors
/// What the database reports.
pub async fn piece_after(conn: &impl ConnectionTrait, id: Uuid, first: i64) -> Result<Option<dry_run_line::Model>, StoreError> {
    use dry_run_line::Column;
    let of_run = dry_run_line::Entity::find().filter(Column::DryRunId.eq(id));
    Ok(of_run.filter(Column::First.gt(first)).order_by_asc(Column::First).one(conn).await?)
}

/// Whether there are results that ended, or were last heard of, before an instant.
///
/// # Errors
/// What the database reports.
pub async fn is_any_before(conn: &impl ConnectionTrait, before: i64) -> Result<bool, StoreError> {
    Ok(Entity::find().filter(Column::SeenAt.lt(before)).one(conn).await?.is_some())
}

/// Forgets them.
///
/// # Errors
/// What the database reports.
pub async fn forget_before(tx: &Tx, before: i64) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::SeenAt.lt(before)).exec(tx).await?;
    Ok(())
}
