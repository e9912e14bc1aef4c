//! How a script's query becomes a query of the store.
//!
//! Each narrowing becomes a condition; what only a calendar can tell (working time) is checked on the rows that a cheaper condition leaves.
//! `limit` holds for the result of all steps, wherever it stands in the chain.

mod leads;
mod others;
mod past;

use std::collections::HashMap;

use pact_core::time::Instant;
use pact_policy::table::{Kind, NarrowOp};
use pact_script::facts::{Query, Step};
use pact_script::value::{Record, Value};
use pact_store::entity::{card, contact, customer, goal, lead, lead_event, pack, plan, push, request};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use super::{RunFacts, records};
use crate::refusal::Refusal;

/// How many rows a query may bring that only a calendar can sort out.
const MAX_ROWS_SIFTED: u64 = 50_000;

/// The records that a query finds, at most `limit` of them.
pub(super) async fn rows(facts: &RunFacts, query: &Query, limit: Option<u32>) -> Result<Vec<Record>, Refusal> {
    let limit = limit_of(query, limit);
    let lens = facts.lens();
    match query.kind {
        Kind::Lead if let Some(past) = facts.past() => {
            let rows = past::leads(facts, past, query, limit).await?;
            Ok(rows.iter().map(|row| lens.lead(row)).collect())
        }
        Kind::Push if let (Some(past), Some(lead)) = (facts.past(), of(query, Kind::Lead)) => {
            let pushes = past.pushes(facts, lead).await?;
            others::pushes_held(query, pushes, limit)
        }
        Kind::Lead => {
            let sieve = leads::sieve_leads(facts, query)?;
            let rows = sift(facts, leads::leads(facts, query)?, limit, sieve).await?;
            Ok(rows.iter().map(|row| lens.lead(row)).collect())
        }
        Kind::Customer => {
            let (select, ranked) = leads::customers(facts, query).await?;
            let rows = by_rank(facts, select, limit, ranked, |row: &customer::Model| row.id).await?;
            let rows = match facts.past() {
                Some(past) => past.customers(facts, rows).await?,
                None => rows,
            };
            Ok(rows.iter().map(|row| lens.customer(row)).collect())
        }
        Kind::Contact => plain(facts, others::contacts(facts, query)?, limit, records::contact).await,
        Kind::Push => plain(facts, others::pushes(query)?, limit, records::push).await,
        Kind::LeadEvent => plain(facts, others::history(facts, query)?, limit, records::lead_event).await,
        Kind::Card => {
            let (select, ranked) = others::cards(facts, query).await?;
            by_rank(facts, select, limit, ranked, |row: &card::Model| row.id)
                .await
                .map(|rows| rows.iter().map(records::card).collect())
        }
        Kind::Plan => plain(facts, others::plans(facts, query)?, limit, records::plan).await,
        Kind::Request => {
            let rows = others::requests(facts, query)?.limit(limit).all(facts.app().store.read()).await;
            let rows = rows.map_err(pact_store::StoreError::from)?;
            Ok(rows.into_iter().map(|row| records::request(&others::as_asked(row, facts.as_of()))).collect())
        }
        Kind::Pack => others::packs(facts, query, limit).await,
        Kind::Goal => plain(facts, others::goals(query)?, limit, records::goal).await,
        Kind::Person | Kind::Team | Kind::Territory | Kind::Period | Kind::Act => Err(not_here(query.kind)),
    }
}

