//! Loops: gone through until nothing changes, each turn gathering what it goes over.

use super::lab::{Bits, Id, Lab, Reach};
use super::machine::{Exits, Machine, Pc, Plain};
use super::step::What;
use super::val::{Shape, Val};
use crate::ir::{For, Node, Pos};
use crate::table;
use crate::transfer::Transfer;

/// How often a loop is gone through until nothing changes; after that what still changes becomes unknown.
const MOST_ROUNDS: usize = 12;

impl Machine<'_> {
    pub(crate) fn leave_loop(&mut self, val: Option<Val>) -> Val {
        if let Some(val) = val {
            let start = self.loop_start();
            let lab = Transfer::BreakValue.keep(self.since(start));
            let val = self.under(val, lab);
            let val = self.outside(val, start);
            if let Some(frame) = self.frames.last_mut() {
                frame.breaks.push(val);
            }
        }
        self.exits.brk = self.merge_exit(self.exits.brk, Some(Lab::NONE));
        Val::never()
    }

    fn loop_start(&self) -> usize {
        self.pc.iter().rposition(|pc| matches!(pc, Pc::Turn { .. })).unwrap_or(0)
    }

    /// Goes through a body until nothing changes any more; `first` binds what a turn binds.
    pub(crate) fn rounds(&mut self, turn: Pc, pos: Pos, mut one: impl FnMut(&mut Self)) {
        let outer = std::mem::take(&mut self.exits);
        let length = self.cells.len();
        let mut turn = turn;
        let mut exits = Exits::default();
        for round in 0..MOST_ROUNDS {
            let before: Vec<_> = self.cells_now();
            self.exits = Exits::default();
            let stamps: Vec<u32> = self.cells.iter().map(|cell| cell.stamp).collect();
            let mark = self.writes.len();
            self.pc.push(turn.clone());
            one(self);
            self.pc.pop();
            if let Pc::Turn { bit, .. } = turn {
                self.told.retain(|told| told.bit != bit);
            }
            let mut grown = self.counts_plainly(&stamps, &mut turn);
            self.gather_cells(&stamps, mark, &turn);
            let taken = std::mem::take(&mut self.exits);
            exits = self.merge_exits(exits, taken);
            let after = std::mem::take(&mut self.cells);
            let mut joined = self.join_cells(after, &before);
            if let (Pc::Turn { lab, reach, bit, .. }, Some(left)) = (&mut turn, self.leaves(&exits)) {
                let gathered = left.gathered_at(*reach, *bit);
                let more = self.join(*lab, gathered);
                grown |= more != *lab;
                *lab = more;
            }
            let same = joined.len() >= length && joined.iter().zip(&before).take(length).all(|(a, b)| a == b);
            if round + 2 >= MOST_ROUNDS && !same {
                for (cell, old) in joined.iter_mut().zip(&before).take(length) {
                    if cell != old {
                        let lab = self.deep(&cell.val);
                        cell.val = Val { targets: cell.val.targets.clone(), ..Val::any(lab.gathered(false)) };
                    }
                }
            }
            self.cells = joined;
            self.forget_cells(length);
            if (same && !grown) || self.spent() {
                break;
            }
        }
        let Pc::Turn { lab, reach, bit, .. } = turn else { return };
        if !self.pc.iter().any(|pc| matches!(pc, Pc::Turn { .. })) {
            self.writes.clear();
        }
        for cell in &mut self.cells {
            super::machine::close(&mut cell.val, !bit);
        }
        self.failed = self.failed.closed(!bit);
        let lab = lab.closed(!bit);
        for exit in [&mut exits.ret, &mut exits.brk, &mut exits.cont, &mut exits.thrown].into_iter().flatten() {
            *exit = exit.closed(!bit);
        }
        let lab = self.step(lab, pos, What::Looped);
        let mut through = self.exits_under(exits, lab);
        through.brk = None;
        through.cont = None;
        through.ret = through.ret.map(|lab| lab.gathered_at(reach, bit));
        through.thrown = through.thrown.map(|lab| lab.gathered_at(reach, bit));
        self.exits = self.merge_exits(outer, through);
    }

    /// Whether the turns of a loop over plain numbers turn out to count: what it changes tells of traces.
    fn counts_plainly(&mut self, stamps: &[u32], turn: &mut Pc) -> bool {
        let Pc::Turn { plain, .. } = turn else { return false };
        if *plain != Plain::Yes {
            return false;
        }
        let written = |(cell, stamp): (&super::machine::Cell, &u32)| (cell.stamp != *stamp).then(|| cell.val.clone());
        let written: Vec<Val> = self.cells.iter().zip(stamps).filter_map(written).collect();
        if written.iter().any(|val| self.deep(val).bits.meets(Bits::COUNTS)) {
            *plain = Plain::Counts;
            return true;
        }
        false
    }

    /// What later turns of a loop depend on because an earlier one left it.
    fn leaves(&mut self, exits: &Exits) -> Option<Lab> {
        let mut all: Option<Lab> = None;
        for lab in [exits.brk, exits.ret, exits.thrown] {
            all = self.merge_exit(all, lab);
        }
        all.filter(|lab| !lab.is_none() && Transfer::LeftLoop.on())
    }

    pub(crate) fn for_loop(&mut self, it: &For, pos: Pos) -> Val {
        let over = self.eval(&it.over);
        let (element, turn) = self.turn_over(&over, it.over.pos);
        let breaks = self.frames.last().map_or(0, |frame| frame.breaks.len());
        let bit = self.next_bit();
        self.rounds(turn, pos, |machine| {
            let scope = machine.scope.len();
            let mut val = element.clone();
            val.version = machine.fresh_identity();
            if let Some(Pc::Turn { bound, .. }) = machine.pc.last_mut() {
                *bound = val.version;
            }
            machine.declare(&it.var, val);
            if let Some(counter) = &it.counter {
                // A counter tells how many came before, so it gathers the collection.
                let mut lab = machine.since(machine.pc.len() - 1);
                if matches!(machine.pc.last(), Some(Pc::Turn { lab, .. }) if !lab.bits.meets(Bits::RUNNING)) {
                    lab.turns = bit;
                    lab.ran = lab.bits.without(Bits::RUNNING | Bits::SORT);
                }
                machine.declare(counter, Val::new(Shape::Number, Transfer::LoopCounter.keep(lab)));
            }
            machine.eval(&it.body);
            machine.scope.truncate(scope);
        });
        self.loop_value(breaks)
    }

    fn loop_value(&mut self, breaks: usize) -> Val {
        let values =
            self.frames.last_mut().map(|frame| frame.breaks.split_off(breaks.min(frame.breaks.len()))).unwrap_or_default();
        let mut result = Val::unit();
        for value in values {
            result = self.either(&result, &value);
        }
        result
    }

    pub(crate) fn while_loop(&mut self, condition: &Node, body: &Node, pos: Pos, after: bool) -> Val {
        let breaks = self.frames.last().map_or(0, |frame| frame.breaks.len());
        let mut lab = Lab::NONE;
        for _ in 0..MOST_ROUNDS {
            let bit = self.next_bit();
            let (each, bound, plain) = (Id::NONE, Id::NONE, Plain::No);
            let turn = Pc::Turn { lab, reach: Reach::Many, marks: false, people: false, each, plain, bit, bound };
            let mut seen = Lab::NONE;
            self.rounds(turn, pos, |machine| {
                if after {
                    machine.eval(body);
                }
                let val = machine.eval(condition);
                let more =
                    machine.step(Transfer::WhileCondition.keep(val.lab.without(Bits::SORT)), condition.pos, What::Branched);
                seen = machine.join(seen, more);
                if !after {
                    machine.pc.push(Pc::Branch { lab: more, guard: val.guard, left: false });
                    let lengths = machine.lengths(condition, true);
                    machine.knowing(lengths, |machine| machine.eval(body));
                    machine.pc.pop();
                }
            });
            seen = seen.closed(!bit);
            let next = self.join(lab, seen);
            if next == lab || self.spent() {
                break;
            }
            lab = next;
        }
        if lab.bits.meets(Bits::METRIC) {
            self.may_fail(lab, pos);
        }
        self.may_fail_here(false, pos);
        self.loop_value(breaks)
    }

    /// An element of a collection inside a turn of a loop over it, and that turn.
    pub(crate) fn turn_over(&mut self, over: &Val, pos: Pos) -> (Val, Pc) {
        let bit = self.next_bit();
        let people = match &over.shape {
            Shape::Query(query) => query.kind == table::Kind::Person,
            Shape::List(list) => list.element.is_person(),
            _ => false,
        };
        let many = if people { Reach::People } else { Reach::Many };
        let reach = |one| if one { Reach::OneSubject } else { many };
        let (reach, marks) = match &over.shape {
            Shape::Query(query) => (reach(query.one_subject), false),
            Shape::List(list) => (reach(list.one_subject), list.marks),
            Shape::Text(_) => (Reach::OneValue, false),
            _ => (Reach::Many, false),
        };
        let lab = match &over.shape {
            Shape::Query(_) | Shape::List(_) => over.lab,
            _ => self.deep(over),
        };
        let lab = self.step(lab, pos, What::Looped);
        let mut element = self.element_of(over, pos);
        element.from |= over.from;
        element.some |= over.from;
        element.some |= bit;
        let plain = lab.is_none()
            && matches!(&over.shape, Shape::List(list) if matches!(list.element.shape, Shape::Number | Shape::Text(_)) && list.element.lab.is_none());
        if !marks || plain {
            element.from |= bit;
        }
        let plain = if plain { Plain::Yes } else { Plain::No };
        let each = if people { element.id } else { Id::NONE };
        (element, Pc::Turn { lab, reach, marks, people, each, plain, bit, bound: Id::NONE })
    }

    /// An element of a collection, with what it holds itself; that it is there is the collection's label.
    pub(crate) fn element_of(&mut self, over: &Val, pos: Pos) -> Val {
        match &over.shape {
            Shape::Query(query) => self.query_element(query, pos),
            Shape::List(list) => Val { maybe: false, ..list.element.clone() },
            Shape::Text(_) => Val::new(Shape::Text(None), over.lab),
            Shape::Number => Val::new(Shape::Number, over.lab),
            _ => {
                let lab = self.deep(over);
                Val { targets: over.targets.clone(), ..Val::any(lab) }
            }
        }
    }
}
