//! What came of dry runs: in memory, for as long as somebody may read it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Clock};

use pact_policy::manifest::Manifest;
use pact_policy::table::Reads;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use super::compare::{Difference, Line};
use super::dues::Due;
use crate::facts::look::Whole;
use crate::plugins::Installed;
use crate::runs::Function;
use crate::{App, Refusal};

/// Dry runs that are kept at most, those under way included.
const KEPT: usize = 16;
/// Dry runs that work at the same time; others wait.
const AT_ONCE: usize = 2;
/// How long the result of one is kept after its end.
const KEPT_FOR: Duration = Duration::from_secs(3_600);
/// Lines of one result that are kept; sums go on.
const LINES: usize = 50_000;

/// What stands in place of words that may name people, once a reader was shown enough of them today.
const TOO_MANY_PLACES: &str = "In more places a day it is not shown who did what. Look at the lead itself, or go on tomorrow.";

/// The dry runs of this node.
pub(crate) struct DryRuns {
    kept: Mutex<BTreeMap<Uuid, Arc<DryRun>>>,
    pub(super) room: Semaphore,
}

impl Default for DryRuns {
    fn default() -> Self {
        Self { kept: Mutex::default(), room: Semaphore::new(AT_ONCE) }
    }
}

/// Where a dry run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Others are before it.
    Waiting,
    /// It is under way.
    Running,
    /// It came to its end.
    Done,
    /// Somebody stopped it.
    Cancelled,
    /// It could not go on; the failure says why.
    Failed,
}

impl Status {
    /// As one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will come.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Running => false,
            Self::Done | Self::Cancelled | Self::Failed => true,
        }
    }
}

/// How many effects of one kind there are, by what they are to what really happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Happened then, and would happen now.
    pub same: u64,
    /// Would happen only now.
    pub now: u64,
    /// Happened only then.
    pub then: u64,
    /// Would be refused.
    pub refused: u64,
}

/// How far a dry run is, and what came of it so far.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Where it stands.
    pub status: Status,
    /// How many events there are to look at.
    pub total: u64,
    /// How many it has looked at.
    pub done: u64,
    /// Runs that failed.
    pub failed: u64,
    /// Leads that were taken as they are today, because their history does not tell what they were.
    pub untold: u64,
    /// What would happen, by effect.
    pub sums: BTreeMap<String, Sum>,
    /// Lines that came after the last that is kept.
    pub cut: u64,
    /// Why it could not go on.
    pub failure: Option<String>,
    /// How long it has worked.
    pub took: Duration,
}

/// One dry run.
#[derive(Debug)]
pub struct DryRun {
    /// Its id.
    pub id: Uuid,
    /// The plugin.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
    /// The function that is called.
    pub call: String,
    /// Whether acts of staff fire the event, so that how many there are is not said.
    pub by_acts: bool,
    /// Whether its words may name people: its manifest reads them.
    pub names_people: bool,
    /// What it looks at, if that is one event: then it can be written down as a case.
    pub(super) one: Option<One>,
    cancelled: AtomicBool,
    ended: Notify,
    inner: Mutex<Inner>,
}

/// The one event that a dry run looks at.
#[derive(Clone, Debug)]
pub(super) struct One {
    pub(super) plugin: Arc<Installed>,
    pub(super) function: Function,
    pub(super) due: Due,
    pub(super) looks_back: bool,
    pub(super) whole: Arc<Whole>,
    /// Whether it is an act of somebody that happened at that instant.
    pub(super) is_act: bool,
}

#[derive(Debug)]
struct Inner {
    progress: Progress,
    lines: Vec<Line>,
    began: Option<Clock>,
    ended: Option<Clock>,
}

