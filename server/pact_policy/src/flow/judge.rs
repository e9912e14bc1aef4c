//! One plugin: its formulas, what runs outside functions, and every entry point of every script.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::fields::{Fields, Slot};
use super::lab::{Bits, Id, Lab};
use super::machine::{Exits, Frame, Machine, Pc, Unit};
use super::run::Run;
use super::sink::Sink;
use super::step::{StepId, Steps, What};
use super::val::Val;
use super::world::World;
use crate::ir::{Node, Pos, Program, Sym};
use crate::manifest::{Field, Manifest};
use crate::rules::Rule;
use crate::table::{ENTRY_POINTS, Entry, EntryPoint, Kind, Ty};
use crate::transfer::Transfer;

/// The number of a plugin's manifest among its files; its scripts follow, then the modules that they import.
pub(crate) const MANIFEST: u32 = 0;

/// A parsed plugin, ready to be judged.
pub(crate) struct Subject<'a> {
    /// The names of its files, by number.
    pub(crate) files: Vec<&'a str>,
    pub(crate) manifest: &'a Manifest,
    /// Each module that the scripts import, with its name and the number of its file.
    pub(crate) modules: Vec<(Sym, u32, &'a Program)>,
    /// Each script with the number of its file.
    pub(crate) scripts: Vec<(u32, &'a Program)>,
    /// Each formula with the field that it belongs to.
    pub(crate) formulas: Vec<(&'a Field, &'a Program)>,
}

/// Judges one plugin against what all have stored.
pub(crate) fn judge_one<'a>(subject: &Subject<'a>, world: &'a World) -> Run {
    let modules = subject.modules.iter().map(|(_, file, program)| (*file, *program));
    let all = modules.chain(subject.scripts.iter().copied());
    let units = all.map(|(file, program)| Unit { program, file, modules: HashMap::new(), constants: BTreeMap::new() }).collect();
    let mut fields = Fields::new(world);
    fields.modules.extend((0..).zip(&subject.modules).map(|(index, (name, ..))| (name.clone(), index)));
    let mut machine = Machine {
        manifest: subject.manifest,
        units,
        fields,
        steps: Steps::in_files(subject.files.iter().copied()),
        cells: Vec::new(),
        scope: Vec::new(),
        pc: Vec::new(),
        frames: Vec::new(),
        exits: Exits::default(),
        recursions: HashMap::new(),
        called: HashSet::new(),
        found: Vec::new(),
        found_at: HashMap::new(),
        ids: HashMap::new(),
        last_id: 0,
        fixed: HashSet::new(),
        writes: Vec::new(),
        told: Vec::new(),
        nodes: 0,
        nodes_before: 0,
        deep: 0,
        in_try: 0,
        period: Id::NONE,
        coached: Id::NONE,
        failed: Lab::NONE,
        missing: Lab::NONE,
        reached: BTreeSet::new(),
        clock: 0,
        numbers: HashMap::new(),
        known_lengths: Vec::new(),
        entry: None,
        home: MANIFEST,
        identified: false,
        filtering: None,
        said: HashSet::new(),
        unsaid: HashSet::new(),
        saying: false,
        quiet: false,
    };
    machine.formulas(subject);
    for index in 0..machine.units.len() {
        machine.top(index);
    }
    for index in subject.modules.len()..machine.units.len() {
        machine.entries(index, subject.manifest);
    }
    for index in subject.modules.len()..machine.units.len() {
        machine.uncalled(index);
    }
    let work = (machine.nodes_before + machine.nodes) as u64;
    let Machine { fields, found, steps, .. } = machine;
    Run::new(fields.finish(), found, &steps, work)
}

