//! The pool: pre-forked workers, each at one run at a time, replaced when they die or were stopped.
//!
//! A run waits for an idle worker, sends what the worker does not know yet together with the call, answers the run's questions
//! and brings the outcome back. A worker that overstays its time or dies is buried by the pool's keeper, a thread that also starts
//! all workers, so that a replacement never makes another run wait.

mod child;
mod keeper;
mod talk;
mod told;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use self::child::{Child, End};
use self::keeper::{Keeper, Order};
use self::talk::{Broken, How};
use self::told::Told;
use crate::coverage::Reached;
use crate::engine::runner::failed;
use crate::facts::Facts;
use crate::limits;
use crate::run::{Limit, Outcome, Run, ScriptError, Scripts};
use crate::seen::Seen;
use crate::wire::WireError;

/// How a pool starts its workers.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// The program to start: usually this very binary.
    pub program: PathBuf,
    /// What makes the program a script worker, such as `["script-worker"]`.
    pub args: Vec<String>,
    /// Environment variables that the worker gets; it inherits none.
    pub env: Vec<(String, String)>,
    /// How many workers are ready at the same time.
    pub workers: usize,
    /// Runs after which a worker is replaced.
    pub recycle_runs: u64,
}

impl PoolOptions {
    /// Workers of this program: the running binary with the hidden subcommand `script-worker`, one for each processor.
    pub fn of_this_binary() -> std::io::Result<Self> {
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Ok(Self {
            program: std::env::current_exe()?,
            args: vec!["script-worker".to_owned()],
            env: Vec::new(),
            workers,
            recycle_runs: limits::RECYCLE_RUNS,
        })
    }

    /// Workers of this program that count what probes tell.
    pub fn with_coverage(mut self) -> Self {
        self.args.push(COVERAGE.to_owned());
        self
    }
}

/// What a worker's command line says when it is to count what probes tell.
pub const COVERAGE: &str = "--coverage";

/// Why a pool cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// A worker could not be started.
    #[error("a script worker cannot be started: {0}")]
    Start(#[from] std::io::Error),
    /// A worker ended before it was ready.
    #[error("a script worker refused to start: {0}")]
    Refused(String),
}

/// What is needed to do a run that failed once more.
#[derive(Debug)]
pub struct Again {
    told: Told,
    failed_at: u64,
    failed: ScriptError,
}

/// Workers that run scripts. Cloning gives another handle to the same workers; the last handle that goes ends them.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

pub(crate) struct Inner {
    shared: Arc<Shared>,
    keeper: Keeper,
    recycle_runs: u64,
}

/// What the keeper and the runs share.
#[derive(Default)]
pub(crate) struct Shared {
    idle: Mutex<Vec<Child>>,
    ready: Ready,
}

struct Ready(Semaphore);

impl Default for Ready {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Shared {
    /// Makes a worker available; the one used last is taken first, because its caches are warm.
    fn offer(&self, child: Child) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(child);
        self.ready.0.add_permits(1);
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("idle", &self.0.shared.ready.0.available_permits()).finish()
    }
}

impl Pool {
    /// Starts the workers and waits until the first is ready, so that a machine on which none can start says so at once.
    pub fn start(options: PoolOptions) -> Result<Self, PoolError> {
        let shared = Arc::new(Shared::default());
        let recycle_runs = options.recycle_runs.max(1);
        let keeper = Keeper::start(options, &shared)?;
        Ok(Self(Arc::new(Inner { shared, keeper, recycle_runs })))
    }

    /// Runs one call and answers its questions from `facts`. Never fails otherwise than in the outcome's error, which is also
    /// where a limit is named; the effects of a run that failed are empty.
    pub async fn run(&self, run: &Run, facts: &impl Facts) -> Outcome {
        self.run_probed(run, facts).await.0
    }

    /// The same for scripts with probes, in workers of [`PoolOptions::with_coverage`]: also what was reached.
    pub async fn run_probed(&self, run: &Run, facts: &impl Facts) -> (Outcome, Reached) {
        let Some(mut lease) = self.lease().await else { return (failed(stopped()), Reached::new()) };
        let Some(child) = lease.child.as_mut() else { return (failed(stopped()), Reached::new()) };
        match child.run(run, facts, How::default()).await {
            Ok(ended) => {
                lease.done(ended.retire);
                (ended.outcome, ended.reached)
            }
            Err(broken) => (failed(lease.bury(broken).await), Reached::new()),
        }
    }

    /// Runs one call as [`Self::run`] does. Where it failed by its script's own fault, what [`Self::see`] needs to do it once more comes along; where it met a
    /// limit it does not.
    pub async fn run_kept(&self, run: &Run, facts: &impl Facts) -> (Outcome, Option<Again>) {
        let mut answers = Vec::new();
        let (outcome, _) = self.run_how(run, facts, How { answers: Some(&mut answers), failed_at: None }).await;
        let error = outcome.error.as_ref().filter(|error| error.limit.is_none() && error.at.is_some());
        let again = error.map(|error| Again {
            told: Told::new(facts.organisation(), answers),
            failed_at: outcome.operations,
            failed: error.clone(),
        });
        (outcome, again)
    }

    /// Does a run that failed once more, under the same limits and with the answers of the first time; gives the functions that were under way, from outside to
    /// inside, with their variables ([`crate::seen`]). Gives nothing where it did not fail in the same way again.
    pub async fn see(&self, run: &Run, again: Again) -> Vec<Seen> {
        let Again { told, failed_at, failed } = again;
        let (outcome, seen) = self.run_how(run, &told, How { answers: None, failed_at: Some(failed_at) }).await;
        // Columns move where marks are put in.
        let what = |error: &ScriptError| (error.message.clone(), error.file.clone(), error.at.map(|(line, _)| line));
        let same = outcome.error.as_ref().is_some_and(|again| what(again) == what(&failed));
        if same { seen } else { Vec::new() }
    }

