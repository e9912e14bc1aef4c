//! A Monday morning: the digests of a thousand reps with a hundred thousand open leads, from the tick until all are kept and their mail is written.

use std::path::Path;
use std::time::Instant;

use pact_core::time::Instant as Moment;
use pact_store::entity::{card, event, lead, person, plan, push, request};
use pact_store::{Lane, Store, Tx, record};
use pact_tests::process::Place;
use pact_tests::server::Db;
use serde_json::json;
use uuid::Uuid;

use crate::Plan;
use crate::company::{count, customer_row, drained, lead_row};
use crate::measure::short;
use crate::table::Table;

/// Open leads of each rep.
const LEADS_EACH: usize = 100;
/// Customers of each rep.
const CUSTOMERS_EACH: usize = 20;
/// Reps that are written at once.
const CHUNK: usize = 20;
/// The clock on which everybody lives.
const ZONE: &str = "Europe/Amsterdam";
const DAY_MS: i64 = 86_400_000;
/// The plugins of the repository.
const PLUGINS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins");

/// Fills a store, starts the server on it, and raises the tick for everybody at once.
pub(crate) async fn measure(plan: &Plan, name: &'static str, db: Db, table: &mut Table) {
    let place = Place::on(db);
    let launch = place.launch(Path::new(PLUGINS)).with("PACT_PUBLIC_URL", "https://pact.example.com");
    // The first start makes the organisation and installs the plugins.
    drop(launch.start());
    let store = Store::open(&place.url).await.expect("the store opens");
    let now = now_ms();
    let reps = fill(&store, plan.rows / LEADS_EACH, now).await;
    let server = launch.start();
    drained(&store).await;
    let begun = Instant::now();
    tick(&store, &reps, now).await;
    drained(&store).await;
    let took = begun.elapsed();
    let made = count(&store, "SELECT COUNT(*) AS n FROM digests").await;
    let mails = count(&store, "SELECT COUNT(*) AS n FROM outbox WHERE kind = 'mail'").await;
    assert_eq!(
        (made, mails),
        (reps.len() as i64, reps.len() as i64),
        "a digest and a mail each; the server said:\n{}",
        server.log()
    );
    let what = format!("{made} digests over {} open leads, with their mail", reps.len() * LEADS_EACH);
    table.says(name, &what, &short(took), "target: under 20 s");
    let run = count(&store, "SELECT CAST(AVG(duration_us) AS BIGINT) AS n FROM runs WHERE plugin_id = 'planning-digest'").await;
    table.says(name, "  a run of the script", &format!("{:.1} ms on average", run as f64 / 1e3), "");
    store.close().await;
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}

fn day(ms: i64) -> String {
    Moment::from_millis(ms).to_utc().date_naive().to_string()
}

/// Everything that a morning is about, rep by rep.
async fn fill(store: &Store, reps: usize, now: i64) -> Vec<Uuid> {
    let people: Vec<Uuid> = (0..reps).map(|_| Uuid::new_v4()).collect();
    let everybody = people.clone();
    let rows: Vec<person::Model> = people.iter().enumerate().map(|(n, id)| rep(*id, n, now)).collect();
    store.write_in(Lane::Bulk, async move |tx: &Tx| record::insert_many(tx, rows.clone()).await).await.expect("reps are written");
    for from in (0..reps).step_by(CHUNK) {
        let people = everybody.clone();
        let job = async move |tx: &Tx| {
            for n in from..(from + CHUNK).min(people.len()) {
                one(tx, &people, n, now).await?;
            }
            Ok(())
        };
        store.write_in::<_, pact_store::StoreError, _>(Lane::Bulk, job).await.expect("rows are written");
    }
    people
}

