//! Committing what scripts want: capability and validity are checked, then effects, the run and "this event is handled" are one transaction.

mod drafts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pact_core::history::LeadStep;
use pact_core::lead::Receiver;
use pact_core::time::Instant;
use pact_policy::table::Capability;
use pact_script::effect::{Effect, Placed};
use pact_script::run::{Outcome, ScriptError};
use pact_store::entity::{custom_field, event, rotation, run, run_subject};
use pact_store::{Notice, Tx};
use serde_json::json;
use uuid::Uuid;

use self::drafts::Drafts;
use crate::events::Lane;
use crate::messages::{self, Message};
use crate::ops::lead::Scene;
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

/// Commits the runs of a claimed event together with the fact that it is handled.
///
/// The effects of one run are written all or none: when one is refused, the run is recorded as failed with the refusal and the line that asked for it.
pub async fn commit_runs(app: &App, claimed: &event::Model, runs: Arc<[Finished]>) -> Result<Committed, Refusal> {
    let receivers = receivers(app, &runs).await?;
    let scene = app.scene(&Actor::System);
    let scene = Scene { lane: if claimed.lane == 0 { Lane::Interactive } else { Lane::Bulk }, ..scene };
    let claimed = claimed.clone();
    app.store
        .write(async move |tx| {
            if !pact_store::event::mark_handled(tx, claimed.id, claimed.fence, scene.now.millis()).await? {
                return Ok(Committed::NotOurs);
            }
            let mut drafts = Drafts::new(&receivers);
            let mut without_effect = BTreeSet::new();
            for finished in &*runs {
                let scene = Scene {
                    actor: Actor::Plugin { id: finished.plugin.clone(), run: finished.id },
                    run: Some(finished.id),
                    ..scene.clone()
                };
                let error = match &finished.outcome.error {
                    Some(error) => Some(error.clone()),
                    None => drafts.take(tx, &scene, finished).await?,
                };
                if let Some(error) = &error {
                    without_effect.insert(finished.id);
                    drafts.note_failure(tx, &scene, &claimed, finished, error).await?;
                }
                record_run(tx, &claimed, finished, error.as_ref());
            }
            drafts.write(tx).await?;
            write_turns(tx, &runs, &without_effect).await?;
            Ok(Committed::Done { without_effect })
        })
        .await
}

/// The people to whom the runs want to give leads.
///
/// Capacity does not bind them here: leaving people at capacity out is what `with_room` is for, and a script that pushes to the customer's own
/// owner means that person.
async fn receivers(app: &App, runs: &[Finished]) -> Result<Arc<BTreeMap<Uuid, Receiver>>, Refusal> {
    let people: BTreeSet<Uuid> = runs
        .iter()
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

fn record_run(tx: &Tx, claimed: &event::Model, finished: &Finished, error: Option<&ScriptError>) {
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
            (Some(_), false) => "failed",
            (Some(_), true) => "limit",
        }
        .to_owned(),
        effects: json!(finished.outcome.effects).into(),
        log: json!(finished.outcome.log).into(),
        error: error.map(|error| json!(error).into()),
    });
    for record_id in finished.subjects.iter().copied().collect::<BTreeSet<_>>() {
        tx.append(run_subject::Model { run_id: finished.id, record_id });
    }
}

async fn write_turns(tx: &Tx, runs: &[Finished], without_effect: &BTreeSet<Uuid>) -> Result<(), Refusal> {
    let turns = runs.iter().filter(|run| !without_effect.contains(&run.id)).flat_map(|run| &run.turns);
    for turn in turns {
        pact_store::rotation::given(
            tx,
            rotation::Model { name: turn.rotation.clone(), person_id: turn.person, given_seq: turn.seq },
        )
        .await?;
        tx.after_commit(Notice::TurnTaken { person: turn.person });
    }
    Ok(())
}

impl Drafts<'_> {
    /// Says on the lead and to the admins that a run failed, and why.
    async fn note_failure(
        &mut self,
        tx: &Tx,
        scene: &Scene,
        claimed: &event::Model,
        finished: &Finished,
        error: &ScriptError,
    ) -> Result<(), Refusal> {
        let place = match (&error.file, error.at) {
            (Some(file), Some((line, _))) => format!(" ({file}, line {line})"),
            (Some(file), None) => format!(" ({file})"),
            (None, _) => String::new(),
        };
        let what = format!("{}{place}", error.message.trim_end_matches('.'));
        if claimed.record_kind == "lead" {
            let step = LeadStep::RunFailed { plugin: finished.plugin.clone(), what };
            if let Some(draft) = self.lead(tx, scene, claimed.record_id).await? {
                draft.note(step);
            }
            return Ok(());
        }
        for admin in scene.snapshot.admins() {
            let text = format!("The plugin {} failed and changed nothing: {what}.", finished.plugin);
            messages::send(
                tx,
                Message {
                    to: admin,
                    kind: "run_failed",
                    record_kind: &claimed.record_kind,
                    record: claimed.record_id,
                    text,
                    at: scene.now,
                },
            );
        }
        tx.after_commit(Notice::RecordChanged { kind: "run", id: finished.id });
        Ok(())
    }
}

/// The refusal of an effect, as the error of the run that asked for it.
fn refused(finished: &Finished, placed: &Placed, refusal: &Refusal) -> ScriptError {
    ScriptError { message: refusal.to_string(), file: finished.file.clone(), at: Some((placed.line, 1)), limit: None }
}
