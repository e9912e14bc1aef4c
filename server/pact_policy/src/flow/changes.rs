//! Functions of the language that change what they are called on.

use std::rc::Rc;

use super::lab::{Bits, Id, Lab};
use super::machine::Machine;
use super::val::{ListVal, MapVal, Shape, Val};
use crate::ir::{Node, Pos, Sym};
use crate::transfer::Transfer;

impl Machine<'_> {
    pub(crate) fn put(&mut self, args: &[Val], receiver: Option<&Node>, pos: Pos) -> Val {
        let Some(item) = args.last() else { return Val::unit() };
        let new = match &args[0].shape {
            Shape::List(_) => self.appended(&args[0], item),
            _ => {
                let mixed = self.mixed(args);
                Val { targets: args[0].targets.clone().or_else(|| item.targets.clone()), ..mixed }
            }
        };
        self.put_back(receiver, new, pos);
        Val::unit()
    }

    pub(crate) fn change_by(&mut self, first: &Val, args: &[Val]) -> Val {
        let mut lab = first.lab;
        for arg in &args[1..] {
            let inner = self.deep(arg);
            lab = self.join(lab, inner.without(Bits::SORT));
        }
        Val { lab, cell: Id::NONE, ..first.clone() }.changed()
    }

    pub(crate) fn change(&mut self, name: &Sym, args: &[Val], receiver: Option<&Node>, pos: Pos) -> Val {
        let first = &args[0];
        let made = match (&**name, &first.shape) {
            ("clear", Shape::List(list)) => {
                let list = ListVal { element: Val::never(), marks: false, ..(**list).clone() };
                Val { shape: Shape::List(Rc::new(list)), lab: Lab::NONE, ..first.clone() }
            }
            ("clear", Shape::Map(_)) => {
                let map = MapVal { known: std::collections::BTreeMap::new(), rest: None, keys: Lab::NONE, of_people: false };
                Val { shape: Shape::Map(Rc::new(map)), lab: Lab::NONE, ..first.clone() }
            }
            ("dedup", Shape::List(list)) => {
                let changed = self.change_by(first, args);
                let mut list = (**list).clone();
                if list.element.lab.bits.has(Bits::WHO | Bits::TRACE) {
                    // What is left of a person's traces is that there was one.
                    list.element.lab.bits |= Transfer::Deduplicated.bits(Bits::PRESENCE);
                    list.element.lab.own = Id::MIXED;
                }
                Val { shape: Shape::List(Rc::new(list)), ..changed }
            }
            ("pad", _) => {
                if args[1].lab.bits.has(Bits::METRIC) {
                    self.may_fail(args[1].lab, pos);
                }
                let changed = self.change_by(first, args);
                match &changed.shape {
                    Shape::List(list) => {
                        let element = self.either(&list.element.clone(), &args[2].clone().changed());
                        let list = ListVal { element, marks: true, ..(**list).clone() };
                        Val { shape: Shape::List(Rc::new(list)), ..changed }
                    }
                    _ => Val { shape: Shape::Text(None), ..changed },
                }
            }
            _ => {
                let changed = self.change_by(first, args);
                if matches!(changed.shape, Shape::Text(_)) { Val { shape: Shape::Text(None), ..changed } } else { changed }
            }
        };
        if args.iter().skip(1).any(|arg| arg.targets.is_some() && arg.text().is_none()) {
            self.each(first, &args[args.len() - 1], pos);
        }
        self.put_back(receiver, made.clone(), pos);
        // A text is also given back by some of these; a list is not.
        if matches!(made.shape, Shape::Text(_)) { made } else { Val::unit() }
    }

    pub(crate) fn with_part(&mut self, old: &Val, at: &Val, val: Val, pos: Pos) -> Val {
        let mut made = old.clone();
        match &old.shape {
            Shape::Map(map) if at.text().is_some() => {
                let mut map = (**map).clone();
                if let Some(key) = at.text() {
                    map.known.insert(key.clone(), val);
                }
                made.shape = Shape::Map(Rc::new(map));
            }
            _ => {
                let mut val = self.under(val, at.lab.without(Bits::SORT));
                val.lab.attribute();
                made = self.put_any(old, &val, at, pos);
            }
        }
        made
    }

    /// What a key tells: whom one lead was offered to keeps the offers of each person apart.
    pub(crate) fn key(at: &Val) -> Lab {
        let mut key = at.lab.without(Bits::SORT);
        if key.bits.has(Bits::WHO) && key.bits.meets(Bits::SUBJECT | Bits::FIXED) {
            key.bits |= Bits::OFFERS;
        }
        key
    }

    pub(crate) fn put_any(&mut self, old: &Val, val: &Val, at: &Val, _pos: Pos) -> Val {
        match &old.shape {
            Shape::Map(map) => {
                let mut map = (**map).clone();
                let key = Self::key(at);
                map.keys = self.join(map.keys, key);
                map.of_people |= at.lab.bits.has(Bits::WHO | Bits::TRACE);
                map.rest = Some(match &map.rest {
                    Some(rest) => self.either(rest, val),
                    None => val.clone(),
                });
                Val { shape: Shape::Map(Rc::new(map)), ..old.clone() }
            }
            Shape::List(list) => {
                let mut list = (**list).clone();
                list.element = self.either(&list.element, val);
                list.placed = true;
                Val { shape: Shape::List(Rc::new(list)), ..old.clone() }
            }
            _ => {
                let (a, b) = (self.deep(old), self.deep(val));
                let lab = self.join(a, b);
                Val::any(lab)
            }
        }
    }
}
