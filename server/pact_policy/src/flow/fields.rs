//! Stored fields: what scripts write into them labels them for every script that reads them.

use std::collections::HashMap;

use super::deps::DepSets;
use super::lab::{Bits, Lab};
use crate::ir::Sym;
use crate::table::Kind;

/// Where a script can store something that another script reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Slot {
    /// A custom field of a kind of record.
    Field(Kind, Sym),
    /// Cards that scripts write, by kind; `None` where the kind is computed.
    Cards(Option<Sym>),
    /// Whether a lead is shown.
    Highlighted,
}

/// What is known of all stored fields, while scripts are judged to a fixpoint.
#[derive(Default)]
pub(crate) struct Fields {
    ids: HashMap<Slot, u32>,
    slots: Vec<Slot>,
    labels: Vec<Lab>,
    /// Which plugins read each slot.
    readers: Vec<Vec<u32>>,
    /// In runs of which events fired by acts each slot is written, one bit for each.
    fired: Vec<u32>,
    pub(crate) deps: DepSets,
    pub(crate) modules: HashMap<Sym, usize>,
    /// Whether closures that capture were made, so that cells must be kept.
    pub(crate) captured: bool,
    /// The plugin that is being judged.
    pub(crate) reader: u32,
    pub(crate) changed: Vec<u32>,
}

impl Fields {
    pub(crate) fn id(&mut self, slot: Slot) -> u32 {
        if let Some(&id) = self.ids.get(&slot) {
            return id;
        }
        let id = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.ids.insert(slot.clone(), id);
        self.slots.push(slot);
        self.labels.push(Lab::NONE);
        self.readers.push(Vec::new());
        self.fired.push(0);
        id
    }

    /// The label of a slot, noting who reads it.
    pub(crate) fn read(&mut self, id: u32) -> Lab {
        let reader = self.reader;
        let readers = &mut self.readers[id as usize];
        if !readers.contains(&reader) {
            readers.push(reader);
        }
        self.labels[id as usize]
    }

    pub(crate) fn readers(&self, id: u32) -> &[u32] {
        &self.readers[id as usize]
    }

    /// Fields of this name on any kind of record, for reads whose record is not known.
    pub(crate) fn named(&self, name: Option<&str>, kind: Option<Kind>) -> Vec<u32> {
        let fits = |slot: &Slot| match slot {
            Slot::Field(on, field) => name.is_none_or(|name| name == &**field) && kind.is_none_or(|kind| kind == *on),
            Slot::Cards(_) | Slot::Highlighted => false,
        };
        (0..).zip(&self.slots).filter(|(_, slot)| fits(slot)).map(|(id, _)| id).collect()
    }

    pub(crate) fn name(&self, id: u32) -> Sym {
        match &self.slots[id as usize] {
            Slot::Field(kind, name) => format!("{}.{name}", kind.name().to_lowercase()).into(),
            Slot::Cards(Some(kind)) => format!("cards of kind {kind}").into(),
            Slot::Cards(None) => "cards".into(),
            Slot::Highlighted => "lead.highlighted".into(),
        }
    }

    /// Whether it is a field of a person.
    pub(crate) fn on_person(&self, id: u32) -> bool {
        matches!(self.slots[id as usize], Slot::Field(Kind::Person, _))
    }

    /// Raises the label of a slot; who reads it is judged again.
    pub(crate) fn write(&mut self, id: u32, lab: Lab) {
        let old = self.labels[id as usize];
        let deps = self.deps.union(old.deps, lab.deps);
        let new = old.with(lab, deps);
        if new != old {
            self.labels[id as usize] = new;
            if !self.changed.contains(&id) {
                self.changed.push(id);
            }
        }
    }

    /// Notes that acts of a kind write a slot; whoever reads it is judged again.
    pub(crate) fn write_fired(&mut self, id: u32, event: u32) {
        let fired = &mut self.fired[id as usize];
        if *fired & event == 0 {
            *fired |= event;
            if !self.changed.contains(&id) {
                self.changed.push(id);
            }
        }
    }

    /// Whether acts of this kind write one of these slots: what depends on it then tells how often they happened.
    pub(crate) fn fired(&self, ids: &[u32], event: u32) -> bool {
        ids.iter().any(|&id| self.fired[id as usize] & event != 0)
    }

    /// Whether reading one of these fields tells of acts.
    pub(crate) fn tell(&self, ids: &[u32]) -> bool {
        ids.iter().any(|&id| self.labels[id as usize].bits.meets(Bits::TRACE | Bits::MEASURE))
    }
}

impl Fields {
    /// Kinds of cards that scripts write.
    pub(crate) fn card_kinds(&self) -> Vec<Sym> {
        let kind = |slot: &Slot| match slot {
            Slot::Cards(kind) => kind.clone(),
            Slot::Field(..) | Slot::Highlighted => None,
        };
        self.slots.iter().filter_map(kind).collect()
    }
}
