//! Functions of the language that take a function: sorting, filtering, mapping, reducing, and extremes.

use std::rc::Rc;

use super::lab::{Bits, Id, Lab};
use super::machine::{Cell, Machine};
use super::step::What;
use super::val::{ListVal, Shape, Val};
use crate::ir::{Node, Pos};
use crate::transfer::Transfer;

impl Machine<'_> {
    pub(crate) fn sort(&mut self, args: &[Val], receiver: Option<&Node>, pos: Pos) -> Val {
        let first = &args[0];
        let element = self.element_of(first, pos);
        let lab = match args.get(1) {
            Some(function) => {
                let (a, turn) = self.turn_over(first, pos);
                let mut result = Lab::NONE;
                let function = function.clone();
                self.rounds(turn, pos, |machine| {
                    let b = Val { id: Id::NONE, ..a.clone() };
                    let a = Val { id: Id::NONE, ..a.clone() };
                    let (val, _) = machine.invoke(&function, &[a, b], None, pos);
                    let lab = machine.deep(&val);
                    result = machine.join(result, lab);
                });
                result.turns &= self.open_turns(self.pc.len());
                result
            }
            None => {
                let mut lab = self.deep(&element);
                if lab.bits.meets(Bits::INSTANT) {
                    lab.bits |= Bits::ORDER;
                }
                lab
            }
        };
        // An order by what says nothing of acts tells nothing of acts, whoever is in the list.
        let by = lab.without(Bits::SORT);
        let tells = by.bits.meets(Bits::COUNTS) && Transfer::Sorted.on();
        let mut order = first.lab;
        if tells {
            let mut both = self.join(by, first.lab.without(Bits::TRACE));
            if by.bits.meets(Bits::ORDER) || (by.bits.meets(Bits::INSTANT | Bits::TRACE) && lab.bits.meets(Bits::INSTANT)) {
                both.bits |= Bits::ORDER;
                both.own = if first.lab.own == Id::NONE { both.own } else { first.lab.own };
                both.claim();
            }
            let own_order = both.bits.has(Bits::ORDER)
                && !both.bits.meets(Bits::MEASURE | Bits::METRIC | Bits::CLOCK | Bits::SUBJECTS | Bits::ACROSS);
            if !own_order {
                let text_only = !by.bits.meets(
                    Bits::MEASURE | Bits::METRIC | Bits::CLOCK | Bits::SUBJECTS | Bits::ACROSS | Bits::ORDER | Bits::DURATION,
                );
                if !text_only {
                    both = both.gathered(Self::one_subject(first));
                }
            }
            if element.is_person() && both.bits.meets(Bits::METRIC | Bits::MEASURE | Bits::ORDER | Bits::DURATION) {
                both.bits |= Transfer::Ranked.bits(Bits::RANK | Bits::METRIC);
            }
            let rows = matches!(element.shape, Shape::List(_) | Shape::Map(_));
            if both.bits.has(Bits::METRIC | Bits::TRACE) && by.bits.has(Bits::METRIC) {
                both.bits |= Transfer::Ranked.bits(Bits::RANK);
            }
            if names_people(&element) && (both.bits.meets(Bits::METRIC | Bits::DURATION) || rows && both.bits.has(Bits::ORDER)) {
                both.bits |= Bits::RANK;
            }
            order = self.join(order, both);
            order = self.step(order, pos, What::Compared);
        }
        let sorted = Val { lab: order, ..first.clone() }.changed();
        self.put_back(receiver, sorted.clone(), pos);
        sorted
    }

    /// Calls a function with each element: what it gives for one.
    pub(crate) fn each(&mut self, over: &Val, function: &Val, pos: Pos) -> (Val, bool) {
        let (element, turn) = self.turn_over(over, pos);
        let mut result = Val::never();
        let function = function.clone();
        self.rounds(turn, pos, |machine| {
            let (val, _) = machine.invoke(&function, std::slice::from_ref(&element), None, pos);
            result = machine.either(&result, &val);
        });
        super::machine::close(&mut result, self.open_turns(self.pc.len()));
        (result, Self::one_subject(over))
    }

    pub(crate) fn filter(&mut self, over: &Val, function: &Val, pos: Pos) -> Val {
        let identified = std::mem::replace(&mut self.identified, false);
        let before = self.captured_stamps(function);
        let outer = self.begin_filter(over, function, pos);
        let (kept, one_subject) = self.each(over, function, pos);
        self.end_filter(function, outer);
        let blind = !self.identified && self.captured_stamps(function) == before;
        self.identified |= identified;
        let inner = self.deep(&kept);
        let lab = match &over.shape {
            Shape::Query(_) | Shape::List(_) => over.lab,
            _ => self.deep(over),
        };
        let person = self.element_of(over, pos).is_person();
        let mut lab = self.join(lab, Transfer::Filtered.keep(inner.without(Bits::SORT)));
        if person && inner.bits.meets(Bits::METRIC) {
            lab.bits |= Bits::RANK;
        }
        let lab = self.step(lab, pos, What::Branched);
        if let Shape::Map(_) = &over.shape {
            return Val { cell: Id::NONE, ..self.under(over.clone(), lab) };
        }
        // People who share a skill or a choice are a group of the host's, as if `with_skill` had narrowed it.
        let counts = inner.bits.meets(Bits::COUNTS.without(Bits::FIXED) | Bits::DUTY);
        if matches!(&over.shape, Shape::Query(query) if query.kind == crate::table::Kind::Person) && blind && !counts {
            return Val { from: over.from, some: over.from, ..Val::new(over.shape.clone(), lab) };
        }
        let element = self.element_of(over, pos);
        let marks = matches!(&over.shape, Shape::List(list) if list.marks);
        Val {
            from: over.from,
            some: over.from,
            ..Val::new(Shape::List(Rc::new(ListVal { element, marks, by_hand: true, one_subject, placed: false })), lab)
        }
    }

    /// When what a function captured was written last.
    fn captured_stamps(&self, function: &Val) -> Vec<u32> {
        let targets = function.targets.iter().flat_map(|targets| targets.iter());
        targets.flat_map(|target| target.captures.iter().map(|&cell| self.cells[cell].stamp)).collect()
    }

    pub(crate) fn map(&mut self, over: &Val, function: &Val, pos: Pos) -> Val {
        let bit = self.next_bit();
        let (made, one_subject) = self.each(over, function, pos);
        let lab = match &over.shape {
            Shape::Query(_) | Shape::List(_) => over.lab,
            _ => self.deep(over),
        };
        let shows = Self::deep_from(&made) & bit != 0;
        let depth = self.pc.len();
        let element = self.outside(made, depth);
        Val {
            from: over.from,
            some: over.from,
            ..Val::new(Shape::List(Rc::new(ListVal { element, marks: !shows, by_hand: true, one_subject, placed: false })), lab)
        }
    }

    pub(crate) fn reduce(&mut self, args: &[Val], pos: Pos) -> Val {
        let over = &args[0];
        let (element, turn) = self.turn_over(over, pos);
        let start = args.get(2).cloned().unwrap_or_else(Val::unit);
        let start = if args.len() > 2 && start.targets.is_some() && start.text().is_none() {
            self.invoke(&start, &[], None, pos).0
        } else {
            start
        };
        let cell = self.cells.len();
        self.cells.push(Cell { val: start.changed(), depth: self.pc.len(), stamp: 0 });
        let function = args[1].clone();
        self.rounds(turn, pos, |machine| {
            let all = machine.cells[cell].val.clone();
            let (val, _) = machine.invoke(&function, &[all, element.clone()], None, pos);
            machine.write(cell, val.changed());
        });
        let val = self.cells[cell].val.clone();
        let depth = self.pc.len();
        let lab = self.step(val.lab, pos, What::Counted("reduce".into()));
        self.outside(Val { lab, ..val }, depth)
    }

    pub(crate) fn for_each(&mut self, over: &Val, function: &Val, receiver: Option<&Node>, pos: Pos) {
        let (element, turn) = self.turn_over(over, pos);
        let function = function.clone();
        let mut changed = Val::never();
        self.rounds(turn, pos, |machine| {
            let (_, after) = machine.invoke(&function, &[], Some(element.clone()), pos);
            if let Some(after) = after {
                changed = machine.either(&changed, &after);
            }
        });
        if let (Shape::List(list), false, true) = (&over.shape, matches!(changed.shape, Shape::Never), Transfer::EachWritten.on())
        {
            let depth = self.pc.len();
            let changed = self.outside(changed, depth);
            let element = self.either(&list.element.clone(), &changed);
            let list = ListVal { element, ..(**list).clone() };
            let new = Val { shape: Shape::List(Rc::new(list)), ..over.clone() };
            self.put_back(receiver, new, pos);
        }
    }

    pub(crate) fn extreme(&mut self, args: &[Val], pos: Pos) -> Val {
        if let [a, b] = args {
            let compared = self.binary("<", a, b, pos);
            let both = self.pure(args, Shape::Any);
            let lab = self.join(both.lab, compared.lab);
            let subjects = lab.bits.meets(Bits::CLOCK | Bits::SUBJECTS)
                && a.lab.bits.meets(Bits::CLOCK | Bits::SUBJECTS)
                && b.lab.bits.meets(Bits::CLOCK | Bits::SUBJECTS);
            let shape = if a.shape == b.shape { a.shape.clone() } else { Shape::Any };
            return Val { from: both.from, some: both.some, ..Val::new(shape, if subjects { lab.gathered(false) } else { lab }) };
        }
        let lab = self.deep(&args[0]);
        Val::new(Shape::Any, if Transfer::Extreme.on() { lab.gathered(Self::one_subject(&args[0])) } else { lab })
    }
}

/// Whether what is in a list names people: a person, or a row with one.
fn names_people(val: &Val) -> bool {
    val.is_person()
        || val.lab.bits.meets(Bits::WHO)
        || matches!(&val.shape, Shape::List(list) if list.element.is_person() || list.element.lab.bits.meets(Bits::WHO))
        || matches!(&val.shape, Shape::Map(map) if map.known.values().any(|val| val.is_person() || val.lab.bits.meets(Bits::WHO)))
}
