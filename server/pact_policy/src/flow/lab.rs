//! Labels: what a value, a branch or a stored field reveals about acts of staff.
//!
//! `policy.md` §3 names *who*, *trace*, *measure*, *metric* and *coaching*. The analysis splits them further, because the policy
//! sanctions some measures in some places: the emptiness of a person's own list in that person's own digest, the order of own
//! plans, texts that list single traces one by one.

use std::ops::{BitOr, BitOrAssign};

use super::step::StepId;
use crate::table::Label;
use crate::transfer::Transfer;

/// A set of label parts.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Bits(u32);

impl Bits {
    pub(crate) const NONE: Self = Self(0);
    /// Depends on a person's identity.
    pub(crate) const WHO: Self = Self(1);
    /// Depends on a group of staff: the team or territory of a person.
    pub(crate) const GROUP: Self = Self(1 << 1);
    /// Shows an act.
    pub(crate) const TRACE: Self = Self(1 << 2);
    /// The quiet clock of one lead or customer.
    pub(crate) const CLOCK: Self = Self(1 << 3);
    /// A measure of one customer or lead.
    pub(crate) const SUBJECT: Self = Self(1 << 4);
    /// Read inside a coaching period.
    pub(crate) const COACHING: Self = Self(1 << 5);
    /// A measure over traces.
    pub(crate) const MEASURE: Self = Self(1 << 6);
    /// Subject measures or quiet clocks of several subjects, put together.
    pub(crate) const ACROSS: Self = Self(1 << 7);
    /// A measure whose computation depended on *who*.
    pub(crate) const METRIC: Self = Self(1 << 8);
    /// A duration between traces.
    pub(crate) const DURATION: Self = Self(1 << 9);
    /// People ordered or chosen by a metric.
    pub(crate) const RANK: Self = Self(1 << 10);
    /// Whether a person's list is empty.
    pub(crate) const PRESENCE: Self = Self(1 << 11);
    /// An order of traces by their instants.
    pub(crate) const ORDER: Self = Self(1 << 12);
    /// Traces selected by whose they are.
    pub(crate) const SELECTED: Self = Self(1 << 13);
    /// A text that lists a person's traces one after the other.
    pub(crate) const LISTED: Self = Self(1 << 14);
    /// The value is the instant of a trace.
    pub(crate) const INSTANT: Self = Self(1 << 15);
    /// The value is the instant of an answer or acceptance.
    pub(crate) const ANSWER: Self = Self(1 << 16);
    /// The value is an instant of a record that is no trace, from which a reaction could be measured.
    pub(crate) const ENTERED: Self = Self(1 << 17);
    /// The value is the moment of a run that an act fired.
    pub(crate) const ACT_NOW: Self = Self(1 << 18);
    /// Says whether a person is on duty: a trace once it is stored.
    pub(crate) const DUTY: Self = Self(1 << 19);
    /// An outside person, a partner.
    pub(crate) const OUTSIDE: Self = Self(1 << 20);
    /// The value is the moment of a run.
    pub(crate) const NOW: Self = Self(1 << 21);
    /// The value is the instant from which somebody was waited for: of a push or a request.
    pub(crate) const OPENED: Self = Self(1 << 22);
    /// The value is a day that lies ahead of its trace: by when something is wanted.
    pub(crate) const AHEAD: Self = Self(1 << 23);
    /// How long somebody has been waited for until now.
    pub(crate) const AGE: Self = Self(1 << 24);
    /// Whether traces of one customer or lead are there at all.
    pub(crate) const BARE: Self = Self(1 << 25);

    /// Offers of one lead, told apart by whom they were made to.
    pub(crate) const OFFERS: Self = Self(1 << 26);
    /// Whether one lead was offered to a person before.
    pub(crate) const TRIED: Self = Self(1 << 27);
    /// A measure of the one customer or lead that the run is about.
    pub(crate) const FIXED: Self = Self(1 << 28);
    /// Whether the person of a trace is in a list.
    pub(crate) const AMONG: Self = Self(1 << 29);
    /// A text that lists what belongs to one customer or lead, one after the other: to be read, not to be measured.
    pub(crate) const OF_ONE: Self = Self(1 << 30);