/// How many records a query finds.
pub(super) async fn count(facts: &RunFacts, query: &Query) -> Result<u64, Refusal> {
    let counted = match query.kind {
        Kind::Lead | Kind::Push if facts.past().is_some() => rows(facts, query, None).await?.len() as u64,
        Kind::Lead if leads::sieve_leads(facts, query)?.is_none() => number(facts, leads::leads(facts, query)?).await?,
        Kind::Customer => number(facts, leads::customers(facts, query).await?.0).await?,
        Kind::Card => number(facts, others::cards(facts, query).await?.0).await?,
        Kind::Plan => number(facts, others::plans(facts, query)?).await?,
        Kind::Request => number(facts, others::requests(facts, query)?).await?,
        Kind::Contact => number(facts, others::contacts(facts, query)?).await?,
        Kind::Push => number(facts, others::pushes(query)?).await?,
        Kind::LeadEvent => number(facts, others::history(facts, query)?).await?,
        Kind::Lead | Kind::Pack | Kind::Goal => rows(facts, query, None).await?.len() as u64,
        Kind::Person | Kind::Team | Kind::Territory | Kind::Period | Kind::Act => return Err(not_here(query.kind)),
    };
    Ok(limit_of(query, None).map_or(counted, |limit| Ord::min(counted, limit)))
}

/// One record by its id.
pub(super) async fn one(facts: &RunFacts, kind: Kind, id: Uuid) -> Result<Option<Record>, Refusal> {
    let conn = facts.app().store.read();
    let lens = facts.lens();
    let failed = |error| Refusal::from(pact_store::StoreError::from(error));
    Ok(match kind {
        Kind::Lead => lead::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| lens.lead(&row)),
        Kind::Customer => customer::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| lens.customer(&row)),
        Kind::Contact => contact::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| records::contact(&row)),
        Kind::Push => push::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| records::push(&row)),
        Kind::LeadEvent => {
            lead_event::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| records::lead_event(&row))
        }
        Kind::Card => card::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| records::card(&row)),
        Kind::Plan => plan::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| records::plan(&row)),
        Kind::Request => request::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| records::request(&row)),
        Kind::Pack => pack::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| records::pack(&row)),
        Kind::Goal => goal::Entity::find_by_id(id).one(conn).await.map_err(failed)?.map(|row| records::goal(&row)),
        Kind::Person | Kind::Team | Kind::Territory | Kind::Period | Kind::Act => return Err(not_here(kind)),
    })
}

/// The groups of a tally to which at least `k` people contributed: authors of cards, persons of plans, both sides of requests.
///
/// Records that show no act of a member of staff (leads, customers) are shown whatever their number.
pub(super) async fn tally(facts: &RunFacts, kind: Kind, groups: Vec<(Value, Vec<Uuid>)>) -> Result<Vec<(Value, u64)>, Refusal> {
    let ids: Vec<Uuid> = groups.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let Some(contributors) = others::contributors(facts, kind, &ids).await? else {
        return Ok(groups.into_iter().map(|(key, ids)| (key, ids.len() as u64)).collect());
    };
    let k = usize::try_from(facts.snapshot().k).unwrap_or(usize::MAX);
    Ok(groups
        .into_iter()
        .filter(|(_, ids)| {
            let people: std::collections::BTreeSet<Uuid> = ids.iter().filter_map(|id| contributors.get(id).copied()).collect();
            people.len() >= k
        })
        .map(|(key, ids)| (key, ids.len() as u64))
        .collect())
}

type Sieve<'a, M> = Option<Box<dyn Fn(&M) -> bool + Send + Sync + 'a>>;

async fn plain<E>(
    facts: &RunFacts,
    select: Select<E>,
    limit: Option<u64>,
    to_record: fn(&E::Model) -> Record,
) -> Result<Vec<Record>, Refusal>
where
    E: EntityTrait,
{
    let rows = select.limit(limit).all(facts.app().store.read()).await.map_err(pact_store::StoreError::from)?;
    Ok(rows.iter().map(to_record).collect())
}

/// Rows in the order of their ids in `ranked`, the best first; in the query's own order where nothing was searched for.
async fn by_rank<E>(
    facts: &RunFacts,
    select: Select<E>,
    limit: Option<u64>,
    ranked: Option<Vec<Uuid>>,
    id: fn(&E::Model) -> Uuid,
) -> Result<Vec<E::Model>, Refusal>
where
    E: EntityTrait,
{
    let conn = facts.app().store.read();
    let Some(ranked) = ranked else {
        return Ok(select.limit(limit).all(conn).await.map_err(pact_store::StoreError::from)?);
    };
    let place: HashMap<Uuid, usize> = ranked.into_iter().enumerate().map(|(place, id)| (id, place)).collect();
    let mut rows = select.all(conn).await.map_err(pact_store::StoreError::from)?;
    rows.sort_by_key(|row| place.get(&id(row)).copied().unwrap_or(usize::MAX));
    rows.truncate(limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX));
    Ok(rows)
}

