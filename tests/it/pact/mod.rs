//! The pact through the boundary: strengthening is free, weakening takes signatures and time, and nothing unsigned runs.

mod covered;
mod statement;

use pact_app::evidence::checking;
use pact_app::ops::pact::come_into_force;
use pact_core::role::Role;
use pact_tests::server::{Client, Db, TestServer};
use rstest::rstest;
use serde_json::{Value, json};

const DAY_S: i64 = 24 * 3_600;

/// Everybody whom the tests of the pact need: Rob and Sue sign for staff, Max signs for management.
pub(super) struct House {
    pub(super) server: TestServer,
    pub(super) admin: Client,
    pub(super) rob: Client,
    pub(super) sue: Client,
    pub(super) max: Client,
}

impl House {
    pub(super) async fn on(db: Db) -> Self {
        let server = TestServer::on(db).await;
        let admin = server.admin().await;
        let rob = server.person("rob", Role::Rep).await;
        let sue = server.person("sue", Role::Rep).await;
        let max = server.person("max", Role::Manager).await;
        Self { server, admin, rob, sue, max }
    }

    /// A version with this group size, and otherwise the settings of the policy.
    pub(super) fn version(&self, k: u32) -> Value {
        json!({"text": "We do not measure people.", "settings": {
            "k": k, "retention_days": 30, "waiting_days": 14, "coaching_days": 90, "coaching_per_year": 2,
            "representatives": [self.rob.id, self.sue.id], "management": [self.max.id]
        }})
    }

    pub(super) async fn propose(&self, version: &Value) -> Value {
        let answer = self.admin.post("/api/v1/pact/versions", version).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.body
    }

    async fn pact(&self) -> Value {
        let rob = self.again("rob").await;
        rob.get("/api/v1/pact").await.body
    }

    /// Somebody signs in again: access tokens end after a quarter of an hour.
    async fn again(&self, name: &str) -> Client {
        self.server.sign_in(&format!("{name}@example.com"), pact_tests::server::PASSWORD).await
    }

    pub(super) async fn pass_days(&self, days: i64) {
        self.server.pass_s(days * DAY_S);
        come_into_force(&self.server.app).await.unwrap();
    }

    /// The first version, in force; two weeks have passed, and everybody is signed in again.
    pub(super) async fn found(&mut self) {
        let first = self.propose(&self.version(5)).await;
        assert_eq!((&first["status"], &first["number"]), (&json!("signatures"), &json!(1)), "{first}");
        for (signer, status) in [(&self.rob, "signatures"), (&self.max, "signatures"), (&self.sue, "time")] {
            assert_eq!(sign(signer, 1).await["status"], status);
        }
        self.pass_days(14).await;
        for (client, name) in [(&mut self.admin, "adam"), (&mut self.rob, "rob"), (&mut self.sue, "sue"), (&mut self.max, "max")]
        {
            *client = self.server.sign_in(&format!("{name}@example.com"), pact_tests::server::PASSWORD).await;
        }
        assert_eq!(self.pact().await["in_force"]["number"], 1);
    }

    pub(super) async fn k(&self) -> i64 {
        pact_store::organisation::get(self.server.app.store.read()).await.unwrap().k
    }
}

