//! Digests: what one person needs to plan their day or week, for that person alone; one for each person and tick.

use std::collections::BTreeSet;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::IDS_PER_QUERY;
use crate::entity::digest::{Column, Entity, Model};
use crate::error::StoreError;
use crate::list::{Ask, Page, Sort, page, sorts};
use crate::tx::Tx;
use crate::value::Json;

sorts! {
    /// The orders in which a person's digests are listed.
    By of digest {
        MadeAt = "made_at",
    }
}

/// A person's digests.
///
/// # Errors
/// As [`page`].
pub async fn of_person(conn: &impl ConnectionTrait, person: Uuid, sort: Sort<By>, ask: &Ask) -> Result<Page<Model>, StoreError> {
    page(conn, Entity::find().filter(Column::PersonId.eq(person)), Column::Id, sort, ask).await
}

/// One of a person's digests; somebody else's is not there.
///
/// # Errors
/// [`StoreError::NotFound`], or what the database reports.
pub async fn own(conn: &impl ConnectionTrait, person: Uuid, id: Uuid) -> Result<Model, StoreError> {
    let own = Entity::find_by_id(id).filter(Column::PersonId.eq(person)).one(conn).await?;
    own.ok_or(StoreError::NotFound { what: "digest" })
}

/// The digests that some persons have of some ticks.
///
/// # Errors
/// What the database reports.
pub async fn of_ticks(
    conn: &impl ConnectionTrait,
    persons: &BTreeSet<Uuid>,
    ticks: &BTreeSet<String>,
) -> Result<Vec<Model>, StoreError> {
    let persons: Vec<Uuid> = persons.iter().copied().collect();
    let mut found = Vec::new();
    for some in persons.chunks(IDS_PER_QUERY) {
        let of = Entity::find().filter(Column::PersonId.is_in(some.iter().copied()));
        found.extend(of.filter(Column::Tick.is_in(ticks.iter().cloned())).all(conn).await?);
    }
    Ok(found)
}

/// Gives a digest more to say.
///
/// # Errors
/// What the database reports.
pub async fn put_body(tx: &Tx, id: Uuid, body: Json) -> Result<(), StoreError> {
    Entity::update_many().col_expr(Column::Body, Expr::value(body)).filter(Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}
