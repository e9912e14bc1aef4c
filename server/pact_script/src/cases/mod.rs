//! Cases: given a world, an event and a moment, these effects are expected.
//!
//! A case is one TOML file in a plugin's `cases/` folder:
//!
//! ```toml
//! title = "A known customer's lead goes to its owner"   # optional; the file's name otherwise
//! now = "2026-11-24T09:00:00Z"
//! today = "2026-11-24"                # optional; the day of `now` in UTC otherwise
//! zone = "Europe/Amsterdam"           # optional: the zone by whose clock hours are told; UTC otherwise
//! event = "lead_created"              # or: call = "sweep", a scheduled function
//! with = { lead = "pumps" }           # the arguments, by the names in the table; a scheduled function has `person`
//! worlds = ["company.toml"]           # optional: worlds from files beside the case or one folder above, put before the world below;
//!                                     # a record written again under its handle replaces the one before
//!
//! [settings]                          # optional: values other than the manifest's defaults
//! answer_within = "2 work hours"
//!
//! [[world.person]]                    # any kind of the table: lead, push, lead_event, customer, contact, card, plan, request,
//! id = "ann"                          # person, team, territory, pack, goal, period, act
//! territory = "north"                 # records are named by their handle; any member of the table can be written
//! roles = ["rep"]                     # beside members: person: roles, capacity, on_duty_in (a span) · lead: state, closed_at
//!                                     # territory: above · lead_event: lead · act: period · every kind: fields
//! [[world.lead]]
//! id = "pumps"
//! customer = "hooli"
//! value = "12000 EUR"                 # amounts, spans ("3 work days"), days and instants as text
//! fields = { urgency = "high" }
//!
//! [world.turns]                       # optional: who got something from a rotation, in order
//! field-north = ["bo"]
//!
//! [[expect]]                          # the effects, in order; keys that are left out are not compared
//! do = "push"
//! lead = "pumps"
//! person = "ann"
//! within = "4 work hours"
//! ```
//!
//! Members that are left out are empty; names and titles are the handle, people are on duty, days and instants are those of the
//! case. Without `[[expect]]` nothing may happen. `error = "…"` expects the run to fail with these words in its message, and
//! `log = ["…"]` expects these lines; `seed` is what `pick` chooses by. An amount in `fields` is written `{ amount = "12000 EUR" }`. An effect that the manifest does not declare in `may` fails the run, as it does in a server. Moved rotations (`do = "rotated"`) are compared only where a case names one. A tally counts
//! as in the policy, from five contributors on, unless the world says `contributors = 1`.

mod difference;
mod expect;
mod narrow;
mod read;
pub mod record;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use pact_core::time::Instant;
use pact_policy::manifest::Manifest;
use pact_policy::table::{Capability, EntryPoint, Ty};
use serde::Deserialize;
use uuid::Uuid;

pub use self::difference::{Differences, Mark, Row, in_a_line};
pub use self::read::{WorldError, id_of};
pub use self::world::World;
use crate::effect::Placed;
use crate::plugin::{SettingError, settings};
use crate::pool::Pool;
use crate::run::{Outcome, Run, Scripts};
use crate::value::Value;

pub(crate) use self::expect::in_words;
pub(crate) use self::read::{Extra, Read, amount, kind_name, span};

/// One case, read and ready to run.
#[derive(Debug)]
pub struct Case {
    /// What it shows.
    pub title: String,
    /// The function that is called.
    pub call: String,
    /// Its arguments.
    pub args: Vec<Value>,
    /// What is true.
    pub world: World,
    zone: Tz,
    seed: Uuid,
    /// What an admin has set.
    pub settings: BTreeMap<String, Value>,
    /// What the manifest declares.
    may: Vec<Capability>,
    expect: Vec<toml::Table>,
    error: Option<String>,
    log: Option<Vec<String>>,
}

