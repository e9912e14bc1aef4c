//! The state of the analysis: cells, the stack of what the program counter depends on, and how labels are put together.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::fields::Fields;
use super::lab::{Bits, Deps, Id, Lab, Reach};
use super::sink::Found;
use super::step::{StepId, Steps, What};
use super::val::{ListVal, MapVal, Shape, Val};
use crate::ir::{Node, Pos, Program, Sym};
use crate::manifest::Manifest;

/// What the program counter depends on since some place of the script.
#[derive(Clone, Debug)]
pub(crate) enum Pc {
    /// A branch, an early exit or a failure.
    Branch { lab: Lab, guard: Option<(u32, Id)> },
    /// A turn of a loop: the label of the collection, and what kind of loop it is.
    Turn { lab: Lab, reach: Reach, marks: bool, people: bool, bit: u64 },
}

/// A variable or captured variable.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) val: Val,
    /// How much the program counter depended on where it was declared.
    pub(crate) depth: usize,
    /// When it was written last.
    pub(crate) stamp: u32,
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        self.val == other.val && self.depth == other.depth
    }
}

/// Ways out of a piece of code, each with the label of having been taken.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Exits {
    pub(crate) ret: Option<Lab>,
    pub(crate) brk: Option<Lab>,
    pub(crate) cont: Option<Lab>,
    pub(crate) thrown: Option<Lab>,
}

/// A function being analysed.
pub(crate) struct Frame {
    pub(crate) program: usize,
    pub(crate) name: Sym,
    pub(crate) arity: usize,
    pub(crate) depth: usize,
    pub(crate) result: Val,
    pub(crate) scope_base: usize,
    pub(crate) breaks: Vec<Val>,
    pub(crate) this: Option<usize>,
}

/// What is known of a recursion while it is analysed.
pub(crate) struct Recursion {
    pub(crate) args: Vec<Val>,
    pub(crate) result: Val,
    pub(crate) used: bool,
    pub(crate) grew: bool,
}

/// A script whose functions may be called.
pub(crate) struct Unit<'a> {
    pub(crate) program: &'a Program,
    pub(crate) file: u32,
    pub(crate) modules: HashMap<Sym, usize>,
    pub(crate) constants: BTreeMap<Sym, Val>,
}

/// Interned sets of stored fields.
#[derive(Default)]
pub(crate) struct DepSets {
    sets: Vec<Rc<[u32]>>,
    index: HashMap<Rc<[u32]>, u32>,
    unions: HashMap<(u32, u32), u32>,
}

impl DepSets {
    pub(crate) fn get(&self, deps: Deps) -> &[u32] {
        (deps.0 as usize).checked_sub(1).map_or(&[], |index| &self.sets[index])
    }

    pub(crate) fn of(&mut self, mut fields: Vec<u32>) -> Deps {
        if fields.is_empty() {
            return Deps(0);
        }
        fields.sort_unstable();
        fields.dedup();
        let set: Rc<[u32]> = fields.into();
        if let Some(&index) = self.index.get(&set) {
            return Deps(index);
        }
        self.sets.push(set.clone());
        let index = u32::try_from(self.sets.len()).unwrap_or(0);
        self.index.insert(set, index);
        Deps(index)
    }

    pub(crate) fn union(&mut self, a: Deps, b: Deps) -> Deps {
        if a == b || b.0 == 0 {
            return a;
        }
        if a.0 == 0 {
            return b;
        }
        let key = (a.0.min(b.0), a.0.max(b.0));
        if let Some(&found) = self.unions.get(&key) {
            return Deps(found);
        }
        let mut all = self.get(a).to_vec();
        all.extend_from_slice(self.get(b));
        let made = self.of(all);
        self.unions.insert(key, made.0);
        made
    }
}

/// The most nodes that are looked at for one entry point; a script that needs more cannot be judged.
pub(crate) const MOST_NODES: usize = 400_000;

/// How deep calls and nodes may nest in the analysis.
pub(crate) const DEEPEST: usize = 700;

/// How deep values are kept apart; below that they are one.
const DEEPEST_VALUE: usize = 5;

/// The analysis of one plugin, against what is known of all others.
pub(crate) struct Machine<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) units: Vec<Unit<'a>>,
    pub(crate) fields: &'a mut Fields,
    pub(crate) steps: &'a mut Steps,
    pub(crate) cells: Vec<Cell>,
    pub(crate) scope: Vec<(Sym, usize)>,
    pub(crate) pc: Vec<Pc>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) exits: Exits,
    pub(crate) recursions: HashMap<(usize, Sym, usize), Recursion>,
    pub(crate) found: Vec<Found>,
    pub(crate) ids: HashMap<(u32, Sym), u32>,
    pub(crate) nodes: usize,
    pub(crate) deep: usize,
    pub(crate) in_try: usize,
    /// The entry's parameters, for which a coaching note is meant.
    pub(crate) period: Id,
    /// Everything that failed on labelled data in this run.
    pub(crate) failed: Lab,
    /// Sinks reached in this run, for what fails behind them.
    pub(crate) reached: Vec<(u32, Pos, super::sink::Sink)>,
    /// The file of what runs outside functions.
    pub(crate) home: u32,
    /// Whether reads need no declaration: in formulas.
    pub(crate) quiet: bool,
    pub(crate) clock: u32,
    pub(crate) entry: Option<crate::table::EntryPoint>,
}

