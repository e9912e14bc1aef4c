//! Assignment: to variables, to parts of what they hold, and what a loop makes of what is written in it.

use std::rc::Rc;

use super::lab::{Bits, Id, Lab, Reach};
use super::machine::{Machine, Pc};
use super::step::What;
use super::val::{ListVal, Shape, Val};
use crate::ir::{Kind, Node, Pos, Sym};
use crate::transfer::Transfer;

impl Machine<'_> {
    pub(crate) fn assignment(&mut self, target: &Node, op: Option<&Sym>, value: &Node, pos: Pos) {
        let right = self.eval(value);
        let saying = !shows_act(&right) || says(value);
        let val = match op {
            Some(op) => {
                let old = self.eval(target);
                let grown = matches!(old.shape, Shape::List(_)) && &**op == "+" && !matches!(right.shape, Shape::List(_));
                if grown { self.appended(&old, &right) } else { self.binary(op, &old, &right, pos) }
            }
            None => right.changed_unless_named(),
        };
        self.saying = saying;
        match (op, self.root(target)) {
            (None, Some(cell)) if Transfer::Overwritten.on() => {
                if let Kind::Var(name) = &target.kind {
                    self.overwrite(cell, name, val, pos);
                }
            }
            _ => self.store(target, val, pos),
        }
        self.saying = false;
    }

    /// Writes another value to a variable: what the old one told decides like anything else, but where a text grows by what is shown.
    fn overwrite(&mut self, cell: usize, name: &Sym, val: Val, pos: Pos) {
        let grows = matches!(val.shape, Shape::Text(_)) && self.innermost_turn_since(0).is_some_and(|bit| val.some & bit != 0);
        let lab = self.step(val.lab, pos, What::Kept(name.clone()));
        let version = if val.version == Id::NONE { self.fresh_identity() } else { val.version };
        self.write_as(cell, Val { lab, version, cell: Id::NONE, ..val }, grows);
    }

    /// A list with one more element.
    pub(crate) fn appended(&mut self, old: &Val, item: &Val) -> Val {
        let Shape::List(list) = &old.shape else { return old.clone() };
        let list = list.clone();
        let turn = self.innermost_turn_since(0);
        let shows = turn.is_none_or(|bit| Self::deep_from(item) & bit != 0);
        let element = self.either(&list.element, &item.clone().changed());
        let made =
            ListVal { element, marks: list.marks || !shows, by_hand: true, one_subject: list.one_subject, placed: list.placed };
        Val { shape: Shape::List(Rc::new(made)), ..old.clone() }
    }

    pub(crate) fn innermost_turn_since(&self, depth: usize) -> Option<u64> {
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
                    let version = if val.version == Id::NONE { self.fresh_identity() } else { val.version };
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
                if matches!(old.shape, Shape::List(_)) {
                    self.may_fail(at.lab, pos);
                }
                let new = self.with_index(&old, &at, val, pos);
                self.store(of, new, pos);
            }
            Kind::Elvis(of) => self.store(of, val, pos),
            _ => {}
        }
    }

    pub(crate) fn with_member(&mut self, old: &Val, name: &Sym, val: Val, pos: Pos) -> Val {
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

    pub(crate) fn with_index(&mut self, old: &Val, at: &Val, val: Val, pos: Pos) -> Val {
        if let (Shape::Map(_), Some(key)) = (&old.shape, at.text().cloned()) {
            return self.with_member(old, &key, val, pos);
        }
        match &old.shape {
            Shape::Map(map) => {
                let mut map = (**map).clone();
                let key = Self::key(at);
                map.keys = self.join(map.keys, Transfer::Keys.keep(key));
                map.of_people |= at.lab.bits.has(Bits::WHO | Bits::TRACE);
                let val = match &val.shape {
                    Shape::List(_) | Shape::Map(_) => val,
                    // A figure under the name of a person is that person's figure.
                    _ => {
                        let mut val = self.under(val, key);
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
                list.placed = true;
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
        self.write_as(cell, val, true);
    }

    /// Writes a variable; where it `grows`, what its own state decided about that is what it holds already.
    fn write_as(&mut self, cell: usize, val: Val, grows: bool) {
        self.note_write(cell, &val);
        if matches!(val.shape, Shape::Text(_)) && shows_act(&val) {
            if self.saying {
                self.said.insert(cell)
            } else {
                self.unsaid.insert(cell)
            };
        }
        let val = self.bounded(val);
        let declared = self.cells[cell].depth;
        let turn = self.pc.iter().rposition(|pc| matches!(pc, Pc::Turn { .. })).map_or(0, |at| at + 1);
        let id = Id(u32::try_from(cell + 1).unwrap_or(u32::MAX));
        let mut lab = Lab::NONE;
        let mut once = false;
        for at in declared.max(turn)..self.pc.len() {
            let Pc::Branch { lab: branch, .. } = self.pc[at] else { continue };
            if grows && branch.of_cell.same(id) {
                once |= branch.bits.has(Bits::AMONG);
            } else {
                lab = self.join(lab, branch);
            }
        }
        let mut val = self.under(val, Transfer::Written.keep(lab));
        if let (Shape::List(list), true) = (&mut val.shape, once && Transfer::Deduplicated.on())
            && list.element.lab.bits.has(Bits::WHO)
            && !list.one_subject
        {
            let list = Rc::make_mut(list);
            if list.element.lab.bits.has(Bits::TRACE) {
                // Who is put in once, however often there was a trace of theirs, is there because there was one.
                list.element.lab.bits |= Bits::PRESENCE;
                list.element.lab.own = Id::MIXED;
            }
            list.element.lab.bits |= Bits::AMONG;
        }
        if grows {
            forget_own_state(&mut val, id, 0);
        }
        self.clock += 1;
        let stamp = self.clock;
        let here = &mut self.cells[cell];
        here.val = val;
        here.stamp = stamp;
    }

    /// At the end of a turn: what was written in it to variables that were there before has gathered the loop.
    pub(crate) fn gather_cells(&mut self, stamps: &[u32], mark: usize, turn: &Pc) {
        let Pc::Turn { lab, reach, bit, each, .. } = turn else { return };
        let (lab, reach, bit) = (*lab, *reach, *bit);
        for (index, &stamp) in stamps.iter().enumerate() {
            if self.cells[index].stamp == stamp || self.cells[index].depth > self.pc.len() {
                continue;
            }
            let val = self.flagged(index, mark, turn, self.cells[index].val.clone());
            let flag = val.lab.bits.has(Bits::TRIED) && !val.lab.bits.meets(Bits::SUBJECT | Bits::FIXED | Bits::OFFERS);
            let lab = if flag { lab.without(Bits::SUBJECT | Bits::FIXED) } else { lab };
            let listed = matches!(val.shape, Shape::Text(_)) && self.lists_one(index, &val, reach, bit);
            let mut gathered = if Transfer::LoopGathers.on() { self.gathered(val, lab, reach, bit) } else { val };
            if listed && !gathered.lab.bits.meets(Bits::OWN_ONLY.without(Bits::LISTED) | Bits::RUNNING) {
                gathered.lab.bits = gathered.lab.bits.without(Bits::LISTED) | Bits::OF_ONE;
                gathered.lab.own = Id::NONE;
            }
            let depth = self.pc.len();
            let mut kept = self.next_turn(gathered, depth);
            if *each != Id::NONE && Transfer::OtherPerson.on() && self.descends(kept.id, *each) {
                // In the next turn it is the person of a turn before.
                let id = self.identity(*each, &format!("kept in {index}"));
                self.rename(&mut kept, id);
            }
            self.cells[index].val = kept;
        }
    }

    /// Whether a text lists what belongs to one customer or lead, each act with its own words: as if each stood in a line of its own.
    fn lists_one(&self, cell: usize, val: &Val, reach: Reach, bit: u64) -> bool {
        reach == Reach::OneSubject
            && val.some & bit != 0
            && shows_act(val)
            && !val.lab.bits.meets(Bits::OWN_ONLY)
            && self.said.contains(&cell)
            && !self.unsaid.contains(&cell)
    }

    pub(crate) fn gathered(&mut self, mut val: Val, turn: Lab, reach: Reach, bit: u64) -> Val {
        let lab = self.join(val.lab, turn);
        match &val.shape {
            Shape::List(list) if list.placed || (matches!(reach, Reach::Many | Reach::People) && list.one_subject) => {
                let list = (**list).clone();
                let element = if list.placed && Transfer::Placed.on() {
                    self.gathered(list.element.clone(), turn, reach, bit)
                } else {
                    list.element
                };
                let list =
                    ListVal { element, one_subject: list.one_subject && !matches!(reach, Reach::Many | Reach::People), ..list };
                Val { lab, shape: Shape::List(Rc::new(list)), ..val }
            }
            Shape::List(list)
                if list.element.lab.bits.has(Bits::WHO | Bits::AMONG) && lab.bits.meets(Bits::CLOCK | Bits::SUBJECTS) =>
            {
                // Who is named once, however many of their leads are quiet, is named because one is.
                let mut list = (**list).clone();
                list.element.lab.bits |= Bits::PRESENCE;
                list.element.lab.own = Id::MIXED;
                Val { lab, shape: Shape::List(Rc::new(list)), ..val }
            }
            Shape::List(_) | Shape::Digest | Shape::Query(_) | Shape::Function => Val { lab, ..val },
            Shape::Map(map) => {
                let mut map = (**map).clone();
                map.keys = if map.rest.is_some() { self.join(map.keys, turn) } else { map.keys };
                // Of many leads, whom they were offered to is what their offers count.
                if map.keys.bits.has(Bits::OFFERS) && reach != Reach::OneSubject {
                    map.keys = map.keys.gathered_at(reach, bit);
                }
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
                if lab.bits.meets(Bits::PERSONAL) && lab.bits.meets(Bits::TRACE | Bits::CLOCK | Bits::SUBJECTS) {
                    lab.bits |= Transfer::TextListed.bits(Bits::LISTED);
                    lab.claim();
                }
                Val { lab, shape: Shape::Text(None), ..val }
            }
            _ => {
                let lab = lab.gathered_in_turn(reach, bit);
                let shape = if matches!(val.shape, Shape::Text(_)) { Shape::Text(None) } else { val.shape.clone() };
                let kept = val.is_person() && lab.bits.has(Bits::METRIC)
                    || matches!(val.shape, Shape::Record(_)) && lab.bits.has(Bits::ORDER | Bits::MEASURE);
                let lab = if kept { Lab { bits: lab.bits | Bits::RANK, ..lab } } else { lab };
                Val { lab, shape, version: Id::NONE, field: None, ..val }
            }
        }
    }
}

/// Whether a value shows who did an act.
fn shows_act(val: &Val) -> bool {
    val.lab.bits.meets(Bits::PERSONAL) && val.lab.bits.meets(Bits::TRACE | Bits::SUBJECTS)
}

/// Whether an expression shows an act's own words.
fn says(node: &Node) -> bool {
    let mut found = false;
    node.walk(&mut |node| {
        found |= matches!(&node.kind, Kind::Member(_, name) if matches!(&**name, "objective" | "text" | "answer_reason"));
    });
    found
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

impl Val {
    /// A value on its way into another variable: it stays what it is.
    pub(crate) fn changed_unless_named(self) -> Self {
        Self { cell: Id::NONE, ..self }
    }
}
