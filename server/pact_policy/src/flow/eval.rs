//! Evaluation of nodes on abstract values.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::lab::{Bits, Id, Lab};
use super::machine::{Exits, Machine, Pc};
use super::sink::Sink;
use super::step::What;
use super::val::{ListVal, MapVal, Shape, Target, Val};
use crate::ir::{Kind, Lit, Node, Pos, ShortOp, Switch, Sym};
use crate::table::ROOTS;
use crate::transfer::Transfer;

/// The stack that looking at one node may need, but for the nodes in it.
const NODE_STACK_BYTES: usize = 512 * 1024;

/// The stack that is taken where less than that is left.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// One way of a branch, with the variables that hold something on it, and how long lists are at least.
type Way<'a> = (&'a Node, &'a [usize], &'a [super::lengths::Length]);

impl Machine<'_> {
    pub(crate) fn eval(&mut self, node: &Node) -> Val {
        self.nodes += 1;
        if self.spent() {
            self.hidden(node.pos, "the script is too intricate to be judged; split it over several functions or plugins");
            return Val::any(Lab::NONE);
        }
        self.deep += 1;
        let val = stacker::maybe_grow(NODE_STACK_BYTES, STACK_BYTES, || self.eval_kind(node));
        self.deep -= 1;
        val
    }

    fn eval_kind(&mut self, node: &Node) -> Val {
        let pos = node.pos;
        match &node.kind {
            Kind::Lit(lit) => self.literal(lit),
            Kind::Var(name) => self.variable(name, pos),
            Kind::Global(name) => self.constant(name, pos),
            Kind::This => match self.frames.last().and_then(|frame| frame.this) {
                Some(cell) => self.cells[cell].val.clone(),
                None => {
                    self.hidden(pos, "`this` stands for nothing here");
                    Val::any(Lab::NONE)
                }
            },
            Kind::Array(items) => self.array(items),
            Kind::Map(entries) => {
                let known: BTreeMap<Sym, Val> =
                    entries.iter().map(|(key, value)| (key.clone(), self.eval(value).changed())).collect();
                let map = MapVal { known, rest: None, keys: Lab::NONE, of_people: false };
                self.bounded(Val::new(Shape::Map(Rc::new(map)), Lab::NONE))
            }
            Kind::Interp(parts) => self.interpolation(parts),
            Kind::Call(call) => self.call(call, pos),
            Kind::Elvis(of) => self.eval(of),
            Kind::Member(of, name) => {
                let val = self.eval(of);
                if val.maybe && !matches!(of.kind, Kind::Elvis(_)) {
                    self.fails_on_nothing(of, &val, pos);
                }
                self.member(&val, name, pos)
            }
            Kind::Index(of, at) => {
                let val = self.eval(of);
                let at = self.eval(at);
                if let Shape::List(_) = val.shape {
                    self.beyond(&val, &at, pos);
                }
                self.index(&val, &at, pos)
            }
            Kind::Short(op, parts) => self.short(*op, parts, pos),
            Kind::Block(nodes) => self.block(nodes),
            Kind::If(condition, yes, no) => {
                let val = self.eval(condition);
                let (mut there, mut missing) = (Vec::new(), Vec::new());
                self.holds(condition, true, &mut there);
                self.holds(condition, false, &mut missing);
                let lengths = (self.lengths(condition, true), self.lengths(condition, false));
                self.branch(&val, pos, (yes, &there, &lengths.0), (no, &missing, &lengths.1))
            }
            Kind::Switch(switch) => self.switch(switch, pos),
            Kind::Closure(name, captures) => self.closure(name, captures),
            Kind::While(condition, body) => self.while_loop(condition, body, pos, false),
            Kind::Do(body, condition) => self.while_loop(condition, body, pos, true),
            Kind::For(it) => self.for_loop(it, pos),
            Kind::Let(name, value) => {
                let val = self.eval(value);
                let val = self.named(val, name, pos);
                self.declare(name, val);
                Val::unit()
            }
            Kind::Assign(target, op, value) => {
                self.assignment(target, op.as_ref(), value, pos);
                Val::unit()
            }
            Kind::Break(value) => {
                let val = value.as_ref().map(|value| self.eval(value));
                self.leave_loop(val)
            }
            Kind::Continue => {
                self.exits.cont = self.merge_exit(self.exits.cont, Some(Lab::NONE));
                Val::never()
            }
            Kind::Return(value) => {
                let val = value.as_ref().map_or_else(Val::unit, |value| self.eval(value));
                self.give_back(val, pos);
                self.exits.ret = self.merge_exit(self.exits.ret, Some(Lab::NONE));
                Val::never()
            }
            Kind::Throw(value) => self.throw(value.as_deref(), pos),
            Kind::Try(body, var, handler) => self.try_catch(body, var.as_ref(), handler, pos),
            Kind::Import(path, alias) => {
                self.import(path, alias, pos);
                Val::unit()
            }
            Kind::Opaque(why) => {
                self.hidden(pos, why);
                Val::any(Lab::NONE)
            }
        }
    }

    /// What says that a value is one that was written as such, by how it is written.
    pub(crate) fn written(&mut self, text: &str) -> Id {
        self.identity(Id(0x7fff_fff0), text)
    }

    fn literal(&mut self, lit: &Lit) -> Val {
        let (shape, text) = match lit {
            Lit::Unit => (Shape::Unit, "()".to_owned()),
            Lit::Bool(it) => (Shape::Bool, it.to_string()),
            Lit::Int(it) => (Shape::Number, it.to_string()),
            Lit::Text(it) => {
                let version = self.identity(Id(0x7fff_fff1), it);
                return Val { version, ..Val::new(Shape::Text(Some(it.clone())), Lab::NONE) };
            }
            Lit::Other => (Shape::Number, String::new()),
        };
        let version = if text.is_empty() { Id::NONE } else { self.written(&text) };
        if let Lit::Int(it) = lit {
            self.numbers.insert(version, *it);
        }
        Val { version, ..Val::new(shape, Lab::NONE) }
    }

    fn variable(&mut self, name: &Sym, pos: Pos) -> Val {
        if let Some(cell) = self.lookup(name) {
            let id = u32::try_from(cell + 1).unwrap_or(u32::MAX);
            return Val { cell: Id(id), ..self.cells[cell].val.clone() };
        }
        if let Some(root) = ROOTS.iter().find(|root| root.name == &**name) {
            return self.root_query(root, pos);
        }
        if self.units[self.program()].constants.contains_key(name) {
            return self.constant(name, pos);
        }
        self.hidden(pos, &format!("`{name}` is neither a variable of this script nor a name of the interface"));
        let lab = self.source(Bits::WHO | Bits::TRACE, pos, What::Unknown(name.clone()));
        Val::any(lab)
    }

    fn constant(&mut self, name: &Sym, pos: Pos) -> Val {
        match self.units[self.program()].constants.get(name) {
            Some(val) => val.clone(),
            None => {
                self.hidden(pos, &format!("the script has no constant `{name}`"));
                Val::any(Lab::NONE)
            }
        }
    }

    fn array(&mut self, items: &[Node]) -> Val {
        let mut element = Val::never();
        for item in items {
            let val = self.eval(item).changed();
            element = self.either(&element, &val);
        }
        Val::new(
            Shape::List(Rc::new(ListVal { element, marks: false, by_hand: true, one_subject: items.is_empty(), placed: false })),
            Lab::NONE,
        )
    }

    fn interpolation(&mut self, parts: &[Node]) -> Val {
        let mut lab = Lab::NONE;
        let mut from = 0;
        let mut some = 0;
        let mut maybe = false;
        for part in parts {
            let val = self.eval(part);
            maybe |= Self::shows_nothing(&val);
            self.may_tell_apart(&val);
            let inner = self.deep(&val);
            lab = self.join(lab, inner);
            from |= Self::deep_from(&val);
            some |= val.some | Self::deep_from(&val);
        }
        Val { from, some, maybe, ..Val::new(Shape::Text(None), lab) }
    }

    fn block(&mut self, nodes: &[Node]) -> Val {
        let scope = self.scope.len();
        let cells = self.cells.len();
        let depth = self.pc.len();
        let asked = self.known_lengths.len();
        let before = std::mem::take(&mut self.exits);
        let mut all = Exits::default();
        let mut last = Val::unit();
        for node in nodes {
            self.exits = Exits::default();
            last = self.eval(node);
            let exits = self.exits;
            let labs = [exits.ret, exits.brk, exits.cont, exits.thrown];
            let here = self.since(depth);
            let exits = self.exits_under(exits, here);
            all = self.merge_exits(all, exits);
            let mut left = Lab::NONE;
            for lab in labs.into_iter().flatten() {
                left = self.join(left, lab);
            }
            if !left.is_none() && Transfer::Left.on() {
                let lab = self.step(left, node.pos, What::Left);
                self.pc.push(Pc::Branch { lab, guard: None, left: true });
            }
        }
        let behind = self.since(depth);
        let last = self.under(last, behind);
        self.pc.truncate(depth);
        self.known_lengths.truncate(asked);
        self.scope.truncate(scope);
        self.forget_cells(cells);
        self.exits = self.merge_exits(before, all);
        last
    }

    /// Drops cells that nothing can reach any more.
    pub(crate) fn forget_cells(&mut self, from: usize) {
        if !self.fields.captured {
            self.cells.truncate(from);
        }
    }

    /// One of two branches, each with the variables that hold something in it.
    fn branch(&mut self, condition: &Val, pos: Pos, (yes, there, long): Way<'_>, (no, missing, short): Way<'_>) -> Val {
        let lab = self.step(Transfer::Branch.keep(condition.lab.without(Bits::SORT)), pos, What::Branched);
        self.pc.push(Pc::Branch { lab, guard: condition.guard, left: false });
        let outer = std::mem::take(&mut self.exits);
        let before = self.cells_now();
        self.filled(there);
        let a = self.knowing(long.iter().copied(), |machine| machine.eval(yes));
        let exits_a = std::mem::take(&mut self.exits);
        let mut start = before;
        start.extend(self.cells.iter().skip(start.len()).cloned());
        let after_a = std::mem::replace(&mut self.cells, start);
        self.filled(missing);
        let b = self.knowing(short.iter().copied(), |machine| machine.eval(no));
        let exits_b = std::mem::take(&mut self.exits);
        self.pc.pop();
        let after_b = std::mem::take(&mut self.cells);
        self.cells = self.join_cells(after_a, &after_b);
        match (&a.shape, &b.shape) {
            (Shape::Never, _) => {
                self.filled(missing);
                self.known_lengths.extend(short);
            }
            (_, Shape::Never) => {
                self.filled(there);
                self.known_lengths.extend(long);
            }
            _ => {}
        }
        let inner = self.merge_exits(exits_a, exits_b);
        let inner = self.exits_under(inner, lab);
        self.exits = self.merge_exits(outer, inner);
        let val = self.either(&a, &b);
        self.under(val, lab)
    }

    fn switch(&mut self, switch: &Switch, pos: Pos) -> Val {
        let on = self.eval(&switch.on);
        let asked = self.known_lengths.len();
        let switched = self.switched_length(&switch.on);
        self.known_lengths.extend(switched);
        self.may_tell_apart(&on);
        let lab = self.deep(&on).without(Bits::SORT).looked_at();
        let lab = self.presence(&on, lab);
        let mut lab = self.step(Transfer::Switch.keep(lab), pos, What::Branched);
        let outer = std::mem::take(&mut self.exits);
        let mut exits = Exits::default();
        let before = self.cells_now();
        let mut after = if switch.has_default { None } else { Some(before.clone()) };
        let mut result = if switch.has_default { Val::never() } else { Val::unit() };
        for (condition, body) in &switch.cases {
            let mut start = before.clone();
            start.extend(self.cells.iter().skip(start.len()).cloned());
            self.cells = start;
            self.pc.push(Pc::Branch { lab, guard: None, left: false });
            self.exits = Exits::default();
            if let Some(condition) = condition {
                let val = self.eval(condition);
                let more = self.step(val.lab.without(Bits::SORT), condition.pos, What::Branched);
                lab = self.join(lab, more);
                self.pc.pop();
                self.pc.push(Pc::Branch { lab, guard: None, left: false });
            }
            let val = self.eval(body);
            self.pc.pop();
            let taken = std::mem::take(&mut self.exits);
            exits = self.merge_exits(exits, taken);
            result = self.either(&result, &val);
            let now = std::mem::take(&mut self.cells);
            after = Some(match after {
                Some(other) => self.join_cells(other, &now),
                None => now.clone(),
            });
            self.cells = now;
        }
        self.known_lengths.truncate(asked);
        self.cells = after.unwrap_or(before);
        let exits = self.exits_under(exits, lab);
        self.exits = self.merge_exits(outer, exits);
        self.under(result, lab)
    }

    fn short(&mut self, op: ShortOp, parts: &[Node], pos: Pos) -> Val {
        let Some((first, rest)) = parts.split_first() else { return Val::unit() };
        let mut val = self.eval(first);
        let mut guard = val.guard;
        let depth = self.pc.len();
        for part in rest {
            let lab = match op {
                ShortOp::Coalesce if val.field.is_some() => self.is_stored(&val),
                ShortOp::Coalesce => self.presence(&val, val.lab),
                ShortOp::And | ShortOp::Or => val.lab,
            };
            let lab = self.step(Transfer::ShortCircuit.keep(lab.without(Bits::SORT)), pos, What::Branched);
            self.pc.push(Pc::Branch { lab, guard: if op == ShortOp::And { guard } else { None }, left: false });
            let before = self.cells_now();
            let mut filled = Vec::new();
            match op {
                ShortOp::And => self.holds(first, true, &mut filled),
                ShortOp::Or => self.holds(first, false, &mut filled),
                ShortOp::Coalesce => {}
            }
            self.filled(&filled);
            let lengths = match op {
                ShortOp::And => self.lengths(first, true),
                ShortOp::Or => self.lengths(first, false),
                ShortOp::Coalesce => Vec::new(),
            };
            let next = self.knowing(lengths, |machine| machine.eval(part));
            let after = std::mem::take(&mut self.cells);
            self.cells = self.join_cells(after, &before);
            guard = if op == ShortOp::And && next.lab.deps.0 == 0 {
                guard
            } else if guard.is_none() && val.lab.deps.0 == 0 {
                next.guard
            } else {
                None
            };
            val = match op {
                ShortOp::Coalesce => {
                    let field = val.field;
                    // What stands in for nothing stands in the place of the element.
                    let from = val.from | next.from;
                    let either = Val { from, ..self.either(&Val { maybe: false, ..val.clone() }, &next) };
                    Val { field: if next.lab.is_none() { field } else { None }, maybe: next.maybe, ..self.under(either, lab) }
                }
                ShortOp::And | ShortOp::Or => {
                    let both = self.join(val.lab, next.lab);
                    Val { from: val.from | next.from, ..Val::new(Shape::Bool, both) }
                }
            };
        }
        self.pc.truncate(depth);
        val.guard = guard;
        val
    }

    fn closure(&mut self, name: &Sym, captures: &[Sym]) -> Val {
        let program = self.program();
        let mut cells = Vec::new();
        for capture in captures {
            let cell = match self.lookup(capture) {
                Some(cell) => cell,
                None => {
                    let val = self.variable(capture, Pos::default());
                    self.cells.push(super::machine::Cell { val, depth: self.pc.len(), stamp: 0 });
                    self.cells.len() - 1
                }
            };
            cells.push(cell);
        }
        if !cells.is_empty() {
            self.fields.captured = true;
        }
        if !Transfer::Captured.on() {
            cells = cells.iter().map(|&cell| self.copied(cell)).collect();
        }
        let target = Target { program, name: name.clone(), captures: cells, bound: Vec::new() };
        Val { targets: Some(Rc::new(vec![target])), ..Val::new(Shape::Function, Lab::NONE) }
    }

    /// A cell of its own that holds the same.
    fn copied(&mut self, cell: usize) -> usize {
        self.cells.push(self.cells[cell].clone());
        self.cells.len() - 1
    }

    /// What binding a value to a name makes of it.
    fn named(&mut self, val: Val, name: &Sym, pos: Pos) -> Val {
        let lab = self.step(val.lab, pos, What::Kept(name.clone()));
        let version = if val.version == Id::NONE { self.fresh_identity() } else { val.version };
        let id = match &val.shape {
            Shape::List(_) | Shape::Map(_) if val.id == Id::NONE => self.identity_here(pos, "container"),
            _ => val.id,
        };
        Val { lab, version, id, cell: Id::NONE, ..val }
    }

    fn throw(&mut self, value: Option<&Node>, pos: Pos) -> Val {
        let val = value.map_or_else(Val::unit, |value| self.eval(value));
        let lab = self.deep(&val);
        if self.in_try == 0 {
            self.sink(Sink::Throw, pos, lab, Self::deep_from(&val), Id::NONE);
        }
        self.exits.thrown = self.merge_exit(self.exits.thrown, Some(lab));
        Val::never()
    }

    fn try_catch(&mut self, body: &Node, var: Option<&Sym>, handler: &Node, pos: Pos) -> Val {
        let outer = std::mem::take(&mut self.exits);
        let before = self.cells_now();
        let failed = std::mem::replace(&mut self.failed, Lab::NONE);
        self.in_try += 1;
        let a = self.eval(body);
        self.in_try -= 1;
        let inner = std::mem::take(&mut self.exits);
        let inside = std::mem::replace(&mut self.failed, failed);
        let thrown = Transfer::Thrown.keep(self.join(inner.thrown.unwrap_or(Lab::NONE), inside));
        let after = std::mem::take(&mut self.cells);
        let mut joined = self.join_cells(after.clone(), &before);
        for (cell, old) in joined.iter_mut().zip(&before) {
            if cell != old {
                cell.val.lab = self.join(cell.val.lab, thrown);
            }
        }
        self.cells = joined;
        let lab = self.step(thrown, pos, What::Left);
        let caught = Exits { thrown: None, ..inner };
        self.pc.push(Pc::Branch { lab, guard: None, left: false });
        let scope = self.scope.len();
        if let Some(var) = var {
            self.declare(var, Val::any(lab));
        }
        let b = self.eval(handler);
        self.scope.truncate(scope);
        self.pc.pop();
        let handled = std::mem::take(&mut self.exits);
        let handled = self.exits_under(handled, lab);
        let all = self.merge_exits(caught, handled);
        self.exits = self.merge_exits(outer, all);
        let now = std::mem::take(&mut self.cells);
        self.cells = self.join_cells(after, &now);
        let val = self.either(&a, &b);
        self.under(val, lab)
    }

    fn import(&mut self, path: &Node, alias: &Sym, pos: Pos) {
        let known = match &path.kind {
            Kind::Lit(Lit::Text(path)) => self.fields.modules.get(path).copied(),
            _ => None,
        };
        let program = self.program();
        match known {
            Some(module) => {
                self.units[program].modules.insert(alias.clone(), module);
            }
            None => self.hidden(pos, "this import cannot be resolved: only modules of `std/` can be imported, by a literal name"),
        }
    }
}