impl<'a> Machine<'a> {
    pub(crate) fn join(&mut self, a: Lab, b: Lab) -> Lab {
        if b.is_none() {
            return a;
        }
        if a.is_none() {
            return b;
        }
        let deps = self.fields.deps.union(a.deps, b.deps);
        a.with(b, deps)
    }

    pub(crate) fn identity(&mut self, of: Id, name: &str) -> Id {
        if of == Id::MIXED {
            return Id::MIXED;
        }
        let next = u32::try_from(self.ids.len() + 1).unwrap_or(u32::MAX - 1);
        Id(*self.ids.entry((of.0, Rc::from(name))).or_insert(next))
    }

    pub(crate) fn identity_here(&mut self, pos: Pos, what: &str) -> Id {
        let place = u32::from(pos.line) << 16 | u32::from(pos.column);
        self.identity(Id(place & 0x7fff_ffff), &format!("@{}{what}", self.file()))
    }

    pub(crate) fn file(&self) -> u32 {
        self.frames.last().map_or(self.home, |frame| self.units[frame.program].file)
    }

    pub(crate) fn program(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.program)
    }

    /// Adds a step to a label that has something to tell.
    pub(crate) fn step(&mut self, lab: Lab, pos: Pos, what: What) -> Lab {
        if lab.bits.is_empty() || (lab.step == StepId::NONE && lab.who == StepId::NONE) {
            return lab;
        }
        let file = self.file();
        let also = if lab.bits.has(Bits::METRIC) && !self.tells_who(lab.step) { lab.who } else { StepId::NONE };
        let before = if lab.step == StepId::NONE { lab.who } else { lab.step };
        let step = self.steps.add(file, pos, what, before, if also == before { StepId::NONE } else { also });
        if lab.step == StepId::NONE { Lab { who: step, ..lab } } else { Lab { step, ..lab } }
    }

    fn tells_who(&self, mut id: StepId) -> bool {
        for _ in 0..12 {
            let Some(step) = self.steps.get(id) else { return false };
            if step.also != StepId::NONE {
                return true;
            }
            id = step.before;
        }
        false
    }

    /// A label raised here.
    pub(crate) fn source(&mut self, bits: Bits, pos: Pos, what: What) -> Lab {
        if bits.is_empty() {
            return Lab::NONE;
        }
        let file = self.file();
        let step = self.steps.add(file, pos, what, StepId::NONE, StepId::NONE);
        let only_who = bits.without(Bits::PERSONAL | Bits::SORT | Bits::DUTY).is_empty();
        let who = if bits.meets(Bits::PERSONAL) { step } else { StepId::NONE };
        Lab { bits, step: if only_who { StepId::NONE } else { step }, who, ..Lab::NONE }
    }

    /// The label of everything that a value holds, as if it were printed.
    pub(crate) fn deep(&mut self, val: &Val) -> Lab {
        let mut lab = val.lab;
        match &val.shape {
            Shape::List(list) => {
                if list.marks {
                    lab = lab.gathered(false);
                } else if lab.bits.meets(Bits::PERSONAL) && lab.bits.meets(Bits::TRACE | Bits::CLOCK | Bits::SUBJECT) {
                    lab.bits |= Bits::LISTED;
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
                if lab.bits.meets(Bits::PERSONAL) && lab.bits.meets(Bits::TRACE | Bits::CLOCK | Bits::SUBJECT) {
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
        val
    }

    /// The value that is one or the other.
    pub(crate) fn either(&mut self, a: &Val, b: &Val) -> Val {
        self.either_at(a, b, 0)
    }

    fn either_at(&mut self, a: &Val, b: &Val, depth: usize) -> Val {
        if matches!(a.shape, Shape::Never) {
            return b.clone();
        }
        if matches!(b.shape, Shape::Never) || a == b {
            return a.clone();
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
                };
                (Shape::List(Rc::new(list)), false)
            }
            (Shape::Map(x), Shape::Map(y)) if depth < DEEPEST_VALUE => (Shape::Map(Rc::new(self.either_map(x, y, depth))), false),
            (Shape::Query(x), Shape::Query(y)) if x.kind == y.kind => {
                let mut query = (**x).clone();
                query.one_subject &= y.one_subject;
                query.by_hand |= y.by_hand;
                query.outside |= y.outside;
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
            targets,
            guard: None,
            empty: None,
        }
    }

    fn either_map(&mut self, x: &MapVal, y: &MapVal, depth: usize) -> MapVal {
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
        MapVal { known, rest, keys }
    }

    /// What the program counter has depended on since `depth`: branches as they are, turns of loops gathered.
    pub(crate) fn since(&mut self, depth: usize) -> Lab {
        let mut lab = Lab::NONE;
        for at in (depth..self.pc.len()).rev() {
            match self.pc[at] {
                Pc::Branch { lab: branch, .. } => lab = self.join(lab, branch),
                Pc::Turn { lab: turn, reach, .. } => {
                    lab = self.join(lab, turn);
                    lab = lab.gathered_over(reach);
                }
            }
        }
        lab
    }

    /// What the program counter has depended on since `depth`, with nothing gathered: for what is put into a list.
    pub(crate) fn since_raw(&mut self, depth: usize) -> Lab {
        let mut lab = Lab::NONE;
        for at in depth..self.pc.len() {
            let (Pc::Branch { lab: here, .. } | Pc::Turn { lab: here, .. }) = self.pc[at];
            lab = self.join(lab, here);
        }
        lab
    }

    /// The bits of loops that are open at `depth`.
    pub(crate) fn open_turns(&self, depth: usize) -> u64 {
        self.pc.iter().take(depth).fold(0, |bits, pc| match pc {
            Pc::Turn { bit, .. } => bits | bit,
            Pc::Branch { .. } => bits,
        })
    }

    /// Whether a loop has been entered since `depth`.
    pub(crate) fn turned_since(&self, depth: usize) -> bool {
        self.pc.iter().skip(depth).any(|pc| matches!(pc, Pc::Turn { .. }))
    }

    pub(crate) fn next_bit(&self) -> u64 {
        let turns = self.pc.iter().filter(|pc| matches!(pc, Pc::Turn { .. })).count();
        1 << turns.min(63)
    }

    /// Forgets the turns of loops that are not open at `depth`.
    pub(crate) fn outside(&self, mut val: Val, depth: usize) -> Val {
        let open = self.open_turns(depth);
        fn strip(val: &mut Val, open: u64) {
            val.from &= open;
            val.some &= open;
            match &mut val.shape {
                Shape::List(list) if Machine::deep_from(&list.element) & !open != 0 => {
                    strip(&mut Rc::make_mut(list).element, open);
                }
                Shape::Map(map) if map.known.values().chain(&map.rest).any(|val| Machine::deep_from(val) & !open != 0) => {
                    let map = Rc::make_mut(map);
                    map.known.values_mut().chain(map.rest.as_mut()).for_each(|val| strip(val, open));
                }
                _ => {}
            }
        }
        strip(&mut val, open);
        val
    }

    /// A label that gathers what went through a loop: it forgets instants and the like only where they end.
    pub(crate) fn merge_exit(&mut self, into: Option<Lab>, lab: Option<Lab>) -> Option<Lab> {
        match (into, lab) {
            (Some(a), Some(b)) => Some(self.join(a, b)),
            (a, b) => a.or(b),
        }
    }

    pub(crate) fn merge_exits(&mut self, into: Exits, other: Exits) -> Exits {
        Exits {
            ret: self.merge_exit(into.ret, other.ret),
            brk: self.merge_exit(into.brk, other.brk),
            cont: self.merge_exit(into.cont, other.cont),
            thrown: self.merge_exit(into.thrown, other.thrown),
        }
    }

    pub(crate) fn exits_under(&mut self, exits: Exits, lab: Lab) -> Exits {
        let mut put = |exit: Option<Lab>| exit.map(|exit| self.join(exit, lab));
        Exits { ret: put(exits.ret), brk: put(exits.brk), cont: put(exits.cont), thrown: put(exits.thrown) }
    }

    /// The cells as they are after one of two branches.
    pub(crate) fn join_cells(&mut self, a: Vec<Cell>, b: &[Cell]) -> Vec<Cell> {
        let mut joined = a;
        for (index, other) in b.iter().enumerate() {
            match joined.get(index) {
                Some(cell) if cell == other => joined[index].stamp = cell.stamp.max(other.stamp),
                Some(cell) => {
                    let mine = cell.val.clone();
                    let stamp = cell.stamp.max(other.stamp);
                    let val = self.either(&mine, &other.val);
                    joined[index].val = val;
                    joined[index].stamp = stamp;
                }
                None => joined.push(other.clone()),
            }
        }
        joined
    }

    pub(crate) fn declare(&mut self, name: &Sym, val: Val) -> usize {
        let index = self.cells.len();
        self.cells.push(Cell { val, depth: self.pc.len(), stamp: 0 });
        self.scope.push((name.clone(), index));
        index
    }

    pub(crate) fn lookup(&self, name: &str) -> Option<usize> {
        let base = self.frames.last().map_or(0, |frame| frame.scope_base);
        self.scope[base..].iter().rev().find(|(known, _)| &**known == name).map(|(_, cell)| *cell)
    }

    /// Whether the analysis has done as much as it may for one entry.
    pub(crate) fn spent(&self) -> bool {
        self.nodes > MOST_NODES || self.deep > DEEPEST
    }

    pub(crate) fn root(&self, node: &Node) -> Option<usize> {
        match &node.kind {
            crate::ir::Kind::Var(name) => self.lookup(name),
            _ => None,
        }
    }
}