/// What belongs to one rep.
async fn one(tx: &Tx, people: &[Uuid], n: usize, now: i64) -> Result<(), pact_store::StoreError> {
    let (me, colleague) = (people[n], people[(n + 1) % people.len()]);
    let mut customers: Vec<_> = (0..CUSTOMERS_EACH).map(|k| customer_row(n * CUSTOMERS_EACH + k)).collect();
    customers.iter_mut().for_each(|customer| customer.owner_id = Some(me));
    let ids: Vec<Uuid> = customers.iter().map(|customer| customer.id).collect();
    let of = |k: usize| ids[k % ids.len()];
    let mut leads: Vec<lead::Model> = (0..LEADS_EACH).map(|k| lead_row(of(k), n * LEADS_EACH + k)).collect();
    for (k, lead) in leads.iter_mut().enumerate() {
        lead.state = "owned".into();
        lead.stage = "offer".into();
        lead.owner_id = Some(me);
        lead.closed_at = None;
        // One in fifty has been quiet for two weeks.
        lead.last_event_at = now - if k % 50 == 0 { 14 * DAY_MS } else { 3_600_000 };
    }
    let mut offered = lead_row(of(0), n);
    (offered.id, offered.state) = (Uuid::new_v4(), "offered".into());
    offered.closed_at = None;
    let push = push::Model {
        id: Uuid::new_v4(),
        lead_id: offered.id,
        person_id: me,
        reason: "You know the product.".into(),
        pushed_at: now,
        answer: "waiting".into(),
        answer_reason: None,
        answered_at: None,
        answer_by_at: now + DAY_MS,
        run_id: None,
    };
    record::insert_many(tx, customers).await?;
    record::insert_many(tx, leads.into_iter().chain([offered]).collect()).await?;
    record::insert_many(tx, vec![push]).await?;
    record::insert_many(tx, (0..3).map(|k| card_row(of(k), colleague, now)).collect()).await?;
    record::insert_many(tx, (0..3).map(|k| plan_row(of(k), me, now)).collect()).await?;
    record::insert_many(tx, (0..3).map(|k| request_row(of(k), colleague, me, now)).collect()).await
}

fn rep(id: Uuid, n: usize, now: i64) -> person::Model {
    person::Model {
        id,
        revision: record::new_revision(),
        name: format!("Rep {n}"),
        email: format!("rep{n}@example.com"),
        role: "rep".into(),
        jobs: vec![].into(),
        team_id: None,
        territory_id: None,
        manager_id: None,
        skills: vec![].into(),
        languages: vec!["nl".to_owned()].into(),
        time_zone: ZONE.into(),
        country: "NL".into(),
        region: None,
        capacity: None,
        working_hours: None,
        active: true,
        password_hash: None,
        created_at: now,
    }
}

fn card_row(customer: Uuid, author: Uuid, now: i64) -> card::Model {
    card::Model {
        id: Uuid::new_v4(),
        revision: record::new_revision(),
        customer_id: customer,
        lead_id: None,
        kind: "wish".into(),
        about: Some("heat-pump".into()),
        theme: None,
        text: "They want a second unit before winter, and ask what it would cost.".into(),
        said_by_id: None,
        said_on: day(now - DAY_MS),
        author_id: Some(author),
        by_plugin: None,
        written_at: now - DAY_MS,
    }
}

fn plan_row(customer: Uuid, person: Uuid, now: i64) -> plan::Model {
    plan::Model {
        id: Uuid::new_v4(),
        revision: record::new_revision(),
        customer_id: customer,
        lead_id: None,
        person_id: person,
        objective: "Show the new unit".into(),
        on_day: day(now + 2 * DAY_MS),
        pack_id: None,
        bring: None,
        withdrawn: false,
        announced_at: now,
    }
}

fn request_row(customer: Uuid, from: Uuid, to: Uuid, now: i64) -> request::Model {
    request::Model {
        id: Uuid::new_v4(),
        revision: record::new_revision(),
        customer_id: customer,
        lead_id: None,
        from_id: Some(from),
        to_id: to,
        text: "When can the second unit be delivered?".into(),
        due_on: Some(day(now + 3 * DAY_MS)),
        asked_at: now,
        answer: None,
        answered_at: None,
    }
}

/// The tick of the morning, for everybody.
async fn tick(store: &Store, people: &[Uuid], now: i64) {
    let events: Vec<event::Model> = people.iter().map(|person| tick_row(*person, now)).collect();
    let job = async move |tx: &Tx| {
        events.iter().cloned().for_each(|event| tx.append(event));
        Ok(())
    };
    store.write_in::<_, pact_store::StoreError, _>(Lane::Bulk, job).await.expect("the tick is raised");
}

fn tick_row(person: Uuid, now: i64) -> event::Model {
    event::Model {
        id: Uuid::now_v7(),
        name: "tick".into(),
        record_kind: "person".into(),
        record_id: person,
        payload: json!({"plugin": "planning-digest", "call": "monday", "zone": ZONE, "due_at": now}).into(),
        lane: 1,
        at: now,
        handled_at: None,
        lease_until: None,
        fence: 0,
        attempts: 0,
        parked_reason: None,
    }
}
