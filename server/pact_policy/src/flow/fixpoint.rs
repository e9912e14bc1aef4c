//! All plugins together: each is judged against what the others store, until no stored field's label grows any more.
//!
//! This is played from the beginning every time, in the same order, so that the verdict never depends on what was judged before.
//! But judging one plugin is a pure function of its scripts and of what it is told of stored fields: where it was asked the same
//! before, the answer is used again. So after an edit only the plugins are judged again whose scripts or stored fields changed,
//! and the result is that of judging everything from scratch.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::fields::Slot;
use super::judge::{Subject, judge_one};
use super::lab::Bits;
use super::run::{Memo, Run};
use super::sink::Found;
use super::step::{Step, StepId};
use super::world::World;
use crate::ir::Pos;
use crate::manifest::Manifest;
use crate::rules::Rule;

/// A plugin, and how it was judged before.
pub(crate) struct Case<'a> {
    pub(crate) manifest: &'a Manifest,
    /// Whether its words say that it may store something: those that do come first, so that the others are judged once.
    pub(crate) stores: bool,
    pub(crate) memo: &'a mut Memo,
}

/// What was found in each plugin, once nothing changes any more.
pub(crate) struct Settled {
    pub(crate) runs: Vec<Arc<Run>>,
    /// How much was done: the work of all plugins that had to be judged.
    pub(crate) work: u64,
    world: World,
}

/// A step of a path, with the plugin that it is in.
pub(crate) struct Told<'a> {
    pub(crate) subject: usize,
    pub(crate) step: &'a Step,
}

/// How often a plugin may be judged because others store something; a longer chain of fields is refused.
const MOST_ROUNDS: usize = 128;

/// The longest path that a finding tells.
const LONGEST_PATH: usize = 32;

/// How often a path may go from one plugin to another.
const MOST_HOPS: usize = 64;

/// Judges all plugins against each other; `subject` gives what is judged of each case, where it must be.
pub(crate) fn settle<'a>(cases: &mut [Case<'_>], subject: impl Fn(usize) -> Subject<'a>) -> Settled {
    let mut world = World::default();
    for case in cases.iter() {
        for field in &case.manifest.fields {
            world.declare(Slot::Field(field.on.kind(), field.name.as_str().into()));
        }
    }
    let mut used: Vec<Memo> = cases.iter().map(|_| Memo::new()).collect();
    let mut rounds = vec![0_usize; cases.len()];
    let (first, then): (Vec<usize>, Vec<usize>) = (0..cases.len()).partition(|&index| cases[index].stores);
    let mut waiting = [VecDeque::from(first), VecDeque::from(then)];
    let mut waits = vec![true; cases.len()];
    let mut work = 0;
    while let Some(index) = waiting[0].pop_front().or_else(|| waiting[1].pop_front()) {
        waits[index] = false;
        rounds[index] += 1;
        if rounds[index] > MOST_ROUNDS {
            continue;
        }
        let known = cases[index].memo.iter().chain(&used[index]).find(|run| run.still_holds(&world)).cloned();
        let run = known.unwrap_or_else(|| {
            let run = Arc::new(judge_one(&subject(index), &world));
            work += run.work;
            run
        });
        used[index].retain(|old| !Arc::ptr_eq(old, &run));
        used[index].push(run.clone());
        world.subscribe(index, &run.asked);
        for reader in world.store(index, &run) {
            if !std::mem::replace(&mut waits[reader], true) {
                waiting[usize::from(!cases[reader].stores)].push_back(reader);
            }
        }
    }
    let mut runs = Vec::with_capacity(cases.len());
    for ((case, used), rounds) in cases.iter_mut().zip(used).zip(rounds) {
        let last = used.last().cloned().unwrap_or_else(|| Arc::new(Run::endless()));
        runs.push(if rounds > MOST_ROUNDS { Arc::new(Run::endless()) } else { last });
        *case.memo = used;
    }
    Settled { runs, work, world }
}

impl Settled {
    /// What each stored field reveals, by its name.
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        self.world.labels()
    }

    /// The stored fields that tell of acts, by their names.
    pub(crate) fn acts(&self) -> BTreeSet<String> {
        self.world.acts()
    }

    /// What plugins store in a slot, and the steps that lead there, oldest first.
    pub(crate) fn stored(&self, slot: &Slot) -> (Bits, Vec<Told<'_>>) {
        let mut path = Vec::new();
        for who in [false, true] {
            if let Some(origin) = self.world.origin(slot, who).filter(|_| path.is_empty()) {
                self.collect(origin.subject, &origin.run, origin.step, &mut path, (0, 0));
            }
        }
        path.reverse();
        (self.world.known(slot).bits, path)
    }

    /// The steps that lead to what was found, oldest first, through all plugins.
    pub(crate) fn path(&self, subject: usize, found: StepId) -> Vec<Told<'_>> {
        let mut path = Vec::new();
        self.collect(subject, &self.runs[subject], found, &mut path, (0, 0));
        path.reverse();
        path.dedup_by(|a, b| {
            a.subject == b.subject
                && a.step.file == b.step.file
                && a.step.pos == b.step.pos
                && std::mem::discriminant(&a.step.what) == std::mem::discriminant(&b.step.what)
        });
        path
    }

    fn collect<'a>(
        &'a self,
        mut subject: usize,
        mut run: &'a Arc<Run>,
        mut id: StepId,
        path: &mut Vec<Told<'a>>,
        (depth, mut hops): (usize, usize),
    ) {
        while path.len() < LONGEST_PATH && hops < MOST_HOPS {
            if let Some((slot, who)) = id.slot() {
                let Some(origin) = run.slots.get(slot).and_then(|slot| self.world.origin(slot, who)) else { return };
                (subject, run, id) = (origin.subject, &origin.run, origin.step);
                hops += 1;
                continue;
            }
            let Some(step) = run.steps.get(id) else { return };
            if step.pos.line > 0 {
                path.push(Told { subject, step });
            }
            if step.also != StepId::NONE && depth < 8 {
                self.collect(subject, run, step.also, path, (depth + 1, hops));
            }
            id = step.before;
        }
    }
}

impl Run {
    /// The judgement of a plugin whose stored fields go round and round.
    fn endless() -> Self {
        let what = "what this plugin stores goes through more fields than can be judged; store less in others' fields".to_owned();
        let found = Found {
            rule: Rule::NoHiddenFlow,
            file: 0,
            pos: Pos { line: 1, column: 1 },
            what,
            step: StepId::NONE,
            also: StepId::NONE,
        };
        Self::new(Default::default(), vec![found], &Default::default(), 0)
    }
}