async fn sift<E>(
    facts: &RunFacts,
    select: Select<E>,
    limit: Option<u64>,
    sieve: Sieve<'_, E::Model>,
) -> Result<Vec<E::Model>, Refusal>
where
    E: EntityTrait,
{
    let conn = facts.app().store.read();
    let Some(sieve) = sieve else {
        return Ok(select.limit(limit).all(conn).await.map_err(pact_store::StoreError::from)?);
    };
    let rows = select.limit(MAX_ROWS_SIFTED).all(conn).await.map_err(pact_store::StoreError::from)?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    Ok(rows.into_iter().filter(|row| sieve(row)).take(limit).collect())
}

async fn number<E>(facts: &RunFacts, select: Select<E>) -> Result<u64, Refusal>
where
    E: EntityTrait,
    E::Model: Send + Sync + Sized,
{
    Ok(select.count(facts.app().store.read()).await.map_err(pact_store::StoreError::from)?)
}

fn limit_of(query: &Query, limit: Option<u32>) -> Option<u64> {
    let steps = query.steps.iter().filter_map(|step| match step {
        Step::Limit(n) => Some(u64::from(*n)),
        Step::Narrow(..) | Step::Of(..) => None,
    });
    steps.chain(limit.map(u64::from)).min()
}

fn not_here(kind: Kind) -> Refusal {
    Refusal::invalid("query", format!("{}s are not read this way.", kind.name()))
}

fn misfit(op: NarrowOp, kind: Kind) -> Refusal {
    Refusal::invalid("query", format!("{op:?} does not narrow a query of {}s.", kind.name()))
}

/// A condition that nothing meets: what was asked for is not known.
fn nothing() -> Condition {
    Condition::all().add(ExprTrait::eq(Expr::val(1), 0))
}

/// `column` holds the id that the argument refers to; nothing does when it refers to nothing.
fn refers(column: impl ColumnTrait, args: &[Value]) -> Condition {
    match args.first() {
        Some(Value::Ref(_, id)) => Condition::all().add(column.eq(*id)),
        _ => nothing(),
    }
}

/// `column` holds the argument's text; nothing does when it is no text.
fn says(column: impl ColumnTrait, args: &[Value]) -> Condition {
    match args.first() {
        Some(Value::Text(text)) => Condition::all().add(column.eq(text.clone())),
        _ => nothing(),
    }
}

/// The instant that an argument names: an instant, or the start of a day on the organisation's clock.
fn instant(facts: &RunFacts, args: &[Value]) -> Result<i64, Refusal> {
    match args.first() {
        Some(Value::Instant(ms)) => Ok(*ms),
        Some(Value::Day(day)) => Ok(Instant::start_of(*day, facts.snapshot().zone).millis()),
        other => Err(Refusal::invalid("query", format!("a day or an instant is wanted, not {other:?}."))),
    }
}

/// The day that an argument names, as days are stored.
fn day(facts: &RunFacts, args: &[Value]) -> Result<String, Refusal> {
    match args.first() {
        Some(Value::Day(day)) => Ok(day.to_string()),
        Some(Value::Instant(ms)) => Ok(Instant::from_millis(*ms).day_in(facts.snapshot().zone).to_string()),
        other => Err(Refusal::invalid("query", format!("a day or an instant is wanted, not {other:?}."))),
    }
}

