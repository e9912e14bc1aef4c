//! What is told by whether there is anything: in a list, in a text, in a stored field, in what was taken.

use super::lab::{Bits, Id, Lab};
use super::machine::Machine;
use super::val::{Shape, Val};
use crate::transfer::Transfer;

impl Machine<'_> {
    /// Whether there is something: a label about a person's list says more once it is asked whether the list is empty.
    pub(crate) fn presence(&mut self, val: &Val, lab: Lab) -> Lab {
        let tells = val.maybe && lab.bits.meets(Bits::TRACE)
            || val.maybe && lab.bits.meets(Bits::PERSONAL) && lab.bits.meets(Bits::CLOCK);
        // Whether a person was found is no list of traces that is empty.
        let person = val.is_person() && !lab.bits.meets(Bits::CLOCK);
        if !tells || person || val.lab.bits.has(Bits::METRIC) {
            return lab;
        }
        let mut lab = lab;
        // That one customer or lead has something stored is that subject's own state.
        let on_person = val.field.is_none_or(|field| self.fields.on_person(field));
        if !on_person && !lab.bits.meets(Bits::PERSONAL) {
            lab.bits |= Bits::BARE | Bits::CLOCK;
            lab.one = 0;
            return lab;
        }
        lab.bits |= Transfer::TakenPresence.bits(Bits::PRESENCE);
        lab.claim();
        if lab.of_cell == Id::NONE {
            lab.of_cell = Id::MIXED;
        }
        lab
    }

    /// What is told by whether a stored field holds anything: what decided that it was written, and not what was.
    pub(crate) fn is_stored(&mut self, val: &Val) -> Lab {
        let lab = Lab { bits: val.there, ..val.lab };
        self.presence(&Val { lab, ..val.clone() }, lab)
    }

    /// Whether a value may be nothing because a person's list had nothing to take; its text is then another.
    pub(crate) fn shows_nothing(val: &Val) -> bool {
        val.maybe && val.field.is_none() && val.lab.bits.has(Bits::TRACE) && val.lab.bits.meets(Bits::PERSONAL)
    }

    /// Nothing is equal to no other value, and neither less nor greater: so a comparison tells whether there was anything.
    pub(crate) fn compared_with_nothing(&mut self, a: &Val, b: &Val, lab: Lab) -> Lab {
        let mut lab = lab;
        for val in [a, b] {
            if Self::shows_nothing(val) && Transfer::ComparedNothing.on() {
                lab = self.presence(val, lab);
            }
        }
        lab
    }

    /// What is told by whether a text that lists traces is empty: whether there are any.
    pub(crate) fn no_text(&self, a: &Val, b: &Val) -> Option<Lab> {
        let empty = |val: &Val| val.text().is_some_and(|text| text.is_empty());
        let of = if empty(b) {
            a
        } else if empty(a) {
            b
        } else {
            return None;
        };
        Self::text_presence(of)
    }

    /// Whether there is anything in a text that lists traces.
    pub(crate) fn text_presence(of: &Val) -> Option<Lab> {
        if !matches!(of.shape, Shape::Text(_)) || !of.lab.bits.meets(Bits::LISTED | Bits::OF_ONE) {
            return None;
        }
        let mut lab = of.lab.without(Bits::SORT | Bits::LISTED | Bits::OF_ONE);
        lab.bits |= Transfer::LookedAt.bits(Bits::PRESENCE);
        lab.claim();
        lab.of_cell = if of.cell == Id::NONE { Id::MIXED } else { of.cell };
        Some(lab)
    }

    /// What a comparison of a length tells, where it only tells whether there is anything.
    pub(crate) fn emptiness(&mut self, op: &str, a: &Val, b: &Val) -> Option<Lab> {
        let (length, other) = if a.empty.is_some() { (a, b) } else { (b, a) };
        let lab = length.empty?;
        let (zero, one) = (self.written("0"), self.written("1"));
        let flipped = b.empty.is_some();
        let asks = other.version.same(zero)
            || (other.version.same(one) && matches!((op, flipped), (">=" | "<", false) | ("<=" | ">", true)));
        asks.then_some(lab)
    }
}
