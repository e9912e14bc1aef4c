//! Coaching periods through the boundary: both sign, only these two read, it ends, and nothing is left.

mod scripts;
mod secrecy;

use pact_app::evidence::checking;
use pact_app::ops::coaching::tend::tend;
use pact_core::role::Role;
use pact_tests::server::{Client, Db, PASSWORD, Reply, TestServer};
use rstest::rstest;
use serde_json::{Value, json};

const DAY_S: i64 = 24 * 3_600;
/// What nobody else may ever read.
const NOTE: &str = "Ann asked three questions before she offered anything.";

/// Mia coaches Ann; Bo and the admin have nothing to do with it.
struct House {
    server: TestServer,
    admin: Client,
    mia: Client,
    ann: Client,
    bo: Client,
}

impl House {
    async fn on(db: Db) -> Self {
        let server = TestServer::on(db).await;
        let admin = server.admin().await;
        let mia = server.person("mia", Role::Manager).await;
        let ann = server.person("ann", Role::Rep).await;
        let bo = server.person("bo", Role::Rep).await;
        Self { server, admin, mia, ann, bo }
    }

    /// Both have keys, and both have signed a period from today on.
    async fn with_period(db: Db) -> (Self, String) {
        let house = Self::on(db).await;
        for client in [&house.mia, &house.ann] {
            make_key(client).await;
        }
        let period = house.propose("2026-11-24", "2026-12-24").await;
        let id = period["id"].as_str().unwrap().to_owned();
        assert_eq!(sign(&house.ann, &period).await.body["is_open"], true);
        (house, id)
    }

    fn wish(&self, first_on: &str, last_on: &str) -> Value {
        json!({"person_id": self.ann.id, "reason": "training", "purpose": "To let customers talk.", "first_on": first_on, "last_on": last_on})
    }

