//! What is changed between the worlds of a square: who did which acts, and nothing else.
//!
//! The members that say who did something are those that the interface table labels *who* and *trace*; so a member that is added
//! with this label is perturbed from that day on. Records that belong to one story move together: all pushes and steps of one
//! lead, because leaving out those who were asked before is sanctioned for that lead (`policy.md` §2.6).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fastrand::Rng;
use pact_policy::table::{Kind, Label, Ty, members_of};
use uuid::Uuid;

use super::worlds::any;
use crate::cases::World;
use crate::value::{Record, Value};

/// Changed records; `None` takes the record out of the world.
pub(super) type Changes = BTreeMap<(Kind, Uuid), Option<Arc<Record>>>;

/// A world with changes.
pub(super) fn changed(world: &World, changes: &[&Changes]) -> World {
    let mut new = world.clone();
    for ((kind, id), record) in changes.iter().copied().flatten() {
        let records = new.records_mut(*kind);
        let place = records.iter().position(|known| known.id == *id);
        match (place, record) {
            (Some(at), Some(record)) => records[at] = record.clone(),
            (Some(at), None) => {
                records.remove(at);
            }
            (None, Some(record)) => records.push(record.clone()),
            (None, None) => {}
        }
    }
    new
}

/// Places in a record's values that say who did it.
pub(super) fn who_places(kind: Kind) -> impl Iterator<Item = usize> {
    let tells = |ty: &Ty| matches!(ty, Ty::Record(Kind::Person) | Ty::Maybe(Ty::Record(Kind::Person)));
    members_of(kind)
        .enumerate()
        .filter(move |(_, member)| member.label.has(Label::WHO_TRACE) && tells(&member.ty))
        .map(|(at, _)| at)
}

/// Kinds of record that are acts.
pub(super) fn act_kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| who_places(*kind).next().is_some())
}

/// How acts are chosen and to whom they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Two acts of one person become another's, one by one.
    TwoOfOne,
    /// One act of a person, and all others of that kind.
    OneAndRest,
    /// All acts of one kind that a person did become another's.
    KindOfOne,
    /// All acts of a person become others'.
    AllOfOne,
    /// Two people change places.
    Swap,
    /// Everything was done by one person.
    ToOne,
    /// Everything is dealt anew.
    Deal,
    /// The acts of one kind are dealt anew.
    DealKind,
}

impl Way {
    pub(super) const ALL: [Self; 8] =
        [Self::KindOfOne, Self::TwoOfOne, Self::Deal, Self::OneAndRest, Self::AllOfOne, Self::DealKind, Self::Swap, Self::ToOne];
}

/// Acts that move together, as indices of records.
struct Unit {
    kind: Kind,
    records: Vec<Arc<Record>>,
}

impl Unit {
    fn people(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.records.iter().flat_map(|record| people_of(record))
    }

    fn done_by(&self, person: Uuid) -> bool {
        self.people().any(|other| other == person)
    }
}

/// Who did an act.
pub(super) fn people_of(record: &Record) -> impl Iterator<Item = Uuid> + '_ {
    who_places(record.kind).filter_map(|at| match record.values.get(at) {
        Some(Value::Ref(Kind::Person, id)) => Some(*id),
        _ => None,
    })
}

/// Two groups of acts in other hands, or nothing when this way finds nothing to change in this world.
pub(super) fn groups(base: &World, way: Way, rng: &mut Rng) -> Option<[Changes; 2]> {
    let units = units(base);
    let (from, to) = (any(rng, Kind::Person), any(rng, Kind::Person));
    if from == to {
        return None;
    }
    let kinds: Vec<Kind> = act_kinds().collect();
    let kind = kinds[rng.usize(0..kinds.len())];
    let of = |unit: &&Unit| unit.done_by(from);
    let of_kind = |unit: &&Unit| unit.kind == kind || unit.records.iter().any(|record| record.kind == kind);
    let mut chosen: Vec<&Unit> = match way {
        Way::TwoOfOne | Way::KindOfOne | Way::OneAndRest => units.iter().filter(of).filter(of_kind).collect(),
        Way::AllOfOne => units.iter().filter(of).collect(),
        Way::Swap => units.iter().filter(|unit| unit.done_by(from) || unit.done_by(to)).collect(),
        Way::ToOne | Way::Deal => units.iter().collect(),
        Way::DealKind => units.iter().filter(of_kind).collect(),
    };
    rng.shuffle(&mut chosen);
    if way == Way::TwoOfOne {
        chosen.truncate(2);
    }
    if chosen.len() < 2 {
        return None;
    }
    let first = if way == Way::OneAndRest { 1 } else { chosen.len() / 2 };
    let mut groups = [Changes::new(), Changes::new()];
    for (at, unit) in chosen.iter().enumerate() {
        let mut other = HashMap::new();
        for record in &unit.records {
            let moved = moved(record, |person| match way {
                Way::TwoOfOne | Way::OneAndRest | Way::KindOfOne => {
                    if person == from {
                        to
                    } else {
                        person
                    }
                }
                Way::Swap => {
                    if person == from {
                        to
                    } else if person == to {
                        from
                    } else {
                        person
                    }
                }
                Way::ToOne => to,
                Way::AllOfOne if person != from => person,
                Way::AllOfOne | Way::Deal | Way::DealKind => *other.entry(person).or_insert_with(|| any(rng, Kind::Person)),
            });
            if moved != **record {
                groups[usize::from(at >= first)].insert((record.kind, record.id), Some(Arc::new(moved)));
            }
        }
    }
    groups.iter().all(|group| !group.is_empty()).then_some(groups)
}

fn moved(record: &Record, mut to: impl FnMut(Uuid) -> Uuid) -> Record {
    let mut moved = record.clone();
    for at in who_places(record.kind) {
        if let Some(Value::Ref(Kind::Person, id)) = moved.values.get_mut(at) {
            *id = to(*id);
        }
    }
    moved
}

fn units(world: &World) -> Vec<Unit> {
    let mut of_leads: BTreeMap<Uuid, Unit> = BTreeMap::new();
    let mut units = Vec::new();
    for kind in act_kinds() {
        for record in world.all(kind) {
            match lead_of(world, record) {
                Some(lead) => {
                    of_leads.entry(lead).or_insert_with(|| Unit { kind, records: Vec::new() }).records.push(record.clone());
                }
                None => units.push(Unit { kind, records: vec![record.clone()] }),
            }
        }
    }
    units.extend(of_leads.into_values());
    units
}

/// The lead to whose story an act belongs.
fn lead_of(world: &World, record: &Record) -> Option<Uuid> {
    match record.kind {
        Kind::Push => match crate::members::get(record, "lead") {
            Some(Value::Ref(_, lead)) => Some(*lead),
            _ => None,
        },
        Kind::LeadEvent => world.owner_of(record.id),
        _ => None,
    }
}