/// Reads a version and signs it.
pub(super) async fn sign(signer: &Client, number: i64) -> Value {
    let path = format!("/api/v1/pact/versions/{number}");
    let document = signer.get(&path).await.body["document"].clone();
    let answer = signer.post(&format!("{path}/sign"), &json!({"document": document})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body
}

async fn withdraw(signer: &Client, number: i64) -> Value {
    let answer = signer.send(signer.request("POST", &format!("/api/v1/pact/versions/{number}/withdraw"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn weakening_takes_signatures_and_time_and_strengthening_takes_nothing(#[case] db: Db) {
    let mut house = House::on(db).await;
    let built_in = house.pact().await;
    assert_eq!((&built_in["in_force"]["number"], &built_in["in_force"]["settings"]["k"]), (&json!(0), &json!(5)));
    house.found().await;
    assert_eq!(house.propose(&house.version(7)).await["status"], "in_force", "stronger");
    assert_eq!(house.k().await, 7);

    let weaker = house.propose(&house.version(6)).await;
    assert_eq!((&weaker["status"], &weaker["weaker"]), (&json!("signatures"), &json!(["smaller_groups"])));
    // Who signs for nobody signs for themselves: it is kept, and brings nothing about.
    assert_eq!(sign(&house.admin, 3).await["status"], "signatures");
    assert_eq!(sign(&house.rob, 3).await["staff_missing"], json!([house.sue.id]));
    assert_eq!(sign(&house.max, 3).await["management_missing"], false);
    let waits = sign(&house.sue, 3).await;
    assert_eq!((&waits["status"], &waits["waits_until"]), (&json!("time"), &json!("2026-12-22T09:10:00.000Z")));
    come_into_force(&house.server.app).await.unwrap();
    assert_eq!((house.k().await, house.pact().await["proposed"]["status"].clone()), (7, json!("time")));

    assert_eq!(withdraw(&house.rob, 3).await["status"], "signatures", "a signature can be taken back while it waits");
    house.pass_days(14).await;
    assert_eq!(house.k().await, 7);
    assert_eq!(sign(&house.again("rob").await, 3).await["status"], "time", "the time begins with the last signature");
    house.pass_days(13).await;
    assert_eq!(house.k().await, 7, "a day is missing");
    house.pass_days(1).await;
    assert_eq!((house.k().await, house.pact().await["in_force"]["number"].clone()), (6, json!(3)));
    let kept = withdraw(&house.again("rob").await, 3).await;
    assert_eq!((&kept["status"], &kept["is_signed_by_you"]), (&json!("in_force"), &json!(false)));

    let auditor = house.server.person("ann", Role::Auditor).await;
    let page = auditor.get("/api/v1/evidence/entries?limit=1000").await;
    let entries: Vec<&Value> = page.body["items"].as_array().unwrap().iter().map(|item| &item["entry"]).collect();
    let count = |kind: &str| entries.iter().filter(|entry| entry["act"]["type"] == kind).count();
    let counts = ["pact_proposed", "pact_signed", "pact_signature_withdrawn", "pact_in_force"].map(count);
    assert_eq!(counts, [3, 8, 2, 3], "{}", page.text);
    let sides: Vec<&str> = entries.iter().filter_map(|entry| entry["act"]["signs_for"].as_str()).collect();
    assert_eq!(sides, ["staff", "management", "staff", "own", "staff", "management", "staff", "staff", "staff", "staff"]);
    assert!(!page.text.contains(&house.rob.id.to_string()), "people are pseudonyms in the log");
    assert_eq!(checking::check(&house.server.app).await.unwrap().faults, Vec::<String>::new());
    house.server.stop().await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn nobody_clears_the_way_by_ending_an_account(#[case] db: Db) {
    let mut house = House::on(db).await;
    house.found().await;
    house.propose(&house.version(4)).await;
    for signer in [&house.rob, &house.max] {
        sign(signer, 2).await;
    }
    let gone = house.admin.change(&format!("/api/v1/persons/{}", house.sue.id), &json!({"active": false})).await;
    assert_eq!(gone.status, 200, "{}", gone.text);
    let left = house.rob.get("/api/v1/pact/versions/2").await.body;
    assert_eq!(
        (&left["status"], &left["staff_missing"], &left["majority_missing"]),
        (&json!("signatures"), &json!([]), &json!(true))
    );
    // Adam and Rob are the staff that is left: both must sign, one is not more than half.
    assert_eq!(sign(&house.admin, 2).await["status"], "time", "more than half of the staff signed instead");
    house.server.stop().await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn what_is_no_pact_and_who_may_not_sign_is_refused(#[case] db: Db) {
    let house = House::on(db).await;
    let with = |field: &str, value: Value| {
        let mut version = house.version(5);
        version["settings"][field] = value;
        version
    };
    // (the version, the field that is to blame)
    let cases = [
        (with("k", json!(2)), "settings.k"),
        (with("k", json!(4)), "settings"),
        (with("retention_days", json!(400)), "settings.retention_days"),
        (with("waiting_days", json!(0)), "settings.waiting_days"),
        (with("representatives", json!([])), "settings.representatives"),
        (with("representatives", json!([house.max.id])), "settings.management"),
        (with("management", json!([uuid::Uuid::nil()])), "settings.management"),
    ];
    for (version, field) in cases {
        let answer = house.admin.post("/api/v1/pact/versions", &version).await;
        assert_eq!((answer.status, answer.field()), (422, field), "{}", answer.text);
    }
    assert_eq!(house.max.post("/api/v1/pact/versions", &house.version(5)).await.status, 403);
    let old = house.propose(&house.version(5)).await;
    house.propose(&house.version(6)).await;
    let sign = "/api/v1/pact/versions/1/sign";
    let document = json!({"document": old["document"]});
    assert_eq!(house.rob.post(sign, &document).await.problem(), "not-now", "a later version took its place");
    assert_eq!(house.rob.post("/api/v1/pact/versions/9/sign", &document).await.problem(), "not-found");
    assert_eq!(house.rob.post("/api/v1/pact/versions/0/sign", &document).await.problem(), "not-found", "nobody proposed it");
    let other = house.rob.post("/api/v1/pact/versions/2/sign", &document).await;
    assert_eq!((other.status, other.field()), (422, "document"), "what was read is what is signed");
    let partner = house.server.person("pat", Role::Partner).await;
    for path in ["/api/v1/pact", "/api/v1/pact/versions", "/api/v1/pact/versions/1"] {
        assert_eq!(partner.get(path).await.status, 403, "{path}");
    }
    let key = house.rob.post("/api/v1/api-keys", &json!({"name": "robot", "scopes": ["admin"]})).await;
    let robot = house.server.with_token(key.body["key"].as_str().unwrap());
    assert_eq!(robot.post("/api/v1/pact/versions/2/sign", &document).await.status, 403, "a person signs, not a program");
    house.server.stop().await;
}
