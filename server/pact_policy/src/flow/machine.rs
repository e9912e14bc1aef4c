//! The state of the analysis: cells, the stack of what the program counter depends on, and how labels are put together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::fields::Fields;
use super::lab::{Bits, Id, Lab, Reach};
use super::sink::Found;
use super::step::{StepId, Steps, What};
use super::val::{Shape, Val};
use crate::engine::MAX_MAP_ITEMS;
use crate::ir::{Node, Pos, Program, Sym};
use crate::manifest::Manifest;

/// What the program counter depends on since some place of the script.
#[derive(Clone, Debug)]
pub(crate) enum Pc {
    /// A branch, an early exit or a failure; `left` says that it is what may have left the block before.
    Branch { lab: Lab, guard: Option<(u32, Id)>, left: bool },
    /// A turn of a loop: the label of the collection, what kind of loop it is, and which value the turn goes over.
    Turn { lab: Lab, reach: Reach, marks: bool, people: bool, each: Id, plain: Plain, bit: u64, bound: Id },
}

/// Whether a loop goes over numbers and words that the script itself counts up: that they follow each other tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    No,
    Yes,
    /// It does, but its turns use up a list of traces, so that they count it.
    Counts,
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

/// The most nodes that are looked at for one entry point; a script that needs more cannot be judged.
pub(crate) const MOST_NODES: usize = 400_000;

/// The most nodes that are looked at for all entry points of a script together.
pub(crate) const MOST_NODES_TOGETHER: usize = 800_000;

/// Copying so many variables, or going through so many parts of a value, counts as looking at a node.
const PARTS_A_NODE: usize = 16;

/// Putting so many labels together counts as looking at a node.
const LABELS_A_NODE: usize = 64;

/// The most values that one value may hold, each counted as often as it can be reached; what holds more is seen as one.
const MOST_PARTS: usize = MAX_MAP_ITEMS + 100;

/// How deep values may lie in one another before they are seen as one; the host takes less in what leaves a script.
const DEEPEST_PARTS: usize = 24;

/// How deep calls and nodes may nest in the analysis.
pub(crate) const DEEPEST: usize = 700;

