//! Which differences the policy allows: single acts that are listed one by one, and nothing made of several.
//!
//! A square is four worlds: two groups of acts, each done by whoever did them or by others. What lists acts one by one is a sum
//! over acts, so every atom is in the first and the last of the four as often as in the two between. What counts, compares, orders
//! or tests several acts is no such sum, and differs. This needs no knowledge of how a script writes names, instants or headings.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::atoms::{Atom, Sort, counted};

/// A difference that the policy does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leak {
    /// An atom that is no sum over acts.
    Made(Atom),
    /// Atoms that are the same in all four worlds come in another order.
    Order,
    /// Something that leaves PACT shows who did an act.
    Leaves(Atom),
}

/// What was moved between the worlds.
#[derive(Clone, Debug, Default)]
pub(super) struct Moved {
    /// People whose acts they were or became.
    pub(super) people: BTreeSet<Uuid>,
    /// Handles of the acts.
    pub(super) handles: BTreeSet<String>,
}

/// The first difference that is not allowed. The runs are: nothing moved, both groups, the first, the second.
pub(super) fn leak(runs: [&[Atom]; 4], moved: &Moved) -> Option<Leak> {
    if runs.iter().all(|run| *run == runs[0]) {
        return None;
    }
    let counts = counted(runs);
    for (atom, count) in &counts {
        let same = count.iter().all(|n| n == &count[0]);
        match atom.sort {
            // Coaching notes may say what they like to those two who read them.
            Sort::Note => {}
            Sort::Post if !same => return Some(Leak::Leaves((*atom).clone())),
            Sort::Post => {}
            Sort::Effect | Sort::Title | Sort::Heading | Sort::Line | Sort::Log => {
                if !same && count[0] + count[1] != count[2] + count[3] && !is_own(atom, count, moved) {
                    return Some(Leak::Made((*atom).clone()));
                }
            }
        }
    }
    let steady = |run: &[Atom]| -> Vec<Atom> {
        let same = |atom: &&Atom| counts.get(atom).is_some_and(|count| count.iter().all(|n| n == &count[0]));
        run.iter().filter(same).filter(|atom| has_place(atom, moved)).cloned().collect()
    };
    let first = steady(runs[0]);
    (runs[1..].iter().any(|run| steady(run) != first)).then_some(Leak::Order)
}

/// Whether an atom's place among others says something: acts that were moved may stand elsewhere.
fn has_place(atom: &Atom, moved: &Moved) -> bool {
    atom.sort != Sort::Note && !atom.shows().is_some_and(|handle| moved.handles.contains(handle))
}

/// Whether what comes before what is made of more than two acts at a time, in eight worlds with three groups of acts moved: the
/// number of the world has a bit for each group.
pub(super) fn orders_anew(runs: &[Vec<Atom>], moved: &Moved) -> bool {
    let mut before: BTreeMap<(&Atom, &Atom), i32> = BTreeMap::new();
    for (corner, run) in runs.iter().enumerate() {
        let sign = if corner.count_ones() % 2 == 0 { 1 } else { -1 };
        let placed: Vec<&Atom> = run.iter().filter(|atom| has_place(atom, moved)).collect();
        for (at, first) in placed.iter().enumerate() {
            for second in &placed[at + 1..] {
                *before.entry((first, second)).or_default() += sign;
            }
        }
    }
    before.values().any(|sum| *sum != 0)
}

/// What a person's own list tells that person (`policy.md` §2.6): whether it is empty decides over a digest and a heading, and the
/// first of its acts may be shown without the rest.
fn is_own(atom: &Atom, count: &[i32; 4], moved: &Moved) -> bool {
    let own = atom.to.is_some_and(|person| moved.people.contains(&person));
    // A heading over lines is shown by the host; it says no more than the lines, which are compared by themselves.
    let presence = count.iter().filter(|n| **n == 0).count() == 1 && count.iter().all(|n| *n <= 1);
    match atom.sort {
        Sort::Heading => presence,
        Sort::Title => own && presence,
        Sort::Effect | Sort::Line => own && atom.shows().is_some(),
        Sort::Post | Sort::Note | Sort::Log => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lines: &[&str]) -> Vec<Atom> {
        lines.iter().map(|line| Atom { sort: Sort::Line, to: None, text: (*line).to_owned() }).collect()
    }

    fn square(runs: [&[&str]; 4]) -> Option<Leak> {
        let runs = runs.map(run);
        leak([&runs[0], &runs[1], &runs[2], &runs[3]], &Moved::default())
    }

    #[test]
    fn listing_acts_one_by_one_is_no_leak() {
        assert_eq!(square([&["x"], &["x", "a", "b"], &["x", "a"], &["x", "b"]]), None);
        assert_eq!(square([&["Ann: a"], &["Bo: a"], &["Bo: a"], &["Ann: a"]]), None);
    }

    #[test]
    fn counting_them_is() {
        assert!(matches!(square([&["5"], &["3"], &["4"], &["4"]]), Some(Leak::Made(_))));
    }

    #[test]
    fn whether_there_is_any_is() {
        assert!(matches!(square([&["some"], &[], &["some"], &["some"]]), Some(Leak::Made(_))));
    }

    #[test]
    fn ordering_people_by_them_is() {
        assert_eq!(square([&["Ann", "Bo"], &["Bo", "Ann"], &["Ann", "Bo"], &["Ann", "Bo"]]), Some(Leak::Order));
    }
}
