//! What was asked for, checked before it begins: the function that is called, and the events over which it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use pact_core::time::Instant;
use pact_policy::table::{EntryPoint, Kind, Reads};
use pact_store::lead::Filter;
use pact_store::past as store;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::ask::{LeadsAsked, Over, StartDryRun, What};
use super::dues::{self, Due, More, kind_of};
use super::kept::DryRun;
use super::ready::made_ready;
use super::told::{About, Asked};
use super::work::Task;
use crate::facts::{look::Whole, noun};
use crate::past::Moment;
use crate::plugins::Installed;
use crate::runs::Function;
use crate::{App, Refusal};

/// Records that may be chosen at most.
const MAX_CHOSEN: usize = 10_000;

/// Checks what is asked for, and makes it ready.
pub(super) async fn prepare(app: &App, reader: Uuid, command: StartDryRun) -> Result<Task, Refusal> {
    let ready = made_ready(app, &command.what, &command.settings).await?;
    let plugin = Arc::new(ready.plugin);
    let function = function_of(&plugin, &command.on)?;
    let point = match &function {
        Function::Entry(point) => Some(*point),
        Function::Scheduled(_) => None,
    };
    let present = app.clock.now();
    let now = command.now.unwrap_or(present);
    let happened_then = matches!(command.over, Over::Event(_));
    let (dues, stretch) = match command.over.clone() {
        Over::Past(from, until) => {
            if command.now.is_some() {
                return Err(Refusal::invalid("now", "what happened in the past has its own instants. Leave it out."));
            }
            let (from, until) = dues::stretch(from, until, present, &app.organisation())?;
            (None, Some((from, until.min(present.millis()))))
        }
        Over::Event(event) => (Some(vec![happened(app, &plugin, &function, event).await?]), None),
        Over::Records(records) => (Some(as_if(app, point, records, now).await?), None),
        Over::Leads(asked) => {
            let leads = chosen_leads(app, asked).await?;
            (Some(as_if(app, point, leads, now).await?), None)
        }
        Over::Tick => (Some(tick(app, &plugin, &function, now)?), None),
    };
    let until = stretch.map_or(now.millis(), |(_, until)| until);
    let looks_back = stretch.is_some() || dues.iter().flatten().any(|due| due.at < present.millis());
    let asked = match dues.as_deref() {
        Some([due]) => Some(Asked {
            command: said_out(command, due, &plugin, ready.settings, now),
            looks_back,
            is_act: happened_then && point.is_some_and(|point| point.entry().act),
        }),
        Some(_) | None => None,
    };
    let about = About {
        plugin: plugin.manifest.id.clone(),
        version: plugin.manifest.version.clone(),
        call: match &function {
            Function::Entry(point) => point.entry().name.to_owned(),
            Function::Scheduled(call) => call.clone(),
        },
        by_acts: stretch.is_some() && point.is_some_and(|point| point.entry().act),
        names_people: plugin.manifest.reads(Reads::Person),
    };
    let run = Arc::new(DryRun::new(about, asked));
    Ok(Task { run, reader, plugin, function, dues, stretch, looks_back, whole: Arc::new(Whole::until(until)) })
}

/// What was asked over one event, with everything said that may be another tomorrow: the version, the settings, the record and the clock.
fn said_out(command: StartDryRun, due: &Due, plugin: &Installed, mut chosen: Map<String, Json>, now: Instant) -> StartDryRun {
    let what = match command.what {
        What::Installed { plugin: id, version: _ } => What::Installed { plugin: id, version: Some(plugin.version) },
        sent @ What::Sent(_) => sent,
    };
    let over = match command.over {
        Over::Records(_) | Over::Leads(_) => Over::Records(vec![due.record]),
        over @ (Over::Event(_) | Over::Past(..) | Over::Tick) => over,
    };
    for name in plugin.manifest.settings.keys() {
        chosen.entry(name.clone()).or_insert(Json::Null);
    }
    StartDryRun { what, settings: chosen, on: command.on, over, now: Some(now) }
}

/// The function that an event calls: by the event's name, the entry point's, or a schedule's.
fn function_of(plugin: &Installed, on: &str) -> Result<Function, Refusal> {
    let event = on.strip_prefix("on_").unwrap_or(on);
    if let Some(point) = EntryPoint::of_event(event) {
        let name = point.entry().name;
        return match plugin.functions.contains(name) {
            true => Ok(Function::Entry(point)),
            false => {
                Err(Refusal::invalid("on", format!("the script has no function {name}, so it is not called for this event.")))
            }
        };
    }
    if plugin.manifest.schedules.iter().any(|schedule| schedule.call == on) && plugin.functions.contains(on) {
        return Ok(Function::Scheduled(on.to_owned()));
    }
    let why =
        format!("{on:?} is no event, and the manifest has no schedule that calls it. Say lead_created, or a scheduled function.");
    Err(Refusal::invalid("on", why))
}

