//! The application: everything that an operation needs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use pact_core::lead::Receiver;
use pact_core::time::Instant;
use pact_policy::Judge;
use pact_script::pool::Pool;
use pact_store::{Notice, Store, StoreError, Tx};
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use crate::access::Access;
use crate::dry::DryRuns;
use crate::events::Lane;
use crate::evidence::Evidence;
use crate::locks::KeyLocks;
use crate::ops::card_writing::DraftLimit;
use crate::ops::form::FormLimits;
use crate::ops::lead::{Entrance, Scene};
use crate::organisation::{self, Snapshot, Turns};
use crate::places::Places;
use crate::plugins::Plugins;
use crate::relay::Outgoing;
use crate::seen::Seeing;
use crate::subscriptions::Subscriptions;
use crate::{Actor, Refusal};

/// Tells the time; a trait because tests and simulations move it by hand.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::from_millis(chrono::Utc::now().timestamp_millis())
    }
}

/// What is held in memory beside the database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held {
    /// Persons, teams, territories, absences, holidays and working hours.
    Organisation,
    /// Plugins and custom fields.
    Plugins,
    /// Which webhooks ask for which events.
    Webhooks,
}

/// The application: cheap to clone, shared by all doors.
#[derive(Clone)]
pub struct App {
    /// What is remembered.
    pub store: Store,
    /// Who somebody is.
    pub access: Arc<Access>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Workers that run scripts; without them events wait.
    pub pool: Option<Arc<Pool>>,
    /// The folder for files that wait to be worked on, such as imports.
    pub files: Arc<Path>,
    /// Whose turn it is, and how much each person carries.
    pub turns: Arc<Turns>,
    /// Where each reader was shown today who did what.
    pub(crate) places: Arc<Places>,
    pub(crate) entering: Arc<KeyLocks>,
    /// Leads that wait to be let in.
    pub(crate) entrance: Arc<Entrance>,
    /// How often web forms may be sent.
    pub(crate) forms: Arc<FormLimits>,
    /// How often suggestions may be asked for.
    pub(crate) drafts: Arc<DraftLimit>,
    /// Wakes whoever computes formulas.
    pub(crate) formulas_wait: Arc<Notify>,
    /// Wakes whoever works off events.
    pub(crate) events_wait: Arc<Notify>,
    /// Wakes whoever sends mail, and whoever posts to webhooks.
    pub(crate) outbox_waits: Arc<[Notify; 2]>,
    /// How what leaves does so.
    pub outgoing: Arc<Outgoing>,
    /// What the log of policy acts needs beside the store.
    pub evidence: Arc<Evidence>,
    /// How many effects at once somebody must confirm before a plugin is switched on.
    pub(crate) confirm_above: u64,
    /// Dry runs, under way and over.
    pub(crate) dry_runs: Arc<DryRuns>,
    /// Remembers how installed plugins were judged; it is told what they are each time.
    pub(crate) judge: Arc<Mutex<Judge>>,
    /// Remembers which values of failed runs may be shown.
    pub(crate) seen: Seeing,
    /// Held while something is read again, so that nobody who read earlier puts their copy over a newer one.
    refreshing: Arc<tokio::sync::Mutex<()>>,
    organisation: Arc<ArcSwap<Snapshot>>,
    plugins: Arc<ArcSwap<Plugins>>,
    subscriptions: Arc<ArcSwap<Subscriptions>>,
}

