//! The store: readers, writers, and what was committed.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use pact_migrations::{Migrator, MigratorTrait, Standing};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::checkpoint::copy_beside;
use crate::error::StoreError;
use crate::nodes::{self, Heralds};
use crate::notice::Notice;
use crate::open::{Address, Kind};
use crate::tx::Tx;
use crate::writer::{BoxJob, Lanes, QUEUE_JOBS, Work, Writer};

/// Notices that a listener may be behind before it misses some.
pub const NOTICES_KEPT: usize = 4_096;
/// The lock under which one node at a time migrates a PostgreSQL database: `pact` in ASCII.
const MIGRATION_LOCK: i64 = 0x7061_6374;

/// Everything that PACT remembers. Cheap to clone; all clones share the connections.
#[derive(Clone, Debug)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    address: Address,
    readers: DatabaseConnection,
    interactive: mpsc::Sender<BoxJob>,
    bulk: mpsc::Sender<BoxJob>,
    committed: broadcast::Sender<Notice>,
    closing: watch::Sender<bool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Whether somebody waits in front of a screen for a write, or a long work does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// First; refused at once when too much waits.
    Interactive,
    /// One at a time, between the groups of the interactive lane; waits for its place.
    Bulk,
}

impl Store {
    /// Opens a database: a path or `sqlite://PATH` (the file is created) or `postgres://…`. Tables are made by [`Store::migrate`].
    ///
    /// # Errors
    /// When the address makes no sense or the database cannot be reached.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let address = Address::parse(url)?;
        let (interactive, interactive_jobs) = mpsc::channel(QUEUE_JOBS);
        let (bulk, bulk_jobs) = mpsc::channel(QUEUE_JOBS);
        let (closing, closed) = watch::channel(false);
        let (committed, _) = broadcast::channel(NOTICES_KEPT);
        let elsewhere = match address.kind() {
            Kind::Sqlite => None,
            Kind::Postgres => Some(broadcast::channel(NOTICES_KEPT).0),
        };
        let heralds = Heralds { here: committed.clone(), elsewhere };
        let lanes = Arc::new(tokio::sync::Mutex::new(Lanes { interactive: interactive_jobs, bulk: bulk_jobs }));
        let mut threads = Vec::new();
        for number in 0..address.writers() {
            let (lanes, heralds, closing) = (lanes.clone(), heralds.clone(), closed.clone());
            let writers = address.writers();
            let work = async move |conn| Writer { conn, lanes, writers, heralds, closing }.work().await;
            threads.push(start(format!("pact-writer-{number}"), address.clone(), work).await?);
        }
        if let (Address::Postgres(url), Some(own)) = (&address, heralds.elsewhere.as_ref().map(broadcast::Sender::subscribe)) {
            let (url, closing, here) = (url.clone(), closed.clone(), committed.clone());
            let (ready, listens) = oneshot::channel();
            let speak = async move |conn| nodes::speak(conn, url, here, own, closing, ready).await;
            threads.push(start("pact-nodes".to_owned(), address.clone(), speak).await?);
            // What is read from now on and changed later is heard of.
            drop(listens.await);
        }
        if let Some(log) = address.log() {
            let copy = async move |conn| copy_beside(conn, log, closed).await;
            threads.push(start("pact-checkpoint".to_owned(), address.clone(), copy).await?);
        }
        // The file exists now, in WAL mode, so that readers find it.
        let readers = address.open_readers().await?;
        let shared = Shared { address, readers, interactive, bulk, committed, closing, threads: Mutex::new(threads) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Brings the tables up to date; safe to repeat, and safe when several nodes start at once.
    ///
    /// A database that a newer release only widened is left as it is, and may be worked with (see `pact_migrations`).
    ///
    /// # Errors
    /// [`StoreError::NewerDatabase`] when a newer release took away what this one needs, or what the database reports.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let conn = self.shared.address.open_writer().await?;
        if self.kind() == Kind::Postgres {
            conn.execute_unprepared("SET lock_timeout = 0").await?;
            conn.execute_unprepared(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await?;
        }
        let done = migrate(&conn).await;
        // Closing the session frees the lock.
        conn.close().await?;
        done
    }

    /// Lets SQLite learn from the present rows which index serves which query best; PostgreSQL does so by itself. For a quiet moment of the day.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        match self.kind() {
            Kind::Sqlite => {
                let learn =
                    async |tx: &Tx| tx.execute_unprepared("PRAGMA optimize=0x10002").await.map(drop).map_err(StoreError::from);
                self.write_in(Lane::Bulk, learn).await
            }
            Kind::Postgres => Ok(()),
        }
    }

    /// Which database it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.shared.address.kind()
    }

    /// The folder of the database's file, where other files of this server can stand; none when the database is a server.
    #[must_use]
    pub fn folder(&self) -> Option<std::path::PathBuf> {
        match &self.shared.address {
            Address::Sqlite(path) => Some(path.parent().map(std::path::Path::to_path_buf).unwrap_or_default()),
            Address::Postgres(_) => None,
        }
    }

    /// Connections for queries. They cannot write.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.shared.readers
    }

    /// Does `job` in a transaction, grouped with its neighbours, and returns its outcome once that is on disk.
    ///
    /// The job may run more than once, each time on a transaction in which nothing of an earlier run is left, so it must change nothing but the
    /// transaction. An `Err` of the job leaves nothing behind. A caller that drops the future before the job began cancels it; after that, the job is done.
    ///
    /// # Errors
    /// Those of the job; and [`StoreError::Busy`], [`StoreError::Closed`], [`StoreError::Panicked`], [`StoreError::InDoubt`] or what the database
    /// reported, through `E: From<StoreError>`.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write_in(Lane::Interactive, job).await
    }

    /// As [`Store::write`], in the lane of the caller's choice.
    ///
    /// # Errors
    /// As [`Store::write`]; in [`Lane::Bulk`] never [`StoreError::Busy`], since the caller waits for a place.
    pub async fn write_in<T, E, F>(&self, lane: Lane, job: F) -> Result<T, E>
    where
        F: AsyncFn(&Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        let job: BoxJob = Box::new(Work::new(job, reply));
        match lane {
            Lane::Interactive => self.shared.interactive.try_send(job).map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            })?,
            Lane::Bulk => self.shared.bulk.send(job).await.map_err(|_| StoreError::Closed)?,
        }
        outcome.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Hears of everything that is committed from now on, in this process and by other nodes. Whoever falls behind by [`NOTICES_KEPT`] is told so and looks into the database.
    #[must_use]
    pub fn committed(&self) -> broadcast::Receiver<Notice> {
        self.shared.committed.subscribe()
    }

    /// Takes no more jobs, does those that wait, and closes every connection.
    pub async fn close(&self) {
        self.shared.closing.send_replace(true);
        let threads = std::mem::take(&mut *self.shared.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(move || threads.into_iter().all(|thread| thread.join().is_ok())).await;
        if !matches!(joined, Ok(true)) {
            tracing::error!("a writer ended in a defect");
        }
        if let Err(error) = self.shared.readers.close_by_ref().await {
            tracing::warn!(%error, "the readers did not close well");
        }
    }
}

