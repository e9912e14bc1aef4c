//! What the oracle found, as data and as text.

use std::fmt::Write;

use pact_policy::table::{Kind, Label, members_of};
use serde::{Deserialize, Serialize};

use super::acts::{act_kinds, changed};
use super::atoms::Atom;
use super::compare::Leak;
use super::pairs::{Smaller, Trial};
use crate::cases::{World, kind_name};
use crate::members;
use crate::value::{Record, Value};

/// What came of running scripts in worlds that differ in acts alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// The seed of all worlds: with it, the same is found again.
    pub seed: u64,
    /// What came of each entry point.
    pub entries: Vec<EntryProof>,
}

/// What came of one entry point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryProof {
    /// The plugin.
    pub plugin: String,
    /// The function that the host calls.
    pub function: String,
    /// Whether the linter refused the plugin.
    pub refused: bool,
    /// The plugins that ran before it in each world, because it reads what they store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Worlds that were made.
    pub worlds: u64,
    /// Comparisons of that world with others.
    pub pairs: u64,
    /// Runs of the script.
    pub runs: u64,
    /// Runs that ended with an error.
    pub failed_runs: u64,
    /// What the first of them said.
    pub failure: Option<String>,
    /// The smallest pair of worlds that the script tells apart, if any was found.
    pub difference: Option<Difference>,
}

/// Two worlds that differ in acts, and the two effects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// How the worlds differ, as a sentence.
    pub how: String,
    /// Which world of the seed it was, from 0.
    pub world: u32,
    /// The call, with the records that it was given.
    pub call: String,
    /// Acts that both worlds have.
    pub same: Vec<String>,
    /// What is otherwise in the two worlds.
    pub acts: Vec<Otherwise>,
    /// What the script does in the first world and not in the second.
    pub one: Vec<String>,
    /// What it does in the second and not in the first.
    pub other: Vec<String>,
}

/// Something that is otherwise in two worlds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Otherwise {
    /// The record and its member.
    pub what: String,
    /// In the first world.
    pub one: String,
    /// In the second.
    pub other: String,
}

/// Sums over entry points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Entry points of scripts that pass.
    pub accepted: u64,
    /// Of these, those that differ: each is a defect of the linter.
    pub accepted_differing: u64,
    /// Entry points of refused scripts.
    pub refused: u64,
    /// Of these, those for which a pair of worlds shows the leak.
    pub refused_witnessed: u64,
    /// Worlds that were made.
    pub worlds: u64,
    /// Comparisons.
    pub pairs: u64,
    /// Runs.
    pub runs: u64,
    /// Runs that ended with an error.
    pub failed_runs: u64,
}

impl EntryProof {
    pub(super) fn new(plugin: &str, function: &str, refused: bool) -> Self {
        let (plugin, function) = (plugin.to_owned(), function.to_owned());
        Self {
            plugin,
            function,
            refused,
            after: Vec::new(),
            worlds: 0,
            pairs: 0,
            runs: 0,
            failed_runs: 0,
            failure: None,
            difference: None,
        }
    }

    /// Whether the linter let pass what leaks.
    pub fn is_defect(&self) -> bool {
        !self.refused && self.difference.is_some()
    }
}

impl Proof {
    /// Sums over all entry points.
    pub fn statistics(&self) -> Statistics {
        let mut sums = Statistics::default();
        for entry in &self.entries {
            let differs = u64::from(entry.difference.is_some());
            if entry.refused {
                sums.refused += 1;
                sums.refused_witnessed += differs;
            } else {
                sums.accepted += 1;
                sums.accepted_differing += differs;
            }
            sums.worlds += entry.worlds;
            sums.pairs += entry.pairs;
            sums.runs += entry.runs;
            sums.failed_runs += entry.failed_runs;
        }
        sums
    }

