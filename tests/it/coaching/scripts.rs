//! Scripts inside a period: they see what its person did in it, say it to the two, and leave no other trace.

use std::time::{Duration, Instant};

use pact_app::ops::coaching::tend::tend;
use pact_tests::process::{Caller, PASSWORD, test_plugins};
use pact_tests::server::Db;
use rstest::rstest;
use serde_json::{Value, json};

use super::secrecy::dump;
use crate::main_job::house::{House, Member};
use crate::store::On;

const DAY_MINUTES: i64 = 24 * 60;
/// What Ann says of a customer before both have signed, and afterwards.
const BEFORE: &str = "They asked for a price before anything was signed.";
const INSIDE: &str = "They want cooling without noise.";

/// Says who did what.
const SUMMARY: &str = r#"
fn on_coaching_day(period) {
    let text = `${period.person.name} with ${period.coach.name}, ${today()}:`;
    for act in acts(period) {
        text += "\n" + `${act.what}: ${act.text}`;
    }
    note(period, text);
}
"#;
const FAILS: &str = "fn on_coaching_day(period) {\n    let none = [];\n    note(period, none[3].text);\n}";
/// A sweep beside it, which must never be called.
const SWEEPS: &str = "fn on_coaching_day(period) { note(period, \"Never.\"); }\nfn on_card_written(card) { }";

struct Room {
    house: House,
    ann: Member,
    mia: Member,
    customer: String,
}

impl Room {
    /// Mia coaches Ann from today on, both have signed, and a day's acts are there.
    async fn signed(on: On, plugins: &[(&str, &str, bool)]) -> (Self, String) {
        let house = House::on(on, &test_plugins("mini")).await;
        let (ann, mia) = (house.person("Ann", "rep", None).await, house.person("Mia", "manager", None).await);
        let customer = house.admin.make("/api/v1/customers", &json!({"name": "Globex", "country": "NL"})).await;
        let customer = customer["id"].as_str().unwrap().to_owned();
        for (id, script, coaching) in plugins {
            install(&house.admin, id, script, *coaching).await;
        }
        let room = Self { house, ann, mia, customer };
        room.card(&room.ann.caller, BEFORE).await;
        room.house.pass(1);
        let id = room.sign().await;
        room.house.pass(1);
        room.card(&room.ann.caller, INSIDE).await;
        room.card(&room.mia.caller, "What the coach says herself.").await;
        (room, id)
    }

    async fn card(&self, by: &Caller, text: &str) {
        by.make("/api/v1/cards", &json!({"customer_id": self.customer, "kind": "wish", "text": text})).await;
    }

    async fn sign(&self) -> String {
        for member in [&self.ann, &self.mia] {
            member.caller.make("/api/v1/coaching/key", &json!({"password": PASSWORD})).await;
        }
        let wish = json!({"person_id": self.ann.id, "reason": "training", "purpose": "To let customers talk.", "first_on": "2026-11-24", "last_on": "2026-11-26"});
        let period = self.mia.caller.make("/api/v1/coaching/periods", &wish).await;
        let id = period["id"].as_str().unwrap().to_owned();
        let signed =
            self.ann.caller.post(&format!("/api/v1/coaching/periods/{id}/sign"), &json!({"document": period["document"]})).await;
        assert_eq!(signed.status, 200, "{}", signed.body);
        id
    }

    /// Days pass, and what is due is done.
    async fn pass_days(&self, days: i64) {
        self.house.pass(days * DAY_MINUTES);
        tend(&self.house.app).await.unwrap();
    }

