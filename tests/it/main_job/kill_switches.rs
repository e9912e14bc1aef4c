//! Kill switches: a faulty script sends no 10,000 mails, one that fails again and again is switched off, and a stop stops.

use std::path::Path;
use std::time::{Duration, Instant};

use pact_tests::process::ADMIN;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::house::{House, messages};
use crate::store::On;

/// How long something may take to happen.
const PATIENCE: Duration = Duration::from_secs(120);

fn manifest(id: &str, version: &str, files: &[(&str, &str)]) -> String {
    let scripts: String = files.iter().map(|(name, _)| format!("[[script]]\nfile = \"{name}\"\n")).collect();
    format!(
        "id = \"{id}\"\nversion = \"{version}\"\napi = 1\ntitle = \"{id}\"\nsummary = \"For tests.\"\n\
         reads = [\"lead\", \"customer\", \"person\"]\nmay = [\"highlight\", \"notify\"]\n{scripts}"
    )
}

/// A folder with one plugin.
fn folder(id: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join(id);
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("plugin.toml"), manifest(id, "1.0.0", files)).unwrap();
    for (name, text) in files {
        std::fs::write(inside.join(name), text).unwrap();
    }
    folder
}

async fn house(on: On, folder: &Path) -> House {
    House::on(on, folder).await
}

