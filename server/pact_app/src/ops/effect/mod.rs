//! Committing what scripts want: capability and validity are checked, then effects, the run and "this event is handled" are one transaction.

mod bounds;
mod drafts;
mod failure;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pact_core::lead::Receiver;
use pact_core::time::Instant;
use pact_policy::table::Capability;
use pact_script::effect::{Effect, Placed};
use pact_script::run::{Outcome, ScriptError};
use pact_store::entity::{custom_field, event, rotation, run, run_subject};
use pact_store::{Notice, Tx};
use serde_json::json;
use uuid::Uuid;

use self::bounds::{Bounds, Kept};
use self::drafts::Drafts;
pub(crate) use self::drafts::check_may;
pub(crate) use self::failure::may_heal;
use crate::events::Lane;
use crate::ops::lead::Scene;
use crate::ops::run::Given;
use crate::organisation::Turn;
use crate::{Actor, App, Refusal};

/// A run that is over, before anything of it is committed.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The run's id.
    pub id: Uuid,
    /// The plugin.
    pub plugin: String,
    /// The version of its scripts.
    pub version: Option<Uuid>,
    /// The file of its scripts, where there is only one.
    pub file: Option<String>,
    /// The function that was called.
    pub call: String,
    /// When it began.
    pub started_at: Instant,
    /// How long it took, in microseconds.
    pub duration_us: i64,
    /// What it gave.
    pub outcome: Outcome,
    /// What it was given and read, by reference.
    pub given: Given,
    /// Turns that it was promised.
    pub turns: Vec<Turn>,
    /// What its plugin may do: declared in the manifest.
    pub may: BTreeSet<Capability>,
    /// Webhooks that its plugin may call.
    pub webhooks: Vec<String>,
    /// Custom fields that its plugin declares.
    pub fields: Arc<[custom_field::Model]>,
    /// Records that the run was about.
    pub subjects: Vec<Uuid>,
}

/// A claimed event, and the runs that it called for.
#[derive(Clone, Debug)]
pub struct Handled {
    /// The event, as it was claimed.
    pub event: event::Model,
    /// The runs of every script that asks for it.
    pub runs: Vec<Finished>,
}

/// What became of the runs of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Everything is written; runs whose effects were refused are named, with their turns to be given back.
    Done {
        /// Runs that changed nothing.
        without_effect: BTreeSet<Uuid>,
    },
    /// Somebody else handled the event meanwhile; nothing of this is written.
    NotOurs,
}

/// Commits the runs of claimed events together with the fact that these are handled, and says for each event what became of it.
///
/// The effects of one run are written all or none: when one is refused, the run is recorded as failed with the refusal and the line that asked for it.
/// What becomes of an event whose run failed is decided in [`failure`], in the same transaction.
pub async fn commit_runs(app: &App, handled: Arc<[Handled]>) -> Result<Vec<Committed>, Refusal> {
    let receivers = receivers(app, &handled).await?;
    let scene = app.scene(&Actor::System);
    app.store
        .write(async move |tx| {
            let claimed: Vec<(Uuid, i64)> = handled.iter().map(|one| (one.event.id, one.event.fence)).collect();
            // Held until the commit, so that a stop waits for it, and nothing is committed after a stop.
            if !pact_store::automation::keep(tx).await?.running {
                pact_store::automation::give_back(tx, &claimed).await?;
                return Ok(handled.iter().map(|_| Committed::NotOurs).collect());
            }
            let ours = pact_store::event::mark_handled(tx, &claimed, scene.now.millis()).await?;
            let ours = |one: &&Handled| ours.contains(&one.event.id);
            let mut drafts = Drafts::over(tx, leads_of(handled.iter().filter(ours)), &receivers).await?;
            let mut bounds = Bounds::of(tx, handled.iter().filter(ours), scene.now.millis()).await?;
            let mut without_effect = BTreeSet::new();
            for one in handled.iter().filter(ours) {
                for finished in &one.runs {
                    let scene = scene_of(&scene, &one.event, finished);
                    let kept = bounds.keeps(&one.event, finished).filter(|_| finished.outcome.error.is_none());
                    if let Some(kept) = kept {
                        without_effect.insert(finished.id);
                        let error = failure::keep_back(tx, &scene, &one.event, finished, &kept).await?;
                        record_run(tx, &one.event, finished, Some(&error), matches!(kept, Kept::Held(_)));
                        continue;
                    }
                    let error = match &finished.outcome.error {
                        Some(error) => Some(error.clone()),
                        None => drafts.take(tx, &scene, &one.event, finished).await?,
                    };
                    if let Some(error) = &error {
                        without_effect.insert(finished.id);
                        if failure::settle(tx, &mut drafts, &scene, &one.event, finished, error).await? {
                            bounds.failed(finished, error);
                        }
                    } else {
                        bounds.committed(finished);
                    }
                    record_run(tx, &one.event, finished, error.as_ref(), false);
                }
            }
            drafts.write(tx).await?;
            bounds.write(tx, &scene).await?;
            let runs = handled.iter().filter(ours).flat_map(|one| &one.runs);
            write_turns(tx, runs.filter(|run| !without_effect.contains(&run.id))).await?;
            Ok(handled.iter().map(|one| outcome(one, ours(&one), &without_effect)).collect())
        })
        .await
}

