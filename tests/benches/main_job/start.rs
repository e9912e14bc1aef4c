//! How long a start takes with many leads in the store, and how much memory the server takes at rest.

use std::path::Path;
use std::time::Duration;

use pact_store::entity::lead;
use pact_store::{Lane, Store, record, search};
use pact_tests::process::{Place, test_plugins};
use pact_tests::server::Db;

use crate::Plan;
use crate::company::{customer_row, lead_row};
use crate::measure::short;
use crate::table::Table;

/// Leads of each customer.
const LEADS_EACH: usize = 5;
/// Rows that are written at once.
const CHUNK: usize = 1_000;
/// Starts of which the fastest counts: the machine may do something else at the same time.
const STARTS: usize = 5;
/// How long the server rests before it is weighed.
const REST: Duration = Duration::from_secs(5);

/// Fills a store and starts the server on it.
pub(crate) async fn measure(plan: &Plan, table: &mut Table) {
    let place = Place::on(Db::Sqlite);
    fill(&place, plan.rows).await;
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let plugins = if plugins.is_dir() { plugins } else { test_plugins("mini") };
    let launch = place.launch(&plugins);
    // The first start makes the admin's password and installs the plugins.
    drop(launch.start());
    let mut times: Vec<Duration> = (0..STARTS).map(|_| launch.start().started_in).collect();
    times.sort_unstable();
    let words = format!("{} at best of {STARTS}, {} at worst", short(times[0]), short(times[STARTS - 1]));
    table.says("SQLite", &format!("start until it listens, {} leads in the file", plan.rows), &words, "target: under 300 ms");
    let server = launch.start();
    tokio::time::sleep(REST).await;
    let (server, workers) = server.resident_kib();
    let words = format!("{} MiB, its script workers {} MiB together", server / 1024, workers / 1024);
    table.says("SQLite", "resident memory at rest", &words, "target: under 80 MiB");
}

async fn fill(place: &Place, leads: usize) {
    let store = Store::open(&place.url).await.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    for chunk in (0..leads).step_by(CHUNK) {
        let job = async move |tx: &pact_store::Tx| {
            let customers: Vec<_> = (chunk..chunk + CHUNK).step_by(LEADS_EACH).map(customer_row).collect();
            let leads: Vec<_> =
                (chunk..chunk + CHUNK).map(|n| fresh(lead_row(customers[(n - chunk) / LEADS_EACH].id, n))).collect();
            for lead in &leads {
                search::index(tx, "lead", lead.id, &lead.title, "heat-pump").await?;
            }
            record::insert_many(tx, customers).await?;
            record::insert_many(tx, leads).await
        };
        store.write_in(Lane::Bulk, job).await.expect("rows are written");
    }
    store.close().await;
}

/// A lead on which something happened just now: a server to which quiet ones wait is not at rest.
fn fresh(lead: lead::Model) -> lead::Model {
    lead::Model { last_event_at: chrono::Utc::now().timestamp_millis(), ..lead }
}
