//! Why the store refuses: each reason says what, why, and what to do next.

use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr, SqlErr};
use thiserror::Error;

/// A reason for which something was not read or not written. What was refused left nothing behind, but for [`StoreError::InDoubt`].
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// As many writes wait as may wait ([`crate::QUEUE_JOBS`]).
    #[error("more work waits than can be done soon; try again in a moment")]
    Busy,
    /// The record is not what the caller last saw.
    #[error("this {what} was changed meanwhile; read it again and repeat your change")]
    Conflict {
        /// The record's noun.
        what: &'static str,
    },
    /// No record has this id.
    #[error("there is no such {what}; it may have been merged or removed")]
    NotFound {
        /// The record's noun.
        what: &'static str,
    },
    /// Something unique (an e-mail address, a name, a key) is already used by another record.
    #[error("this is taken already ({detail}); choose another or change the one that exists")]
    Taken {
        /// What the database said.
        detail: String,
    },
    /// A record points at one that does not exist, or one that is still pointed at was to go.
    #[error("a record that this one needs does not exist, or still needs this one; check the ids")]
    Reference,
    /// A report of more groups than are put together ([`crate::view::MAX_ROWS`]).
    #[error("this asks for more groups than can be put together; narrow it, or group by something coarser")]
    TooMuch,
    /// A cursor that this list did not give, or gave for another order.
    #[error("this cursor belongs to another list or order; start again without a cursor")]
    BadCursor,
    /// The work on this write stopped in a defect of ours; nothing of it was written.
    #[error("the server met a defect while writing; nothing was written, and the log says more")]
    Panicked,
    /// The connection broke between asking for the commit and hearing of it.
    #[error("the connection to the database broke during the commit; read again to see whether it was written")]
    InDoubt,
    /// The store was closed.
    #[error("the server is stopping; try again when it is back")]
    Closed,
    /// The address of the database cannot be used.
    #[error("cannot use this database address: {0}; give a path, sqlite://PATH or postgres://HOST/NAME")]
    Address(String),
    /// Anything else that the database reported.
    #[error("the database failed: {0}")]
    Database(DbErr),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(detail)) => Self::Taken { detail },
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::Reference,
            _ => Self::Database(error),
        }
    }
}

/// How a failed statement leaves the transaction around it, and what may be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A rule of the tables refused the statement (unique, foreign key, not null).
    Constraint,
    /// Another transaction was in the way; the same work can be done again.
    Retry,
    /// The server answered with something else.
    Other,
    /// The connection is gone; whether a commit happened is not known.
    Lost,
}

/// PostgreSQL: could not serialise, deadlock, lock not available in time, cancelled (which is how a time limit for a lock shows when it ends just as
/// the lock is given; nobody else cancels our statements). SQLite: busy, in its plain and extended forms.
const RETRY_CODES: [&str; 8] = ["40001", "40P01", "55P03", "57014", "5", "6", "261", "517"];

/// PostgreSQL: the server is stopped, crashes or starts, and says so before it hangs up.
const LOST_CODES: [&str; 3] = ["57P01", "57P02", "57P03"];

impl Failure {
    pub(crate) fn of(error: &DbErr) -> Self {
        let (DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner))
        | DbErr::Conn(RuntimeErr::SqlxError(inner))) = error
        else {
            return Self::Other;
        };
        match inner.as_ref() {
            sqlx::Error::Database(reply) => {
                let code = reply.code().unwrap_or_default();
                if RETRY_CODES.contains(&code.as_ref()) {
                    Self::Retry
                } else if LOST_CODES.contains(&code.as_ref()) {
                    Self::Lost
                } else if matches!(reply.kind(), sqlx::error::ErrorKind::Other) {
                    Self::Other
                } else {
                    Self::Constraint
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Lost,
            _ => Self::Other,
        }
    }
}
