//! Running scripts for an event: what each is given, and what it gave.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use pact_core::time::Instant;
use pact_policy::table::{EntryPoint, Kind};
use pact_script::run::{Outcome, Run, ScriptError};
use pact_script::value::{Record, Value};
use pact_store::entity::event;
use tokio::time::Instant as Clock;
use uuid::Uuid;

use crate::facts::RunFacts;
use crate::facts::known::Known;
use crate::ops::effect::Finished;
use crate::ops::run::Given;
use crate::plugins::{Installed, Plugins};
use crate::seen::as_far_as_logged;
use crate::{App, Refusal};

/// Runs every script that an event calls, one after the other, in the plugins' order; `known` was read before.
///
/// # Errors
/// A store that does not answer; what goes wrong in a script is in its [`Finished`].
pub(crate) async fn of_event(app: &App, event: &event::Model, known: &Arc<Known>) -> Result<Vec<Finished>, Refusal> {
    let Some(pool) = &app.pool else { return Ok(Vec::new()) };
    let mut finished = Vec::new();
    for (plugin, function) in called(&app.plugins(), event) {
        let facts = RunFacts::new(app, app.clock.now(), &plugin.id, Arc::clone(&plugin.fields)).with_known(Arc::clone(known));
        let call = match function {
            Function::Entry(point) => call(&facts, point, event).await?,
            Function::Scheduled(name) => Some(scheduled(name, event)),
        };
        let Some(call) = call else { continue };
        let by_an_act = EntryPoint::of_event(&event.name).is_some_and(|point| point.entry().act);
        let started = Clock::now();
        let run = run(app, &plugin, event, call);
        run.given.iter().for_each(|record| facts.note(record));
        let (outcome, again) = pool.run_kept(&run, &facts).await;
        let duration = started.elapsed();
        let seen = match again {
            Some(again) => as_far_as_logged(app, &plugin, pool.see(&run, again).await).await,
            None => Vec::new(),
        };
        finished.push(Finished {
            id: if by_an_act { pact_core::id::random() } else { pact_core::id::ordered() },
            plugin: plugin.id.clone(),
            version: Some(plugin.version),
            file: only_file(&plugin),
            call: run.call,
            started_at: if by_an_act { hour_of(run.now) } else { Instant::from_millis(run.now) },
            duration_us: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
            outcome: named(outcome, &plugin),
            given: Given { now: run.now, zone: run.zone, settings: BTreeMap::clone(&run.settings), read: facts.reads(), seen },
            turns: facts.take_turns(),
            may: plugin.may.clone(),
            webhooks: plugin.manifest.webhooks.clone(),
            fields: Arc::clone(&plugin.fields),
            subjects: run.given.iter().filter(|record| is_subject(record.kind)).map(|record| record.id).collect(),
        });
    }
    Ok(finished)
}

/// The hour in which an instant lies: a run that somebody's act called would otherwise say, to the millisecond, when they work (`policy.md` §6). Its id is
/// random for the same reason.
pub(crate) fn hour_of(millis: i64) -> Instant {
    const HOUR_MS: i64 = 3_600_000;
    Instant::from_millis(millis - millis.rem_euclid(HOUR_MS))
}

/// The run of `on_card_writing` for a card that is being written; the draft is given, because no store has it.
pub(crate) fn of_draft(app: &App, plugin: &Installed, draft: &Record) -> Run {
    let now = app.clock.now();
    let zone = app.organisation().zone;
    Run {
        scripts: Arc::clone(&plugin.scripts),
        call: EntryPoint::CardWriting.entry().name.to_owned(),
        args: vec![Value::Ref(Kind::Card, draft.id)],
        now: now.millis(),
        today: now.day_in(zone),
        zone,
        settings: Arc::clone(&plugin.settings),
        seed: draft.id,
        given: vec![draft.clone()],
    }
}

/// A function of a script that an event calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Entry(EntryPoint),
    Scheduled(String),
}

/// The plugins that an event calls, with their functions: every one that asks for it, or the one that the event names.
fn called(plugins: &Plugins, event: &event::Model) -> Vec<(Arc<Installed>, Function)> {
    let word = |key: &str| event.payload.get(key).and_then(|word| word.as_str());
    let named = word("plugin");
    match EntryPoint::of_event(&event.name) {
        Some(point) => {
            let asking = plugins.asking_for(point).filter(|plugin| named.is_none_or(|named| plugin.id == named));
            asking.map(|plugin| (Arc::clone(plugin), Function::Entry(point))).collect()
        }
        None => {
            let plugin = plugins.iter().find(|plugin| Some(plugin.id.as_str()) == named && !plugin.manifest.coaching);
            // A function that a later version left out is not called any more.
            let function = word("call").filter(|call| plugin.is_some_and(|plugin| plugin.functions.contains(*call)));
            plugin
                .zip(function)
                .map(|(plugin, call)| (Arc::clone(plugin), Function::Scheduled(call.to_owned())))
                .into_iter()
                .collect()
        }
    }
}

