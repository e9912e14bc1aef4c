//! Runs that are over: looked through, replayed, forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use pact_core::time::Instant;
use pact_policy::table::{ENTRY_POINTS, EntryPoint};
use pact_script::value::Value;
use pact_store::entity::{run, script_version};
use pact_store::plugin as store;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::dry::look_at;
use crate::evidence::sources::Sources;
use crate::facts::RunFacts;
use crate::facts::reads::Reads;
use crate::past::Moment;
use crate::plugins::{Installed, files_of, plugin_of, ready_with, std_of};
use crate::runs::{Function, of_dry};
pub use crate::seen::{Held, Scope, Variable};
use crate::{App, Refusal, judging};

/// How long runs are kept when nothing else is said, in days.
pub const KEEP_RUNS_DAYS: u32 = 90;
/// Runs that are forgotten in one transaction.
const FORGOTTEN_AT_ONCE: u64 = 2_000;
/// Lines of a script that are shown before and after the one that failed.
const LINES_AROUND: usize = 3;
const DAY_MS: i64 = 86_400_000;

/// What a run was given, as it is kept with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Given {
    /// The moment of the run, in UTC milliseconds.
    pub now: i64,
    /// On whose clock its day was.
    pub zone: Tz,
    /// The plugin's settings.
    pub settings: BTreeMap<String, Value>,
    /// What it read, by reference.
    pub read: Reads,
    /// Where it failed: the functions that were under way, from outside to inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Scope>,
}

/// A line of a script, around the one that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptLine {
    /// Its number, from 1.
    pub number: usize,
    /// What it says.
    pub text: String,
    /// Whether it failed here.
    pub failed: bool,
}

/// What became of a run that was done again.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Whether everything that it read says the same as then, so that this is the run as it was.
    pub exact: bool,
    /// Records that say something else by now, or were not read.
    pub differ: Vec<(String, Uuid)>,
    /// Whether it wants the same as then.
    pub same: bool,
    /// What it wants.
    pub effects: Json,
    /// What it logged.
    pub log: Vec<String>,
    /// What went wrong.
    pub error: Option<Json>,
    /// Operations of the engine.
    pub operations: u64,
}

/// Names of functions that acts of staff call.
pub fn called_by_acts() -> impl Iterator<Item = &'static str> {
    ENTRY_POINTS.iter().filter(|entry| entry.act).map(|entry| entry.name)
}

/// Refuses to look through logs for a person: lines name single acts in their place, and a list of these by person is none.
///
/// # Errors
/// A text that holds a part of somebody's name or address, or that begins or ends with what may be one.
pub fn check_text(app: &App, text: &str) -> Result<(), Refusal> {
    const WHOLE: usize = 3;
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let is_long = |word: &String| word.chars().count() >= WHOLE;
    let asked = words(text);
    if !asked.first().zip(asked.last()).is_some_and(|(first, last)| is_long(first) && is_long(last)) {
        let why = format!("begin and end with words of {WHOLE} letters or more, such as \"no owner in the region\".");
        return Err(Refusal::invalid("text", why));
    }
    let snapshot = app.organisation();
    let names = snapshot.people.values().flat_map(|member| {
        let address = member.row.email.split('@').next().unwrap_or_default();
        words(&member.row.name).into_iter().chain(words(address))
    });
    let is_part = |name: &String| {
        asked.iter().any(|word| word == name || (is_long(word) && name.contains(word)) || (is_long(name) && word.contains(name)))
    };
    // An id is known by its first part.
    let is_id = |id: &Uuid| asked.iter().any(|word| id.to_string().split('-').any(|part| part.len() >= 8 && part == word));
    if names.into_iter().any(|name| is_part(&name)) || snapshot.people.keys().any(is_id) {
        let why =
            "this is part of somebody's name, and runs are not chosen by person. Search for what the script says beside it.";
        return Err(Refusal::invalid("text", why));
    }
    Ok(())
}

/// The lines of the script around the one at which a run failed; nothing where that is not known.
///
/// # Errors
/// A store that does not answer.
pub async fn failed_at(app: &App, run: &run::Model) -> Result<Vec<ScriptLine>, Refusal> {
    let Some(error) = run.error.as_ref().map(|error| &error.0) else { return Ok(Vec::new()) };
    let line = error["at"][0].as_u64().and_then(|line| usize::try_from(line).ok());
    let (Some(line), Some(file), Some(version)) = (line, error["file"].as_str(), run.script_version_id) else {
        return Ok(Vec::new());
    };
    let Some(version) = store::version(app.store.read(), version).await? else { return Ok(Vec::new()) };
    let files = files_of(&version).map_err(Refusal::defect)?;
    let from = line.saturating_sub(LINES_AROUND + 1);
    let text = files.get(file).map(String::as_str).unwrap_or_default();
    let around = text.lines().enumerate().skip(from).take(line + LINES_AROUND - from);
    Ok(around.map(|(at, text)| ScriptLine { number: at + 1, text: text.to_owned(), failed: at + 1 == line }).collect())
}

