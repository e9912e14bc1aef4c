//! Calls: of the script's own functions, of closures and function pointers, of everything else by name.

use std::rc::Rc;

use super::lab::{Bits, Id, Lab, Reach};
use super::machine::{Cell, Frame, Machine, Pc, Recursion};
use super::sink::Sink;
use super::step::What;
use super::val::{Shape, Target, Val};
use crate::ir::{Call, Node, Pos, Sym};
use crate::transfer::Transfer;

/// How often a recursion is gone through until nothing changes.
const MOST_ROUNDS: usize = 10;

impl Machine<'_> {
    pub(crate) fn call(&mut self, call: &Call, pos: Pos) -> Val {
        if let Some(module) = &call.module {
            return self.module_call(module, call, pos);
        }
        if call.operator {
            return self.operator(call, pos);
        }
        match (&*call.name, call.args.len()) {
            ("Fn", 1) => return self.pointer(&call.args[0], pos),
            ("eval", _) => {
                self.hidden(pos, "`eval` runs a text that is made while the script runs");
                return Val::any(Lab::NONE);
            }
            ("curry", n) if n >= 1 => return self.curry(call, pos),
            ("call", n) if n >= 1 => {
                let args: Vec<Val> = call.args.iter().map(|arg| self.eval(arg)).collect();
                let callee = args[0].clone();
                return self.invoke(&callee, &args[1..], None, pos).0;
            }
            ("is_def_fn" | "is_def_var" | "is_shared" | "tag" | "set_tag", _) => {
                self.hidden(pos, &format!("`{}` lets a script look at itself, which cannot be judged", call.name));
                return Val::any(Lab::NONE);
            }
            _ => {}
        }
        let args: Vec<Val> = call.args.iter().map(|arg| self.eval(arg)).collect();
        let program = self.program();
        let here = self.units[program].program;
        // A method call binds `this`; Rhai tries the function without the receiver as a parameter.
        if call.method {
            if let Some(index) = here.function(&call.name, args.len() - 1) {
                return self.method_on_this(program, index, &call.args[0], &args, pos);
            }
            if let Some(closure) = self.stored_closure(&args[0], &call.name) {
                let (val, this) = self.invoke(&closure, &args[1..], Some(args[0].clone()), pos);
                if let Some(this) = this {
                    self.store(&call.args[0], this, pos);
                }
                return val;
            }
        } else if let Some(index) = here.function(&call.name, args.len()) {
            return self.call_function(program, index, args, None, pos).0;
        }
        self.call_named(&call.name, args, call.args.first(), pos)
    }

    fn operator(&mut self, call: &Call, pos: Pos) -> Val {
        let identified = self.identified;
        let args: Vec<Val> = call.args.iter().map(|arg| self.eval(arg)).collect();
        let left_out = self.leaves_one_out(pos) && !args.iter().any(|arg| self.is_each_in_turn(arg));
        let val = match args.as_slice() {
            [a, b] => self.binary(&call.name, a, b, pos),
            [a] => {
                let lab = self.deep(a);
                let shape = if &*call.name == "!" { Shape::Bool } else { a.shape.clone() };
                Val { from: a.from, some: a.some, ..Val::new(shape, lab) }
            }
            _ => Val::any(Lab::NONE),
        };
        if left_out {
            self.identified = identified;
        }
        val
    }

    fn module_call(&mut self, module: &Sym, call: &Call, pos: Pos) -> Val {
        let args: Vec<Val> = call.args.iter().map(|arg| self.eval(arg)).collect();
        let known = self.units[self.program()].modules.get(module).copied();
        if let Some(program) = known
            && let Some(index) = self.units[program].program.function(&call.name, args.len())
        {
            return self.call_function(program, index, args, None, pos).0;
        }
        self.hidden(pos, &format!("`{module}::{}` is in no module that can be looked into", call.name));
        self.mixed(&args)
    }

    /// What a call that nobody can look into may give: everything that went in, gathered.
    pub(crate) fn mixed(&mut self, args: &[Val]) -> Val {
        let mut lab = Lab::NONE;
        for arg in args {
            let inner = self.deep(arg);
            lab = self.join(lab, inner);
        }
        Val::any(lab.gathered(false))
    }

    fn pointer(&mut self, arg: &Node, pos: Pos) -> Val {
        let val = self.eval(arg);
        match val.text() {
            Some(name) => self.target_named(&name.clone()),
            None => {
                self.hidden(pos, "the name of the function is known only while the script runs; call it by its name");
                let lab = self.deep(&val);
                Val::new(Shape::Function, lab)
            }
        }
    }

    fn target_named(&mut self, name: &Sym) -> Val {
        let target = Target { program: self.program(), name: name.clone(), captures: Vec::new(), bound: Vec::new() };
        Val { targets: Some(Rc::new(vec![target])), ..Val::new(Shape::Function, Lab::NONE) }
    }

    fn curry(&mut self, call: &Call, pos: Pos) -> Val {
        self.hidden(pos, "`curry` is not there in scripts; write a closure that uses the value");
        let args: Vec<Val> = call.args.iter().map(|arg| self.eval(arg)).collect();
        let Some(targets) = &args[0].targets else { return self.mixed(&args) };
        let bound = targets.iter().map(|target| {
            let mut target = target.clone();
            if target.bound.len() < 8 {
                target.bound.extend(args[1..].iter().cloned());
            }
            target
        });
        let bound: Vec<_> = bound.collect();
        Val { targets: Some(Rc::new(bound)), ..Val::new(Shape::Function, args[0].lab) }
    }

    fn stored_closure(&self, receiver: &Val, name: &Sym) -> Option<Val> {
        let Shape::Map(map) = &receiver.shape else { return None };
        let val = map.known.get(name).or(map.rest.as_ref())?;
        val.targets.is_some().then(|| val.clone())
    }

    fn method_on_this(&mut self, program: usize, index: usize, receiver: &Node, args: &[Val], pos: Pos) -> Val {
        let cell = self.cells.len();
        self.cells.push(Cell { val: args[0].clone(), depth: self.pc.len(), stamp: 0 });
        let (val, this) = self.call_function(program, index, args[1..].to_vec(), Some(cell), pos);
        if let (Some(this), true) = (this, Transfer::ThisWritten.on()) {
            self.store(receiver, this, pos);
        }
        val
    }

    /// Calls a function value: every function that it may be.
    pub(crate) fn invoke(&mut self, callee: &Val, args: &[Val], this: Option<Val>, pos: Pos) -> (Val, Option<Val>) {
        let named;
        let callee = match callee.text() {
            Some(name) => {
                named = self.target_named(&name.clone());
                &named
            }
            None => callee,
        };
        let Some(targets) = callee.targets.clone() else {
            self.hidden(pos, "nobody can tell which function is called here");
            return (self.mixed(args), this);
        };
        if targets.len() > 8 {
            self.hidden(pos, "too many functions may be called here to judge them all");
        }
        let mut result = Val::never();
        let mut after: Option<Val> = None;
        let start = self.cells_now();
        let mut joined: Option<Vec<Cell>> = None;
        let choice = Transfer::CallChoice.keep(callee.lab);
        if !choice.is_none() {
            self.pc.push(Pc::Branch { lab: choice, guard: None, left: false });
        }
        for target in targets.iter().take(8) {
            let mut cells = start.clone();
            cells.extend(self.cells.iter().skip(cells.len()).cloned());
            self.cells = cells;
            let (val, end) = self.invoke_target(target, args, this.clone(), pos);
            result = self.either(&result, &val);
            after = match (after, end) {
                (Some(a), Some(b)) => Some(self.either(&a, &b)),
                (a, b) => a.or(b),
            };
            let now = std::mem::take(&mut self.cells);
            joined = Some(match joined {
                Some(other) => self.join_cells(other, &now),
                None => now.clone(),
            });
            self.cells = now;
        }
        if !choice.is_none() {
            self.pc.pop();
        }
        self.cells = joined.unwrap_or(start);
        (self.under(result, choice), after)
    }

    fn invoke_target(&mut self, target: &Target, args: &[Val], this: Option<Val>, pos: Pos) -> (Val, Option<Val>) {
        let mut all: Vec<Val> = target.bound.clone();
        all.extend(args.iter().cloned());
        let arity = target.captures.len() + all.len();
        let Some(index) = self.units[target.program].program.function(&target.name, arity) else {
            // Higher-order functions try fewer parameters and `this`, as Rhai does.
            let program = self.units[target.program].program;
            let fits = (0..arity).rev().find_map(|n| program.function(&target.name, n).map(|index| (n, index)));
            let more = (arity + 1..arity + 3).find_map(|n| program.function(&target.name, n).map(|index| (n, index)));
            if let Some((n, index)) = fits.or(more) {
                let kept = n.saturating_sub(target.captures.len());
                let this = this.or_else(|| all.first().cloned());
                all.resize_with(kept, || Val::any(Lab::NONE));
                return self.run_target(target, index, all, this, pos);
            }
            return (self.call_named(&target.name, all, None, pos), this);
        };
        self.run_target(target, index, all, this, pos)
    }

    fn run_target(&mut self, target: &Target, index: usize, args: Vec<Val>, this: Option<Val>, pos: Pos) -> (Val, Option<Val>) {
        let this = this.map(|this| {
            self.cells.push(Cell { val: this, depth: self.pc.len(), stamp: 0 });
            self.cells.len() - 1
        });
        let captures = target.captures.clone();
        self.call_with(target.program, index, &captures, args, this, pos)
    }

    pub(crate) fn call_function(
        &mut self,
        program: usize,
        index: usize,
        args: Vec<Val>,
        this: Option<usize>,
        pos: Pos,
    ) -> (Val, Option<Val>) {
        self.call_with(program, index, &[], args, this, pos)
    }

    fn call_with(
        &mut self,
        program: usize,
        index: usize,
        captures: &[usize],
        args: Vec<Val>,
        this: Option<usize>,
        pos: Pos,
    ) -> (Val, Option<Val>) {
        if self.spent() {
            self.hidden(pos, "the script is too intricate to be judged; split it over several functions or plugins");
            return (Val::any(Lab::NONE), None);
        }
        self.called.insert((program, index));
        let function = &self.units[program].program.functions[index];
        let (name, arity) = (function.name.clone(), function.params.len());
        let active = self.frames.iter().any(|frame| frame.program == program && frame.name == name && frame.arity == arity);
        let key = (program, name.clone(), arity);
        if active {
            return (self.recurse(&key, captures, args, pos), this.map(|cell| self.cells[cell].val.clone()));
        }
        let mut args: Vec<Val> = args
            .into_iter()
            .map(|arg| {
                let lab = self.step(arg.lab, pos, What::Passed(name.clone()));
                Val { lab, cell: Id::NONE, ..arg }
            })
            .collect();
        self.recursions.insert(key.clone(), Recursion { args: args.clone(), result: Val::never(), used: false, grew: false });
        let mut result = Val::unit();
        for _ in 0..MOST_ROUNDS {
            result = self.body(program, index, captures, args.clone(), this);
            let Some(recursion) = self.recursions.get(&key) else { break };
            if !recursion.used {
                break;
            }
            let bit = self.next_bit();
            result.lab = if Transfer::RecursionGathers.on() { result.lab.gathered_at(Reach::Many, bit) } else { result.lab };
            let known = recursion.result.clone();
            let joined = self.either(&known, &result);
            let same = joined == known;
            let Some(recursion) = self.recursions.get_mut(&key) else { break };
            recursion.result = joined;
            let grew = std::mem::take(&mut recursion.grew);
            args = recursion.args.clone();
            if (same && !grew) || self.spent() {
                break;
            }
        }
        self.recursions.remove(&key);
        let lab = self.step(result.lab, pos, What::Returned(name));
        let after = this.map(|cell| self.cells[cell].val.clone());
        (Val { lab, cell: Id::NONE, ..result }, after)
    }

    /// A call of a function that is being analysed: what it may be handed grows, and what it gave so far comes back.
    fn recurse(&mut self, key: &(usize, Sym, usize), captures: &[usize], args: Vec<Val>, pos: Pos) -> Val {
        let depth =
            self.frames.iter().rev().find(|frame| frame.program == key.0 && frame.name == key.1).map_or(0, |frame| frame.depth);
        let since = self.since(depth);
        let known = match self.recursions.get(key) {
            Some(recursion) => recursion.args.clone(),
            None => return self.mixed(&args),
        };
        let offset = known.len().saturating_sub(args.len()).min(captures.len());
        let mut grown = known.clone();
        for (at, arg) in args.iter().enumerate() {
            let Some(old) = known.get(at + offset).or_else(|| known.get(at)) else { continue };
            let mut arg = self.under(arg.clone().changed(), since);
            if !matches!(arg.shape, Shape::List(_) | Shape::Map(_) | Shape::Query(_) | Shape::Record(_) | Shape::Digest) {
                let bit = self.next_bit_at(depth);
                arg.lab = if Transfer::RecursionArguments.on() { arg.lab.gathered_at(Reach::Many, bit) } else { arg.lab };
            }
            arg = self.outside(arg, depth);
            if let Shape::Text(Some(_)) = arg.shape {
                arg.shape = Shape::Text(None);
            }
            let slot = if at + offset < grown.len() { at + offset } else { at };
            grown[slot] = self.either(old, &arg);
        }
        let changed = grown != known;
        let Some(recursion) = self.recursions.get_mut(key) else { return Val::any(since) };
        recursion.used = true;
        recursion.grew |= changed;
        recursion.args = grown;
        let result = recursion.result.clone();
        if since.bits.has(Bits::METRIC) {
            self.may_fail(since, pos);
        }
        result
    }

    fn body(&mut self, program: usize, index: usize, captures: &[usize], args: Vec<Val>, this: Option<usize>) -> Val {
        let function = &self.units[program].program.functions[index];
        let cells = self.cells.len();
        let outer = std::mem::take(&mut self.exits);
        self.frames.push(Frame {
            program,
            name: function.name.clone(),
            arity: function.params.len(),
            depth: self.pc.len(),
            result: Val::never(),
            scope_base: self.scope.len(),
            breaks: Vec::new(),
            this,
        });
        for (at, param) in function.params.iter().enumerate() {
            match captures.get(at) {
                Some(&cell) => self.scope.push((param.clone(), cell)),
                None => {
                    let val = args.get(at - captures.len()).cloned().unwrap_or_else(Val::unit);
                    self.declare(param, val);
                }
            }
        }
        let base = self.frames.last().map_or(0, |frame| frame.scope_base);
        let tail = self.eval(&function.body);
        let pos = tail_of(&function.body);
        self.give_back(tail, pos);
        self.scope.truncate(base);
        let exits = std::mem::replace(&mut self.exits, outer);
        self.exits.thrown = self.merge_exit(self.exits.thrown, exits.thrown);
        let result = self.frames.pop().map_or_else(Val::unit, |frame| frame.result);
        if this.is_none() {
            self.forget_cells(cells);
        }
        if matches!(result.shape, Shape::Never) && !self.recursions.values().any(|recursion| recursion.used) {
            return Val::unit();
        }
        result
    }

    /// A value leaves a function: it depends on what decided that it leaves here.
    pub(crate) fn give_back(&mut self, val: Val, pos: Pos) {
        let Some(frame) = self.frames.last() else { return };
        let depth = frame.depth;
        let turned = self.turned_since(depth);
        let mut lab = Lab::NONE;
        if turned && matches!(val.shape, Shape::List(_) | Shape::Map(_)) {
            lab = self.since_raw(depth);
        } else if turned && matches!(val.shape, Shape::Record(_)) && !val.is_person() && self.shows_turn(&val, depth) {
            // One of those that were looked through: the element itself, as `first` would give it.
            lab = self.since_raw(depth);
        } else {
            let since = self.since(depth);
            lab = self.join(lab, since);
        }
        let val = self.under(val, Transfer::ReturnValue.keep(lab));
        let mut val = self.outside(val, depth);
        if turned {
            val.maybe = true;
        }
        if self.frames.len() == 1 && !matches!(val.shape, Shape::Unit | Shape::Never) {
            let lab = self.deep(&val);
            self.sink(Sink::Return, pos, lab, 0, Id::NONE);
        }
        let Some(known) = self.frames.last().map(|frame| frame.result.clone()) else { return };
        let joined = self.either(&known, &val);
        if let Some(frame) = self.frames.last_mut() {
            frame.result = joined;
        }
    }

    fn shows_turn(&self, val: &Val, depth: usize) -> bool {
        self.pc.iter().skip(depth).all(|pc| match pc {
            Pc::Turn { bit, .. } => val.from & bit != 0,
            Pc::Branch { .. } => true,
        })
    }
}

/// The place of what a body evaluates to.
fn tail_of(node: &Node) -> Pos {
    match &node.kind {
        crate::ir::Kind::Block(nodes) => nodes.last().map_or(node.pos, tail_of),
        _ => node.pos,
    }
}
