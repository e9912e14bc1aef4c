//! The writer: takes waiting jobs, does a group of them in one transaction, and answers them when it is on disk.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::error::{Failure, StoreError};
use crate::nodes::Heralds;
use crate::notice::Notice;
use crate::tx::{Trace, Tx};

/// Jobs that may wait in each lane; one more is refused with [`StoreError::Busy`].
pub const QUEUE_JOBS: usize = 1_024;
/// Jobs of one group at most.
pub const GROUP_JOBS: usize = 128;
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
            let outcome = outcome.unwrap_or_else(|_| {
                tracing::error!("a write stopped in a panic; nothing of it is kept");
                Err(StoreError::Panicked.into())
            });
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

/// What one writer does next.
#[derive(Default)]
struct Taken {
    interactive: VecDeque<BoxJob>,
    bulk: Option<BoxJob>,
}

impl Lanes {
    /// Waits for a job, then takes this writer's share of what else waits; nothing when the store is closed and all is done.
    async fn take(&mut self, writers: usize) -> Taken {
        let mut taken = Taken::default();
        tokio::select! {
            biased;
            Some(job) = self.interactive.recv() => taken.interactive.push_back(job),
            Some(job) = self.bulk.recv() => taken.bulk = Some(job),
            else => return taken,
        }
        let share = (taken.interactive.len() + self.interactive.len().div_ceil(writers)).min(GROUP_JOBS);
        while taken.interactive.len() < share
            && let Ok(job) = self.interactive.try_recv()
        {
            taken.interactive.push_back(job);
        }
        if taken.bulk.is_none() {
            taken.bulk = self.bulk.try_recv().ok();
        }
        taken
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
    pub(crate) heralds: Heralds,
    pub(crate) closing: tokio::sync::watch::Receiver<bool>,
}

/// How a try to do jobs together ended.
enum Together {
    /// Committed, or answered; nothing is left to do for them.
    Done,
    /// Rolled back; this one (if it is known) spoiled it.
    Spoiled(Option<usize>),
}

/// Why a job that was done alone was not committed.
enum Refusal {
    /// It refused, and its own words stand.
    Own,
    /// Something outside was in the way; it can be done again.
    Again(StoreError),
    /// The database refused.
    Final(StoreError),
}

impl Refusal {
    fn before_commit(failure: Failure, error: StoreError) -> Self {
        match failure {
            // Nothing was asked to be committed, so a lost connection is as harmless as a lock.
            Failure::Lost => Self::Again(error),
            Failure::Retry => Self::Again(StoreError::Busy),
            Failure::Constraint | Failure::Other => Self::Final(error),
        }
    }

    fn in_commit(error: DbErr) -> Self {
        match Failure::of(&error) {
            Failure::Lost => Self::Final(StoreError::InDoubt),
            Failure::Retry => Self::Again(StoreError::Busy),
            Failure::Constraint | Failure::Other => Self::Final(error.into()),
        }
    }
}

impl Writer {
    /// Works until the store is closed or dropped, and every waiting job is answered.
    pub(crate) async fn work(mut self) {
        loop {
            let taken = {
                let mut lanes = self.lanes.lock().await;
                tokio::select! {
                    biased;
                    Ok(_) = self.closing.wait_for(|closing| *closing) => {
                        lanes.close();
                        lanes.take(self.writers).await
                    }
                    taken = lanes.take(self.writers) => taken,
                }
            };
            if taken.interactive.is_empty() && taken.bulk.is_none() {
                break;
            }
            self.do_group(taken.interactive).await;
            // By itself, so that nobody in front of a screen waits for its commit.
            self.do_group(taken.bulk.into_iter().collect()).await;
        }
        if let Err(error) = self.conn.close().await {
            tracing::warn!(%error, "the writer's connection did not close well");
        }
    }

