//! What each narrowing of the table means in a world. The store means the same by its SQL.

use std::cmp::Reverse;
use std::sync::Arc;

use chrono::NaiveDate;
use pact_core::time::{Instant, MINUTES_PER_WORK_DAY};
use pact_policy::table::{Kind, NarrowOp};
use uuid::Uuid;

use super::world::{World, reference};
use crate::members;
use crate::value::{Record, Value};

type Rows = Vec<Arc<Record>>;

const SECONDS_PER_DAY: i64 = 86_400;
const WORK_DAYS_PER_WEEK: i64 = 5;
const DAYS_PER_WEEK: i64 = 7;

/// The order in which the table says that a root gives its elements.
pub(super) fn in_first_order(world: &World, kind: Kind, rows: &mut Rows) {
    match kind {
        Kind::Card => rows.sort_by_key(|card| Reverse(day(world, card, "said_on"))),
        Kind::Plan => rows.sort_by_key(|plan| day(world, plan, "on")),
        Kind::Request => rows.sort_by_key(|request| day(world, request, "due_on").unwrap_or(NaiveDate::MAX)),
        Kind::Goal => rows.sort_by_key(|goal| day(world, goal, "ends_on").unwrap_or(NaiveDate::MAX)),
        Kind::Push => rows.sort_by_key(|push| instant(push, "pushed_at")),
        Kind::LeadEvent | Kind::Act => rows.sort_by_key(|event| instant(event, "at")),
        Kind::Lead | Kind::Customer | Kind::Contact | Kind::Person | Kind::Team | Kind::Territory | Kind::Pack | Kind::Period => {
        }
    }
}

