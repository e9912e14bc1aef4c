//! What PACT remembers: the rows of its tables, the queries that find them, and the one way to write.
//!
//! # The writer
//! [`Store::write`] takes a job: an async closure over a transaction ([`Tx`]). A writer task takes the jobs that wait (a bounded queue: a full one
//! refuses at once), begins one transaction, runs the jobs in order, writes the rows they appended to journal tables with one insert for many rows,
//! commits once, and only then answers each job. So one `fsync` serves a whole group, and `synchronous = FULL` costs little.
//! A job that refuses before it wrote anything fails alone. One that refuses after writing, or breaks the transaction, has the group rolled back; the
//! others are done together without it, and it is done alone; if that fails too, each is done alone. SQLite has one writer; PostgreSQL has
//! several, and what meets another's locks is done again a bounded number of times. Each writer lives on its own thread, so a job may borrow
//! what its closure captured: `store.write(async move |tx| { … }).await`.
//!
//! # Invariants
//! - No answer before the commit; no acknowledged write is lost, whatever is killed.
//! - A refused or panicking job leaves nothing behind and harms no neighbour.
//! - Nothing writes but a job; the readers' connections cannot.
//! - A job sees every row that it or an earlier job of its group appended: a statement that names the table has them written first.
//! - A change is refused when the record is not what the caller saw ([`record::save`]); no counter of changes exists anywhere.
//! - What one node commits, the others hear of within moments, on PostgreSQL (see `nodes`); whoever must not miss it looks into the database as well.
//! - Queries of lists take a scope first and have no filter that selects traces by person, but for a person's own (`policy.md` §6).

pub mod acts;
pub mod automation;
pub mod by_field;
pub mod calendar_feed;
pub mod card;
mod checkpoint;
pub mod coaching;
pub mod contact;
pub mod customer;
pub mod digest;
pub mod dry_run;
pub mod effect_limit;
pub mod entity;
mod error;
pub mod event;
pub mod evidence;
pub mod field;
pub mod formula;
pub mod goal;
pub mod import;
pub mod job;
mod journal;
pub mod lead;
pub mod list;
pub mod mail;
pub mod message;
mod nodes;
mod notice;
mod open;
pub mod organisation;
pub mod outbox;
pub mod pack;
pub mod pact;
pub mod past;
pub mod person;
pub mod plan;
pub mod plugin;
pub mod plugin_arrival;
pub mod push;
pub mod quiet;
pub mod record;
pub mod request;
pub mod rotation;
pub mod schedule;
pub mod scope;
pub mod search;
pub mod security;
pub mod settings_version;
mod store;
mod together;
mod tx;
pub mod value;
pub mod view;
pub mod webhook;
mod writer;

pub use error::StoreError;
pub use journal::Journal;
pub use list::{Ask, Listed, Page, Sort, SortBy};
pub use notice::Notice;
pub use open::{
    ACQUIRE_MILLIS, Kind, POSTGRES_LOCK_MILLIS, POSTGRES_READERS, POSTGRES_WRITERS, SQLITE_BUSY_MILLIS, SQLITE_READERS,
};
pub use scope::Scope;
pub use store::{Lane, NOTICES_KEPT, Store};
pub use tx::Tx;
pub use value::{AsJson, Json, Secret, Words};
pub use writer::{GROUP_JOBS, GROUP_MILLIS, GROUP_ROWS, QUEUE_JOBS, RETRIES, RETRY_MILLIS};

/// Ids that one query asks for at most; more are asked for in several queries.
pub const IDS_PER_QUERY: usize = 500;