    /// The notes as one of the two reads them, as who wrote each and what it says, once there are so many.
    async fn notes(&self, name: &str, period: &str, count: usize) -> Vec<(String, String)> {
        let caller = self.house.sign_in(name).await;
        let opened = caller.make("/api/v1/coaching/key/open", &json!({"password": PASSWORD})).await;
        let key = opened["note_key"].as_str().unwrap();
        let path = format!("/api/v1/coaching/periods/{period}/notes");
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let read = caller.send("GET", &path, &[("pact-note-key", key)], None).await.unwrap();
            assert_eq!(read.status, 200, "{}", read.body);
            let said = |note: &Value, key: &str| note[key].as_str().unwrap_or_default().to_owned();
            let notes: Vec<(String, String)> = read.body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|note| (said(note, "written_by"), said(note, "text")))
                .collect();
            if notes.len() >= count {
                return notes;
            }
            assert!(Instant::now() < until, "{count} notes did not come: {notes:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn install(admin: &Caller, id: &str, script: &str, coaching: bool) {
    let manifest = format!(
        "id = \"{id}\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"{id}\"\nreads = [\"coaching\", \"person\", \"card\"]\nmay = [\"coaching\"]\ncoaching = {coaching}\n[[script]]\nfile = \"day.rhai\"\n"
    );
    admin.make("/api/v1/plugins", &json!({"manifest": manifest, "files": {"day.rhai": script}})).await;
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_day_is_told_once_and_only_to_the_two(#[case] on: On) {
    let (room, id) = Room::signed(on, &[("summary", SUMMARY, true), ("fails", FAILS, true)]).await;
    tend(&room.house.app).await.unwrap();
    room.pass_days(1).await;
    // Another look at the same day, and another node that was late.
    tend(&room.house.app).await.unwrap();
    let notes = room.notes("Ann", &id, 2).await;
    let failed = "The script failed for 2026-11-24 and wrote nothing else: line 3:";
    assert_eq!(notes.len(), 2, "{notes:?}");
    let of = |plugin: &str| notes.iter().find(|(by, _)| by == plugin).map(|(_, text)| text.clone()).unwrap();
    assert!(of("fails").starts_with(failed), "{notes:?}");
    let expected = format!("Ann with Mia, 2026-11-24:\ncard: {INSIDE}");
    assert_eq!(of("summary"), expected, "what was before both had signed is not in it, nor what the coach did");
    assert_eq!(room.notes("Mia", &id, 2).await, notes, "both read the same");

    // Two days at once, as after a night without electricity; the last one too, before the period ends by itself.
    room.pass_days(3).await;
    let notes = room.notes("Mia", &id, 6).await;
    let of_days: Vec<&String> = notes.iter().filter(|(by, _)| by == "summary").map(|(_, text)| text).collect();
    let days: Vec<&str> = of_days.iter().filter_map(|text| text.get(14..24)).collect();
    assert_eq!((notes.len(), days), (6, vec!["2026-11-24", "2026-11-25", "2026-11-26"]), "{notes:?}");
    assert_eq!(room.house.sign_in("Ann").await.get(&format!("/api/v1/coaching/periods/{id}")).await["state"], "ended");
    room.pass_days(1).await;
    assert_eq!(room.notes("Ann", &id, 6).await.len(), 6, "nothing is told of days after the end");

    let admin = room.house.sign_in("admin").await;
    let runs = admin.get("/api/v1/runs?limit=200").await;
    let told: Vec<&Value> = runs["items"].as_array().unwrap().iter().filter(|run| run["plugin_id"] != "push").collect();
    assert_eq!(told, Vec::<&Value>::new(), "a run of a coaching script is recorded nowhere");
    let db = match on {
        On::Sqlite => Db::Sqlite,
        On::Postgres => Db::Postgres,
    };
    let all = dump(&room.house.app.store, db).await;
    assert!(all.contains(INSIDE), "the card itself is there");
    for secret in ["Ann with Mia", "card: They want", "The script failed for"] {
        assert!(!all.contains(secret), "the database says {secret:?}");
    }
    let others =
        room.house.sign_in("admin").await.send("GET", &format!("/api/v1/coaching/periods/{id}/notes"), &[], None).await.unwrap();
    assert_eq!(others.status, 404, "for others there is no period: {}", others.body);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_automation_tells_nothing_and_an_ended_period_is_over(#[case] on: On) {
    let (room, id) = Room::signed(on, &[("summary", SUMMARY, true), ("sweeps", SWEEPS, true)]).await;
    let stopped = room.house.admin.post("/api/v1/automation/stop", &json!({"because": "We look at it first."})).await;
    assert!(stopped.status < 300, "{}", stopped.body);
    room.pass_days(1).await;
    assert_eq!(room.notes("Ann", &id, 0).await, [], "stopped");
    let started = room.house.sign_in("admin").await.post("/api/v1/automation/start", &json!({"waiting": "work_off"})).await;
    assert!(started.status < 300, "{}", started.body);
    tend(&room.house.app).await.unwrap();
    let notes = room.notes("Ann", &id, 2).await;
    assert_eq!(notes.len(), 2, "the day is told when automation starts again: {notes:?}");

    let ended = room.house.sign_in("Ann").await.post(&format!("/api/v1/coaching/periods/{id}/end"), &json!(null)).await;
    assert_eq!(ended.status, 204, "{}", ended.body);
    room.pass_days(2).await;
    assert_eq!(room.notes("Ann", &id, 2).await, notes, "who ends it early is told of no further day");
    let runs = room.house.sign_in("admin").await.get("/api/v1/runs?limit=200").await;
    let swept = runs["items"].as_array().unwrap().iter().filter(|run| run["plugin_id"] == "sweeps").count();
    assert_eq!(swept, 0, "a script for coaching is called for nothing else");
}
