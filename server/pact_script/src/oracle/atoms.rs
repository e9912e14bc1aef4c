//! Effects taken apart into what can be compared: one atom for each thing that somebody sees.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::cases::{World, in_words};
use crate::effect::Effect;
use crate::run::Outcome;

/// What kind of thing is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sort {
    /// An effect, or a piece of its text.
    Effect,
    /// That a digest is sent, with its title.
    Title,
    /// A section's title; the host shows it only over lines.
    Heading,
    /// A line of a digest, or a piece of it.
    Line,
    /// Something that leaves PACT.
    Post,
    /// A coaching note.
    Note,
    /// A line of the run's log, or the error that ended it.
    Log,
}

/// One thing that somebody sees.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Atom {
    pub(super) sort: Sort,
    /// The person to whom it goes, where it goes to one.
    pub(super) to: Option<Uuid>,
    pub(super) text: String,
}

/// Everything that one run shows, in order.
pub(super) fn atoms(world: &World, call: &str, outcome: &Outcome) -> Vec<Atom> {
    let mut all = Vec::new();
    for placed in &outcome.effects {
        let words = in_words(world, &placed.effect);
        let (sort, to) = match &placed.effect {
            Effect::Send { person, title, sections } => {
                digest(world, call, *person, title, sections, &mut all);
                continue;
            }
            Effect::Post { .. } | Effect::WriteTo { .. } => (Sort::Post, None),
            Effect::Note { .. } => (Sort::Note, None),
            Effect::Notify { person, .. } | Effect::Ask { person, .. } => (Sort::Effect, Some(*person)),
            Effect::Push { .. }
            | Effect::Highlight { .. }
            | Effect::Unhighlight { .. }
            | Effect::Escalate { .. }
            | Effect::Transfer { .. }
            | Effect::HandOver { .. }
            | Effect::Enter { .. }
            | Effect::Set { .. }
            | Effect::WriteCard { .. }
            | Effect::Suggest { .. }
            | Effect::Rotated { .. } => (Sort::Effect, None),
        };
        put(&mut all, sort, to, &said(&words));
    }
    for line in &outcome.log {
        put(&mut all, Sort::Log, None, &format!("log: {line}"));
    }
    if let Some(error) = &outcome.error {
        put(&mut all, Sort::Log, None, &format!("error: {}", error.message));
    }
    all
}

fn digest(world: &World, call: &str, person: Uuid, title: &str, sections: &[crate::effect::Section], all: &mut Vec<Atom>) {
    let name = world.handle(person).unwrap_or_default();
    let head = format!("{call}: digest for {name} \"{title}\"");
    put(all, Sort::Title, Some(person), &head);
    for section in sections {
        let heading = section.title.as_deref().unwrap_or_default();
        if !heading.is_empty() {
            put(all, Sort::Heading, Some(person), &format!("digest for {name}, section \"{heading}\""));
        }
        for line in &section.lines {
            let about = line.record.and_then(|(_, id)| world.handle(id)).map(|handle| format!(" ({handle})")).unwrap_or_default();
            put(all, Sort::Line, Some(person), &format!("digest for {name}, section \"{heading}\"{about}: {}", line.text));
        }
    }
}

/// An effect as one line.
fn said(words: &toml::Table) -> String {
    let verb = words.get("do").and_then(toml::Value::as_str).unwrap_or_default();
    let rest = words.iter().filter(|(key, _)| *key != "do").map(|(key, value)| format!("{key} = {value}"));
    format!("{verb} {}", rest.collect::<Vec<_>>().join(", "))
}

/// Texts that show several acts are cut into pieces that show one each, so that listing acts in one text is like listing them in
/// several: at line breaks, and within a line behind each act but the last.
fn put(all: &mut Vec<Atom>, sort: Sort, to: Option<Uuid>, text: &str) {
    let several = tokens(text).nth(1).is_some();
    if sort == Sort::Post || !several {
        all.push(Atom { sort, to, text: text.to_owned() });
        return;
    }
    for line in text.split_inclusive('\n') {
        let mut ends: Vec<usize> = tokens(line).map(|(_, end)| end).collect();
        ends.pop();
        let mut start = 0;
        for end in ends.into_iter().chain([line.len()]) {
            all.push(Atom { sort, to, text: line[start..end].to_owned() });
            start = end;
        }
    }
}

/// The handles of acts that a text shows in brackets, each with the place behind it.
fn tokens(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.match_indices(']').filter_map(|(end, _)| {
        let inside = text.get(text.get(..end)?.rfind('[')? + 1..end)?;
        let (kind, number) = inside.rsplit_once(' ')?;
        (number.parse::<u16>().is_ok() && !kind.is_empty()).then_some((inside, end + 1))
    })
}

impl Atom {
    /// The handle of the act that it shows by its text, if it does.
    pub(super) fn shows(&self) -> Option<&str> {
        tokens(&self.text).next().map(|(handle, _)| handle)
    }
}

/// How often each atom is in each of the four runs of a square.
pub(super) fn counted(runs: [&[Atom]; 4]) -> BTreeMap<&Atom, [i32; 4]> {
    let mut counts: BTreeMap<&Atom, [i32; 4]> = BTreeMap::new();
    for (run, atoms) in runs.into_iter().enumerate() {
        for atom in atoms {
            counts.entry(atom).or_default()[run] += 1;
        }
    }
    counts
}

/// Whether the machine ended the run: how soon it does depends on its other work.
pub(super) fn is_cut_off(outcome: &Outcome) -> bool {
    use crate::run::Limit;
    outcome.error.as_ref().is_some_and(|error| match error.limit {
        Some(Limit::WallTime | Limit::Memory | Limit::Stack) => true,
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
            | Limit::Effects
            | Limit::Rows
            | Limit::LogLines,
        ) => false,
        // Without a place in the script it is the host that failed.
        None => error.at.is_none() && error.file.is_none(),
    })
}
