//! Results of dry runs: read, cancelled and written down as cases on every node, and gone when their hour is over. On both databases: a second node on SQLite is
//! the same server, started anew.

use std::time::{Duration, Instant};

use pact_store::StoreError;
use pact_tests::process::{ADMIN, Caller, test_plugins};
use rstest::rstest;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{company, script, tried};
use crate::main_job::house::House;
use crate::store::On;

const PATIENCE: Duration = Duration::from_secs(60);

fn path(run: &Value) -> String {
    format!("/api/v1/dry-runs/{}", run["id"].as_str().unwrap())
}

/// Every effect of a dry run, a few at a time.
async fn effects(at: &Caller, run: &Value, more: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = at.get(&format!("{}/effects?limit=3{more}{cursor}", path(run))).await;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// A dry run at a node, once something is so.
async fn once(at: &Caller, run: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let shown = at.get(&path(run)).await;
        if is_so(&shown) {
            return shown;
        }
        assert!(Instant::now() < until, "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn sql(house: &House, statement: &'static str) {
    let run = async move |tx: &pact_store::Tx| tx.execute_unprepared(statement).await.map(drop).map_err(StoreError::from);
    house.app.store.write(run).await.unwrap();
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_is_the_same_on_every_node(#[case] on: On) {
    let (house, lead, _) = company(on).await;
    let other = house.another_node().await;
    let talks = "fn on_lead_created(lead) { for n in 1..=4 { log(`${n}: ${lead.owner.name}`); } highlight(lead, \"Look.\"); }";
    let talks = script("[\"lead\", \"person\"]", "[\"highlight\", \"push\"]", "", talks);
    for body in [
        json!({"script": talks, "on": "lead_created", "records": [lead]}),
        json!({"plugin_id": "push", "on": "lead_created", "from": "2026-11-24", "to": "2026-11-24"}),
        json!({"script": script("[\"lead\"]", "[\"push\"]", "", "fn on_lead_created(lead) { }"), "on": "lead_created", "from": "2026-11-24"}),
    ] {
        let run = tried(&house, body).await;
        assert_eq!(other.admin.get(&path(&run)).await, run);
        for more in ["", "&difference=logged", "&difference=now", "&difference=then"] {
            assert_eq!(effects(&other.admin, &run, more).await, effects(&house.admin, &run, more).await, "{more}");
        }
        assert!(!effects(&other.admin, &run, "").await.is_empty(), "{run}");
    }
    let nobody = other.admin.send("GET", &format!("/api/v1/dry-runs/{}", uuid::Uuid::new_v4()), &[], None).await.unwrap();
    assert_eq!(nobody.status, 404);
    // What is asked for of the node that did not do it is what was asked for then: the clock, the version and the settings of then.
    let run = tried(&house, json!({"script": talks, "on": "lead_created", "records": [lead]})).await;
    house.pass(5);
    for at in [&house.admin, &other.admin] {
        let answer = at.get(&format!("{}/case?title=Talks", path(&run))).await;
        let case = answer["case"].as_str().unwrap();
        for there in ["title = \"Talks\"", "now = \"2026-11-24T09:06:00", "do = \"highlight\""] {
            assert!(case.contains(there), "{there}: {case}");
        }
        assert!(!case.contains("Ann"), "{case}");
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_sees_it_move_and_stops_it(#[case] on: On) {
    let (house, ..) = company(on).await;
    let other = house.another_node().await;
    let slow = script(
        "[\"lead\"]",
        "[\"highlight\"]",
        "[[schedule]]\ncall = \"sweep\"\ncron = \"* * * * *\"\n",
        "fn sweep() { let n = 0; while n < 20000 { n += 1; } for lead in leads.open() { highlight(lead, `${n}`); } }",
    );
    house.pass(3 * 24 * 60);
    let admin = house.again(ADMIN).await;
    let there = other.sign_in().await;
    let answer = admin.post("/api/v1/dry-runs", &json!({"script": slow, "on": "sweep", "from": "2026-11-24"})).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let run = answer.body;
    assert!(["waiting", "running"].contains(&run["status"].as_str().unwrap()), "{run}");
    let moves = once(&there, &run, |shown| shown["events_done"].as_u64() > Some(0)).await;
    assert_eq!((&moves["status"], &moves["plugin_id"]), (&json!("running"), &json!("tried")), "{moves}");
    let cancelled = there.post(&format!("{}/cancel", path(&run)), &Value::Null).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    let here = once(&admin, &run, |shown| shown["status"] == "cancelled").await;
    assert!(here["progress"].as_f64() < Some(1.0), "{here}");
    assert_eq!(once(&there, &run, |shown| shown["status"] == "cancelled").await, here);
    assert_eq!(effects(&there, &run, "").await, effects(&admin, &run, "").await);
    // Once more: it is over, and stays as it is.
    assert_eq!(there.post(&format!("{}/cancel", path(&run)), &Value::Null).await.body, here);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_is_kept_for_an_hour_while_there_is_room(#[case] on: On) {
    let (mut house, lead, _) = company(on).await;
    let one = json!({"plugin_id": "push", "on": "lead_created", "records": [lead]});
    let first = tried(&house, one.clone()).await;
    house.pass(59);
    house.admin = house.again(ADMIN).await;
    assert_eq!(house.admin.get(&path(&first)).await["status"], "done");
    let second = tried(&house, one.clone()).await;
    house.pass(2);
    let status = async |house: &House, run: &Value| house.admin.send("GET", &path(run), &[], None).await.unwrap().status;
    assert_eq!((status(&house, &first).await, status(&house, &second).await), (404, 200));
    // Sixteen are kept; the one that ended first makes room.
    for _ in 0..16 {
        assert_eq!(status(&house, &second).await, 200);
        house.pass_s(10);
        tried(&house, one.clone()).await;
    }
    assert_eq!(status(&house, &second).await, 404);

    // A node that is not heard of any more.
    let lost = tried(&house, one).await;
    sql(&house, "UPDATE dry_runs SET ended_at = NULL, seen_at = seen_at - 31000").await;
    let shown = house.admin.get(&path(&lost)).await;
    assert_eq!(shown["status"], "failed");
    assert!(shown["failure"].as_str().unwrap().contains("not heard of any more"), "{shown}");
    // And when the hour is over, nothing of any of them is left.
    house.pass(61);
    let until = Instant::now() + PATIENCE;
    while pact_store::dry_run::is_any_before(house.app.store.read(), i64::MAX).await.unwrap() {
        assert!(Instant::now() < until, "results stay");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What is tried at the desk over the database itself leaves no result either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_at_the_desk_stores_nothing() {
    let house = House::on(On::Sqlite, &test_plugins("mini")).await;
    let lead = house.enter("Globex").await;
    let database = house.database().to_owned();
    let run = move || {
        std::process::Command::new(pact_tests::process::pact_binary())
            .args(["run", "push", "--on", "lead_created", "--record", &lead, "--dry-run", "--database", &database])
            .env_remove("PACT_SERVER")
            .output()
            .unwrap()
    };
    let done = tokio::task::spawn_blocking(run).await.unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(said.contains("1 events in"), "{said}");
    assert!(!pact_store::dry_run::is_any_before(house.app.store.read(), i64::MAX).await.unwrap());
}
