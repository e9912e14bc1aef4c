//! What differs between what a case expects and what came, side by side, so that it can be read at a glance.

use std::fmt::{self, Display};

use super::expect::in_words;
use super::world::World;
use crate::effect::{Effect, Placed};

/// What differs, row by row; empty when the case holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences(Vec<Row>);

/// One row of what differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose row it is.
    pub mark: Mark,
    /// What it says.
    pub text: String,
}

/// Whose row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Expected, and it came; or a word in between.
    Same,
    /// Expected, and it did not come.
    Expected,
    /// Came, and was not expected.
    Got,
}

impl Mark {
    /// The sign in front of a row.
    pub const fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Expected => '-',
            Self::Got => '+',
        }
    }
}

/// The longest text of an effect that only stands between others, in characters.
const SHORT_CHARS: usize = 100;
/// What it costs to take an effect as missing, or as one too many, in keys that differ: two effects of one kind are compared rather
/// than one missed and the other added, unless nearly everything about them differs.
const GAP_KEYS: usize = 4;

impl Differences {
    /// Whether the case holds.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.0
    }

    pub(super) fn say(&mut self, mark: Mark, text: impl Into<String>) {
        self.0.push(Row { mark, text: text.into() });
    }

    /// Something that should be one thing and is another; nothing is said where both are the same.
    pub(super) fn instead(&mut self, what: &str, expected: Option<&str>, got: Option<&str>) {
        if expected == got {
            return;
        }
        self.say(Mark::Same, what);
        for (mark, text) in [(Mark::Expected, expected), (Mark::Got, got)] {
            if let Some(text) = text {
                self.say(mark, format!("  {text}"));
            }
        }
    }

    /// Compares effects, in order. Keys that an expected effect does not have are not compared.
    pub(super) fn effects(&mut self, world: &World, expected: &[toml::Table], effects: &[Placed]) {
        let turns = expected.iter().any(|wanted| name(wanted) == "rotated");
        let came: Vec<_> = effects
            .iter()
            .filter(|placed| turns || !matches!(placed.effect, Effect::Rotated { .. }))
            .map(|placed| (in_words(world, &placed.effect), placed.line))
            .collect();
        let pairs = aligned(expected, &came);
        let alike = |pair: &(Option<usize>, Option<usize>)| matches!(pair, (Some(i), Some(j)) if unlike(&expected[*i], &came[*j].0).is_empty());
        if pairs.iter().all(alike) {
            return;
        }
        self.say(Mark::Same, "effects");
        for pair in pairs {
            match pair {
                (Some(i), Some(j)) => self.pair(&expected[i], &came[j]),
                (Some(i), None) => self.say(Mark::Expected, format!("  {}", inline(&expected[i], |_| true))),
                (None, Some(j)) => self.say(Mark::Got, format!("  {} (line {})", inline(&came[j].0, |_| true), came[j].1)),
                (None, None) => {}
            }
        }
    }

    /// An expected effect beside the one that came in its place.
    fn pair(&mut self, wanted: &toml::Table, (given, line): &(toml::Table, u32)) {
        let keys = unlike(wanted, given);
        let same = inline(wanted, |key| !keys.contains(&key));
        if keys.is_empty() {
            return self.say(Mark::Same, format!("  {}", shortened(&same)));
        }
        self.say(Mark::Same, format!("  {} (line {line})", shortened(&same)));
        for key in keys {
            self.say(Mark::Expected, format!("    {key} = {}", wanted.get(key).map_or_else(|| "nothing".to_owned(), shown)));
            self.say(Mark::Got, format!("    {key} = {}", given.get(key).map_or_else(|| "nothing".to_owned(), shown)));
        }
    }
}

impl Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|row| writeln!(f, "{} {}", row.mark.sign(), row.text))
    }
}

fn name(effect: &toml::Table) -> &str {
    effect.get("do").and_then(toml::Value::as_str).unwrap_or_default()
}

/// Expected keys that the effect has otherwise.
fn unlike<'a>(wanted: &'a toml::Table, given: &toml::Table) -> Vec<&'a str> {
    wanted.iter().filter(|(key, value)| given.get(*key) != Some(value)).map(|(key, _)| key.as_str()).collect()
}

/// Which effect stands beside which: the way with the fewest differences, in the order of both.
fn aligned(expected: &[toml::Table], came: &[(toml::Table, u32)]) -> Vec<(Option<usize>, Option<usize>)> {
    let pair = |i: usize, j: usize| {
        let (wanted, given) = (&expected[i], &came[j].0);
        (name(wanted) == name(given)).then(|| unlike(wanted, given).len())
    };
    // costs[i][j]: from the i-th expected and the j-th that came on to the end.
    let mut costs = vec![vec![0; came.len() + 1]; expected.len() + 1];
    for i in (0..=expected.len()).rev() {
        for j in (0..=came.len()).rev() {
            let beside =
                (i < expected.len() && j < came.len()).then(|| pair(i, j)).flatten().map(|cost| cost + costs[i + 1][j + 1]);
            let missing = (i < expected.len()).then(|| GAP_KEYS + costs[i + 1][j]);
            let more = (j < came.len()).then(|| GAP_KEYS + costs[i][j + 1]);
            costs[i][j] = [beside, missing, more].into_iter().flatten().min().unwrap_or(0);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < expected.len() || j < came.len() {
        let beside = (i < expected.len() && j < came.len()).then(|| pair(i, j)).flatten();
        if beside.is_some_and(|cost| cost + costs[i + 1][j + 1] == costs[i][j]) {
            pairs.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if i < expected.len() && GAP_KEYS + costs[i + 1][j] == costs[i][j] {
            pairs.push((Some(i), None));
            i += 1;
        } else {
            pairs.push((None, Some(j)));
            j += 1;
        }
    }
    pairs
}

/// An effect in one line: `notify person = "ann", text = "…"`.
pub fn in_a_line(world: &World, effect: &Effect) -> String {
    inline(&in_words(world, effect), |_| true)
}

fn inline(effect: &toml::Table, keep: impl Fn(&str) -> bool) -> String {
    let keys = effect.iter().filter(|(key, _)| *key != "do" && keep(key));
    let parts: Vec<_> = keys.map(|(key, value)| format!("{key} = {}", shown(value))).collect();
    format!("{} {}", name(effect), parts.join(", ")).trim_end().to_owned()
}

/// A value in one line.
fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => format!("{text:?}"),
        toml::Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        toml::Value::Table(entries) => {
            let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key} = {}", shown(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) | toml::Value::Datetime(_) => value.to_string(),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHORT_CHARS {
        return text.to_owned();
    }
    text.chars().take(SHORT_CHARS - 1).chain(['…']).collect()
}
