//! Groups of people that a script filters: those who share something, or one after the other by hand.
//!
//! Policy §2.4: a rotation over a group of people is the host's assignment; over a group of one it tells that person's load.

use super::lab::{Bits, Id};
use super::machine::{Machine, Pc};
use super::val::{Shape, Val};
use crate::ir::{Kind, Node, Pos, ShortOp, Sym};
use crate::manifest::FieldType;
use crate::table;
use crate::transfer::Transfer;

/// A filter of people, while its function is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Filtering {
    /// The person of the turn.
    person: Id,
    /// The variable with the group.
    group: Id,
    /// How much the program counter depended on around it.
    depth: usize,
    /// Comparisons of the function that every person who is kept must pass, and that one person does not.
    left_out: Vec<(u32, Pos)>,
    /// Whether a text or number of the person was read.
    by_field: bool,
}

impl Machine<'_> {
    /// Begins to look at a filter's function; gives the filter around it.
    pub(crate) fn begin_filter(&mut self, over: &Val, function: &Val, pos: Pos) -> Option<Filtering> {
        let outer = self.filtering.take();
        let people = matches!(&over.shape, Shape::Query(query) if query.kind == table::Kind::Person);
        if let (true, Some([target])) = (people, function.targets.as_ref().map(|targets| targets.as_slice())) {
            let unit = &self.units[target.program];
            let of = unit.program.function(&target.name, target.captures.len() + target.bound.len() + 1);
            let mut left_out = Vec::new();
            if let Some(of) = of.and_then(|index| unit.program.functions.get(index))
                && let Some(param) = of.params.last()
            {
                leaves_out(&of.body, param, unit.file, &mut left_out);
            }
            let person = self.element_of(over, pos).id;
            self.filtering = Some(Filtering { person, group: over.cell, depth: self.pc.len(), left_out, by_field: false });
        }
        outer
    }

    /// Ends it: a text or number picks people one by one where the script counts it up, or takes it from a person.
    pub(crate) fn end_filter(&mut self, function: &Val, outer: Option<Filtering>) {
        let by_field = std::mem::replace(&mut self.filtering, outer).is_some_and(|filtering| filtering.by_field);
        if !by_field || !Transfer::PickedByField.on() {
            return;
        }
        let targets = function.targets.iter().flat_map(|targets| targets.iter());
        let captured: Vec<usize> = targets.flat_map(|target| target.captures.iter().copied()).collect();
        for cell in captured {
            let val = self.cells[cell].val.clone();
            self.identified |= self.deep(&val).bits.meets(Bits::PERSONAL) || self.is_counted_up(&val);
        }
    }

    /// A text or number of a person is read, that several may share, or that tells this one from all others.
    pub(crate) fn tells_apart(&mut self, record: &Val, ty: Option<FieldType>) {
        let shared =
            matches!(ty, Some(FieldType::Text | FieldType::LongText | FieldType::Number | FieldType::Money | FieldType::Day));
        match &mut self.filtering {
            Some(filtering) if shared && filtering.person.same(record.id) => filtering.by_field = true,
            _ => self.identified = true,
        }
    }

    /// Whether a number or text is made turn by turn of a loop, and shows no record that the loop goes over.
    fn is_counted_up(&self, val: &Val) -> bool {
        if !matches!(val.shape, Shape::Number | Shape::Text(None) | Shape::Any) {
            return false;
        }
        let mut turns = false;
        for pc in &self.pc {
            let Pc::Turn { bit, bound, plain, .. } = pc else { continue };
            turns = true;
            let word = matches!(val.shape, Shape::Text(_)) && bound.same(val.version);
            let of_record = *plain == super::machine::Plain::No && (val.from | val.some) & bit != 0;
            if word || of_record {
                return false;
            }
        }
        turns
    }

    /// Whether a comparison leaves one person out of the group that is being filtered.
    pub(crate) fn leaves_one_out(&self, pos: Pos) -> bool {
        self.filtering.as_ref().is_some_and(|filtering| filtering.left_out.contains(&(self.file(), pos)))
    }

    /// Whether it is the person of a turn of a loop that leaves one after the other out of a group that was there before.
    pub(crate) fn is_each_in_turn(&self, person: &Val) -> bool {
        let Some(filtering) = self.filtering.as_ref().filter(|_| Transfer::LeftOut.on()) else { return false };
        let group = (filtering.group.0 as usize).checked_sub(1).and_then(|cell| self.cells.get(cell));
        let Some(declared) = group.map(|cell| cell.depth) else { return false };
        let each = |pc: &Pc| matches!(pc, Pc::Turn { people: true, bit, .. } if (person.from | person.some) & bit != 0);
        self.pc[declared.min(filtering.depth)..filtering.depth].iter().any(each)
    }
}

/// Comparisons that must all hold, each of which is false for one person.
fn leaves_out(node: &Node, param: &Sym, file: u32, found: &mut Vec<(u32, Pos)>) {
    match &node.kind {
        Kind::Block(nodes) => {
            if let [one] = nodes.as_slice() {
                leaves_out(one, param, file, found);
            }
        }
        Kind::Return(Some(of)) => leaves_out(of, param, file, found),
        Kind::Short(ShortOp::And, parts) => parts.iter().for_each(|part| leaves_out(part, param, file, found)),
        Kind::Call(call) if call.operator && &*call.name == "!=" && call.args.iter().any(|arg| stands_for(arg, param)) => {
            found.push((file, node.pos));
        }
        _ => {}
    }
}

/// Whether a node is the person, or what stands for the person.
fn stands_for(node: &Node, param: &Sym) -> bool {
    match &node.kind {
        Kind::Var(name) => name == param,
        Kind::Member(of, name) => {
            matches!(&**name, "id" | "name" | "email") && matches!(&of.kind, Kind::Var(name) if name == param)
        }
        _ => false,
    }
}
