//! Operators, comparisons, members, indexing and assignment.

use std::rc::Rc;

use super::lab::{Bits, Id, Lab};
use super::machine::{Machine, Pc};
use super::step::What;
use super::val::{ListVal, MapVal, Shape, Val};
use crate::ir::{Pos, Sym};
use crate::table::{self, EntryPoint};
use crate::transfer::Transfer;

/// Numbers from here on are too great to be counts; a sum with one may be too great for a number.
const GREAT: u64 = 1 << 40;

impl Machine<'_> {
    pub(crate) fn binary(&mut self, op: &str, a: &Val, b: &Val, pos: Pos) -> Val {
        if !matches!((&a.shape, &b.shape), (Shape::Unit, _) | (_, Shape::Unit)) {
            self.may_tell_apart(a);
            self.may_tell_apart(b);
        }
        let (la, lb) = (self.deep(a), self.deep(b));
        let mut joined = self.join(la, lb);
        // Adding up whether one lead after the other was offered to somebody counts.
        if joined.bits.meets(Bits::OFFERS | Bits::TRIED) && matches!(op, "+" | "-" | "*" | "/" | "%" | "**" | "<<" | "|") {
            joined = joined.gathered(false);
        }
        if let ("==" | "!=", Some(lab)) = (op, self.no_text(a, b)) {
            let from = Self::deep_from(a) | Self::deep_from(b);
            return Val { from, some: a.some | b.some | from, ..Val::new(Shape::Bool, lab) };
        }
        if op != "+" {
            joined = joined.looked_at();
        }
        let from = Self::deep_from(a) | Self::deep_from(b);
        let some = a.some | b.some | from;
        let made = |shape, lab| Val { from, some, ..Val::new(shape, lab) };
        if matches!(op, "==" | "!=" | "<" | ">" | "<=" | ">=")
            && let Some(lab) = self.emptiness(op, a, b)
        {
            return made(Shape::Bool, lab);
        }
        let is_great = |val: &Val| self.number_in(val).is_some_and(|number| number.unsigned_abs() >= GREAT);
        let great = is_great(a) || is_great(b);
        if op == "**" || matches!(op, "+" | "-" | "*") && great {
            let lab = Transfer::Overflows.keep(joined);
            self.may_fail(lab, pos);
            self.may_fail_here(false, pos);
        }
        match op {
            "==" | "!=" => {
                let lab = self.equality(op, a, b, joined, pos);
                let lab = self.compared_with_nothing(a, b, lab);
                let guard = match (a.field, b.field) {
                    (Some(field), None) => Some((field, b.version)),
                    (None, Some(field)) => Some((field, a.version)),
                    _ => None,
                };
                Val { guard: guard.filter(|(_, version)| *version != Id::NONE), ..made(Shape::Bool, lab) }
            }
            "<" | ">" | "<=" | ">=" => {
                let lab = self.comparison(la, lb, joined, pos);
                let lab = self.compared_with_nothing(a, b, lab);
                made(Shape::Bool, lab)
            }
            "-" => {
                let waited = la.bits.has(Bits::NOW) && lb.bits.has(Bits::OPENED)
                    || la.bits.has(Bits::OPENED) && lb.bits.has(Bits::NOW) && !la.bits.has(Bits::AHEAD);
                if self.is_duration(la, lb) {
                    let mut lab = joined.without(Bits::SORT);
                    lab.bits |= Bits::DURATION;
                    let file = self.file();
                    lab.step = self.steps.add(file, pos, What::Subtracted, la.step, lb.step);
                    return made(Shape::Span, lab);
                }
                if waited {
                    let mut lab = joined.without(Bits::SORT);
                    lab.bits |= Transfer::Waited.bits(Bits::AGE);
                    lab.claim();
                    return made(Shape::Span, self.step(lab, pos, What::Subtracted));
                }
                let both = matches!(a.shape, Shape::Time) && matches!(b.shape, Shape::Time);
                if both { made(Shape::Span, joined.without(Bits::SORT)) } else { made(arithmetic(&a.shape, &b.shape), joined) }
            }
            "+" => self.plus(a, b, joined, from, some),
            "/" | "%" => {
                if !self.is_not_zero(b) {
                    self.may_fail(lb, pos);
                    self.may_fail_here(self.number_in(b) == Some(0), pos);
                }
                made(arithmetic(&a.shape, &b.shape), joined.without(Bits::SORT))
            }
            ".." | "..=" => {
                let element = Val::new(Shape::Number, Lab::NONE);
                let list = ListVal { element, marks: true, by_hand: true, one_subject: false, placed: false };
                Val::new(Shape::List(Rc::new(list)), joined.without(Bits::SORT))
            }
            // A part of an instant stays one, however it is scaled.
            _ => made(arithmetic(&a.shape, &b.shape), joined),
        }
    }

    pub(crate) fn plus(&mut self, a: &Val, b: &Val, joined: Lab, from: u64, some: u64) -> Val {
        match (&a.shape, &b.shape) {
            (Shape::List(x), Shape::List(y)) => {
                let element = self.either(&x.element, &y.element);
                let list = ListVal {
                    element,
                    marks: x.marks || y.marks,
                    by_hand: true,
                    one_subject: x.one_subject && y.one_subject,
                    placed: x.placed || y.placed,
                };
                let lab = self.join(a.lab, b.lab);
                Val::new(Shape::List(Rc::new(list)), lab)
            }
            (Shape::Map(x), Shape::Map(y)) => {
                let lab = self.join(a.lab, b.lab);
                let mut known = x.known.clone();
                known.extend(y.known.clone());
                let rest = match (&x.rest, &y.rest) {
                    (Some(p), Some(q)) => Some(self.either(p, q)),
                    (p, q) => p.clone().or_else(|| q.clone()),
                };
                let keys = self.join(x.keys, y.keys);
                Val::new(Shape::Map(Rc::new(MapVal { known, rest, keys, of_people: x.of_people || y.of_people })), lab)
            }
            (Shape::Text(_), _) | (_, Shape::Text(_)) => {
                let maybe = Self::shows_nothing(a) || Self::shows_nothing(b);
                Val { from, some, maybe, ..Val::new(Shape::Text(None), joined) }
            }
            (x, y) => Val { from, some, ..Val::new(arithmetic(x, y), joined) },
        }
    }

    pub(crate) fn equality(&mut self, op: &str, a: &Val, b: &Val, joined: Lab, pos: Pos) -> Lab {
        let mut lab = joined.without(Bits::SORT | Bits::AGE);
        if matches!(a.shape, Shape::Unit) || matches!(b.shape, Shape::Unit) {
            let val = if matches!(a.shape, Shape::Unit) { b } else { a };
            if val.field.is_some() {
                return self.is_stored(val).without(Bits::SORT);
            }
            // Whether a customer or lead has an owner is its own state, whoever that is.
            if let (Some(own), true) = (val.empty, val.is_person()) {
                return own.without(Bits::SORT);
            }
            lab = self.presence(val, lab);
            if val.maybe && val.cell != Id::NONE && lab.of_cell == Id::NONE {
                lab.of_cell = val.lab.of_cell;
            }
            return lab;
        }
        let offer = |val: &Val| val.lab.bits.has(Bits::WHO) && val.lab.bits.meets(Bits::SUBJECT | Bits::FIXED);
        if (offer(a) || offer(b)) && a.lab.bits.meets(Bits::PERSONAL) && b.lab.bits.meets(Bits::PERSONAL) {
            lab.bits |= Bits::OFFERS;
        }
        let trace = |val: &Val| val.lab.bits.has(Bits::TRACE | Bits::WHO);
        // That one act is not by whom another is leaves one out; it picks nobody's traces.
        let apart = op == "!=" && trace(a) && trace(b);
        if !apart && (trace(a) || trace(b)) && a.lab.bits.meets(Bits::PERSONAL) && b.lab.bits.meets(Bits::PERSONAL) {
            let whose = if trace(a) && trace(b) {
                if a.lab.own.same(b.lab.own) { a.lab.own } else { Id::MIXED }
            } else if trace(a) {
                b.id
            } else {
                a.id
            };
            lab.bits |= Transfer::Selected.bits(Bits::SELECTED);
            lab.own = whose;
            lab.claim();
            lab = self.step(lab, pos, What::Compared);
        }
        lab
    }

    pub(crate) fn comparison(&mut self, la: Lab, lb: Lab, joined: Lab, pos: Pos) -> Lab {
        let mut lab = joined.without(Bits::SORT | Bits::AGE);
        let instants = la.bits.has(Bits::INSTANT) && lb.bits.has(Bits::INSTANT);
        if self.is_duration(la, lb) && (!instants || la.bits.meets(Bits::ANSWER) || lb.bits.meets(Bits::ANSWER)) {
            lab.bits |= Bits::DURATION;
        } else if instants {
            lab.bits |= Transfer::Ordered.bits(Bits::ORDER);
            lab.claim();
        } else {
            return lab;
        }
        self.step(lab, pos, What::Compared)
    }

    /// Whether taking one of these from the other tells how long somebody took.
    pub(crate) fn is_duration(&self, a: Lab, b: Lab) -> bool {
        if !Transfer::Duration.on() {
            return false;
        }
        let pair = |x: Bits, y: Bits| (a.bits.meets(x) && b.bits.meets(y)) || (a.bits.meets(y) && b.bits.meets(x));
        let reacts = matches!(self.entry, Some(EntryPoint::PushDeclined | EntryPoint::LeadOwned));
        let enters = matches!(self.entry, Some(EntryPoint::LeadOwned | EntryPoint::CardWritten));
        pair(Bits::INSTANT, Bits::INSTANT)
            || pair(Bits::INSTANT, Bits::ENTERED)
            || (reacts && pair(Bits::INSTANT, Bits::ACT_NOW))
            || (enters && pair(Bits::ENTERED, Bits::ACT_NOW))
    }

    /// A failure whose happening tells a metric: everything that the run does depends on it.
    ///
    /// Whether a person's list is empty may leave a heading out of their digest; it may not end the run.
    pub(crate) fn may_fail(&mut self, lab: Lab, pos: Pos) {
        let mut lab = lab;
        if lab.bits.has(Bits::PRESENCE) && lab.bits.meets(Bits::PERSONAL) {
            lab.bits |= Transfer::FailsOnPresence.bits(Bits::METRIC);
        }
        if !lab.bits.has(Bits::METRIC) || !Transfer::Fails.on() {
            return;
        }
        let lab = self.step(lab.without(Bits::SORT), pos, What::Left);
        self.failed = self.join(self.failed, lab);
        self.exits.thrown = self.merge_exit(self.exits.thrown, Some(lab));
    }

    /// What may fail where a metric has decided that it is reached; what surely fails also where a person's empty list has.
    pub(crate) fn may_fail_here(&mut self, surely: bool, pos: Pos) {
        let decides = |lab: &Lab| {
            lab.turns == 0
                && (lab.bits.has(Bits::METRIC) || surely && lab.bits.has(Bits::PRESENCE) && lab.bits.meets(Bits::PERSONAL))
        };
        let mut branches = self.pc.iter().rev().filter_map(|pc| match pc {
            Pc::Branch { lab, .. } => Some(*lab),
            Pc::Turn { .. } => None,
        });
        if let Some(lab) = branches.find(decides) {
            self.may_fail(Transfer::FailsBehind.keep(lab), pos);
        }
    }

    pub(crate) fn member(&mut self, val: &Val, name: &Sym, pos: Pos) -> Val {
        match &val.shape {
            Shape::Record(kind) => self.record_member(*kind, val, name, pos),
            Shape::Map(map) => match map.known.get(name) {
                Some(inner) => {
                    let inner = inner.clone();
                    self.under(inner, val.lab)
                }
                None => match &map.rest {
                    Some(rest) => {
                        let (rest, keys) = (rest.clone(), map.keys);
                        let rest = self.under(rest, keys);
                        Val { maybe: true, ..self.under(rest, val.lab) }
                    }
                    None => Val::new(Shape::Unit, val.lab),
                },
            },
            Shape::Time | Shape::Span | Shape::Money | Shape::Number | Shape::Text(_) | Shape::Bool => {
                Val { from: val.from, some: val.some, ..Val::any(val.lab.without(Bits::SORT)) }
            }
            Shape::Any | Shape::Never => self.unknown_member(val, name, pos),
            Shape::Unit => Val::new(Shape::Unit, val.lab),
            Shape::Query(_) | Shape::List(_) | Shape::Function | Shape::Rotation(_) | Shape::Tally | Shape::Digest => {
                self.hidden(pos, &format!("there is no member `{name}` here"));
                let lab = self.deep(val);
                Val::any(lab.gathered(false))
            }
        }
    }

    /// A member of something whose kind is not known: whatever a record of any kind could give.
    pub(crate) fn unknown_member(&mut self, val: &Val, name: &Sym, pos: Pos) -> Val {
        let lab = self.deep(val);
        let mut result: Option<Val> = None;
        for kind in table::Kind::ALL {
            if Transfer::UnknownMember.on()
                && table::member_named(kind, name).is_some()
                && !matches!(kind, table::Kind::Period | table::Kind::Act)
            {
                let record = Val { from: val.from, some: val.some, id: val.id, ..Val::record(kind, lab, val.id) };
                let inner = self.record_member_quietly(kind, &record, name, pos);
                result = Some(match result {
                    Some(other) => self.either(&other, &inner),
                    None => inner,
                });
            }
        }
        let plain = Val { from: val.from, some: val.some, targets: val.targets.clone(), ..Val::any(lab) };
        match result {
            Some(other) => self.either(&other, &plain),
            None => plain,
        }
    }

    /// The element at a place: what stands at another place is another's.
    fn at_place(&mut self, mut element: Val, at: &Val) -> Val {
        if element.id == Id::NONE || element.id == Id::MIXED || !Transfer::OtherPerson.on() {
            return element;
        }
        let id = match at.version {
            Id::NONE => Id::MIXED,
            version => self.identity(element.id, &format!("[{}]", version.0)),
        };
        self.rename(&mut element, id);
        element
    }

    /// Gives a value another identity, and what is its own with it.
    pub(crate) fn rename(&mut self, val: &mut Val, id: Id) {
        if self.fixed.contains(&val.id) && id != Id::MIXED {
            self.fixed.insert(id);
        }
        if val.lab.own == val.id {
            val.lab.own = id;
        }
        val.id = id;
    }

    /// Loops over the places of just this list, whose element is therefore shown.
    fn places_of(&self, list: &Val, at: &Val) -> u64 {
        self.pc.iter().fold(0, |bits, pc| match pc {
            Pc::Turn { lab, bit, marks: true, .. } if at.some & bit != 0 && lab.of_cell.same(list.cell) => bits | bit,
            Pc::Turn { .. } | Pc::Branch { .. } => bits,
        })
    }

    /// Notes that a value is looked at as a whole which may be, or hold, a person.
    pub(crate) fn may_tell_apart(&mut self, val: &Val) {
        self.identified |= match &val.shape {
            Shape::Never | Shape::Unit | Shape::Bool | Shape::Number | Shape::Text(_) => false,
            Shape::Time | Shape::Span | Shape::Money | Shape::Tally | Shape::Digest => false,
            Shape::Record(kind) => *kind == table::Kind::Person,
            Shape::Any | Shape::Query(_) | Shape::List(_) | Shape::Map(_) | Shape::Function | Shape::Rotation(_) => true,
        };
    }

    /// A place beyond the end of a list stops the run: by a fixed place, that tells how long the list is.
    ///
    /// Where the script has asked the list before, or goes over its places, it does not reach beyond.
    pub(crate) fn beyond(&mut self, val: &Val, at: &Val, pos: Pos) {
        let many = !Self::one_subject(val);
        let personal = many && val.lab.bits.has(Bits::TRACE) && val.lab.bits.meets(Bits::PERSONAL);
        let open = self.pc.iter().fold(0, |bits, pc| match pc {
            Pc::Turn { bit, .. } => bits | bit,
            Pc::Branch { .. } => bits,
        });
        let asked = self.pc.iter().any(|pc| match pc {
            Pc::Branch { lab, .. } => lab.of_cell != Id::NONE && (lab.of_cell.same(val.cell) || lab.of_cell == Id::MIXED),
            Pc::Turn { .. } => false,
        });
        // A place that is written as a number is there where the list was asked for so many.
        let asked = self.number_in(at).map_or(asked, |place| self.is_there(val, place));
        if personal && at.some & open == 0 && !asked && Transfer::Beyond.on() {
            self.may_fail(val.lab.gathered(false), pos);
        }
    }

    pub(crate) fn index(&mut self, val: &Val, at: &Val, pos: Pos) -> Val {
        self.may_tell_apart(at);
        let at = &Val { lab: at.lab.looked_at(), ..at.clone() };
        match &val.shape {
            Shape::List(list) => {
                let list = list.clone();
                self.may_fail(at.lab, pos);
                self.may_fail_here(false, pos);
                let lab = self.join(val.lab, Transfer::Chosen.keep(at.lab.without(Bits::SORT)));
                let element = self.at_place(list.element.clone(), at);
                let element = self.under(element, lab);
                let from = element.from | at.from | self.places_of(val, at);
                Val { maybe: true, from, some: element.some | from, ..element }
            }
            Shape::Map(map) => {
                let map = map.clone();
                if let Some(key) = at.text()
                    && (map.known.contains_key(key) || map.rest.is_none())
                {
                    return self.member(val, &key.clone(), pos);
                }
                let mut result = map.rest.clone().unwrap_or_else(Val::unit);
                if at.text().is_none() {
                    for inner in map.known.values() {
                        result = self.either(&result, inner);
                    }
                }
                let mut keys = self.join(map.keys, at.lab.without(Bits::SORT));
                keys = self.join(keys, val.lab);
                // What a map holds under a key of its own tells nothing that it does not hold.
                let id = if val.cell != Id::NONE { val.cell } else { Id::MIXED };
                let mut result = self.under(result, keys);
                if result.lab.of_cell == Id::NONE {
                    result.lab.of_cell = id;
                }
                Val { maybe: true, from: result.from | at.from, some: result.some | at.from, ..result }
            }
            Shape::Query(query) => {
                let query = query.clone();
                let element = self.query_element(&query, pos);
                let lab = self.join(val.lab, at.lab);
                Val { maybe: true, ..self.under(element, lab) }
            }
            Shape::Record(_) => match at.text().cloned() {
                Some(name) => self.member(val, &name, pos),
                None => {
                    self.hidden(pos, "a member of a record is read by a name that is computed");
                    let lab = self.join(val.lab, at.lab);
                    Val::any(lab)
                }
            },
            _ => {
                let (a, b) = (self.deep(val), self.deep(at));
                self.may_fail(b, pos);
                let lab = self.join(a, b.without(Bits::SORT));
                let shape = if matches!(val.shape, Shape::Text(_)) { Shape::Text(None) } else { Shape::Any };
                Val { from: val.from, some: val.some, targets: val.targets.clone(), ..Val::new(shape, lab) }
            }
        }
    }
}

fn arithmetic(a: &Shape, b: &Shape) -> Shape {
    match (a, b) {
        (Shape::Time, _) | (_, Shape::Time) => Shape::Time,
        (Shape::Span, _) | (_, Shape::Span) => Shape::Span,
        (Shape::Money, _) | (_, Shape::Money) => Shape::Money,
        (Shape::Number, Shape::Number) => Shape::Number,
        _ => Shape::Any,
    }
}
