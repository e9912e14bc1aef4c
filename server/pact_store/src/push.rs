//! Pushes: leads given to one person, with a time to answer.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::entity::push::{Column, Entity, Model};
use crate::error::StoreError;
use crate::tx::Tx;

/// The word for a push that nobody answered yet.
pub const WAITING: &str = "waiting";

/// A push by its id.
///
/// # Errors
/// What the database reports.
pub async fn find(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// The pushes of a lead and of those merged into it, oldest first.
///
/// # Errors
/// What the database reports.
pub async fn of_lead(conn: &impl ConnectionTrait, lead: Uuid) -> Result<Vec<Model>, StoreError> {
    let of_lead = Condition::any().add(Column::LeadId.eq(lead)).add(Column::LeadId.in_subquery(crate::lead::merged_into(lead)));
    Ok(Entity::find().filter(of_lead).order_by_asc(Column::PushedAt).order_by_asc(Column::Id).all(conn).await?)
}

/// The push of a lead that waits for its answer, if there is one.
///
/// # Errors
/// What the database reports.
pub async fn open_of_lead(conn: &impl ConnectionTrait, lead: Uuid) -> Result<Option<Model>, StoreError> {
    let open = Entity::find().filter(Column::LeadId.eq(lead)).filter(Column::Answer.eq(WAITING));
    Ok(open.order_by_desc(Column::PushedAt).one(conn).await?)
}

/// The pushes that wait for one person's answer, most urgent first: for that person alone.
///
/// # Errors
/// What the database reports.
pub async fn waiting_for(conn: &impl ConnectionTrait, person: Uuid, limit: u64) -> Result<Vec<Model>, StoreError> {
    let waiting = Entity::find().filter(Column::PersonId.eq(person)).filter(Column::Answer.eq(WAITING));
    Ok(waiting.order_by_asc(Column::AnswerByAt).limit(limit).all(conn).await?)
}

/// The persons to whom a lead was pushed before.
///
/// # Errors
/// What the database reports.
pub async fn persons_tried(conn: &impl ConnectionTrait, lead: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let tried = Entity::find().select_only().column(Column::PersonId).distinct().filter(Column::LeadId.eq(lead));
    Ok(tried.into_tuple().all(conn).await?)
}

/// Pushes whose time to answer is over, the longest overdue first.
///
/// # Errors
/// What the database reports.
pub async fn due(conn: &impl ConnectionTrait, now: i64, limit: u64) -> Result<Vec<Model>, StoreError> {
    let due = Entity::find().filter(Column::Answer.eq(WAITING)).filter(Column::AnswerByAt.lte(now));
    Ok(due.order_by_asc(Column::AnswerByAt).limit(limit).all(conn).await?)
}

/// Answers a push that still waits; false when it was answered already.
///
/// # Errors
/// What the database reports.
pub async fn answer(tx: &Tx, push: Uuid, answer: &str, reason: Option<&str>, at: i64) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .col_expr(Column::Answer, Expr::value(answer))
        .col_expr(Column::AnswerReason, Expr::value(reason.map(str::to_owned)))
        .col_expr(Column::AnsweredAt, Expr::value(at))
        .filter(Column::Id.eq(push))
        .filter(Column::Answer.eq(WAITING))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}