fn outcome(one: &Handled, ours: bool, without_effect: &BTreeSet<Uuid>) -> Committed {
    match ours {
        true => {
            let runs = one.runs.iter().map(|run| run.id);
            Committed::Done { without_effect: runs.filter(|run| without_effect.contains(run)).collect() }
        }
        false => Committed::NotOurs,
    }
}

/// The scene in which a run's effects happen.
fn scene_of(scene: &Scene, event: &event::Model, finished: &Finished) -> Scene {
    Scene {
        actor: Actor::Plugin { id: finished.plugin.clone(), run: finished.id },
        run: Some(finished.id),
        lane: if event.lane == 0 { Lane::Interactive } else { Lane::Bulk },
        ..scene.clone()
    }
}

/// The leads that the events are about, and those that the runs want changed.
fn leads_of<'a>(handled: impl Iterator<Item = &'a Handled>) -> BTreeSet<Uuid> {
    let mut leads = BTreeSet::new();
    for one in handled {
        if one.event.record_kind == "lead" {
            leads.insert(one.event.record_id);
        }
        leads.extend(one.runs.iter().flat_map(|run| &run.outcome.effects).filter_map(|placed| placed.effect.lead()));
    }
    leads
}

/// The people to whom the runs want to give leads.
///
/// Capacity does not bind them here: leaving people at capacity out is what `with_room` is for, and a script that pushes to the customer's own
/// owner means that person.
async fn receivers(app: &App, handled: &[Handled]) -> Result<Arc<BTreeMap<Uuid, Receiver>>, Refusal> {
    let people: BTreeSet<Uuid> = handled
        .iter()
        .flat_map(|one| &one.runs)
        .flat_map(|run| &run.outcome.effects)
        .filter_map(|placed| match &placed.effect {
            Effect::Push { person, .. } | Effect::Transfer { person, .. } => Some(*person),
            _ => None,
        })
        .collect();
    let mut receivers = BTreeMap::new();
    for person in people {
        match app.receiver(person).await {
            Ok(receiver) => drop(receivers.insert(person, Receiver { capacity: None, ..receiver })),
            // Decided with the effect, which then says so.
            Err(Refusal::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Arc::new(receivers))
}

fn record_run(tx: &Tx, claimed: &event::Model, finished: &Finished, error: Option<&ScriptError>, held: bool) {
    let limited = error.is_some_and(|error| error.limit.is_some());
    tx.append(run::Model {
        id: finished.id,
        plugin_id: finished.plugin.clone(),
        script_version_id: finished.version,
        event_id: Some(claimed.id),
        call: finished.call.clone(),
        started_at: finished.started_at.millis(),
        duration_us: finished.duration_us,
        operations: finished.outcome.operations.try_into().unwrap_or(i64::MAX),
        rows_read: finished.outcome.rows_read.try_into().unwrap_or(i64::MAX),
        outcome: match (error, limited) {
            (None, _) => "done",
            (Some(_), _) if held => "held",
            (Some(_), false) => "failed",
            (Some(_), true) => "limit",
        }
        .to_owned(),
        effects: json!(finished.outcome.effects).into(),
        log: json!(finished.outcome.log).into(),
        error: error.map(|error| json!(error).into()),
        memory_kib: finished.outcome.memory_kib.try_into().ok(),
        facts: Some(json!(finished.given).into()),
    });
    for record_id in finished.subjects.iter().copied().collect::<BTreeSet<_>>() {
        tx.append(run_subject::Model { run_id: finished.id, record_id });
    }
}

async fn write_turns<'a>(tx: &Tx, runs: impl Iterator<Item = &'a Finished>) -> Result<(), Refusal> {
    let turns: Vec<&Turn> = runs.flat_map(|run| &run.turns).collect();
    for turn in &turns {
        tx.after_commit(Notice::TurnTaken { person: turn.person });
    }
    let rows = turns.into_iter().map(|turn| rotation::Model {
        name: turn.rotation.clone(),
        person_id: turn.person,
        given_seq: turn.seq,
    });
    Ok(pact_store::rotation::given(tx, rows).await?)
}

/// The refusal of an effect, as the error of the run that asked for it.
fn refused(finished: &Finished, placed: &Placed, refusal: &Refusal) -> ScriptError {
    ScriptError { message: refusal.to_string(), file: finished.file.clone(), at: Some((placed.line, 1)), limit: None }
}
