//! Runs in worlds that differ, and the smallest of them that still tell them apart.

use std::sync::Arc;

use pact_policy::table::Kind;
use uuid::Uuid;

use super::acts::{Changes, changed, people_of};
use super::atoms::{Atom, Sort};
use super::calls::{Call, Host};
use super::compare::{Leak, Moved, leak, orders_anew};
use super::earlier::{self, Earlier, stored};
use super::wide::Wide;
use crate::cases::World;
use crate::effect::Effect;
use crate::pool::Pool;
use crate::value::{Record, Value};

/// How worlds of a trial differ.
#[derive(Clone, Debug)]
pub(super) enum Trial {
    /// Two groups of acts were done by others: four worlds.
    Who([Changes; 2]),
    /// Something else was changed: two worlds.
    Other(Wide, Changes),
    /// The same act happens once or twice, and stored fields are compared.
    Twice,
}

/// What worlds that differ showed.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) leak: Leak,
    /// The changes of the pair that is shown, on the base world.
    pub(super) pair: [Vec<Changes>; 2],
    /// What the run shows in the two worlds.
    pub(super) atoms: [Vec<Atom>; 2],
}

/// Counts what the oracle does.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub(super) runs: u64,
    pub(super) failed: u64,
    /// What the first run that failed said.
    pub(super) failure: Option<String>,
}

/// One call in worlds that differ.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    pub(super) pool: &'a Pool,
    pub(super) call: &'a Call,
    /// What runs before it, in each world.
    pub(super) earlier: &'a [Earlier],
}

