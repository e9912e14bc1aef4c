//! Opening the connections, with what each database needs to be both safe and quick.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::error::StoreError;

/// Connections to an SQLite file that only read.
pub const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL that only read.
pub const POSTGRES_READERS: u32 = 16;
/// Tasks that write to PostgreSQL at the same time, each with its own connection.
pub const POSTGRES_WRITERS: usize = 4;
/// How long a connection waits for a lock on the SQLite file, in milliseconds.
pub const SQLITE_BUSY_MILLIS: u64 = 5_000;
/// How long a PostgreSQL writer waits for a row that another transaction holds, in milliseconds. It is short because a group holds its rows until it
/// commits: two groups that wait for each other are undone and done again one job at a time.
pub const POSTGRES_LOCK_MILLIS: u64 = 250;
/// Pages of SQLite's log at which the writer itself copies what is left to copy (see `checkpoint`).
const LOG_PAGES: u32 = 16_000;
/// How long a query waits for a free connection, in milliseconds.
pub const ACQUIRE_MILLIS: u64 = 10_000;
/// Prepared statements that each connection keeps.
const STATEMENTS_KEPT: usize = 500;
/// A connection that was idle for this long is tried before it is used, in seconds.
const TRY_AFTER_IDLE_SECONDS: u64 = 30;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file, in this process.
    Sqlite,
    /// A server, shared by several nodes.
    Postgres,
}

/// Where the database is, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = match url.strip_prefix("sqlite:") {
            Some(rest) => rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or_default(),
            None if url.contains("://") => return Err(StoreError::Address("it starts with an unknown word".to_owned())),
            None => url,
        };
        if path.is_empty() || path == ":memory:" {
            return Err(StoreError::Address("SQLite needs a file, since several connections share it".to_owned()));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    pub(crate) fn writers(&self) -> usize {
        match self {
            Self::Sqlite(_) => 1,
            Self::Postgres(_) => POSTGRES_WRITERS,
        }
    }

    /// SQLite's log of what is not in the file yet.
    pub(crate) fn log(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite(path) => {
                let mut name = path.clone().into_os_string();
                name.push("-wal");
                Some(name.into())
            }
            Self::Postgres(_) => None,
        }
    }

    /// The pool that only reads.
    pub(crate) async fn open_readers(&self) -> Result<DatabaseConnection, StoreError> {
        let options = match self {
            Self::Sqlite(path) => sqlite(path, SQLITE_READERS, true),
            Self::Postgres(url) => postgres(url, POSTGRES_READERS, true),
        };
        Ok(Database::connect(options).await?)
    }

    /// One connection that writes.
    pub(crate) async fn open_writer(&self) -> Result<DatabaseConnection, StoreError> {
        let options = match self {
            Self::Sqlite(path) => sqlite(path, 1, false),
            Self::Postgres(url) => postgres(url, 1, false),
        };
        Ok(Database::connect(options).await?)
    }
}

fn common(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_millis(ACQUIRE_MILLIS))
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

fn sqlite(path: &Path, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = common("sqlite:pact.db", connections);
    let path = path.to_owned();
    options.test_before_acquire(false).idle_timeout(None).max_lifetime(None).map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .filename(&path)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(SQLITE_BUSY_MILLIS))
            .statement_cache_capacity(STATEMENTS_KEPT)
            .pragma("temp_store", "MEMORY");
        // In KiB. Readers find in the system's cache what is not in their own, and each has one.
        if read_only {
            return sqlite.pragma("cache_size", "-2000").pragma("query_only", "ON");
        }
        sqlite
            .pragma("cache_size", "-16000")
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", LOG_PAGES.to_string())
            .pragma("journal_size_limit", "67108864")
    });
    options
}

fn postgres(url: &str, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = common(url, connections);
    options.test_before_acquire_if_idle_for(Duration::from_secs(TRY_AFTER_IDLE_SECONDS)).map_sqlx_postgres_opts(
        move |postgres| {
            let postgres = postgres.application_name("pact").statement_cache_capacity(STATEMENTS_KEPT);
            if read_only {
                postgres.options([("default_transaction_read_only", "on")])
            } else {
                postgres.options([("lock_timeout", POSTGRES_LOCK_MILLIS.to_string().as_str())])
            }
        },
    );
    options
}