impl Machine<'_> {
    fn fresh(&mut self, unit: usize) {
        self.cells.clear();
        self.scope.clear();
        self.pc.clear();
        self.frames.clear();
        self.exits = Exits::default();
        self.recursions.clear();
        self.nodes_before += std::mem::take(&mut self.nodes);
        self.deep = 0;
        self.in_try = 0;
        self.failed = Lab::NONE;
        self.missing = Lab::NONE;
        self.known_lengths.clear();
        self.said.clear();
        self.unsaid.clear();
        self.reached.clear();
        self.fields.captured = false;
        self.home = self.units[unit].file;
        self.entry = None;
        self.period = Id::NONE;
    }

    /// The statements outside functions: constants and imports, and whatever else runs with every call.
    fn top(&mut self, unit: usize) {
        let program = self.units[unit].program;
        if program.top.is_empty() {
            return;
        }
        self.fresh(unit);
        self.push_frame(unit, "the script");
        for node in &program.top {
            self.eval(node);
        }
        let constants: Vec<(Sym, usize)> = self.scope.clone();
        for (name, cell) in constants {
            let val = Val { cell: Id::NONE, ..self.cells[cell].val.clone() };
            self.units[unit].constants.insert(name, val);
        }
        self.aborted();
    }

    fn push_frame(&mut self, unit: usize, name: &str) {
        self.frames.push(Frame {
            program: unit,
            name: name.into(),
            arity: 0,
            depth: 0,
            result: Val::never(),
            scope_base: 0,
            breaks: Vec::new(),
            this: None,
        });
    }

    fn entries(&mut self, unit: usize, manifest: &Manifest) {
        let program = self.units[unit].program;
        for (index, function) in program.functions.iter().enumerate() {
            let entry =
                ENTRY_POINTS.iter().find(|entry| entry.name == &*function.name && entry.params.len() == function.params.len());
            if let Some(entry) = entry {
                self.event(unit, index, entry, function.pos);
            }
            if manifest.schedules.iter().any(|schedule| schedule.call == *function.name) && function.params.len() <= 1 {
                self.fresh(unit);
                let person = Ty::Record(Kind::Person);
                let args = function.params.iter().map(|name| self.parameter(&person, name)).collect();
                self.run(unit, index, args, function.pos);
            }
        }
    }

    /// Functions that nothing calls: they do no harm, but may not use what the manifest does not declare.
    fn uncalled(&mut self, unit: usize) {
        let program = self.units[unit].program;
        for (index, function) in program.functions.iter().enumerate() {
            if self.called.contains(&(unit, index)) {
                continue;
            }
            self.fresh(unit);
            let before = self.found.len();
            let args = function.params.iter().map(|_| Val::any(Lab::NONE)).collect();
            self.call_function(unit, index, args, None, function.pos);
            let found = self.found.split_off(before);
            let kept = found.into_iter().filter(|it| matches!(it.rule, Rule::EveryEffectDeclared | Rule::NoUnflaggedCoaching));
            kept.for_each(|found| self.note(found));
        }
    }

    fn event(&mut self, unit: usize, index: usize, entry: &'static Entry, pos: Pos) {
        self.fresh(unit);
        self.entry = Some(entry.point);
        if entry.point == EntryPoint::CoachingDay && !self.manifest.coaching {
            let what = "`on_coaching_day` belongs to the coaching interface, and the manifest does not say `coaching = true`";
            self.find(Rule::NoUnflaggedCoaching, pos, what.to_owned(), StepId::NONE, StepId::NONE);
        }
        if entry.act {
            let lab = self.source(Transfer::Fired.bits(Bits::TRACE), pos, What::Fired(entry.name));
            self.pc.push(Pc::Branch { lab, guard: None, left: false });
        }
        if entry.point == EntryPoint::LeadQuiet {
            let lab = self.source(Bits::CLOCK, pos, What::Fired(entry.name));
            self.pc.push(Pc::Branch { lab, guard: None, left: false });
        }
        let args: Vec<Val> = entry.params.iter().map(|(name, ty)| self.parameter(ty, name)).collect();
        if entry.point == EntryPoint::CoachingDay {
            self.period = args.first().map_or(Id::NONE, |period| period.id);
            self.coached = self.identity(self.period, "person");
        }
        self.run(unit, index, args, pos);
    }

    fn run(&mut self, unit: usize, index: usize, args: Vec<Val>, pos: Pos) {
        self.call_function(unit, index, args, None, pos);
        self.aborted();
    }

    /// A run leaves all of its effects or none, so what makes it fail decides on all of them.
    fn aborted(&mut self) {
        let (failed, missing) = (self.failed, self.missing);
        if !missing.is_none() {
            self.abort(missing, |sink, receiver| !Self::is_personal(sink) || !receiver.same(missing.own));
        }
        if !failed.bits.has(Bits::METRIC) || !Transfer::Aborted.on() {
            return;
        }
        self.abort(failed, |_, _| true);
        if let Some(pos) = self.steps.get(failed.step).map(|step| step.pos) {
            self.refuse(Rule::NoActivityMetric, Sink::Throw, pos, failed);
        }
    }

    /// Refuses the sinks of this run that a failure decides on, but for those that may know.
    fn abort(&mut self, failed: Lab, refused: impl Fn(Sink, Id) -> bool) {
        let reached = self.reached.clone();
        let home = self.home;
        for (file, pos, sink, receiver) in reached {
            if sink != Sink::Throw && sink != Sink::Return && refused(sink, receiver) {
                self.home = file;
                let frames = std::mem::take(&mut self.frames);
                self.refuse(Rule::NoActivityMetric, sink, pos, failed);
                self.frames = frames;
            }
        }
        self.home = home;
    }

    fn formula_node(&mut self, node: &Node, pos: Pos) -> Val {
        let before = self.found.len();
        let val = self.eval(node);
        for mut found in self.found.split_off(before) {
            found.pos = pos;
            self.note(found);
        }
        val
    }
}

