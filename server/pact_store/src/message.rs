//! Messages: what one person is told about records, for that person alone.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::entity::message::{Column, Entity, Model};
use crate::error::StoreError;
use crate::list::{Ask, Page, Sort, page, sorts};
use crate::tx::Tx;

sorts! {
    /// The orders in which a person's messages are listed.
    By of message {
        At = "at",
    }
}

/// A person's messages, newest first; the unread ones only, if that is asked.
///
/// # Errors
/// As [`page`].
pub async fn of_person(conn: &impl ConnectionTrait, person: Uuid, unread: bool, ask: &Ask) -> Result<Page<Model>, StoreError> {
    let mut own = Entity::find().filter(Column::PersonId.eq(person));
    if unread {
        own = own.filter(Column::ReadAt.is_null());
    }
    page(conn, own, Column::Id, Sort { by: By::At, descending: true }, ask).await
}

/// A person's messages after one of theirs, oldest first: what a stream that was interrupted still has to tell.
///
/// # Errors
/// What the database reports.
pub async fn since(conn: &impl ConnectionTrait, person: Uuid, after: Uuid, limit: u64) -> Result<Vec<Model>, StoreError> {
    use sea_orm::QuerySelect;
    let Some(last) = Entity::find_by_id(after).filter(Column::PersonId.eq(person)).one(conn).await? else {
        return Ok(Vec::new());
    };
    let own = Entity::find().filter(Column::PersonId.eq(person)).filter(Column::At.gte(last.at)).filter(Column::Id.gt(after));
    Ok(own.order_by_asc(Column::At).order_by_asc(Column::Id).limit(limit).all(conn).await?)
}

/// How many of their own messages a person has not read.
///
/// # Errors
/// What the database reports.
pub async fn unread(conn: &impl ConnectionTrait, person: Uuid) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::PersonId.eq(person)).filter(Column::ReadAt.is_null()).count(conn).await?)
}

/// Notes that a person has read these messages of theirs, or all of them.
///
/// # Errors
/// What the database reports.
pub async fn mark_read(tx: &Tx, person: Uuid, messages: Option<&[Uuid]>, now: i64) -> Result<u64, StoreError> {
    let mut own = Entity::update_many()
        .col_expr(Column::ReadAt, Expr::value(now))
        .filter(Column::PersonId.eq(person))
        .filter(Column::ReadAt.is_null());
    if let Some(messages) = messages {
        own = own.filter(Column::Id.is_in(messages.iter().copied()));
    }
    Ok(own.exec(tx).await?.rows_affected)
}
