//! A sweep for quiet leads: among many that are open, those are found and told of that crossed the threshold since the sweep before.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant as Moment};

use pact_app::app::Clock;
use pact_app::jobs::ByHand;
use pact_app::ops::organisation::found_organisation;
use pact_app::ops::plugin::install_plugin;
use pact_app::{Actor, App};
use pact_core::time::Instant;
use pact_script::plugin::{Std, load_all};
use pact_script::pool::{Pool, PoolOptions};
use pact_store::entity::lead;
use pact_store::{Lane, Store, record};
use pact_tests::process::{Place, pact_binary};
use pact_tests::server::Db;

use crate::Plan;
use crate::company::{PLUGINS, count, customer_row, lead_row};
use crate::measure::short;
use crate::table::Table;

/// Tuesday 24 November 2026, 12:00 UTC: everybody's calendar has them at work.
const BEFORE_MS: i64 = 1_795_521_600_000;
const HOUR_MS: i64 = 3_600_000;
/// One lead in so many crosses the threshold between the two sweeps.
const ONE_IN: usize = 100;
/// Rows that are written at once.
const CHUNK: usize = 1_000;
/// Leads of each customer.
const LEADS_EACH: usize = 5;
/// How long workers may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// A clock that is moved.
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Fills a store with open leads and sweeps twice, with an hour between.
pub(crate) async fn measure(plan: &Plan, name: &str, db: Db, table: &mut Table) {
    let place = Place::on(db);
    let store = Store::open(&place.url).await.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    found_organisation(&store, "Benchmark").await.expect("an organisation");
    fill(&store, plan.rows).await;
    let options = PoolOptions {
        program: pact_binary(),
        args: vec!["script-worker".to_owned()],
        env: Vec::new(),
        workers: 1,
        recycle_runs: 1_000,
    };
    let started = tokio::task::spawn_blocking(|| Pool::start(options)).await.expect("a thread");
    let pool = started.expect("workers start");
    let clock = Arc::new(HandClock(AtomicI64::new(BEFORE_MS)));
    let app = App::new(store.clone(), clock.clone(), Arc::default(), Some(Arc::new(pool.clone()))).await.expect("an application");
    for (path, loaded) in load_all(Path::new(PLUGINS), &Std::default()) {
        if path.ends_with("quiet-leads") {
            let plugin = loaded.expect("the plugin that is shipped").plugin;
            install_plugin(&app, &Actor::System, plugin, &Std::default()).await.expect("it is installed");
        }
    }
    app.refresh_plugins().await.expect("plugins are read");
    let mut jobs = ByHand::of(&app);
    jobs.look().await.expect("a look");
    let quiet = "SELECT COUNT(*) AS n FROM events WHERE name = 'lead_quiet'";
    assert_eq!(count(&store, quiet).await, 0, "nothing is quiet yet");
    clock.0.fetch_add(HOUR_MS, Ordering::SeqCst);
    let begun = Moment::now();
    jobs.look().await.expect("a look");
    let took = begun.elapsed();
    let found = count(&store, quiet).await;
    assert_eq!(found as usize, plan.rows / ONE_IN, "what crossed the threshold");
    let what = format!("sweep for quiet ones among {} open leads", plan.rows);
    table.says(name, &what, &short(took), &format!("{found} found, and told of in as many events; target: 2 s"));
    clock.0.fetch_add(60_000, Ordering::SeqCst);
    let begun = Moment::now();
    jobs.look().await.expect("a look");
    table.says(name, "  the next minute, when nothing crossed it", &short(begun.elapsed()), "");
    pool.stop(PATIENCE).await;
    store.close().await;
}

async fn fill(store: &Store, leads: usize) {
    for chunk in (0..leads).step_by(CHUNK) {
        let job = async move |tx: &pact_store::Tx| {
            let customers: Vec<_> = (chunk..chunk + CHUNK).step_by(LEADS_EACH).map(customer_row).collect();
            let leads = (chunk..chunk + CHUNK).map(|n| open_lead(customers[(n - chunk) / LEADS_EACH].id, n)).collect();
            record::insert_many(tx, customers).await?;
            record::insert_many(tx, leads).await
        };
        store.write_in(Lane::Bulk, job).await.expect("rows are written");
    }
}

/// An open lead: one in so many has been quiet for five work days half an hour after the first sweep, the others for less.
fn open_lead(customer: uuid::Uuid, n: usize) -> lead::Model {
    let week = 7 * 24 * HOUR_MS;
    let crosses = BEFORE_MS + HOUR_MS / 2 - week;
    let last_event_at = if n.is_multiple_of(ONE_IN) { crosses } else { BEFORE_MS - (n as i64 % 90) * HOUR_MS };
    lead::Model { state: "waiting".into(), closed_at: None, last_event_at, created_at: crosses - week, ..lead_row(customer, n) }
}