    pub(crate) const PERSONAL: Self = Self(Self::WHO.0 | Self::GROUP.0);
    /// Measures of one customer or lead, whichever it is.
    pub(crate) const SUBJECTS: Self = Self(Self::SUBJECT.0 | Self::TRIED.0 | Self::FIXED.0);
    /// Parts that only say what kind of value it is, and end with an operation.
    pub(crate) const SORT: Self = Self(
        Self::INSTANT.0
            | Self::ANSWER.0
            | Self::ENTERED.0
            | Self::ACT_NOW.0
            | Self::OUTSIDE.0
            | Self::NOW.0
            | Self::OPENED.0
            | Self::AHEAD.0,
    );
    /// Parts that are sanctioned only towards the person whose they are.
    pub(crate) const OWN_ONLY: Self = Self(Self::PRESENCE.0 | Self::ORDER.0 | Self::SELECTED.0 | Self::LISTED.0 | Self::AGE.0);
    /// Parts that a running measure adds to what a loop goes over.
    pub(crate) const RUNNING: Self = Self(Self::MEASURE.0 | Self::ACROSS.0 | Self::METRIC.0);
    /// Parts that say something of acts when counted.
    pub(crate) const COUNTS: Self = Self(
        Self::TRACE.0
            | Self::CLOCK.0
            | Self::SUBJECTS.0
            | Self::MEASURE.0
            | Self::ACROSS.0
            | Self::METRIC.0
            | Self::OWN_ONLY.0
            | Self::DURATION.0,
    );

    /// Parts by which no list of records may be chosen or ordered.
    pub(crate) const ACTS: Self = Self(Self::COUNTS.0 | Self::COACHING.0 | Self::RANK.0 | Self::DUTY.0);

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The parts that a table entry raises.
    pub(crate) fn of(label: Label) -> Self {
        let mut bits = Self::NONE;
        for (part, bit) in [
            (Label::WHO, Self::WHO),
            (Label::TRACE, Self::TRACE),
            (Label::CLOCK, Self::CLOCK),
            (Label::SUBJECT, Self::SUBJECT),
            (Label::COACHING, Self::COACHING),
        ] {
            if label.has(part) {
                bits |= bit;
            }
        }
        bits
    }

    /// How much there is to tell: the path of a finding follows the graver part.
    const fn gravity(self) -> u32 {
        if self.meets(Self::METRIC) {
            return 6;
        }
        if self.meets(Self(Self::DURATION.0 | Self::COACHING.0)) {
            return 5;
        }
        if self.meets(Self(Self::MEASURE.0 | Self::OWN_ONLY.0)) {
            return 4;
        }
        if self.meets(Self::TRACE) {
            return 3;
        }
        if self.meets(Self(Self::CLOCK.0 | Self::SUBJECTS.0 | Self::ACROSS.0)) {
            return 2;
        }
        if self.meets(Self::PERSONAL) { 1 } else { 0 }
    }
}

impl BitOr for Bits {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Bits {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const NAMES: [&str; 31] = [
            "who", "group", "trace", "clock", "subject", "coaching", "measure", "across", "metric", "duration", "rank",
            "presence", "order", "selected", "listed", "instant", "answer", "entered", "act_now", "duty", "outside", "now",
            "opened", "ahead", "age", "bare", "offers", "tried", "fixed", "among", "of one",
        ];
        f.debug_set().entries((0..31).filter(|n| self.0 >> n & 1 == 1).map(|n| NAMES[n])).finish()
    }
}

/// An identity: of a person, a record or a container, as far as the analysis can tell identities apart.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Id(pub(crate) u32);

impl Id {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const MIXED: Self = Self(u32::MAX);

    pub(crate) const fn join(self, other: Self) -> Self {
        if self.0 == other.0 || other.0 == 0 {
            self
        } else if self.0 == 0 {
            other
        } else {
            Self::MIXED
        }
    }