impl DryRun {
    pub(super) fn new(manifest: &Manifest, call: &str, by_acts: bool, one: Option<One>) -> Self {
        let progress = Progress {
            status: Status::Waiting,
            total: 0,
            done: 0,
            failed: 0,
            untold: 0,
            sums: BTreeMap::new(),
            cut: 0,
            failure: None,
            took: Duration::ZERO,
        };
        Self {
            id: Uuid::new_v4(),
            plugin: manifest.id.clone(),
            version: manifest.version.clone(),
            call: call.to_owned(),
            by_acts,
            names_people: manifest.reads(Reads::Person),
            one,
            cancelled: AtomicBool::new(false),
            ended: Notify::new(),
            inner: Mutex::new(Inner { progress, lines: Vec::new(), began: None, ended: None }),
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let inner = self.lock();
        let took = inner.began.map_or(Duration::ZERO, |began| inner.ended.unwrap_or_else(Clock::now) - began);
        Progress { took, ..inner.progress.clone() }
    }

    /// Waits until it is over, but no longer than this.
    pub async fn wait(&self, longest: Duration) {
        let ended = self.ended.notified();
        if !self.progress().status.is_over() {
            drop(tokio::time::timeout(longest, ended).await);
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(super) fn begins(&self, total: u64) {
        let mut inner = self.lock();
        inner.progress.status = Status::Running;
        inner.progress.total = total;
        inner.began = inner.began.or_else(|| Some(Clock::now()));
    }

    pub(super) fn moves(&self, done: u64, failed: u64, untold: u64, lines: Vec<Line>) {
        let mut inner = self.lock();
        inner.progress.done += done;
        inner.progress.failed += failed;
        inner.progress.untold += untold;
        for line in lines {
            let sum = match line.difference {
                Difference::Logged | Difference::Failed => None,
                _ => Some(inner.progress.sums.entry(line.what.clone()).or_default()),
            };
            match (line.difference, sum) {
                (Difference::Same, Some(sum)) => sum.same += 1,
                (Difference::Now, Some(sum)) => sum.now += 1,
                (Difference::Then, Some(sum)) => sum.then += 1,
                (Difference::Refused, Some(sum)) => sum.refused += 1,
                (Difference::Logged | Difference::Failed, _) | (_, None) => {}
            }
            if inner.lines.len() < LINES {
                inner.lines.push(line);
            } else {
                inner.progress.cut += 1;
            }
        }
    }

    pub(super) fn ends(&self, outcome: Result<(), Refusal>) {
        let mut inner = self.lock();
        inner.progress.status = match &outcome {
            Ok(()) if self.is_cancelled() => Status::Cancelled,
            Ok(()) => Status::Done,
            Err(_) => Status::Failed,
        };
        inner.progress.failure = outcome.err().map(|refusal| refusal.to_string());
        inner.ended = Some(Clock::now());
        drop(inner);
        self.ended.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stale(&self) -> bool {
        self.lock().ended.is_some_and(|ended| ended.elapsed() > KEPT_FOR)
    }
}

impl DryRuns {
    /// Keeps one more; the one that ended first makes room.
    pub(super) fn keep(&self, run: &Arc<DryRun>) -> Result<(), Refusal> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, run| !run.is_stale());
        if kept.len() >= KEPT {
            let ended = |run: &DryRun| run.lock().ended;
            let first = kept.values().filter_map(|run| Some((ended(run)?, run.id))).min();
            let Some((_, first)) = first else {
                let why = format!("{KEPT} dry runs are under way. Wait until one has ended, or cancel one.");
                return Err(Refusal::NotNow { why });
            };
            kept.remove(&first);
        }
        kept.insert(run.id, Arc::clone(run));
        Ok(())
    }

    fn get(&self, id: Uuid) -> Option<Arc<DryRun>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }
}

/// A dry run of this node.
///
/// # Errors
/// There is none with this id, or its result is not kept any more.
pub fn dry_run(app: &App, id: Uuid) -> Result<Arc<DryRun>, Refusal> {
    app.dry_runs.get(id).ok_or(Refusal::NotFound { what: "dry run" })
}

/// Stops a dry run; what came of it so far stays. One that is over stays as it is.
///
/// # Errors
/// There is none with this id.
pub fn cancel_dry_run(app: &App, id: Uuid) -> Result<Arc<DryRun>, Refusal> {
    let run = dry_run(app, id)?;
    run.cancelled.store(true, Ordering::Relaxed);
    Ok(run)
}

/// Lines of a dry run from a place on, those of one difference if one is named; also the place of the next, if there are more.
pub fn lines(run: &DryRun, difference: Option<Difference>, from: usize, limit: usize) -> (Vec<Line>, Option<usize>) {
    let inner = run.lock();
    let wanted = |line: &Line| difference.is_none_or(|difference| line.difference == difference);
    let mut found = inner.lines.iter().enumerate().skip(from).filter(|(_, line)| wanted(line));
    let page: Vec<(usize, Line)> = found.by_ref().take(limit).map(|(at, line)| (at, line.clone())).collect();
    let next = found.next().map(|(at, _)| at);
    (page.into_iter().map(|(_, line)| line).collect(), next)
}

/// The same for a reader. Where a script's words may name people, they are shown in a day's places, as on the leads themselves ([`crate::places`]): a script
/// that lists who did what on each lead would otherwise be read by a program at once.
pub fn lines_for(
    app: &App,
    reader: Uuid,
    run: &DryRun,
    difference: Option<Difference>,
    from: usize,
    limit: usize,
) -> (Vec<Line>, Option<usize>) {
    let (mut lines, next) = lines(run, difference, from, limit);
    if run.names_people {
        for line in &mut lines {
            let of_effect = || line.effect.as_ref()?.get("lead")?.as_str()?.parse().ok();
            let place = line.record.map(|(_, id)| id).or_else(of_effect).unwrap_or(line.place);
            if !app.shows_people(reader, place) {
                line.effect = None;
                line.because = Some(TOO_MANY_PLACES.to_owned());
            }
        }
    }
    (lines, next)
}
