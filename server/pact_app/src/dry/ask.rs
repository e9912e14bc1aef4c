//! What a dry run is asked for, checked before it begins: which script, over which events, at which clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use pact_core::time::Instant;
use pact_policy::table::{EntryPoint, Kind, Reads};
use pact_script::plugin::script_set;
use pact_store::entity::script_version;
use pact_store::lead::Filter;
use pact_store::{past as store, record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::dues::{self, Due, More, kind_of};
use super::kept::DryRun;
use super::results;
use super::told::{About, Asked, Sum};
use super::work::{self, Task};
use crate::evidence::sources::Sources;
use crate::facts::{look::Whole, noun};
use crate::ops::plugin::manifest_text;
use crate::ops::plugin_settings::{SendPlugin, Sent, read_sent};
use crate::past::Moment;
use crate::plugins::{Installed, plugin_of, ready, std_of};
use crate::runs::Function;
use crate::{App, Refusal, judging};

/// Records that may be chosen at most.
const MAX_CHOSEN: usize = 10_000;

/// Which script.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum What {
    /// A plugin that is installed, in the version that runs or in another.
    Installed {
        /// The plugin.
        plugin: String,
        /// One of its versions.
        version: Option<Uuid>,
    },
    /// One that is given, and judged first.
    Sent(SendPlugin),
}

/// Leads that are chosen by what they are today; never by a person.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LeadsAsked {
    /// In one of these states.
    pub states: Vec<String>,
    /// In this stage.
    pub stage: Option<String>,
    /// From this source.
    pub source: Option<String>,
    /// About this product.
    pub product: Option<String>,
    /// Of this customer.
    pub customer: Option<Uuid>,
}

/// Over which events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Over {
    /// Over one that happened, at its own instant.
    Event(Uuid),
    /// As if it happened to each of these records.
    Records(Vec<Uuid>),
    /// As if it happened to each of these leads.
    Leads(LeadsAsked),
    /// Over everything that happened from a day to another, both included, each at its own instant.
    Past(NaiveDate, NaiveDate),
    /// One tick of a scheduled function.
    Tick,
}

/// Begin a dry run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StartDryRun {
    /// Which script.
    pub what: What,
    /// Settings in place of those that an admin chose.
    pub settings: Map<String, Json>,
    /// The event, the entry point, or a scheduled function.
    pub on: String,
    /// Over which events.
    pub over: Over,
    /// The clock, where events have none of their own; now when nothing is said.
    pub now: Option<Instant>,
}

/// Begins a dry run; what comes of it is read while it goes on and afterwards, on every node.
///
/// # Errors
/// A script that the policy refuses or that does not compile, an event that it does not ask for, records that are not there, or too many dry runs.
pub async fn start_dry_run(app: &App, reader: Uuid, command: StartDryRun) -> Result<Arc<DryRun>, Refusal> {
    let task = prepare(app, reader, command).await?;
    let run = Arc::clone(&task.run);
    results::begin(app, &run).await?;
    app.dry_runs.add(&run);
    tokio::spawn(results::keep_up(app.clone(), task));
    Ok(run)
}

/// The same without a result for others: who asks holds it, and nothing of it is stored.
///
/// # Errors
/// As [`start_dry_run`].
pub async fn try_here(app: &App, reader: Uuid, command: StartDryRun) -> Result<Arc<DryRun>, Refusal> {
    let task = prepare(app, reader, command).await?;
    let run = Arc::clone(&task.run);
    let app = app.clone();
    tokio::spawn(async move {
        let outcome = work::work_through(&app, &task).await;
        task.run.ends(task.run.over(outcome).progress);
    });
    Ok(run)
}

/// Does a dry run to its end, and says its sums alone; it is not kept.
pub(crate) async fn sums_of(app: &App, reader: Uuid, command: StartDryRun) -> Result<BTreeMap<String, Sum>, Refusal> {
    let task = prepare(app, reader, command).await?;
    work::work(app, &task).await?;
    Ok(task.run.shown().progress.sums)
}

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

/// A script that can be run, and what it was set to.
pub(crate) struct Ready {
    /// The script.
    pub(crate) plugin: Installed,
    /// Its settings, but for those that have their defaults.
    settings: Map<String, Json>,
}

/// The script, judged and compiled, with these settings in place of those that an admin chose; null stands for the default.
pub(crate) async fn made_ready(app: &App, what: &What, settings: &Map<String, Json>) -> Result<Ready, Refusal> {
    let pool = app.pool.as_deref().ok_or_else(|| Refusal::NotNow {
        why: "No scripts run on this server, so none can be tried. Start it with its script workers.".to_owned(),
    })?;
    let (plugin, std, own, version, stored) = match what {
        What::Installed { plugin, version } => {
            let row = version_of(app, plugin, *version).await?;
            let (read, std) = (plugin_of(&row).map_err(Refusal::defect)?, std_of(&row).map_err(Refusal::defect)?);
            let own = Sources::stored(&row).map_err(Refusal::defect)?;
            let installed: Option<pact_store::entity::plugin::Model> = record::find(app.store.read(), plugin.clone()).await?;
            (read, std, own, row.id, installed.map(|row| row.settings.0))
        }
        What::Sent(files) => {
            let (read, std) = read_sent(app, Sent::Files(files.clone())).await?;
            let modules = script_set(&read, &std).modules;
            let files = read.files.iter().map(|(name, text)| (name.clone(), text.clone())).chain(modules).collect();
            let own = Sources::of(&read, manifest_text(&read), files);
            let installed: Option<pact_store::entity::plugin::Model> =
                record::find(app.store.read(), read.id().to_owned()).await?;
            // What an admin set holds where the new version still has the setting.
            let kept = installed.and_then(|row| row.settings.0.as_object().cloned()).map(|mut chosen| {
                chosen.retain(|name, _| read.manifest.settings.contains_key(name));
                Json::Object(chosen)
            });
            (read, std, own, Uuid::nil(), kept)
        }
    };
    if let Some(refusal) = judging::judge(app, &plugin, &own).await?.refusal() {
        return Err(refusal);
    }
    let mut chosen: Map<String, Json> = stored.and_then(|stored| stored.as_object().cloned()).unwrap_or_default();
    chosen.extend(settings.clone());
    chosen.retain(|_, value| !value.is_null());
    let mut as_toml = BTreeMap::new();
    for (name, value) in &chosen {
        let value = toml::Value::try_from(value)
            .map_err(|_| Refusal::invalid(format!("settings.{name}"), "this is no value of a setting."))?;
        as_toml.insert(name.clone(), value);
    }
    let fields = pact_store::field::all(app.store.read()).await?;
    let ready = ready(pool, plugin, &std, &as_toml, &fields, version).await;
    Ok(Ready { plugin: ready.map_err(|why| Refusal::invalid("script", why))?, settings: chosen })
}

async fn version_of(app: &App, plugin: &str, version: Option<Uuid>) -> Result<script_version::Model, Refusal> {
    let conn = app.store.read();
    match version {
        Some(version) => {
            let found = pact_store::plugin::version(conn, version).await?.filter(|row| row.plugin_id == plugin);
            found.ok_or_else(|| {
                Refusal::invalid("version_id", "this plugin has no version with this id. Choose one from its versions.")
            })
        }
        None => {
            let found = pact_store::plugin::newest_version(conn, plugin).await?;
            found.ok_or_else(|| {
                Refusal::invalid("plugin_id", "no plugin with this id is installed. Look it up in the list of plugins.")
            })
        }
    }
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
