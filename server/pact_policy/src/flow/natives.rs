//! Functions of the language on abstract values.

use std::rc::Rc;

use super::lab::{Bits, Id, Lab};
use super::machine::Machine;
use super::step::{StepId, What};
use super::val::{ListVal, MapVal, QueryVal, Shape, Val};
use crate::ir::{Node, Pos, Sym};
use crate::rules::Rule;
use crate::table::natives::NativeOp;
use crate::table::{functions_named, narrows_named, natives_named};
use crate::transfer::Transfer;

impl Machine<'_> {
    pub(crate) fn native(&mut self, name: &Sym, args: Vec<Val>, receiver: Option<&Node>, pos: Pos) -> Val {
        let count = u8::try_from(args.len()).unwrap_or(u8::MAX);
        let known = natives_named(name).iter().find(|native| (native.arity.0..=native.arity.1).contains(&count));
        let Some(native) = known else {
            self.unknown_call(name, &args, pos);
            let val = self.mixed(&args);
            if let (Some(receiver), Some(first)) = (receiver, args.first()) {
                // Whatever it is, it may have changed what it was called on.
                if self.root(receiver).is_some() && matches!(first.shape, Shape::List(_) | Shape::Map(_) | Shape::Any) {
                    let mut changed = first.clone();
                    changed.lab = self.join(changed.lab, val.lab);
                    self.store(receiver, changed, pos);
                }
            }
            return val;
        };
        let val = self.native_op(native.op, name, &args, receiver, pos);
        Val { cell: Id::NONE, ..val }
    }

    pub(crate) fn unknown_call(&mut self, name: &Sym, args: &[Val], pos: Pos) {
        let coaching = functions_named(name).iter().any(|known| known.capability == Some(crate::table::Capability::Coaching));
        if coaching && !self.manifest.coaching {
            let what = format!("`{name}` belongs to the coaching interface, and the manifest does not say `coaching = true`");
            self.find(Rule::NoUnflaggedCoaching, pos, what, StepId::NONE, StepId::NONE);
            return;
        }
        let elsewhere = !(functions_named(name).is_empty() && narrows_named(name).is_empty() && natives_named(name).is_empty());
        let why = if self.units[self.program()].program.has_name(name) {
            format!("the script has a function `{name}`, but none that takes what it is given here")
        } else if elsewhere {
            format!("`{name}` does not take what it is given here")
        } else {
            format!("`{name}` is a function of neither the interface, the language nor this script")
        };
        let _ = args;
        self.hidden(pos, &why);
    }

    pub(crate) fn native_op(&mut self, op: NativeOp, name: &Sym, args: &[Val], receiver: Option<&Node>, pos: Pos) -> Val {
        let first = &args[0];
        match op {
            NativeOp::Text => self.pure(args, Shape::Text(None)),
            NativeOp::Number => self.pure(args, Shape::Number),
            NativeOp::Truth => self.pure(args, Shape::Bool),
            NativeOp::Value if &**name == "range" => self.binary("..", &args[0], &args[1], pos),
            NativeOp::Value => self.pure(args, if &**name == "date" { Shape::Time } else { Shape::Any }),
            NativeOp::Parse => {
                let lab = self.deep(first);
                self.may_fail(lab, pos);
                self.may_fail_here(first.text().is_some(), pos);
                if self.in_try > 0 {
                    self.failed = self.join(self.failed, lab.without(Bits::SORT));
                }
                self.pure(args, Shape::Number)
            }
            NativeOp::Len => self.len(first, name, pos),
            NativeOp::IsEmpty => self.is_empty(first, name, pos),
            NativeOp::Contains => self.contains(first, &args[1], pos),
            NativeOp::IndexOf => {
                if args[1].targets.is_some() && args[1].text().is_none() {
                    let (val, _) = self.each(first, &args[1], pos);
                    let lab = self.join(first.lab, val.lab);
                    return Val::new(Shape::Number, lab.without(Bits::SORT).gathered(false));
                }
                let lab = self.pure(args, Shape::Number).lab;
                // Where something stands in a text that lists traces tells how many stand before it.
                let plain = matches!(first.shape, Shape::Text(_)) && !lab.bits.meets(Bits::LISTED | Bits::OF_ONE);
                Val::new(Shape::Number, if plain { lab } else { lab.gathered(false) })
            }
            NativeOp::Take => self.take(first, pos),
            NativeOp::TakeOut => self.take_out(name, args, receiver, pos),
            NativeOp::Put => self.put(args, receiver, pos),
            NativeOp::PutAll => {
                let joined = match (&first.shape, &args[1].shape) {
                    (Shape::Text(_), _) => self.binary("+", first, &args[1], pos),
                    _ => self.binary("+", first, &args[1], pos),
                };
                let kept = Val { id: first.id, ..joined };
                self.put_back(receiver, kept, pos);
                Val::unit()
            }
            NativeOp::Get => self.index(first, &args[1], pos),
            NativeOp::Set => {
                if let Some(receiver) = receiver {
                    let at = args[1].clone();
                    let new = self.with_part(first, &at, args[2].clone(), pos);
                    self.store(receiver, new, pos);
                }
                Val::unit()
            }
            NativeOp::Change => self.change(name, args, receiver, pos),
            NativeOp::Keys => self.keys(first, pos),
            NativeOp::Values => self.values(first),
            NativeOp::Sort => self.sort(args, receiver, pos),
            NativeOp::Part => self.part(first, args.get(1), pos),
            NativeOp::Filter => self.filter(first, &args[1], pos),
            NativeOp::Retain => {
                let kept = if args.len() == 2 { self.filter(first, &args[1], pos) } else { self.change_by(first, args) };
                let kept = Val { id: first.id, ..kept };
                self.put_back(receiver, kept.clone(), pos);
                kept
            }
            NativeOp::Map => self.map(first, &args[1], pos),
            NativeOp::Reduce => self.reduce(args, pos),
            NativeOp::Any => {
                let (val, _) = self.each(first, &args[1], pos);
                self.whether(first, val.lab, pos)
            }
            NativeOp::Find => {
                let function = if args.len() > 2 { &args[2] } else { &args[1] };
                let found =
                    if &**name == "find_map" { self.map(first, function, pos) } else { self.filter(first, function, pos) };
                self.take(&found, pos)
            }
            NativeOp::ForEach => {
                self.for_each(first, &args[1], receiver, pos);
                Val::unit()
            }
            NativeOp::Split => {
                let lab = self.pure(args, Shape::Any).lab;
                let element = Val { from: first.from, some: first.some, ..Val::new(Shape::Text(None), lab) };
                let list = ListVal { element, marks: false, by_hand: true, one_subject: true, placed: false };
                Val::new(Shape::List(Rc::new(list)), lab)
            }
            NativeOp::Join => self.pure(args, Shape::Text(None)),
            NativeOp::Extreme => self.extreme(args, pos),
            NativeOp::Zip => self.mixed(args),
        }
    }

    pub(crate) fn pure(&mut self, args: &[Val], shape: Shape) -> Val {
        let mut lab = Lab::NONE;
        let mut from = 0;
        let mut some = 0;
        for arg in args {
            self.may_tell_apart(arg);
            let inner = self.deep(arg);
            lab = self.join(lab, inner);
            from |= Self::deep_from(arg);
            some |= arg.some;
        }
        if !matches!(shape, Shape::Text(_)) {
            lab = lab.looked_at();
        }
        let keep = !matches!(shape, Shape::Bool);
        let id = if args.len() == 1 { args[0].id } else { Id::NONE };
        let maybe = matches!(shape, Shape::Text(_)) && args.iter().any(Self::shows_nothing);
        Val { from, some: some | from, id, maybe, ..Val::new(shape, if keep { lab } else { lab.without(Bits::SORT) }) }
    }

    pub(crate) fn one_subject(val: &Val) -> bool {
        match &val.shape {
            Shape::Query(query) => query.one_subject,
            Shape::List(list) => list.one_subject,
            _ => false,
        }
    }

    pub(crate) fn put_back(&mut self, receiver: Option<&Node>, val: Val, pos: Pos) {
        if let Some(receiver) = receiver {
            self.store(receiver, val, pos);
        }
    }

    pub(crate) fn len(&mut self, val: &Val, name: &Sym, pos: Pos) -> Val {
        let lab = match &val.shape {
            Shape::Query(_) | Shape::List(_) if !Transfer::Counted.on() => val.lab,
            Shape::Query(_) | Shape::List(_) => val.lab.gathered(Self::one_subject(val)),
            Shape::Map(map) => {
                let lab = self.join(val.lab, map.keys);
                lab.gathered(false)
            }
            Shape::Text(_) => {
                // How long a text is that lists traces tells how many there were.
                if val.lab.bits.meets(Bits::LISTED | Bits::OF_ONE) { val.lab.gathered(false) } else { val.lab }
            }
            _ => {
                let lab = self.deep(val);
                lab.gathered(false)
            }
        };
        let lab = self.step(lab.without(Bits::SORT), pos, What::Counted(name.clone()));
        let of_cell = if val.cell == Id::NONE { Id::MIXED } else { val.cell };
        let from = Self::deep_from(val);
        let empty = match val.shape {
            Shape::Text(_) => Self::text_presence(val),
            _ => Some(self.whether(val, Lab::NONE, pos).lab),
        };
        Val {
            from,
            some: from,
            empty,
            ..Val::new(Shape::Number, Lab { of_cell: if lab.of_cell == Id::NONE { of_cell } else { lab.of_cell }, ..lab })
        }
    }

    /// Whether there is any: sanctioned for a person's own list towards that person.
    pub(crate) fn whether(&mut self, over: &Val, more: Lab, pos: Pos) -> Val {
        let lab = match &over.shape {
            Shape::Map(map) => self.join(over.lab, map.keys),
            Shape::Query(_) | Shape::List(_) => over.lab,
            _ => self.deep(over),
        };
        let own = lab.own;
        let mut lab = self.join(lab, more.without(Bits::SORT));
        let one = Self::one_subject(over);
        let people = match &over.shape {
            Shape::Query(query) => query.kind == crate::table::Kind::Person,
            Shape::List(list) => list.element.is_person(),
            _ => false,
        };
        let one = one || (people && !lab.bits.meets(Bits::CLOCK | Bits::ACROSS));
        let personal = lab.bits.meets(Bits::PERSONAL);
        // Whether anything is planned with a customer, or has happened on a lead, is that subject's quiet clock.
        if one && !people && !personal && lab.bits.meets(Bits::TRACE) && !lab.bits.meets(Bits::RUNNING | Bits::OWN_ONLY) {
            lab.bits = lab.bits.without(Bits::TRACE | Bits::SORT) | Bits::CLOCK | Bits::BARE;
            lab.one = 0;
        }
        // Whether a lead was offered to somebody leaves that person out of its next push.
        let offers = Self::one_subject(over) || matches!(over.shape, Shape::Map(_));
        if offers && lab.bits.has(Bits::OFFERS) && !lab.bits.meets(Bits::TRACE | Bits::RUNNING) {
            lab.bits = lab.bits.without(Bits::OFFERS | Bits::SUBJECT | Bits::FIXED) | Bits::TRIED;
            lab.one = 0;
        }
        let subject_only = (one || offers && lab.bits.has(Bits::TRIED)) && !lab.bits.meets(Bits::TRACE);
        if !subject_only
            && (lab.bits.meets(Bits::TRACE) || personal && lab.bits.meets(Bits::CLOCK | Bits::SUBJECTS | Bits::ACROSS))
        {
            lab.bits |= Transfer::Presence.bits(Bits::PRESENCE);
            lab.own = if own == Id::NONE { lab.own } else { own };
            lab.claim();
        }
        let lab = self.step(lab, pos, What::Counted("is_empty".into()));
        let of_cell = if over.cell == Id::NONE { Id::MIXED } else { over.cell };
        Val {
            from: over.from,
            some: over.from,
            ..Val::new(Shape::Bool, Lab { of_cell: if lab.of_cell == Id::NONE { of_cell } else { lab.of_cell }, ..lab })
        }
    }

    pub(crate) fn is_empty(&mut self, val: &Val, name: &Sym, pos: Pos) -> Val {
        match (&val.shape, Self::text_presence(val)) {
            (Shape::Text(_), Some(lab)) => Val { from: val.from, some: val.from, ..Val::new(Shape::Bool, lab) },
            (Shape::Text(_), None) => self.len(val, name, pos),
            _ => self.whether(val, Lab::NONE, pos),
        }
    }

    pub(crate) fn contains(&mut self, over: &Val, what: &Val, pos: Pos) -> Val {
        self.may_tell_apart(what);
        if matches!(over.shape, Shape::Text(_)) {
            return self.pure(&[over.clone(), what.clone()], Shape::Bool);
        }
        let inner = match &over.shape {
            Shape::List(list) => {
                let inner = self.deep(&list.element.clone());
                // Asking whether a name is in a list of names each once is how they get in once; it tells whether this one is.
                if inner.bits.has(Bits::AMONG) && !inner.bits.has(Bits::TRACE) {
                    Lab { own: Id::NONE, ..inner.without(Bits::PRESENCE) }
                } else {
                    inner
                }
            }
            Shape::Query(_) => Lab::NONE,
            _ => Lab::NONE,
        };
        let more = self.deep(what);
        // Whether a trace's text is one of words that tell nothing is a comparison, and asks no list whether it is empty.
        let words = matches!(over.shape, Shape::List(_)) && !(inner.bits | over.lab.bits).meets(Bits::COUNTS | Bits::PERSONAL);
        if words && !more.bits.meets(Bits::PERSONAL) {
            return self.pure(&[over.clone(), what.clone()], Shape::Bool);
        }
        let more = self.join(more, inner);
        let mut val = self.whether(over, more, pos);
        if matches!(&over.shape, Shape::List(_)) && more.bits.has(Bits::WHO) {
            val.lab.bits |= Bits::AMONG;
        }
        // One lead's offers say who was asked; nobody is measured by it.
        if Self::one_subject(over) && !val.lab.bits.meets(Bits::TRACE) {
            val.lab.bits = val.lab.bits.without(Bits::PRESENCE);
        }
        val
    }

    pub(crate) fn take(&mut self, over: &Val, pos: Pos) -> Val {
        let lab = match &over.shape {
            Shape::Query(_) | Shape::List(_) => over.lab,
            _ => self.deep(over),
        };
        let element = self.element_of(over, pos);
        let id = if element.id == Id::NONE || matches!(over.shape, Shape::Query(_)) { element.id } else { Id::MIXED };
        let own = lab.own;
        let mut val = self.under(element, lab);
        if val.lab.bits.meets(Bits::TRACE | Bits::CLOCK) && own != Id::NONE {
            val.lab.own = own;
        }
        // That a customer or lead has none is that subject's quiet clock.
        let maybe = !Self::one_subject(over) || val.lab.bits.meets(Bits::PERSONAL | Bits::OWN_ONLY);
        Val { maybe, id, from: over.from, some: over.some, ..val }
    }

    pub(crate) fn take_out(&mut self, name: &Sym, args: &[Val], receiver: Option<&Node>, pos: Pos) -> Val {
        let first = &args[0];
        let taken = match args.get(1) {
            Some(at) if &**name == "remove" => self.index(first, at, pos),
            _ => self.take(first, pos),
        };
        let mut left = self.change_by(first, args);
        // What is taken out because of whose a trace is leaves those whose there is none.
        if args.get(1).is_some_and(|at| at.lab.bits.has(Bits::WHO | Bits::TRACE)) {
            left.lab.bits |= Bits::SELECTED;
            left.lab.own = Id::MIXED;
        }
        self.put_back(receiver, left, pos);
        taken
    }

    pub(crate) fn keys(&mut self, first: &Val, pos: Pos) -> Val {
        let lab = match &first.shape {
            Shape::Map(map) => self.join(first.lab, map.keys),
            _ => self.deep(first),
        };
        let mut named = lab.without(Bits::METRIC | Bits::MEASURE | Bits::ACROSS);
        let mut id = Id::NONE;
        // Where a key stands for a clock or a measure of one of the person's leads, and shows none of them, it is the same.
        let alone = |map: &MapVal| !matches!(map.rest.as_ref().map(|rest| &rest.shape), Some(Shape::List(_)) | None);
        let named_once = matches!(&first.shape, Shape::Map(map)
            if map.keys.bits.has(Bits::WHO) && lab.bits.meets(Bits::CLOCK | Bits::SUBJECTS | Bits::ACROSS) && alone(map));
        if named_once || matches!(&first.shape, Shape::Map(map) if map.of_people) {
            // A person is a key once there is one trace of theirs.
            id = self.identity_here(pos, "key");
            named.bits |= Transfer::KeyPresence.bits(Bits::PRESENCE);
            named.own = id;
        }
        let text = Val { id, ..Val::new(Shape::Text(None), named) };
        let list = ListVal { element: text, marks: false, by_hand: true, one_subject: false, placed: false };
        Val::new(Shape::List(Rc::new(list)), lab)
    }

    pub(crate) fn values(&mut self, first: &Val) -> Val {
        let Shape::Map(map) = &first.shape else {
            let lab = self.deep(first);
            return Val::list(Val::any(lab), lab);
        };
        let map = map.clone();
        let mut element = Val::never();
        for val in map.known.values().chain(&map.rest) {
            element = self.either(&element, val);
        }
        let lab = self.join(first.lab, map.keys);
        Val::list(element, lab)
    }

    pub(crate) fn part(&mut self, first: &Val, by: Option<&Val>, pos: Pos) -> Val {
        let more = by.map_or(Lab::NONE, |by| by.lab.without(Bits::SORT));
        match &first.shape {
            Shape::Query(query) if by.is_none() => {
                let query = query.clone();
                let element = self.query_element(&query, pos);
                let list = ListVal { element, marks: false, by_hand: true, one_subject: query.one_subject, placed: false };
                Val { from: first.from, some: first.from, ..Val::new(Shape::List(Rc::new(list)), first.lab) }
            }
            Shape::Query(query) => {
                let by_hand = query.by_hand
                    || by.is_some_and(|by| matches!(by.shape, Shape::Number)) && query.kind == crate::table::Kind::Person;
                let query = QueryVal { by_hand, ..(**query).clone() };
                let lab = self.join(first.lab, more);
                Val { from: first.from, some: first.from, ..Val::new(Shape::Query(Rc::new(query)), lab) }
            }
            _ => {
                let val = Val { cell: Id::NONE, ..first.clone() }.changed();
                self.under(val, more)
            }
        }
    }
}
