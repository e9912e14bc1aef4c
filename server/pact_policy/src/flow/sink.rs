//! Sinks: what leaves a run, and which rule it breaks.

use super::lab::{Bits, Id, Lab};
use super::machine::{Machine, Pc, Plain};
use super::step::StepId;
use super::val::{Shape, Val};
use crate::ir::Pos;
use crate::rules::Rule;
use crate::table::EntryPoint;
use crate::transfer::Transfer;

/// Where something leaves a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Sink {
    Effect(&'static str),
    Digest(&'static str),
    Store,
    Post,
    Mail,
    Log,
    Note,
    Return,
    Throw,
    Turn,
}

/// Something that a rule refuses, before it is put into words.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) rule: Rule,
    pub(crate) file: u32,
    pub(crate) pos: Pos,
    pub(crate) what: String,
    pub(crate) step: StepId,
    pub(crate) also: StepId,
}

/// A line of a digest that shows the element of a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// Whose digest.
    digest: Id,
    pub(crate) bit: u64,
    /// Where the turn stands in the stack, and how deep the stack was.
    turn: usize,
    depth: usize,
}

impl Sink {
    pub(crate) fn words(self) -> String {
        match self {
            Self::Effect(name) => format!("`{name}`"),
            Self::Digest(name) => format!("the digest (`{name}`)"),
            Self::Store => "a stored field (`set`)".to_owned(),
            Self::Post => "a webhook (`post`)".to_owned(),
            Self::Mail => "a mail to a customer (`write_to`)".to_owned(),
            Self::Log => "the run's log".to_owned(),
            Self::Note => "a coaching note".to_owned(),
            Self::Return => "the value that the entry point returns".to_owned(),
            Self::Throw => "the run's error".to_owned(),
            Self::Turn => "the order of a rotation".to_owned(),
        }
    }
}

