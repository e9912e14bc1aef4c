//! Customers: found by filters, by what makes them the same, and merged.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, Select, Statement};
use uuid::Uuid;

use crate::entity::customer::{Column, Entity, Model};
use crate::entity::{card, contact, lead, plan, request};
use crate::error::StoreError;
use crate::list::{Listed, narrow, sorts};
use crate::record;
use crate::scope::Scope;
use crate::together::{Each, rounded_up, together};
use crate::tx::Tx;

/// Customers with an equal name, domain or number that are compared with one that enters, at most, each.
const EQUALS: u64 = 50;
/// Customers whose names come just before and just after it in the alphabet, at most, each.
const NEIGHBOURS: u64 = 10;
/// Hexadecimal digits of an id.
const ID_DIGITS: usize = 32;

/// Which customers.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Owned by this person.
    pub owner: Option<Uuid>,
    /// In one of these territories; empty for all.
    pub territories: Vec<Uuid>,
    /// Of this segment.
    pub segment: Option<String>,
    /// Of this industry.
    pub industry: Option<String>,
    /// In this country.
    pub country: Option<String>,
    /// In this city.
    pub city: Option<String>,
    /// With this domain.
    pub domain: Option<String>,
    /// Known since this instant or later.
    pub created_since: Option<i64>,
    /// Nothing happened since this instant (the quiet clock).
    pub quiet_since: Option<i64>,
    /// With these ids (what a search found).
    pub ids: Option<Vec<Uuid>>,
    /// Whose custom field has this encoded value.
    pub field: Option<(Uuid, String)>,
    /// Those that were merged into others, too.
    pub merged: bool,
}

sorts! {
    /// The orders in which customers are listed.
    By of customer {
        Name = "name",
        CreatedAt = "created_at",
        Employees ? true = "employees",
    }
}

impl Listed for Model {
    type Filter = Filter;
    type By = By;
    const ID: Column = Column::Id;

    fn within(select: Select<Entity>, scope: &Scope) -> Select<Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(person) => select.filter(asked_of(*person, Column::Id)),
        }
    }

    fn narrow(mut select: Select<Entity>, _: &Scope, filter: &Filter) -> Select<Entity> {
        narrow!(select, filter, customer: owner => OwnerId.eq, segment => Segment.eq, industry => Industry.eq, country => Country.eq,
            city => City.eq, domain => Domain.eq, created_since => CreatedAt.gte, quiet_since => LastEventAt.lte, ids => Id.is_in);
        if !filter.territories.is_empty() {
            select = select.filter(Column::TerritoryId.is_in(filter.territories.iter().copied()));
        }
        if let Some((field, value)) = &filter.field {
            select = select.filter(Column::Id.in_subquery(crate::field::records_with(*field, value)));
        }
        if filter.merged { select } else { select.filter(Column::MergedIntoId.is_null()) }
    }
}

/// `column` holds a customer about whom a partner was asked something or was given a lead.
pub(crate) fn asked_of(person: Uuid, column: impl ColumnTrait) -> Condition {
    let requests = Query::select()
        .column(request::Column::CustomerId)
        .from(request::Entity)
        .and_where(request::Column::ToId.eq(person))
        .to_owned();
    let leads: SelectStatement = Query::select()
        .column(lead::Column::CustomerId)
        .from(lead::Entity)
        .cond_where(
            Condition::any()
                .add(lead::Column::OwnerId.eq(person))
                .add(lead::Column::Id.in_subquery(crate::lead::offered_to(person))),
        )
        .to_owned();
    Condition::any().add(column.in_subquery(requests)).add(column.in_subquery(leads))
}

/// Customers with the name key, domain or number of those which enter.
///
/// # Errors
/// What the database reports.
pub async fn equals(
    conn: &impl ConnectionTrait,
    name_keys: &[&str],
    domains: &[&str],
    phones: &[&str],
) -> Result<Vec<Model>, StoreError> {
    let known = || Entity::find().filter(Column::MergedIntoId.is_null());
    let equal = |column: Column, key: Expr| known().filter(column.into_expr().eq(key)).limit(EQUALS);
    let questions = [
        Each::text(name_keys, |key| equal(Column::NameKey, key)),
        Each::text(domains, |key| equal(Column::Domain, key)),
        Each::text(phones, |key| equal(Column::Phone, key)),
    ];
    together(conn, questions).await
}

/// A customer whose name comes just before or just after another one in the alphabet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The name key next to which it is.
    pub of: String,
    /// The customer.
    pub id: Uuid,
    /// Its own name key.
    pub name_key: String,
}