    /// Does a group together; if that fails, without the one that spoiled it; if that fails, one by one.
    async fn do_group(&self, mut waiting: VecDeque<BoxJob>) {
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

    /// Takes jobs from `waiting` into `part` and does them in one transaction, until the group is old or has many rows.
    async fn do_together(&self, waiting: &mut VecDeque<BoxJob>, part: &mut Vec<BoxJob>) -> Together {
        let began = Instant::now();
        let Ok(tx) = Tx::begin(&self.conn).await else {
            // Each job alone tries again, and says what was in the way.
            part.extend(waiting.drain(..));
            return Together::Spoiled(None);
        };
        while let Some(job) = waiting.pop_front() {
            if job.abandoned() {
                continue;
            }
            part.push(job);
            let index = part.len() - 1;
            if !Self::do_in_group(&tx, &mut part[index]).await {
                tx.roll_back().await;
                return Together::Spoiled(Some(index));
            }
            if tx.rows_waiting() >= GROUP_ROWS || began.elapsed() >= Duration::from_millis(GROUP_MILLIS) {
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
                part.drain(..).for_each(|job| answer_with(job, StoreError::InDoubt));
            }
            Err(_) => return Together::Spoiled(None),
        }
        Together::Done
    }

    /// Does one job of a group; false when the group cannot go on with what it left.
    async fn do_in_group(tx: &Tx, job: &mut BoxJob) -> bool {
        tx.start_job();
        let kept = job.run(tx).await;
        match tx.trace() {
            Trace::Clean | Trace::Wrote if kept => true,
            Trace::Clean => {
                tx.forget_job();
                true
            }
            Trace::Refused(error) => {
                tx.forget_job();
                if kept {
                    job.fail(error);
                }
                true
            }
            Trace::Wrote | Trace::Broken(..) => false,
        }
    }

    /// Does one job in its own transaction, again if something outside was in its way.
    async fn do_alone(&self, mut job: BoxJob) {
        let mut attempt = 1;
        while !job.abandoned() {
            match self.try_alone(&mut job).await {
                Ok(notices) => return self.answer_all(std::iter::once(job), notices),
                Err(Refusal::Own) => return job.answer(),
                Err(Refusal::Final(error)) => return answer_with(job, error),
                Err(Refusal::Again(error)) if attempt > RETRIES => return answer_with(job, error),
                Err(Refusal::Again(_)) => {
                    tokio::time::sleep(Duration::from_millis(RETRY_MILLIS * u64::from(attempt))).await;
                    attempt += 1;
                }
            }
        }
    }

    async fn try_alone(&self, job: &mut BoxJob) -> Result<Vec<Notice>, Refusal> {
        let refused = |error: DbErr| Refusal::before_commit(Failure::of(&error), error.into());
        let tx = Tx::begin(&self.conn).await.map_err(refused)?;
        tx.start_job();
        let kept = job.run(&tx).await;
        let refusal = match tx.trace() {
            Trace::Clean | Trace::Wrote if kept => match tx.flush_rows().await {
                Ok(()) => return tx.commit().await.map_err(Refusal::in_commit),
                Err(error) => refused(error),
            },
            Trace::Clean | Trace::Wrote => Refusal::Own,
            // The job's own words for what the tables refused are better than ours, if it took notice.
            Trace::Refused(_) | Trace::Broken(Failure::Constraint | Failure::Other, _) if !kept => Refusal::Own,
            Trace::Refused(error) => Refusal::Final(error),
            Trace::Broken(failure, error) => Refusal::before_commit(failure, error),
        };
        tx.roll_back().await;
        Err(refusal)
    }

    fn answer_all(&self, jobs: impl Iterator<Item = BoxJob>, notices: Vec<Notice>) {
        // Told first: who is answered can rely on it that what follows from the commit is under way.
        notices.into_iter().for_each(|notice| self.heralds.tell(notice));
        jobs.for_each(|job| job.answer());
    }
}

fn answer_with(mut job: BoxJob, error: StoreError) {
    job.fail(error);
    job.answer();
}
