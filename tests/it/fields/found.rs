use pact_app::ops::field::look_at_words;
use pact_store::entity::custom_value;
use pact_store::{StoreError, search};
use pact_tests::process::Caller;
use rstest::rstest;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{becomes, customer, define, field, formula, house, knowing, lead, set};
use crate::store::On;

/// The titles that somebody finds, in the order of the answer.
async fn found(caller: &Caller, words: &str) -> Vec<String> {
    let page = caller.get(&format!("/api/v1/search?q={words}")).await;
    let titles = page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned());
    titles.collect()
}

/// The names in a list.
async fn listed(caller: &Caller, path: &str) -> Vec<String> {
    let page = caller.get(&format!("/api/v1/{path}")).await;
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn texts_in_fields_are_found_as_they_are_written(#[case] on: On) {
    let house = house(on).await;
    let ann = house.person("Ann", "rep", None).await.caller;
    let (globex, initrode) = (customer(&house, "Globex").await, customer(&house, "Initrode Brewery").await);
    let pumps = lead(&house, &globex, "Two pumps", "10.00").await;
    let kim = house.admin.make("/api/v1/contacts", &json!({"customer_id": globex, "name": "Kim Vos"})).await;
    let kim = kim["id"].as_str().unwrap();
    define(&house, &field("customer", "site", "text", json!({}))).await;
    define(&house, &field("customer", "terms", "long_text", json!({}))).await;
    define(&house, &field("customer", "tier", "choice", json!({"options": ["brewery", "dairy"]}))).await;
    define(&house, &field("contact", "interests", "text", json!({}))).await;
    define(&house, &field("lead", "premises", "text", json!({}))).await;
    let written = [
        ("customer", globex.as_str(), json!({"site": "Brewery at the Zürichsee", "terms": "Net thirty days", "tier": "dairy"})),
        ("customer", initrode.as_str(), json!({"site": "Hall 7", "tier": "brewery"})),
        ("contact", kim, json!({"interests": "Rowing on the Zürichsee"})),
        ("lead", pumps.as_str(), json!({"premises": "Cellar below the brewery"})),
    ];
    for (kind, id, values) in written {
        assert_eq!(set(&house.admin, kind, id, values).await.status, 200);
    }
    // (what is asked, the titles in the order of the answer: names and texts first, then fields in the order of titles)
    let cases: [(&str, &[&str]); 9] = [
        ("zurichsee", &["Globex", "Kim Vos"]),
        ("ZÜRICH", &["Globex", "Kim Vos"]),
        ("brewery", &["Initrode Brewery", "Globex", "Two pumps"]),
        ("brewery&kind=customer&limit=1", &["Initrode Brewery"]),
        ("globex brew net", &["Globex"]),
        ("kim rowing", &["Kim Vos"]),
        ("globex rowing", &[]),
        ("dairy", &[]),
        ("hall 7", &["Initrode Brewery"]),
    ];
    for (words, wanted) in cases {
        assert_eq!(found(&ann, words).await, wanted, "{words}");
    }
    assert_eq!(listed(&ann, "customers?q=zurichsee").await, ["Globex"]);
    assert_eq!(listed(&ann, "contacts?q=rowing").await, ["Kim Vos"]);
    // Scripts read the fields that they declare, so their search knows none.
    let read = house.app.store.read();
    assert_eq!(search::ids(read, "customer", "zurichsee").await.unwrap(), Vec::<uuid::Uuid>::new());

    assert_eq!(set(&house.admin, "customer", &globex, json!({"site": "Dairy", "terms": null})).await.status, 200);
    for (words, wanted) in [("zurichsee", &["Kim Vos"][..]), ("thirty", &[]), ("dairy", &["Globex"])] {
        assert_eq!(found(&ann, words).await, wanted, "{words}, after the change");
    }
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn they_go_and_come_back_with_their_field(#[case] on: On) {
    let house = house(on).await;
    let globex = customer(&house, "Globex").await;
    let id = define(&house, &field("customer", "site", "text", json!({"default": "Unknown whereabouts"}))).await;
    let initrode = customer(&house, "Initrode").await;
    assert_eq!(set(&house.admin, "customer", &globex, json!({"site": "Harbour"})).await.status, 200);
    assert_eq!(found(&house.admin, "whereabouts").await, ["Initrode"], "what a new record begins with");
    assert_eq!(found(&house.admin, "harbour").await, ["Globex"]);

    let path = format!("/api/v1/fields/{id}");
    assert_eq!(knowing(&house.admin, "DELETE", &path, &path, None).await.status, 204);
    assert_eq!(found(&house.admin, "harbour").await, [""; 0], "nobody sees it");
    assert_eq!(knowing(&house.admin, "POST", &path, &format!("{path}/restore"), None).await.status, 200);
    assert_eq!(found(&house.admin, "harbour").await, ["Globex"]);

    // Another type puts the texts aside, and they come back with the old one.
    assert_eq!(set(&house.admin, "customer", &initrode, json!({"site": "12"})).await.status, 200);
    let other = json!({"type": "number", "default": null});
    let changed = knowing(&house.admin, "PATCH", &path, &path, Some(&other)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(found(&house.admin, "harbour").await, [""; 0]);
    let removed = house.admin.get("/api/v1/fields?removed=true").await;
    let old = format!("/api/v1/fields/{}", removed["items"][0]["id"].as_str().unwrap());
    assert_eq!(knowing(&house.admin, "POST", &old, &format!("{old}/restore"), None).await.status, 200);
    assert_eq!(found(&house.admin, "harbour").await, ["Globex"]);
    assert_eq!(found(&house.admin, "12").await, ["Initrode"]);

    // Customers that are merged into others are found no more, and what they had is the other's.
    define(&house, &field("customer", "terms", "text", json!({}))).await;
    assert_eq!(set(&house.admin, "customer", &initrode, json!({"terms": "Prepaid"})).await.status, 200);
    let at = format!("/api/v1/customers/{globex}");
    let merged = knowing(&house.admin, "POST", &at, &format!("{at}/merge"), Some(&json!({"other_id": initrode}))).await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    assert_eq!(found(&house.admin, "prepaid").await, ["Globex"]);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn each_searches_what_they_read(#[case] on: On) {
    let house = house(on).await;
    let (ann, mia) = (house.person("Ann", "rep", None).await.caller, house.person("Mia", "manager", None).await.caller);
    let globex = customer(&house, "Globex").await;
    define(&house, &field("customer", "site", "text", json!({}))).await;
    define(&house, &field("customer", "sealed", "text", json!({"read_by": ["manager"], "write_by": ["admin"]}))).await;
    define(&house, &formula("customer", "shouted", "record.name + \" on the hill\"")).await;
    define(&house, &formula("customer", "last_said", "if record.cards.len() > 0 { \"somebody spoke\" } else { \"silence\" }"))
        .await;
    assert_eq!(set(&house.admin, "customer", &globex, json!({"site": "Harbour", "sealed": "Nearly bankrupt"})).await.status, 200);
    becomes(&house.admin, "customer", &globex, "shouted", json!("Globex on the hill")).await;
    becomes(&house.admin, "customer", &globex, "last_said", json!("silence")).await;
    // (what is asked, whether Ann finds it, whether Mia does)
    let cases = [
        ("harbour", true, true),
        ("bankrupt", false, true),
        ("globex bankrupt", false, true),
        ("harbour bankrupt", false, true),
        ("hill", true, true),
        // It tells of acts: no search, whoever reads it.
        ("silence", false, false),
    ];
    for (words, by_ann, by_mia) in cases {
        for (caller, finds) in [(&ann, by_ann), (&mia, by_mia)] {
            let wanted: &[&str] = if finds { &["Globex"] } else { &[] };
            assert_eq!(found(caller, words).await, wanted, "{words}");
            assert_eq!(listed(caller, &format!("customers?q={words}")).await, wanted, "{words}");
        }
    }
    // A field that another role reads from now on is searched by it from now on.
    let fields = house.admin.get("/api/v1/fields").await;
    let sealed = fields["items"].as_array().unwrap().iter().find(|field| field["name"] == "sealed").unwrap();
    let path = format!("/api/v1/fields/{}", sealed["id"].as_str().unwrap());
    let opened = knowing(&house.admin, "PATCH", &path, &path, Some(&json!({"read_by": ["manager", "rep"]}))).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert_eq!(found(&ann, "bankrupt").await, ["Globex"]);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_older_than_the_index_are_found_in_time(#[case] on: On) {
    let house = house(on).await;
    let globex = customer(&house, "Globex").await;
    define(&house, &field("customer", "site", "text", json!({}))).await;
    define(&house, &field("customer", "seats", "number", json!({}))).await;
    assert_eq!(set(&house.admin, "customer", &globex, json!({"site": "Harbour", "seats": 4})).await.status, 200);
    // As an older release leaves them.
    let id: uuid::Uuid = globex.parse().unwrap();
    house
        .app
        .store
        .write(async move |tx| {
            let of_record = custom_value::Entity::update_many().filter(custom_value::Column::RecordId.eq(id));
            let nothing = Expr::value(Option::<String>::None);
            of_record.col_expr(custom_value::Column::Words, nothing).exec(tx).await?;
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    look_at_words(&house.app).await.unwrap();
    assert_eq!(found(&house.admin, "harbour").await, ["Globex"]);
    let left = pact_store::field::values_without_words(house.app.store.read(), 10).await.unwrap();
    assert!(left.is_empty(), "nothing is looked at twice: {left:?}");
    let all: Value = house.admin.get(&format!("/api/v1/values/customer/{globex}")).await["values"].clone();
    assert_eq!(all, json!({"site": "Harbour", "seats": 4}));
}