    async fn run_how(&self, run: &Run, facts: &impl Facts, how: How<'_>) -> (Outcome, Vec<Seen>) {
        let Some(mut lease) = self.lease().await else { return (failed(stopped()), Vec::new()) };
        let Some(child) = lease.child.as_mut() else { return (failed(stopped()), Vec::new()) };
        match child.run(run, facts, how).await {
            Ok(ended) => {
                lease.done(ended.retire);
                (ended.outcome, ended.seen)
            }
            Err(broken) => (failed(lease.bury(broken).await), Vec::new()),
        }
    }

    /// Runs several calls in one worker, one after the other, each with its own facts, and gives their outcomes in the same order. It costs one round trip
    /// for all, which is what a dry run over a long past needs; each run has its own limits, and one that breaks its worker harms no other.
    pub async fn run_many<F: Facts>(&self, runs: &[(Run, F)]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(runs.len());
        while outcomes.len() < runs.len() {
            let Some(mut lease) = self.lease().await else { return stop_rest(outcomes, runs.len()) };
            let Some(child) = lease.child.as_mut() else { return stop_rest(outcomes, runs.len()) };
            let ran = child.run_many(&runs[outcomes.len()..]).await;
            outcomes.extend(ran.outcomes);
            match ran.broken {
                Some(broken) => outcomes.push(failed(lease.bury(broken).await)),
                None => lease.done(ran.retire),
            }
        }
        outcomes
    }

    /// Compiles a script set without running it; gives the functions that can be called, with their numbers of parameters.
    pub async fn check(&self, scripts: &Scripts) -> Result<Vec<(String, usize)>, ScriptError> {
        let Some(mut lease) = self.lease().await else { return Err(stopped()) };
        let Some(child) = lease.child.as_mut() else { return Err(stopped()) };
        match child.check(scripts).await {
            Ok(checked) => {
                lease.done(false);
                checked
            }
            Err(broken) => Err(lease.bury(broken).await),
        }
    }

    /// Lets running scripts end, for at most `patience`, then ends all workers. Later runs give an error.
    pub async fn stop(&self, patience: Duration) {
        let all = u32::try_from(self.0.keeper.workers()).unwrap_or(u32::MAX);
        // Whoever holds all permits knows that no run is on its way.
        let _ = tokio::time::timeout(patience, self.0.shared.ready.0.acquire_many(all))
            .await
            .map(|held| held.map(tokio::sync::SemaphorePermit::forget));
        self.0.shared.ready.0.close();
        self.0.keeper.stop();
        self.0.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Process ids of the workers that wait for a run.
    pub fn idle_processes(&self) -> Vec<u32> {
        self.0.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Child::id).collect()
    }

    async fn lease(&self) -> Option<Lease> {
        loop {
            self.0.shared.ready.0.acquire().await.ok()?.forget();
            let mut child = self.0.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if child.is_alive() {
                return Some(Lease { pool: self.0.clone(), child: Some(child) });
            }
            // Ended while it was idle, for example by the kernel when memory was short: no run is to blame.
            self.0.keeper.order(Order::Replace(child));
        }
    }
}

/// The outcomes so far, and for every further run that the host is stopping.
fn stop_rest(mut outcomes: Vec<Outcome>, all: usize) -> Vec<Outcome> {
    outcomes.resize_with(all, || failed(stopped()));
    outcomes
}

fn stopped() -> ScriptError {
    let message = "The script host is stopping; the run was not begun and will be tried again.".to_owned();
    ScriptError { message, file: None, at: None, limit: None }
}

/// A worker in use. A run that is dropped half way leaves a worker that nobody may use again.
struct Lease {
    pool: Arc<Inner>,
    child: Option<Child>,
}

impl Lease {
    fn done(mut self, retire: bool) {
        let Some(child) = self.child.take() else { return };
        if retire || child.runs >= self.pool.recycle_runs {
            self.pool.keeper.order(Order::Replace(child));
        } else {
            self.pool.shared.offer(child);
        }
    }

    /// Learns of what the worker died, and has it replaced.
    async fn bury(mut self, broken: Broken) -> ScriptError {
        let Some(child) = self.child.take() else { return stopped() };
        let (tell, told) = tokio::sync::oneshot::channel();
        let end = if matches!(broken, Broken::Lost(WireError::Gone | WireError::Io(_))) { End::ByItself } else { End::ByUs };
        self.pool.keeper.order(Order::Bury(child, end, tell));
        let cause = told.await.unwrap_or_default();
        let (message, limit) = match (broken, cause.limit) {
            (Broken::TooLong, _) => (Limit::WallTime.explain(), Some(Limit::WallTime)),
            (Broken::HostSlow, _) => {
                (format!("The host needed more than {} ms to answer the script's questions.", limits::ANSWERS_MS), None)
            }
            (Broken::Lost(_), Some(limit)) => (limit.explain(), Some(limit)),
            (Broken::Lost(why), None) => (format!("The script's worker was lost: {why}. {}", cause.last_words), None),
        };
        tracing::warn!(limit = ?limit, last_words = %cause.last_words, "a script worker was replaced");
        ScriptError { message, file: None, at: None, limit }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            self.pool.keeper.order(Order::Replace(child));
        }
    }
}
