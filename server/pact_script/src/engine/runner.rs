//! Runs calls, one at a time, with everything that is worth keeping between them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use pact_core::time::Instant;
use rhai::{CallFnOptions, Dynamic, Engine, Scope};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::build;
use super::compile::{Compiled, compile, reserved_names};
use super::convert::to_dynamic;
use super::desk::{Asker, Desk, Host};
use super::errors::{calls_of, of_run, of_stop};
use super::org::Org;
use super::probing::Probes;
use super::resolver::Modules;
use crate::coverage::Reached;
use crate::facts::Organisation;
use crate::limits;
use crate::run::{Outcome, ScriptError, Scripts};
use crate::seen::Seen;
use crate::seen::marks::marked;
use crate::value::{Record, Value};

/// One call, as it travels to a worker; the script set and the organisation are there already.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) scripts: [u8; 32],
    pub(crate) call: String,
    pub(crate) args: Vec<Value>,
    pub(crate) now: i64,
    pub(crate) today: NaiveDate,
    pub(crate) zone: Tz,
    pub(crate) settings: BTreeMap<String, Value>,
    pub(crate) seed: Uuid,
    pub(crate) given: Vec<Record>,
    /// For a run that is done once more, in a set with marks: the operation at which it failed.
    pub(crate) failed_at: Option<u64>,
}

/// What a run gave, and whether the engine may be used again.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) sound: bool,
    /// What probes told.
    pub(crate) reached: Reached,
    /// What marks saw.
    pub(crate) seen: Vec<Seen>,
}

impl Ran {
    /// A run that did not begin.
    fn not(error: ScriptError) -> Self {
        Self { outcome: failed(error), sound: true, reached: Reached::new(), seen: Vec::new() }
    }
}

/// An engine with its compiled script sets and organisation.
pub(crate) struct Runner {
    engine: Engine,
    host: Host,
    modules: Modules,
    reserved: BTreeSet<String>,
    sets: HashMap<[u8; 32], Arc<Result<Compiled, ScriptError>>>,
    organisation: Arc<Org>,
    /// In a worker that counts coverage.
    probes: Option<Probes>,
}

impl Runner {
    pub(crate) fn new() -> Self {
        Self::of(None)
    }

    /// A runner that counts what probes tell.
    pub(crate) fn with_probes() -> Self {
        Self::of(Some(Probes::default()))
    }

    fn of(probes: Option<Probes>) -> Self {
        let (host, modules) = (Host::default(), Modules::default());
        let mut engine = build(&host, &modules);
        if let Some(probes) = &probes {
            probes.register(&mut engine);
        }
        let reserved = reserved_names();
        Self { engine, host, modules, reserved, sets: HashMap::new(), organisation: Arc::default(), probes }
    }

    pub(crate) fn set_organisation(&mut self, organisation: Organisation) {
        self.organisation = Arc::new(Org::new(organisation));
    }

    /// Compiles a set and keeps it, together with the error if it cannot be compiled.
    pub(crate) fn add(&mut self, scripts: &Scripts) {
        if self.sets.len() >= limits::COMPILED_SETS {
            self.sets.clear();
        }
        let compiled = compile(&self.engine, &self.modules, &self.reserved, scripts);
        self.sets.insert(scripts.hash, Arc::new(compiled));
    }

    /// Compiles a set with marks and keeps it.
    pub(crate) fn add_marked(&mut self, scripts: &Scripts) {
        let (scripts, marks) = marked(scripts);
        self.add(&scripts);
        let compiled = self.sets.remove(&scripts.hash).and_then(Arc::into_inner);
        self.sets.extend(compiled.map(|set| (scripts.hash, Arc::new(set.map(|it| it.with_marks(marks))))));
    }

    /// The functions that a host may call, with their numbers of parameters, if the set compiles.
    pub(crate) fn check(&self, scripts: &Scripts) -> Result<Vec<(String, usize)>, ScriptError> {
        compile(&self.engine, &self.modules, &self.reserved, scripts).map(|compiled| compiled.functions.into_iter().collect())
    }

