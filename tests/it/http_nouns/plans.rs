use rstest::rstest;
use serde_json::{Value, json};

use super::world::{World, each};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_plan_is_announced_changed_and_taken_back(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "bo").await;
    let pack = world.make("mia", "/packs", json!({"title": "Heat pumps"})).await;
    let body = json!({"customer_id": customer, "objective": "Agree on the delivery", "on_day": "2026-11-26", "pack_id": pack["id"], "bring": "Schedule"});
    let plan = world.make("ann", "/plans", body).await;
    assert_eq!(plan["person_id"], json!(world.people["ann"]));
    assert_eq!(world.messages("bo", "plan").await, ["Globex, 2026-11-26: ann plans: Agree on the delivery"]);
    let path = format!("/plans/{}", plan["id"].as_str().unwrap());
    let patch = format!("PATCH {path}");
    let change = json!({"on_day": "2026-11-27", "bring": null});
    world.call("mia", &patch).knowing("mia", &path).await.json(&change).send().await.is_problem(
        403,
        "forbidden",
        "",
        "a manager",
    );
    let changed = world.call("ann", &patch).knowing("ann", &path).await.json(&change).send().await.ok();
    assert_eq!((&changed["on_day"], &changed["bring"]), (&json!("2026-11-27"), &Value::Null));
    for (query, wanted) in [
        (format!("customer_id={customer}"), 1),
        (format!("team_id={}&from_day=2026-11-24", world.teams["Benelux"]), 1),
        (format!("pack_id={}", pack["id"].as_str().unwrap()), 1),
        ("from_day=2026-11-27&until_day=2026-11-27".into(), 1),
        ("until_day=2026-11-26".into(), 0),
        ("mine=true".into(), 0),
    ] {
        assert_eq!(each(&world.get("bo", &format!("/plans?{query}")).await, "id").len(), wanted, "{query}");
    }
    let withdraw = format!("POST {path}/withdraw");
    world.call("bo", &withdraw).knowing("bo", &path).await.send().await.is_problem(403, "forbidden", "", "a colleague");
    let gone = world.call("ann", &withdraw).knowing("ann", &path).await.send().await.ok();
    assert_eq!(gone["withdrawn"], json!(true));
    assert_eq!(each(&world.get("ann", "/plans?mine=true").await, "id").len(), 0);
    assert_eq!(each(&world.get("ann", "/plans?mine=true&withdrawn=true").await, "id").len(), 1);
    world.call("ann", &patch).knowing("ann", &path).await.json(&json!({})).send().await.is_problem(
        409,
        "not-now",
        "",
        "changing it",
    );
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn plans_are_refused_in_words(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let new = |key: &str, value: Value| {
        let mut body = json!({"customer_id": customer, "objective": "Listen", "on_day": "2026-11-24"});
        body[key] = value;
        Some(body)
    };
    let none = json!(uuid::Uuid::new_v4());
    world
        .refuses(&[
            ("pat", "GET /plans", None, 403, "forbidden", ""),
            ("audrey", "GET /plans", None, 403, "forbidden", ""),
            ("adam", "POST /plans", new("objective", json!("x")), 403, "forbidden", ""),
            ("ann", "POST /plans", new("on_day", json!("2026-11-23")), 422, "invalid-value", "on_day"),
            ("ann", "POST /plans", new("on_day", json!("2026-02-30")), 422, "invalid-body", "on_day"),
            ("ann", "POST /plans", new("objective", json!("")), 422, "invalid-value", "objective"),
            ("ann", "POST /plans", new("pack_id", none.clone()), 422, "invalid-value", "pack_id"),
            ("ann", "POST /plans", new("customer_id", none), 422, "invalid-value", "customer_id"),
            ("ann", "POST /plans", new("person_id", json!(world.people["bo"])), 422, "invalid-body", "person_id"),
            ("ann", "POST /plans", new("done", json!(true)), 422, "invalid-body", "done"),
        ])
        .await;
}
