//! The company that lives through the quarter: its people, its clock, and the jobs that are done by hand.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use pact_app::app::Clock;
use pact_app::jobs::ByHand;
use pact_app::ops::organisation::found_organisation;
use pact_app::ops::plugin::install_plugin;
use pact_app::{Actor, App, Caller};
use pact_core::role::Role;
use pact_core::time::Instant;
use pact_script::plugin::{Std, load_all};
use pact_script::pool::{Pool, PoolOptions};
use pact_store::entity::{event, lead_event, person, push};
use pact_store::{Store, StoreError, record};
use pact_tests::process::{pact_binary, test_plugins};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tempfile::TempDir;
use uuid::Uuid;

use super::rules;

/// Thursday 1 January 2026, 07:00 in Amsterdam: the quarter holds the change of clocks of 29 March.
const STARTS_MS: i64 = 1_767_247_200_000;
/// Where files lie in memory, on machines that have it.
const MEMORY: &str = "/dev/shm";
/// Events that one step works off at most: more would never end.
const EVENTS_AT_MOST: usize = 2_000;
/// How long workers may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the machine measures of itself or when it was, by table and column.
const MEASURED: [(&str, &str); 3] = [("runs", "duration_us"), ("runs", "memory_kib"), ("seaql_migrations", "applied_at")];

/// People: role, zone, how many leads they can carry.
const PEOPLE: [(&str, &str, Option<i64>); 9] = [
    ("rep", "Europe/Amsterdam", Some(4)),
    ("rep", "Europe/Amsterdam", Some(9)),
    ("rep", "Europe/Amsterdam", None),
    ("rep", "America/New_York", Some(6)),
    ("rep", "Asia/Kolkata", Some(6)),
    ("rep", "Europe/Amsterdam", Some(1)),
    ("manager", "Europe/Amsterdam", None),
    ("manager", "America/New_York", None),
    ("admin", "Europe/Amsterdam", None),
];

/// A clock that the simulation moves; each look at it takes a millisecond.
#[derive(Debug)]
pub struct PlayedClock(AtomicI64);

impl Clock for PlayedClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

impl PlayedClock {
    /// What time it is, without the look that takes time.
    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves it, forward or back.
    pub fn jump(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// As people read it.
    pub fn text(&self) -> String {
        let at = chrono::DateTime::from_timestamp_millis(self.millis()).unwrap();
        at.format("%a %Y-%m-%d %H:%M:%S%.3f").to_string()
    }
}

/// The company.
pub struct Company {
    pub app: App,
    pub clock: Arc<PlayedClock>,
    pub dice: Rng,
    /// In the order of [`PEOPLE`].
    pub people: Vec<Caller>,
    /// Leads in the order in which they entered.
    pub leads: Vec<Uuid>,
    /// Customers in the order in which they entered.
    pub customers: Vec<Uuid>,
    /// Quiet spells of which a plugin was told: the lead, and what had happened last.
    pub told: BTreeSet<(Uuid, i64)>,
    /// The last event that was looked at for them.
    pub told_until: Uuid,
    /// The last step of a history that was read.
    read_until: Uuid,
    jobs: ByHand,
    pool: Pool,
    _folder: TempDir,
}

impl Company {
    /// Founds it.
    pub async fn found(seed: u64) -> Self {
        pact_core::id::play_from(seed);
        let folder = if Path::new(MEMORY).is_dir() { TempDir::new_in(MEMORY) } else { TempDir::new() }.unwrap();
        let store = Store::open(&folder.path().join("quarter.db").display().to_string()).await.unwrap();
        store.migrate().await.unwrap();
        found_organisation(&store, "Initech").await.unwrap();
        let mut dice = Rng::with_seed(seed);
        let people = hire(&store, &mut dice).await;
        let options = PoolOptions {
            program: pact_binary(),
            args: vec!["script-worker".to_owned()],
            env: Vec::new(),
            workers: 1,
            recycle_runs: 5_000,
        };
        let pool = tokio::task::spawn_blocking(|| Pool::start(options)).await.unwrap().unwrap();
        let clock = Arc::new(PlayedClock(AtomicI64::new(STARTS_MS)));
        let app = App::new(store, clock.clone(), Arc::default(), Some(Arc::new(pool.clone()))).await.unwrap();
        for folder in ["mini", "quarter"] {
            for (path, loaded) in load_all(&test_plugins(folder), &Std::default()) {
                let plugin = loaded.unwrap_or_else(|error| panic!("{}: {error}", path.display())).plugin;
                install_plugin(&app, &Actor::System, plugin, &Std::default()).await.unwrap();
            }
        }
        app.refresh_plugins().await.unwrap();
        app.refresh_organisation().await.unwrap();
        let jobs = ByHand::of(&app);
        let (leads, customers) = (Vec::new(), Vec::new());
        let (told, told_until, read_until) = (BTreeSet::new(), Uuid::nil(), Uuid::nil());
        Self { app, clock, dice, people, leads, customers, told, told_until, read_until, jobs, pool, _folder: folder }
    }