impl Bench<'_> {
    /// Runs a trial; gives what leaks, if anything does.
    pub(super) async fn tell(&self, base: &World, trial: &Trial, work: &mut Work) -> Option<Seen> {
        match trial {
            Trial::Who(groups) => self.who(base, groups, work).await,
            Trial::Other(_, changes) => self.other(base, changes, work).await,
            Trial::Twice => self.twice(base, work).await,
        }
    }

    async fn shows(&self, world: &World, host: &Host, work: &mut Work) -> Option<Vec<Atom>> {
        let after = match self.earlier {
            [] => None,
            all => Some(earlier::after(all, self.pool, world, host, work).await),
        };
        let (atoms, error) = self.call.shows(self.pool, after.as_ref().unwrap_or(world), host).await;
        work.runs += 1;
        if let Some(error) = error {
            work.failed += 1;
            work.failure.get_or_insert(error);
        }
        atoms
    }

    async fn who(&self, base: &World, groups: &[Changes; 2], work: &mut Work) -> Option<Seen> {
        let host = Host::default();
        let [first, second] = groups;
        let sides: [Vec<&Changes>; 4] = [vec![], vec![first, second], vec![first], vec![second]];
        let mut runs: [Vec<Atom>; 4] = Default::default();
        for (at, side) in sides.iter().enumerate() {
            runs[at] = self.shows(&changed(base, side), &host, work).await?;
            // Three that are the same, of which one has all changes: most scripts end here.
            if at == 2 && runs[0] == runs[1] && runs[0] == runs[2] {
                return None;
            }
        }
        let moved = moved(base, groups);
        let leak = leak([&runs[0], &runs[1], &runs[2], &runs[3]], &moved)?;
        if leak == Leak::Order && !self.orders(base, groups, &moved, work).await {
            return None;
        }
        // Two worlds that differ by one group only say it best.
        let edges = [(0, 2), (0, 3), (2, 1), (3, 1), (0, 1)];
        let (one, other) = edges.into_iter().find(|(a, b)| tells(&leak, &runs[*a], &runs[*b])).unwrap_or((0, 1));
        let pair = [one, other].map(|at| sides[at].iter().map(|changes| (*changes).clone()).collect());
        Some(Seen { leak, pair, atoms: [runs[one].clone(), runs[other].clone()] })
    }

    /// Whether an order is made of more than the acts that are listed in it. Two lines that look alike may change places because
    /// their acts did; what comes before what is then a matter of two acts at a time, and its third differences vanish.
    async fn orders(&self, base: &World, groups: &[Changes; 2], moved: &Moved, work: &mut Work) -> bool {
        let all: Vec<_> = groups.iter().flatten().collect();
        let mut rng = fastrand::Rng::with_seed(all.len() as u64);
        for _ in 0..ORDER_TRIALS {
            let mut thirds: [Changes; 3] = Default::default();
            for (key, record) in &all {
                thirds[rng.usize(0..3)].insert(**key, (*record).clone());
            }
            let host = Host::default();
            let mut runs = Vec::new();
            for corner in 0..8_usize {
                let side: Vec<&Changes> =
                    thirds.iter().enumerate().filter(|(at, _)| corner >> at & 1 == 1).map(|(_, it)| it).collect();
                let Some(shown) = self.shows(&changed(base, &side), &host, work).await else { return false };
                runs.push(shown);
            }
            if orders_anew(&runs, moved) {
                return true;
            }
        }
        false
    }

    async fn other(&self, base: &World, changes: &Changes, work: &mut Work) -> Option<Seen> {
        let host = Host::default();
        let one = self.shows(base, &host, work).await?;
        let changes = &self.keeping_what_called(changes);
        let other = self.shows(&changed(base, &[changes]), &host, work).await?;
        let seen = |atoms: &[Atom]| -> Vec<Atom> { atoms.iter().filter(|atom| atom.sort != Sort::Note).cloned().collect() };
        let (seen_one, seen_other) = (seen(&one), seen(&other));
        if seen_one == seen_other {
            return None;
        }
        let made =
            seen_other.iter().find(|atom| !seen_one.contains(atom)).or(seen_one.iter().find(|atom| !seen_other.contains(atom)));
        let leak = made.cloned().map_or(Leak::Order, Leak::Made);
        Some(Seen { leak, pair: [Vec::new(), vec![changes.clone()]], atoms: [one, other] })
    }

    /// Without those that take away what the run is called with: it was called in both worlds.
    fn keeping_what_called(&self, changes: &Changes) -> Changes {
        let given = |(kind, id): &(Kind, Uuid)| {
            self.call.args.iter().any(|arg| matches!(arg, Value::Ref(of, which) if (of, which) == (kind, id)))
        };
        let kept = changes.iter().filter(|(key, new)| new.is_some() || !given(key));
        kept.map(|(key, new)| (*key, new.clone())).collect()
    }

    /// The same act again: a field that then holds something else counts acts.
    async fn twice(&self, base: &World, work: &mut Work) -> Option<Seen> {
        let host = Host::default();
        let first = self.call.run(self.pool, base, &host).await;
        work.runs += 2;
        let after = stored(base, &first.effects);
        let second = self.call.run(self.pool, &after, &Host::default()).await;
        let sets = |outcome: &crate::run::Outcome| -> Vec<Effect> {
            let effects = outcome.effects.iter().map(|placed| placed.effect.clone());
            effects.filter(|effect| matches!(effect, Effect::Set { .. })).collect()
        };
        let grows = sets(&second).into_iter().find(|effect| !holds(&after, effect))?;
        let text = |outcome| super::atoms::atoms(base, &self.call.function, outcome);
        let atoms = [text(&first), text(&second)];
        let shown = |atom: &&Atom| matches!(&grows, Effect::Set { field, .. } if atom.text.contains(field.as_str()));
        let leak = Leak::Made(atoms[1].iter().find(shown)?.clone());
        Some(Seen { leak, pair: [Vec::new(), Vec::new()], atoms })
    }
}

fn is_error(atom: &Atom) -> bool {
    atom.sort == Sort::Log && atom.text.starts_with("error: ")
}

fn tells(leak: &Leak, one: &[Atom], other: &[Atom]) -> bool {
    let times = |atoms: &[Atom], wanted: &Atom| atoms.iter().filter(|atom| *atom == wanted).count();
    match leak {
        Leak::Made(atom) | Leak::Leaves(atom) => times(one, atom) != times(other, atom),
        Leak::Order => one != other,
    }
}

fn holds(world: &World, set: &Effect) -> bool {
    match set {
        Effect::Set { kind, record, field, value } => {
            world.record(*kind, *record).is_none_or(|record| record.fields.get(field).unwrap_or(&Value::Unit) == value)
        }
        _ => true,
    }
}

