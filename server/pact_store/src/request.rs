//! Requests: questions and jobs about customers, answered on the customer's record.

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::entity::request::{Column, Entity, Model};
use crate::error::StoreError;
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;

/// Which requests. Those of another person are found at their customers, not by that person.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// About this customer.
    pub customer: Option<Uuid>,
    /// About this lead.
    pub lead: Option<Uuid>,
    /// Answered or not.
    pub answered: Option<bool>,
    /// Due before this day.
    pub due_before: Option<String>,
    /// To the caller.
    pub to_me: bool,
    /// From the caller.
    pub from_me: bool,
}

sorts! {
    /// The orders in which requests are listed: by the day on which they are due, never by who was quick.
    By of request {
        DueOn ? true = "due_on",
    }
}

impl Listed for Model {
    type Filter = Filter;
    type By = By;
    const ID: Column = Column::Id;

    fn within(select: Select<Entity>, scope: &Scope) -> Select<Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(person) => {
                select.filter(Condition::any().add(Column::ToId.eq(*person)).add(Column::FromId.eq(*person)))
            }
        }
    }

    fn narrow(mut select: Select<Entity>, scope: &Scope, filter: &Filter) -> Select<Entity> {
        narrow!(select, filter, request: customer => CustomerId.eq, lead => LeadId.eq, due_before => DueOn.lt);
        let me = scope.person().unwrap_or_default();
        if filter.to_me {
            select = select.filter(Column::ToId.eq(me));
        }
        if filter.from_me {
            select = select.filter(Column::FromId.eq(me));
        }
        match filter.answered {
            Some(true) => select.filter(Column::AnsweredAt.is_not_null()),
            Some(false) => select.filter(Column::AnsweredAt.is_null()),
            None => select,
        }
    }
}

/// Requests without an answer whose day is over, the longest overdue first.
///
/// # Errors
/// What the database reports.
pub async fn overdue(conn: &impl ConnectionTrait, today: &str, limit: u64) -> Result<Vec<Model>, StoreError> {
    let overdue = Entity::find().filter(Column::AnsweredAt.is_null()).filter(Column::DueOn.lt(today));
    Ok(overdue.order_by_asc(Column::DueOn).order_by_asc(Column::Id).limit(limit).all(conn).await?)
}
