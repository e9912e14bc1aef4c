//! The writer: takes waiting jobs, does a group of them in one transaction, and answers them when it is on disk.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::{Mutex, broadcast, mpsc, oneshot};

use crate::error::{Failure, StoreError};
use crate::notice::Notice;
use crate::tx::{Trace, Tx};

/// Jobs that may wait in each lane; one more is refused with [`StoreError::Busy`].
pub const QUEUE_JOBS: usize = 1_024;
/// Jobs of one group at most.
pub const GROUP_JOBS: usize = 128;
/// Bulk jobs of one group at most, so that whoever waits in front of a screen never waits for many of them.
pub const GROUP_BULK_JOBS: usize = 1;
/// Appended rows of one group at most; a group that has more is committed before its next job.
pub const GROUP_ROWS: usize = 4_096;
/// A group older than this is committed before its next job, in milliseconds.
pub const GROUP_MILLIS: u64 = 20;
/// How often a job is done again because another transaction was in its way.
pub const RETRIES: u32 = 8;
/// The pause before the first repetition, in milliseconds; each further one is longer by as much.
pub const RETRY_MILLIS: u64 = 5;

/// Work that waits for a transaction. It may be run more than once, each time in another transaction; what one run left is gone before the next.
pub(crate) trait Job: Send {
    /// Whether nobody waits for the answer any more.
    fn abandoned(&self) -> bool;
    /// Runs the work and keeps its outcome; false when it refused.
    fn run<'a>(&'a mut self, tx: &'a Tx) -> LocalBoxFuture<'a, bool>;
    /// Replaces the outcome.
    fn fail(&mut self, error: StoreError);
    /// Tells whoever waits.
    fn answer(self: Box<Self>);
}

/// A job of one type.
pub(crate) struct Work<F, T, E> {
    work: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Work<F, T, E> {
    pub(crate) fn new(work: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { work, outcome: None, reply }
    }
}

impl<F, T, E> Job for Work<F, T, E>
where
    F: AsyncFn(&Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run<'a>(&'a mut self, tx: &'a Tx) -> LocalBoxFuture<'a, bool> {
        Box::pin(async move {
            let work = &self.work;
            let outcome = AssertUnwindSafe(async { work(tx).await }).catch_unwind().await;
            let outcome = outcome.unwrap_or_else(|_| Err(StoreError::Panicked.into()));
            let kept = outcome.is_ok();
            self.outcome = Some(outcome);
            kept
        })
    }

    fn fail(&mut self, error: StoreError) {
        self.outcome = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(StoreError::Closed.into()));
        // Whoever asked may have left; the work is done all the same.
        let _ = self.reply.send(outcome);
    }
}

pub(crate) type BoxJob = Box<dyn Job>;

/// The two lanes in which jobs wait.
pub(crate) struct Lanes {
    pub(crate) interactive: mpsc::Receiver<BoxJob>,
    pub(crate) bulk: mpsc::Receiver<BoxJob>,
}

impl Lanes {
    /// Waits for a job, then takes what else waits, interactive jobs first; none when the store is closed and all is done.
    async fn group(&mut self, writers: usize) -> VecDeque<BoxJob> {
        let mut group = VecDeque::new();
        let first = tokio::select! {
            biased;
            Some(job) = self.interactive.recv() => Some((job, 0)),
            Some(job) = self.bulk.recv() => Some((job, 1)),
            else => None,
        };
        let Some((first, mut bulk)) = first else { return group };
        group.push_back(first);
        let share = (self.interactive.len().div_ceil(writers)).min(GROUP_JOBS);
        while group.len() < share
            && let Ok(job) = self.interactive.try_recv()
        {
            group.push_back(job);
        }
        while bulk < GROUP_BULK_JOBS
            && let Ok(job) = self.bulk.try_recv()
        {
            group.push_back(job);
            bulk += 1;
        }
        group
    }

    fn close(&mut self) {
        self.interactive.close();
        self.bulk.close();
    }
}

/// One task that writes.
pub(crate) struct Writer {
    pub(crate) conn: DatabaseConnection,
    pub(crate) lanes: Arc<Mutex<Lanes>>,
    pub(crate) writers: usize,
    pub(crate) committed: broadcast::Sender<Notice>,
    pub(crate) closing: tokio::sync::watch::Receiver<bool>,
}

/// How a try to do jobs together ended.
enum Together {
    /// Committed, or answered; nothing is left to do for them.
    Done,
    /// Rolled back; this one (if it is known) spoiled it.
    Spoiled(Option<usize>),
}

impl Writer {
    /// Works until the store is closed or dropped, and every waiting job is answered.
    pub(crate) async fn work(mut self) {
        loop {
            let group = {
                let mut lanes = self.lanes.lock().await;
                tokio::select! {
                    biased;
                    Ok(_) = self.closing.wait_for(|closing| *closing) => {
                        lanes.close();
                        lanes.group(self.writers).await
                    }
                    group = lanes.group(self.writers) => group,
                }
            };
            if group.is_empty() {
                break;
            }
            self.do_group(group).await;
        }
        if let Err(error) = self.conn.close().await {
            tracing::warn!(%error, "the writer's connection did not close well");
        }
    }

