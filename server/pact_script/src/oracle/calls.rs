//! Which functions of a script are called with what, and the runs themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fastrand::Rng;
use pact_policy::manifest::{ForEach, Manifest, Setting, SettingType};
use pact_policy::table::{Entry, EntryPoint, Kind, Ty};
use uuid::Uuid;

use super::atoms::{Atom, atoms, is_cut_off};
use super::worlds::{self, any};
use crate::cases::World;
use crate::facts::{Answer, Ask, Facts, Organisation, Rotate};
use crate::members;
use crate::plugin::{Loaded, setting};
use crate::pool::Pool;
use crate::run::{Outcome, Run};
use crate::value::Value;

/// A function that the host calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Called {
    /// At an event.
    Event(EntryPoint),
    /// By a schedule, perhaps once for each person.
    Schedule(String, ForEach),
}

impl Called {
    /// Every function of a plugin that the host calls.
    pub(super) fn all(plugin: &Loaded) -> Vec<Self> {
        let events = plugin.entry_points.iter().map(|point| Self::Event(*point));
        let schedules = plugin.manifest().schedules.iter().map(|it| {
            let each = if it.zone == "person" { ForEach::Person } else { it.for_each };
            Self::Schedule(it.call.clone(), each)
        });
        events.chain(schedules).collect()
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Event(point) => point.entry().name,
            Self::Schedule(name, _) => name,
        }
    }

    /// Whether an act of a member of staff calls it.
    pub(super) fn by_act(&self) -> bool {
        matches!(self, Self::Event(point) if point.entry().act)
    }

    /// Arguments from a world.
    pub(super) fn args(&self, world: &World, rng: &mut Rng) -> Vec<Value> {
        match self {
            Self::Event(point) => event_args(point.entry(), world, rng),
            Self::Schedule(_, ForEach::Person) => vec![Value::Ref(Kind::Person, any(rng, Kind::Person))],
            Self::Schedule(_, ForEach::None) => Vec::new(),
        }
    }
}

fn event_args(entry: &Entry, world: &World, rng: &mut Rng) -> Vec<Value> {
    let mut args: Vec<Value> = entry
        .params
        .iter()
        .map(|(_, ty)| match ty {
            Ty::Record(kind) => Value::Ref(*kind, any(rng, *kind)),
            _ => Value::from(["enquiry", "talks", "offer", "contract"][rng.usize(0..4)]),
        })
        .collect();
    // A push is called together with its own lead.
    let lead = args.iter().find_map(|arg| match arg {
        Value::Ref(Kind::Push, id) => members::get(world.record(Kind::Push, *id)?, "lead").cloned(),
        _ => None,
    });
    if let (Some(lead), Some(first)) = (lead, args.first_mut()) {
        *first = lead;
    }
    args
}

/// Settings of a plugin: their defaults, or something of their type where an admin would have to say.
pub(super) fn settings(manifest: &Manifest) -> BTreeMap<String, Value> {
    let each = manifest.settings.iter().map(|(name, it)| {
        let given = it.default.as_ref().and_then(|value| setting(name, it, value).ok());
        (name.clone(), given.unwrap_or_else(|| made_up(it)))
    });
    each.collect()
}

fn made_up(setting: &Setting) -> Value {
    let option = setting.options.first().cloned();
    match setting.ty {
        SettingType::Text | SettingType::LongText | SettingType::Link => Value::from("something"),
        SettingType::Number => Value::Int(setting.min.as_ref().and_then(toml::Value::as_integer).unwrap_or(3)),
        SettingType::YesNo => Value::Bool(true),
        SettingType::Span => Value::WorkSpan(5 * pact_core::time::MINUTES_PER_WORK_DAY),
        SettingType::Money => Value::Money { minor: 1_000_000, currency: "EUR".to_owned() },
        SettingType::Day => Value::Day(worlds::today()),
        SettingType::Choice => option.map_or(Value::Unit, Value::Text),
        SettingType::ManyChoices => Value::texts(option),
    }
}

/// A plugin with what its runs need.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) scripts: Arc<crate::run::Scripts>,
    pub(super) settings: Arc<BTreeMap<String, Value>>,
    pub(super) coaching: bool,
}

impl Subject {
    pub(super) fn of(plugin: &Loaded) -> Self {
        Self {
            scripts: plugin.scripts.clone(),
            settings: Arc::new(settings(plugin.manifest())),
            coaching: plugin.manifest().coaching,
        }
    }
}

/// One call in one world.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) subject: Subject,
    pub(super) function: String,
    pub(super) args: Vec<Value>,
    pub(super) seed: Uuid,
}

impl Call {
    /// The run in this world; what the host decides for itself is decided as it was in the first world that `host` saw.
    pub(super) async fn run(&self, pool: &Pool, world: &World, host: &Host) -> Outcome {
        let run = Run {
            scripts: self.subject.scripts.clone(),
            call: self.function.clone(),
            args: self.args.clone(),
            now: worlds::NOW_MILLIS,
            today: worlds::today(),
            zone: chrono_tz::Tz::UTC,
            settings: self.subject.settings.clone(),
            seed: self.seed,
            given: Vec::new(),
        };
        pool.run(&run, &Asked { world, host, asked: Mutex::default() }).await
    }

    /// What the run shows in this world, and its error; nothing is shown when the machine ended it.
    pub(super) async fn shows(&self, pool: &Pool, world: &World, host: &Host) -> (Option<Vec<Atom>>, Option<String>) {
        let outcome = self.run(pool, world, host).await;
        let shown = (!is_cut_off(&outcome)).then(|| atoms(world, &self.function, &outcome));
        (shown, outcome.error.map(|error| error.message))
    }
}

/// What the host decided in the first of several worlds: whose turn it was, and which groups a tally showed.
///
/// Both are sanctioned by the policy because the host keeps the counts (§2.4, §2), so they are no difference between worlds. The
/// same question gets the same answer; a question that differs is answered anew, and what came of it is compared.
#[derive(Debug, Default)]
pub(super) struct Host(Mutex<Vec<(String, usize, Answer)>>);

impl Host {
    fn answer(&self, question: String, nth: usize, new: impl FnOnce() -> Answer) -> Answer {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, answer)) = known.iter().find(|(other, at, _)| *other == question && *at == nth) {
            return answer.clone();
        }
        let answer = new();
        known.push((question, nth, answer.clone()));
        answer
    }
}

struct Asked<'a> {
    world: &'a World,
    host: &'a Host,
    asked: Mutex<BTreeMap<String, usize>>,
}

impl Asked<'_> {
    fn nth(&self, question: &str) -> usize {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let count = asked.entry(question.to_owned()).or_default();
        *count += 1;
        *count
    }
}

impl Facts for Asked<'_> {
    fn organisation(&self) -> Arc<Organisation> {
        self.world.organisation()
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let question = match &ask {
            Ask::Rotate(rotate) => format!("{:?}", Rotate { taken: Vec::new(), ..rotate.clone() }),
            Ask::Tally(kind, _) if super::acts::act_kinds().any(|act| act == *kind) => format!("tally of {kind:?}"),
            Ask::Tally(..) | Ask::Rows { .. } | Ask::Count(_) | Ask::Record(..) | Ask::Acts(_) => {
                return self.world.answer(ask);
            }
        };
        let nth = self.nth(&question);
        self.host.answer(question, nth, || self.world.answer(ask))
    }
}
