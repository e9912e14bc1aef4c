//! Webhooks: addresses to which PACT posts, and for how long one that fails is left alone.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::entity::webhook::{Column, Entity, Model};
use crate::error::StoreError;
use crate::list::sorts;
use crate::tx::Tx;

sorts! {
    /// The orders in which webhooks are listed.
    By of webhook {
        Name = "name",
        CreatedAt = "created_at",
    }
}

/// Every webhook, by name.
///
/// # Errors
/// What the database reports.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().order_by_asc(Column::Name).all(conn).await?)
}

/// The webhook of this name.
///
/// # Errors
/// What the database reports.
pub async fn named(conn: &impl ConnectionTrait, name: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Name.eq(name)).one(conn).await?)
}

/// Leaves a webhook alone until an instant, or no longer. This is no change by a person, so the revision stays.
///
/// # Errors
/// What the database reports.
pub async fn hold_until(tx: &Tx, webhook: Uuid, until: Option<i64>) -> Result<(), StoreError> {
    let mut update = Entity::update_many().col_expr(Column::HeldUntil, Expr::value(until)).filter(Column::Id.eq(webhook));
    update = match until {
        Some(until) => update.filter(Column::HeldUntil.is_null().or(Column::HeldUntil.lt(until))),
        None => update.filter(Column::HeldUntil.is_not_null()),
    };
    update.exec(tx).await?;
    Ok(())
}

/// Switches a webhook off because the other side wants nothing any more.
///
/// # Errors
/// What the database reports.
pub async fn switch_off(tx: &Tx, webhook: Uuid, reason: &str) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::Active, Expr::value(false))
        .col_expr(Column::DisabledReason, Expr::value(reason))
        .col_expr(Column::Revision, Expr::value(crate::record::new_revision()))
        .filter(Column::Id.eq(webhook))
        .filter(Column::Active.eq(true))
        .exec(tx)
        .await?;
    Ok(())
}
