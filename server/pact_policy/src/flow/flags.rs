//! Flags: variables that a loop over one lead's offers only sets. They say whether a person was asked, and not how often.

use super::lab::{Bits, Id, Lab, Reach};
use super::machine::{Machine, Pc};
use super::val::Val;

/// A write to a variable inside a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    cell: usize,
    /// The literal that is written; none where it is something else.
    literal: Id,
    /// Whether another flag decided that it is reached: flags that follow each other count.
    chained: bool,
}

impl Machine<'_> {
    /// Notes a write, before what decided that it is reached becomes part of it.
    pub(crate) fn note_write(&mut self, cell: usize, val: &Val) {
        let Some(turn) = self.pc.iter().position(|pc| matches!(pc, Pc::Turn { reach: Reach::OneSubject, .. })) else { return };
        let literals = [self.written("true"), self.written("false")];
        let literal = if literals.contains(&val.version) && val.lab.is_none() { val.version } else { Id::NONE };
        let chained = self.pc.iter().skip(turn + 1).any(|pc| {
            let (Pc::Branch { lab, .. } | Pc::Turn { lab, .. }) = pc;
            lab.bits.meets(Bits::TRIED)
        });
        self.writes.push(Write { cell, literal, chained });
    }

    /// What a turn over one lead's offers makes of a variable that it only ever sets to one and the same literal.
    pub(crate) fn flagged(&self, cell: usize, mark: usize, turn: &Pc, val: Val) -> Val {
        let one_subject = matches!(turn, Pc::Turn { reach: Reach::OneSubject, .. });
        let offers = val.lab.bits.has(Bits::OFFERS) && !val.lab.bits.meets(Bits::TRACE | Bits::RUNNING);
        if !one_subject || !offers {
            return val;
        }
        let mut written = self.writes.iter().skip(mark).filter(|write| write.cell == cell);
        let Some(first) = written.next() else { return val };
        let alike = |write: &Write| write.literal == first.literal && write.literal != Id::NONE && !write.chained;
        if !alike(first) || !written.all(alike) {
            return val;
        }
        let bits = val.lab.bits.without(Bits::OFFERS | Bits::SUBJECT | Bits::FIXED) | Bits::TRIED;
        Val { lab: Lab { bits, one: 0, ..val.lab }, ..val }
    }
}
