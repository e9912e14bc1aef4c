//! Stored fields as one plugin sees them while it is judged: what others stored, and what it stores itself.
//!
//! What a plugin asks is noted, so that its judgement can be used again for as long as the answers stay the same.

use std::collections::HashMap;

use super::deps::DepSets;
use super::lab::{Bits, Deps, Lab};
use super::marks::Marks;
use super::run::{Asked, Wrote};
use super::step::StepId;
use super::world::{Known, World};
use crate::ir::Sym;
use crate::table::Kind;

/// Where a script can store something that another script reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// A custom field of a kind of record.
    Field(Kind, Sym),
    /// Cards that scripts write, by kind; `None` where the kind is computed.
    Cards(Option<Sym>),
    /// Whether a lead is shown.
    Highlighted,
}

impl Slot {
    /// Whether it is a field of this name on this kind of record; `None` fits all.
    pub(crate) fn is_named(&self, name: Option<&str>, kind: Option<Kind>) -> bool {
        match self {
            Self::Field(on, field) => name.is_none_or(|name| name == &**field) && kind.is_none_or(|kind| kind == *on),
            Self::Cards(_) | Self::Highlighted => false,
        }
    }

    /// Its name in paths and certificates.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Field(kind, name) => format!("{}.{name}", kind.name().to_lowercase()),
            Self::Cards(Some(kind)) => format!("cards of kind {kind}"),
            Self::Cards(None) => "cards".to_owned(),
            Self::Highlighted => "lead.highlighted".to_owned(),
        }
    }

    /// Whether it holds cards.
    pub(crate) fn is_cards(&self) -> bool {
        match self {
            Self::Cards(_) => true,
            Self::Field(..) | Self::Highlighted => false,
        }
    }
}

/// What one plugin knows of stored fields.
pub(crate) struct Fields<'w> {
    world: &'w World,
    ids: HashMap<Slot, u32>,
    slots: Vec<Slot>,
    /// What each holds, once it was asked: what others stored, and what this plugin stored since.
    labels: Vec<Option<Lab>>,
    written: Vec<Option<Lab>>,
    /// What is told by whether each holds anything: by what anybody stored, and by what this plugin did.
    theres: Vec<Bits>,
    there_by_this: Vec<Bits>,
    /// In runs of which events fired by acts each is written, one bit for each: by anybody, and by this plugin.
    fired: Vec<u32>,
    fires: Vec<u32>,
    asked: Vec<Asked>,
    pub(crate) deps: DepSets,
    pub(crate) modules: HashMap<Sym, usize>,
    /// Whether closures that capture were made, so that cells must be kept.
    pub(crate) captured: bool,
}