fn moved(base: &World, groups: &[Changes; 2]) -> Moved {
    let mut moved = Moved::default();
    for ((kind, id), new) in groups.iter().flatten() {
        let old = base.record(*kind, *id);
        let both: [Option<&Record>; 2] = [old.map(Arc::as_ref), new.as_deref()];
        moved.people.extend(both.into_iter().flatten().flat_map(people_of));
        moved.handles.extend(base.handle(*id).map(str::to_owned));
    }
    moved
}

/// How often acts are dealt into three groups to make sure of an order.
const ORDER_TRIALS: usize = 4;

/// Kinds whose records are taken out to make a world small, the least telling first.
const DISPENSABLE: [Kind; 12] = [
    Kind::Goal,
    Kind::Pack,
    Kind::LeadEvent,
    Kind::Contact,
    Kind::Request,
    Kind::Plan,
    Kind::Push,
    Kind::Act,
    Kind::Card,
    Kind::Lead,
    Kind::Customer,
    Kind::Period,
];

/// The most attempts at making a pair smaller.
const ATTEMPTS: usize = 400;

/// Makes a trial and its world as small as they can be while the call still tells the worlds apart.
#[derive(Debug)]
pub(super) struct Smaller<'a> {
    pub(super) bench: Bench<'a>,
    pub(super) base: World,
    pub(super) trial: Trial,
    pub(super) seen: Seen,
    left: usize,
}

impl<'a> Smaller<'a> {
    pub(super) fn new(bench: Bench<'a>, base: World, trial: Trial, seen: Seen) -> Self {
        Self { bench, base, trial, seen, left: ATTEMPTS }
    }

    pub(super) async fn shrink(mut self, work: &mut Work) -> Self {
        self.fewer_changes(work).await;
        for kind in DISPENSABLE {
            self.fewer_records(kind, work).await;
        }
        self
    }

    async fn attempt(&mut self, base: World, trial: Trial, work: &mut Work) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        match self.bench.tell(&base, &trial, work).await {
            // A world in which the script fails for want of a record explains nothing.
            Some(seen) if fails(&seen) <= fails(&self.seen) => {
                (self.base, self.trial, self.seen) = (base, trial, seen);
                true
            }
            Some(_) | None => false,
        }
    }

    async fn fewer_changes(&mut self, work: &mut Work) {
        let mut chunk = self.trial.changes().count().div_ceil(2);
        while chunk > 0 {
            let keys: Vec<_> = self.trial.changes().collect();
            for keys in keys.chunks(chunk) {
                let trial = self.trial.without(keys);
                self.attempt(self.base.clone(), trial, work).await;
            }
            chunk /= 2;
        }
    }

    async fn fewer_records(&mut self, kind: Kind, work: &mut Work) {
        let mut chunk = self.base.all(kind).len();
        while chunk > 0 {
            let changed: Vec<_> = self.trial.changes().collect();
            let given: Vec<Uuid> = self
                .bench
                .call
                .args
                .iter()
                .filter_map(|arg| match arg {
                    Value::Ref(_, id) => Some(*id),
                    _ => None,
                })
                .collect();
            let spare = |id: &Uuid| !given.contains(id) && !changed.contains(&(kind, *id));
            let ids: Vec<Uuid> = self.base.all(kind).iter().map(|record| record.id).filter(spare).collect();
            for ids in ids.chunks(chunk) {
                let mut base = self.base.clone();
                base.records_mut(kind).retain(|record| !ids.contains(&record.id));
                self.attempt(base, self.trial.clone(), work).await;
            }
            chunk /= 2;
        }
    }
}

fn fails(seen: &Seen) -> usize {
    seen.atoms.iter().flatten().filter(|atom| is_error(atom)).count()
}

impl Trial {
    fn changes(&self) -> impl Iterator<Item = (Kind, Uuid)> + '_ {
        let groups: &[Changes] = match self {
            Self::Who(groups) => groups,
            Self::Other(_, changes) => std::slice::from_ref(changes),
            Self::Twice => &[],
        };
        groups.iter().flat_map(|group| group.keys().copied())
    }

    fn without(&self, keys: &[(Kind, Uuid)]) -> Self {
        let mut trial = self.clone();
        match &mut trial {
            Self::Who(groups) => groups.iter_mut().for_each(|group| group.retain(|key, _| !keys.contains(key))),
            Self::Other(_, changes) => changes.retain(|key, _| !keys.contains(key)),
            Self::Twice => {}
        }
        trial
    }
}
