use rstest::rstest;
use serde_json::{Value, json};

use super::{customer, define, field, house, knowing, set, values};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_removed_comes_back_for_thirty_days(#[case] on: On) {
    let mut house = house(on).await;
    let globex = customer(&house, "Globex").await;
    let id = define(&house, &field("customer", "seats", "number", json!({}))).await;
    let path = format!("/api/v1/fields/{id}");
    assert_eq!(set(&house.admin, "customer", &globex, json!({"seats": 12})).await.status, 200);
    assert_eq!(knowing(&house.admin, "DELETE", &path, &path, None).await.status, 204);
    assert_eq!(values(&house.admin, "customer", &globex).await, json!({}), "nobody sees it");
    let removed = house.admin.get("/api/v1/fields?removed=true").await;
    assert_eq!((&removed["items"][0]["id"], &removed["items"][0]["name"]), (&json!(id), &json!("seats")), "{removed}");

    // Its name is free; the one that takes it goes when the first comes back, and can come back in turn.
    let second = define(&house, &field("customer", "seats", "text", json!({}))).await;
    assert_eq!(set(&house.admin, "customer", &globex, json!({"seats": "a dozen"})).await.status, 200);
    let restored = knowing(&house.admin, "POST", &path, &format!("{path}/restore"), None).await;
    assert_eq!((restored.status, &restored.body["removed_at"]), (200, &Value::Null), "{}", restored.body);
    assert_eq!(values(&house.admin, "customer", &globex).await, json!({"seats": 12}));
    let again = format!("/api/v1/fields/{second}");
    assert_eq!(knowing(&house.admin, "POST", &again, &format!("{again}/restore"), None).await.status, 200);
    assert_eq!(values(&house.admin, "customer", &globex).await, json!({"seats": "a dozen"}));
    assert_eq!(knowing(&house.admin, "POST", &again, &format!("{again}/restore"), None).await.status, 409, "it is there");

    house.pass_days(29).await;
    house.app.refresh_organisation().await.unwrap();
    pact_app::ops::field::purge_removed(&house.app).await.unwrap();
    assert_eq!(house.admin.get("/api/v1/fields?removed=true").await["items"].as_array().unwrap().len(), 1);
    house.pass_days(2).await;
    pact_app::ops::field::purge_removed(&house.app).await.unwrap();
    assert_eq!(house.admin.get("/api/v1/fields?removed=true").await["items"], json!([]));
    assert_eq!(house.admin.send("GET", &path, &[], None).await.unwrap().status, 404);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn another_type_takes_over_what_fits_and_keeps_the_rest(#[case] on: On) {
    let house = house(on).await;
    let (globex, initrode) = (customer(&house, "Globex").await, customer(&house, "Initrode").await);
    let id = define(&house, &field("customer", "seats", "text", json!({}))).await;
    let path = format!("/api/v1/fields/{id}");
    assert_eq!(set(&house.admin, "customer", &globex, json!({"seats": "12"})).await.status, 200);
    assert_eq!(set(&house.admin, "customer", &initrode, json!({"seats": "a dozen"})).await.status, 200);
    let changed = knowing(&house.admin, "PATCH", &path, &path, Some(&json!({"type": "number"}))).await;
    assert_eq!((changed.status, changed.body["type"].as_str()), (200, Some("number")), "{}", changed.body);
    assert_eq!(values(&house.admin, "customer", &globex).await, json!({"seats": 12}));
    assert_eq!(values(&house.admin, "customer", &initrode).await, json!({"seats": null}));

    let removed = house.admin.get("/api/v1/fields?removed=true").await;
    let old = format!("/api/v1/fields/{}", removed["items"][0]["id"].as_str().unwrap());
    assert_eq!(knowing(&house.admin, "POST", &old, &format!("{old}/restore"), None).await.status, 200);
    assert_eq!(values(&house.admin, "customer", &globex).await, json!({"seats": "12"}));
    assert_eq!(values(&house.admin, "customer", &initrode).await, json!({"seats": "a dozen"}));
}
