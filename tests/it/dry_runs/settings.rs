//! What another version or other settings would do at once is confirmed first; and every change of settings is a version that can be brought back.

use pact_tests::process::{Answer, test_plugins};
use rstest::rstest;
use serde_json::{Value, json};

use crate::main_job::house::House;
use crate::store::On;

const PATH: &str = "/api/v1/plugins/tried";

/// A sweep that shows every open lead, if it is set so.
fn sweep(version: &str, settings: &str, body: &str) -> Value {
    let manifest = format!(
        "id = \"tried\"\nversion = \"{version}\"\napi = 1\ntitle = \"Tried\"\nreads = [\"lead\"]\nmay = [\"highlight\"]\n[settings]\n{settings}\n\
         [[script]]\nfile = \"tried.rhai\"\n[[schedule]]\ncall = \"sweep\"\ncron = \"0 3 * * *\"\n"
    );
    json!({"manifest": manifest, "files": {"tried.rhai": body}})
}

const WISHED: &str = "fn sweep() { if setting(\"show\") { for lead in leads.open() { highlight(lead, \"Look.\"); } } }";
const ALWAYS: &str = "fn sweep() { for lead in leads.open() { highlight(lead, \"Look.\"); } }";
const SHOW: &str = "show = { type = \"yes_no\", default = false, title = \"Show\" }";
const WORDS: &str = "words = { type = \"text\", default = \"Look.\", title = \"Words\" }";

async fn changed(house: &House, method: &str, path: &str, body: Value) -> Answer {
    let read = house.admin.send("GET", PATH, &[], None).await.unwrap();
    let etag = read.headers["etag"].to_str().unwrap().to_owned();
    house.admin.send(method, path, &[("if-match", &etag)], Some(&body)).await.unwrap()
}

/// The number of a version, and the version that its manifest names.
fn numbered(version: &Value) -> (i64, &str) {
    (version["number"].as_i64().unwrap(), version["version"].as_str().unwrap())
}

