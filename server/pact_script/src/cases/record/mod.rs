//! A run, written down as a case that then holds.
//!
//! [`Recorder`] stands between a run and its facts and hears what is asked and answered. What was heard, with the people, teams and
//! territories that a worker knows by itself, becomes a world; the case is run in that world, and must do there what the run did. Then
//! everything is left out without which it still does the same, so that the case shows what mattered.
//!
//! Names and texts are those of the run: who may see its facts may see the case. Handles are made from names, so ids are gone.

mod heard;
mod world;

use std::collections::HashSet;
use std::sync::Arc;

use pact_policy::manifest::Manifest;
use pact_policy::table::ENTRY_POINTS;
use toml::{Table, Value as Toml};
use uuid::Uuid;

pub use self::heard::Recorder;
use self::world::{Handles, written};
use super::read::Reader;
use super::{Case, CaseError, in_words};
use crate::effect::{Effect, Placed};
use crate::facts::Facts;
use crate::pool::Pool;
use crate::run::{Outcome, Run, Scripts};

/// How many runs may be spent on leaving out what did not matter.
const MAX_TRIES: usize = 3_000;

/// Why a run cannot be written down.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The case that was written cannot be read.
    #[error("what was recorded is no case: {0}. This is a defect of PACT.")]
    Unreadable(#[from] CaseError),
    /// In its world the case does something else.
    #[error(
        "the run cannot be told again as a case, because it depended on something that a world does not have. What differs:\n{0}Write the case by hand."
    )]
    Differs(String),
}

/// Writes a run and what came of it as a case of the plugin with this manifest; `recorder` heard the run.
///
/// # Errors
/// A run that does something else in the recorded world.
pub async fn recorded<F: Facts>(
    pool: &Pool,
    manifest: &Manifest,
    title: &str,
    run: &Run,
    outcome: &Outcome,
    recorder: &Recorder<'_, F>,
) -> Result<String, RecordError> {
    let heard = recorder.heard(run).await;
    let (handles, world) = written(&heard, &Reader::new(pact_core::time::Instant::from_millis(run.now), run.today));
    let mut head = head(title, run, &handles);
    head.insert("world".to_owned(), Toml::Table(world));
    let wanted = told(outcome, |effect| handles.renamed(effect));
    let mut attempt = Attempt { pool, manifest, scripts: &run.scripts, tries: 0 };
    let mut came = attempt.run(&head).await?;
    if came != wanted {
        // What was picked may have been picked by the event.
        head.insert("seed".to_owned(), Toml::String(run.seed.to_string()));
        came = attempt.run(&head).await?;
    }
    if came != wanted {
        return Err(RecordError::Differs(difference(&wanted, &came)));
    }
    attempt.leave_out(&mut head, &wanted).await?;
    head.insert("expect".to_owned(), Toml::Array(wanted.effects.into_iter().map(Toml::Table).collect()));
    if let Some(error) = wanted.error {
        head.insert("error".to_owned(), Toml::String(error));
    }
    if !wanted.log.is_empty() {
        head.insert("log".to_owned(), Toml::Array(wanted.log.into_iter().map(Toml::String).collect()));
    }
    Ok(text_of(&head))
}

/// Completes a case with what comes of it: its text with `[[expect]]`, `error` or `log` as they are now.
pub fn completed(text: &str, case: &Case, outcome: &Outcome) -> Result<String, RecordError> {
    let mut table: Table = toml::from_str(text).map_err(CaseError::from)?;
    for key in ["expect", "error", "log"] {
        table.remove(key);
    }
    let before = table.clone();
    let mut kept = without(text, "expect");
    let came = told(outcome, |effect| in_words(&case.world, effect));
    let mut head = String::new();
    match case.failure(outcome) {
        Some(_) => head += &format!("error = {}\n", Toml::String(came.error.unwrap_or_default())),
        None => kept = format!("{}\n{}", kept.trim_end(), effects(&came.effects)),
    }
    // Keys of the case itself stand before its first table.
    let own = kept.lines().filter(|line| !line.starts_with("error = ") && !line.starts_with("log = "));
    let kept = own.fold(head, |all, line| all + line + "\n");
    let mut again: Table = toml::from_str(&kept).map_err(CaseError::from)?;
    for key in ["expect", "error"] {
        again.remove(key);
    }
    if again == before { Ok(kept) } else { Err(RecordError::Differs("the case's own text\n".to_owned())) }
}

