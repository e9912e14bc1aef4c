//! Runs that are over: done again, looked through, followed, forgotten; and what a plugin would do before it is switched on.

use std::time::Duration;

use pact_app::ops::run::prune_runs;
use pact_tests::process::test_plugins;
use rstest::rstest;
use serde_json::{Value, json};

use super::{company, install, script};
use crate::main_job::house::House;
use crate::store::On;

async fn only_run(house: &House, query: &str) -> Value {
    let page = house.admin.get(&format!("/api/v1/runs?{query}")).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{query}: {page}");
    let id = page["items"][0]["id"].as_str().unwrap();
    house.admin.get(&format!("/api/v1/runs/{id}")).await
}

async fn replayed(house: &House, run: &Value) -> Value {
    let answer = house.admin.post(&format!("/api/v1/runs/{}/replay", run["run"]["id"].as_str().unwrap()), &Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_done_again_as_it_was(#[case] on: On) {
    let (house, lead, _) = company(on).await;
    for call in ["on_lead_created", "on_push_declined"] {
        let run = only_run(&house, &format!("plugin_id=push&call={call}")).await;
        let read: Vec<(&str, &str)> = run["read"]
            .as_array()
            .unwrap()
            .iter()
            .map(|read| (read["kind"].as_str().unwrap(), read["id"].as_str().unwrap()))
            .collect();
        assert!(read.contains(&("lead", lead.as_str())), "{run}");
        assert!(run["run"]["memory_kib"].is_number() && run["script"] == json!([]), "{run}");
        let again = replayed(&house, &run).await;
        assert_eq!(
            (&again["exact"], &again["same"], &again["differ"]),
            (&json!(true), &json!(true), &json!([])),
            "{call}: {again}"
        );
        assert_eq!(again["effects"], run["effects"]);
    }
    // What it read says something else by now, and the replay says so.
    let lead = house.admin.get(&format!("/api/v1/leads/{lead}")).await;
    let customer = lead["customer_id"].as_str().unwrap();
    let path = format!("/api/v1/customers/{customer}");
    let read = house.admin.send("GET", &path, &[], None).await.unwrap();
    let etag = read.headers["etag"].to_str().unwrap();
    let changed = house.admin.send("PATCH", &path, &[("if-match", etag)], Some(&json!({"name": "Globex Two"}))).await.unwrap();
    assert_eq!(changed.status, 200, "{}", changed.body);
    let run = only_run(&house, "plugin_id=push&call=on_lead_created").await;
    let again = replayed(&house, &run).await;
    assert_eq!((&again["exact"], &again["same"]), (&json!(false), &json!(false)), "{again}");
    assert_eq!(again["differ"], json!([{"kind": "customer", "id": customer}]));
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_are_looked_through_followed_and_forgotten(#[case] on: On) {
    let (mut house, ..) = company(on).await;
    let body = "fn on_customer_created(customer) {\n    log(`hello ${customer.name}`);\n    if customer.name == \"Initrode\" {\n        throw \"no luck\";\n    }\n}\nfn on_push_expired(lead, push) {\n    log(\"hello from an act\");\n}\n";
    install(&house, &script("[\"customer\", \"lead\"]", "[]", "", body)).await;
    let mut following = house.follow("/api/v1/runs/stream?plugin_id=tried").await;
    for customer in ["Hooli", "Initrode"] {
        house.enter(customer).await;
    }
    house.runs_of("tried", "on_customer_created", 2).await;
    let mut heard = String::new();
    while heard.matches("event: run").count() < 2 {
        let chunk = tokio::time::timeout(Duration::from_secs(30), following.chunk()).await.unwrap().unwrap().unwrap();
        heard.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(heard.contains("on_customer_created") && !heard.contains("on_push"), "{heard}");

    let found = only_run(&house, "text=HELLO%20Hooli").await;
    assert_eq!((&found["run"]["outcome"], &found["log"]), (&json!("done"), &json!(["hello Hooli"])));
    let failed = only_run(&house, "plugin_id=tried&outcome=failed").await;
    let at: Vec<&Value> = failed["script"].as_array().unwrap().iter().filter(|line| line["failed"] == true).collect();
    assert_eq!(at, [&json!({"number": 4, "text": "        throw \"no luck\";", "failed": true})], "{failed}");

    // Acts are not found by what their runs logged, and nothing is found by a person's name.
    house.pass(61);
    house.admin = house.again(pact_tests::process::ADMIN).await;
    house.runs_of("tried", "on_push_expired", 1).await;
    let page = house.admin.get("/api/v1/runs?text=from%20an%20act").await;
    assert_eq!(page["items"], json!([]), "{page}");
    for name in ["Ann", "ann%20did", "Bo"] {
        let refused = house.admin.send("GET", &format!("/api/v1/runs?text={name}"), &[], None).await.unwrap();
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (400, &json!("text")), "{name}: {}", refused.body);
    }

    assert_eq!(prune_runs(&house.app, 1).await.unwrap(), 0);
    house.pass_days(2).await;
    assert!(prune_runs(&house.app, 1).await.unwrap() >= 4);
    // Pushes that expired meanwhile may have been told of at once.
    let left = house.admin.get("/api/v1/runs?plugin_id=tried").await;
    assert!(left["items"].as_array().unwrap().iter().all(|run| run["started_at"].as_str() > Some("2026-11-26")), "{left}");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_do_much_at_once_is_confirmed_first(#[case] on: On) {
    let house = House::on(on, &test_plugins("mini")).await;
    let sweep = script(
        "[\"lead\"]",
        "[\"highlight\"]",
        "[[schedule]]\ncall = \"sweep\"\ncron = \"0 3 * * *\"\n",
        "fn sweep() { for lead in leads.open() { highlight(lead, \"Look.\"); } }",
    );
    install(&house, &sweep).await;
    let path = "/api/v1/plugins/tried";
    let switch = async |what: &str| {
        let read = house.admin.send("GET", path, &[], None).await.unwrap();
        let etag = read.headers["etag"].to_str().unwrap().to_owned();
        house.admin.send("POST", &format!("{path}/{what}"), &[("if-match", &etag)], None).await.unwrap()
    };
    for customer in 0..11 {
        house.enter(&format!("Customer {customer}")).await;
    }
    assert_eq!(switch("disable").await.status, 200);
    for wrong in ["enable", "enable?confirm=10"] {
        let asked = switch(wrong).await;
        assert_eq!((asked.status, &asked.body["type"]), (409, &json!("/problems/confirmation-needed")), "{}", asked.body);
        assert_eq!((&asked.body["errors"][0]["field"], &asked.body["errors"][0]["why"]), (&json!("highlight"), &json!("11")));
    }
    assert_eq!(house.admin.get(path).await["enabled"], json!(false));
    let on = switch("enable?confirm=11").await;
    assert_eq!((on.status, &on.body["enabled"]), (200, &json!(true)), "{}", on.body);
}
