//! Values put together: what a value tells as a whole, and the value that is one or the other.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::lab::{Bits, Id, Lab};
use super::machine::Machine;
use super::val::{ListVal, MapVal, Shape, Val};
use crate::transfer::Transfer;

/// How deep values are kept apart; below that they are one.
const DEEPEST_VALUE: usize = 5;

impl Machine<'_> {
    /// The label of everything that a value holds, as if it were printed.
    pub(crate) fn deep(&mut self, val: &Val) -> Lab {
        let mut lab = val.lab;
        match &val.shape {
            Shape::List(list) => {
                if list.marks && Transfer::Marks.on() {
                    lab = lab.gathered(false);
                } else if lab.bits.meets(Bits::PERSONAL) && lab.bits.meets(Bits::TRACE | Bits::CLOCK | Bits::SUBJECTS) {
                    lab.bits |= Transfer::ListShown.bits(Bits::LISTED);
                    lab.claim();
                }
                let inner = self.deep(&list.element);
                lab = self.join(lab, inner);
            }
            Shape::Map(map) => {
                let mut all = self.join(lab, map.keys);
                for inner in map.known.values().chain(&map.rest) {
                    let inner = self.deep(inner);
                    all = self.join(all, inner);
                }
                lab = all;
            }
            Shape::Query(_) => {
                if lab.bits.meets(Bits::PERSONAL) && lab.bits.meets(Bits::TRACE | Bits::CLOCK | Bits::SUBJECTS) {
                    lab.bits |= Bits::LISTED;
                    lab.claim();
                }
            }
            Shape::Never
            | Shape::Any
            | Shape::Unit
            | Shape::Bool
            | Shape::Number
            | Shape::Text(_)
            | Shape::Time
            | Shape::Span
            | Shape::Money
            | Shape::Record(_)
            | Shape::Function
            | Shape::Rotation(_)
            | Shape::Tally
            | Shape::Digest => {}
        }
        lab
    }

    /// The turns of loops that anything in a value shows.
    pub(crate) fn deep_from(val: &Val) -> u64 {
        val.from
            | match &val.shape {
                Shape::List(list) => Self::deep_from(&list.element),
                Shape::Map(map) => map.known.values().chain(&map.rest).fold(0, |from, val| from | Self::deep_from(val)),
                _ => 0,
            }
    }

    /// Adds a label to a value.
    pub(crate) fn under(&mut self, mut val: Val, lab: Lab) -> Val {
        val.lab = self.join(val.lab, lab);
        val.there |= lab.bits;
        if let (Some(empty), true) = (val.empty, val.is_person()) {
            val.empty = Some(self.join(empty, lab));
        }
        val
    }

    /// The value that is one or the other.
    pub(crate) fn either(&mut self, a: &Val, b: &Val) -> Val {
        self.either_at(a, b, 0)
    }

    pub(crate) fn either_at(&mut self, a: &Val, b: &Val, depth: usize) -> Val {
        if matches!(a.shape, Shape::Never) {
            return b.clone();
        }
        if matches!(b.shape, Shape::Never) {
            return a.clone();
        }
        if a == b {
            return Val { empty: a.empty.filter(|_| a.empty == b.empty), ..a.clone() };
        }
        let lab = self.join(a.lab, b.lab);
        let unit = |val: &Val| matches!(val.shape, Shape::Unit);
        let (shape, maybe) = match (&a.shape, &b.shape) {
            (Shape::Unit, Shape::Unit) => (Shape::Unit, false),
            (Shape::Unit, other) | (other, Shape::Unit) => (other.clone(), true),
            (Shape::Text(x), Shape::Text(y)) => (Shape::Text(if x == y { x.clone() } else { None }), false),
            (Shape::List(x), Shape::List(y)) if depth < DEEPEST_VALUE => {
                let element = self.either_at(&x.element, &y.element, depth + 1);
                let list = ListVal {
                    element,
                    marks: x.marks || y.marks,
                    by_hand: x.by_hand || y.by_hand,
                    one_subject: x.one_subject && y.one_subject,
                    placed: x.placed || y.placed,
                };
                (Shape::List(Rc::new(list)), false)
            }
            (Shape::Map(x), Shape::Map(y)) if depth < DEEPEST_VALUE => (Shape::Map(Rc::new(self.either_map(x, y, depth))), false),
            (Shape::Query(x), Shape::Query(y)) if x.kind == y.kind => {
                let mut query = (**x).clone();
                query.one_subject &= y.one_subject;
                query.by_hand |= y.by_hand;
                query.outside |= y.outside;
                query.fixed &= y.fixed;
                query.element = query.element.join(y.element);
                if query.card_kind != y.card_kind {
                    query.card_kind = None;
                }
                (Shape::Query(Rc::new(query)), false)
            }
            (Shape::Rotation(x), Shape::Rotation(y)) => {
                let by_hand = x.by_hand || y.by_hand;
                (Shape::Rotation(super::val::RotationVal { by_hand, outside: x.outside || y.outside }), false)
            }
            (x, y) if x == y => (x.clone(), false),
            _ => (Shape::Any, false),
        };
        let lab = if matches!(shape, Shape::Any) {
            let (x, y) = (self.deep(a), self.deep(b));
            let inner = self.join(x, y);
            self.join(lab, inner)
        } else {
            lab
        };
        let targets = match (&a.targets, &b.targets) {
            (Some(x), Some(y)) if x != y => {
                let mut all = (**x).clone();
                all.extend(y.iter().filter(|target| !x.contains(target)).cloned());
                Some(Rc::new(all))
            }
            (x, y) => x.clone().or_else(|| y.clone()),
        };
        let id = if unit(a) {
            b.id
        } else if unit(b) || a.id == b.id {
            a.id
        } else {
            Id::MIXED
        };
        Val {
            lab,
            some: a.some | b.some,
            from: if unit(a) {
                b.from
            } else if unit(b) {
                a.from
            } else {
                a.from & b.from
            },
            shape,
            id,
            version: if a.version == b.version { a.version } else { Id::NONE },
            cell: Id::NONE,
            maybe: maybe || a.maybe || b.maybe,
            field: if a.field == b.field { a.field } else { None },
            there: a.there | b.there,
            targets,
            guard: None,
            empty: None,
        }
    }

    pub(crate) fn either_map(&mut self, x: &MapVal, y: &MapVal, depth: usize) -> MapVal {
        let mut known = BTreeMap::new();
        for (key, val) in &x.known {
            let joined = match y.known.get(key) {
                Some(other) => self.either_at(val, other, depth + 1),
                None => Val { maybe: true, ..val.clone() },
            };
            known.insert(key.clone(), joined);
        }
        for (key, val) in &y.known {
            known.entry(key.clone()).or_insert_with(|| Val { maybe: true, ..val.clone() });
        }
        let rest = match (&x.rest, &y.rest) {
            (Some(a), Some(b)) => Some(self.either_at(a, b, depth + 1)),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let keys = self.join(x.keys, y.keys);
        MapVal { known, rest, keys, of_people: x.of_people || y.of_people }
    }
}