/// What came of a run, in the words of cases.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    effects: Vec<Table>,
    error: Option<String>,
    log: Vec<String>,
}

fn told(outcome: &Outcome, words: impl Fn(&Effect) -> Table) -> Told {
    let shown = |placed: &&Placed| !matches!(placed.effect, Effect::Rotated { .. });
    Told {
        effects: outcome.effects.iter().filter(shown).map(|placed| words(&placed.effect)).collect(),
        error: outcome.error.as_ref().map(|error| error.message.lines().next().unwrap_or_default().to_owned()),
        log: outcome.log.clone(),
    }
}

/// What differs between two runs, for whoever has to write the case by hand.
fn difference(wanted: &Told, came: &Told) -> String {
    let lines = |told: &Told| {
        let effects = told.effects.iter().map(|effect| Toml::Table(effect.clone()).to_string());
        effects.chain(told.error.clone()).chain(told.log.clone()).collect::<Vec<_>>()
    };
    let (wanted, came) = (lines(wanted), lines(came));
    let only = |sign: char, these: &[String], those: &[String]| -> String {
        these.iter().filter(|line| !those.contains(line)).map(|line| format!("{sign} {line}\n")).collect()
    };
    [only('-', &wanted, &came), only('+', &came, &wanted)].concat()
}

fn head(title: &str, run: &Run, handles: &Handles) -> Table {
    let mut head = Table::new();
    let mut put = |key: &str, value: Toml| head.insert(key.to_owned(), value);
    put("title", Toml::String(title.to_owned()));
    put("now", Toml::String(pact_core::time::Instant::from_millis(run.now).to_string()));
    put("today", Toml::String(run.today.to_string()));
    if run.zone != chrono_tz::Tz::UTC {
        put("zone", Toml::String(run.zone.to_string()));
    }
    let entry = ENTRY_POINTS.iter().find(|entry| entry.name == run.call);
    match entry {
        Some(entry) => put("event", Toml::String(entry.event.to_owned())),
        None => put("call", Toml::String(run.call.clone())),
    };
    let names: Vec<&str> = entry.map_or_else(|| vec!["person"], |entry| entry.params.iter().map(|(name, _)| *name).collect());
    let with: Table =
        names.iter().zip(&run.args).filter_map(|(name, arg)| Some(((*name).to_owned(), handles.value(arg)?))).collect();
    put("with", Toml::Table(with));
    let settings: Table = run.settings.iter().filter_map(|(name, value)| Some((name.clone(), handles.value(value)?))).collect();
    put("settings", Toml::Table(settings));
    head
}

/// A case that is tried.
struct Attempt<'a> {
    pool: &'a Pool,
    manifest: &'a Manifest,
    scripts: &'a Arc<Scripts>,
    tries: usize,
}

impl Attempt<'_> {
    async fn run(&mut self, head: &Table) -> Result<Told, RecordError> {
        self.tries += 1;
        let case = Case::read("recorded", &toml::to_string(head).unwrap_or_default(), self.manifest, |_| None)?;
        let outcome = self.pool.run(&case.run(self.scripts), &case.world).await;
        Ok(told(&outcome, |effect| in_words(&case.world, effect)))
    }

    /// Leaves out records, in ever smaller pieces, as long as the same comes of it.
    async fn leave_out(&mut self, head: &mut Table, wanted: &Told) -> Result<(), RecordError> {
        let mut size = records(head).len().div_ceil(2).max(1);
        loop {
            let mut at = 0;
            loop {
                let all = records(head);
                if at >= all.len() || self.tries >= MAX_TRIES {
                    break;
                }
                let piece: HashSet<_> = all[at..(at + size).min(all.len())].iter().cloned().collect();
                let less = left(head, &piece);
                // A world that cannot be read any more is one from which too much was left out.
                if self.run(&less).await.is_ok_and(|came| came == *wanted) {
                    *head = less;
                } else {
                    at += size;
                }
            }
            if size == 1 || self.tries >= MAX_TRIES {
                return Ok(());
            }
            size = size.div_ceil(2);
        }
    }
}

