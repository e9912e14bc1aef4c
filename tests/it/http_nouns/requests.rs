use rstest::rstest;
use serde_json::{Value, json};

use super::world::{World, each};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_request_is_asked_and_answered_by_a_partner(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let body = json!({"customer_id": customer, "to_id": world.people["pat"], "text": "Can you deliver by 15 December?", "due_on": "2026-11-27"});
    let asked = world.make("ann", "/requests", body).await;
    assert_eq!(world.messages("pat", "request").await, ["Globex: Can you deliver by 15 December?"]);
    let path = format!("/requests/{}", asked["id"].as_str().unwrap());
    assert_eq!(world.get("pat", &path).await["text"], asked["text"]);
    let answer = json!({"answer": "Yes, on the 12th."});
    let post = format!("POST {path}/answer");
    world.call("bo", &post).json(&answer).send().await.is_problem(403, "forbidden", "", "somebody who was not asked");
    let answered = world.call("pat", &post).json(&answer).send().await.ok();
    assert_eq!((&answered["answered"], &answered["answer"]), (&json!(true), &json!("Yes, on the 12th.")));
    assert_eq!(world.messages("ann", "request_answered").await, ["Globex: answered: Yes, on the 12th."]);
    world.call("pat", &post).json(&answer).send().await.is_problem(409, "not-now", "", "answering twice");
    let change =
        world.call("ann", &format!("PATCH {path}")).knowing("ann", &path).await.json(&json!({"due_on": null})).send().await;
    change.is_problem(409, "not-now", "", "changing what is answered");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn everybody_sees_the_requests_that_are_for_their_eyes(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let ask = |to: &str, text: &str| json!({"customer_id": customer, "to_id": world.people[to], "text": text});
    let to_pat = world.make("ann", "/requests", ask("pat", "For Pat")).await;
    let to_bo = world.make("ann", "/requests", ask("bo", "For Bo")).await;
    let to_cy = world.make("bo", "/requests", ask("cy", "For Cy")).await;
    let of_customer = format!("/requests?customer_id={customer}");
    for (who, query, wanted) in [
        ("pat", "/requests", vec![&to_pat]),
        ("pat", &*of_customer, vec![&to_pat]),
        ("bo", "/requests", vec![&to_bo, &to_cy]),
        ("bo", "/requests?to_me=true", vec![&to_bo]),
        ("bo", "/requests?from_me=true", vec![&to_cy]),
        ("mia", "/requests", vec![]),
        ("mia", &*of_customer, vec![&to_pat, &to_bo, &to_cy]),
        ("audrey", &*of_customer, vec![]),
    ] {
        let page = world.get(who, query).await;
        let mut seen: Vec<String> = each(&page, "id").into_iter().map(Value::to_string).collect();
        let mut wanted: Vec<String> = wanted.into_iter().map(|request| request["id"].to_string()).collect();
        seen.sort();
        wanted.sort();
        assert_eq!(seen, wanted, "{who} {query}");
    }
    let hidden = format!("GET /requests/{}", to_bo["id"].as_str().unwrap());
    let answer = format!("POST /requests/{}/answer", to_bo["id"].as_str().unwrap());
    world
        .refuses(&[
            ("pat", &hidden, None, 404, "not-found", ""),
            ("pat", &answer, Some(json!({"answer": "x"})), 404, "not-found", ""),
        ])
        .await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_request_can_go_to_somebody_else(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let asked =
        world.make("ann", "/requests", json!({"customer_id": customer, "to_id": world.people["bo"], "text": "How loud?"})).await;
    let path = format!("/requests/{}", asked["id"].as_str().unwrap());
    let patch = format!("PATCH {path}");
    let change = json!({"to_id": world.people["cy"], "due_on": "2026-11-30"});
    world.call("bo", &patch).knowing("bo", &path).await.json(&change).send().await.is_problem(
        403,
        "forbidden",
        "",
        "who is asked",
    );
    let changed = world.call("ann", &patch).knowing("ann", &path).await.json(&change).send().await.ok();
    assert_eq!((&changed["to_id"], &changed["due_on"]), (&json!(world.people["cy"]), &json!("2026-11-30")));
    assert_eq!(world.messages("cy", "request").await.len(), 1);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn requests_are_refused_in_words(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let new = |key: &str, value: Value| {
        let mut body = json!({"customer_id": customer, "to_id": world.people["bo"], "text": "How loud?"});
        body[key] = value;
        Some(body)
    };
    world
        .refuses(&[
            ("nobody", "GET /requests", None, 401, "unauthenticated", ""),
            ("pat", "POST /requests", new("text", json!("x")), 403, "forbidden", ""),
            ("audrey", "POST /requests", new("text", json!("x")), 403, "forbidden", ""),
            ("ann", "POST /requests", new("to_id", json!(uuid::Uuid::new_v4())), 422, "invalid-value", "to_id"),
            ("ann", "POST /requests", new("to_id", json!(world.people["gone"])), 422, "invalid-value", "to_id"),
            ("ann", "POST /requests", new("customer_id", json!(uuid::Uuid::new_v4())), 422, "invalid-value", "customer_id"),
            ("ann", "POST /requests", new("text", json!("")), 422, "invalid-value", "text"),
            ("ann", "POST /requests", new("due_on", json!("2026-11-23")), 422, "invalid-value", "due_on"),
        ])
        .await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_request_becomes_overdue_once_for_each_due_day(#[case] on: On) {
    use pact_app::ops::request::raise_overdue;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    const DAY_MS: i64 = 24 * 3_600_000;
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let ask = |text: &str, due: Value| json!({"customer_id": customer, "to_id": world.people["bo"], "text": text, "due_on": due});
    let late = world.make("ann", "/requests", ask("Late", json!("2026-11-24"))).await;
    let answered = world.make("ann", "/requests", ask("Answered", json!("2026-11-24"))).await;
    world.make("ann", "/requests", ask("Later", json!("2026-11-27"))).await;
    world.make("ann", "/requests", ask("Whenever", Value::Null)).await;
    let answer = format!("POST /requests/{}/answer", answered["id"].as_str().unwrap());
    world.call("bo", &answer).json(&json!({"answer": "Done."})).send().await.ok();
    let raised = async || {
        use pact_store::entity::event::{Column, Entity};
        let found = Entity::find().filter(Column::Name.eq("request_overdue")).all(world.fresh.store.read()).await.unwrap();
        found.into_iter().map(|event| json!(event.record_id)).collect::<Vec<_>>()
    };
    for (days, wanted) in [(0, 0), (1, 1), (0, 1), (1, 1), (2, 2), (40, 2)] {
        world.pass(days * DAY_MS);
        raise_overdue(&world.app).await.unwrap();
        assert_eq!(raised().await.len(), wanted, "{days} days later");
    }
    assert!(raised().await.contains(&late["id"]));
    assert!(!raised().await.contains(&answered["id"]), "what is answered is not overdue");
}