    /// The proof for people: a line for each entry point, each pair of worlds, and the sums.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            entry.write(&mut text);
        }
        let sums = self.statistics();
        let _ = writeln!(
            text,
            "Oracle, seed {}: {} worlds, {} comparisons, {} runs ({} ended with an error).\n\
             {} entry points pass the linter, {} of them differ. {} are refused, for {} of them a pair of worlds shows the leak.",
            self.seed,
            sums.worlds,
            sums.pairs,
            sums.runs,
            sums.failed_runs,
            sums.accepted,
            sums.accepted_differing,
            sums.refused,
            sums.refused_witnessed
        );
        text
    }
}

impl EntryProof {
    fn write(&self, text: &mut String) {
        let verdict = match (self.refused, &self.difference) {
            (false, None) => "passes, and does not differ",
            (false, Some(_)) => "passes the linter and yet DIFFERS: please report this, it is a defect of the linter",
            (true, None) => "is refused; no pair of worlds shows the leak",
            (true, Some(_)) => "is refused, and this pair of worlds shows the leak",
        };
        let _ = writeln!(
            text,
            "{} {}: {verdict} ({} worlds, {} runs, {} failed)",
            self.plugin, self.function, self.worlds, self.runs, self.failed_runs
        );
        if !self.after.is_empty() {
            let _ = writeln!(text, "  each time after runs of {}", self.after.join(", "));
        }
        // A script that fails in every world shows nothing but that.
        if let Some(failure) = self.failure.as_ref().filter(|_| self.failed_runs == self.runs) {
            let _ = writeln!(text, "  every run failed: {failure}");
        }
        if let Some(difference) = &self.difference {
            difference.write(text);
        }
    }
}

/// Lines of a kind that are shown.
const SHOWN: usize = 12;
/// Characters of each side when two things stand side by side.
const SIDE: usize = 56;

impl Difference {
    pub(super) fn of(small: &Smaller<'_>, world: u32) -> Self {
        let base = &small.base;
        let [left, right] = small.seen.pair.each_ref().map(|changes| changed(base, &changes.iter().collect::<Vec<_>>()));
        let (one, other) = only(&small.seen.atoms);
        Self {
            how: how(&small.trial, &small.seen.leak),
            world,
            call: call(small),
            same: same(&left, &right),
            acts: otherwise(&left, &right),
            one,
            other,
        }
    }

    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "  {}", self.call);
        for act in self.same.iter().take(SHOWN) {
            let _ = writeln!(text, "  in both worlds: {act}");
        }
        if self.same.len() > SHOWN {
            let _ = writeln!(text, "  in both worlds: {} more", self.same.len() - SHOWN);
        }
        beside(text, "one world", "the other world");
        for act in self.acts.iter().take(SHOWN) {
            let _ = writeln!(text, "    {}", act.what);
            beside(text, &act.one, &act.other);
        }
        let _ = writeln!(text, "  and the script does");
        for at in 0..self.one.len().max(self.other.len()).min(SHOWN) {
            let side = |list: &[String]| list.get(at).map_or("–", String::as_str).to_owned();
            beside(text, &side(&self.one), &side(&self.other));
        }
        let _ = writeln!(text, "  {}\n", self.how);
    }
}

/// Two texts side by side, each broken into lines of its half.
fn beside(text: &mut String, one: &str, other: &str) {
    let (one, other) = (broken(one), broken(other));
    for at in 0..one.len().max(other.len()) {
        let side = |lines: &[String]| lines.get(at).cloned().unwrap_or_default();
        let _ = writeln!(text, "    {:SIDE$} | {}", side(&one), side(&other));
    }
}

fn broken(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    letters.chunks(SIDE).map(|line| line.iter().collect()).collect()
}

