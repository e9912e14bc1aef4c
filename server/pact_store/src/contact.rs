//! Contacts: the human beings at customers.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::entity::contact::{Column, Entity, Model};
use crate::error::StoreError;
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;
use crate::together::{Each, together};

/// Contacts with an equal address or number that are compared with one that enters, at most, each.
const CANDIDATES: u64 = 50;
/// Contacts of one customer that are compared, at most.
const OF_CUSTOMER: u64 = 500;

/// Which contacts.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this customer.
    pub customer: Option<Uuid>,
    /// With this e-mail address (lower-cased).
    pub email: Option<String>,
    /// With this telephone number (E.164).
    pub phone: Option<String>,
    /// Who speak this language.
    pub language: Option<String>,
    /// With these ids (what a search found).
    pub ids: Option<Vec<Uuid>>,
    /// Whose custom field has this encoded value.
    pub field: Option<(Uuid, String)>,
    /// Those whose data were erased, too.
    pub erased: bool,
}

sorts! {
    /// The orders in which contacts are listed.
    By of contact {
        Name = "name",
        CreatedAt = "created_at",
    }
}

impl Listed for Model {
    type Filter = Filter;
    type By = By;
    const ID: Column = Column::Id;

    fn within(select: Select<Entity>, scope: &Scope) -> Select<Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(person) => select.filter(crate::customer::asked_of(*person, Column::CustomerId)),
        }
    }

    fn narrow(mut select: Select<Entity>, _: &Scope, filter: &Filter) -> Select<Entity> {
        narrow!(select, filter, contact: customer => CustomerId.eq, email => Email.eq, phone => Phone.eq, language => Language.eq,
            ids => Id.is_in);
        if let Some((field, value)) = &filter.field {
            select = select.filter(Column::Id.in_subquery(crate::field::records_with(*field, value)));
        }
        if filter.erased { select } else { select.filter(Column::Erased.eq(false)) }
    }
}

/// Contacts with one of these addresses or numbers.
///
/// # Errors
/// What the database reports.
pub async fn candidates(conn: &impl ConnectionTrait, emails: &[&str], phones: &[&str]) -> Result<Vec<Model>, StoreError> {
    let equal = |column: Column, key: Expr| known().filter(column.into_expr().eq(key)).limit(CANDIDATES);
    let by_email = Each::text(emails, |email| equal(Column::Email, email));
    let by_phone = Each::text(phones, |phone| equal(Column::Phone, phone));
    together(conn, [by_email, by_phone]).await
}

/// The contacts of these customers, the first by name of each.
///
/// # Errors
/// What the database reports.
pub async fn of_customers(conn: &impl ConnectionTrait, customers: &[Uuid]) -> Result<Vec<Model>, StoreError> {
    let of = |customer: Expr| {
        known().filter(Column::CustomerId.into_expr().eq(customer)).order_by_asc(Column::NameKey).limit(OF_CUSTOMER)
    };
    together(conn, [Each::id(conn, customers, of)]).await
}

fn known() -> Select<Entity> {
    Entity::find().filter(Column::Erased.eq(false))
}
