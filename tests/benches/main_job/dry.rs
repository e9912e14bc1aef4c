//! A dry run over a long past: what a simple script would have done with every lead that entered in a quarter, beside what really happened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pact_app::App;
use pact_app::app::Clock;
use pact_app::dry::{Over, StartDryRun, Status, What, start_dry_run};
use pact_app::ops::organisation::found_organisation;
use pact_app::ops::plugin_settings::SendPlugin;
use pact_core::time::Instant;
use pact_script::pool::{Pool, PoolOptions};
use pact_store::entity::{lead, lead_event};
use pact_store::{Lane, Store, record};
use pact_tests::process::{Place, pact_binary};
use pact_tests::server::Db;
use serde_json::{Map, json};
use uuid::Uuid;

use crate::Plan;
use crate::company::{customer_row, lead_row};
use crate::measure::short;
use crate::table::Table;

/// Tuesday 24 November 2026, 12:00 UTC.
const NOW_MS: i64 = 1_795_521_600_000;
const DAY_MS: i64 = 86_400_000;
/// How far back leads entered.
const DAYS: i64 = 90;
/// Rows that are written at once.
const CHUNK: usize = 1_000;
/// Leads of each customer.
const LEADS_EACH: usize = 5;
/// How long workers may take to end.
const PATIENCE: Duration = Duration::from_secs(2);
/// A simple script: one decision with a reason, by what is known of the lead and its customer.
const SCRIPT: &str = "fn on_lead_created(lead) {\n    if lead.product == \"heat-pump\" && lead.attempt == 0 {\n        highlight(lead, `${lead.customer.name} asks for a heat pump.`);\n    }\n}\n";
const MANIFEST: &str = "id = \"tried\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Tried\"\nreads = [\"lead\", \"customer\"]\nmay = [\"highlight\"]\n[[script]]\nfile = \"tried.rhai\"\n";

struct Still;

impl Clock for Still {
    fn now(&self) -> Instant {
        Instant::from_millis(NOW_MS)
    }
}

/// Fills a store with leads that entered and were pushed in ninety days, and looks at all of them.
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
        recycle_runs: 5_000,
    };
    let started = tokio::task::spawn_blocking(|| Pool::start(options)).await.expect("a thread");
    let pool = started.expect("workers start");
    let app =
        App::new(store.clone(), Arc::new(Still), Arc::default(), Some(Arc::new(pool.clone()))).await.expect("an application");
    let today = chrono::DateTime::from_timestamp_millis(NOW_MS).expect("an instant").date_naive();
    let asked = StartDryRun {
        what: What::Sent(SendPlugin {
            manifest: Some(MANIFEST.to_owned()),
            files: BTreeMap::from([("tried.rhai".to_owned(), SCRIPT.to_owned())]),
        }),
        settings: Map::new(),
        on: "lead_created".to_owned(),
        over: Over::Past(today - chrono::Days::new(DAYS as u64 + 1), today),
        now: None,
    };
    let run = start_dry_run(&app, Uuid::nil(), asked).await.expect("it begins");
    run.wait(Duration::from_secs(3_600)).await;
    let done = run.shown().progress;
    assert_eq!((done.status, done.done, done.failed, done.untold), (Status::Done, plan.rows as u64, 0, 0), "{done:?}");
    let rate = done.done as f64 / done.took.as_secs_f64();
    let what = format!("dry run over {} leads of {DAYS} days", plan.rows);
    let effects: u64 = done.sums.values().map(|sum| sum.now).sum();
    let said = format!("{rate:.0} events a second, one worker, {effects} effects; target: 5,000");
    table.says(name, &what, &short(done.took), &said);
    pool.stop(PATIENCE).await;
    store.close().await;
}

async fn fill(store: &Store, leads: usize) {
    for chunk in (0..leads).step_by(CHUNK) {
        let job = async move |tx: &pact_store::Tx| {
            let customers: Vec<_> = (chunk..chunk + CHUNK).step_by(LEADS_EACH).map(customer_row).collect();
            let leads: Vec<lead::Model> =
                (chunk..chunk + CHUNK).map(|n| entered(customers[(n - chunk) / LEADS_EACH].id, n, leads)).collect();
            let steps = leads.iter().flat_map(history).collect();
            record::insert_many(tx, customers).await?;
            record::insert_many(tx, leads).await?;
            record::insert_many::<lead_event::Model>(tx, steps).await
        };
        store.write_in(Lane::Bulk, job).await.expect("rows are written");
    }
}

/// A lead that entered some time in the last ninety days.
fn entered(customer: Uuid, n: usize, of: usize) -> lead::Model {
    let created_at = NOW_MS - DAYS * DAY_MS + (n as i64 * DAYS * DAY_MS) / of as i64;
    lead::Model {
        state: "owned".into(),
        closed_at: None,
        attempt: 1,
        last_event_at: created_at + 3 * 60_000,
        created_at,
        ..lead_row(customer, n)
    }
}

/// It entered, was pushed and was accepted.
fn history(lead: &lead::Model) -> [lead_event::Model; 3] {
    let step = |what: &str, minutes: i64, state: &str, attempt: i64| {
        let at = lead.created_at + minutes * 60_000;
        lead_event::Model {
            id: Uuid::now_v7(),
            lead_id: lead.id,
            what: what.to_owned(),
            text: what.to_owned(),
            by_person_id: None,
            by_plugin: (what == "pushed").then(|| "lead-push".to_owned()),
            at,
            left_as: Some(json!({"state": state, "stage": "enquiry", "attempt": attempt, "quiet_since": at}).to_string()),
        }
    };
    [step("entered", 0, "waiting", 0), step("pushed", 1, "offered", 1), step("accepted", 3, "owned", 1)]
}