/// The analysis of one plugin, against what is known of all others.
pub(crate) struct Machine<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) units: Vec<Unit<'a>>,
    pub(crate) fields: Fields<'a>,
    pub(crate) steps: Steps,
    pub(crate) cells: Vec<Cell>,
    pub(crate) scope: Vec<(Sym, usize)>,
    pub(crate) pc: Vec<Pc>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) exits: Exits,
    pub(crate) recursions: HashMap<(usize, Sym, usize), Recursion>,
    /// The functions that were looked into, by program and number.
    pub(crate) called: HashSet<(usize, usize)>,
    pub(crate) found: Vec<Found>,
    /// The numbers of what was found at a place of a file.
    pub(crate) found_at: HashMap<(u32, Pos), Vec<usize>>,
    pub(crate) ids: HashMap<u32, HashMap<Sym, u32>>,
    pub(crate) last_id: u32,
    /// The records that the run is about: its parameters, and what belongs to them.
    pub(crate) fixed: HashSet<Id>,
    /// Writes in loops over what belongs to one customer or lead.
    pub(crate) writes: Vec<super::flags::Write>,
    /// Lines of digests that show the elements of open turns.
    pub(crate) told: Vec<super::sink::Told>,
    pub(crate) nodes: usize,
    /// The nodes that were looked at for entry points that are done.
    pub(crate) nodes_before: usize,
    pub(crate) deep: usize,
    pub(crate) in_try: usize,
    /// The entry's parameters, for which a coaching note is meant.
    pub(crate) period: Id,
    /// The person of that period.
    pub(crate) coached: Id,
    /// Everything that failed on labelled data in this run.
    pub(crate) failed: Lab,
    /// What ends the run where a person's list is empty, although the script did not ask.
    pub(crate) missing: Lab,
    /// Sinks reached in this run, and whom they reach, for what fails behind them.
    pub(crate) reached: BTreeSet<(u32, Pos, super::sink::Sink, Id)>,
    /// The numbers that were written as such, by what says that a value is one of them.
    pub(crate) numbers: HashMap<Id, i64>,
    /// How long lists are at least, where the script has asked.
    pub(crate) known_lengths: Vec<super::lengths::Length>,
    /// The file of what runs outside functions.
    pub(crate) home: u32,
    /// Whether something was read that tells one person from all others.
    pub(crate) identified: bool,
    /// Texts, by variable: those that grow by acts shown with their own words, and those that grow by anything else of an act.
    pub(crate) said: HashSet<usize>,
    pub(crate) unsaid: HashSet<usize>,
    /// Whether what is being written shows an act's own words, or nothing of an act.
    pub(crate) saying: bool,
    /// The filter of people that is being looked at.
    pub(crate) filtering: Option<super::people::Filtering>,
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
        let mut lab = a.with(b, deps);
        if a.step != b.step && a.step != StepId::NONE && b.step != StepId::NONE {
            lab.step = self.steps.meet(lab.step, if lab.step == a.step { b.step } else { a.step });
        }
        lab
    }

    pub(crate) fn identity(&mut self, of: Id, name: &str) -> Id {
        if of == Id::MIXED {
            return Id::MIXED;
        }
        let known = self.ids.entry(of.0).or_default();
        if let Some(&id) = known.get(name) {
            return Id(id);
        }
        self.last_id += 1;
        known.insert(Sym::from(name), self.last_id);
        Id(self.last_id)
    }

    /// An identity that nothing else has.
    pub(crate) fn fresh_identity(&mut self) -> Id {
        self.last_id += 1;
        Id(self.last_id)
    }

    /// Whether an identity is another, or of what belongs to it.
    pub(crate) fn descends(&self, id: Id, from: Id) -> bool {
        if id == Id::NONE || id == Id::MIXED || id.0 < from.0 {
            return false;
        }
        id == from || self.ids.get(&from.0).is_some_and(|inner| inner.values().any(|&inner| self.descends(id, Id(inner))))
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

    /// What the program counter has depended on since `depth`: branches as they are, turns of loops gathered.
    pub(crate) fn since(&mut self, depth: usize) -> Lab {
        self.nodes += self.pc.len().saturating_sub(depth) / LABELS_A_NODE;
        let mut lab = Lab::NONE;
        for at in (depth..self.pc.len()).rev() {
            match self.pc[at] {
                Pc::Branch { lab: branch, .. } => lab = self.join(lab, branch),
                Pc::Turn { lab: turn, reach, bit, .. } => {
                    lab = self.join(lab, turn);
                    lab = lab.gathered_at(reach, bit);
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
        self.next_bit_at(self.pc.len())
    }

    /// The number that a loop begun at `depth` has: greater than those of the loops around it.
    pub(crate) fn next_bit_at(&self, depth: usize) -> u64 {
        let turns = self.pc.iter().take(depth).filter(|pc| matches!(pc, Pc::Turn { .. })).count();
        1 << turns.min(63)
    }

    /// Forgets the turns of loops that are not open at `depth`.
    pub(crate) fn outside(&self, val: Val, depth: usize) -> Val {
        let mut val = self.next_turn(val, depth);
        close(&mut val, self.open_turns(depth));
        val
    }

    /// Forgets which element of loops that are not open at `depth` it shows, as at the end of a turn.
    pub(crate) fn next_turn(&self, mut val: Val, depth: usize) -> Val {
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
        let val = self.bounded(val);
        self.said.remove(&index);
        self.unsaid.remove(&index);
        self.cells.push(Cell { val, depth: self.pc.len(), stamp: 0 });
        self.scope.push((name.clone(), index));
        index
    }

    /// The value, or one without parts that tells all of what it tells where it holds more than can be told apart: `a = #{a: a, b: a}`,
    /// written thirty times, holds a thousand million.
    pub(crate) fn bounded(&mut self, val: Val) -> Val {
        let mut room = MOST_PARTS;
        let fits = fits(&val, DEEPEST_PARTS, &mut room);
        self.nodes += (MOST_PARTS - room) / PARTS_A_NODE;
        if fits {
            return val;
        }
        let lab = self.deep(&val);
        Val { from: val.from, some: val.some, id: val.id, maybe: val.maybe, ..Val::any(lab) }
    }

    pub(crate) fn lookup(&self, name: &str) -> Option<usize> {
        let base = self.frames.last().map_or(0, |frame| frame.scope_base);
        self.scope[base..].iter().rev().find(|(known, _)| &**known == name).map(|(_, cell)| *cell)
    }

    /// Whether the analysis has done as much as it may for one entry.
    pub(crate) fn spent(&self) -> bool {
        self.nodes > MOST_NODES || self.nodes_before + self.nodes > MOST_NODES_TOGETHER || self.deep > DEEPEST
    }

    /// The cells as they are now, to come back to.
    pub(crate) fn cells_now(&mut self) -> Vec<Cell> {
        self.nodes += self.cells.len() / PARTS_A_NODE;
        self.cells.clone()
    }

    pub(crate) fn root(&self, node: &Node) -> Option<usize> {
        match &node.kind {
            crate::ir::Kind::Var(name) => self.lookup(name),
            _ => None,
        }
    }
}

/// Whether a value has no more parts than there is room for, and none too deep.
fn fits(val: &Val, depth: usize, room: &mut usize) -> bool {
    if depth == 0 || *room == 0 {
        return false;
    }
    *room -= 1;
    let mut inner = |val: &Val| fits(val, depth - 1, room);
    let held = match &val.shape {
        Shape::List(list) => inner(&list.element),
        Shape::Map(map) => map.known.values().chain(&map.rest).all(&mut inner),
        _ => true,
    };
    held && val.targets.iter().flat_map(|targets| targets.iter()).flat_map(|target| &target.bound).all(inner)
}

/// What numbered the turns of loops that are over is a measure like any other.
pub(crate) fn close(val: &mut Val, open: u64) {
    val.lab = val.lab.closed(open);
    val.empty = val.empty.map(|lab| lab.closed(open));
    match &mut val.shape {
        Shape::List(list) => close(&mut Rc::make_mut(list).element, open),
        Shape::Map(map) => {
            let map = Rc::make_mut(map);
            map.keys = map.keys.closed(open);
            map.known.values_mut().chain(map.rest.as_mut()).for_each(|val| close(val, open));
        }
        _ => {}
    }
}
