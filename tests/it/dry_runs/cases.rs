//! A dry run over one event becomes a case, which holds.

use std::fs;
use std::process::Command;

use pact_store::entity::event;
use pact_tests::process::{pact_binary, test_plugins};
use rstest::rstest;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::trace::{everything, nothing_else_since};
use super::{company, script, tried};
use crate::main_job::house::House;
use crate::store::On;

async fn case(house: &House, run: &Value) -> (u16, Value) {
    let path = format!("/api/v1/dry-runs/{}/case?title=Nobody%20is%20left", run["id"].as_str().unwrap());
    let answer = house.admin.send("GET", &path, &[], None).await.unwrap();
    (answer.status, answer.body)
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_becomes_a_case_that_holds(#[case] on: On) {
    let (house, lead, _) = company(on).await;
    let fresh = house.enter("Initrode").await;
    house.once(&fresh, "an offer", |lead| lead["open_push"]["person_id"].is_string()).await;
    let before = everything(&house.app.store).await;
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("push");
    fs::create_dir_all(plugin.join("cases")).unwrap();
    for file in ["plugin.toml", "push.rhai"] {
        fs::copy(test_plugins("mini").join("push").join(file), plugin.join(file)).unwrap();
    }
    for (name, record, does) in [("left", &lead, "escalate"), ("fresh", &fresh, "push")] {
        let run = tried(&house, json!({"plugin_id": "push", "on": "lead_created", "records": [record]})).await;
        let (status, body) = case(&house, &run).await;
        assert_eq!(status, 200, "{body}");
        let text = body["case"].as_str().unwrap();
        for there in ["title = \"Nobody is left\"", "event = \"lead_created\"", &format!("do = \"{does}\"")] {
            assert!(text.contains(there), "{name} lacks {there}:\n{text}");
        }
        // People stand in it under pseudonyms, and nothing by its id.
        for gone in ["Ann", "ann@", "Bo\"", "Mia", record.as_str()] {
            assert!(!text.contains(gone), "{name} says {gone}:\n{text}");
        }
        fs::write(plugin.join("cases").join(format!("{name}.toml")), text).unwrap();
    }
    let tested = Command::new(pact_binary()).current_dir(folder.path()).args(["plugin", "test", "push"]).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
    assert!(tested.status.success() && said.contains("2 passed, 0 failed"), "{said}");
    nothing_else_since(&house.app.store, &before).await;
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_for_the_reader_becomes_no_case(#[case] on: On) {
    let (house, lead, _) = company(on).await;
    let declined = event::Entity::find().filter(event::Column::Name.eq("push_declined")).one(house.app.store.read()).await;
    let declined = declined.unwrap().expect("an event of the act").id;
    let digest = script(
        "[\"lead\", \"person\"]",
        "[\"digest\"]",
        "",
        "fn on_lead_won(lead) { let d = digest(lead.owner, \"Won\"); d.section(\"Yours\"); d.add(lead, lead.title); send(d); }",
    );
    for (body, why) in [
        (json!({"plugin_id": "push", "on": "lead_created", "from": "2026-11-24"}), "several events"),
        (json!({"plugin_id": "push", "on": "push_declined", "event_id": declined}), "at which moment"),
        (json!({"script": digest, "on": "lead_won", "records": [lead]}), "somebody else"),
    ] {
        let run = tried(&house, body).await;
        let (status, refused) = case(&house, &run).await;
        assert_eq!((status, &refused["type"]), (409, &json!("/problems/not-now")), "{why}: {refused}");
        assert!(refused["detail"].as_str().unwrap().contains(why), "{refused}");
    }
    let run = tried(&house, json!({"plugin_id": "push", "on": "lead_created", "records": [lead]})).await;
    let ann = house.sign_in("Ann").await;
    let path = format!("/api/v1/dry-runs/{}/case", run["id"].as_str().unwrap());
    let refused = ann.send("GET", &path, &[], None).await.unwrap();
    assert_eq!(refused.status, 403, "{}", refused.body);
}
