//! Calendars that other programs read: their secret addresses, and what stands in them.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::entity::calendar_feed::{Column, Entity, Model};
use crate::entity::{plan, request};
use crate::error::StoreError;
use crate::tx::Tx;

/// The calendar that is read under an address, by the address's hash.
///
/// # Errors
/// What the database reports.
pub async fn at_address(conn: &impl ConnectionTrait, hash: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::AddressHash.eq(hash)).one(conn).await?)
}

/// A person's calendar, if it has an address.
///
/// # Errors
/// What the database reports.
pub async fn of_person(conn: &impl ConnectionTrait, person: Uuid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(person).one(conn).await?)
}

/// Gives a person's calendar an address; the one that it had leads nowhere from then on.
///
/// # Errors
/// What the database reports.
pub async fn put(tx: &Tx, feed: Model) -> Result<(), StoreError> {
    let again = OnConflict::column(Column::PersonId)
        .update_columns([Column::AddressHash, Column::MadeAt, Column::ContentHash, Column::ChangedAt])
        .to_owned();
    Entity::insert(feed.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// Takes the address away.
///
/// # Errors
/// What the database reports.
pub async fn remove(tx: &Tx, person: Uuid) -> Result<(), StoreError> {
    Entity::delete_by_id(person).exec(tx).await?;
    Ok(())
}

/// Notes that the calendar says something else than when it was last read.
///
/// # Errors
/// What the database reports.
pub async fn changed(tx: &Tx, person: Uuid, content_hash: &str, at: i64) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::ContentHash, Expr::value(content_hash))
        .col_expr(Column::ChangedAt, Expr::value(at))
        .filter(Column::PersonId.eq(person))
        .exec(tx)
        .await?;
    Ok(())
}

/// A person's plans of these days, those that were withdrawn too.
///
/// # Errors
/// What the database reports.
pub async fn plans(
    conn: &impl ConnectionTrait,
    person: Uuid,
    days: (&str, &str),
    limit: u64,
) -> Result<Vec<plan::Model>, StoreError> {
    use plan::Column as C;
    let own = plan::Entity::find().filter(C::PersonId.eq(person)).filter(C::OnDay.between(days.0, days.1));
    Ok(own.order_by_asc(C::OnDay).order_by_asc(C::Id).limit(limit).all(conn).await?)
}

/// Requests to a person that are due on these days, those that were answered too.
///
/// # Errors
/// What the database reports.
pub async fn requests(
    conn: &impl ConnectionTrait,
    person: Uuid,
    days: (&str, &str),
    limit: u64,
) -> Result<Vec<request::Model>, StoreError> {
    use request::Column as C;
    let own = request::Entity::find().filter(C::ToId.eq(person)).filter(C::DueOn.between(days.0, days.1));
    Ok(own.order_by_asc(C::DueOn).order_by_asc(C::Id).limit(limit).all(conn).await?)
}