/// What is called for an event, and what travels along.
struct Call {
    function: String,
    args: Vec<Value>,
    given: Vec<Record>,
    /// On whose clock the run's day is; the organisation's when nothing is said.
    zone: Option<Tz>,
}

/// The run of a function for an event that is not handled by it: a dry run, at the moment at which `facts` look.
///
/// # Errors
/// A store that does not answer. Nothing when the record is not there, so that there is nothing to run for.
pub(crate) async fn of_dry(
    facts: &RunFacts,
    plugin: &Installed,
    function: &Function,
    event: &event::Model,
) -> Result<Option<Run>, Refusal> {
    let call = match function {
        Function::Entry(point) => call(facts, *point, event).await?,
        Function::Scheduled(name) => Some(scheduled(name.clone(), event)),
    };
    Ok(call.map(|call| run_at(facts.now(), facts.snapshot().zone, plugin, event, call)))
}

/// A scheduled function, with the person for whom it is called, if it is called for each.
fn scheduled(function: String, event: &event::Model) -> Call {
    let person = (event.record_kind == "person").then_some(Value::Ref(Kind::Person, event.record_id));
    let zone = event.payload.get("zone").and_then(|zone| zone.as_str()?.parse().ok());
    Call { function, args: person.into_iter().collect(), given: Vec::new(), zone }
}

fn run(app: &App, plugin: &Installed, event: &event::Model, call: Call) -> Run {
    run_at(app.clock.now(), app.organisation().zone, plugin, event, call)
}

fn run_at(now: Instant, zone: Tz, plugin: &Installed, event: &event::Model, call: Call) -> Run {
    let zone = call.zone.unwrap_or(zone);
    Run {
        scripts: Arc::clone(&plugin.scripts),
        call: call.function,
        args: call.args,
        now: now.millis(),
        today: now.day_in(zone),
        zone,
        settings: Arc::clone(&plugin.settings),
        seed: event.id,
        given: call.given,
    }
}

/// The arguments of an entry point, and the records around them; nothing when the record is gone, so that there is nothing to run for.
async fn call(facts: &RunFacts, point: EntryPoint, event: &event::Model) -> Result<Option<Call>, Refusal> {
    let kind = match point.entry().params.first() {
        Some((_, pact_policy::table::Ty::Record(kind))) => *kind,
        _ => return Ok(None),
    };
    let Some(subject) = facts.record(kind, event.record_id).await? else { return Ok(None) };
    let mut args = vec![Value::Ref(kind, event.record_id)];
    let mut given = Vec::new();
    match point {
        EntryPoint::PushDeclined | EntryPoint::PushExpired => {
            let push = event.payload.get("push").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
            let Some(push) = push else { return Ok(None) };
            args.push(Value::Ref(Kind::Push, push));
            given.extend(facts.record(Kind::Push, push).await?);
        }
        EntryPoint::StageChanged => {
            for key in ["from", "to"] {
                args.push(event.payload.get(key).and_then(|stage| stage.as_str()).map_or(Value::Unit, Value::from));
            }
        }
        EntryPoint::LeadCreated
        | EntryPoint::LeadOwned
        | EntryPoint::LeadQuiet
        | EntryPoint::LeadWon
        | EntryPoint::LeadLost
        | EntryPoint::CustomerCreated
        | EntryPoint::CardWriting
        | EntryPoint::CardWritten
        | EntryPoint::PlanAnnounced
        | EntryPoint::RequestOverdue
        | EntryPoint::CoachingDay => {}
    }
    for (kind, id) in neighbours(&subject) {
        given.extend(facts.record(kind, id).await?);
    }
    given.insert(0, subject);
    Ok(Some(Call { function: point.entry().name.to_owned(), args, given, zone: None }))
}

/// The customer and the contact of a record: nearly every script asks for them.
fn neighbours(record: &Record) -> Vec<(Kind, Uuid)> {
    record
        .values
        .iter()
        .filter_map(|value| match value {
            Value::Ref(kind @ (Kind::Customer | Kind::Contact | Kind::Lead), id) => Some((*kind, *id)),
            _ => None,
        })
        .collect()
}

const fn is_subject(kind: Kind) -> bool {
    matches!(kind, Kind::Lead | Kind::Customer)
}

/// The outcome, its error with the file's name where a plugin has only one.
fn named(mut outcome: Outcome, plugin: &Installed) -> Outcome {
    if let Some(ScriptError { file: file @ None, .. }) = &mut outcome.error {
        *file = only_file(plugin);
    }
    outcome
}

/// The file of a plugin's scripts, where there is only one: then a line alone says where something stands.
fn only_file(plugin: &Installed) -> Option<String> {
    match plugin.scripts.files.as_slice() {
        [(only, _)] => Some(only.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::hour_of;

    #[test]
    fn a_run_that_an_act_called_says_its_hour() {
        for (at, hour) in [(1_795_515_000_000, 1_795_514_400_000), (1_795_514_400_000, 1_795_514_400_000), (-1, -3_600_000)] {
            assert_eq!(hour_of(at).millis(), hour, "{at}");
        }
    }
}