/// Every record of a case's world: its kind and its place among those of its kind.
fn records(head: &Table) -> Vec<(String, usize)> {
    let world = head.get("world").and_then(Toml::as_table).into_iter().flatten();
    world
        .filter_map(|(kind, list)| Some((kind, list.as_array()?)))
        .flat_map(|(kind, list)| (0..list.len()).map(|at| (kind.clone(), at)))
        .collect()
}

/// The case without some records of its world.
fn left(head: &Table, without: &HashSet<(String, usize)>) -> Table {
    let mut head = head.clone();
    if let Some(world) = head.get_mut("world").and_then(Toml::as_table_mut) {
        for (kind, list) in world.iter_mut() {
            if let Some(list) = list.as_array_mut() {
                let mut at = 0..;
                list.retain(|_| !without.contains(&(kind.clone(), at.next().unwrap_or_default())));
            }
        }
        world.retain(|_, list| list.as_array().is_none_or(|list| !list.is_empty()));
    }
    head
}

/// A case's text in the order in which people write it.
fn text_of(head: &Table) -> String {
    let mut text = String::new();
    for key in ["title", "now", "today", "zone", "event", "call", "with", "seed", "error", "log"] {
        match head.get(key) {
            Some(Toml::Table(table)) if table.is_empty() => {}
            Some(Toml::Table(table)) => text += &format!("{key} = {}\n", inline(table)),
            Some(value) => text += &format!("{key} = {value}\n"),
            None => {}
        }
    }
    let tables = |key: &str| head.get(key).and_then(Toml::as_table).filter(|table| !table.is_empty());
    if let Some(settings) = tables("settings") {
        text += "\n[settings]\n";
        settings.iter().for_each(|(name, value)| text += &format!("{name} = {value}\n"));
    }
    for (kind, records) in tables("world").into_iter().flatten() {
        match records {
            Toml::Array(records) => records
                .iter()
                .filter_map(Toml::as_table)
                .for_each(|record| text += &block(&format!("world.{kind}"), record, "id")),
            Toml::Table(turns) => {
                text += &format!("\n[world.{kind}]\n");
                turns.iter().for_each(|(name, people)| text += &format!("{} = {people}\n", Toml::String(name.clone())));
            }
            other => text = format!("{text}\n[world]\n{kind} = {other}\n"),
        }
    }
    let expected = head.get("expect").and_then(Toml::as_array).into_iter().flatten().filter_map(Toml::as_table).cloned();
    text += effects(&expected.collect::<Vec<_>>()).as_str();
    text
}

fn effects(expected: &[Table]) -> String {
    expected.iter().map(|effect| block("expect", effect, "do")).collect()
}

/// One table of a list, with this key first.
fn block(name: &str, table: &Table, first: &str) -> String {
    let mut text = format!("\n[[{name}]]\n");
    let (before, after): (Vec<_>, Vec<_>) = table.iter().partition(|(key, _)| *key == first);
    for (key, value) in before.into_iter().chain(after) {
        match value {
            Toml::Table(table) => text += &format!("{key} = {}\n", inline(table)),
            value => text += &format!("{key} = {value}\n"),
        }
    }
    text
}

fn inline(table: &Table) -> String {
    let one = |value: &Toml| match value {
        Toml::Table(table) => inline(table),
        value => value.to_string(),
    };
    let parts: Vec<_> = table.iter().map(|(key, value)| format!("{key} = {}", one(value))).collect();
    format!("{{ {} }}", parts.join(", "))
}

/// A text without the tables of a list.
fn without(text: &str, list: &str) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        if line.starts_with('[') {
            inside = line.trim_end().starts_with(&format!("[[{list}]]")) || line.starts_with(&format!("[{list}."));
        }
        !inside
    });
    kept.fold(String::new(), |all, line| all + line + "\n")
}

/// A name for what has none.
fn short(id: Uuid) -> String {
    id.simple().to_string().chars().take(8).collect()
}
