//! Which events a dry run looks at: chosen ones, or everything in a stretch of the past, as histories tell it.
//!
//! The past is read from what happened (leads, steps of their histories, customers, cards, plans, requests), not from the events that were raised then: so it is
//! whole also where no script asked, and where data came from elsewhere. Ticks and quiet spells are computed as the jobs compute them.

use std::sync::Arc;

use chrono::NaiveDate;
use pact_core::time::{Instant, WorkSpan};
use pact_policy::table::{EntryPoint, Kind, Ty};
use pact_script::value::Value;
use pact_store::Store;
use pact_store::entity::event;
use pact_store::past::{self as store, Happened, Source};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::Refusal;
use crate::facts::look::Whole;
use crate::facts::noun;
use crate::jobs::schedule::ticks_between;
use crate::organisation::Snapshot;
use crate::past::{Moment, Past, PastLead};
use crate::plugins::Installed;
use crate::runs::Function;

/// Events that one dry run looks at, at most.
pub(super) const MAX_EVENTS: usize = 1_000_000;

/// An event to look at.
#[derive(Clone, Debug)]
pub(super) struct Due {
    /// The instant of its run.
    pub(super) at: i64,
    /// What had happened by then; nothing where only the lead's history tells.
    pub(super) moment: Option<Moment>,
    /// What identifies it: a step, a record, or something made up for a tick.
    pub(super) id: Uuid,
    /// The record.
    pub(super) record: Uuid,
    /// What its run is given beside the record.
    pub(super) more: More,
}

/// What an event's run is given beside the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum More {
    Nothing,
    /// The push that ended at this instant.
    Ended,
    /// This push.
    Push(Uuid),
    Stages(String, String),
    /// On whose clock a tick is, and for whom.
    Tick {
        zone: &'static str,
        person: Option<Uuid>,
    },
}

impl Due {
    /// As the row that a run is made of.
    pub(super) fn event(&self, function: &Function, near: Option<&Past>) -> event::Model {
        let (name, kind) = match function {
            Function::Entry(point) => (point.entry().event.to_owned(), kind_of(*point).map_or("", noun)),
            Function::Scheduled(_) => ("tick".to_owned(), if self.more.person().is_some() { "person" } else { "schedule" }),
        };
        event::Model {
            id: self.id,
            name,
            record_kind: kind.to_owned(),
            record_id: self.more.person().unwrap_or(self.record),
            payload: self.payload(near).into(),
            lane: 1,
            at: self.at,
            handled_at: None,
            lease_until: None,
            fence: 0,
            attempts: 0,
            parked_reason: None,
            plugin_id: None,
            parked_id: None,
            parked_on: None,
        }
    }

    fn payload(&self, near: Option<&Past>) -> Json {
        match &self.more {
            More::Nothing => Json::Null,
            More::Push(push) => json!({ "push": push }),
            More::Ended => {
                let lead = near.and_then(|near| near.leads.get(&self.record));
                let ended = lead.and_then(|lead| lead.pushes.iter().rev().find(|push| push.answered_at == Some(self.at)));
                json!({ "push": ended.map(|push| push.id) })
            }
            More::Stages(from, to) => json!({ "from": from, "to": to }),
            More::Tick { zone, .. } => json!({ "zone": zone }),
        }
    }
}

impl More {
    const fn person(&self) -> Option<Uuid> {
        match self {
            Self::Tick { person, .. } => *person,
            Self::Nothing | Self::Ended | Self::Push(_) | Self::Stages(..) => None,
        }
    }
}

/// The kind of record that an entry point takes first.
pub(super) fn kind_of(point: EntryPoint) -> Option<Kind> {
    match point.entry().params.first() {
        Some((_, Ty::Record(kind))) => Some(*kind),
        _ => None,
    }
}

