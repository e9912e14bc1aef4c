//! `feedback-prompts`: suggestions beside a card that is being written, through the REST door; nothing is stored, nothing is counted.

use rstest::rstest;
use serde_json::{Value, json};

use super::shipped;
use crate::main_job::house::House;
use crate::store::On;

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_a_card_sees_what_helped_before(#[case] on: On) {
    let house = House::on(on, shipped()).await;
    let (ann, bo) = (house.person("Ann", "rep", None).await, house.person("Bo", "rep", None).await);
    let make =
        async |name: &str| house.admin.make("/api/v1/customers", &json!({"name": name, "country": "NL"})).await["id"].clone();
    let (globex, hooli) = (make("Globex").await, make("Hooli").await);
    for (kind, text) in [
        ("complaint", "The fan rattles at night."),
        ("solution", "A rubber mount below the fan stopped the rattling."),
        ("wish", "They want the invoice by mail."),
    ] {
        let card = json!({"customer_id": globex, "kind": kind, "about": "heat-pump", "text": text});
        bo.caller.make("/api/v1/cards", &card).await;
    }
    let pack = json!({"title": "Quiet at night", "product": "heat-pump", "segments": [], "documents": [], "themes": []});
    let pack = house.admin.make("/api/v1/packs", &pack).await["id"].clone();
    let before = house.admin.get("/api/v1/cards?limit=200").await;

    let path = "/api/v1/cards/suggestions";
    let draft = json!({"customer_id": hooli, "kind": "complaint", "about": "heat-pump", "text": "The fan is rattling at night"});
    let answer = ann.caller.post(path, &draft).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let suggestions = answer.body["suggestions"].as_array().unwrap();
    let texts: Vec<&str> = suggestions.iter().map(|one| one["text"].as_str().unwrap()).collect();
    let expected = [
        "Known solution, from Globex: A rubber mount below the fan stopped the rattling.",
        "Globex on 2026-11-24 (complaint): The fan rattles at night.",
        "Take along: Quiet at night",
    ];
    assert_eq!(texts, expected);
    assert_eq!((&suggestions[2]["pack_id"], &suggestions[2]["plugin_id"]), (&pack, &json!("feedback-prompts")));

    // A draft with nothing in it yet is no error.
    let empty = ann.caller.post(path, &json!({"customer_id": hooli})).await;
    assert_eq!((empty.status, empty.body["suggestions"].as_array().map(Vec::len)), (200, Some(0)), "{}", empty.body);
    assert_eq!(house.admin.get("/api/v1/cards?limit=200").await, before, "nothing is stored");
    assert_eq!(
        house.admin.get("/api/v1/runs?plugin_id=feedback-prompts").await["items"],
        json!([]),
        "and no run says who wrote when"
    );

    let refused = [
        (json!({"customer_id": "00000000-0000-4000-8000-000000000000"}), 422, "invalid-value"),
        (json!({"text": "x"}), 422, "invalid-body"),
        (json!({"customer_id": hooli, "author_id": hooli}), 422, "invalid-body"),
        (json!({"customer_id": hooli, "text": "x".repeat(20_001)}), 422, "invalid-value"),
    ];
    for (body, status, slug) in refused {
        let answer = ann.caller.post(path, &body).await;
        assert_eq!((answer.status, &answer.body["type"]), (status, &Value::from(format!("/problems/{slug}"))), "{}", answer.body);
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_asks_without_end(#[case] on: On) {
    let house = House::on(on, shipped()).await;
    let ann = house.person("Ann", "rep", None).await;
    let customer = house.admin.make("/api/v1/customers", &json!({"name": "Globex", "country": "NL"})).await["id"].clone();
    let mut statuses = Vec::new();
    for _ in 0..200 {
        let answer = ann.caller.post("/api/v1/cards/suggestions", &json!({"customer_id": customer})).await;
        statuses.push(answer.status);
        if answer.status == 429 {
            assert_eq!(answer.body["type"], "/problems/too-many-attempts");
            break;
        }
    }
    assert_eq!(statuses.pop(), Some(429), "{statuses:?}");
    assert!(statuses.len() >= 30 && statuses.iter().all(|status| *status == 200), "{statuses:?}");
    let other = house.admin.post("/api/v1/cards/suggestions", &json!({"customer_id": customer})).await;
    assert_eq!(other.status, 200, "one person's limit is nobody else's");
}