fn how(trial: &Trial, leak: &Leak) -> String {
    match (trial, leak) {
        (Trial::Who(_), Leak::Made(_)) => {
            "The worlds differ only in who did these acts; what the script shows is no list of single acts, but made of several."
        }
        (Trial::Who(_), Leak::Order) => "The worlds differ only in who did these acts, and the script orders by it.",
        (Trial::Who(_), Leak::Leaves(_)) => "The worlds differ only in who did these acts, and that leaves PACT.",
        (Trial::Other(wide, _), _) => return format!("The worlds differ in acts alone: {}.", wide.words()),
        (Trial::Twice, _) => "The same act happened once in one world and twice in the other; the stored field counts it.",
    }
    .to_owned()
}

fn call(small: &Smaller<'_>) -> String {
    let call = small.bench.call;
    let args = call.args.iter().map(|arg| in_words(&small.base, arg));
    format!("{}({})", call.function, args.collect::<Vec<_>>().join(", "))
}

fn in_words(world: &World, value: &Value) -> String {
    match value {
        Value::Ref(_, id) => world.handle(*id).unwrap_or("somebody").to_owned(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Unit => "nothing".to_owned(),
        Value::Instant(millis) => pact_core::time::Instant::from_millis(*millis).to_string(),
        Value::Day(day) => day.to_string(),
        Value::WorkSpan(minutes) => pact_core::time::WorkSpan::of_minutes(*minutes).to_string(),
        Value::Int(n) => n.to_string(),
        Value::Bool(_) | Value::Decimal(_) | Value::Span(_) | Value::Money { .. } | Value::List(_) | Value::Map(_) => {
            format!("{value:?}")
        }
    }
}

/// What one has and the other has not; when only the order differs, everything.
fn only([one, other]: &[Vec<Atom>; 2]) -> (Vec<String>, Vec<String>) {
    let minus = |from: &[Atom], what: &[Atom]| -> Vec<String> {
        let mut left: Vec<&Atom> = what.iter().collect();
        let rest = from.iter().filter(|atom| match left.iter().position(|other| other == atom) {
            Some(at) => {
                left.swap_remove(at);
                false
            }
            None => true,
        });
        rest.map(|atom| atom.text.clone()).collect()
    };
    let (first, second) = (minus(one, other), minus(other, one));
    if first.is_empty() && second.is_empty() {
        let all = |atoms: &[Atom]| atoms.iter().map(|atom| atom.text.clone()).collect();
        return (all(one), all(other));
    }
    (first, second)
}

/// Acts in both worlds, with what is labelled in them.
fn same(left: &World, right: &World) -> Vec<String> {
    let acts = act_kinds().chain([Kind::Act]).flat_map(|kind| left.all(kind));
    let both = acts.filter(|act| right.record(act.kind, act.id).is_some_and(|other| *other == **act));
    both.map(|act| format!("{}: {}", named(left, act), labelled(left, act))).collect()
}

fn named(world: &World, record: &Record) -> String {
    world.handle(record.id).map_or_else(|| kind_name(record.kind), str::to_owned)
}

fn labelled(world: &World, record: &Record) -> String {
    let members = members_of(record.kind).filter(|member| member.label.meets(Label::WHO_TRACE) || member.name == "customer");
    let each = members.filter_map(|member| {
        let value = members::get(record, member.name)?;
        (*value != Value::Unit).then(|| format!("{} {}", member.name, in_words(world, value)))
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Everything that is otherwise in the two worlds, member by member.
fn otherwise(left: &World, right: &World) -> Vec<Otherwise> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        for record in left.all(kind) {
            let what = named(left, record);
            let Some(other) = right.record(kind, record.id) else {
                all.push(Otherwise { what, one: labelled(left, record), other: "was not done".to_owned() });
                continue;
            };
            for (member, (a, b)) in members_of(kind).zip(record.values.iter().zip(&other.values)).filter(|(_, (a, b))| a != b) {
                let what = format!("{what}: {}", member.name);
                all.push(Otherwise { what, one: in_words(left, a), other: in_words(right, b) });
            }
        }
    }
    all
}
