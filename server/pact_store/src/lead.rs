//! Leads: possible sales, from the moment they enter until they are won or lost.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use crate::entity::lead::{Column, Entity, Model};
use crate::entity::{card, lead_event, person, plan, push, request};
use crate::error::StoreError;
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;
use crate::together::{Each, together};
use crate::tx::Tx;

/// States in which a lead is still a possible sale.
pub const OPEN_STATES: [&str; 3] = ["waiting", "offered", "owned"];
/// Open leads of a customer that are compared with one that enters, at most.
const CANDIDATES: u64 = 50;

/// Which leads.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In one of these states; empty for all.
    pub states: Vec<String>,
    /// In this stage.
    pub stage: Option<String>,
    /// From this source.
    pub source: Option<String>,
    /// About this product.
    pub product: Option<String>,
    /// Of this customer.
    pub customer: Option<Uuid>,
    /// From this contact.
    pub contact: Option<Uuid>,
    /// Owned by this person: leads are open to all staff, and ownership is an outcome.
    pub owner: Option<Uuid>,
    /// Owned by somebody in this team.
    pub team: Option<Uuid>,
    /// In one of these territories; empty for all.
    pub territories: Vec<Uuid>,
    /// Highlighted or not.
    pub highlighted: Option<bool>,
    /// Entered at or after this instant.
    pub created_since: Option<i64>,
    /// Entered before this instant.
    pub created_before: Option<i64>,
    /// Nothing happened since this instant (the quiet clock).
    pub quiet_since: Option<i64>,
    /// Won or lost at or after this instant.
    pub closed_since: Option<i64>,
    /// Offered to the caller, who has not answered.
    pub offered_to_me: bool,
    /// With these ids (what a search found).
    pub ids: Option<Vec<Uuid>>,
    /// Whose custom field has this encoded value.
    pub field: Option<(Uuid, String)>,
    /// Those that were merged into others, too.
    pub merged: bool,
}

sorts! {
    /// The orders in which leads are listed.
    By of lead {
        CreatedAt = "created_at",
        Title = "title",
        ValueMinor ? true = "value",
        ExpectedOn ? true = "expected_on",
        ClosedAt ? true = "closed_at",
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
                select.filter(Condition::any().add(Column::OwnerId.eq(*person)).add(Column::Id.in_subquery(offered_to(*person))))
            }
        }
    }

    fn narrow(mut select: Select<Entity>, scope: &Scope, filter: &Filter) -> Select<Entity> {
        narrow!(select, filter, lead: stage => Stage.eq, source => Source.eq, product => Product.eq, customer => CustomerId.eq,
            contact => ContactId.eq, owner => OwnerId.eq, highlighted => Highlighted.eq, created_since => CreatedAt.gte,
            created_before => CreatedAt.lt, quiet_since => LastEventAt.lte, closed_since => ClosedAt.gte, ids => Id.is_in);
        if !filter.states.is_empty() {
            select = select.filter(Column::State.is_in(filter.states.iter().cloned()));
        }
        if !filter.territories.is_empty() {
            select = select.filter(Column::TerritoryId.is_in(filter.territories.iter().copied()));
        }
        if let Some(team) = filter.team {
            select = select.filter(Column::OwnerId.in_subquery(members(team)));
        }
        if filter.offered_to_me {
            let me = scope.person().unwrap_or_default();
            select = select.filter(Column::State.eq("offered")).filter(Column::Id.in_subquery(offered_to(me)));
        }
        if let Some((field, value)) = &filter.field {
            select = select.filter(Column::Id.in_subquery(crate::field::records_with(*field, value)));
        }
        if filter.merged { select } else { select.filter(Column::MergedIntoId.is_null()) }
    }
}

/// The leads for which a person has a push to answer.
pub(crate) fn offered_to(person: Uuid) -> SelectStatement {
    push::Entity::find()
        .select_only()
        .column(push::Column::LeadId)
        .filter(push::Column::PersonId.eq(person))
        .filter(push::Column::Answer.eq("waiting"))
        .into_query()
}

/// The persons of a team.
pub(crate) fn members(team: Uuid) -> SelectStatement {
    person::Entity::find().select_only().column(person::Column::Id).filter(person::Column::TeamId.eq(team)).into_query()
}