impl Machine<'_> {
    /// What a sink here depends on: its data, and what decided that it is reached, turn by turn.
    pub(crate) fn reaching(&mut self, data: Lab, from: u64) -> Lab {
        let mut way = Lab::NONE;
        let mut turns = false;
        let (mut listed, mut named) = (false, false);
        for at in (0..self.pc.len()).rev() {
            match self.pc[at] {
                Pc::Branch { lab, .. } => {
                    let lab = self.numbering(lab, from, true);
                    way = self.join(way, lab);
                }
                Pc::Turn { lab, reach, marks, people, plain, bit, .. } => {
                    turns = true;
                    let shown = from & bit != 0 && plain != Plain::Counts;
                    let mut lab = self.numbering(lab, from, true);
                    if shown && marks && plain == Plain::No && lab.bits.meets(Bits::RUNNING) {
                        // It goes over the places of a list, and shows what stands there.
                        lab = lab.without(Bits::RUNNING);
                        lab.bits |= if lab.bits.meets(Bits::PERSONAL) { Bits::ORDER } else { Bits::NONE };
                    }
                    let lab = if shown && people { lab.without(Bits::PERSONAL) } else { lab };
                    way = self.join(way, lab);
                    // Who comes first is told where nothing but people is shown of what is in an order.
                    named |= !shown && lab.bits.has(Bits::ACROSS) && data.bits.has(Bits::WHO);
                    let repeats = plain == Plain::Yes && (listed || !way.bits.meets(Bits::OWN_ONLY));
                    if !shown && !repeats && Transfer::Repeated.on() {
                        way = way.gathered_at(reach, bit);
                    }
                    listed |= shown;
                }
            }
        }
        let mut all = self.join(data, Transfer::Reached.keep(way.looked_at()));
        if named {
            all.bits |= Transfer::NamedInOrder.bits(Bits::METRIC | Bits::RANK);
        }
        if !turns {
            all = all.without(Bits::SELECTED);
        }
        // Person by person, what is missing at their customers is what they left undone.
        let by_person = self.pc.iter().find_map(|pc| match pc {
            Pc::Turn { each, people: true, .. } if *each != Id::NONE => Some(*each),
            Pc::Turn { lab, .. } if lab.bits.has(Bits::WHO) => Some(lab.own),
            Pc::Turn { .. } | Pc::Branch { .. } => None,
        });
        if let (true, Some(own)) = (all.bits.has(Bits::BARE), by_person) {
            all.own = if all.bits.meets(Bits::OWN_ONLY) { all.own.join(own) } else { own };
            all.bits |= Transfer::SubjectPresence.bits(Bits::PRESENCE);
            all.claim();
        }
        if all.bits.meets(Bits::MEASURE) && all.bits.meets(Bits::PERSONAL) {
            all.bits |= Bits::METRIC;
        }
        all
    }

    /// A list that is numbered, or cut short by how much of it was shown, tells no more than the list.
    ///
    /// `shown` are the loops whose element is shown here; `cuts` says that it decides whether something is shown.
    fn numbering(&self, lab: Lab, shown: u64, cuts: bool) -> Lab {
        if !lab.bits.meets(Bits::RUNNING) || lab.turns & shown == 0 || lab.bits.meets(Bits::RANK | Bits::DURATION) {
            return lab;
        }
        for (at, pc) in self.pc.iter().enumerate() {
            let Pc::Turn { lab: turn, bit, people: false, marks: false, .. } = pc else { continue };
            let same = turn.bits.has(lab.ran) && (lab.own == turn.own || !lab.ran.meets(Bits::WHO));
            if lab.turns & shown & bit == 0 || (!same && Transfer::NumbersOnly.on()) {
                continue;
            }
            let chosen = self.pc.iter().skip(at + 1).any(|pc| match pc {
                Pc::Branch { lab, .. } => lab.bits.meets(Bits::COUNTS),
                Pc::Turn { .. } => false,
            });
            let mut lab = lab.without(Bits::RUNNING);
            if (cuts || chosen) && turn.bits.meets(Bits::PERSONAL) {
                lab.bits |= Bits::ORDER;
                lab.claim();
            }
            return lab;
        }
        lab
    }

    /// Judges something that leaves the run here.
    pub(crate) fn sink(&mut self, sink: Sink, pos: Pos, data: Lab, from: u64, receiver: Id) {
        let from = if let Sink::Digest(_) = sink { self.told_before(from, receiver) } else { from };
        let data = self.numbering(data, from, false);
        // Only what is read by people shows a text as a whole; from anywhere else it can be measured.
        let read = matches!(sink, Sink::Digest(_) | Sink::Effect(_)) && sink != Sink::Effect("write_card");
        let data = if read { data } else { data.looked_at() };
        let all = self.reaching(data.without(Bits::SORT.without(Bits::OUTSIDE)), from);
        let file = self.file();
        self.reached.insert((file, pos, sink, receiver));
        if let Some(rule) = self.broken(sink, all, data, receiver) {
            self.refuse(rule, sink, pos, all);
        }
    }

    /// The turns whose element this line of a digest shows, with those that a line before it in the same turn has shown: what is said
    /// below a heading is said once for each heading.
    fn told_before(&mut self, from: u64, receiver: Id) -> u64 {
        let mut shown = from;
        for told in &self.told {
            if told.digest.same(receiver) && self.pc.len() >= told.depth && self.only_left(told.turn, told.depth) {
                shown |= told.bit;
            }
        }
        for turn in 0..self.pc.len() {
            if let Pc::Turn { bit, .. } = self.pc[turn]
                && from & bit != 0
                && self.only_left(turn, self.pc.len())
            {
                self.told.push(Told { digest: receiver, bit, turn, depth: self.pc.len() });
            }
        }
        shown
    }

    /// Whether nothing but ways out decides, between a turn and this depth, what is reached.
    fn only_left(&self, turn: usize, depth: usize) -> bool {
        matches!(self.pc.get(turn), Some(Pc::Turn { .. }))
            && self.pc[turn + 1..depth].iter().all(|pc| matches!(pc, Pc::Branch { left: true, .. }))
    }

    fn broken(&self, sink: Sink, all: Lab, data: Lab, receiver: Id) -> Option<Rule> {
        let mut bits = all.bits;
        if self.manifest.coaching && bits.has(Bits::COACHING) {
            return match sink {
                Sink::Note => self.noted(bits, all),
                _ => Some(Rule::NoCoachingLeak),
            };
        }
        if self.manifest.coaching && sink == Sink::Note {
            return self.noted(bits, all);
        }
        if bits.meets(Bits::OWN_ONLY) && bits.meets(Bits::PERSONAL) {
            // A person's own digest may leave a heading out; a message of its own must show the trace that it is about.
            let personal = match sink {
                Sink::Digest(_) | Sink::Effect("send" | "digest") => true,
                Sink::Effect("notify" | "ask") => {
                    let shown = !Transfer::OwnMessage.on()
                        || data.bits.meets(Bits::TRACE | Bits::CLOCK) && !data.bits.has(Bits::PRESENCE);
                    shown || !all.bits.has(Bits::PRESENCE) || all.bits.has(Bits::BARE)
                }
                Sink::Effect(_)
                | Sink::Store
                | Sink::Post
                | Sink::Mail
                | Sink::Log
                | Sink::Note
                | Sink::Return
                | Sink::Throw
                | Sink::Turn => false,
            };
            if !(personal && (receiver.same(all.own) || !Transfer::OwnOnly.on())) {
                if bits.has(Bits::AGE) {
                    return Some(Rule::NoReactionTime);
                }
                bits |= Bits::METRIC;
            }
        }
        let leaves = matches!(sink, Sink::Post | Sink::Mail) || (data.bits.has(Bits::OUTSIDE) && data.bits.meets(Bits::TRACE));
        if leaves && bits.has(Bits::METRIC | Bits::TRACE) && !all.bits.meets(Bits::METRIC | Bits::DURATION) {
            return Some(Rule::NoActivityExport);
        }
        if bits.has(Bits::DURATION) {
            return Some(if bits.has(Bits::RANK) { Rule::NoActivityRanking } else { Rule::NoReactionTime });
        }
        if bits.has(Bits::METRIC) {
            return Some(if bits.has(Bits::RANK) { Rule::NoActivityRanking } else { Rule::NoActivityMetric });
        }
        if leaves
            && Transfer::Leaves.on()
            && bits.meets(Bits::PERSONAL)
            && bits.meets(Bits::TRACE | Bits::CLOCK | Bits::SUBJECTS | Bits::ACROSS | Bits::MEASURE)
        {
            return Some(Rule::NoActivityExport);
        }
        if sink == Sink::Store && bits.meets(Bits::MEASURE) && Transfer::StoredMeasure.on() {
            return Some(Rule::NoActivityTally);
        }
        None
    }

    /// A coaching note may measure the acts of its period; a figure about anybody else is nobody's to note.
    fn noted(&self, bits: Bits, all: Lab) -> Option<Rule> {
        let others = bits.meets(Bits::METRIC | Bits::OWN_ONLY) && bits.meets(Bits::PERSONAL) && !all.own.same(self.coached);
        (others && Transfer::NotedOthers.on()).then_some(Rule::NoActivityMetric)
    }

    /// Whether a sink reaches one person about what is their own.
    pub(crate) fn is_personal(sink: Sink) -> bool {
        matches!(sink, Sink::Digest(_) | Sink::Effect("send" | "digest" | "notify" | "ask"))
    }

    pub(crate) fn refuse(&mut self, rule: Rule, sink: Sink, pos: Pos, lab: Lab) {
        let what = rule.sentence(&sink.words());
        let also = if rule.is_personal() { lab.who } else { StepId::NONE };
        self.find(rule, pos, what, lab.step, also);
    }

    /// A piece of code that cannot be judged.
    pub(crate) fn hidden(&mut self, pos: Pos, why: &str) {
        self.find(Rule::NoHiddenFlow, pos, why.to_owned(), StepId::NONE, StepId::NONE);
    }

    /// A read or effect that the manifest does not declare.
    pub(crate) fn undeclared(&mut self, pos: Pos, what: String) {
        if self.quiet {
            return;
        }
        self.find(Rule::EveryEffectDeclared, pos, what, StepId::NONE, StepId::NONE);
    }

    pub(crate) fn find(&mut self, rule: Rule, pos: Pos, what: String, step: StepId, also: StepId) {
        let file = self.file();
        let found = Found { rule, file, pos, what, step, also };
        let here = self.found_at.get(&(file, pos)).map_or(&[][..], Vec::as_slice);
        let same = |old: &Found| old.rule == rule || (old.rule.is_flow() && rule.is_flow());
        let known = |at: usize| self.found.get(at).is_some_and(|old| old.file == file && old.pos == pos && same(old));
        match here.iter().copied().find(|&at| known(at)) {
            Some(at) if self.found[at].rule.rank() <= rule.rank() => self.found[at] = found,
            Some(_) => {}
            None => self.note(found),
        }
    }

    /// Adds what was found, where nothing of its kind was found before.
    pub(crate) fn note(&mut self, found: Found) {
        self.found_at.entry((found.file, found.pos)).or_default().push(self.found.len());
        self.found.push(found);
    }

    /// Stores a value in a custom field.
    pub(crate) fn store_field(&mut self, field: u32, record: &Val, value: &Val, pos: Pos) {
        let (inner, of) = (self.deep(value), record.lab);
        let data = self.join(inner, of).looked_at();
        let from = Self::deep_from(value) | Self::deep_from(record);
        let all = self.reaching(data.without(Bits::SORT), from);
        // That something is there tells what decided that it was written; where it may be nothing, also what it is.
        let may_be_nothing = value.maybe || matches!(value.shape, Shape::Unit | Shape::Any | Shape::Never);
        let there = if may_be_nothing { all } else { self.reaching(of.without(Bits::SORT), Self::deep_from(record)) };
        let mut deps: Vec<u32> = self.fields.deps.get(data.deps).to_vec();
        let mut once = false;
        for at in 0..self.pc.len() {
            let (lab, guard) = match &self.pc[at] {
                Pc::Branch { lab, guard, .. } => (*lab, *guard),
                Pc::Turn { lab, .. } => (*lab, None),
            };
            let unit = self.written("()");
            let own = guard.filter(|(guarded, version)| *guarded == field && (version.same(value.version) || *version == unit));
            once |= own.is_some();
            deps.extend(self.fields.deps.get(lab.deps).iter().copied().filter(|&dep| own.is_none() || dep != field));
        }
        let tells = all.bits.meets(Bits::TRACE | Bits::CLOCK | Bits::MEASURE | Bits::METRIC | Bits::DURATION | Bits::OWN_ONLY);
        let others: Vec<u32> = deps.iter().copied().filter(|&dep| dep != field).collect();
        let event = self.entry.filter(|entry| entry.entry().act).map_or(0, |entry| 1 << entry as u32);
        let grows = (deps.contains(&field) && Transfer::FieldGrows.on())
            || (once && self.fields.tell(&others))
            || (self.fields.fired(&others, event) && Transfer::Latched.on());
        self.fields.write_fired(field, event);
        let file = self.file();
        self.reached.insert((file, pos, Sink::Store, Id::NONE));
        let coaching = self.manifest.coaching && all.bits.has(Bits::COACHING);
        let rule =
            if grows && tells && !coaching { Some(Rule::NoActivityTally) } else { self.broken(Sink::Store, all, data, Id::NONE) };
        if let Some(rule) = rule {
            self.refuse(rule, Sink::Store, pos, all);
        }
        let mut kept = all;
        kept.turns = 0;
        kept.one = 0;
        kept.bits |= inner.bits.only(Bits::SORT.without(Bits::ACT_NOW | Bits::NOW | Bits::OUTSIDE));
        if inner.bits.has(Bits::NOW) && kept.bits.has(Bits::TRACE) {
            // The moment of a run that an act fired is the instant of the act.
            let answers = matches!(self.entry, Some(EntryPoint::PushDeclined | EntryPoint::LeadOwned));
            let instant = if answers { Bits::INSTANT | Bits::ANSWER } else { Bits::INSTANT };
            kept.bits |= Transfer::NowStored.bits(instant);
        }
        if kept.bits.has(Bits::DUTY) && Transfer::DutyStored.on() {
            kept.bits |= Bits::TRACE;
            kept.step = if kept.step == StepId::NONE { kept.who } else { kept.step };
        }
        if rule.is_some() {
            // Told once, here: readers see one trace in its place.
            let metric = Bits::METRIC | Bits::MEASURE | Bits::ACROSS | Bits::RANK | Bits::DURATION | Bits::OWN_ONLY;
            let was = kept.bits.meets(metric);
            kept.bits = kept.bits.without(metric | Bits::DUTY);
            if was {
                kept.bits |= Bits::TRACE;
            }
        }
        kept.bits = kept.bits.without(Bits::DUTY);
        kept.own = Id::NONE;
        kept.of_cell = Id::NONE;
        kept.deps = self.fields.deps.of(deps);
        let name = self.fields.name(field);
        let kept = self.step(kept, pos, super::step::What::Stored(name));
        let metric = Bits::METRIC | Bits::MEASURE | Bits::ACROSS | Bits::RANK | Bits::DURATION | Bits::OWN_ONLY | Bits::DUTY;
        let told = if there.bits.meets(metric) { Bits::TRACE } else { Bits::NONE };
        self.fields.write(field, kept, Transfer::FieldThere.bits((there.bits | told).only(kept.bits)));
    }
}