#[track_caller]
fn must_be_confirmed(answer: &Answer) {
    assert_eq!((answer.status, &answer.body["type"]), (409, &json!("/problems/confirmation-needed")), "{}", answer.body);
    assert_eq!((&answer.body["errors"][0]["field"], &answer.body["errors"][0]["why"]), (&json!("highlight"), &json!("11")));
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_at_once_is_confirmed_whatever_causes_it(#[case] on: On) {
    let house = House::on(on, &test_plugins("mini")).await;
    for customer in 0..11 {
        house.enter(&format!("Customer {customer}")).await;
    }
    // Installed anew: shown in the preview, and asked for.
    let always = sweep("1.0.0", SHOW, ALWAYS);
    let preview = house.admin.post("/api/v1/plugin-previews", &always).await;
    assert_eq!((&preview.body["at_once"], &preview.body["confirm"]), (&json!({"highlight": 11}), &json!(11)), "{}", preview.body);
    must_be_confirmed(&house.admin.post("/api/v1/plugins", &always).await);
    assert_eq!(house.admin.send("GET", PATH, &[], None).await.unwrap().status, 404);
    assert_eq!(house.admin.post("/api/v1/plugins", &sweep("1.0.0", SHOW, WISHED)).await.status, 201, "it does nothing yet");
    // Set otherwise.
    let show = json!({"settings": {"show": true}});
    must_be_confirmed(&changed(&house, "PATCH", PATH, show.clone()).await);
    assert_eq!(house.admin.get(PATH).await["settings"], json!({}));
    assert_eq!(changed(&house, "PATCH", &format!("{PATH}?confirm=11"), show).await.status, 200);
    // It does so anyway by now: another version that does the same needs no word.
    assert_eq!(house.admin.post("/api/v1/plugins", &sweep("1.1.0", SHOW, ALWAYS)).await.status, 201);
    assert_eq!(changed(&house, "PATCH", PATH, json!({"settings": {"show": false}})).await.status, 200);
    assert_eq!(house.admin.post("/api/v1/plugins", &sweep("1.2.0", SHOW, WISHED)).await.status, 201);
    // Brought back.
    let versions = house.admin.get(&format!("{PATH}/versions")).await;
    let before = versions["items"].as_array().unwrap().iter().find(|version| version["version"] == "1.1.0").unwrap();
    let restore = json!({"version_id": before["id"]});
    must_be_confirmed(&house.admin.post(&format!("{PATH}/restore"), &restore).await);
    assert_eq!(house.admin.post(&format!("{PATH}/restore?confirm=11"), &restore).await.status, 200);
    // All of this was one instant of the clock, and still each version has its place.
    let versions = house.admin.get(&format!("{PATH}/versions")).await;
    let order: Vec<(i64, &str)> = versions["items"].as_array().unwrap().iter().map(numbered).collect();
    assert_eq!(order, [(4, "1.1.0"), (3, "1.2.0"), (2, "1.1.0"), (1, "1.0.0")]);
    let moments: std::collections::BTreeSet<String> =
        versions["items"].as_array().unwrap().iter().map(|version| version["created_at"].to_string()).collect();
    assert_eq!(moments.len(), 1, "{versions}");
    // What is off does nothing, whatever it is set to.
    assert_eq!(house.admin.post("/api/v1/plugins", &sweep("1.3.0", SHOW, WISHED)).await.status, 201);
    assert_eq!(changed(&house, "POST", &format!("{PATH}/disable"), Value::Null).await.status, 200);
    assert_eq!(changed(&house, "PATCH", PATH, json!({"settings": {"show": true}})).await.status, 200);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_of_settings_is_a_version(#[case] on: On) {
    let house = House::on(on, &test_plugins("mini")).await;
    let both = format!("{SHOW}\n{WORDS}");
    house.admin.make("/api/v1/plugins", &sweep("1.0.0", &both, WISHED)).await;
    let listed = format!("{PATH}/settings-versions");
    assert_eq!(house.admin.get(&listed).await["items"], json!([]));
    for settings in [json!({"show": true}), json!({"words": "Here."}), json!({"show": null})] {
        assert_eq!(changed(&house, "PATCH", PATH, json!({"settings": settings})).await.status, 200);
    }
    // The same again is no change.
    assert_eq!(changed(&house, "PATCH", PATH, json!({"settings": {"words": "Here."}})).await.status, 200);
    let page = house.admin.get(&listed).await;
    let told = |page: &Value| -> Vec<(String, Value)> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| (item["how"].as_str().unwrap().to_owned(), item["changes"].clone())).collect()
    };
    let change = |name: &str, from: Value, to: Value| json!([{"name": name, "from": from, "to": to}]);
    let set = |change: Value| ("set".to_owned(), change);
    let wanted = [
        set(change("show", json!(true), Value::Null)),
        set(change("words", Value::Null, json!("Here."))),
        set(change("show", Value::Null, json!(true))),
        ("installed".to_owned(), json!([])),
    ];
    assert_eq!(told(&page), wanted);
    let items = page["items"].as_array().unwrap();
    let numbers: Vec<i64> = items.iter().map(|item| item["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [4, 3, 2, 1], "changes of one instant have an order");
    assert!(items[..3].iter().all(|item| item["created_by_id"].is_string()) && items[3]["created_by_id"].is_null(), "{page}");
    assert_eq!(items[1]["settings"], json!({"show": true, "words": "Here."}));

    // Brought back; who set it is not for everybody.
    let back = house.admin.post(&format!("{PATH}/settings/restore"), &json!({"version_id": items[1]["id"]})).await;
    assert_eq!((back.status, &back.body["settings"]), (200, &json!({"show": true, "words": "Here."})), "{}", back.body);
    let rep = house.person("Ann", "rep", None).await.caller;
    let page = rep.get(&listed).await;
    assert_eq!(told(&page)[0], ("restored".to_owned(), change("show", Value::Null, json!(true))));
    assert!(page["items"].as_array().unwrap().iter().all(|item| item["created_by_id"].is_null()), "{page}");
    let restore = |id: Value| json!({"version_id": id});
    let refused = rep.post(&format!("{PATH}/settings/restore"), &restore(items[1]["id"].clone())).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    let wrong = house.admin.post(&format!("{PATH}/settings/restore"), &restore(json!(uuid::Uuid::new_v4()))).await;
    assert_eq!((wrong.status, &wrong.body["errors"][0]["field"]), (422, &json!("version_id")), "{}", wrong.body);

    // A version that has a setting no more lets it go, and an older one is brought back without it.
    house.admin.make("/api/v1/plugins", &sweep("2.0.0", SHOW, WISHED)).await;
    let page = house.admin.get(&listed).await;
    assert_eq!(told(&page)[0], ("installed".to_owned(), change("words", json!("Here."), Value::Null)));
    assert_eq!(changed(&house, "PATCH", PATH, json!({"settings": {"show": null}})).await.status, 200);
    let back = house.admin.post(&format!("{PATH}/settings/restore"), &restore(items[1]["id"].clone())).await;
    assert_eq!((back.status, &back.body["settings"]), (200, &json!({"show": true})), "{}", back.body);
    let nobody = house.admin.send("GET", "/api/v1/plugins/none/settings-versions", &[], None).await.unwrap();
    assert_eq!(nobody.status, 404);
}
