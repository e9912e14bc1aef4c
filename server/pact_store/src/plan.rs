//! Plans: what persons announce they intend with customers.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::entity::plan::{Column, Entity, Model};
use crate::entity::plan_day;
use crate::error::StoreError;
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;
use crate::tx::Tx;

/// Which plans. Plans are open to all staff, one by one.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// With this customer.
    pub customer: Option<Uuid>,
    /// On this lead.
    pub lead: Option<Uuid>,
    /// Announced by this person.
    pub person: Option<Uuid>,
    /// Announced by somebody in this team.
    pub team: Option<Uuid>,
    /// That take this pack along.
    pub pack: Option<Uuid>,
    /// For this day or a later one.
    pub from_day: Option<String>,
    /// For a day before this one.
    pub before_day: Option<String>,
    /// Those that were withdrawn, too.
    pub withdrawn: bool,
    /// Announced by the caller.
    pub mine: bool,
}

sorts! {
    /// The orders in which plans are listed: by their day, never by the instant of announcing.
    By of plan {
        OnDay = "on_day",
    }
}

impl Listed for Model {
    type Filter = Filter;
    type By = By;
    const ID: Column = Column::Id;

    fn within(select: Select<Entity>, scope: &Scope) -> Select<Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(person) => select.filter(Column::PersonId.eq(*person)),
        }
    }

    fn narrow(mut select: Select<Entity>, scope: &Scope, filter: &Filter) -> Select<Entity> {
        narrow!(select, filter, plan: customer => CustomerId.eq, lead => LeadId.eq, person => PersonId.eq, pack => PackId.eq,
            from_day => OnDay.gte, before_day => OnDay.lt);
        if let Some(team) = filter.team {
            select = select.filter(Column::PersonId.in_subquery(crate::lead::members(team)));
        }
        if filter.mine {
            select = select.filter(Column::PersonId.eq(scope.person().unwrap_or_default()));
        }
        if filter.withdrawn { select } else { select.filter(Column::Withdrawn.eq(false)) }
    }
}

/// Writes down when the day of a plan will be over.
///
/// # Errors
/// What the database reports.
pub async fn expect_day(tx: &Tx, plan: Uuid, over_at: i64) -> Result<(), StoreError> {
    use plan_day::{Column, Entity, Model};
    let again = OnConflict::column(Column::PlanId).update_column(Column::OverAt).to_owned();
    Entity::insert(Model { plan_id: plan, over_at }.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// Expects the day of a plan no longer; says whether it was expected to be over at that instant, or at any when none is said.
///
/// # Errors
/// What the database reports.
pub async fn forget_day(tx: &Tx, plan: Uuid, over_at: Option<i64>) -> Result<bool, StoreError> {
    use plan_day::{Column, Entity};
    let mut gone = Entity::delete_many().filter(Column::PlanId.eq(plan));
    if let Some(over_at) = over_at {
        gone = gone.filter(Column::OverAt.eq(over_at));
    }
    Ok(gone.exec(tx).await?.rows_affected > 0)
}

/// Plans whose day is over, the longest over first.
///
/// # Errors
/// What the database reports.
pub async fn days_over(conn: &impl ConnectionTrait, now: i64, limit: u64) -> Result<Vec<plan_day::Model>, StoreError> {
    use plan_day::{Column, Entity};
    let over = Entity::find().filter(Column::OverAt.lte(now));
    Ok(over.order_by_asc(Column::OverAt).order_by_asc(Column::PlanId).limit(limit).all(conn).await?)
}
