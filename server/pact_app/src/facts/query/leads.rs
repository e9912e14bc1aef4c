//! Queries of leads and customers, whose quiet clocks run in working time.

use pact_core::time::Instant;
use pact_policy::table::{Kind, NarrowOp as N};
use pact_script::facts::Query;
use pact_script::value::Value;
use pact_store::entity::{customer, lead, plan};
use pact_store::search;
use sea_orm::sea_query::NullOrdering;
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use super::others::suited_by;
use super::{
    Sieve, in_territory, instant, misfit, narrowed, narrows, nothing, of, people_of_team, refers, says, span, with_field,
    with_field_between,
};
use crate::facts::RunFacts;
use crate::refusal::Refusal;

const OPEN: [&str; 3] = ["waiting", "offered", "owned"];
const UNOWNED: [&str; 2] = ["waiting", "offered"];

pub(super) fn leads(facts: &RunFacts, query: &Query) -> Result<Select<lead::Entity>, Refusal> {
    use lead::Column as C;
    let mut start = lead::Entity::find().filter(C::MergedIntoId.is_null());
    if let Some(customer) = of(query, Kind::Customer) {
        start = start.filter(C::CustomerId.eq(customer));
    }
    let select = narrowed(start, query, |select, op, args| {
        Ok(match op {
            N::Open => select.filter(C::State.is_in(OPEN)),
            N::Waiting => select.filter(C::State.is_in(UNOWNED)),
            N::Won => select.filter(C::State.eq("won")),
            N::Lost => select.filter(C::State.eq("lost")),
            N::Stage => select.filter(says(C::Stage, args)),
            N::OwnedBy => select.filter(refers(C::OwnerId, args)),
            N::InTeam => select.filter(C::OwnerId.is_in(people_of_team(facts, args))),
            N::InTerritory => select.filter(in_territory(facts, C::TerritoryId, args)),
            N::FromSource => select.filter(says(C::Source, args)),
            N::OfCustomer => select.filter(refers(C::CustomerId, args)),
            N::QuietOver => select.filter(C::LastEventAt.lt(facts.now().millis().saturating_sub(span(args)?.0))),
            N::CreatedSince => select.filter(C::CreatedAt.gte(instant(facts, args)?)),
            N::WonSince => select.filter(C::State.eq("won")).filter(C::ClosedAt.gte(instant(facts, args)?)),
            N::LostSince => select.filter(C::State.eq("lost")).filter(C::ClosedAt.gte(instant(facts, args)?)),
            N::Field => with_field(facts, select, C::Id, Kind::Lead, args)?,
            N::FieldBetween => with_field_between(facts, select, C::Id, Kind::Lead, args)?,
            N::ByValue => select.order_by_with_nulls(C::ValueMinor, Order::Desc, NullOrdering::Last),
            N::Oldest => select.order_by_asc(C::CreatedAt),
            N::Newest => select.order_by_desc(C::CreatedAt),
            _ => return Err(misfit(op, Kind::Lead)),
        })
    })?;
    Ok(select.order_by_asc(C::CreatedAt).order_by_asc(C::Id))
}

/// Customers, and the order in which a search found them.
pub(super) async fn customers(facts: &RunFacts, query: &Query) -> Result<(Select<customer::Entity>, Option<Vec<Uuid>>), Refusal> {
    use customer::Column as C;
    let mut start = customer::Entity::find().filter(C::MergedIntoId.is_null());
    if let Some(at) = facts.as_of() {
        start = start.filter(C::CreatedAt.lte(at));
    }
    let found = match narrows(query).find(|(op, _)| *op == N::Search) {
        Some((_, [Value::Text(words)])) => Some(search::ids(facts.app().store.read(), "customer", words).await?),
        Some(_) | None => None,
    };
    let mut suited = Condition::all();
    for (_, args) in narrows(query).filter(|(op, _)| *op == N::SuitedBy) {
        suited = suited.add(suited_by(facts, args).await?);
    }
    let select = narrowed(start, query, |select, op, args| {
        Ok(match op {
            N::SuitedBy => select.filter(suited.clone()),
            N::OwnedBy => select.filter(refers(C::OwnerId, args)),
            N::InTerritory => select.filter(in_territory(facts, C::TerritoryId, args)),
            N::InSegment => select.filter(says(C::Segment, args)),
            N::UnplannedFor => {
                let since = facts.now().millis().saturating_sub(span(args)?.0);
                let since = Instant::from_millis(since).day_in(facts.snapshot().zone).to_string();
                let mut planned = plan::Entity::find();
                if let Some(at) = facts.as_of() {
                    planned = planned.filter(plan::Column::AnnouncedAt.lte(at));
                }
                let planned = planned
                    .select_only()
                    .column(plan::Column::CustomerId)
                    .filter(plan::Column::Withdrawn.eq(false))
                    .filter(plan::Column::OnDay.gte(since))
                    .into_query();
                select.filter(C::Id.not_in_subquery(planned))
            }
            N::Field => with_field(facts, select, C::Id, Kind::Customer, args)?,
            N::FieldBetween => with_field_between(facts, select, C::Id, Kind::Customer, args)?,
            N::Search => match &found {
                Some(ids) => select.filter(C::Id.is_in(ids.iter().copied())),
                None => select.filter(nothing()),
            },
            _ => return Err(misfit(op, Kind::Customer)),
        })
    })?;
    Ok((select.order_by_asc(C::Name).order_by_asc(C::Id), found))
}

/// What only a calendar can tell of leads: whether they are quiet for longer than a span of working time.
pub(super) fn sieve_leads<'a>(facts: &'a RunFacts, query: &Query) -> Result<Sieve<'a, lead::Model>, Refusal> {
    let mut longest = None;
    for (_, args) in narrows(query).filter(|(op, _)| *op == N::QuietOver) {
        longest = longest.max(span(args)?.1);
    }
    Ok(longest.map(|minutes| -> Box<dyn Fn(&lead::Model) -> bool + Send + Sync> {
        Box::new(move |row| {
            let since = Instant::from_millis(row.last_event_at);
            facts.snapshot().working_minutes(row.owner_id, since, facts.now()) > minutes
        })
    }))
}
