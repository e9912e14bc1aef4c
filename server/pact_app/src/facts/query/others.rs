//! Queries of contacts, pushes, history, cards, plans, requests, packs and goals.

use std::collections::HashMap;

use pact_core::time::Instant;
use pact_policy::table::{Kind, NarrowOp as N};
use pact_script::facts::Query;
use pact_script::value::{Record, Value};
use pact_store::entity::{card, contact, customer, goal, lead, lead_event, pack, plan, push, request};
use pact_store::{StoreError, search};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use super::{day, misfit, narrowed, narrows, nothing, of, people_of_team, refers, says, span};
use crate::facts::{RunFacts, records};
use crate::refusal::Refusal;

/// How many cards may be like a text.
const MAX_ALIKE: u64 = 200;
/// How many packs are looked through for a customer.
const MAX_PACKS: u64 = 1_000;

pub(super) fn contacts(facts: &RunFacts, query: &Query) -> Result<Select<contact::Entity>, Refusal> {
    use contact::Column as C;
    let start = known_by(contact::Entity::find().filter(C::Erased.eq(false)), C::CreatedAt, facts);
    let start = match of(query, Kind::Customer) {
        Some(customer) => start.filter(C::CustomerId.eq(customer)),
        None => start,
    };
    let select = narrowed(start, query, |_, op, _| Err(misfit(op, Kind::Contact)))?;
    Ok(select.order_by_asc(C::Name).order_by_asc(C::Id))
}

pub(super) fn pushes(query: &Query) -> Result<Select<push::Entity>, Refusal> {
    use push::Column as C;
    let start = match of(query, Kind::Lead) {
        Some(lead) => push::Entity::find().filter(C::LeadId.eq(lead)),
        None => push::Entity::find(),
    };
    let select = narrowed(start, query, |select, op, args| {
        Ok(match op {
            N::Waiting => select.filter(C::Answer.eq(pact_store::push::WAITING)),
            N::ForPerson => select.filter(refers(C::PersonId, args)),
            _ => return Err(misfit(op, Kind::Push)),
        })
    })?;
    Ok(select.order_by_asc(C::PushedAt).order_by_asc(C::Id))
}

pub(super) fn history(facts: &RunFacts, query: &Query) -> Result<Select<lead_event::Entity>, Refusal> {
    use lead_event::Column as C;
    let start = match of(query, Kind::Lead) {
        Some(lead) => known_by(lead_event::Entity::find().filter(C::LeadId.eq(lead)), C::At, facts),
        None => lead_event::Entity::find().filter(nothing()),
    };
    let select = narrowed(start, query, |_, op, _| Err(misfit(op, Kind::LeadEvent)))?;
    Ok(select.order_by_asc(C::At).order_by_asc(C::Id))
}

/// Leaves out what came after the moment at which a dry run looks.
fn known_by<E: EntityTrait>(select: Select<E>, at: E::Column, facts: &RunFacts) -> Select<E> {
    match facts.as_of() {
        Some(now) => select.filter(at.lte(now)),
        None => select,
    }
}

/// A request as it stood at a moment.
pub(super) fn as_asked(row: request::Model, at: Option<i64>) -> request::Model {
    match (at, row.answered_at) {
        (Some(at), Some(answered)) if answered > at => request::Model { answer: None, answered_at: None, ..row },
        _ => row,
    }
}

/// Pushes of one lead that are held in memory, narrowed as in the store.
pub(super) fn pushes_held(query: &Query, mut pushes: Vec<push::Model>, limit: Option<u64>) -> Result<Vec<Record>, Refusal> {
    for (op, args) in narrows(query) {
        match op {
            N::Waiting => pushes.retain(|push| push.answer == pact_store::push::WAITING),
            N::ForPerson => pushes.retain(|push| matches!(args.first(), Some(Value::Ref(_, id)) if *id == push.person_id)),
            _ => return Err(misfit(op, Kind::Push)),
        }
    }
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    Ok(pushes.iter().take(limit).map(records::push).collect())
}

