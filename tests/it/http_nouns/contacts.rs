use rstest::rstest;
use serde_json::{Value, json};

use super::world::{World, each};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_contact_is_entered_changed_and_listed(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let body = json!({"customer_id": customer, "name": "Femke de Boer", "email": "Femke@Globex.example", "phone": "030 123 4567", "language": "NL"});
    let made = world.make("ann", "/contacts", body).await;
    assert_eq!(made["email"], "femke@globex.example");
    assert_eq!(made["phone"], "+31301234567", "dialled from the customer's country");
    assert_eq!(made["language"], "nl");
    let path = format!("/contacts/{}", made["id"].as_str().unwrap());
    let change = json!({"title": "Head of facilities", "phone": null});
    let changed = world.call("bo", &format!("PATCH {path}")).knowing("bo", &path).await.json(&change).send().await.ok();
    assert_eq!((&changed["title"], &changed["phone"]), (&json!("Head of facilities"), &Value::Null));
    for query in [format!("customer_id={customer}"), "email=FEMKE@globex.example".into(), "q=femk".into(), "language=nl".into()] {
        assert_eq!(each(&world.get("mia", &format!("/contacts?{query}")).await, "id"), [&made["id"]], "{query}");
    }
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn personal_data_is_erased_for_good(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let made = world
        .make("ann", "/contacts", json!({"customer_id": customer, "name": "Femke de Boer", "email": "f@globex.example"}))
        .await;
    let id = made["id"].as_str().unwrap();
    let card = world
        .make("ann", "/cards", json!({"customer_id": customer, "kind": "wish", "text": "Less noise", "said_by_id": id}))
        .await;
    let path = format!("/contacts/{id}");
    let erase = format!("POST {path}/erase");
    world.call("ann", &erase).knowing("ann", &path).await.send().await.is_problem(403, "forbidden", "", "a rep");
    world.call("mia", &erase).send().await.is_problem(428, "if-match-missing", "", "without a revision");
    let erased = world.call("mia", &erase).knowing("mia", &path).await.send().await.ok();
    assert_eq!((&erased["name"], &erased["email"], &erased["erased"]), (&json!("Erased contact"), &Value::Null, &json!(true)));
    assert_eq!(
        world.get("ann", &format!("/cards/{}", card["id"].as_str().unwrap())).await["text"],
        "Less noise",
        "what was said stays"
    );
    assert_eq!(each(&world.get("ann", "/search?q=femke").await, "id").len(), 0);
    assert_eq!(each(&world.get("ann", "/contacts").await, "id").len(), 0);
    let change =
        world.call("ann", &format!("PATCH {path}")).knowing("ann", &path).await.json(&json!({"name": "Femke"})).send().await;
    change.is_problem(409, "not-now", "", "bringing it back");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn contacts_are_refused_in_words(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    world.make("ann", "/contacts", json!({"customer_id": customer, "name": "Femke", "email": "f@globex.example"})).await;
    let new = |key: &str, value: Value| {
        let mut body = json!({"customer_id": customer, "name": "New"});
        body[key] = value;
        Some(body)
    };
    world
        .refuses(&[
            ("pat", "GET /contacts", None, 403, "forbidden", ""),
            ("audrey", "POST /contacts", new("name", json!("x")), 403, "forbidden", ""),
            ("ann", "POST /contacts", new("customer_id", json!(uuid::Uuid::new_v4())), 422, "invalid-value", "customer_id"),
            ("ann", "POST /contacts", new("name", json!(" ")), 422, "invalid-value", "name"),
            ("ann", "POST /contacts", new("email", json!("no")), 422, "invalid-value", "email"),
            ("ann", "POST /contacts", new("email", json!("F@globex.example")), 409, "duplicate", "email"),
            ("ann", "POST /contacts", new("phone", json!("1")), 422, "invalid-value", "phone"),
            ("ann", "POST /contacts", new("language", json!("dutch")), 422, "invalid-value", "language"),
            ("ann", "GET /contacts?said_by=ann", None, 400, "unknown-parameter", "said_by"),
        ])
        .await;
}