    /// Calls a function. Nothing of the run is left in the engine afterwards.
    pub(crate) fn run(&mut self, job: Job, asker: Box<dyn Asker>) -> Ran {
        let Some(set) = self.sets.get(&job.scripts).cloned() else {
            return Ran::not(missing("The script set is not known to the worker."));
        };
        let compiled = match &*set {
            Ok(compiled) => compiled,
            Err(error) => return Ran::not(error.clone()),
        };
        let Job { call, args, .. } = &job;
        if !compiled.functions.contains(&(call.clone(), args.len())) {
            let message = format!("The script has no function `{call}` with {} parameters.", args.len());
            return Ran::not(missing(&message));
        }
        let (call, args) = (call.clone(), args.iter().map(to_dynamic).collect());
        self.modules.set(compiled.modules.clone());
        let watched = job.failed_at.is_some();
        if let Some(failed_at) = job.failed_at {
            self.host.watch.begin(Arc::clone(&compiled.marks), failed_at);
        }
        self.host.begin(self.desk(job, asker));
        let mut calls = Vec::new();
        let result = catch_unwind(AssertUnwindSafe(|| self.call(compiled, &call, args, &mut calls)));
        let seen = if watched { self.host.watch.end(&calls) } else { Vec::new() };
        let desk = self.host.finish();
        let (error, sound) = match result {
            Ok(Ok(())) => (None, true),
            Ok(Err(error)) => (Some(error), true),
            Err(_) => (Some(missing("The engine failed; this is a defect of PACT, not of the script.")), false),
        };
        let reached = self.probes.as_ref().map(Probes::take).unwrap_or_default();
        Ran { outcome: self.outcome(desk, error), sound, reached, seen }
    }

    fn desk(&self, job: Job, asker: Box<dyn Asker>) -> Desk {
        let records = job.given.into_iter().map(|record| ((record.kind, record.id), Some(Arc::new(record)))).collect();
        Desk {
            now: Instant::from_millis(job.now),
            today: job.today,
            zone: job.zone,
            settings: job.settings,
            seed: job.seed,
            organisation: self.organisation.clone(),
            asker,
            records,
            effects: Vec::new(),
            log: Vec::new(),
            rows_read: 0,
            picks: 0,
            effect_bytes: 0,
            digest_lines: 0,
            stopped: None,
            groups: Vec::new(),
        }
    }

    /// Calls a function; the functions that were under way when it failed are put into `calls`.
    fn call(&self, compiled: &Compiled, function: &str, args: Vec<Dynamic>, calls: &mut Vec<String>) -> Result<(), ScriptError> {
        let mut scope = Scope::new();
        let mut options = CallFnOptions::new();
        options.eval_ast = compiled.has_top;
        let called = self.engine.call_fn_with_options::<Dynamic>(options, &mut scope, &compiled.ast, function, args);
        called.map(drop).map_err(|error| {
            *calls = calls_of(&error, function);
            of_run(&error, function, |name| compiled.file_of(name))
        })
    }

    fn outcome(&self, desk: Option<Desk>, error: Option<ScriptError>) -> Outcome {
        let operations = self.host.clock.operations();
        let Some(desk) = desk else { return Outcome { operations, ..failed(missing("The run lost its desk.")) } };
        let error = error.or_else(|| desk.stopped.as_ref().map(of_stop));
        let effects = if error.is_some() { Vec::new() } else { desk.effects };
        Outcome { effects, log: desk.log, operations, rows_read: desk.rows_read, memory_kib: 0, error }
    }
}

/// What a run that failed before it began gave.
pub(crate) fn failed(error: ScriptError) -> Outcome {
    Outcome { effects: Vec::new(), log: Vec::new(), operations: 0, rows_read: 0, memory_kib: 0, error: Some(error) }
}

fn missing(message: &str) -> ScriptError {
    ScriptError { message: message.to_owned(), file: None, at: None, limit: None }
}
