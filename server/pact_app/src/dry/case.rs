//! A dry run over one event, written down as a case of its plugin.
//!
//! The run is done once more with the same event, clock and settings, and everything that it hears becomes a world ([`pact_script::cases::record`]). A case is
//! a file that goes from desk to desk, so people stand in it under pseudonyms, other ones in each case (`policy.md` §6): the run is done under these, so what it
//! says of people says them too. Customers keep their names, and texts their words.

use pact_core::role::Role;
use pact_script::cases::record::{RecordError, Recorder, recorded};
use pact_script::effect::Effect;
use pact_script::run::Outcome;
use uuid::Uuid;

use super::kept::DryRun;
use super::nameless::Nameless;
use super::prepare::prepare;
use super::results;
use super::told::Asked;
use super::work::{self, Task};
use crate::{App, Refusal, fields};

/// Characters of a case's title.
const TITLE_CHARS: usize = 200;

/// A dry run over one event as a case, in TOML; `reader` may see what that dry run showed.
///
/// # Errors
/// There is no such dry run; it looked at more than one event; what it would show is not for this reader; or it cannot be told again as a case.
pub async fn case_of(app: &App, reader: Uuid, role: Role, id: Uuid, title: Option<String>) -> Result<String, Refusal> {
    let (call, asked) = results::asked(app, id).await?;
    written(app, reader, role, asked, title.unwrap_or_else(|| usual_title(&call))).await
}

/// The same of a dry run that is held here, and not kept for others.
///
/// # Errors
/// As [`case_of`].
pub async fn case_of_this(app: &App, reader: Uuid, role: Role, run: &DryRun, title: String) -> Result<String, Refusal> {
    written(app, reader, role, run.asked.clone(), title).await
}

fn usual_title(call: &str) -> String {
    format!("As {call} was tried")
}

async fn written(app: &App, reader: Uuid, role: Role, asked: Option<Asked>, title: String) -> Result<String, Refusal> {
    let task = task_of(app, reader, asked).await?;
    check_fields(&task, role)?;
    let pool = app.pool.as_deref().ok_or_else(|| Refusal::not_now("No scripts run on this server, so none can be recorded."))?;
    let gone = || Refusal::not_now("The record that it was about is gone.");
    let (plain, facts) = work::one(app, &task).await?.ok_or_else(gone)?;
    let wanted = pool.run(&plain, &facts).await;
    // Turns were promised to the first; so the second asks anew.
    let (again, facts) = work::one(app, &task).await?.ok_or_else(gone)?;
    let nameless = Nameless::new(&facts);
    let recorder = Recorder::new(&nameless);
    let outcome = pool.run(&again, &recorder).await;
    if done(&wanted) != done(&outcome) {
        return Err(Refusal::not_now(
            "It does something else when people have other names, and a case holds nobody's real name. Write the case by hand.",
        ));
    }
    check_digests(&outcome, reader)?;
    let title: String = title.chars().take(TITLE_CHARS).collect();
    let written = recorded(pool, &task.plugin.manifest, &title, &again, &outcome, &recorder).await;
    written.map_err(|error| match error {
        RecordError::Unreadable(_) => Refusal::defect(error),
        RecordError::Differs(_) => Refusal::NotNow { why: sentence(&error.to_string()) },
    })
}

/// The work of the dry run once more, if it looked at one event that may be told.
async fn task_of(app: &App, reader: Uuid, asked: Option<Asked>) -> Result<Task, Refusal> {
    let Some(Asked { command, looks_back, is_act }) = asked else {
        return Err(Refusal::not_now(
            "A case is one run, and this dry run looked at several events. Try it over one record, or over one event.",
        ));
    };
    if is_act {
        return Err(Refusal::not_now(
            "An act of somebody fired this event, and its case would say at which moment. Try the same over its record instead.",
        ));
    }
    Ok(Task { looks_back, ..prepare(app, reader, command).await? })
}

/// Refuses fields that somebody in this role does not read: their values would stand in the world.
fn check_fields(task: &Task, role: Role) -> Result<(), Refusal> {
    match task.plugin.fields.iter().find(|field| !fields::reads(field, role)) {
        Some(field) => {
            let why =
                format!("The script may read the field {}, which is not for your role. Write the case by hand.", field.name);
            Err(Refusal::NotNow { why })
        }
        None => Ok(()),
    }
}

/// Refuses digests of others: their lines are shown to nobody but the person they are for.
fn check_digests(outcome: &Outcome, reader: Uuid) -> Result<(), Refusal> {
    let of_others =
        outcome.effects.iter().any(|placed| matches!(&placed.effect, Effect::Send { person, .. } if *person != reader));
    match of_others {
        true => {
            Err(Refusal::not_now("It writes a digest for somebody else, whose lines are theirs alone. Write the case by hand."))
        }
        false => Ok(()),
    }
}

/// What a run did, without its words.
fn done(outcome: &Outcome) -> (Vec<(String, Option<Uuid>, u32)>, bool) {
    let word = |effect: &Effect| serde_json::to_value(effect).ok().and_then(|it| it["do"].as_str().map(str::to_owned));
    let effects = outcome.effects.iter();
    let effects = effects.map(|placed| (word(&placed.effect).unwrap_or_default(), placed.effect.lead(), placed.line));
    (effects.collect(), outcome.error.is_some())
}

/// With a capital at its beginning.
fn sentence(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}
