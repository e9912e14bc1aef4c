//! Running scripts for an event: what each is given, and what it gave.

use std::sync::Arc;

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
use crate::plugins::Installed;
use crate::{App, Refusal};

/// Runs every script that asks for an event, one after the other, in the plugins' order; `known` was read before.
///
/// # Errors
/// A store that does not answer; what goes wrong in a script is in its [`Finished`].
pub(crate) async fn of_event(app: &App, event: &event::Model, known: &Arc<Known>) -> Result<Vec<Finished>, Refusal> {
    let (Some(point), Some(pool)) = (EntryPoint::of_event(&event.name), &app.pool) else { return Ok(Vec::new()) };
    let plugins = app.plugins();
    let mut finished = Vec::new();
    for plugin in plugins.asking_for(point) {
        let facts = RunFacts::new(app, app.clock.now(), &plugin.id, Arc::clone(&plugin.fields)).with_known(Arc::clone(known));
        let Some(call) = call(&facts, point, event).await? else { continue };
        let started = Clock::now();
        let run = run(app, plugin, point, event, call);
        let outcome = pool.run(&run, &facts).await;
        finished.push(Finished {
            id: Uuid::now_v7(),
            plugin: plugin.id.clone(),
            version: Some(plugin.version),
            file: only_file(plugin),
            call: run.call,
            started_at: Instant::from_millis(run.now),
            duration_us: i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX),
            outcome: named(outcome, plugin),
            turns: facts.take_turns(),
            may: plugin.may.clone(),
            webhooks: plugin.manifest.webhooks.clone(),
            fields: Arc::clone(&plugin.fields),
            subjects: run.given.iter().filter(|record| is_subject(record.kind)).map(|record| record.id).collect(),
        });
    }
    Ok(finished)
}

struct Call {
    args: Vec<Value>,
    given: Vec<Record>,
}

fn run(app: &App, plugin: &Installed, point: EntryPoint, event: &event::Model, call: Call) -> Run {
    let now = app.clock.now();
    Run {
        scripts: Arc::clone(&plugin.scripts),
        call: point.entry().name.to_owned(),
        args: call.args,
        now: now.millis(),
        today: app.organisation().today(now),
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
    Ok(Some(Call { args, given }))
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