    /// Whether both are one and the same known identity.
    pub(crate) const fn same(self, other: Self) -> bool {
        self.0 == other.0 && self.0 != 0 && self.0 != u32::MAX
    }
}

/// A set of stored fields on whose old values something depends.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Deps(pub(crate) u32);

/// A label: its parts, whose they are, which stored fields it depends on, and how it came about.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Lab {
    pub(crate) bits: Bits,
    /// Whose list, order or selection it is.
    pub(crate) own: Id,
    /// The container whose own state it tells, if it only does that.
    pub(crate) of_cell: Id,
    pub(crate) deps: Deps,
    /// The open loops that alone made a measure of it: while one of them shows its elements, it only numbers them.
    pub(crate) turns: u64,
    /// What that measure was made of.
    pub(crate) ran: Bits,
    /// The open loops to whose elements its measures of customers and leads belong; 0 where it is not known whose they are.
    pub(crate) one: u64,
    pub(crate) step: StepId,
    /// How *who* came in.
    pub(crate) who: StepId,
}

impl PartialEq for Lab {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
            && self.own == other.own
            && self.deps == other.deps
            && self.of_cell == other.of_cell
            && self.turns == other.turns
            && self.ran == other.ran
            && self.one == other.one
    }
}

/// How far what a loop goes over reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Many records, or who knows what.
    Many,
    /// People, one after the other.
    People,
    /// What belongs to one customer or lead.
    OneSubject,
    /// The characters of one text.
    OneValue,
}

impl Lab {
    pub(crate) const NONE: Self = Self {
        bits: Bits::NONE,
        own: Id::NONE,
        of_cell: Id::NONE,
        deps: Deps(0),
        turns: 0,
        ran: Bits::NONE,
        one: 0,
        step: StepId::NONE,
        who: StepId::NONE,
    };

    pub(crate) fn is_none(&self) -> bool {
        self.bits.is_empty() && self.deps.0 == 0
    }

    /// The label with the parts of both; the union of dependencies is made by the caller's interner.
    pub(crate) fn with(self, other: Self, deps: Deps) -> Self {
        let (graver, lesser) = if other.bits.gravity() > self.bits.gravity() { (other, self) } else { (self, other) };
        Self {
            bits: self.bits | other.bits,
            own: match (self.bits.meets(Bits::OWN_ONLY), other.bits.meets(Bits::OWN_ONLY)) {
                (true, false) => self.own,
                (false, true) => other.own,
                _ => self.own.join(other.own),
            },
            of_cell: if self.bits.is_empty() {
                other.of_cell
            } else if other.bits.is_empty() {
                self.of_cell
            } else {
                self.of_cell.join(other.of_cell)
            },
            deps,
            turns: match (self.bits.meets(Bits::RUNNING), other.bits.meets(Bits::RUNNING)) {
                (true, true) => self.turns & other.turns,
                (true, false) => self.turns,
                (false, true) => other.turns,
                (false, false) => 0,
            },
            ran: self.ran | other.ran,
            one: match (self.of_subjects(), other.of_subjects()) {
                (true, true) if self.one != 0 && other.one != 0 => self.one | other.one,
                (true, false) => self.one,
                (false, true) => other.one,
                _ => 0,
            },
            step: if graver.step == StepId::NONE { lesser.step } else { graver.step },
            who: if self.who == StepId::NONE { other.who } else { self.who },
        }
    }

    pub(crate) fn without(self, parts: Bits) -> Self {
        Self { bits: self.bits.without(parts), ..self }
    }

    /// Whether it tells something of customers or leads that may not be put together.
    fn of_subjects(&self) -> bool {
        self.bits.meets(Bits(Bits::CLOCK.0 | Bits::SUBJECTS.0 | Bits::ACROSS.0))
    }

    /// What is left of it where only these loops are open: their numbers are given to later loops.
    pub(crate) fn closed(self, open: u64) -> Self {
        Self { turns: self.turns & open, one: if self.one & !open == 0 { self.one } else { 0 }, ..self }
    }