/// Waits until nothing waits any more; a run that met its time on a machine with much to do is tried again when time passes.
async fn settled(house: &House) -> Value {
    let until = Instant::now() + PATIENCE;
    let mut looks = 0;
    loop {
        let state = house.admin.get("/api/v1/jobs/state").await;
        if state["waiting"] == 0 && state["under_way"] == 0 && state["lapsed"] == 0 {
            return state;
        }
        assert!(Instant::now() < until, "{state}");
        looks += 1;
        if looks % 40 == 0 {
            house.pass(1);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn post(house: &House, path: &str, body: Value) -> Value {
    let answer = house.admin.post(path, &body).await;
    assert_eq!(answer.status, 200, "POST {path}: {}", answer.body);
    answer.body
}

async fn patch(house: &House, path: &str, body: Value) -> (u16, Value) {
    let answer = house.admin.send("PATCH", path, &[], Some(&body)).await.unwrap();
    (answer.status, answer.body)
}

async fn is_on(house: &House) -> bool {
    house.admin.get("/api/v1/plugins/wrong").await["enabled"] == true
}

/// How many messages a person has of a kind.
async fn notices(house: &House, kind: &str) -> usize {
    use pact_store::entity::message;
    use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
    let found = message::Entity::find().filter(message::Column::Kind.eq(kind));
    found.count(house.app.store.read()).await.unwrap().try_into().unwrap()
}

/// A faulty script: every lead that enters makes 250 messages, which go out as mail too.
const FLOOD: &str = "fn on_lead_created(lead) {\n let to = people.with_role(\"rep\").first();\n for n in 0..250 { notify(to, `A lead entered (${n}).`, lead); }\n}\n";

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulty_script_cannot_send_ten_thousand_mails(#[case] on: On) {
    let folder = folder("flood", &[("flood.rhai", FLOOD)]);
    let mut house = house(on, folder.path()).await;
    house.person("Ann", "rep", None).await;
    let mut leads = Vec::new();
    for n in 0..40 {
        leads.push(house.enter(&format!("Customer {n}")).await);
    }
    let state = settled(&house).await;
    assert_eq!(notices(&house, "notice").await, 1_000, "four runs of forty went through");
    assert_eq!(state["parked"], 36, "nothing is lost");
    let held = house.admin.get("/api/v1/runs?outcome=held&limit=100").await;
    assert_eq!(held["items"].as_array().unwrap().len(), 36);
    let jobs = house.admin.get("/api/v1/jobs?state=parked&limit=100").await;
    let jobs = jobs["items"].as_array().unwrap().clone();
    let says = jobs[0]["reason"].as_str().unwrap();
    assert!(says.contains("\"notify\" than the 1000 that it may have in an hour; this run alone wants 250"), "{says}");
    let told = messages(&house.admin).await;
    assert_eq!(told.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["held"], "the admins are told once: {told:?}");

    // An admin's word: one runs although it is beyond the limit, and nothing of another one is done.
    let job = |at: usize| format!("/api/v1/jobs/{}", jobs[at]["id"].as_str().unwrap());
    assert_eq!(post(&house, &format!("{}/release", job(0)), Value::Null).await["state"], "waiting");
    settled(&house).await;
    assert_eq!(house.admin.get(&job(0)).await["state"], "done");
    assert_eq!(notices(&house, "notice").await, 1_250);
    assert_eq!(post(&house, &format!("{}/drop", job(1)), Value::Null).await["state"], "dropped");
    assert_eq!(settled(&house).await["parked"], 34);

    // An hour later there is room again; and a limit of its own holds for this plugin alone.
    house.pass(66);
    house.admin = house.again(ADMIN).await;
    house.enter("Later").await;
    assert_eq!(settled(&house).await["parked"], 34);
    assert_eq!(notices(&house, "notice").await, 1_500);
    let (status, set) = patch(&house, "/api/v1/plugins/flood/limits", json!({"limits": {"notify": 300}})).await;
    assert_eq!((status, &set["own_limits"]), (200, &json!({"flood": {"notify": 300}})), "{set}");
    house.enter("Too much").await;
    assert_eq!(settled(&house).await["parked"], 35);
    let (_, set) = patch(&house, "/api/v1/plugins/flood/limits", json!({"limits": {"notify": "none"}})).await;
    assert_eq!(set["own_limits"], json!({"flood": {"notify": null}}));
    house.enter("As it likes").await;
    assert_eq!(settled(&house).await["parked"], 35);
    assert_eq!(notices(&house, "notice").await, 1_750);
    for (body, field) in [
        (json!({"limits": {"mails": 3}}), "limits.mails"),
        (json!({"limits": {"mail": -1}}), "limits.mail"),
        (json!({"max_failures": 0}), "max_failures"),
    ] {
        let (status, problem) = patch(&house, "/api/v1/automation", body).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_fails_again_and_again_is_switched_off_once(#[case] on: On) {
    let folder = folder(
        "wrong",
        &[(
            "wrong.rhai",
            "fn on_lead_created(lead) {\n if lead.title.contains(\"Good\") { log(\"fine\"); } else { throw \"no idea\"; }\n}\n",
        )],
    );
    let mut house = house(on, folder.path()).await;
    let (status, _) = patch(&house, "/api/v1/automation", json!({"max_failures": 3, "within_minutes": 60})).await;
    assert_eq!(status, 200);
    // One that goes well begins the row anew, and so does time.
    for customer in ["Bad 1", "Bad 2", "Good 1", "Bad 3", "Bad 4"] {
        house.enter(customer).await;
        settled(&house).await;
    }
    assert!(is_on(&house).await, "never three in a row");
    house.pass(70);
    house.admin = house.again(ADMIN).await;
    house.enter("Bad 5").await;
    settled(&house).await;
    assert!(is_on(&house).await, "the others were an hour ago");
    for n in 6..14 {
        house.enter(&format!("Bad {n}")).await;
    }
    settled(&house).await;
    assert!(!is_on(&house).await);
    let told = messages(&house.admin).await;
    let off: Vec<_> = told.iter().filter(|(kind, _)| kind == "plugin_off").collect();
    assert_eq!(off.len(), 1, "{told:?}");
    assert!(
        off[0].1.starts_with("The plugin wrong was switched off: 3 runs failed one after the other, the last with: no idea"),
        "{off:?}"
    );
    let state = house.admin.get("/api/v1/automation").await;
    assert_eq!((&state["off"][0]["plugin_id"], &state["off"][0]["file"]), (&json!("wrong"), &Value::Null), "{state}");
    assert!(state["off"][0]["because"].as_str().unwrap().contains("no idea"));
    let runs = house.admin.get("/api/v1/runs?plugin_id=wrong&limit=100").await["items"].as_array().unwrap().len();
    house.enter("Bad again").await;
    settled(&house).await;
    assert_eq!(
        house.admin.get("/api/v1/runs?plugin_id=wrong&limit=100").await["items"].as_array().unwrap().len(),
        runs,
        "nothing calls it"
    );
    // Switched on again it begins anew.
    let path = "/api/v1/plugins/wrong";
    let etag = house.admin.send("GET", path, &[], None).await.unwrap().headers["etag"].to_str().unwrap().to_owned();
    let on = house.admin.send("POST", &format!("{path}/enable"), &[("if-match", &etag)], None).await.unwrap();
    assert_eq!((on.status, &on.body["enabled"]), (200, &json!(true)));
    house.app.refresh_plugins().await.unwrap();
    assert_eq!(house.admin.get("/api/v1/automation").await["off"], json!([]));
    house.enter("Bad once").await;
    settled(&house).await;
    assert_eq!(house.admin.get(path).await["enabled"], true);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_automation_stops_and_starts_again(#[case] on: On) {
    let folder = folder("shows", &[("shows.rhai", "fn on_lead_created(lead) { highlight(lead, \"new\"); }\n")]);
    let house = house(on, folder.path()).await;
    let manager = house.person("Mia", "manager", None).await;
    let auditor = house.person("Audrey", "auditor", None).await;
    let highlighted = async |lead: &str| house.admin.get(&format!("/api/v1/leads/{lead}")).await["highlighted"] == true;
    assert_eq!(house.admin.get("/api/v1/automation").await["running"], true);
    let stopped = post(&house, "/api/v1/automation/stop", json!({"because": "Something is wrong."})).await;
    assert_eq!((&stopped["running"], &stopped["because"]), (&json!(false), &json!("Something is wrong.")));
    let first = [house.enter("Globex").await, house.enter("Hooli").await];
    // A look of the heartbeat and of whoever works off events goes by, and nothing is called.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(house.admin.get("/api/v1/jobs/state").await["waiting"], 2);
    assert_eq!(house.admin.get("/api/v1/runs").await["items"], json!([]));
    post(&house, "/api/v1/automation/start", json!({"waiting": "work_off"})).await;
    settled(&house).await;
    assert!(highlighted(&first[0]).await && highlighted(&first[1]).await);

    post(&house, "/api/v1/automation/stop", json!({})).await;
    let skipped = house.enter("Initrode").await;
    let started = post(&house, "/api/v1/automation/start", json!({"waiting": "skip"})).await;
    assert_eq!((&started["running"], &started["because"]), (&json!(true), &Value::Null));
    let next = house.enter("Umbrella").await;
    settled(&house).await;
    assert!(highlighted(&next).await && !highlighted(&skipped).await, "what was skipped stays so");
    let again = house.admin.post("/api/v1/automation/start", &json!({"waiting": "skip"})).await;
    assert_eq!((again.status, &again.body["type"]), (409, &json!("/problems/not-now")));
    let unclear = house.admin.post("/api/v1/automation/start", &json!({})).await;
    assert_eq!(unclear.status, 422, "what becomes of what waits must be said");
    assert_eq!(auditor.caller.get("/api/v1/automation").await["running"], true);
    for (who, method, path) in [
        (&manager, "GET", "/api/v1/automation"),
        (&manager, "POST", "/api/v1/automation/stop"),
        (&auditor, "POST", "/api/v1/automation/stop"),
        (&auditor, "PATCH", "/api/v1/automation"),
        (&auditor, "PATCH", "/api/v1/plugins/shows/limits"),
        (&auditor, "POST", "/api/v1/plugins/shows/scripts/shows.rhai/disable"),
    ] {
        let body = json!({});
        let body = Some(&body).filter(|_| method != "GET");
        assert_eq!(who.caller.send(method, path, &[], body).await.unwrap().status, 403, "{} {method} {path}", who.name);
    }
    use pact_store::entity::evidence_entry;
    use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
    let switched = evidence_entry::Entity::find().filter(evidence_entry::Column::Kind.eq("automation_switched"));
    assert_eq!(switched.count(house.app.store.read()).await.unwrap(), 4, "each stop and each start is recorded");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_script_is_switched_off_and_the_others_go_on(#[case] on: On) {
    let files = [
        ("customers.rhai", "fn on_customer_created(customer) { log(customer.name); }\n"),
        ("leads.rhai", "fn on_lead_created(lead) { highlight(lead, \"new\"); }\n"),
    ];
    let folder = folder("two", &files);
    let house = house(on, folder.path()).await;
    let calls = async || {
        settled(&house).await;
        let runs = house.admin.get("/api/v1/runs?limit=100").await;
        let mut calls: Vec<String> =
            runs["items"].as_array().unwrap().iter().map(|run| run["call"].as_str().unwrap().to_owned()).collect();
        calls.sort();
        calls
    };
    let off = post(&house, "/api/v1/plugins/two/scripts/leads.rhai/disable", Value::Null).await;
    assert_eq!(off["off"], json!([{"plugin_id": "two", "file": "leads.rhai", "because": null}]));
    house.app.refresh_plugins().await.unwrap();
    house.enter("Globex").await;
    assert_eq!(calls().await, ["on_customer_created"]);
    let on_again = post(&house, "/api/v1/plugins/two/scripts/leads.rhai/enable", Value::Null).await;
    assert_eq!(on_again["off"], json!([]));
    house.app.refresh_plugins().await.unwrap();
    house.enter("Hooli").await;
    assert_eq!(calls().await, ["on_customer_created", "on_customer_created", "on_lead_created"]);
    for path in ["two/scripts/none.rhai", "none/scripts/leads.rhai"] {
        let refused = house.admin.post(&format!("/api/v1/plugins/{path}/disable"), &Value::Null).await;
        assert_eq!(refused.status, 404, "{path}");
    }
}

/// A script that takes a while, and says which version it is.
fn slow(version: &str) -> Value {
    let script = format!("fn on_lead_created(lead) {{ let n = 0; while n < 200 {{ n += 1; }} log(\"{version}\"); }}");
    json!({"manifest": manifest("slow", version, &[("slow.rhai", "")]), "files": {"slow.rhai": script}})
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_is_under_way_ends_on_the_version_that_it_began_with(#[case] on: On) {
    let empty = tempfile::tempdir().unwrap();
    let house = house(on, empty.path()).await;
    house.admin.make("/api/v1/plugins", &slow("1.0.0")).await;
    house.app.refresh_plugins().await.unwrap();
    // Leads go on entering while the next version lands.
    let entering = async {
        for n in 0..30 {
            house.enter(&format!("Customer {n}")).await;
        }
    };
    let upgrading = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        house.pass(1);
        house.admin.make("/api/v1/plugins", &slow("2.0.0")).await;
        house.app.refresh_plugins().await.unwrap();
    };
    tokio::join!(entering, upgrading);
    house.enter("The last").await;
    let parked = settled(&house).await["parked"].as_u64().unwrap() as usize;
    let versions = house.admin.get("/api/v1/plugins/slow/versions").await;
    let named = |id: &Value| {
        let found = versions["items"].as_array().unwrap().iter().find(|row| row["id"] == *id).unwrap();
        found["version"].as_str().unwrap().to_owned()
    };
    let runs = house.admin.get("/api/v1/runs?plugin_id=slow&outcome=done&limit=100").await;
    let mut ended = std::collections::BTreeSet::new();
    for run in runs["items"].as_array().unwrap() {
        let shown = house.admin.get(&format!("/api/v1/runs/{}", run["id"].as_str().unwrap())).await;
        let version = named(&run["script_version_id"]);
        assert_eq!(shown["log"], json!([version]), "what ran is what the run says");
        ended.insert(version);
    }
    assert!(ended.contains("2.0.0"), "{ended:?}");
    // On a machine with very much to do a run may take too long each time; then it is put aside, and not lost.
    assert_eq!(runs["items"].as_array().unwrap().len() + parked, 31);
}