/// One step.
pub(super) fn narrowed(world: &World, kind: Kind, mut rows: Rows, op: NarrowOp, args: &[Value]) -> Result<Rows, String> {
    let id = match args.first() {
        Some(Value::Ref(_, id)) => *id,
        _ => Uuid::nil(),
    };
    let text = match args.first() {
        Some(Value::Text(text)) => text.to_lowercase(),
        _ => String::new(),
    };
    let state = |record: &Record| world.extras.get(&record.id).and_then(|extra| extra.state.clone()).unwrap_or_default();
    let closed_since = |record: &Record, wanted: &str| {
        let at = world.extras.get(&record.id).and_then(|extra| extra.closed_at).unwrap_or(world.now);
        state(record) == wanted && since(world, at, args.first())
    };
    match op {
        NarrowOp::Open => rows.retain(|lead| world.is_open(lead)),
        NarrowOp::Waiting if kind == Kind::Request => rows.retain(|request| unknown(request, "answered_at")),
        NarrowOp::Waiting if kind == Kind::Push => rows.retain(|push| says(push, "answer", "waiting")),
        NarrowOp::Waiting => rows.retain(|lead| world.is_open(lead) && unknown(lead, "owner")),
        NarrowOp::Won => rows.retain(|lead| state(lead) == "won"),
        NarrowOp::Lost => rows.retain(|lead| state(lead) == "lost"),
        NarrowOp::Stage => rows.retain(|lead| says(lead, "stage", &text)),
        NarrowOp::OwnedBy if kind == Kind::Card => rows.retain(|card| looked_after(world, card) == Some(id)),
        NarrowOp::OwnedBy => rows.retain(|record| reference(record, "owner") == Some(id)),
        NarrowOp::InTeam if kind == Kind::Plan => rows.retain(|plan| team_of(world, plan, "person") == Some(id)),
        NarrowOp::InTeam => rows.retain(|lead| team_of(world, lead, "owner") == Some(id)),
        NarrowOp::InTerritory => rows.retain(|record| reference(record, "territory").is_some_and(|own| world.below(own, id))),
        NarrowOp::FromSource => rows.retain(|lead| says(lead, "source", &text)),
        NarrowOp::OfCustomer => rows.retain(|record| reference(record, "customer") == Some(id)),
        NarrowOp::OfLead => rows.retain(|record| reference(record, "lead") == Some(id)),
        NarrowOp::OfPerson => rows.retain(|plan| reference(plan, "person") == Some(id)),
        NarrowOp::ForPerson if kind == Kind::Push => rows.retain(|push| reference(push, "person") == Some(id)),
        NarrowOp::ForPerson => rows.retain(|request| reference(request, "to") == Some(id)),
        NarrowOp::QuietOver => {
            rows.retain(|record| members::get(record, "quiet_for").map(work_minutes) > args.first().map(work_minutes))
        }
        NarrowOp::CreatedSince => rows.retain(|lead| since(world, instant(lead, "created_at"), args.first())),
        NarrowOp::WonSince => rows.retain(|lead| closed_since(lead, "won")),
        NarrowOp::LostSince => rows.retain(|lead| closed_since(lead, "lost")),
        NarrowOp::Field => {
            let wanted = args.get(1).unwrap_or(&Value::Unit);
            rows.retain(|record| {
                record.fields.iter().find(|(name, _)| name.to_lowercase() == text).map_or(&Value::Unit, |(_, value)| value)
                    == wanted
            });
        }
        NarrowOp::ByValue => rows.sort_by_key(|lead| Reverse(minor(lead))),
        NarrowOp::Oldest => rows.sort_by_key(|lead| instant(lead, "created_at")),
        NarrowOp::Newest => rows.sort_by_key(|lead| Reverse(instant(lead, "created_at"))),
        NarrowOp::InSegment => rows.retain(|customer| says(customer, "segment", &text)),
        NarrowOp::UnplannedFor => {
            let from = world.today - chrono::Days::new(clock_days(args.first()).unsigned_abs());
            rows.retain(|customer| !planned_since(world, customer.id, from));
        }
        NarrowOp::Search => rows = found(kind, rows, &text),
        NarrowOp::About => rows.retain(|card| says(card, "about", &text)),
        NarrowOp::Kind => rows.retain(|card| says(card, "kind", &text)),
        NarrowOp::Since => rows.retain(|card| day(world, card, "said_on") >= day_of(world, args.first())),
        NarrowOp::ByOthers => rows.retain(|card| reference(card, "author") != Some(id)),
        NarrowOp::Ahead => {
            let until = world.today + chrono::Days::new(clock_days(args.first()).unsigned_abs());
            rows.retain(|plan| day(world, plan, "on").is_some_and(|on| on >= world.today && on <= until));
        }
        NarrowOp::Overdue => {
            rows.retain(|request| {
                unknown(request, "answered_at") && day(world, request, "due_on").is_some_and(|due| due < world.today)
            });
        }
        NarrowOp::Named => rows.retain(|record| says(record, "title", &text)),
        NarrowOp::ForProduct => rows.retain(|pack| says(pack, "product", &text)),
        NarrowOp::ForCustomer => rows.retain(|pack| suits(world, pack, id)),
        // Teams, people and territories are found in the organisation.
        NarrowOp::All | NarrowOp::WithRole | NarrowOp::WithSkill | NarrowOp::Speaking | NarrowOp::OnDuty | NarrowOp::InRegion => {
            return Err(format!("A query of {} cannot be narrowed like this.", kind.name()));
        }
    }
    Ok(rows)
}

impl World {
    /// Whether `territory` is `other` or below it.
    fn below(&self, territory: Uuid, other: Uuid) -> bool {
        let mut next = Some(territory);
        for _ in 0..=self.all(Kind::Territory).len() {
            match next {
                Some(id) if id == other => return true,
                Some(id) => next = self.extras.get(&id).and_then(|extra| extra.of),
                None => return false,
            }
        }
        false
    }
}

fn says(record: &Record, member: &str, wanted: &str) -> bool {
    matches!(members::get(record, member), Some(Value::Text(text)) if text.to_lowercase() == wanted)
}

fn unknown(record: &Record, member: &str) -> bool {
    members::get(record, member).is_none_or(|value| *value == Value::Unit)
}

fn instant(record: &Record, member: &str) -> Instant {
    match members::get(record, member) {
        Some(Value::Instant(millis)) => Instant::from_millis(*millis),
        _ => Instant::MIN,
    }
}