impl<'a> Machine<'a> {
    /// Formulas are fields that are written by what their expression reads.
    fn formulas(&mut self, subject: &Subject<'a>) {
        let units = std::mem::take(&mut self.units);
        self.quiet = true;
        for (field, program) in &subject.formulas {
            self.cells.clear();
            self.scope.clear();
            self.pc.clear();
            self.frames.clear();
            self.nodes_before += std::mem::take(&mut self.nodes);
            self.home = MANIFEST;
            self.units = vec![Unit { program, file: MANIFEST, modules: HashMap::new(), constants: BTreeMap::new() }];
            let kind = field.on.kind();
            let record = self.parameter(&Ty::Record(kind), "record");
            self.declare(&"record".into(), record);
            let pos = Pos {
                line: u16::try_from(field.place.line).unwrap_or(0),
                column: u16::try_from(field.place.column).unwrap_or(0),
            };
            let mut val = Val::unit();
            for node in &program.top {
                val = self.formula_node(node, pos);
            }
            let lab = self.deep(&val);
            let personal = kind == Kind::Person;
            let rule = if lab.bits.has(Bits::DURATION) {
                Some(Rule::NoReactionTime)
            } else if lab.bits.meets(Bits::METRIC | Bits::MEASURE) || (personal && lab.bits.meets(Bits::COUNTS)) {
                Some(Rule::NoActivityCounter)
            } else {
                None
            };
            if let Some(rule) = rule {
                let what = format!("the formula of the field \"{}\" measures acts of staff", field.name);
                self.find(rule, pos, what, lab.step, lab.who);
            }
            let id = self.fields.id(Slot::Field(kind, field.name.as_str().into()));
            let name = self.fields.name(id);
            let kept = if rule.is_some() { Lab { bits: Bits::TRACE, ..lab } } else { lab };
            let kept = self.step(Lab { own: Id::NONE, of_cell: Id::NONE, ..kept }, pos, What::Stored(name));
            self.fields.write(id, kept, kept.bits);
        }
        self.quiet = false;
        self.units = units;
    }
}
