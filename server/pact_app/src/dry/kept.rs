//! Dry runs that are under way on this node, in its memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Clock};

use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use super::compare::{Difference, Line};
use super::told::{About, Asked, Progress, Shown, Status};
use crate::Refusal;

/// Dry runs that work at the same time on a node; others wait.
const AT_ONCE: usize = 2;
/// Lines of one result that are kept; sums go on.
const LINES: usize = 50_000;

/// The dry runs that are under way on this node.
pub(crate) struct DryRuns {
    live: Mutex<BTreeMap<Uuid, Arc<DryRun>>>,
    pub(super) room: Semaphore,
}

impl Default for DryRuns {
    fn default() -> Self {
        Self { live: Mutex::default(), room: Semaphore::new(AT_ONCE) }
    }
}

impl DryRuns {
    pub(super) fn add(&self, run: &Arc<DryRun>) {
        self.lock().insert(run.id, Arc::clone(run));
    }

    pub(super) fn get(&self, id: Uuid) -> Option<Arc<DryRun>> {
        self.lock().get(&id).cloned()
    }

    pub(super) fn forget(&self, id: Uuid) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Uuid, Arc<DryRun>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One dry run, on the node that does it.
#[derive(Debug)]
pub struct DryRun {
    /// Its id.
    pub id: Uuid,
    about: About,
    /// What was asked, where that is one event: then it can be written down as a case.
    pub(super) asked: Option<Asked>,
    cancelled: AtomicBool,
    ended: Notify,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    progress: Progress,
    lines: Vec<Line>,
    began: Option<Clock>,
    ended: Option<Clock>,
}

impl DryRun {
    pub(super) fn new(about: About, asked: Option<Asked>) -> Self {
        Self {
            id: Uuid::new_v4(),
            about,
            asked,
            cancelled: AtomicBool::new(false),
            ended: Notify::new(),
            inner: Mutex::default(),
        }
    }

    /// What it is, how far it is, and what came of it so far.
    pub fn shown(&self) -> Shown {
        let inner = self.lock();
        let took = inner.began.map_or(Duration::ZERO, |began| inner.ended.unwrap_or_else(Clock::now) - began);
        Shown { id: self.id, about: self.about.clone(), progress: Progress { took, ..inner.progress.clone() } }
    }

    /// What it is.
    pub(super) fn about(&self) -> &About {
        &self.about
    }

    /// Waits until it is over, but no longer than this.
    pub async fn wait(&self, longest: Duration) {
        let ended = self.ended.notified();
        if !self.lock().progress.status.is_over() {
            drop(tokio::time::timeout(longest, ended).await);
        }
    }

    /// Stops it at the next event; what came of it so far stays. One that is over stays as it is.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Lines from a place on, those of one difference if one is named; also the place of the next, if there are more.
    pub fn lines(&self, difference: Option<Difference>, from: usize, limit: usize) -> (Vec<Line>, Option<usize>) {
        let inner = self.lock();
        let wanted = |line: &Line| difference.is_none_or(|difference| line.difference == difference);
        let mut found = inner.lines.iter().enumerate().skip(from).filter(|(_, line)| wanted(line));
        let page: Vec<Line> = found.by_ref().take(limit).map(|(_, line)| line.clone()).collect();
        let next = found.next().map(|(at, _)| at);
        (page, next)
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
            inner.progress.count(&line);
            if inner.lines.len() < LINES {
                inner.lines.push(line);
            } else {
                inner.progress.cut += 1;
            }
        }
    }

    /// What is shown of it once it ended so.
    pub(super) fn over(&self, outcome: Result<(), Refusal>) -> Shown {
        self.lock().ended = Some(Clock::now());
        let mut shown = self.shown();
        shown.progress.status = match &outcome {
            Ok(()) if self.is_cancelled() => Status::Cancelled,
            Ok(()) => Status::Done,
            Err(_) => Status::Failed,
        };
        shown.progress.failure = outcome.err().map(|refusal| refusal.to_string());
        shown
    }

    /// Tells those who wait that it is over.
    pub(super) fn ends(&self, progress: Progress) {
        self.lock().progress = progress;
        self.ended.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