fn day(world: &World, record: &Record, member: &str) -> Option<NaiveDate> {
    day_of(world, members::get(record, member))
}

fn day_of(world: &World, value: Option<&Value>) -> Option<NaiveDate> {
    match value {
        Some(Value::Day(day)) => Some(*day),
        Some(Value::Instant(millis)) => {
            let ahead = world.today - world.now.to_utc().date_naive();
            Some(Instant::from_millis(*millis).to_utc().date_naive() + ahead)
        }
        _ => None,
    }
}

fn since(world: &World, at: Instant, from: Option<&Value>) -> bool {
    match from {
        Some(Value::Instant(millis)) => at.millis() >= *millis,
        other => day_of(world, Some(&Value::Instant(at.millis()))) >= day_of(world, other),
    }
}

fn minor(lead: &Record) -> i64 {
    match members::get(lead, "value") {
        Some(Value::Money { minor, .. }) => *minor,
        _ => i64::MIN,
    }
}

/// Who looks after the customer that a card is about.
fn looked_after(world: &World, card: &Record) -> Option<Uuid> {
    reference(world.record(Kind::Customer, reference(card, "customer")?)?, "owner")
}

fn team_of(world: &World, record: &Record, member: &str) -> Option<Uuid> {
    reference(world.record(Kind::Person, reference(record, member)?)?, "team")
}

/// Working minutes; clock time counts with five working days a week.
fn work_minutes(span: &Value) -> i64 {
    match span {
        Value::WorkSpan(minutes) => *minutes,
        Value::Span(seconds) => seconds * MINUTES_PER_WORK_DAY / SECONDS_PER_DAY * WORK_DAYS_PER_WEEK / DAYS_PER_WEEK,
        _ => 0,
    }
}

/// Days on the calendar; working time counts with five working days a week.
fn clock_days(span: Option<&Value>) -> i64 {
    match span {
        Some(Value::Span(seconds)) => seconds / SECONDS_PER_DAY,
        Some(Value::WorkSpan(minutes)) => minutes / MINUTES_PER_WORK_DAY * DAYS_PER_WEEK / WORK_DAYS_PER_WEEK,
        _ => 0,
    }
}

fn planned_since(world: &World, customer: Uuid, from: NaiveDate) -> bool {
    let mut plans = world.all(Kind::Plan).iter().filter(|plan| reference(plan, "customer") == Some(customer));
    plans.any(|plan| day(world, plan, "on").is_some_and(|on| on >= from))
}

fn suits(world: &World, pack: &Record, customer: Uuid) -> bool {
    let segment = world.record(Kind::Customer, customer).and_then(|customer| members::get(customer, "segment"));
    let by_theme =
        matches!((members::get(pack, "themes"), segment), (Some(Value::List(themes)), Some(segment)) if themes.contains(segment));
    let mut leads = world.all(Kind::Lead).iter().filter(|lead| reference(lead, "customer") == Some(customer));
    by_theme || leads.any(|lead| !unknown(lead, "product") && members::get(lead, "product") == members::get(pack, "product"))
}

/// Records in which at least one word is found, most words first.
fn found(kind: Kind, rows: Rows, text: &str) -> Rows {
    let searched: &[&str] = if kind == Kind::Card { &["text", "theme", "about"] } else { &["name", "city", "industry"] };
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let hits = |record: &Record| {
        let texts = searched.iter().filter_map(|member| match members::get(record, member) {
            Some(Value::Text(text)) => Some(text.to_lowercase()),
            _ => None,
        });
        let all = texts.collect::<Vec<_>>().join(" ");
        words.iter().filter(|word| all.contains(**word)).count()
    };
    let mut scored: Vec<_> = rows.into_iter().map(|record| (hits(&record), record)).filter(|(hits, _)| *hits > 0).collect();
    scored.sort_by_key(|(hits, _)| Reverse(*hits));
    scored.into_iter().map(|(_, record)| record).collect()
}