/// Does a run again, without doing anything: the same version, event, instant, settings, seed and turns, over the data as it was then.
///
/// # Errors
/// A run that was kept without what it was given, an event or version that is gone, or a script that today's rules refuse.
pub async fn replay_run(app: &App, row: &run::Model) -> Result<Replayed, Refusal> {
    let gone = |what: &str| Refusal::NotNow { why: format!("This run cannot be done again: {what}.") };
    let pool = app.pool.as_ref().ok_or_else(|| gone("no scripts run on this server"))?;
    let given: Given = row
        .facts
        .as_ref()
        .and_then(|facts| serde_json::from_value(facts.0.clone()).ok())
        .ok_or_else(|| gone("what it was given was not kept"))?;
    let version = match row.script_version_id {
        Some(id) => store::version(app.store.read(), id).await?,
        None => None,
    };
    let version = version.ok_or_else(|| gone("its version is not kept any more"))?;
    let event = match row.event_id {
        Some(id) => pact_store::past::event(app.store.read(), id).await?,
        None => None,
    };
    let event = event.ok_or_else(|| gone("its event is not kept any more"))?;
    let plugin = made_ready(app, &version, &given).await?;
    let function = match EntryPoint::of_event(&event.name) {
        Some(point) => Function::Entry(point),
        None => Function::Scheduled(row.call.clone()),
    };
    let moment = Moment { at: given.now, step: event.id };
    let look = look_at(app, moment, &event, given.read.turns.clone()).await?;
    let facts = RunFacts::new(app, Instant::from_millis(given.now), &plugin.id, Arc::clone(&plugin.fields)).looked_at(look);
    let run = of_dry(&facts, &plugin, &function, &event).await?.ok_or_else(|| gone("the record that it was about is gone"))?;
    run.given.iter().for_each(|record| facts.note(record));
    let outcome = pool.run(&run, &facts).await;
    let now = facts.reads();
    let then: BTreeMap<(&str, Uuid), &str> =
        given.read.records.iter().map(|(kind, id, digest)| ((kind.as_str(), *id), digest.as_str())).collect();
    let again: BTreeMap<(&str, Uuid), &str> =
        now.records.iter().map(|(kind, id, digest)| ((kind.as_str(), *id), digest.as_str())).collect();
    let keys = then.keys().chain(again.keys()).collect::<std::collections::BTreeSet<_>>();
    let differ = keys.into_iter().filter(|key| then.get(*key) != again.get(*key));
    let effects = json!(outcome.effects);
    Ok(Replayed {
        exact: now.all == given.read.all,
        differ: differ.map(|(kind, id)| ((*kind).to_owned(), *id)).collect(),
        same: effects == row.effects.0,
        effects,
        log: outcome.log,
        error: outcome.error.map(|error| json!(error)),
        operations: outcome.operations,
    })
}

async fn made_ready(app: &App, version: &script_version::Model, given: &Given) -> Result<Installed, Refusal> {
    let pool = app.pool.as_deref().ok_or_else(|| Refusal::defect("there are no workers"))?;
    let plugin = plugin_of(version).map_err(Refusal::defect)?;
    let own = Sources::stored(version).map_err(Refusal::defect)?;
    if let Some(refusal) = judging::judge(app, &plugin, &own).await?.refusal() {
        return Err(refusal);
    }
    let fields = pact_store::field::all(app.store.read()).await?;
    let std = std_of(version).map_err(Refusal::defect)?;
    ready_with(pool, plugin, &std, given.settings.clone(), &fields, version.id).await.map_err(|why| Refusal::NotNow { why })
}

/// Forgets runs that are older than so many days; says how many.
///
/// # Errors
/// A store that does not answer.
pub async fn prune_runs(app: &App, keep_days: u32) -> Result<u64, Refusal> {
    let before = app.clock.now().millis() - i64::from(keep_days) * DAY_MS;
    let mut gone = 0;
    loop {
        let some = app.store.write(async move |tx| store::forget_some_runs(tx, before, FORGOTTEN_AT_ONCE).await).await?;
        gone += some;
        if some < FORGOTTEN_AT_ONCE {
            return Ok(gone);
        }
    }
}