/// Leads that those which enter may be the same as: these customers' latest open ones, and those with the same keys from outside, open or not.
///
/// # Errors
/// What the database reports.
pub async fn candidates(
    conn: &impl ConnectionTrait,
    customers: &[Uuid],
    external_keys: &[&str],
) -> Result<Vec<Model>, StoreError> {
    let open = |customer: Expr| {
        let open = Entity::find().filter(Column::CustomerId.into_expr().eq(customer)).filter(Column::State.is_in(OPEN_STATES));
        open.filter(Column::MergedIntoId.is_null()).order_by_desc(Column::CreatedAt).limit(CANDIDATES)
    };
    let keyed = |key: Expr| Entity::find().filter(Column::ExternalKey.into_expr().eq(key)).limit(1);
    together(conn, [Each::id(conn, customers, open), Each::text(external_keys, keyed)]).await
}

/// How many open leads each person owns or is offered. For the host's assignment alone: no list shows it by person.
///
/// # Errors
/// What the database reports.
pub async fn open_by_carrier(conn: &impl ConnectionTrait) -> Result<HashMap<Uuid, i64>, StoreError> {
    let owned = Entity::find()
        .select_only()
        .column(Column::OwnerId)
        .column_as(Column::Id.count(), "open")
        .filter(Column::State.eq("owned"))
        .filter(Column::OwnerId.is_not_null())
        .group_by(Column::OwnerId);
    let offered = push::Entity::find()
        .select_only()
        .column(push::Column::PersonId)
        .column_as(push::Column::Id.count(), "open")
        .filter(push::Column::Answer.eq("waiting"))
        .group_by(push::Column::PersonId);
    let mut open = HashMap::new();
    for (person, count) in owned.into_tuple::<(Uuid, i64)>().all(conn).await? {
        *open.entry(person).or_default() += count;
    }
    for (person, count) in offered.into_tuple::<(Uuid, i64)>().all(conn).await? {
        *open.entry(person).or_default() += count;
    }
    Ok(open)
}

/// Open leads of these states on which nothing happened since `since`, quietest first.
///
/// # Errors
/// What the database reports.
pub async fn quiet(conn: &impl ConnectionTrait, states: &[&str], since: i64, limit: u64) -> Result<Vec<Model>, StoreError> {
    let quiet = Entity::find().filter(Column::State.is_in(states.iter().copied())).filter(Column::LastEventAt.lte(since));
    Ok(quiet.order_by_asc(Column::LastEventAt).limit(limit).all(conn).await?)
}

/// A lead's history, oldest first, with that of the leads that were merged into it.
///
/// # Errors
/// What the database reports.
pub async fn history(conn: &impl ConnectionTrait, lead: Uuid) -> Result<Vec<lead_event::Model>, StoreError> {
    let of_lead =
        Condition::any().add(lead_event::Column::LeadId.eq(lead)).add(lead_event::Column::LeadId.in_subquery(merged_into(lead)));
    let steps = lead_event::Entity::find().filter(of_lead);
    Ok(steps.order_by_asc(lead_event::Column::At).order_by_asc(lead_event::Column::Id).all(conn).await?)
}

/// The leads that were merged into this one.
#[must_use]
pub fn merged_into(lead: Uuid) -> SelectStatement {
    Query::select().column(Column::Id).from(Entity).and_where(Column::MergedIntoId.eq(lead)).to_owned()
}

/// Gives what hangs on one lead to another, when they are merged: cards, plans, requests, and the leads merged into it before. History and pushes stay
/// with the lead that they happened to, and are read together.
///
/// # Errors
/// What the database reports.
pub async fn merge_rows(tx: &Tx, from: Uuid, into: Uuid) -> Result<(), StoreError> {
    Entity::update_many().col_expr(Column::MergedIntoId, into.into()).filter(Column::MergedIntoId.eq(from)).exec(tx).await?;
    card::Entity::update_many()
        .col_expr(card::Column::LeadId, into.into())
        .filter(card::Column::LeadId.eq(from))
        .exec(tx)
        .await?;
    plan::Entity::update_many()
        .col_expr(plan::Column::LeadId, into.into())
        .filter(plan::Column::LeadId.eq(from))
        .exec(tx)
        .await?;
    request::Entity::update_many()
        .col_expr(request::Column::LeadId, into.into())
        .filter(request::Column::LeadId.eq(from))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ids of the leads that a filter chooses, the oldest first.
///
/// # Errors
/// What the database reports.
pub async fn chosen(conn: &impl ConnectionTrait, filter: &Filter, limit: u64) -> Result<Vec<Uuid>, StoreError> {
    let select = Model::narrow(Entity::find(), &Scope::System, filter).select_only().column(Column::Id);
    Ok(select.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(limit).into_tuple().all(conn).await?)
}
