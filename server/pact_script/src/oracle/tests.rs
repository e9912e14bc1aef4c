//! Worlds hold everything that the interface table names, and perturbations move every act.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use pact_policy::table::{Kind, Label, MEMBERS, NARROWS, NarrowOp, ROOTS, Ty, members_of};

use super::acts::{Way, act_kinds, changed, groups, who_places};
use super::wide::{Wide, changes};
use super::words::Words;
use super::worlds::{Maker, any, today};
use crate::cases::World;
use crate::facts::{Query, Step};
use crate::members;
use crate::value::Value;

const SEEDS: std::ops::Range<u64> = 0..12;

fn worlds() -> Vec<World> {
    let words = Words::of([]);
    SEEDS.map(|seed| Maker { words: &words, fields: Vec::new(), complete: false }.world(seed)).collect()
}

/// Members of people that are the same in all worlds, because the organisation is no act.
const ALWAYS_THE_SAME: [(Kind, &str); 1] = [(Kind::Person, "time_zone")];

#[test]
fn every_member_of_the_table_has_different_values() {
    let worlds = worlds();
    for member in MEMBERS.iter().filter(|member| !matches!(member.ty, Ty::Query(_))) {
        let values: BTreeSet<String> = worlds
            .iter()
            .flat_map(|world| world.all(member.of))
            .map(|record| format!("{:?}", members::get(record, member.name)))
            .collect();
        let fixed = ALWAYS_THE_SAME.contains(&(member.of, member.name));
        assert!(values.len() > 1 || fixed, "{} of {} is always {values:?}", member.name, member.of.name());
    }
}

#[test]
fn every_member_that_is_a_query_finds_something() {
    let worlds = worlds();
    for member in MEMBERS {
        let Ty::Query(kind) = member.ty else { continue };
        let finds = |world: &World| {
            let all = |record: &crate::value::Record| Query { kind, steps: vec![Step::Of(member.of, record.id)] };
            world.all(member.of).iter().any(|record| world.rows(&all(record)).is_ok_and(|rows| !rows.is_empty()))
        };
        assert!(worlds.iter().any(finds), "{} of {} is always empty", member.name, member.of.name());
    }
}

#[test]
fn every_root_and_narrowing_finds_something_in_some_world() {
    let (worlds, words) = (worlds(), Words::of([]));
    for root in ROOTS {
        assert!(worlds.iter().all(|world| !world.all(root.kind).is_empty()), "{} is empty", root.name);
    }
    // A field lies between two values only where a plugin declares one; here none does.
    for narrow in NARROWS.iter().filter(|narrow| narrow.op != NarrowOp::FieldBetween) {
        let mut rng = Rng::with_seed(7);
        let found = worlds.iter().any(|world| {
            (0..20).any(|_| {
                let args =
                    narrow.params.iter().map(|ty| argument(&words, world, narrow.name, narrow.of, *ty, &mut rng)).collect();
                let query = Query { kind: narrow.of, steps: vec![Step::Narrow(narrow.op, args)] };
                world.rows(&query).is_ok_and(|rows| !rows.is_empty())
            })
        });
        assert!(found, "{} of {} finds nothing", narrow.name, narrow.of.name());
    }
}

/// An argument that a narrowing may find something with.
fn argument(words: &Words, world: &World, name: &str, of: Kind, ty: Ty, rng: &mut Rng) -> Value {
    match ty {
        // Words are searched in the names of customers and the texts of cards; a territory lies below another.
        Ty::Text if name == "search" || (of == Kind::Territory && name == "in_region") => shown(world, of, name, rng),
        Ty::Text => match words.about(name) {
            [] => shown(world, of, name, rng),
            known => Value::Text(known[rng.usize(0..known.len())].clone()),
        },
        Ty::Maybe(inner) => argument(words, world, name, of, *inner, rng),
        Ty::Record(kind) => Value::Ref(kind, any(rng, kind)),
        Ty::AnySpan => Value::Span(86_400 * rng.i64(1..9)),
        Ty::When => Value::Day(today() - chrono::Days::new(9)),
        _ => Value::Unit,
    }
}

/// What a record of a kind is found by when it is named.
fn shown(world: &World, kind: Kind, narrow: &str, rng: &mut Rng) -> Value {
    let member = match (kind, narrow) {
        (Kind::Person, "named") => "email",
        _ => members::display(kind),
    };
    let all = world.all(kind);
    all.get(rng.usize(0..all.len())).and_then(|record| members::get(record, member)).cloned().unwrap_or(Value::Unit)
}

#[test]
fn every_member_that_says_who_did_an_act_is_moved() {
    let mut moved = BTreeSet::new();
    for (seed, world) in worlds().into_iter().enumerate() {
        let mut rng = Rng::with_seed(seed as u64);
        for way in Way::ALL.into_iter().cycle().take(32) {
            let Some(groups) = groups(&world, way, &mut rng) else { continue };
            for ((kind, id), new) in groups.iter().flatten() {
                let old = world.record(*kind, *id).unwrap();
                let new = new.as_ref().unwrap();
                for (at, member) in members_of(*kind).enumerate().filter(|(at, _)| old.values[*at] != new.values[*at]) {
                    assert!(who_places(*kind).any(|place| place == at), "{} says nothing of who did it", member.name);
                    moved.insert((*kind, at));
                }
            }
        }
    }
    let all: BTreeSet<_> = act_kinds().flat_map(|kind| who_places(kind).map(move |at| (kind, at))).collect();
    assert_eq!(moved, all);
    assert!(all.len() >= 6, "the table names fewer members that say who did an act");
}

#[test]
fn every_trace_clock_and_subject_measure_is_changed_to_explain_a_refusal() {
    let mut seen: BTreeMap<(Kind, &str), bool> = MEMBERS
        .iter()
        .filter(|member| member.label.meets(Label::TRACE | Label::CLOCK | Label::SUBJECT))
        .filter(|member| !matches!(member.ty, Ty::Query(_)) && !member.label.has(Label::WHO))
        .map(|member| ((member.of, member.name), false))
        .collect();
    for (seed, world) in worlds().into_iter().enumerate() {
        let mut rng = Rng::with_seed(seed as u64);
        for wide in Wide::ALL {
            let other = changed(&world, &[&changes(&world, wide, &mut rng)]);
            for ((kind, name), changed) in &mut seen {
                let differs = |record: &std::sync::Arc<crate::value::Record>| {
                    let other = other.record(*kind, record.id);
                    other.is_some_and(|other| members::get(other, name) != members::get(record, name))
                };
                *changed |= world.all(*kind).iter().any(differs);
            }
        }
    }
    let missing: Vec<_> = seen.iter().filter(|(_, changed)| !**changed).map(|(name, _)| name).collect();
    assert_eq!(missing, Vec::<&(Kind, &str)>::new());
}

#[test]
fn the_same_seed_makes_the_same_world() {
    let words = Words::of([]);
    let world = |seed| {
        let world = Maker { words: &words, fields: Vec::new(), complete: false }.world(seed);
        Kind::ALL.map(|kind| world.all(kind).to_vec())
    };
    assert_eq!(world(3), world(3));
    assert_ne!(world(3), world(4));
}
