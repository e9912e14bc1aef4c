use rstest::rstest;
use serde_json::json;

use super::{customer, define, field, house, set, values};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_and_writes_a_field_is_said_by_role(#[case] on: On) {
    let house = house(on).await;
    let globex = customer(&house, "Globex").await;
    let (ann, mia) = (house.person("Ann", "rep", None).await, house.person("Mia", "manager", None).await);
    define(&house, &field("customer", "open_to_all", "text", json!({}))).await;
    define(&house, &field("customer", "margin", "number", json!({"read_by": ["manager"], "write_by": ["admin"]}))).await;
    define(&house, &field("customer", "sealed", "text", json!({"write_by": ["manager"]}))).await;

    assert_eq!(set(&house.admin, "customer", &globex, json!({"margin": 30, "open_to_all": "x"})).await.status, 200);
    assert_eq!(values(&ann.caller, "customer", &globex).await, json!({"open_to_all": "x", "sealed": null}));
    assert_eq!(values(&mia.caller, "customer", &globex).await, json!({"open_to_all": "x", "sealed": null, "margin": 30}));
    // What somebody does not see is not there; what they see and may not write is said.
    let hidden = set(&ann.caller, "customer", &globex, json!({"margin": 1})).await;
    assert_eq!((hidden.status, hidden.body["errors"][0]["field"].as_str()), (422, Some("values.margin")), "{}", hidden.body);
    for (who, name) in [(&ann, "sealed"), (&mia, "margin")] {
        let refused = set(&who.caller, "customer", &globex, json!({ name: "1" })).await;
        assert!([403, 422].contains(&refused.status), "{name}: {}", refused.body);
    }
    assert_eq!(set(&mia.caller, "customer", &globex, json!({"sealed": "y"})).await.status, 200);

    // A view that names it is shown to those who read it.
    let view = json!({"name": "margins", "title": "Margins", "of": "customers", "columns": ["name", "field.margin"]});
    let saved = house.admin.make("/api/v1/views", &view).await;
    let rows = format!("/api/v1/views/{}/rows", saved["id"].as_str().unwrap());
    assert_eq!(mia.caller.send("GET", &rows, &[], None).await.unwrap().status, 200);
    let refused = ann.caller.send("GET", &rows, &[], None).await.unwrap();
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.body["detail"].as_str().unwrap().contains("margin"), "{}", refused.body);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn new_records_begin_with_defaults_and_required_fields_are_filled(#[case] on: On) {
    let house = house(on).await;
    let before = customer(&house, "Globex").await;
    let tier = json!({"options": ["gold", "silver"], "default": "silver"});
    define(&house, &field("customer", "tier", "choice", tier)).await;
    define(&house, &field("customer", "budget", "money", json!({"default": {"amount": "10.50", "currency": "EUR"}}))).await;
    define(&house, &field("customer", "number_of_sites", "number", json!({"required": true}))).await;
    let after = customer(&house, "Initrode").await;
    assert_eq!(values(&house.admin, "customer", &before).await["tier"], json!(null), "who was there before has none");
    let begun = values(&house.admin, "customer", &after).await;
    assert_eq!((&begun["tier"], &begun["budget"]), (&json!("silver"), &json!({"amount": "10.50", "currency": "EUR"})));

    let missing = set(&house.admin, "customer", &after, json!({"tier": "gold"})).await;
    assert_eq!(
        (missing.status, missing.body["errors"][0]["field"].as_str()),
        (422, Some("values.number_of_sites")),
        "{}",
        missing.body
    );
    assert_eq!(set(&house.admin, "customer", &after, json!({"tier": "gold", "number_of_sites": 3})).await.status, 200);
    let emptied = set(&house.admin, "customer", &after, json!({"number_of_sites": null})).await;
    assert_eq!(emptied.status, 422, "{}", emptied.body);

    // (what is wrong, the definition)
    let refused = [
        ("a default that is no option", field("customer", "a", "choice", json!({"options": ["x"], "default": "y"}))),
        ("a default of another type", field("customer", "b", "number", json!({"default": "three"}))),
        ("an unknown role", field("customer", "c", "text", json!({"read_by": ["boss"]}))),
        ("a role that writes a formula", field("customer", "d", "formula", json!({"formula": "1", "write_by": ["rep"]}))),
    ];
    for (what, body) in refused {
        let answer = house.admin.post("/api/v1/fields", &body).await;
        assert_eq!(answer.status, 422, "{what}: {}", answer.body);
    }
}