async fn migrate(conn: &DatabaseConnection) -> Result<(), StoreError> {
    match pact_migrations::standing(conn).await? {
        Standing::Known => match Migrator::up(conn, None).await {
            // Another process may have made the same tables in the same moment.
            Err(_) if Migrator::get_pending_migrations(conn).await?.is_empty() => Ok(()),
            done => Ok(done?),
        },
        Standing::Newer { unknown } => {
            let unknown = unknown.join(", ");
            tracing::warn!(unknown, "the database is of a newer release, which took nothing away; update this node too");
            Ok(())
        }
        Standing::TooOld { needs, because } => {
            Err(StoreError::NewerDatabase { why: format!("it needs {needs} ({})", because.trim_end_matches('.')) })
        }
        Standing::Apart { unknown, missing } => {
            Err(StoreError::NewerDatabase { why: format!("it has {}, and lacks {}", unknown.join(", "), missing.join(", ")) })
        }
    }
}

/// Starts a thread with its own little runtime and a connection that writes: what runs there never moves between threads, so it may borrow what it
/// captured.
async fn start<W>(name: String, address: Address, work: W) -> Result<JoinHandle<()>, StoreError>
where
    W: AsyncFnOnce(DatabaseConnection) + Send + 'static,
{
    let (opened, ready) = oneshot::channel();
    let kind = address.kind();
    let run = async move || match address.open_writer().await {
        Ok(conn) => {
            if opened.send(Ok(())).is_ok() {
                work(conn).await;
            }
        }
        Err(error) => drop(opened.send(Err(error))),
    };
    let thread = std::thread::Builder::new().name(name).spawn(move || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = match kind {
            // No sockets: whoever waits is woken more cheaply by the other thread alone.
            Kind::Sqlite => builder.enable_time(),
            Kind::Postgres => builder.enable_all(),
        };
        match runtime.build() {
            Ok(runtime) => runtime.block_on(run()),
            Err(error) => tracing::error!(%error, "no runtime for a thread that writes"),
        }
    });
    let thread = thread.map_err(|error| StoreError::Address(format!("no thread that writes: {error}")))?;
    ready.await.unwrap_or(Err(StoreError::Closed))?;
    Ok(thread)
}
