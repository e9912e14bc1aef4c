//! Views that were saved, and who gets them by mail.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::entity::view::{Column, Entity, Model};
use crate::entity::view_subscription;
use crate::error::StoreError;
use crate::list::{Listed, narrow, sorts};
use crate::record::insert;
use crate::scope::Scope;
use crate::tx::Tx;

/// Which views.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Over these rows.
    pub source: Option<String>,
}

sorts! {
    /// The orders in which views are listed.
    By of view {
        Name = "name",
        Title = "title",
    }
}

impl Listed for Model {
    type Filter = Filter;
    type By = By;
    const ID: Column = Column::Id;

    fn within(select: Select<Entity>, scope: &Scope) -> Select<Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(_) => select.filter(Column::Id.is_null()),
        }
    }

    fn narrow(mut select: Select<Entity>, _: &Scope, filter: &Filter) -> Select<Entity> {
        narrow!(select, filter, view: source => Source.eq);
        select
    }
}

/// Every view, by name.
///
/// # Errors
/// What the database reports.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().order_by_asc(Column::Name).all(conn).await?)
}

/// Stores the verdict on a view. This is no change by a person, so the revision stays.
///
/// # Errors
/// What the database reports.
pub async fn judged(tx: &Tx, view: Uuid, verdict: serde_json::Value) -> Result<(), StoreError> {
    let verdict: sea_orm::Value = crate::value::AsJson(verdict).into();
    Entity::update_many().col_expr(Column::Verdict, Expr::value(verdict)).filter(Column::Id.eq(view)).exec(tx).await?;
    Ok(())
}

/// Whether a person gets a view by mail.
///
/// # Errors
/// What the database reports.
pub async fn subscription(
    conn: &impl ConnectionTrait,
    view: Uuid,
    person: Uuid,
) -> Result<Option<view_subscription::Model>, StoreError> {
    use view_subscription::{Column, Entity};
    Ok(Entity::find().filter(Column::ViewId.eq(view)).filter(Column::PersonId.eq(person)).one(conn).await?)
}

/// Gives somebody a view by mail, in place of what they had of it.
///
/// # Errors
/// What the database reports.
pub async fn subscribe(tx: &Tx, row: view_subscription::Model) -> Result<(), StoreError> {
    forget_subscription(tx, row.view_id, row.person_id).await?;
    insert(tx, row).await
}

/// Takes a subscription away, and says whether there was one.
///
/// # Errors
/// What the database reports.
pub async fn forget_subscription(tx: &Tx, view: Uuid, person: Uuid) -> Result<bool, StoreError> {
    use view_subscription::{Column, Entity};
    let done = Entity::delete_many().filter(Column::ViewId.eq(view)).filter(Column::PersonId.eq(person)).exec(tx).await?;
    Ok(done.rows_affected > 0)
}

/// Subscriptions of which mail is due, the earliest first.
///
/// # Errors
/// What the database reports.
pub async fn due(conn: &impl ConnectionTrait, now: i64, limit: u64) -> Result<Vec<view_subscription::Model>, StoreError> {
    use view_subscription::{Column, Entity};
    let due = Entity::find().filter(Column::NextAt.lte(now));
    Ok(due.order_by_asc(Column::NextAt).order_by_asc(Column::Id).limit(limit).all(conn).await?)
}

/// Moves a subscription from one mail to the next; false when another node did, and then the mail is theirs.
///
/// # Errors
/// What the database reports.
pub async fn take(tx: &Tx, row: &view_subscription::Model, next_at: i64) -> Result<bool, StoreError> {
    use view_subscription::{Column, Entity};
    let moved = Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(next_at))
        .filter(Column::Id.eq(row.id))
        .filter(Column::NextAt.eq(row.next_at))
        .exec(tx)
        .await?;
    Ok(moved.rows_affected == 1)
}
