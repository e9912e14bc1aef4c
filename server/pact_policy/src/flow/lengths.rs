//! What a script has asked before it takes something: whether there is any, and how long lists are at least.
//!
//! What is known to be there does not end the run; what is not may, and then all of its effects depend on it.

use super::lab::{Bits, Id};
use super::machine::Machine;
use super::step::What;
use super::val::Val;
use crate::ir::{Kind, Lit, Node, Pos, ShortOp};
use crate::transfer::Transfer;

/// A variable that was not written since, and how long the list in it is at least, or how great the number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    number: bool,
    cell: usize,
    stamp: u32,
    least: i64,
}

impl Machine<'_> {
    /// A member of what was taken from a list that may be empty: the run fails where there is none.
    pub(crate) fn fails_on_nothing(&mut self, of: &Node, val: &Val, pos: Pos) {
        if !val.lab.bits.meets(Bits::PERSONAL) || !val.lab.bits.meets(Bits::TRACE) {
            return;
        }
        let mut lab = val.lab;
        lab.bits |= Bits::PRESENCE;
        if self.in_try > 0 || matches!(of.kind, Kind::Call(_)) {
            lab.bits |= Bits::METRIC;
            self.may_fail(Transfer::FailsOnNothing.keep(lab), pos);
        } else if matches!(of.kind, Kind::Var(_)) && !val.is_person() && val.field.is_none() {
            // The script did not ask; where there is nothing the run ends. Its person may know that, nobody else.
            lab.claim();
            let lab = self.step(Transfer::MissingFails.keep(lab.without(Bits::SORT)), pos, What::Left);
            self.missing = self.join(self.missing, lab);
        }
    }

    /// Variables that hold something where a condition says `yes`.
    pub(crate) fn holds(&self, condition: &Node, yes: bool, found: &mut Vec<usize>) {
        match &condition.kind {
            Kind::Call(call) if call.operator && call.args.len() == 2 && &*call.name == if yes { "!=" } else { "==" } => {
                let unit = |node: &Node| matches!(node.kind, Kind::Lit(Lit::Unit));
                let side = match call.args.as_slice() {
                    [a, b] if unit(b) => Some(a),
                    [a, b] if unit(a) => Some(b),
                    _ => None,
                };
                found.extend(side.and_then(|side| self.root(side)));
            }
            Kind::Call(call) if call.operator && &*call.name == "!" => {
                call.args.iter().for_each(|arg| self.holds(arg, !yes, found));
            }
            Kind::Short(ShortOp::And, parts) if yes => parts.iter().for_each(|part| self.holds(part, yes, found)),
            Kind::Short(ShortOp::Or, parts) if !yes => parts.iter().for_each(|part| self.holds(part, yes, found)),
            _ => {}
        }
    }

    pub(crate) fn filled(&mut self, cells: &[usize]) {
        for &cell in cells {
            if let Some(cell) = self.cells.get_mut(cell) {
                cell.val.maybe = false;
            }
        }
    }

    /// Looks at something while so much is known of how long lists are.
    pub(crate) fn knowing<T>(&mut self, lengths: impl IntoIterator<Item = Length>, look: impl FnOnce(&mut Self) -> T) -> T {
        let asked = self.known_lengths.len();
        self.known_lengths.extend(lengths);
        let seen = look(self);
        self.known_lengths.truncate(asked);
        seen
    }

    /// How long lists are at least where a condition says `yes`.
    pub(crate) fn lengths(&self, condition: &Node, yes: bool) -> Vec<Length> {
        let mut found = Vec::new();
        self.lengths_into(condition, yes, &mut found);
        found
    }

    fn lengths_into(&self, condition: &Node, yes: bool, found: &mut Vec<Length>) {
        match &condition.kind {
            Kind::Call(call) if call.operator => match call.args.as_slice() {
                [inner] if &*call.name == "!" => self.lengths_into(inner, !yes, found),
                [a, b] => {
                    let asked = match (self.length_of(a), self.number(b), self.length_of(b), self.number(a)) {
                        (Some(cell), Some(number), ..) => Some((cell, &*call.name, number)),
                        (_, _, Some(cell), Some(number)) => Some((cell, mirrored(&call.name), number)),
                        _ => None,
                    };
                    found.extend(asked.and_then(|(cell, op, number)| self.length(cell, least(op, number, yes))));
                    let asked = match (self.root(a), self.number(b), self.root(b), self.number(a)) {
                        (Some(cell), Some(number), ..) => Some((cell, &*call.name, number)),
                        (_, _, Some(cell), Some(number)) => Some((cell, mirrored(&call.name), number)),
                        _ => None,
                    };
                    let number = asked.and_then(|(cell, op, number)| self.length(cell, least(op, number, yes)));
                    found.extend(number.map(|known| Length { number: true, ..known }));
                }
                _ => {}
            },
            Kind::Call(call) if &*call.name == "is_empty" && !yes => {
                let cell = call.args.first().and_then(|list| self.root(list));
                found.extend(cell.and_then(|cell| self.length(cell, 1)));
            }
            Kind::Short(ShortOp::And, parts) if yes => parts.iter().for_each(|part| self.lengths_into(part, yes, found)),
            Kind::Short(ShortOp::Or, parts) if !yes => parts.iter().for_each(|part| self.lengths_into(part, yes, found)),
            _ => {}
        }
    }

    /// The list that a `switch` looks at the length of may be as long as it likes in each case: a case is what was asked.
    pub(crate) fn switched_length(&self, on: &Node) -> Option<Length> {
        self.length_of(on).and_then(|cell| self.length(cell, i64::MAX))
    }

    fn length(&self, cell: usize, least: i64) -> Option<Length> {
        self.cells.get(cell).map(|known| Length { number: false, cell, stamp: known.stamp, least })
    }

    /// The variable with the list whose length a node is.
    fn length_of(&self, node: &Node) -> Option<usize> {
        match &node.kind {
            Kind::Call(call) if matches!(&*call.name, "len" | "count") => call.args.first().and_then(|list| self.root(list)),
            Kind::Var(_) => {
                let val = &self.cells.get(self.root(node)?)?.val;
                let cell = (val.lab.of_cell != Id::MIXED).then_some(val.lab.of_cell.0 as usize)?;
                val.empty.and_then(|_| cell.checked_sub(1))
            }
            _ => None,
        }
    }

    fn number(&self, node: &Node) -> Option<i64> {
        match &node.kind {
            Kind::Lit(Lit::Int(number)) => Some(*number),
            Kind::Var(_) => self.number_in(&self.cells.get(self.root(node)?)?.val),
            _ => None,
        }
    }

    /// The number that a value is, where it was written as one.
    pub(crate) fn number_in(&self, val: &Val) -> Option<i64> {
        self.numbers.get(&val.version).copied()
    }

    /// Whether a list is known to have something at a place.
    pub(crate) fn is_there(&self, list: &Val, place: i64) -> bool {
        let Some(cell) = (list.cell.0 as usize).checked_sub(1) else { return false };
        let Some(stamp) = self.cells.get(cell).map(|known| known.stamp) else { return false };
        let needed = if place < 0 { place.saturating_neg() } else { place.saturating_add(1) };
        self.known_lengths
            .iter()
            .any(|known| !known.number && known.cell == cell && known.stamp == stamp && known.least >= needed)
    }

    /// Whether the script has asked that a number is greater than nothing.
    pub(crate) fn is_not_zero(&self, val: &Val) -> bool {
        let Some(cell) = (val.cell.0 as usize).checked_sub(1) else { return false };
        let Some(stamp) = self.cells.get(cell).map(|known| known.stamp) else { return false };
        self.known_lengths.iter().any(|known| known.number && known.cell == cell && known.stamp == stamp && known.least >= 1)
    }
}

/// How long a list is at least where `len op number` is `yes`.
fn least(op: &str, number: i64, yes: bool) -> i64 {
    match (op, yes) {
        (">", true) | ("<=", false) => number.saturating_add(1),
        (">=", true) | ("<", false) | ("==", true) | ("!=", false) => number,
        ("!=", true) | ("==", false) if number == 0 => 1,
        _ => 0,
    }
}

/// The operator that says the same with its sides exchanged.
fn mirrored(op: &str) -> &str {
    match op {
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        other => other,
    }
}
