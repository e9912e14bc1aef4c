//! The desk of a run: what a script has asked, found and wished so far.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant as Tick;

use chrono::NaiveDate;
use chrono_tz::Tz;
use pact_core::time::Instant;
use pact_policy::table::Kind;
use rhai::{Dynamic, EvalAltResult, Position};
use uuid::Uuid;

use super::handles::{Rec, Rows};
use super::org::Org;
use super::watching::Watch;
use crate::effect::{Effect, Placed};
use crate::facts::{Answer, Ask};
use crate::limits;
use crate::run::Limit;
use crate::value::{Record, Value};

/// Who carries a question to the host.
pub(crate) trait Asker: Send {
    /// The host's answer, or nothing when the host is gone.
    fn ask(&mut self, ask: Ask) -> Option<Answer>;
}

/// Why a run was stopped by the host rather than by its own error; `try` does not catch it.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    Limit(Limit),
    Refused(String),
    HostGone,
}

pub(crate) type Failed = Box<EvalAltResult>;

/// An error that a script may catch.
pub(crate) fn fail(message: impl Into<String>) -> Failed {
    EvalAltResult::ErrorRuntime(message.into().into(), Position::NONE).into()
}

/// An error that ends the run.
pub(crate) fn stop(stop: Stop) -> Failed {
    EvalAltResult::ErrorTerminated(Dynamic::from(stop), Position::NONE).into()
}

/// The wall clock of a run, which stands still while the host answers.
#[derive(Default)]
pub(crate) struct RunClock {
    started: Mutex<Option<Tick>>,
    /// Microseconds after the start at which the run ends; pushed forward by what answers took.
    ends_us: AtomicU64,
    operations: AtomicU64,
}

impl RunClock {
    pub(crate) fn count(&self, operations: u64) {
        self.operations.store(operations, Ordering::Relaxed);
    }

    pub(crate) fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    pub(crate) fn start(&self) {
        *self.started.lock().unwrap_or_else(PoisonError::into_inner) = Some(Tick::now());
        self.ends_us.store(limits::WALL_MS * 1_000, Ordering::Relaxed);
        self.operations.store(0, Ordering::Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        let started = *self.started.lock().unwrap_or_else(PoisonError::into_inner);
        started.is_some_and(|started| started.elapsed().as_micros() as u64 > self.ends_us.load(Ordering::Relaxed))
    }

    fn waited(&self, since: Tick) {
        self.ends_us.fetch_add(since.elapsed().as_micros() as u64, Ordering::Relaxed);
    }
}

/// What one run has on its desk.
pub(crate) struct Desk {
    pub(crate) now: Instant,
    pub(crate) today: NaiveDate,
    pub(crate) zone: Tz,
    pub(crate) settings: BTreeMap<String, Value>,
    pub(crate) seed: Uuid,
    pub(crate) organisation: Arc<Org>,
    pub(crate) asker: Box<dyn Asker>,
    pub(crate) records: HashMap<(Kind, Uuid), Option<Arc<Record>>>,
    pub(crate) effects: Vec<Placed>,
    pub(crate) log: Vec<String>,
    pub(crate) rows_read: u64,
    pub(crate) picks: u64,
    pub(crate) effect_bytes: usize,
    pub(crate) digest_lines: usize,
    pub(crate) stopped: Option<Stop>,
    /// What filters of queries of people kept, in this run: groups of the host's, for rotations.
    pub(crate) groups: Vec<Vec<Uuid>>,
}

/// The way from registered functions to the desk of the run at hand. One worker does one run at a time.
#[derive(Clone, Default)]
pub(crate) struct Host {
    desk: Arc<Mutex<Option<Desk>>>,
    pub(crate) clock: Arc<RunClock>,
    /// Who looks at the scope of a run that is done once more.
    pub(crate) watch: Arc<Watch>,
    /// The number of the run at hand.
    run: Arc<AtomicU64>,
}

impl Host {
    pub(crate) fn begin(&self, desk: Desk) {
        *self.lock() = Some(desk);
        self.run.fetch_add(1, Ordering::Relaxed);
        self.clock.start();
    }

    pub(crate) fn finish(&self) -> Option<Desk> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Desk>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works at the desk. Never calls back into a script while it does, so the lock is never wanted twice.
    pub(crate) fn at<T>(&self, work: impl FnOnce(&mut Desk) -> Result<T, Failed>) -> Result<T, Failed> {
        match self.lock().as_mut() {
            Some(desk) => work(desk).inspect_err(|error| desk.remember(error)),
            None => Err(fail("Only a run can ask the host. Constants outside functions are made before there is one.")),
        }
    }

    pub(crate) fn ask(&self, ask: Ask) -> Result<Answer, Failed> {
        self.at(|desk| desk.ask(ask, &self.clock))
    }

    /// The record behind a handle.
    pub(crate) fn record(&self, rec: &Rec) -> Result<Arc<Record>, Failed> {
        if let Some(row) = &rec.row {
            return Ok(row.clone());
        }
        self.at(|desk| desk.record(rec, &self.clock))
    }

    /// A record with its custom fields. The organisation is kept for all plugins and has none; each plugin is told its own.
    pub(crate) fn record_with_fields(&self, rec: &Rec) -> Result<Arc<Record>, Failed> {
        if rec.kind != Kind::Person {
            return self.record(rec);
        }
        self.at(|desk| desk.asked(rec, &self.clock))
    }

