//! The judgement of one plugin against what it was told of stored fields: a pure function of both, so it can be used again.

use std::sync::Arc;

use super::fields::Slot;
use super::lab::{Bits, Lab};
use super::marks::Marks;
use super::sink::Found;
use super::step::Steps;
use super::world::{Known, World};
use crate::ir::Sym;
use crate::table::Kind;

/// A question about stored fields, and the answer that it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// What a slot holds.
    Slot(Slot, Known),
    /// Which fields have this name on this kind of record.
    Named(Option<Sym>, Option<Kind>, Vec<Slot>),
    /// Which kinds of cards are written.
    Cards(Vec<Slot>),
}

/// What a plugin stores in a slot.
#[derive(Clone, Debug)]
pub(crate) struct Wrote {
    pub(crate) slot: Slot,
    pub(crate) lab: Lab,
    /// What is told by whether it holds anything.
    pub(crate) there: Bits,
    /// Fields on whose old values it depends, in order.
    pub(crate) deps: Vec<Slot>,
    /// In runs of which events fired by acts it is written, one bit for each.
    pub(crate) fired: u32,
    /// The scripts on its path, and on that of how *who* came in.
    pub(crate) marks: (Marks, Marks),
}

/// What came of judging a plugin.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) asked: Vec<Asked>,
    pub(crate) found: Vec<Found>,
    pub(crate) wrote: Vec<Wrote>,
    /// The steps that lead to what was found and stored; no others are kept.
    pub(crate) steps: Steps,
    /// Slots by the number that steps name them with.
    pub(crate) slots: Vec<Slot>,
    /// How much was done for it, in the measure of [`crate::flow::machine::MOST_NODES`].
    pub(crate) work: u64,
}

impl Run {
    /// Keeps only the steps that something found or stored tells.
    pub(crate) fn new(
        (asked, mut wrote, slots): (Vec<Asked>, Vec<Wrote>, Vec<Slot>),
        mut found: Vec<Found>,
        steps: &Steps,
        work: u64,
    ) -> Self {
        for wrote in &mut wrote {
            wrote.marks = (steps.marks(wrote.lab.step), steps.marks(wrote.lab.who));
        }
        let mut kept = Vec::new();
        for found in &mut found {
            kept.extend([&mut found.step, &mut found.also]);
        }
        for wrote in &mut wrote {
            kept.extend([&mut wrote.lab.step, &mut wrote.lab.who]);
        }
        let steps = steps.only(kept);
        Self { asked, found, wrote, steps, slots, work }
    }

    /// Whether the path of something found goes through other plugins.
    pub(crate) fn goes_elsewhere(&self) -> bool {
        let ends = self.found.iter().flat_map(|found| [found.step, found.also]);
        ends.chain(self.steps.links()).any(|id| id.slot().is_some())
    }

    /// Whether judging again would tell the same: every question still gets the answer that it got.
    pub(crate) fn still_holds(&self, world: &World) -> bool {
        self.asked.iter().all(|asked| world.still_tells(asked))
    }
}

/// The judgements of one plugin that were used last, one for each state of the stored fields that it met.
pub(crate) type Memo = Vec<Arc<Run>>;
