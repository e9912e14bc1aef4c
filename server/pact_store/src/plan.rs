//! Plans: what persons announce they intend with customers.

use sea_orm::{ColumnTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::entity::plan::{Column, Entity, Model};
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;

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