/// A stretch of the past, from the first instant of a day to the end of another.
pub(super) fn stretch(from: NaiveDate, until: NaiveDate, now: Instant, snapshot: &Snapshot) -> Result<(i64, i64), Refusal> {
    let until = until.min(snapshot.today(now));
    let after = until.succ_opt().unwrap_or(until);
    if until < from {
        return Err(Refusal::invalid("to", "the stretch ends before it begins: choose days of the past, the first one first."));
    }
    Ok((Instant::start_of(from, snapshot.zone).millis(), Instant::start_of(after, snapshot.zone).millis()))
}

/// Everything in a stretch of the past that would have called a function, in order.
pub(super) async fn in_stretch(
    app_store: &Store,
    snapshot: &Arc<Snapshot>,
    plugin: &Installed,
    function: &Function,
    stretch: (i64, i64),
    whole: &Whole,
) -> Result<Vec<Due>, Refusal> {
    let point = match function {
        Function::Entry(point) => *point,
        Function::Scheduled(call) => return Ok(ticks(snapshot, plugin, call, stretch, MAX_EVENTS + 1)),
    };
    let source = match point {
        EntryPoint::LeadCreated => Source::Leads,
        EntryPoint::PushDeclined => Source::Steps(&["declined"]),
        EntryPoint::PushExpired => Source::Steps(&["expired"]),
        EntryPoint::LeadOwned => Source::Steps(&["accepted", "transferred"]),
        EntryPoint::StageChanged => Source::Steps(&["stage_changed"]),
        EntryPoint::LeadWon => Source::Steps(&["won"]),
        EntryPoint::LeadLost => Source::Steps(&["lost"]),
        EntryPoint::CustomerCreated => Source::Customers,
        EntryPoint::CardWritten => Source::Cards,
        EntryPoint::PlanAnnounced => Source::Plans,
        EntryPoint::LeadQuiet => return quiet_spells(app_store, snapshot, plugin, stretch, whole).await,
        EntryPoint::RequestOverdue => return overdue(app_store, snapshot, stretch).await,
        EntryPoint::CardWriting | EntryPoint::CoachingDay => {
            let why = format!("{} leaves nothing behind by which its past could be looked at.", point.entry().name);
            return Err(Refusal::invalid("on", why));
        }
    };
    let happened = store::happened(app_store.read(), source, stretch, MAX_EVENTS as u64 + 1).await?;
    let mut dues: Vec<Due> = happened.into_iter().map(|one| due(point, one)).collect();
    if point.entry().act {
        // Within an hour, in no order that acts had.
        dues.sort_by_key(|due| (crate::runs::hour_of(due.at), due.id.as_u128() as u64));
    }
    Ok(dues)
}

fn due(point: EntryPoint, one: Happened) -> Due {
    let Happened { at, id, record, text } = one;
    let moment = match point {
        EntryPoint::LeadCreated => None,
        EntryPoint::CustomerCreated | EntryPoint::CardWritten | EntryPoint::PlanAnnounced => Some(Moment::end_of(at)),
        _ => Some(Moment { at, step: id }),
    };
    let more = match point {
        EntryPoint::PushDeclined | EntryPoint::PushExpired => More::Ended,
        EntryPoint::StageChanged => stages(&text),
        _ => More::Nothing,
    };
    Due { at, moment, id, record, more }
}

/// The two stages in the sentence of a step: "Went from enquiry to offer."
fn stages(sentence: &str) -> More {
    let words = sentence.strip_prefix("Went from ").and_then(|rest| rest.trim_end_matches('.').split_once(" to "));
    words.map_or(More::Nothing, |(from, to)| More::Stages(from.to_owned(), to.to_owned()))
}

/// The ticks of a function's schedules, `limit` at most in each zone.
pub(super) fn ticks(snapshot: &Snapshot, plugin: &Installed, call: &str, stretch: (i64, i64), limit: usize) -> Vec<Due> {
    let schedules = plugin.manifest.schedules.iter().filter(|schedule| schedule.call == call);
    let mut dues: Vec<Due> = schedules
        .flat_map(|schedule| ticks_between(snapshot, schedule, stretch, limit))
        .map(|(at, person, zone)| Due {
            at,
            moment: Some(Moment::end_of(at)),
            id: made_up(at, person),
            record: Uuid::nil(),
            more: More::Tick { zone: zone.name(), person },
        })
        .collect();
    dues.sort_by_key(|due| (due.at, due.id));
    dues
}