    /// The elements of a query, found once in a run.
    pub(crate) fn rows(&self, rows: &Rows) -> Result<Arc<[Rec]>, Failed> {
        if rows.is_nothing() {
            return Ok(Arc::default());
        }
        let run = self.run.load(Ordering::Relaxed);
        if let Some(found) = rows.found(run) {
            return Ok(found);
        }
        let found = self.at(|desk| desk.find(rows, &self.clock))?;
        Ok(rows.keep(run, found))
    }

    /// Whether a query's elements were found in this run.
    pub(crate) fn has_found(&self, rows: &Rows) -> bool {
        rows.found(self.run.load(Ordering::Relaxed)).is_some()
    }

    /// How many elements a query has.
    pub(crate) fn count(&self, rows: &Rows) -> Result<u64, Failed> {
        if rows.is_nothing() {
            return Ok(0);
        }
        if self.has_found(rows) || matches!(rows.kind(), Kind::Person | Kind::Team | Kind::Territory) {
            return Ok(self.rows(rows)?.len() as u64);
        }
        match self.ask(Ask::Count(rows.query().clone()))? {
            Answer::Count(count) => Ok(count),
            _ => Err(stop(Stop::HostGone)),
        }
    }
}

impl Desk {
    /// Keeps why the run was stopped: some of Rhai's own functions go on after an error of a closure.
    fn remember(&mut self, error: &EvalAltResult) {
        if let EvalAltResult::ErrorTerminated(token, _) = error {
            self.stopped = self.stopped.take().or_else(|| token.read_lock::<Stop>().map(|stop| stop.clone()));
        }
    }

    fn ask(&mut self, ask: Ask, clock: &RunClock) -> Result<Answer, Failed> {
        let since = Tick::now();
        let answer = self.asker.ask(ask);
        clock.waited(since);
        match answer {
            Some(Answer::Refused(why)) => Err(stop(Stop::Refused(why))),
            Some(answer) => Ok(answer),
            None => Err(stop(Stop::HostGone)),
        }
    }

    fn record(&mut self, rec: &Rec, clock: &RunClock) -> Result<Arc<Record>, Failed> {
        if let Some(record) = self.organisation.record(rec.kind, rec.id) {
            return Ok(record.clone());
        }
        self.asked(rec, clock)
    }

    /// A record that travelled along, or that the host is asked for once.
    fn asked(&mut self, rec: &Rec, clock: &RunClock) -> Result<Arc<Record>, Failed> {
        let key = (rec.kind, rec.id);
        if !self.records.contains_key(&key) {
            let Answer::Record(found) = self.ask(Ask::Record(rec.kind, rec.id), clock)? else { return Err(stop(Stop::HostGone)) };
            self.read(1)?;
            self.records.insert(key, found.map(|record| Arc::new(*record)));
        }
        let found = self.records.get(&key).cloned().flatten();
        found.ok_or_else(|| fail(format!("This {} is not there any more.", rec.kind.name())))
    }

    fn find(&mut self, rows: &Rows, clock: &RunClock) -> Result<Vec<Rec>, Failed> {
        if let Some(found) = self.organisation.rows(rows.query()) {
            return Ok(found.map_err(fail)?.into_iter().map(Rec::of_row).collect());
        }
        // One more than is left, so that a query of exactly the rest is no breach.
        let left = u32::try_from(limits::ROWS.saturating_sub(self.rows_read) + 1).unwrap_or(u32::MAX);
        let Answer::Rows(found) = self.ask(Ask::Rows { query: rows.query().clone(), limit: left }, clock)? else {
            return Err(stop(Stop::HostGone));
        };
        self.read(found.len() as u64)?;
        Ok(found.into_iter().map(|record| Rec::of_row(Arc::new(record))).collect())
    }

    fn read(&mut self, rows: u64) -> Result<(), Failed> {
        self.rows_read = self.rows_read.saturating_add(rows);
        if self.rows_read > limits::ROWS { Err(stop(Stop::Limit(Limit::Rows))) } else { Ok(()) }
    }

    /// Puts an effect down, as long as the run may have more; `bytes` is the size of its texts and values.
    pub(crate) fn wish(&mut self, effect: Effect, bytes: usize, line: u32) -> Result<(), Failed> {
        self.weigh(bytes)?;
        if self.effects.len() >= limits::EFFECTS {
            return Err(stop(Stop::Limit(Limit::Effects)));
        }
        self.effects.push(Placed { effect, line });
        Ok(())
    }

    /// Counts bytes that effects will carry.
    pub(crate) fn weigh(&mut self, bytes: usize) -> Result<(), Failed> {
        self.effect_bytes = self.effect_bytes.saturating_add(bytes);
        if self.effect_bytes > limits::EFFECT_BYTES { Err(stop(Stop::Limit(Limit::Effects))) } else { Ok(()) }
    }

    /// Writes a line into the run's log.
    pub(crate) fn note(&mut self, line: &str) -> Result<(), Failed> {
        if self.log.len() >= limits::LOG_LINES {
            return Err(stop(Stop::Limit(Limit::LogLines)));
        }
        let end = line.floor_char_boundary(limits::LOG_LINE_BYTES.min(line.len()));
        self.log.push(line[..end].to_owned());
        Ok(())
    }

    /// The day of an instant in the run's zone; a case may say that it is another day than the calendar's.
    pub(crate) fn day_of(&self, at: Instant) -> NaiveDate {
        let ahead = self.today - self.now.day_in(self.zone);
        at.day_in(self.zone) + ahead
    }

    /// An instant by the clock of the run's zone.
    pub(crate) fn clock_of(&self, at: Instant) -> chrono::DateTime<Tz> {
        at.to_utc().with_timezone(&self.zone)
    }
}
