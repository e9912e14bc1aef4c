//! The transaction as a job sees it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sea_orm::entity::prelude::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, SqliteTransactionMode,
    Statement, StatementBuilder, TransactionOptions, TransactionTrait,
};

use crate::error::{Failure, StoreError};
use crate::journal::{Journal, Mark, Pending};
use crate::notice::Notice;

/// A transaction shared by the jobs of a group. Every query runs on it as on a connection; it keeps an eye on what each job wrote and on what failed.
///
/// Rows given to [`Tx::append`] are written at the end of the group; a statement that names their table is preceded by writing them, so no job ever
/// misses a row of its own or of an earlier job.
#[derive(Debug)]
pub struct Tx {
    inner: DatabaseTransaction,
    state: Mutex<State>,
    flushing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    pending: Pending,
    notices: Vec<Notice>,
    job: JobState,
}

/// What the job that runs now has done.
#[derive(Debug, Default)]
struct JobState {
    mark: Mark,
    notices: usize,
    wrote: bool,
    failed: Option<(Failure, StoreError)>,
}

/// What is left of a job after it ran.
#[derive(Debug)]
pub(crate) enum Trace {
    /// Nothing, or only what a refusal can take back: its neighbours are not touched.
    Clean,
    /// It wrote, so that refusing it means rolling back.
    Wrote,
    /// The database refused a statement, and the transaction can go on without the job.
    Refused(StoreError),
    /// A statement failed so that the transaction cannot go on.
    Broken(Failure, StoreError),
}

impl Tx {
    pub(crate) async fn begin(conn: &sea_orm::DatabaseConnection) -> Result<Self, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = conn.begin_with_options(options).await?;
        Ok(Self { inner, state: Mutex::default(), flushing: tokio::sync::Mutex::default() })
    }

    /// Adds a new row. It is on disk when the job is answered.
    pub fn append<R: Journal>(&self, row: R) {
        let mut state = self.state();
        if let Some(notice) = row.notice() {
            state.notices.push(notice);
        }
        row.collect(&mut state.pending);
    }

    /// Tells listeners of this after the commit, and only then.
    pub fn after_commit(&self, notice: Notice) {
        self.state().notices.push(notice);
    }

    /// Writes all appended rows now.
    ///
    /// # Errors
    /// When the database refuses a row; the group is then rolled back and each of its jobs is done alone.
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.flush_rows().await.map_err(StoreError::from)
    }

    pub(crate) async fn flush_rows(&self) -> Result<(), DbErr> {
        let _one_at_a_time = self.flushing.lock().await;
        let pending = {
            let mut state = self.state();
            let (now, then) = (state.pending.len(), state.job.mark.len());
            state.job.wrote |= now > then;
            state.job.mark = Mark::default();
            std::mem::take(&mut state.pending)
        };
        let written = pending.write(&self.inner).await;
        if let Err(error) = &written {
            // Whose row it was is not known, so the group cannot go on.
            self.state().job.failed = Some((worst(Failure::of(error)), error.clone().into()));
        }
        written
    }

    /// Forgets the last job and looks out for the next.
    pub(crate) fn start_job(&self) {
        let mut state = self.state();
        state.job = JobState { mark: state.pending.mark(), notices: state.notices.len(), ..JobState::default() };
    }

    /// What the job left; what only a refusal can take back is still there.
    pub(crate) fn trace(&self) -> Trace {
        let state = self.state();
        match &state.job.failed {
            Some((Failure::Constraint, error)) if !state.job.wrote && self.inner.get_database_backend() == DbBackend::Sqlite => {
                Trace::Refused(error.clone())
            }
            Some((failure, error)) => Trace::Broken(*failure, error.clone()),
            None if state.job.wrote => Trace::Wrote,
            None => Trace::Clean,
        }
    }

    /// Takes back what a refused job collected.
    pub(crate) fn forget_job(&self) {
        let mut state = self.state();
        let (mark, notices) = (state.job.mark, state.job.notices);
        state.pending.truncate(mark);
        state.notices.truncate(notices);
    }

    pub(crate) fn rows_waiting(&self) -> usize {
        self.state().pending.len()
    }

    /// Commits, and returns what listeners are to hear.
    pub(crate) async fn commit(self) -> Result<Vec<Notice>, DbErr> {
        self.inner.commit().await?;
        Ok(self.state.into_inner().unwrap_or_else(PoisonError::into_inner).notices)
    }

    pub(crate) async fn roll_back(self) {
        // A rollback that cannot be asked for happens by itself when the connection goes.
        if let Err(error) = self.inner.rollback().await {
            tracing::warn!(%error, "a transaction could not be rolled back");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Executes a statement that names a journal table but cannot touch a row that still waits to be written.
    pub(crate) async fn execute_past_journal(&self, statement: &impl StatementBuilder) -> Result<ExecResult, DbErr> {
        self.alive()?;
        let result = self.inner.execute(statement).await;
        self.after(result, |done| done.rows_affected() > 0)
    }

    /// As [`Tx::execute_past_journal`], with the rows that the statement returns; it must write.
    pub(crate) async fn query_past_journal(&self, statement: &impl StatementBuilder) -> Result<Vec<QueryResult>, DbErr> {
        self.alive()?;
        let result = self.inner.query_all(statement).await;
        self.after(result, |rows| !rows.is_empty())
    }

    /// Nothing runs after a failure.
    fn alive(&self) -> Result<(), DbErr> {
        if self.state().job.failed.is_some() {
            return Err(DbErr::Exec(RuntimeErr::Internal("an earlier statement of this job failed".to_owned())));
        }
        Ok(())
    }

    /// Before each statement: waiting rows are written if the statement may look for them.
    async fn before(&self, sql: &str) -> Result<(), DbErr> {
        self.alive()?;
        let flush = self.state().pending.mentioned_in(sql);
        if flush { self.flush_rows().await } else { Ok(()) }
    }

    fn after<T>(&self, result: Result<T, DbErr>, wrote: impl FnOnce(&T) -> bool) -> Result<T, DbErr> {
        let mut state = self.state();
        match &result {
            Ok(value) => state.job.wrote |= wrote(value),
            Err(error) => state.job.failed = Some((Failure::of(error), error.clone().into())),
        }
        result
    }
}

fn worst(failure: Failure) -> Failure {
    match failure {
        Failure::Constraint => Failure::Other,
        Failure::Retry | Failure::Other | Failure::Lost => failure,
    }
}

fn only_reads(sql: &str) -> bool {
    sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.before(&statement.sql).await?;
        let result = self.inner.execute_raw(statement).await;
        self.after(result, |done| done.rows_affected() > 0)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.before(sql).await?;
        let result = self.inner.execute_unprepared(sql).await;
        self.after(result, |_| true)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.before(&statement.sql).await?;
        let reads = only_reads(&statement.sql);
        let result = self.inner.query_one_raw(statement).await;
        self.after(result, |_| !reads)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.before(&statement.sql).await?;
        let reads = only_reads(&statement.sql);
        let result = self.inner.query_all_raw(statement).await;
        self.after(result, |_| !reads)
    }
}