impl App {
    /// The application over a migrated store.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        access: Arc<Access>,
        pool: Option<Arc<Pool>>,
    ) -> Result<Self, StoreError> {
        let snapshot = organisation::load(&store, clock.now()).await?;
        let plugins = Plugins::load(&store, pool.as_deref(), clock.now()).await?;
        let subscriptions = Subscriptions::load(&store).await?;
        let files = store.folder().unwrap_or_else(|| PathBuf::from("data")).join("files");
        Ok(Self {
            files: files.into(),
            store,
            access,
            clock,
            pool,
            turns: Arc::default(),
            places: Arc::default(),
            entering: Arc::default(),
            entrance: Arc::default(),
            forms: Arc::default(),
            drafts: Arc::default(),
            formulas_wait: Arc::default(),
            events_wait: Arc::default(),
            outbox_waits: Arc::default(),
            outgoing: Arc::default(),
            evidence: Arc::default(),
            confirm_above: crate::ops::plugin_forecast::CONFIRM_ABOVE,
            dry_runs: Arc::default(),
            judge: Arc::default(),
            seen: Seeing::default(),
            refreshing: Arc::default(),
            organisation: Arc::new(ArcSwap::from_pointee(snapshot)),
            plugins: Arc::new(ArcSwap::from_pointee(plugins)),
            subscriptions: Arc::new(ArcSwap::from_pointee(subscriptions)),
        })
    }

    /// The same application with another way out.
    #[must_use]
    pub fn with_outgoing(self, outgoing: Outgoing) -> Self {
        Self { outgoing: Arc::new(outgoing), ..self }
    }

    /// The same application with the key of its audit log in this file.
    #[must_use]
    pub fn with_evidence_key(self, file: impl Into<PathBuf>) -> Self {
        Self { evidence: Arc::new(Evidence { key_file: Some(file.into()), ..Evidence::default() }), ..self }
    }

    /// The same application with another bound above which effects at once must be confirmed.
    #[must_use]
    pub fn with_confirm_above(self, effects: u64) -> Self {
        Self { confirm_above: effects, ..self }
    }

    /// The same application with another folder for files.
    #[must_use]
    pub fn with_files(self, folder: impl Into<PathBuf>) -> Self {
        Self { files: folder.into().into(), ..self }
    }

    /// The organisation as it is now.
    pub fn organisation(&self) -> Arc<Snapshot> {
        self.organisation.load_full()
    }

    /// Whether a reader is shown who did what at a customer or on a lead: in a day's places, not in all of them one after the other.
    pub fn shows_people(&self, reader: Uuid, place: Uuid) -> bool {
        self.places.shows(self.organisation().today(self.clock.now()), reader, place)
    }

    /// The plugins that are installed now.
    pub fn plugins(&self) -> Arc<Plugins> {
        self.plugins.load_full()
    }

    /// Reads the organisation again, and who is present at this minute.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn refresh_organisation(&self) -> Result<(), StoreError> {
        let _alone = self.refreshing.lock().await;
        let next = organisation::load(&self.store, self.clock.now()).await?;
        self.organisation.rcu(|present| next.clone().numbered_after(present));
        Ok(())
    }

    /// Reads the plugins again.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn refresh_plugins(&self) -> Result<(), StoreError> {
        let _alone = self.refreshing.lock().await;
        self.plugins.store(Arc::new(Plugins::load(&self.store, self.pool.as_deref(), self.clock.now()).await?));
        Ok(())
    }

    /// Reads again which webhooks ask for which events.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn refresh_webhooks(&self) -> Result<(), StoreError> {
        let _alone = self.refreshing.lock().await;
        self.subscriptions.store(Arc::new(Subscriptions::load(&self.store).await?));
        Ok(())
    }

    /// Does a job that changes what is held in memory, and is back when this process goes by it: whoever is told that a webhook was made may count on it.
    ///
    /// # Errors
    /// Those of the job. What was committed stands even if it cannot be read again at once: the next change or minute tries anew.
    pub(crate) async fn change<T, E, F>(&self, held: Held, job: F) -> Result<T, E>
    where
        F: AsyncFn(&Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let done = self.store.write(job).await?;
        let read = match held {
            Held::Organisation => self.catch_up_with_organisation().await,
            Held::Plugins => self.refresh_plugins().await,
            Held::Webhooks => self.refresh_webhooks().await,
        };
        if let Err(error) = read {
            tracing::warn!(%error, "what was changed could not be read again; the next change or minute tries anew");
        }
        Ok(done)
    }

    async fn catch_up_with_organisation(&self) -> Result<(), StoreError> {
        let version = pact_store::organisation::version(self.store.read()).await?;
        self.go_by_organisation(version).await
    }

    /// Reads the organisation again if what is held is older than this version.
    async fn go_by_organisation(&self, version: i64) -> Result<(), StoreError> {
        if self.organisation().version < version { self.refresh_organisation().await } else { Ok(()) }
    }

    /// Listens to what is committed, here and by other nodes, and keeps what is held in memory up to date; ends when the store closes.
    pub async fn listen(self) {
        let mut committed = self.store.committed();
        loop {
            let heard = match committed.recv().await {
                Ok(notice) => self.hear(notice).await,
                Err(RecvError::Lagged(_)) => self.catch_up().await,
                Err(RecvError::Closed) => return,
            };
            if let Err(error) = heard {
                tracing::warn!(%error, "what is held in memory could not be read again; the next change or minute tries anew");
            }
        }
    }

    pub(crate) async fn hear(&self, notice: Notice) -> Result<(), StoreError> {
        match notice {
            Notice::EventAppended { .. } => self.events_wait.notify_one(),
            Notice::OrganisationChanged { version } => self.go_by_organisation(version).await?,
            Notice::PluginsChanged => {
                self.refresh_plugins().await?;
                self.formulas_wait.notify_one();
            }
            Notice::LoadMoved { from, to } => self.turns.moved(from, to),
            Notice::TurnTaken { person } => self.turns.taken(person),
            Notice::WebhooksChanged => {
                self.refresh_webhooks().await?;
                self.wake_relay();
            }
            Notice::OutboxAppended { .. } => self.wake_relay(),
            Notice::Missed => self.catch_up().await?,
            // Where no formula is defined, nothing is to be computed.
            Notice::RecordChanged { .. } if !self.plugins().formulas().is_empty() => self.formulas_wait.notify_one(),
            Notice::RecordChanged { .. } | Notice::MessageAppended { .. } => {}
        }
        Ok(())
    }

    /// Reads everything again that is held in memory: another node may have written it.
    pub(crate) async fn catch_up(&self) -> Result<(), StoreError> {
        self.events_wait.notify_one();
        self.turns.forget_loads();
        self.refresh_organisation().await?;
        self.refresh_webhooks().await?;
        self.refresh_plugins().await
    }

    fn wake_relay(&self) {
        self.outbox_waits.iter().for_each(Notify::notify_one);
    }

    /// What an operation by `actor` needs to decide and write.
    pub fn scene(&self, actor: &Actor) -> Scene {
        Scene {
            actor: actor.clone(),
            now: self.clock.now(),
            run: None,
            lane: Lane::Interactive,
            snapshot: self.organisation(),
            plugins: self.pool.is_some().then(|| self.plugins()),
            subscriptions: self.subscriptions.load_full(),
            outgoing: Arc::clone(&self.outgoing),
        }
    }

    /// What the rules need to know of a person who is to get a lead.
    ///
    /// # Errors
    /// There is no such person, or a store that does not answer.
    pub async fn receiver(&self, person: Uuid) -> Result<Receiver, Refusal> {
        let snapshot = self.organisation();
        let member = snapshot.people.get(&person).ok_or(Refusal::NotFound { what: "person" })?;
        let open = self.turns.open(&self.store, self.clock.now(), person).await?;
        Ok(Receiver { id: person, role: member.role, active: member.row.active, open, capacity: member.row.capacity })
    }
}