/// Cards, and the order in which a search found them.
pub(super) async fn cards(facts: &RunFacts, query: &Query) -> Result<(Select<card::Entity>, Option<Vec<Uuid>>), Refusal> {
    use card::Column as C;
    let start = match of(query, Kind::Customer) {
        Some(customer) => card::Entity::find().filter(C::CustomerId.eq(customer)),
        None => card::Entity::find(),
    };
    let start = known_by(start, C::WrittenAt, facts);
    let mut found: Option<Vec<Uuid>> = None;
    for (op, args) in narrows(query) {
        let ids = match (op, args) {
            (N::Search, [Value::Text(words)]) => search::ids(facts.app().store.read(), "card", words).await?,
            (N::Like, [Value::Text(text)]) => search::like(facts.app().store.read(), "card", text, MAX_ALIKE).await?,
            _ => continue,
        };
        // Of two searches the first says the order.
        found = Some(match found {
            Some(before) => before.into_iter().filter(|id| ids.contains(id)).collect(),
            None => ids,
        });
    }
    let select = narrowed(start, query, |select, op, args| {
        Ok(match op {
            N::OfCustomer => select.filter(refers(C::CustomerId, args)),
            N::OfLead => select.filter(refers(C::LeadId, args)),
            N::OwnedBy => {
                let own = customer::Entity::find().select_only().column(customer::Column::Id);
                select.filter(C::CustomerId.in_subquery(own.filter(refers(customer::Column::OwnerId, args)).into_query()))
            }
            N::About => select.filter(says(C::About, args)),
            N::Kind => select.filter(says(C::Kind, args)),
            N::Since => select.filter(C::SaidOn.gte(day(facts, args)?)),
            N::ByOthers => match args.first() {
                Some(Value::Ref(Kind::Person, id)) => {
                    select.filter(Condition::any().add(C::AuthorId.ne(*id)).add(C::AuthorId.is_null()))
                }
                _ => select,
            },
            N::Search | N::Like => select.filter(C::Id.is_in(found.iter().flatten().copied())),
            _ => return Err(misfit(op, Kind::Card)),
        })
    })?;
    Ok((select.order_by_desc(C::SaidOn).order_by_desc(C::Id), found))
}

pub(super) fn plans(facts: &RunFacts, query: &Query) -> Result<Select<plan::Entity>, Refusal> {
    use plan::Column as C;
    let start = known_by(plan::Entity::find().filter(C::Withdrawn.eq(false)), C::AnnouncedAt, facts);
    let start = match of(query, Kind::Customer) {
        Some(customer) => start.filter(C::CustomerId.eq(customer)),
        None => start,
    };
    let select = narrowed(start, query, |select, op, args| {
        Ok(match op {
            N::OfCustomer => select.filter(refers(C::CustomerId, args)),
            N::Ahead => {
                let today = facts.snapshot().today(facts.now());
                let until = Instant::from_millis(facts.now().millis().saturating_add(ahead_ms(args)?));
                select.filter(C::OnDay.between(today.to_string(), until.day_in(facts.snapshot().zone).to_string()))
            }
            N::OfPerson => select.filter(refers(C::PersonId, args)),
            N::InTeam => select.filter(C::PersonId.is_in(people_of_team(facts, args))),
            N::Taking => select.filter(refers(C::PackId, args)),
            _ => return Err(misfit(op, Kind::Plan)),
        })
    })?;
    Ok(select.order_by_asc(C::OnDay).order_by_asc(C::Id))
}

/// Clock time ahead; a working day ahead is a day of the calendar, so that a week's plans are a week's.
fn ahead_ms(args: &[Value]) -> Result<i64, Refusal> {
    const DAY_MS: i64 = 86_400_000;
    let (clock_ms, working_minutes) = span(args)?;
    Ok(working_minutes.map_or(clock_ms, |minutes| minutes.saturating_mul(DAY_MS) / pact_core::time::MINUTES_PER_WORK_DAY))
}

pub(super) fn requests(facts: &RunFacts, query: &Query) -> Result<Select<request::Entity>, Refusal> {
    use request::Column as C;
    let unanswered = || match facts.as_of() {
        Some(at) => Condition::any().add(C::AnsweredAt.is_null()).add(C::AnsweredAt.gt(at)),
        None => Condition::all().add(C::AnsweredAt.is_null()),
    };
    let select = narrowed(known_by(request::Entity::find(), C::AskedAt, facts), query, |select, op, args| {
        Ok(match op {
            N::Waiting => select.filter(unanswered()),
            N::Overdue => {
                let today = facts.snapshot().today(facts.now()).to_string();
                select.filter(unanswered()).filter(C::DueOn.lt(today))
            }
            N::ForPerson => select.filter(refers(C::ToId, args)),
            N::OfCustomer => select.filter(refers(C::CustomerId, args)),
            _ => return Err(misfit(op, Kind::Request)),
        })
    })?;
    Ok(select.order_by_asc(C::DueOn).order_by_asc(C::Id))
}

pub(super) fn goals(query: &Query) -> Result<Select<goal::Entity>, Refusal> {
    use goal::Column as C;
    let select = narrowed(goal::Entity::find(), query, |select, op, args| match op {
        N::Named => Ok(select.filter(says(C::Title, args))),
        _ => Err(misfit(op, Kind::Goal)),
    })?;
    Ok(select.order_by_asc(C::EndsOn).order_by_asc(C::Id))
}

