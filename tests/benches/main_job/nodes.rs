//! How fast one, two and three nodes on one PostgreSQL work off what waits: leads that entered, each to be pushed by the script.

use std::path::Path;
use std::time::{Duration, Instant};

use pact_store::entity::{event, lead};
use pact_store::{Lane, Store, record};
use pact_tests::process::Process;
use pact_tests::server::Db;
use serde_json::json;
use uuid::Uuid;

use crate::Plan;
use crate::company::{Company, PLUGINS, count, customer_row, lead_row};
use crate::table::Table;

/// Numbers of nodes that are measured.
const NODES: [usize; 3] = [1, 2, 3];
/// Leads that wait, for each row of the import.
const ROWS_EACH: usize = 20;
/// Rows that are written at once.
const CHUNK: usize = 500;
/// How long nodes may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(300);

/// Measures each number of nodes on a database of its own.
pub(crate) async fn measure(plan: &Plan, table: &mut Table) {
    let leads = (plan.rows / ROWS_EACH).next_multiple_of(CHUNK);
    let mut one = 0.0;
    for nodes in NODES {
        let rate = work_off(leads, nodes).await;
        if nodes == 1 {
            one = rate;
        }
        let remark = format!("{:.2} of one node; {leads} leads, each pushed once", rate / one);
        table.rate("PostgreSQL", &format!("events worked off by {nodes} nodes"), rate, &remark);
    }
}

/// Events a second, from the first that is handled to the last.
async fn work_off(leads: usize, nodes: usize) -> f64 {
    // The first server makes the company, and goes: what waits is written while nobody works.
    let Company { server, place, .. } = Company::on(Db::Postgres).await;
    drop(server);
    let store = Store::open(&place.url).await.expect("the store opens");
    let before = count(&store, "SELECT COUNT(*) AS n FROM events").await;
    fill(&store, leads).await;
    let mut launch = place.launch(Path::new(PLUGINS));
    launch.filter = "warn";
    let running: Vec<Process> = (0..nodes).map(|_| launch.start()).collect();
    let until = Instant::now() + PATIENCE;
    while count(&store, "SELECT COUNT(*) AS n FROM events WHERE handled_at IS NULL").await > 0 {
        assert!(Instant::now() < until, "leads still wait: {}", running[0].log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(count(&store, "SELECT COUNT(*) AS n FROM pushes").await as usize, leads, "each is pushed once");
    assert!(count(&store, "SELECT COUNT(*) AS n FROM events").await - before >= leads as i64);
    let took = count(&store, "SELECT MAX(handled_at) - MIN(handled_at) AS n FROM events WHERE name = 'lead_created'").await;
    store.close().await;
    leads as f64 / (took.max(1) as f64 / 1_000.0)
}

/// Leads that entered and wait, with the event of each.
async fn fill(store: &Store, leads: usize) {
    let now = chrono::Utc::now().timestamp_millis();
    for chunk in (0..leads).step_by(CHUNK) {
        let job = async move |tx: &pact_store::Tx| {
            let customers: Vec<_> = (chunk..chunk + CHUNK).map(customer_row).collect();
            let leads: Vec<lead::Model> = customers
                .iter()
                .enumerate()
                .map(|(n, customer)| lead::Model {
                    state: "waiting".into(),
                    closed_at: None,
                    last_event_at: now,
                    created_at: now,
                    ..lead_row(customer.id, chunk + n)
                })
                .collect();
            let events = leads.iter().map(|lead| entered(lead.id, now)).collect();
            record::insert_many(tx, customers).await?;
            record::insert_many(tx, leads).await?;
            record::insert_many::<event::Model>(tx, events).await
        };
        store.write_in(Lane::Bulk, job).await.expect("rows are written");
    }
}

fn entered(lead: Uuid, at: i64) -> event::Model {
    event::Model {
        id: Uuid::now_v7(),
        name: "lead_created".into(),
        record_kind: "lead".into(),
        record_id: lead,
        payload: json!({}).into(),
        lane: 1,
        at,
        handled_at: None,
        lease_until: None,
        fence: 0,
        attempts: 0,
        parked_reason: None,
        plugin_id: None,
        parked_id: None,
        parked_on: None,
    }
}
