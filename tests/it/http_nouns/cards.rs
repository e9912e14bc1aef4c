use rstest::rstest;
use serde_json::{Value, json};

use super::world::{World, each};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_card_tells_the_owner_and_ends_the_quiet(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "bo").await;
    let lead = world.lead(&customer, "Two boilers").await;
    let quiet = format!("/customers?quiet_since={}", "2026-11-24T10:20:00Z");
    world.pass(14 * 60_000);
    assert_eq!(each(&world.get("mia", &quiet).await, "id").len(), 1, "quiet for fourteen minutes");
    let body = json!({"customer_id": customer, "lead_id": lead, "kind": "Complaint", "about": "heat-pump", "theme": "delivery", "text": "A week late."});
    let card = world.make("ann", "/cards", body).await;
    assert_eq!(
        (&card["kind"], &card["said_on"], &card["author_id"]),
        (&json!("complaint"), &json!("2026-11-24"), &json!(world.people["ann"]))
    );
    assert_eq!(world.messages("bo", "card").await, ["Globex: complaint: A week late."]);
    assert_eq!(each(&world.get("mia", &quiet).await, "id").len(), 0, "not quiet any more");
    let own = world.make("bo", "/cards", json!({"customer_id": customer, "kind": "news", "text": "They move to Delft."})).await;
    assert_eq!(world.messages("bo", "card").await.len(), 1, "nobody is told what they wrote themselves");
    for (query, wanted) in [
        (format!("customer_id={customer}"), 2),
        (format!("lead_id={lead}"), 1),
        ("kind=complaint".into(), 1),
        ("about=heat-pump".into(), 1),
        ("theme=delivery".into(), 1),
        ("said_from=2026-11-24&said_until=2026-11-24".into(), 2),
        ("said_until=2026-11-23".into(), 0),
        ("q=delft".into(), 1),
        ("mine=true".into(), 1),
    ] {
        assert_eq!(each(&world.get("ann", &format!("/cards?{query}")).await, "id").len(), wanted, "{query}");
    }
    assert_eq!(own["lead_id"], Value::Null);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_card_is_corrected_by_its_author_or_a_manager(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let contact = world.make("ann", "/contacts", json!({"customer_id": customer, "name": "Femke"})).await;
    let card = world.make("ann", "/cards", json!({"customer_id": customer, "kind": "wish", "text": "Les noise"})).await;
    let path = format!("/cards/{}", card["id"].as_str().unwrap());
    let patch = format!("PATCH {path}");
    let change = json!({"text": "Less noise", "said_by_id": contact["id"], "said_on": "2026-11-23"});
    world.call("bo", &patch).knowing("bo", &path).await.json(&change).send().await.is_problem(
        403,
        "forbidden",
        "",
        "a colleague",
    );
    let changed = world.call("ann", &patch).knowing("ann", &path).await.json(&change).send().await.ok();
    assert_eq!(
        (&changed["text"], &changed["said_on"], &changed["said_by_id"]),
        (&json!("Less noise"), &json!("2026-11-23"), &contact["id"])
    );
    let by_mia = world.call("mia", &patch).knowing("mia", &path).await.json(&json!({"theme": "noise"})).send().await.ok();
    assert_eq!((&by_mia["theme"], &by_mia["author_id"]), (&json!("noise"), &json!(world.people["ann"])));
    assert_eq!(
        each(&world.get("bo", "/search?q=less%20noise&kind=card").await, "id"),
        [&card["id"]],
        "search knows the new words"
    );
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn cards_are_refused_in_words(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let other = world.customer("Hooli", "ann").await;
    let lead = world.lead(&other, "Roof").await;
    let contact = world.make("ann", "/contacts", json!({"customer_id": other, "name": "Gavin"})).await;
    let new = |key: &str, value: Value| {
        let mut body = json!({"customer_id": customer, "kind": "wish", "text": "x"});
        body[key] = value;
        Some(body)
    };
    let none = json!(uuid::Uuid::new_v4());
    world
        .refuses(&[
            ("nobody", "POST /cards", new("kind", json!("x")), 401, "unauthenticated", ""),
            ("pat", "GET /cards", None, 403, "forbidden", ""),
            ("audrey", "GET /cards", None, 403, "forbidden", ""),
            ("pat", "POST /cards", new("kind", json!("x")), 403, "forbidden", ""),
            ("ann", "POST /cards", new("customer_id", none.clone()), 422, "invalid-value", "customer_id"),
            ("ann", "POST /cards", new("lead_id", none.clone()), 422, "invalid-value", "lead_id"),
            ("ann", "POST /cards", new("lead_id", json!(lead)), 422, "invalid-value", "lead_id"),
            ("ann", "POST /cards", new("said_by_id", none), 422, "invalid-value", "said_by_id"),
            ("ann", "POST /cards", new("said_by_id", contact["id"].clone()), 422, "invalid-value", "said_by_id"),
            ("ann", "POST /cards", new("said_on", json!("2026-11-26")), 422, "invalid-value", "said_on"),
            ("ann", "POST /cards", new("said_on", json!("yesterday")), 422, "invalid-body", "said_on"),
            ("ann", "POST /cards", new("kind", json!("")), 422, "invalid-value", "kind"),
            ("ann", "POST /cards", new("text", json!("  ")), 422, "invalid-value", "text"),
            ("ann", "POST /cards", new("text", json!("x".repeat(20_001))), 422, "invalid-value", "text"),
            ("ann", "POST /cards", new("theme", json!("two\nlines")), 422, "invalid-value", "theme"),
            ("ann", "POST /cards", new("author_id", json!(world.people["bo"])), 422, "invalid-body", "author_id"),
        ])
        .await;
}
