//! What becomes of an event when a plugin's run for it failed.
//!
//! Effects of the other plugins stand, and the event is handled. The plugin that failed gets the same event again, alone: a new row with the plugin's name.
//! Where time alone may heal what was in the way (the machine was busy, a worker was lost) that row is handled after a pause, each longer than
//! the one before; where it may not (the script throws, an effect is refused) or has not for long enough, the row is put aside with the reason. So a
//! failed run is never forgotten: an admin who has mended the plugin releases what was put aside.

use pact_core::history::LeadStep;
use pact_script::run::{Limit, ScriptError};
use pact_store::entity::event;
use pact_store::{Notice, Tx};

use super::Finished;
use super::bounds::Kept;
use super::drafts::Drafts;
use crate::Refusal;
use crate::events::{again_for, hold, parked_for};
use crate::jobs::{MAX_ATTEMPTS, backoff_ms};
use crate::ops::job::{self, tell_admins};
use crate::ops::lead::Scene;

/// Writes what becomes of the event for the plugin whose run failed; whether it is put aside, and not tried again by itself.
pub(super) async fn settle(
    tx: &Tx,
    drafts: &mut Drafts<'_>,
    scene: &Scene,
    claimed: &event::Model,
    finished: &Finished,
    error: &ScriptError,
) -> Result<bool, Refusal> {
    let claimed = &named(tx, claimed, finished).await?;
    if may_heal(error) && claimed.attempts < MAX_ATTEMPTS {
        tx.append(again_for(claimed, &finished.plugin, scene.now.millis() + backoff_ms(claimed.attempts)));
        return Ok(false);
    }
    let what = in_words(error);
    let on = job::day(scene);
    let parked = parked_for(claimed, &finished.plugin, format!("The plugin {} failed: {what}.", finished.plugin), on);
    if claimed.record_kind == "lead" {
        // The history tells the admins too.
        let step = LeadStep::RunFailed { plugin: finished.plugin.clone(), what };
        if let Some(draft) = drafts.lead(claimed.record_id) {
            draft.note(scene, step);
        }
    } else {
        let text = format!("The plugin {} failed and changed nothing: {what}.", finished.plugin);
        tell_admins(tx, scene, "run_failed", &parked, &text).await?;
        tx.after_commit(Notice::RecordChanged { kind: "run", id: finished.id });
    }
    tx.append(parked);
    Ok(true)
}

/// The event with the name by which admins know it, if it was put aside before for this plugin and released; else without one.
async fn named(tx: &Tx, claimed: &event::Model, finished: &Finished) -> Result<event::Model, Refusal> {
    if claimed.parked_id.is_some() && claimed.plugin_id.as_ref() == Some(&finished.plugin) {
        // The name goes on with the row that is to be written.
        pact_store::job::unname(tx, claimed).await?;
        return Ok(claimed.clone());
    }
    Ok(event::Model { parked_id: None, parked_on: None, ..claimed.clone() })
}

/// Puts an event aside whose run went well and is not committed: its plugin was switched off meanwhile, or may not have so many effects. The error that
/// the run is recorded with.
pub(super) async fn keep_back(
    tx: &Tx,
    scene: &Scene,
    claimed: &event::Model,
    finished: &Finished,
    kept: &Kept,
) -> Result<ScriptError, Refusal> {
    let claimed = named(tx, claimed, finished).await?;
    let (why, next) = match kept {
        Kept::Off => (format!("The plugin {} was switched off while this ran", finished.plugin), ""),
        Kept::Held(why) => (why.clone(), " Release it, and it runs once without this limit; or drop it."),
    };
    let what = format!("{why}. Nothing of it was done.{next}");
    let mut parked = parked_for(&claimed, &finished.plugin, what.clone(), job::day(scene));
    if matches!(kept, Kept::Held(_)) {
        hold(&mut parked);
    }
    tell_admins(tx, scene, "held", &parked, &what).await?;
    tx.after_commit(Notice::RecordChanged { kind: "run", id: finished.id });
    tx.append(parked);
    Ok(ScriptError { message: what, file: finished.file.clone(), at: None, limit: None })
}

/// Whether the same run may go well a little later, though nobody changed anything: it took too long on a machine with much to do, or lost its worker.
pub(crate) const fn may_heal(error: &ScriptError) -> bool {
    match error.limit {
        Some(Limit::WallTime) => true,
        // What a script or an effect is refused for has a place; what befell the worker has none.
        None => error.at.is_none(),
        Some(
            Limit::Operations
            | Limit::CallDepth
            | Limit::ExpressionDepth
            | Limit::StringSize
            | Limit::ArraySize
            | Limit::MapSize
            | Limit::Variables
            | Limit::Functions
            | Limit::Modules
            | Limit::ScriptSize
            | Limit::Memory
            | Limit::Stack
            | Limit::Effects
            | Limit::Rows
            | Limit::LogLines,
        ) => false,
    }
}

/// What went wrong and where.
fn in_words(error: &ScriptError) -> String {
    let place = match (&error.file, error.at) {
        (Some(file), Some((line, _))) => format!(" ({file}, line {line})"),
        (Some(file), None) => format!(" ({file})"),
        (None, _) => String::new(),
    };
    format!("{}{place}", error.message.trim_end_matches('.'))
}