/// An event that happened, at its own instant.
async fn happened(app: &App, plugin: &Installed, function: &Function, id: Uuid) -> Result<Due, Refusal> {
    let found = store::event(app.store.read(), id).await?;
    let event = found.ok_or_else(|| Refusal::invalid("event_id", "there is no event with this id (any more)."))?;
    let asked = match function {
        Function::Entry(point) => point.entry().event == event.name,
        Function::Scheduled(call) => {
            event.payload.get("plugin").and_then(Json::as_str) == Some(plugin.id.as_str())
                && event.payload.get("call").and_then(Json::as_str) == Some(call)
        }
    };
    if !asked {
        return Err(Refusal::invalid("event_id", format!("this event is {}, and that calls another function.", event.name)));
    }
    let word = |key: &str| event.payload.get(key).and_then(Json::as_str).map(str::to_owned);
    let more = match (word("push").and_then(|id| id.parse().ok()), word("from").zip(word("to")), word("zone")) {
        (Some(push), ..) => More::Push(push),
        (_, Some((from, to)), _) => More::Stages(from, to),
        (_, _, Some(zone)) => {
            let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::Tz::UTC);
            More::Tick { zone: zone.name(), person: (event.record_kind == "person").then_some(event.record_id) }
        }
        _ => More::Nothing,
    };
    // Ids are made in the order of what they tell, so steps of the same instant that came later are known by them.
    let moment = Moment { at: event.at, step: event.id };
    Ok(Due { at: event.at, moment: Some(moment), id: event.id, record: event.record_id, more })
}

/// The same event for each of some records, as if it happened at `now`.
async fn as_if(app: &App, point: Option<EntryPoint>, records: Vec<Uuid>, now: Instant) -> Result<Vec<Due>, Refusal> {
    let Some((point, kind)) = point.and_then(|point| Some((point, kind_of(point)?))) else {
        return Err(Refusal::invalid("records", "a scheduled function is called for no record. Leave them out."));
    };
    if records.is_empty() || records.len() > MAX_CHOSEN {
        return Err(Refusal::invalid("records", format!("choose 1 to {MAX_CHOSEN} records.")));
    }
    if matches!(point, EntryPoint::CardWriting | EntryPoint::CoachingDay) {
        let why = format!("{} cannot be tried here; POST /api/v1/cards/suggestions runs it for a card.", point.entry().name);
        return Err(Refusal::invalid("on", why));
    }
    let mut pushes = BTreeMap::new();
    let mut stages = BTreeMap::new();
    if matches!(point, EntryPoint::PushDeclined | EntryPoint::PushExpired) {
        let mut made = store::pushes(app.store.read(), &records).await?;
        made.sort_by_key(|push| push.pushed_at);
        pushes.extend(made.into_iter().map(|push| (push.lead_id, push.id)));
    }
    if point == EntryPoint::StageChanged {
        stages.extend(store::leads(app.store.read(), &records).await?.into_iter().map(|lead| (lead.id, lead.stage)));
    }
    let due = |record: Uuid| {
        let more = match (pushes.get(&record), stages.get(&record)) {
            (Some(push), _) => More::Push(*push),
            (None, Some(stage)) => More::Stages(stage.clone(), stage.clone()),
            (None, None) => More::Nothing,
        };
        let at = now.millis();
        Due { at, moment: Some(Moment::end_of(at)), id: dues::made_up(at, Some(record)), record, more }
    };
    if kind == Kind::Lead {
        let known: Vec<Uuid> = store::leads(app.store.read(), &records).await?.into_iter().map(|lead| lead.id).collect();
        if let Some(missing) = records.iter().find(|record| !known.contains(record)) {
            let why = format!("there is no {} with the id {missing}. Look it up in its list.", noun(kind));
            return Err(Refusal::invalid("records", why));
        }
    }
    Ok(records.into_iter().map(due).collect())
}

async fn chosen_leads(app: &App, asked: LeadsAsked) -> Result<Vec<Uuid>, Refusal> {
    let LeadsAsked { states, stage, source, product, customer } = asked;
    let filter = Filter { states, stage, source, product, customer, ..Filter::default() };
    Ok(pact_store::lead::chosen(app.store.read(), &filter, MAX_CHOSEN as u64).await?)
}

/// One tick at a moment: once, or for each person who would be called for.
fn tick(app: &App, plugin: &Installed, function: &Function, now: Instant) -> Result<Vec<Due>, Refusal> {
    let Function::Scheduled(call) = function else {
        return Err(Refusal::invalid(
            "records",
            "say for which records or over which stretch of the past the event is looked at.",
        ));
    };
    const WEEKS_AHEAD_MS: i64 = 5 * 7 * 24 * 3_600_000;
    let ahead = dues::ticks(&app.organisation(), plugin, call, (now.millis(), now.millis() + WEEKS_AHEAD_MS), 1);
    let first = ahead.first().map(|due| due.at);
    let next = ahead.into_iter().filter(|due| Some(due.at) == first);
    Ok(next.map(|due| Due { at: now.millis(), moment: Some(Moment::end_of(now.millis())), ..due }).collect())
}