/// The neighbours of names in the alphabet, so that errors of typing behind a name's beginning are seen. [`similar`] forgives those at its beginning as
/// well.
///
/// Nearly all of them are nothing like the name, and each name has twenty; so only ids and keys are read, from an index that holds both, and a name's
/// neighbours come as one text.
///
/// # Errors
/// What the database reports.
pub async fn neighbours(conn: &impl ConnectionTrait, name_keys: &[&str]) -> Result<Vec<Neighbour>, StoreError> {
    if name_keys.is_empty() {
        return Ok(Vec::new());
    }
    let backend = conn.get_database_backend();
    let (line, joined, asked) = match backend {
        DbBackend::Postgres => (
            "replace(CAST(id AS TEXT), '-', '') || name_key",
            "string_agg(line, chr(10))",
            "json_array_elements_text(CAST($1 AS JSON)) AS asked(value)",
        ),
        _ => ("hex(id) || name_key", "group_concat(line, char(10))", "json_each(?) AS asked"),
    };
    let beside = |which: &str, order: &str| {
        format!(
            r#"(SELECT {joined} FROM (SELECT {line} AS line FROM "customers" WHERE merged_into_id IS NULL AND {which} ORDER BY name_key {order} LIMIT {NEIGHBOURS}) AS near)"#
        )
    };
    let after = beside("name_key > asked.value", "ASC");
    let before = beside("name_key < asked.value AND name_key <> ''", "DESC");
    let sql = format!("SELECT asked.value AS of_key, {after} AS after, {before} AS before FROM {asked}");
    let keys = serde_json::Value::from(name_keys).to_string();
    let mut all = Vec::new();
    for row in conn.query_all_raw(Statement::from_sql_and_values(backend, sql, [keys.into()])).await? {
        let of: String = row.try_get("", "of_key")?;
        for column in ["after", "before"] {
            let lines: Option<String> = row.try_get("", column)?;
            let lines = lines.iter().flat_map(|lines| lines.lines());
            all.extend(lines.filter_map(|line| {
                let (id, name_key) = line.split_at_checked(ID_DIGITS)?;
                Some(Neighbour { of: of.clone(), id: id.parse().ok()?, name_key: name_key.to_owned() })
            }));
        }
    }
    Ok(all)
}

/// Customers with a similar name, most similar first, wherever the typing errors are. It costs some milliseconds.
///
/// # Errors
/// What the database reports.
pub async fn similar(conn: &impl ConnectionTrait, name: &str, limit: u64) -> Result<Vec<Model>, StoreError> {
    let ids = crate::search::similar_names(conn, "customer", name, limit).await?;
    let mut found: Vec<Model> = record::many(conn, ids.iter().copied()).await?;
    found.retain(|customer| customer.merged_into_id.is_none());
    found.sort_by_key(|customer| ids.iter().position(|id| *id == customer.id));
    Ok(found)
}

/// Gives what hangs on one customer to another, when they are merged: contacts, leads, cards, plans, requests, and the customers merged into it before.
///
/// # Errors
/// What the database reports.
pub async fn merge_rows(tx: &Tx, from: Uuid, into: Uuid) -> Result<(), StoreError> {
    Entity::update_many().col_expr(Column::MergedIntoId, into.into()).filter(Column::MergedIntoId.eq(from)).exec(tx).await?;
    macro_rules! give {
        ($($entity:ident),*) => {$(
            $entity::Entity::update_many()
                .col_expr($entity::Column::CustomerId, into.into())
                .filter($entity::Column::CustomerId.eq(from))
                .exec(tx)
                .await?;
        )*};
    }
    give!(contact, lead, card, plan, request);
    Ok(())
}

/// Restarts the quiet clocks of customers: something happened with them at this instant. A clock that was restarted later stays.
///
/// The clock is no part of what people change, so revisions stay: a card does not spoil a colleague's change of address.
///
/// # Errors
/// What the database reports.
pub async fn happened(tx: &Tx, customer: Uuid, at: i64) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::LastEventAt, Expr::value(at))
        .filter(Column::Id.eq(customer))
        .filter(Column::LastEventAt.lt(at))
        .exec(tx)
        .await?;
    Ok(())
}

/// As [`happened`], for customers that were there before this transaction: those that it makes itself begin with a clock of their own.
///
/// # Errors
/// What the database reports.
pub async fn happened_to_known(tx: &Tx, customers: &BTreeSet<Uuid>, at: i64) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = customers.iter().copied().collect();
    for some in customers.chunks(crate::IDS_PER_QUERY) {
        let mut update = Query::update();
        update.table(Entity).value(Column::LastEventAt, at);
        update.and_where(Column::Id.is_in(rounded_up(some))).and_where(Column::LastEventAt.lt(at));
        tx.execute_past_journal(&update).await?;
    }
    Ok(())
}
