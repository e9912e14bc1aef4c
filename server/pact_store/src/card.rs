//! Cards: what customers said, did, want, promise or complain of.

use sea_orm::{ColumnTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::entity::card::{Column, Entity, Model};
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;

/// Which cards. None selects them by another's authorship: that would list a person's acts.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this customer.
    pub customer: Option<Uuid>,
    /// Of this lead.
    pub lead: Option<Uuid>,
    /// Of this kind.
    pub kind: Option<String>,
    /// About this product.
    pub about: Option<String>,
    /// On this theme.
    pub theme: Option<String>,
    /// Said on this day or later.
    pub said_since: Option<String>,
    /// Said before this day.
    pub said_before: Option<String>,
    /// With these ids (what a search found).
    pub ids: Option<Vec<Uuid>>,
    /// Written by the caller.
    pub mine: bool,
}

sorts! {
    /// The orders in which cards are listed: by the day on which the customer said it, never by the instant of writing.
    By of card {
        SaidOn = "said_on",
    }
}

impl Listed for Model {
    type Filter = Filter;
    type By = By;
    const ID: Column = Column::Id;

    fn within(select: Select<Entity>, scope: &Scope) -> Select<Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(person) => select.filter(Column::AuthorId.eq(*person)),
        }
    }

    fn narrow(mut select: Select<Entity>, scope: &Scope, filter: &Filter) -> Select<Entity> {
        narrow!(select, filter, card: customer => CustomerId.eq, lead => LeadId.eq, kind => Kind.eq, about => About.eq,
            theme => Theme.eq, said_since => SaidOn.gte, said_before => SaidOn.lt, ids => Id.is_in);
        if filter.mine {
            select = select.filter(Column::AuthorId.eq(scope.person().unwrap_or_default()));
        }
        select
    }
}