/// Why a case cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// It is no TOML, or has keys that no case has.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// Something in its world is wrong.
    #[error("{0}")]
    World(#[from] WorldError),
    /// A setting is wrong.
    #[error("{0}")]
    Setting(#[from] SettingError),
    /// What is called, or with what, is wrong.
    #[error("{0}")]
    Call(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: Option<String>,
    now: toml::Value,
    today: Option<toml::Value>,
    zone: Option<String>,
    seed: Option<Uuid>,
    event: Option<String>,
    call: Option<String>,
    #[serde(default)]
    with: toml::Table,
    #[serde(default)]
    worlds: Vec<String>,
    #[serde(default)]
    settings: toml::Table,
    #[serde(default)]
    world: toml::Table,
    #[serde(default)]
    expect: Vec<toml::Table>,
    error: Option<String>,
    log: Option<Vec<String>>,
}

impl Case {
    /// Reads a case for a plugin with this manifest; `file` gives the texts of other files in the folder.
    pub fn read(name: &str, text: &str, manifest: &Manifest, file: impl Fn(&str) -> Option<String>) -> Result<Self, CaseError> {
        let written: Written = toml::from_str(text)?;
        let now = read::instant(&written.now).map_err(|why| CaseError::Call(format!("now {why}")))?;
        let today = match &written.today {
            Some(day) => read::day(day).map_err(|why| CaseError::Call(format!("today {why}")))?,
            None => now.to_utc().date_naive(),
        };
        let mut table = toml::Table::new();
        for other in &written.worlds {
            let text = file(other).ok_or_else(|| CaseError::Call(format!("the world \"{other}\" is not in the folder")))?;
            put(&mut table, toml::from_str(&text)?);
        }
        put(&mut table, written.world);
        let world = World::from_toml(&table, now, today)?;
        let (call, params) = called(written.event.as_deref(), written.call.as_deref(), &written.with)?;
        let args = arguments(&call, &params, &written.with, now, today)?;
        let zone = written.zone.as_deref().unwrap_or("UTC");
        let zone = zone.parse().map_err(|_| CaseError::Call(format!("\"{zone}\" is no IANA time zone")))?;
        let given = written.settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(Self {
            title: written.title.unwrap_or_else(|| name.to_owned()),
            call,
            args,
            world,
            settings: settings(manifest, &given)?,
            may: manifest.may.clone(),
            zone,
            seed: written.seed.unwrap_or_default(),
            expect: written.expect,
            error: written.error,
            log: written.log,
        })
    }

    /// The run of this case over a script set.
    pub fn run(&self, scripts: &Arc<Scripts>) -> Run {
        Run {
            scripts: scripts.clone(),
            call: self.call.clone(),
            args: self.args.clone(),
            now: self.world.now().millis(),
            today: self.world.today(),
            zone: self.zone,
            settings: Arc::new(self.settings.clone()),
            seed: self.seed,
            given: Vec::new(),
        }
    }

    /// Runs the case; gives what differs from what is expected.
    pub async fn check(&self, pool: &Pool, scripts: &Arc<Scripts>) -> Differences {
        self.compare(&pool.run(&self.run(scripts), &self.world).await)
    }

    /// Whether the case says what is to come; one that says nothing expects that nothing happens.
    pub fn says_what_is_expected(&self) -> bool {
        !self.expect.is_empty() || self.error.is_some() || self.log.is_some()
    }

    /// What differs between an outcome and what is expected.
    pub fn compare(&self, outcome: &Outcome) -> Differences {
        let mut different = Differences::default();
        let failure = self.failure(outcome);
        match (&self.error, &failure) {
            (None, None) => different.effects(&self.world, &self.expect, &outcome.effects),
            (Some(wanted), Some(failure)) if failure.contains(wanted.as_str()) => {}
            (wanted, failure) => different.instead("error", wanted.as_deref(), failure.as_deref()),
        }
        if let Some(log) = &self.log {
            different.instead("log", Some(&log.join(" | ")), Some(&outcome.log.join(" | ")));
        }
        different
    }

    /// Why the run failed, and where; also where a server would refuse what it wants.
    pub fn failure(&self, outcome: &Outcome) -> Option<String> {
        if let Some(error) = &outcome.error {
            let file = error.file.as_deref().map(|file| format!("{file}:")).unwrap_or_default();
            let at = error.at.map(|(line, column)| format!(" ({file}{line}:{column})")).unwrap_or_default();
            return Some(format!("{error}{at}"));
        }
        let missing = |placed: &&Placed| placed.effect.capability().is_some_and(|capability| !self.may.contains(&capability));
        let placed = outcome.effects.iter().find(missing)?;
        let word = placed.effect.capability().map_or("", Capability::name);
        let line = placed.line;
        Some(format!("The manifest does not declare the effect of line {line}. Add \"{word}\" to `may`, or leave it out."))
    }
}

/// Puts a world behind another: lists are continued, tables are joined, single values replaced.
fn put(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Array(list)), toml::Value::Array(more)) => list.extend(more),
            (Some(toml::Value::Table(table)), toml::Value::Table(more)) => put(table, more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

type Params = Vec<(String, Ty)>;

fn called(event: Option<&str>, call: Option<&str>, with: &toml::Table) -> Result<(String, Params), CaseError> {
    match (event, call) {
        (Some(event), None) => {
            let point = EntryPoint::of_event(event).ok_or_else(|| CaseError::Call(format!("there is no event \"{event}\"")))?;
            let entry = point.entry();
            Ok((entry.name.to_owned(), entry.params.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect()))
        }
        (None, Some(call)) => {
            let person = with.contains_key("person").then(|| ("person".to_owned(), Ty::Record(pact_policy::table::Kind::Person)));
            Ok((call.to_owned(), person.into_iter().collect()))
        }
        _ => Err(CaseError::Call("a case has either `event` or `call`".to_owned())),
    }
}

fn arguments(call: &str, params: &Params, with: &toml::Table, now: Instant, today: NaiveDate) -> Result<Vec<Value>, CaseError> {
    if let Some(unknown) = with.keys().find(|key| !params.iter().any(|(name, _)| name == *key)) {
        return Err(CaseError::Call(format!("{call} has no parameter `{unknown}`")));
    }
    let reader = read::Reader::new(now, today);
    let each = params.iter().map(|(name, ty)| {
        let given = with.get(name).ok_or_else(|| CaseError::Call(format!("{call} needs `{name}` in `with`")))?;
        reader.value(*ty, given).map_err(|why| CaseError::Call(format!("{name} {why}")))
    });
    each.collect()
}
