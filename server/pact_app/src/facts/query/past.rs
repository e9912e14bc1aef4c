//! Queries of leads as they were: the same narrowings as in the store, on what is held in memory.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use pact_core::time::Instant;
use pact_policy::table::{Kind, NarrowOp as N};
use pact_script::facts::Query;
use pact_script::value::Value;
use pact_store::entity::lead;
use sea_orm::{EntityTrait, QuerySelect};
use uuid::Uuid;

use super::{instant, misfit, narrows, of, people_of_team, span, with_field, with_field_between};
use crate::facts::RunFacts;
use crate::facts::look::InThePast;
use crate::past::{PastLead, Seen};
use crate::refusal::Refusal;

const OPEN: [&str; 3] = ["waiting", "offered", "owned"];
const UNOWNED: [&str; 2] = ["waiting", "offered"];

type Test<'a> = Box<dyn Fn(&PastLead, &Seen<'_>) -> bool + Send + Sync + 'a>;

/// The leads that a query finds in the past, in its order.
pub(super) async fn leads(
    facts: &RunFacts,
    past: &InThePast,
    query: &Query,
    limit: Option<u64>,
) -> Result<Vec<lead::Model>, Refusal> {
    let whole = past.whole.read(&facts.app().store).await?;
    let mut tests = Vec::new();
    if let Some(customer) = of(query, Kind::Customer) {
        tests.push(row(move |row| row.customer_id == customer));
    }
    for (op, args) in narrows(query) {
        tests.extend(test(facts, op, args).await?);
    }
    let decided = past.decided.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    let mut found: Vec<(&PastLead, Seen<'_>)> = Vec::new();
    for id in &whole.order {
        let Some(lead) = whole.leads.get(id) else { continue };
        let Some(seen) = lead.at(past.moment, decided.get(id)) else { continue };
        if tests.iter().all(|test| test(lead, &seen)) {
            found.push((lead, seen));
        }
    }
    // As in the store, the first order that is asked for decides first.
    for (op, _) in narrows(query).collect::<Vec<_>>().into_iter().rev() {
        match op {
            N::ByValue => found.sort_by_key(|(lead, _)| Reverse(lead.row.value_minor)),
            N::Oldest => found.sort_by_key(|(lead, _)| lead.row.created_at),
            N::Newest => found.sort_by_key(|(lead, _)| Reverse(lead.row.created_at)),
            _ => {}
        }
    }
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    Ok(found.iter().take(limit).map(|(_, seen)| seen.row()).collect())
}

fn row<'a>(test: impl Fn(&lead::Model) -> bool + Send + Sync + 'a) -> Test<'a> {
    Box::new(move |lead, _| test(&lead.row))
}

fn seen<'a>(test: impl Fn(&Seen<'_>) -> bool + Send + Sync + 'a) -> Test<'a> {
    Box::new(move |_, seen| test(seen))
}

fn text(args: &[Value]) -> Option<String> {
    match args.first() {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn id(args: &[Value]) -> Option<Uuid> {
    match args.first() {
        Some(Value::Ref(_, id)) => Some(*id),
        _ => None,
    }
}

/// What a narrowing asks of each lead; nothing for those that only order.
async fn test<'a>(facts: &'a RunFacts, op: N, args: &[Value]) -> Result<Option<Test<'a>>, Refusal> {
    Ok(Some(match op {
        N::Open => seen(|lead| OPEN.contains(&&*lead.state)),
        N::Waiting => seen(|lead| UNOWNED.contains(&&*lead.state)),
        N::Won => seen(|lead| lead.state == "won"),
        N::Lost => seen(|lead| lead.state == "lost"),
        N::Stage => {
            let stage = text(args);
            seen(move |lead| stage.as_deref() == Some(&*lead.stage))
        }
        N::OwnedBy => {
            let owner = id(args);
            seen(move |lead| owner.is_some() && lead.owner == owner)
        }
        N::InTeam => {
            let people: BTreeSet<Uuid> = people_of_team(facts, args).into_iter().collect();
            seen(move |lead| lead.owner.is_some_and(|owner| people.contains(&owner)))
        }
        N::InTerritory => {
            let within: BTreeSet<Uuid> = match args.first() {
                Some(Value::Ref(Kind::Territory, id)) => facts.snapshot().territories.with_descendants(*id).into_iter().collect(),
                _ => BTreeSet::new(),
            };
            row(move |row| row.territory_id.is_some_and(|territory| within.contains(&territory)))
        }
        N::FromSource => {
            let source = text(args);
            row(move |row| source.as_ref() == Some(&row.source))
        }
        N::OfCustomer => {
            let customer = id(args);
            row(move |row| Some(row.customer_id) == customer)
        }
        N::QuietOver => {
            let (clock_ms, minutes) = span(args)?;
            let since = facts.now().millis().saturating_sub(clock_ms);
            seen(move |lead| {
                let long = |minutes| {
                    let from = Instant::from_millis(lead.quiet_since);
                    facts.snapshot().working_minutes(lead.owner, from, facts.now()) > minutes
                };
                lead.quiet_since < since && minutes.is_none_or(long)
            })
        }
        N::CreatedSince => {
            let since = instant(facts, args)?;
            row(move |row| row.created_at >= since)
        }
        N::WonSince | N::LostSince => {
            let (since, state) = (instant(facts, args)?, if op == N::WonSince { "won" } else { "lost" });
            seen(move |lead| lead.state == state && lead.closed_at.is_some_and(|at| at >= since))
        }
        N::Field | N::FieldBetween => {
            let select = lead::Entity::find();
            let select = match op {
                N::Field => with_field(facts, select, lead::Column::Id, Kind::Lead, args)?,
                _ => with_field_between(facts, select, lead::Column::Id, Kind::Lead, args)?,
            };
            let ids = select.select_only().column(lead::Column::Id).into_tuple::<Uuid>().all(facts.app().store.read());
            let ids: HashSet<Uuid> = ids.await.map_err(pact_store::StoreError::from)?.into_iter().collect();
            row(move |row| ids.contains(&row.id))
        }
        N::ByValue | N::Oldest | N::Newest => return Ok(None),
        _ => return Err(misfit(op, Kind::Lead)),
    }))
}