/// A span of either kind, as clock time that is surely not longer, and as working time where it is that.
fn span(args: &[Value]) -> Result<(i64, Option<i64>), Refusal> {
    match args.first() {
        Some(Value::Span(seconds)) => Ok((seconds.saturating_mul(1000), None)),
        Some(Value::WorkSpan(minutes)) => Ok((minutes.saturating_mul(60_000), Some(*minutes))),
        other => Err(Refusal::invalid("query", format!("a span such as days(5) is wanted, not {other:?}."))),
    }
}

fn people_of_team(facts: &RunFacts, args: &[Value]) -> Vec<Uuid> {
    let Some(Value::Ref(Kind::Team, team)) = args.first() else { return Vec::new() };
    facts.snapshot().people.values().filter(|member| member.row.team_id == Some(*team)).map(|member| member.row.id).collect()
}

fn in_territory(facts: &RunFacts, column: impl ColumnTrait, args: &[Value]) -> Condition {
    match args.first() {
        Some(Value::Ref(Kind::Territory, id)) => {
            Condition::all().add(column.is_in(facts.snapshot().territories.with_descendants(*id)))
        }
        _ => nothing(),
    }
}

/// The record to which elements belong, when a query began at a member such as `customer.cards`.
fn of(query: &Query, kind: Kind) -> Option<Uuid> {
    query.steps.iter().find_map(|step| match step {
        Step::Of(of, id) if *of == kind => Some(*id),
        Step::Of(..) | Step::Narrow(..) | Step::Limit(_) => None,
    })
}

fn narrows(query: &Query) -> impl Iterator<Item = (NarrowOp, &[Value])> {
    query.steps.iter().filter_map(|step| match step {
        Step::Narrow(op, args) => Some((*op, args.as_slice())),
        Step::Of(..) | Step::Limit(_) => None,
    })
}

/// Adds the conditions of a query's steps to a select; `condition` gives one for each narrowing that it knows.
fn narrowed<E: EntityTrait>(
    mut select: Select<E>,
    query: &Query,
    mut apply: impl FnMut(Select<E>, NarrowOp, &[Value]) -> Result<Select<E>, Refusal>,
) -> Result<Select<E>, Refusal> {
    for (op, args) in narrows(query) {
        select = apply(select, op, args)?;
    }
    Ok(select)
}

/// Rows whose custom field lies between two values, both included.
fn with_field_between<E: EntityTrait>(
    facts: &RunFacts,
    select: Select<E>,
    id: E::Column,
    kind: Kind,
    args: &[Value],
) -> Result<Select<E>, Refusal> {
    let [Value::Text(name), from, until] = args else {
        return Err(Refusal::invalid("query", "field_between(name, from, until) takes a name and two values."));
    };
    let Some(field) = facts.field(kind, name) else {
        return Err(Refusal::invalid("query", format!("The plugin declares no field \"{name}\" on this record.")));
    };
    let found = match (from, until) {
        (Value::Day(_), Value::Day(_)) => {
            pact_store::field::records_with_text(field.id, &crate::fields::encode(from), &crate::fields::encode(until))
        }
        _ => match (crate::fields::number(from), crate::fields::number(until)) {
            (Some(from), Some(until)) => pact_store::field::records_with_number(field.id, from, until),
            _ => {
                let why = "field_between takes two days or two numbers. Write days as `today()` and `today() + days(90)`.";
                return Err(Refusal::invalid("query", why));
            }
        },
    };
    Ok(select.filter(id.in_subquery(found)))
}

/// Rows whose custom field has a value.
fn with_field<E: EntityTrait>(
    facts: &RunFacts,
    select: Select<E>,
    id: E::Column,
    kind: Kind,
    args: &[Value],
) -> Result<Select<E>, Refusal> {
    let [Value::Text(name), value] = args else {
        return Err(Refusal::invalid("query", "field(name, value) takes a name and a value."));
    };
    let Some(field) = facts.field(kind, name) else {
        return Err(Refusal::invalid("query", format!("The plugin declares no field \"{name}\" on this record.")));
    };
    Ok(select.filter(id.in_subquery(pact_store::field::records_with(field.id, &crate::fields::encode(value)))))
}