    /// Does a group together; if that fails, without the one that spoiled it; if that fails, one by one.
    async fn do_group(&self, group: VecDeque<BoxJob>) {
        let mut waiting: VecDeque<BoxJob> = group.into_iter().filter(|job| !job.abandoned()).collect();
        let mut alone = Vec::new();
        while !waiting.is_empty() {
            let mut part = Vec::new();
            match self.do_together(&mut waiting, &mut part).await {
                Together::Done => {}
                Together::Spoiled(Some(index)) if alone.is_empty() => {
                    alone.push(part.remove(index));
                    part.into_iter().rev().for_each(|job| waiting.push_front(job));
                }
                Together::Spoiled(_) => {
                    alone.append(&mut part);
                    alone.extend(waiting.drain(..));
                }
            }
        }
        for job in alone {
            self.do_alone(job).await;
        }
    }

    /// Takes jobs from `waiting` into `part` and does them in one transaction.
    async fn do_together(&self, waiting: &mut VecDeque<BoxJob>, part: &mut Vec<BoxJob>) -> Together {
        let began = Instant::now();
        let tx = match Tx::begin(&self.conn).await {
            Ok(tx) => tx,
            Err(error) => {
                refuse_all(waiting.drain(..), &error);
                return Together::Done;
            }
        };
        let old = Duration::from_millis(GROUP_MILLIS);
        while let Some(mut job) = waiting.pop_front() {
            tx.start_job();
            let kept = job.run(&tx).await;
            let trace = tx.trace();
            part.push(job);
            let index = part.len() - 1;
            match (trace, kept) {
                (Trace::Clean | Trace::Wrote, true) => {}
                (Trace::Clean, false) => tx.forget_job(),
                (Trace::Refused(error), kept) => {
                    tx.forget_job();
                    if kept {
                        part[index].fail(error);
                    }
                }
                (Trace::Wrote, false) | (Trace::Broken(..), _) => {
                    tx.roll_back().await;
                    return Together::Spoiled(Some(index));
                }
            }
            if tx.rows_waiting() >= GROUP_ROWS || began.elapsed() >= old {
                break;
            }
        }
        tx.start_job();
        if tx.flush_rows().await.is_err() {
            tx.roll_back().await;
            return Together::Spoiled(None);
        }
        match tx.commit().await {
            Ok(notices) => self.answer_all(part.drain(..), notices),
            Err(error) if Failure::of(&error) == Failure::Lost => {
                part.drain(..).for_each(|job| answer_with(job, StoreError::InDoubt))
            }
            Err(_) => return Together::Spoiled(None),
        }
        Together::Done
    }

    /// Does one job in its own transaction, again if another transaction was in its way.
    async fn do_alone(&self, mut job: BoxJob) {
        for attempt in 1..=RETRIES {
            match self.try_alone(&mut job).await {
                Ok(notices) => return self.answer_all(std::iter::once(job), notices),
                Err(None) => return job.answer(),
                Err(Some((Failure::Retry, _))) if attempt < RETRIES => {
                    tokio::time::sleep(Duration::from_millis(RETRY_MILLIS * u64::from(attempt))).await;
                }
                Err(Some((_, error))) => return answer_with(job, error),
            }
        }
    }

    /// One try: the notices of the commit; or nothing when the job itself refused and keeps its own words; or what the database refused.
    async fn try_alone(&self, job: &mut BoxJob) -> Result<Vec<Notice>, Option<(Failure, StoreError)>> {
        let broken = |error: DbErr| Some((Failure::of(&error), StoreError::from(error)));
        let tx = Tx::begin(&self.conn).await.map_err(broken)?;
        tx.start_job();
        let kept = job.run(&tx).await;
        let refusal = match tx.trace() {
            Trace::Clean | Trace::Wrote if kept => match tx.flush_rows().await {
                Ok(()) => return tx.commit().await.map_err(|error| Some(lost_in_commit(error))),
                Err(error) => broken(error),
            },
            Trace::Clean | Trace::Wrote => None,
            // The job's own words for a failed statement are better than ours, unless trying again helps or it took no notice.
            Trace::Refused(_) | Trace::Broken(Failure::Constraint | Failure::Other | Failure::Lost, _) if !kept => None,
            Trace::Refused(error) => Some((Failure::Constraint, error)),
            Trace::Broken(failure, error) => Some((failure, error)),
        };
        tx.roll_back().await;
        Err(refusal)
    }

    fn answer_all(&self, jobs: impl Iterator<Item = BoxJob>, notices: Vec<Notice>) {
        jobs.for_each(|job| job.answer());
        for notice in notices {
            // Nobody may be listening.
            let _ = self.committed.send(notice);
        }
    }
}

fn lost_in_commit(error: DbErr) -> (Failure, StoreError) {
    match Failure::of(&error) {
        Failure::Lost => (Failure::Lost, StoreError::InDoubt),
        failure @ (Failure::Constraint | Failure::Retry | Failure::Other) => (failure, error.into()),
    }
}

fn answer_with(mut job: BoxJob, error: StoreError) {
    job.fail(error);
    job.answer();
}

fn refuse_all(jobs: impl Iterator<Item = BoxJob>, error: &DbErr) {
    jobs.for_each(|job| answer_with(job, error.clone().into()));
}
