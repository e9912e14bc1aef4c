//! Goals: what the company wants to reach, measured on customers and sales.

use sea_orm::{ColumnTrait, QueryFilter, Select};

use crate::entity::goal::{Column, Entity, Model};
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;

/// Which goals.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// That end on this day or later.
    pub ends_from: Option<String>,
}

sorts! {
    /// The orders in which goals are listed.
    By of goal {
        CreatedAt = "created_at",
        Title = "title",
        EndsOn ? true = "ends_on",
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
        narrow!(select, filter, goal: ends_from => EndsOn.gte);
        select
    }
}
