//! The calendar feed, read by an independent implementation: Python's `icalendar`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use pact_tests::process::{Caller, test_plugins};
use rstest::rstest;
use serde_json::{Value, json};

use super::{open, person, with_address};
use crate::main_job::house::House;
use crate::store::On;

/// Where `.ci/test` puts Python with the libraries that tests use.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/bin/python");
/// What reads a calendar and says what stands in it.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/it/digests/reads_calendar.py");

/// What an independent implementation reads; it fails where the text breaks RFC 5545.
fn read(text: &str) -> Value {
    assert!(Path::new(PYTHON).exists(), "There is no {PYTHON}. Run .ci/test once: it makes it.");
    let mut python = Command::new(PYTHON).arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = python.wait_with_output().unwrap();
    assert!(said.status.success(), "{}\n{text}", String::from_utf8_lossy(&said.stdout));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// The item of this id.
fn item<'a>(calendar: &'a Value, id: &Value) -> &'a Value {
    let items = calendar["events"].as_array().unwrap();
    items.iter().find(|item| item["uid"] == *id).unwrap_or_else(|| panic!("no {id} in {calendar}"))
}

async fn change(caller: &Caller, path: &str, method: &str, body: Option<&Value>) {
    let tag = caller.send("GET", path, &[], None).await.unwrap().headers["etag"].to_str().unwrap().to_owned();
    let changed = caller.send(method, path, &[("if-match", &tag)], body).await.unwrap();
    assert!(changed.status < 300, "{method} {path}: {}", changed.body);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_program_sees_plans_and_requests_and_their_changes(#[case] on: On) {
    let house = House::sending(on, &test_plugins("mini"), with_address()).await;
    let (ann, caller) = person(&house, "Ann").await;
    let (_, bo) = person(&house, "Bo").await;
    let customer = caller.make("/api/v1/customers", &json!({"name": "Bäcker, Söhne; \\Co", "country": "NL"})).await["id"].clone();
    let objective =
        "Zeigen: das neue Gerät, mit \"Stille\"; und noch viel mehr, damit die Zeile gefaltet werden muss 🦀🦀🦀🦀🦀🦀🦀🦀";
    let plan = caller
        .make(
            "/api/v1/plans",
            &json!({"customer_id": customer, "objective": objective, "on_day": "2026-11-26", "bring": "Muster\nund Tinte"}),
        )
        .await;
    let others =
        bo.make("/api/v1/plans", &json!({"customer_id": customer, "objective": "Bo's own", "on_day": "2026-11-26"})).await;
    let request = json!({"customer_id": customer, "to_id": ann, "text": "Wann wird geliefert?", "due_on": "2026-11-27"});
    let request = bo.make("/api/v1/requests", &request).await;

    assert_eq!(caller.get("/api/v1/calendar-feed").await["has_address"], false);
    let made = caller.make("/api/v1/calendar-feed", &Value::Null).await;
    let path = made["path"].as_str().unwrap().to_owned();
    assert_eq!(made["address"], json!(format!("https://pact.acme.example{path}")));
    assert_eq!(caller.get("/api/v1/calendar-feed").await["has_address"], true);
    let shown = open(&house, "GET", &path, None).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, "text/calendar; charset=utf-8"), "{}", shown.text);
    let calendar = read(&shown.text);
    assert_eq!(
        (&calendar["method"], &calendar["refresh"], &calendar["zone"]),
        (&json!("PUBLISH"), &json!(3600), &json!("Europe/Amsterdam"))
    );
    let planned = item(&calendar, &plan["id"]);
    assert_eq!(
        (&planned["start"], &planned["end"], &planned["status"]),
        (&json!("2026-11-26"), &json!("2026-11-27"), &json!("CONFIRMED"))
    );
    assert_eq!(planned["summary"], json!(format!("Bäcker, Söhne; \\Co: {objective}")));
    assert_eq!(planned["description"], json!(format!("{objective}\nMitzubringen: Muster\nund Tinte")));
    let due = item(&calendar, &request["id"]);
    assert_eq!((&due["start"], &due["status"]), (&json!("2026-11-27"), &json!("CONFIRMED")));
    assert!(due["summary"].as_str().unwrap().starts_with("Antwort fällig (Bäcker"), "{due}");
    assert!(!shown.text.contains(others["id"].as_str().unwrap()), "Bo's plans are Bo's");

    // Nothing changed: the same byte for byte, however late it is asked for, and a tag that saves asking.
    house.pass(30);
    let tag = shown.header("etag").to_owned();
    let again = open(&house, "GET", &path, None).await;
    assert_eq!((&again.text, again.header("etag")), (&shown.text, &*tag));
    let known = house.admin.http.get(format!("{}{path}", house.admin.base)).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((known.status().as_u16(), known.text().await.unwrap()), (304, String::new()));

    // Something changed: the same id, a later stamp; and nothing that tells how often.
    let caller = house.again("ann@example.com").await;
    let at = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
    for day in ["2026-11-30", "2026-12-01", "2026-12-02"] {
        change(&caller, &at, "PATCH", Some(&json!({"on_day": day}))).await;
    }
    let moved = open(&house, "GET", &path, None).await;
    assert_ne!(moved.header("etag"), tag);
    let calendar_moved = read(&moved.text);
    let after = item(&calendar_moved, &plan["id"]);
    assert_eq!(after["start"], "2026-12-02");
    let stamp = |item: &Value| item["stamp"].as_str().unwrap().to_owned();
    assert!(stamp(after) > stamp(planned), "{after}");
    assert_eq!(stamp(after), stamp(item(&calendar_moved, &request["id"])), "all items carry one stamp");
    assert!(after["sequence"].is_null(), "{after}");

    // What was taken back and what was answered is cancelled, not lost.
    house.pass(1);
    withdraw(&caller, &at).await;
    let answered = caller
        .post(&format!("/api/v1/requests/{}/answer", request["id"].as_str().unwrap()), &json!({"answer": "On Friday."}))
        .await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let ended = read(&open(&house, "GET", &path, None).await.text);
    for id in [&plan["id"], &request["id"]] {
        assert_eq!(item(&ended, id)["status"], "CANCELLED");
    }

    // Another address, and none.
    let renewed = caller.make("/api/v1/calendar-feed", &Value::Null).await["path"].as_str().unwrap().to_owned();
    assert_eq!(open(&house, "GET", &path, None).await.status, 404);
    assert_eq!(open(&house, "GET", &renewed, None).await.status, 200);
    assert_eq!(caller.send("DELETE", "/api/v1/calendar-feed", &[], None).await.unwrap().status, 204);
    assert_eq!(open(&house, "GET", &renewed, None).await.status, 404);
    assert_eq!(open(&house, "GET", "/calendars/guessed.ics", None).await.status, 404);
}

/// Takes a plan back.
async fn withdraw(caller: &Caller, path: &str) {
    let tag = caller.send("GET", path, &[], None).await.unwrap().headers["etag"].to_str().unwrap().to_owned();
    let done = caller.send("POST", &format!("{path}/withdraw"), &[("if-match", &tag)], None).await.unwrap();
    assert!(done.status < 300, "{}", done.body);
}