    /// What putting several such values together makes of them: counting, adding, comparing, choosing.
    pub(crate) fn gathered(self, one_subject: bool) -> Self {
        self.gathered_over(if one_subject { Reach::OneSubject } else { Reach::Many })
    }

    /// What putting together makes of values that reach this far.
    pub(crate) fn gathered_over(self, reach: Reach) -> Self {
        let one_subject = !matches!(reach, Reach::Many | Reach::People);
        let mut bits = self.bits;
        let trace = if reach == Reach::OneValue { Bits::NONE } else { Bits::TRACE };
        if bits.meets(trace | Bits::PRESENCE | Bits::ORDER | Bits::SELECTED | Bits::LISTED | Bits::OF_ONE) {
            bits |= Bits::MEASURE;
        }
        // How often one lead was offered to one person counts what that person left undone; whether it was does not.
        if Transfer::OffersCounted.on() && reach != Reach::OneValue && bits.meets(Bits::OFFERS) {
            bits |= Bits::MEASURE;
        }
        if Transfer::Across.on() && reach == Reach::Many && bits.meets(Bits::TRIED) {
            bits |= Bits::ACROSS;
        }
        if Transfer::Across.on() && !one_subject && bits.meets(Bits::CLOCK | Bits::SUBJECT | Bits::ACROSS) {
            bits |= Bits::ACROSS;
        }
        let same = self.bits.meets(Bits::RUNNING) || !bits.meets(Bits::RUNNING);
        let mut lab = Self { bits, turns: if same { self.turns } else { 0 }, ..self };
        lab.attribute();
        lab
    }

    /// What a turn of a loop with this number makes of it: what belongs to the element of a loop around it stays one subject's.
    pub(crate) fn gathered_at(self, reach: Reach, bit: u64) -> Self {
        let around = self.one != 0 && self.one < bit && Transfer::Across.on();
        self.gathered_over(if around && reach != Reach::OneValue { Reach::OneSubject } else { reach })
    }

    /// What a turn of an open loop makes of it: a measure that, until the loop ends, only numbers what the loop shows.
    pub(crate) fn gathered_in_turn(self, reach: Reach, bit: u64) -> Self {
        let lab = self.gathered_at(reach, bit);
        let ran = self.ran | self.bits.without(Bits::RUNNING | Bits::SORT);
        Self { turns: if self.bits.meets(Bits::RUNNING) { lab.turns } else { bit }, ran, ..lab }
    }

    /// What is left of it once it is stored: then it belongs to no run any more.
    pub(crate) fn stored(self) -> Self {
        let mut bits = self.bits.without(Bits::OFFERS | Bits::TRIED | Bits::FIXED);
        if self.bits.meets(Bits::SUBJECTS) {
            bits |= Bits::SUBJECT;
        }
        if self.bits.meets(Bits::OFFERS | Bits::TRIED) {
            bits |= Bits::TRACE;
        }
        Self { bits, one: 0, ..self }
    }

    /// What is left of it once a text that lists one subject's traces is looked at: it is one list of traces like any other.
    pub(crate) fn looked_at(mut self) -> Self {
        if self.bits.has(Bits::OF_ONE) && Transfer::LookedAt.on() {
            self.bits = self.bits.without(Bits::OF_ONE) | Bits::LISTED;
            self.claim();
        }
        self
    }

    /// Whose a sanctioned part is must be known; if it is not, it is nobody's.
    pub(crate) fn claim(&mut self) {
        if self.own == Id::NONE {
            self.own = Id::MIXED;
        }
    }

    /// A measure that depended on *who* is a metric.
    pub(crate) fn attribute(&mut self) {
        let personal = self.bits.meets(Bits::PERSONAL);
        let across = self.bits.meets(Bits::ACROSS)
            && (self.bits.meets(Bits::WHO) || (self.bits.meets(Bits::GROUP) && self.bits.meets(Bits::CLOCK)));
        if Transfer::Attributed.on() && ((self.bits.meets(Bits::MEASURE) && personal) || across) {
            self.bits |= Bits::METRIC;
        }
    }
}