    /// The people of a role.
    pub fn with_role(&self, role: Role) -> Vec<Caller> {
        self.people.iter().filter(|person| person.role == role).cloned().collect()
    }

    /// Any of these.
    pub fn any<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.dice.usize(..of.len())])
    }

    /// Lets everything happen that is due, one after the other; what happened to leads, in words.
    pub async fn work_off(&mut self) -> Vec<String> {
        let mut happened = Vec::new();
        self.jobs.look().await.unwrap();
        for handled in 0.. {
            assert!(handled < EVENTS_AT_MOST, "events raise events without end");
            let before = rules::Turn::look(self).await;
            if !self.jobs.handle_next().await.unwrap() {
                break;
            }
            before.was_fair(self).await;
        }
        let conn = self.app.store.read();
        let steps = lead_event::Entity::find().filter(lead_event::Column::Id.gt(self.read_until));
        for step in steps.order_by_asc(lead_event::Column::Id).all(conn).await.unwrap() {
            self.read_until = step.id;
            let number = self.leads.iter().position(|lead| *lead == step.lead_id);
            happened.push(format!("lead {}: {}", number.map_or_else(|| "?".to_owned(), |n| n.to_string()), step.text));
        }
        happened
    }

    /// Every row of a query that counts what must not be.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = crate::crash::rows(&self.app.store, sql).await;
        rows.iter().map(|row| row.try_get("", "what").unwrap()).collect()
    }

    /// Pushes that plugins made, but for these. The clock may have gone back, so instants do not tell which are new.
    pub async fn pushes_but(&self, known: &BTreeSet<Uuid>) -> Vec<push::Model> {
        let pushes = push::Entity::find().filter(push::Column::RunId.is_not_null()).order_by_asc(push::Column::PushedAt);
        let all = pushes.all(self.app.store.read()).await.unwrap();
        all.into_iter().filter(|push| !known.contains(&push.id)).collect()
    }

    /// What the quarter held.
    pub async fn figures(&self) -> String {
        let mut figures = BTreeMap::new();
        for table in ["leads", "pushes", "events", "runs", "messages", "outbox"] {
            figures.insert(table, crate::crash::count(&self.app.store, &format!("SELECT COUNT(*) AS n FROM {table}")).await);
        }
        let ticks = event::Entity::find().filter(event::Column::Name.eq("tick")).all(self.app.store.read()).await.unwrap();
        figures.insert("ticks", ticks.len() as i64);
        figures.insert("quiet spells", self.told.len() as i64);
        figures.into_iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
    }

    /// Every row of every table, as text; but for what a machine measures of itself.
    pub async fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let mut rows = BTreeMap::new();
        let tables = "SELECT name AS what FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite_%' \
                      AND name NOT LIKE '%_fts_%'";
        for table in self.texts(tables).await {
            let columns = self.texts(&format!("SELECT name AS what FROM pragma_table_info('{table}')")).await;
            let kept = columns.iter().filter(|column| !MEASURED.contains(&(table.as_str(), column.as_str())));
            let quoted: Vec<String> = kept.map(|column| format!("'{column}=' || quote({column})")).collect();
            let all = format!("SELECT {} AS what FROM {table} ORDER BY 1", quoted.join(" || ' ' || "));
            rows.insert(table, self.texts(&all).await);
        }
        rows
    }

    /// How many open leads everybody carries.
    pub async fn loads(&self) -> HashMap<Uuid, i64> {
        pact_store::lead::open_by_carrier(self.app.store.read()).await.unwrap()
    }

    /// Ends it.
    pub async fn close(self) {
        self.pool.stop(PATIENCE).await;
        self.app.store.close().await;
    }
}

/// People whose ids come from the seed, since ties between them are broken by these.
async fn hire(store: &Store, dice: &mut Rng) -> Vec<Caller> {
    let rows: Vec<person::Model> = PEOPLE
        .iter()
        .enumerate()
        .map(|(n, (role, zone, capacity))| person::Model {
            id: uuid::Builder::from_random_bytes(dice.u128(..).to_be_bytes()).into_uuid(),
            role: (*role).to_owned(),
            time_zone: (*zone).to_owned(),
            capacity: *capacity,
            ..crate::store::person(&format!("{role} {n}"))
        })
        .collect();
    let people = rows.iter().map(|row| Caller {
        person_id: row.id,
        name: row.name.clone(),
        role: row.role.parse().unwrap(),
        scopes: None,
    });
    let people = people.collect();
    let hired = async move |tx: &pact_store::Tx| {
        record::insert_many(tx, rows.clone()).await?;
        pact_store::organisation::changed(tx).await.map(drop)
    };
    store.write::<_, StoreError, _>(hired).await.unwrap();
    people
}