/// An id that is the same whenever the same tick is looked at, since `pick` is seeded by it.
pub(super) fn made_up(at: i64, person: Option<Uuid>) -> Uuid {
    let person = person.unwrap_or(Uuid::nil()).as_u128();
    Uuid::from_u128(person.rotate_left(1) ^ u128::from(at.unsigned_abs()).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}

/// Each moment at which a lead had been quiet for the plugin's setting, once a quiet spell.
async fn quiet_spells(
    app_store: &Store,
    snapshot: &Arc<Snapshot>,
    plugin: &Installed,
    stretch: (i64, i64),
    whole: &Whole,
) -> Result<Vec<Due>, Refusal> {
    let after = plugin.settings.get("quiet_after").cloned().unwrap_or(Value::Unit);
    let past = whole.read(app_store).await?;
    let mut dues = Vec::new();
    for lead in past.order.iter().filter_map(|id| past.leads.get(id)) {
        for at in spells(lead, snapshot, &after) {
            if (stretch.0..stretch.1).contains(&at) {
                let id = made_up(at, Some(lead.row.id));
                dues.push(Due { at, moment: Some(Moment::end_of(at)), id, record: lead.row.id, more: More::Nothing });
            }
        }
    }
    dues.sort_by_key(|due| (due.at, due.id));
    Ok(dues)
}

fn spells(lead: &PastLead, snapshot: &Snapshot, after: &Value) -> Vec<i64> {
    let is_open = |state: &str| matches!(state, "waiting" | "offered" | "owned");
    let mut since: Vec<i64> = lead.stirs.clone();
    since.push(lead.row.created_at);
    since.push(lead.row.last_event_at);
    since.extend(lead.steps.iter().filter_map(|step| step.left.as_ref()).map(|left| left.quiet_since));
    since.sort_unstable();
    since.dedup();
    let quiet_at = |from: i64| {
        let owner = lead.at(Moment::end_of(from), None)?.owner;
        let from = Instant::from_millis(from);
        match after {
            Value::WorkSpan(minutes) => {
                let member = owner.and_then(|id| snapshot.people.get(&id));
                let calendar = member.map_or(&snapshot.calendar, |member| member.quiet_calendar.calendar());
                calendar.add(from, WorkSpan::of_minutes(*minutes))
            }
            Value::Span(seconds) => from.checked_add(pact_core::time::Span::of_seconds(*seconds)),
            _ => None,
        }
    };
    let mut found: Vec<i64> = Vec::new();
    for from in since {
        let Some(at) = quiet_at(from).map(Instant::millis) else { continue };
        let still = lead.at(Moment::end_of(at), None).is_some_and(|seen| is_open(&seen.state) && seen.quiet_since == from);
        if still {
            found.push(at);
        }
    }
    found
}

/// Requests as the day after the one by which they were due began.
async fn overdue(app_store: &Store, snapshot: &Snapshot, stretch: (i64, i64)) -> Result<Vec<Due>, Refusal> {
    let day = |at: i64| Instant::from_millis(at).day_in(snapshot.zone).pred_opt().unwrap_or_default().to_string();
    let rows = store::requests_due(app_store.read(), (day(stretch.0), day(stretch.1)), MAX_EVENTS as u64 + 1).await?;
    let due = |(id, on, answered): (Uuid, String, Option<i64>)| {
        let at = Instant::start_of(on.parse::<NaiveDate>().ok()?.succ_opt()?, snapshot.zone).millis();
        let waits = answered.is_none_or(|answered| answered >= at) && (stretch.0..stretch.1).contains(&at);
        waits.then(|| Due { at, moment: Some(Moment::end_of(at)), id, record: id, more: More::Nothing })
    };
    Ok(rows.into_iter().filter_map(due).collect())
}
