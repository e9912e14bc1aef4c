//! Stored fields between plugins: what all of them have stored so far, and who must be judged again when that grows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::fields::Slot;
use super::lab::{Bits, Lab};
use super::marks::Marks;
use super::run::{Asked, Run, Wrote};
use super::step::StepId;
use crate::table::Kind;

/// What is told of a stored field to a plugin that reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) bits: Bits,
    /// What is told by whether it holds anything.
    pub(crate) there: Bits,
    /// Fields on whose old values it depends, in order.
    pub(crate) deps: Vec<Slot>,
    /// The scripts on its path, if there is one to tell.
    pub(crate) step: Option<Marks>,
    /// The scripts on the path of how *who* came in, if there is one to tell.
    pub(crate) who: Option<Marks>,
    /// In runs of which events fired by acts it is written, one bit for each.
    pub(crate) fired: u32,
}

/// Where the path of a stored field begins: a step of the plugin that stored it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) subject: usize,
    pub(crate) run: Arc<Run>,
    pub(crate) step: StepId,
}

#[derive(Debug, Default)]
struct Place {
    known: Known,
    step: Option<Origin>,
    who: Option<Origin>,
    readers: BTreeSet<usize>,
}

/// All stored fields, while plugins are judged to a fixpoint.
#[derive(Debug, Default)]
pub(crate) struct World {
    places: HashMap<Slot, Place>,
    /// The slots that hold cards, in order.
    cards: BTreeSet<Slot>,
    /// Plugins that asked which fields there are.
    wide: BTreeSet<usize>,
}

impl World {
    /// A field that a manifest defines is there although nothing was stored in it.
    pub(crate) fn declare(&mut self, slot: Slot) {
        self.places.entry(slot).or_default();
    }

    pub(crate) fn known(&self, slot: &Slot) -> Known {
        self.places.get(slot).map(|place| place.known.clone()).unwrap_or_default()
    }

    /// The fields of this name on this kind of record, in order; `None` fits all.
    pub(crate) fn named(&self, name: Option<&str>, kind: Option<Kind>) -> Vec<Slot> {
        let mut slots: Vec<_> = self.places.keys().filter(|slot| slot.is_named(name, kind)).cloned().collect();
        slots.sort_unstable();
        slots
    }

    /// The slots that hold cards, in order.
    pub(crate) fn cards(&self) -> Vec<Slot> {
        self.cards.iter().cloned().collect()
    }

    /// What each stored field reveals, by its name.
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        let label = |known: &Known| format!("{:?} by {:x}, there {:?}", known.bits, known.fired, known.there);
        self.places.iter().map(|(slot, place)| (slot.in_words(), label(&place.known))).collect()
    }

    /// The slots that tell of acts: a trace, a measure, or a clock or count of one subject.
    pub(crate) fn acts(&self) -> BTreeSet<String> {
        let told = |(slot, place): (&Slot, &Place)| place.known.bits.meets(Bits::ACTS).then(|| slot.in_words());
        self.places.iter().filter_map(told).collect()
    }

    /// Whether a question would get the same answer now.
    pub(crate) fn still_tells(&self, asked: &Asked) -> bool {
        match asked {
            Asked::Slot(slot, known) => match self.places.get(slot) {
                Some(place) => place.known == *known,
                None => *known == Known::default(),
            },
            Asked::Named(name, kind, slots) => self.named(name.as_deref(), *kind) == *slots,
            Asked::Cards(slots) => self.cards.iter().eq(slots),
        }
    }

    /// Notes what a plugin asked, so that it is judged again when the answers change.
    pub(crate) fn subscribe(&mut self, subject: usize, asked: &[Asked]) {
        for asked in asked {
            let readers = match asked {
                Asked::Slot(slot, _) => match self.places.get_mut(slot) {
                    Some(place) => &mut place.readers,
                    None => &mut self.places.entry(slot.clone()).or_default().readers,
                },
                Asked::Named(..) | Asked::Cards(_) => &mut self.wide,
            };
            readers.insert(subject);
        }
    }

    /// Stores what a plugin wrote, and tells who must be judged again because of it.
    pub(crate) fn store(&mut self, subject: usize, run: &Arc<Run>) -> Vec<usize> {
        let mut again = Vec::new();
        for wrote in &run.wrote {
            let is_new = match wrote.slot.is_cards() {
                true => self.cards.insert(wrote.slot.clone()),
                false => !self.places.contains_key(&wrote.slot),
            };
            let place = self.places.entry(wrote.slot.clone()).or_default();
            if place.raise(wrote, subject, run) {
                again.extend(&place.readers);
                if is_new {
                    again.extend(&self.wide);
                }
            }
        }
        again
    }

    /// Where the path of what a slot holds begins.
    pub(crate) fn origin(&self, slot: &Slot, who: bool) -> Option<&Origin> {
        let place = self.places.get(slot)?;
        if who { place.who.as_ref() } else { place.step.as_ref() }
    }
}

impl Place {
    /// Raises the label, and says whether it grew. The path is that of the graver part, and of two alike the first.
    fn raise(&mut self, wrote: &Wrote, subject: usize, run: &Arc<Run>) -> bool {
        let was = |path: &Option<Marks>| if path.is_some() { StepId::OLD } else { StepId::NONE };
        let known = &mut self.known;
        let old = Lab { bits: known.bits, step: was(&known.step), who: was(&known.who), ..Lab::NONE };
        let new = old.with(wrote.lab, old.deps);
        let mut grew = new.bits != known.bits || !known.there.has(wrote.there) || wrote.fired & !known.fired != 0;
        known.there |= wrote.there;
        known.bits = new.bits;
        known.fired |= wrote.fired;
        for dep in &wrote.deps {
            if let Err(at) = known.deps.binary_search(dep) {
                known.deps.insert(at, dep.clone());
                grew = true;
            }
        }
        let paths =
            [(new.step, wrote.marks.0, &mut known.step, &mut self.step), (new.who, wrote.marks.1, &mut known.who, &mut self.who)];
        for (step, marks, known, origin) in paths {
            if step != StepId::OLD && step != StepId::NONE {
                grew |= known.is_none();
                *known = Some(marks);
                *origin = Some(Origin { subject, run: run.clone(), step });
            }
        }
        grew
    }
}