/// Packs are few; what suits a customer (its segment, the products of its leads) is looked up once.
pub(super) async fn packs(facts: &RunFacts, query: &Query, limit: Option<u64>) -> Result<Vec<Record>, Refusal> {
    use pack::Column as C;
    let conn = facts.app().store.read();
    let mut select = pack::Entity::find().order_by_desc(C::CreatedAt).order_by_asc(C::Id);
    let mut suits = Vec::new();
    for (op, args) in narrows(query) {
        match op {
            N::Named => select = select.filter(says(C::Title, args)),
            N::ForProduct => select = select.filter(says(C::Product, args)),
            N::ForCustomer => suits.push(customer_facts(facts, args).await?),
            _ => return Err(misfit(op, Kind::Pack)),
        }
    }
    let rows = select.limit(MAX_PACKS).all(conn).await.map_err(StoreError::from)?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let fits = |row: &&pack::Model| suits.iter().all(|(segment, products)| suits_customer(row, segment.as_deref(), products));
    Ok(rows.iter().filter(fits).take(limit).map(records::pack).collect())
}

/// The condition that a customer suits a pack: by its segment, and by the product of one of its leads.
pub(super) async fn suited_by(facts: &RunFacts, args: &[Value]) -> Result<Condition, Refusal> {
    let Some(Value::Ref(Kind::Pack, id)) = args.first() else { return Ok(nothing()) };
    let found = pack::Entity::find_by_id(*id).one(facts.app().store.read()).await.map_err(StoreError::from)?;
    let Some(pack) = found else { return Ok(nothing()) };
    let mut suits = Condition::all();
    if !pack.segments.is_empty() {
        suits = suits.add(customer::Column::Segment.is_in(pack.segments.iter().cloned()));
    }
    if let Some(product) = pack.product {
        let asked = lead::Entity::find()
            .select_only()
            .column(lead::Column::CustomerId)
            .filter(lead::Column::Product.eq(product))
            .into_query();
        suits = suits.add(customer::Column::Id.in_subquery(asked));
    }
    Ok(suits)
}

fn suits_customer(pack: &pack::Model, segment: Option<&str>, products: &[String]) -> bool {
    let segment_fits = pack.segments.is_empty() || segment.is_some_and(|segment| pack.segments.iter().any(|s| s == segment));
    let product_fits = pack.product.as_ref().is_none_or(|product| products.contains(product));
    segment_fits && product_fits
}

async fn customer_facts(facts: &RunFacts, args: &[Value]) -> Result<(Option<String>, Vec<String>), Refusal> {
    let Some(Value::Ref(Kind::Customer, id)) = args.first() else { return Ok((None, Vec::new())) };
    let conn = facts.app().store.read();
    let segment =
        customer::Entity::find_by_id(*id).one(conn).await.map_err(StoreError::from)?.and_then(|customer| customer.segment);
    let products: Vec<Option<String>> = lead::Entity::find()
        .select_only()
        .column(lead::Column::Product)
        .distinct()
        .filter(lead::Column::CustomerId.eq(*id))
        .into_tuple()
        .all(conn)
        .await
        .map_err(StoreError::from)?;
    Ok((segment, products.into_iter().flatten().collect()))
}

/// Whose act each element is, for kinds whose elements are traces; `None` for kinds whose elements are not.
pub(super) async fn contributors(facts: &RunFacts, kind: Kind, ids: &[Uuid]) -> Result<Option<HashMap<Uuid, Uuid>>, Refusal> {
    let conn = facts.app().store.read();
    let pairs: Vec<(Uuid, Option<Uuid>)> = match kind {
        Kind::Card => select_pairs(card::Entity::find(), card::Column::Id, card::Column::AuthorId, ids, conn).await?,
        Kind::Plan => select_pairs(plan::Entity::find(), plan::Column::Id, plan::Column::PersonId, ids, conn).await?,
        Kind::Request => select_pairs(request::Entity::find(), request::Column::Id, request::Column::ToId, ids, conn).await?,
        Kind::Push => select_pairs(push::Entity::find(), push::Column::Id, push::Column::PersonId, ids, conn).await?,
        Kind::LeadEvent => {
            select_pairs(lead_event::Entity::find(), lead_event::Column::Id, lead_event::Column::ByPersonId, ids, conn).await?
        }
        Kind::Lead
        | Kind::Customer
        | Kind::Contact
        | Kind::Person
        | Kind::Team
        | Kind::Territory
        | Kind::Pack
        | Kind::Goal
        | Kind::Period
        | Kind::Act => return Ok(None),
    };
    Ok(Some(pairs.into_iter().filter_map(|(id, person)| Some((id, person?))).collect()))
}

async fn select_pairs<E: EntityTrait>(
    select: Select<E>,
    id: E::Column,
    person: E::Column,
    ids: &[Uuid],
    conn: &impl sea_orm::ConnectionTrait,
) -> Result<Vec<(Uuid, Option<Uuid>)>, Refusal> {
    /// Bound parameters that both databases take in one statement.
    const IDS_PER_QUERY: usize = 10_000;
    let mut pairs = Vec::with_capacity(ids.len());
    for some in ids.chunks(IDS_PER_QUERY) {
        let query = select.clone().select_only().column(id).column(person).filter(id.is_in(some.iter().copied()));
        pairs.extend(query.into_tuple::<(Uuid, Option<Uuid>)>().all(conn).await.map_err(StoreError::from)?);
    }
    Ok(pairs)
}
