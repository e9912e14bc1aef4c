//! Operators, comparisons, members, indexing and assignment.

use std::rc::Rc;

use super::lab::{Bits, Id, Lab, Reach};
use super::machine::{Machine, Pc};
use super::step::What;
use super::val::{ListVal, MapVal, Shape, Val};
use crate::ir::{Kind, Node, Pos, Sym};
use crate::table::{self, EntryPoint};

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
        lab.bits |= Bits::PRESENCE;
        lab.claim();
        if lab.of_cell == Id::NONE {
            lab.of_cell = Id::MIXED;
        }
        lab
    }

    /// What a comparison of a length tells, where it only tells whether there is anything.
    fn emptiness(&mut self, op: &str, a: &Val, b: &Val) -> Option<Lab> {
        let (length, other) = if a.empty.is_some() { (a, b) } else { (b, a) };
        let lab = length.empty?;
        let zero = self.identity(Id(0x7fff_fff0), "0");
        let one = self.identity(Id(0x7fff_fff0), "1");
        let flipped = b.empty.is_some();
        let asks = other.version.same(zero)
            || (other.version.same(one) && matches!((op, flipped), (">=" | "<", false) | ("<=" | ">", true)));
        asks.then_some(lab)
    }

    pub(crate) fn binary(&mut self, op: &str, a: &Val, b: &Val, pos: Pos) -> Val {
        let (la, lb) = (self.deep(a), self.deep(b));
        let joined = self.join(la, lb);
        let from = Self::deep_from(a) | Self::deep_from(b);
        let some = a.some | b.some | from;
        let made = |shape, lab| Val { from, some, ..Val::new(shape, lab) };
        if matches!(op, "==" | "!=" | "<" | ">" | "<=" | ">=")
            && let Some(lab) = self.emptiness(op, a, b)
        {
            return made(Shape::Bool, lab);
        }
        match op {
            "==" | "!=" => {
                let lab = self.equality(op, a, b, joined, pos);
                let guard = match (a.field, b.field) {
                    (Some(field), None) => Some((field, b.version)),
                    (None, Some(field)) => Some((field, a.version)),
                    _ => None,
                };
                Val { guard: guard.filter(|(_, version)| *version != Id::NONE), ..made(Shape::Bool, lab) }
            }
            "<" | ">" | "<=" | ">=" => {
                let lab = self.comparison(la, lb, joined, pos);
                made(Shape::Bool, lab)
            }
            "-" => {
                if self.is_duration(la, lb) {
                    let mut lab = joined.without(Bits::SORT);
                    lab.bits |= Bits::DURATION;
                    return made(Shape::Span, self.step(lab, pos, What::Subtracted));
                }
                let both = matches!(a.shape, Shape::Time) && matches!(b.shape, Shape::Time);
                if both { made(Shape::Span, joined.without(Bits::SORT)) } else { made(arithmetic(&a.shape, &b.shape), joined) }
            }
            "+" => self.plus(a, b, joined, from, some),
            "/" | "%" => {
                if matches!(lb.bits, bits if bits.has(Bits::METRIC)) {
                    self.may_fail(lb, pos);
                }
                made(arithmetic(&a.shape, &b.shape), joined.without(Bits::SORT))
            }
            ".." | "..=" => {
                let element = Val::new(Shape::Number, Lab::NONE);
                let list = ListVal { element, marks: true, by_hand: true, one_subject: false };
                Val::new(Shape::List(Rc::new(list)), joined.without(Bits::SORT))
            }
            _ => made(arithmetic(&a.shape, &b.shape), joined.without(Bits::SORT)),
        }
    }

    fn plus(&mut self, a: &Val, b: &Val, joined: Lab, from: u64, some: u64) -> Val {
        match (&a.shape, &b.shape) {
            (Shape::List(x), Shape::List(y)) => {
                let element = self.either(&x.element, &y.element);
                let list =
                    ListVal { element, marks: x.marks || y.marks, by_hand: true, one_subject: x.one_subject && y.one_subject };
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
                Val::new(Shape::Map(Rc::new(MapVal { known, rest, keys })), lab)
            }
            (Shape::Text(_), _) | (_, Shape::Text(_)) => Val { from, some, ..Val::new(Shape::Text(None), joined) },
            (x, y) => Val { from, some, ..Val::new(arithmetic(x, y), joined) },
        }
    }

    fn equality(&mut self, op: &str, a: &Val, b: &Val, joined: Lab, pos: Pos) -> Lab {
        let mut lab = joined.without(Bits::SORT);
        if matches!(a.shape, Shape::Unit) || matches!(b.shape, Shape::Unit) {
            let val = if matches!(a.shape, Shape::Unit) { b } else { a };
            lab = self.presence(val, lab);
            if val.maybe && val.cell != Id::NONE && lab.of_cell == Id::NONE {
                lab.of_cell = val.lab.of_cell;
            }
            return lab;
        }
        let trace = |val: &Val| val.lab.bits.has(Bits::TRACE | Bits::WHO);
        // That one act is not by whom another is leaves one out; it picks nobody's traces.
        let apart = op == "!=" && trace(a) && trace(b);
        if !apart && (trace(a) || trace(b)) && a.lab.bits.meets(Bits::PERSONAL) && b.lab.bits.meets(Bits::PERSONAL) {
            let whose = if trace(a) && trace(b) {
                Id::MIXED
            } else if trace(a) {
                b.id
            } else {
                a.id
            };
            lab.bits |= Bits::SELECTED;
            lab.own = whose;
            lab.claim();
            lab = self.step(lab, pos, What::Compared);
        }
        lab
    }

    fn comparison(&mut self, la: Lab, lb: Lab, joined: Lab, pos: Pos) -> Lab {
        let mut lab = joined.without(Bits::SORT);
        let instants = la.bits.has(Bits::INSTANT) && lb.bits.has(Bits::INSTANT);
        if self.is_duration(la, lb) && (!instants || la.bits.meets(Bits::ANSWER) || lb.bits.meets(Bits::ANSWER)) {
            lab.bits |= Bits::DURATION;
        } else if instants {
            lab.bits |= Bits::ORDER;
            lab.claim();
        } else {
            return lab;
        }
        self.step(lab, pos, What::Compared)
    }

    /// Whether taking one of these from the other tells how long somebody took.
    fn is_duration(&self, a: Lab, b: Lab) -> bool {
        let pair = |x: Bits, y: Bits| (a.bits.meets(x) && b.bits.meets(y)) || (a.bits.meets(y) && b.bits.meets(x));
        let reacts = matches!(self.entry, Some(EntryPoint::PushDeclined | EntryPoint::LeadOwned));
        let enters = matches!(self.entry, Some(EntryPoint::LeadOwned | EntryPoint::CardWritten));
        pair(Bits::INSTANT, Bits::INSTANT)
            || pair(Bits::INSTANT, Bits::ENTERED)
            || (reacts && pair(Bits::INSTANT, Bits::ACT_NOW))
            || (enters && pair(Bits::ENTERED, Bits::ACT_NOW))
    }

    /// A failure whose happening tells a metric: everything that the run does depends on it.
    pub(crate) fn may_fail(&mut self, lab: Lab, pos: Pos) {
        if !lab.bits.has(Bits::METRIC) {
            return;
        }
        let lab = self.step(lab.without(Bits::SORT), pos, What::Left);
        self.failed = self.join(self.failed, lab);
        self.exits.thrown = self.merge_exit(self.exits.thrown, Some(lab));
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
    fn unknown_member(&mut self, val: &Val, name: &Sym, pos: Pos) -> Val {
        let lab = self.deep(val);
        let mut result: Option<Val> = None;
        for kind in table::Kind::ALL {
            if table::members_of(kind).any(|member| member.name == &**name)
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

    pub(crate) fn index(&mut self, val: &Val, at: &Val, pos: Pos) -> Val {
        match &val.shape {
            Shape::List(list) => {
                let list = list.clone();
                if at.lab.bits.has(Bits::METRIC) {
                    self.may_fail(at.lab, pos);
                }
                let lab = self.join(val.lab, at.lab.without(Bits::SORT));
                let element = self.under(list.element.clone(), lab);
                Val { maybe: true, from: element.from | at.from, some: element.some | at.from, ..element }
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
                if b.bits.has(Bits::METRIC) {
                    self.may_fail(b, pos);
                }
                let lab = self.join(a, b.without(Bits::SORT));
                let shape = if matches!(val.shape, Shape::Text(_)) { Shape::Text(None) } else { Shape::Any };
                Val { from: val.from, some: val.some, targets: val.targets.clone(), ..Val::new(shape, lab) }
            }
        }
    }

    pub(crate) fn assignment(&mut self, target: &Node, op: Option<&Sym>, value: &Node, pos: Pos) {
        let right = self.eval(value);
        let val = match op {
            Some(op) => {
                let old = self.eval(target);
                let grown = matches!(old.shape, Shape::List(_)) && &**op == "+" && !matches!(right.shape, Shape::List(_));
                if grown { self.appended(&old, &right) } else { self.binary(op, &old, &right, pos) }
            }
            None => right.changed_unless_named(),
        };
        self.store(target, val, pos);
    }

    /// A list with one more element.
    pub(crate) fn appended(&mut self, old: &Val, item: &Val) -> Val {
        let Shape::List(list) = &old.shape else { return old.clone() };
        let list = list.clone();
        let turn = self.innermost_turn_since(0);
        let shows = turn.is_none_or(|bit| Self::deep_from(item) & bit != 0);
        let element = self.either(&list.element, &item.clone().changed());
        let made = ListVal { element, marks: list.marks || !shows, by_hand: true, one_subject: list.one_subject };
        Val { shape: Shape::List(Rc::new(made)), ..old.clone() }
    }

    fn innermost_turn_since(&self, depth: usize) -> Option<u64> {
        self.pc.iter().skip(depth).rev().find_map(|pc| match pc {
            Pc::Turn { bit, people: false, lab, .. } if lab.bits.meets(Bits::COUNTS) => Some(*bit),
            _ => None,
        })
    }

    /// Writes to a variable, or to a part of what a variable holds.
    pub(crate) fn store(&mut self, target: &Node, val: Val, pos: Pos) {
        match &target.kind {
            Kind::Var(name) => match self.lookup(name) {
                Some(cell) => {
                    let lab = self.step(val.lab, pos, What::Kept(name.clone()));
                    let version = if val.version == Id::NONE { self.fresh_version(pos) } else { val.version };
                    self.write(cell, Val { lab, version, cell: Id::NONE, ..val });
                }
                None => self.hidden(pos, &format!("`{name}` is no variable that can be written")),
            },
            Kind::This => {
                if let Some(cell) = self.frames.last().and_then(|frame| frame.this) {
                    self.write(cell, val);
                }
            }
            Kind::Member(of, name) => {
                let old = self.eval(of);
                let new = self.with_member(&old, name, val, pos);
                self.store(of, new, pos);
            }
            Kind::Index(of, at) => {
                let old = self.eval(of);
                let at = self.eval(at);
                if at.lab.bits.has(Bits::METRIC) && matches!(old.shape, Shape::List(_)) {
                    self.may_fail(at.lab, pos);
                }
                let new = self.with_index(&old, &at, val, pos);
                self.store(of, new, pos);
            }
            Kind::Call(call) if call.method => {}
            _ => {}
        }
    }

    fn with_member(&mut self, old: &Val, name: &Sym, val: Val, pos: Pos) -> Val {
        match &old.shape {
            Shape::Map(map) => {
                let mut map = (**map).clone();
                map.known.insert(name.clone(), val);
                Val { shape: Shape::Map(Rc::new(map)), ..old.clone() }
            }
            Shape::Record(_) | Shape::Query(_) => {
                self.hidden(pos, "records are read-only: write a custom field with `set`");
                old.clone()
            }
            _ => {
                let (a, b) = (self.deep(old), self.deep(&val));
                let lab = self.join(a, b);
                let targets = merge_targets(old, &val);
                Val { targets, ..Val::any(lab) }
            }
        }
    }

    fn with_index(&mut self, old: &Val, at: &Val, val: Val, pos: Pos) -> Val {
        if let (Shape::Map(_), Some(key)) = (&old.shape, at.text().cloned()) {
            return self.with_member(old, &key, val, pos);
        }
        match &old.shape {
            Shape::Map(map) => {
                let mut map = (**map).clone();
                map.keys = self.join(map.keys, at.lab.without(Bits::SORT));
                let val = match &val.shape {
                    Shape::List(_) | Shape::Map(_) => val,
                    // A figure under the name of a person is that person's figure.
                    _ => {
                        let mut val = self.under(val, at.lab.without(Bits::SORT));
                        val.lab.attribute();
                        val
                    }
                };
                map.rest = Some(match &map.rest {
                    Some(rest) => self.either(rest, &val),
                    None => val,
                });
                Val { shape: Shape::Map(Rc::new(map)), ..old.clone() }
            }
            Shape::List(list) => {
                let mut list = (**list).clone();
                let mut val = self.under(val, at.lab.without(Bits::SORT));
                val.lab.attribute();
                list.element = self.either(&list.element, &val);
                Val { shape: Shape::List(Rc::new(list)), ..old.clone() }
            }
            _ => {
                let (a, b, c) = (self.deep(old), self.deep(at), self.deep(&val));
                let lab = self.join(a, b);
                let lab = self.join(lab, c);
                let shape = if matches!(old.shape, Shape::Text(_)) { Shape::Text(None) } else { Shape::Any };
                Val { targets: merge_targets(old, &val), ..Val::new(shape, lab) }
            }
        }
    }

    /// Writes a variable: it now depends on what decided that it is written, since it was declared and in this turn.
    pub(crate) fn write(&mut self, cell: usize, val: Val) {
        let declared = self.cells[cell].depth;
        let turn = self.pc.iter().rposition(|pc| matches!(pc, Pc::Turn { .. })).map_or(0, |at| at + 1);
        let id = Id(u32::try_from(cell + 1).unwrap_or(u32::MAX));
        let mut lab = Lab::NONE;
        for at in declared.max(turn)..self.pc.len() {
            if let Pc::Branch { lab: branch, .. } = self.pc[at]
                && !branch.of_cell.same(id)
            {
                lab = self.join(lab, branch);
            }
        }
        let mut val = self.under(val, lab);
        forget_own_state(&mut val, id, 0);
        self.clock += 1;
        let stamp = self.clock;
        let here = &mut self.cells[cell];
        here.val = val;
        here.stamp = stamp;
    }

    /// At the end of a turn: what was written in it to variables that were there before has gathered the loop.
    pub(crate) fn gather_cells(&mut self, stamps: &[u32], turn: &Pc) {
        let Pc::Turn { lab, reach, bit, .. } = *turn else { return };
        for (index, &stamp) in stamps.iter().enumerate() {
            if self.cells[index].stamp == stamp || self.cells[index].depth > self.pc.len() {
                continue;
            }
            let val = self.cells[index].val.clone();
            let gathered = self.gathered(val, lab, reach, bit);
            let depth = self.pc.len();
            self.cells[index].val = self.outside(gathered, depth);
        }
    }

    fn gathered(&mut self, mut val: Val, turn: Lab, reach: Reach, bit: u64) -> Val {
        let lab = self.join(val.lab, turn);
        match &val.shape {
            Shape::List(list) if reach == Reach::Many && list.one_subject => {
                let list = ListVal { one_subject: false, ..(**list).clone() };
                Val { lab, shape: Shape::List(Rc::new(list)), ..val }
            }
            Shape::List(_) | Shape::Digest | Shape::Query(_) | Shape::Function => Val { lab, ..val },
            Shape::Map(map) => {
                let mut map = (**map).clone();
                map.keys = if map.rest.is_some() { self.join(map.keys, turn) } else { map.keys };
                let keys = map.keys;
                map.rest = map.rest.map(|rest| {
                    let rest = if matches!(rest.shape, Shape::List(_) | Shape::Map(_)) { rest } else { self.under(rest, keys) };
                    self.gathered(rest, turn, reach, bit)
                });
                let names: Vec<Sym> = map.known.keys().cloned().collect();
                for name in names {
                    if let Some(inner) = map.known.remove(&name) {
                        let inner = self.gathered(inner, turn, reach, bit);
                        map.known.insert(name, inner);
                    }
                }
                val.shape = Shape::Map(Rc::new(map));
                val
            }
            Shape::Text(_) if val.some & bit != 0 => {
                let mut lab = lab;
                if lab.bits.meets(Bits::PERSONAL) && lab.bits.meets(Bits::TRACE | Bits::CLOCK | Bits::SUBJECT) {
                    lab.bits |= Bits::LISTED;
                    lab.claim();
                }
                Val { lab, shape: Shape::Text(None), ..val }
            }
            _ => {
                let lab = lab.gathered_over(reach);
                let shape = if matches!(val.shape, Shape::Text(_)) { Shape::Text(None) } else { val.shape.clone() };
                let lab =
                    if val.is_person() && lab.bits.has(Bits::METRIC) { Lab { bits: lab.bits | Bits::RANK, ..lab } } else { lab };
                Val { lab, shape, version: Id::NONE, field: None, ..val }
            }
        }
    }
}

/// What a container's own state decided about what is put into it is what it holds already.
fn forget_own_state(val: &mut Val, cell: Id, depth: usize) {
    if val.lab.of_cell.same(cell) {
        val.lab.bits = val.lab.bits.without(Bits::PRESENCE);
        val.lab.of_cell = Id::NONE;
    }
    if let (Shape::Map(map), true) = (&mut val.shape, depth < 3) {
        let map = Rc::make_mut(map);
        map.known.values_mut().chain(map.rest.as_mut()).for_each(|inner| forget_own_state(inner, cell, depth + 1));
    }
}

fn merge_targets(a: &Val, b: &Val) -> Option<Rc<Vec<super::val::Target>>> {
    match (&a.targets, &b.targets) {
        (Some(x), Some(y)) => Some(Rc::new(x.iter().chain(y.iter()).cloned().collect())),
        (x, y) => x.clone().or_else(|| y.clone()),
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

impl Val {
    /// A value on its way into another variable: it stays what it is.
    fn changed_unless_named(self) -> Self {
        Self { cell: Id::NONE, ..self }
    }
}