    async fn propose(&self, first_on: &str, last_on: &str) -> Value {
        let answer = self.mia.post("/api/v1/coaching/periods", &self.wish(first_on, last_on)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.body
    }

    async fn pass_days(&self, days: i64) {
        self.server.pass_s(days * DAY_S);
        tend(&self.server.app).await.unwrap();
    }

    /// Somebody signs in again: access tokens end after a quarter of an hour.
    async fn again(&self, name: &str) -> Client {
        self.server.sign_in(&format!("{name}@example.com"), PASSWORD).await
    }
}

/// Makes somebody's key, and gives the recovery code.
async fn make_key(client: &Client) -> String {
    let made = client.post("/api/v1/coaching/key", &json!({"password": PASSWORD})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.body["recovery_code"].as_str().unwrap().to_owned()
}

async fn open_key(client: &Client, password: &str) -> String {
    let opened = client.post("/api/v1/coaching/key/open", &json!({"password": password})).await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    opened.body["note_key"].as_str().unwrap().to_owned()
}

async fn sign(client: &Client, period: &Value) -> Reply {
    let path = format!("/api/v1/coaching/periods/{}/sign", period["id"].as_str().unwrap());
    client.post(&path, &json!({"document": period["document"]})).await
}

async fn write(client: &Client, period: &str, text: &str) -> Reply {
    client.post(&format!("/api/v1/coaching/periods/{period}/notes"), &json!({"text": text})).await
}

/// Asks for something below a period, with an open key.
async fn with_key(client: &Client, key: &str, method: &str, path: &str) -> Reply {
    client.send(client.request(method, &format!("/api/v1/coaching/periods/{path}")).header("pact-note-key", key)).await
}

/// The texts that somebody reads with their key.
async fn read(client: &Client, key: &str, period: &str) -> Value {
    let answer = with_key(client, key, "GET", &format!("{period}/notes")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body["items"].as_array().unwrap().iter().map(|note| note["text"].clone()).collect()
}

async fn end(client: &Client, period: &str) -> Reply {
    client.send(client.request("POST", &format!("/api/v1/coaching/periods/{period}/end"))).await
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn a_period_begins_when_both_signed_and_leaves_nothing_but_that_it_was(#[case] db: Db) {
    let house = House::on(db).await;
    let wish = house.wish("2026-11-25", "2026-12-24");
    assert_eq!(house.mia.post("/api/v1/coaching/periods", &wish).await.problem(), "not-now", "the coach has no key for notes");
    make_key(&house.mia).await;
    let period = house.propose("2026-11-25", "2026-12-24").await;
    let id = period["id"].as_str().unwrap();
    assert!(period["text"].as_str().unwrap().contains("Purpose: To let customers talk."), "{period}");
    assert_eq!(sign(&house.ann, &period).await.problem(), "not-now", "Ann has no key for notes");
    make_key(&house.ann).await;
    assert_eq!(sign(&house.mia, &period).await.problem(), "not-now", "a coach cannot sign for both");
    let other = json!({"id": id, "document": "0".repeat(64)});
    assert_eq!(sign(&house.ann, &other).await.field(), "document", "what was read is what is signed");
    assert_eq!(write(&house.mia, id, NOTE).await.problem(), "not-now", "not signed yet");
    let signed = sign(&house.ann, &period).await;
    assert_eq!((&signed.body["state"], &signed.body["is_open"]), (&json!("signed"), &json!(false)), "it begins tomorrow");
    assert_eq!(write(&house.mia, id, NOTE).await.problem(), "not-now", "before the first day");
    assert_eq!(sign(&house.ann, &period).await.problem(), "not-now", "twice");

    house.pass_days(1).await;
    let mia = house.again("mia").await;
    assert_eq!(write(&mia, id, NOTE).await.status, 201);
    house.pass_days(30).await;
    let (mia, ann) = (house.again("mia").await, house.again("ann").await);
    let over = ann.get(&format!("/api/v1/coaching/periods/{id}")).await.body;
    assert_eq!((&over["state"], &over["ended_on"]), (&json!("ended"), &json!("2026-12-24")), "by itself");
    assert_eq!(write(&mia, id, NOTE).await.problem(), "not-now");
    assert_eq!(
        read(&ann, &open_key(&ann, PASSWORD).await, id).await,
        json!([NOTE]),
        "what was written is read until it is erased"
    );
    house.pass_days(29).await;
    let ann = house.again("ann").await;
    assert_eq!(ann.get(&format!("/api/v1/coaching/periods/{id}")).await.body["state"], "ended");
    house.pass_days(1).await;
    let ann = house.again("ann").await;
    let gone = ann.get(&format!("/api/v1/coaching/periods/{id}")).await.body;
    assert_eq!((&gone["state"], &gone["purpose"], &gone["text"]), (&json!("erased"), &json!(null), &json!(null)));
    assert_eq!(read(&ann, &open_key(&ann, PASSWORD).await, id).await, json!([]));

    let auditor = house.server.person("audrey", Role::Auditor).await;
    let page = auditor.get("/api/v1/evidence/entries?type=coaching_changed&limit=1000").await;
    let steps: Vec<&Value> = page.body["items"].as_array().unwrap().iter().map(|item| &item["entry"]["act"]["step"]).collect();
    let whats: Vec<&str> = steps.iter().filter_map(|step| step["what"].as_str()).collect();
    assert_eq!(whats, ["opened", "ended", "erased"], "{}", page.text);
    assert_eq!((&steps[1]["early"], &steps[2]["notes"]), (&json!(false), &json!(1)));
    for hidden in [id, "customers talk", "training", &house.ann.id.to_string()] {
        assert!(!page.text.contains(hidden), "{hidden} is in the log");
    }
    let coaches = auditor.get("/api/v1/coaching/coaches").await.body;
    assert_eq!(coaches, json!({"items": [{"person_id": house.mia.id, "name": "mia", "periods": 1}]}), "that it was stays");
    assert_eq!(checking::check(&house.server.app).await.unwrap().faults, Vec::<String>::new());
    house.server.stop().await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn either_ends_it_and_limits_hold(#[case] db: Db) {
    let (house, first) = House::with_period(db).await;
    let refused = async |first_on: &str, last_on: &str| {
        let answer = house.mia.post("/api/v1/coaching/periods", &house.wish(first_on, last_on)).await;
        (answer.status, answer.field().to_owned())
    };
    // (the first and last day, the field that is to blame)
    let cases = [
        (("2026-11-23", "2026-12-01"), "first_on"),
        (("2026-12-24", "2026-12-30"), "first_on"),
        (("2026-12-26", "2026-12-25"), "last_on"),
        (("2026-12-25", "2027-03-25"), "last_on"),
    ];
    for ((first_on, last_on), field) in cases {
        assert_eq!(refused(first_on, last_on).await, (422, field.to_owned()), "{first_on} to {last_on}");
    }
    let mut own = house.wish("2026-12-25", "2026-12-26");
    own["person_id"] = json!(house.mia.id);
    assert_eq!(house.mia.post("/api/v1/coaching/periods", &own).await.field(), "person_id", "nobody coaches themselves");

    let second = house.propose("2026-12-25", "2026-12-31").await;
    let declined = house.propose("2027-01-05", "2027-01-06").await;
    let declined_id = declined["id"].as_str().unwrap();
    assert_eq!(end(&house.ann, declined_id).await.status, 204, "declined");
    assert_eq!(house.mia.get(&format!("/api/v1/coaching/periods/{declined_id}")).await.status, 404, "as if it had never been");
    assert_eq!(sign(&house.ann, &second).await.status, 200);
    assert_eq!(refused("2027-01-05", "2027-01-06").await, (422, "first_on".to_owned()), "two in a year are enough");

    assert_eq!(end(&house.ann, &first).await.status, 204, "the person ends it");
    assert_eq!(end(&house.mia, &first).await.problem(), "not-now");
    assert_eq!(write(&house.mia, &first, NOTE).await.problem(), "not-now");
    let left = house.admin.change(&format!("/api/v1/persons/{}", house.mia.id), &json!({"active": false})).await;
    assert_eq!(left.status, 200, "{}", left.text);
    tend(&house.server.app).await.unwrap();
    let periods = house.ann.get("/api/v1/coaching/periods").await.body;
    let states: Vec<&str> = periods["items"].as_array().unwrap().iter().filter_map(|period| period["state"].as_str()).collect();
    assert_eq!(states, ["ended", "ended"], "who leaves coaches nobody");
    house.server.stop().await;
}