impl<'w> Fields<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self {
            world,
            ids: HashMap::new(),
            slots: Vec::new(),
            labels: Vec::new(),
            written: Vec::new(),
            theres: Vec::new(),
            there_by_this: Vec::new(),
            fired: Vec::new(),
            fires: Vec::new(),
            asked: Vec::new(),
            deps: DepSets::default(),
            modules: HashMap::new(),
            captured: false,
        }
    }

    pub(crate) fn id(&mut self, slot: Slot) -> u32 {
        if let Some(&id) = self.ids.get(&slot) {
            return id;
        }
        let id = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.ids.insert(slot.clone(), id);
        self.slots.push(slot);
        self.labels.push(None);
        self.written.push(None);
        self.theres.push(Bits::NONE);
        self.there_by_this.push(Bits::NONE);
        self.fired.push(0);
        self.fires.push(0);
        id
    }

    /// The label of a slot; what others stored in it is asked once.
    pub(crate) fn read(&mut self, id: u32) -> Lab {
        let at = id as usize;
        if let Some(lab) = self.labels[at] {
            return lab;
        }
        let slot = self.slots[at].clone();
        let known = self.world.known(&slot);
        let told = |who, marks: Option<Marks>| if marks.is_some() { StepId::elsewhere(id, who) } else { StepId::NONE };
        let mut lab = Lab { bits: known.bits, step: told(false, known.step), who: told(true, known.who), ..Lab::NONE };
        lab.deps = self.deps_of(&known);
        self.fired[at] = known.fired;
        self.theres[at] = known.there;
        self.asked.push(Asked::Slot(slot, known));
        if let Some(own) = self.written[at] {
            let deps = self.deps.union(lab.deps, own.deps);
            lab = lab.with(own, deps);
        }
        self.labels[at] = Some(lab);
        lab
    }

    /// The scripts on the path of what others stored in a slot.
    pub(crate) fn marks(&self, id: u32, who: bool) -> Marks {
        let known = self.world.known(&self.slots[id as usize]);
        if who { known.who } else { known.step }.unwrap_or_default()
    }

    fn deps_of(&mut self, known: &Known) -> Deps {
        let ids = known.deps.iter().map(|slot| self.id(slot.clone())).collect();
        self.deps.of(ids)
    }

    /// Fields of this name on any kind of record, for reads whose record is not known.
    pub(crate) fn named(&mut self, name: Option<&str>, kind: Option<Kind>) -> Vec<u32> {
        let mut slots = self.world.named(name, kind);
        self.asked.push(Asked::Named(name.map(Sym::from), kind, slots.clone()));
        slots.extend(self.slots.iter().filter(|slot| slot.is_named(name, kind)).cloned());
        slots.sort_unstable();
        slots.dedup();
        slots.into_iter().map(|slot| self.id(slot)).collect()
    }

    /// Kinds of cards that scripts write.
    pub(crate) fn card_kinds(&mut self) -> Vec<Sym> {
        let mut slots = self.world.cards();
        self.asked.push(Asked::Cards(slots.clone()));
        slots.extend(self.slots.iter().filter(|slot| slot.is_cards()).cloned());
        slots.sort_unstable();
        slots.dedup();
        let kind = |slot: Slot| match slot {
            Slot::Cards(kind) => kind,
            Slot::Field(..) | Slot::Highlighted => None,
        };
        slots.into_iter().filter_map(kind).collect()
    }

    pub(crate) fn name(&self, id: u32) -> Sym {
        self.slots[id as usize].in_words().into()
    }

    /// Raises the label of a slot.
    pub(crate) fn write(&mut self, id: u32, lab: Lab, there: Bits) {
        let lab = lab.stored();
        self.there_by_this[id as usize] |= Lab { bits: there, ..Lab::NONE }.stored().bits;
        for known in [&mut self.labels[id as usize], &mut self.written[id as usize]] {
            if let Some(old) = *known {
                let deps = self.deps.union(old.deps, lab.deps);
                *known = Some(old.with(lab, deps));
            }
        }
        self.written[id as usize].get_or_insert(lab);
    }

    /// What is told by whether a slot that was read holds anything.
    pub(crate) fn there(&self, id: u32) -> Bits {
        self.theres[id as usize] | self.there_by_this[id as usize]
    }

    /// Notes that acts of a kind write a slot.
    pub(crate) fn write_fired(&mut self, id: u32, event: u32) {
        self.fires[id as usize] |= event;
    }

    /// Whether acts of this kind write one of these slots: what depends on it then tells how often they happened.
    pub(crate) fn fired(&mut self, ids: &[u32], event: u32) -> bool {
        ids.iter().any(|&id| {
            self.read(id);
            (self.fired[id as usize] | self.fires[id as usize]) & event != 0
        })
    }

    /// Whether it is a field of a person.
    pub(crate) fn on_person(&self, id: u32) -> bool {
        matches!(self.slots[id as usize], Slot::Field(Kind::Person, _))
    }

    /// Whether reading one of these fields tells of acts.
    pub(crate) fn tell(&mut self, ids: &[u32]) -> bool {
        ids.iter().any(|&id| self.read(id).bits.meets(Bits::TRACE | Bits::MEASURE))
    }

    /// What was asked, what was stored, and the slots by number.
    pub(crate) fn finish(self) -> (Vec<Asked>, Vec<Wrote>, Vec<Slot>) {
        let mut wrote = Vec::new();
        for (at, slot) in self.slots.iter().enumerate() {
            let (lab, fired) = (self.written[at], self.fires[at]);
            if lab.is_none() && fired == 0 {
                continue;
            }
            let lab = lab.unwrap_or(Lab::NONE);
            let mut deps: Vec<Slot> = self.deps.get(lab.deps).iter().map(|&id| self.slots[id as usize].clone()).collect();
            deps.sort_unstable();
            let lab = Lab { deps: Deps::default(), ..lab };
            let there = self.there_by_this[at];
            wrote.push(Wrote { slot: slot.clone(), lab, there, deps, fired, marks: Default::default() });
        }
        (self.asked, wrote, self.slots)
    }
}
