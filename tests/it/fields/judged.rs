use rstest::rstest;
use serde_json::{Value, json};

use super::{becomes, customer, define, field, formula, house, knowing};
use crate::store::On;

/// A plugin that declares a field of customers; it writes `heat`, if that is the one.
fn plugin(id: &str, name: &str, ty: &str) -> Value {
    let manifest = format!(
        "id = \"{id}\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Test\"\nsummary = \"Test.\"\nreads = [\"customer\"]\nmay = [\"set\"]\n\
         [[script]]\nfile = \"main.rhai\"\n\
         [[field]]\non = \"customer\"\nname = \"{name}\"\nlabel = \"{name}\"\ntype = \"{ty}\"\nhelps = \"sale\"\nbecause = \"It says what an offer is worth.\"\n"
    );
    let script =
        if name == "heat" { "fn on_customer_created(customer) { set(customer, \"heat\", 7); }" } else { "fn nothing() {}" };
    json!({"manifest": manifest, "files": {"main.rhai": script}})
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_definition_is_judged_together_with_what_is_installed(#[case] on: On) {
    let house = house(on).await;
    let doubled = formula("customer", "doubled", "(record.field(\"heat\") ?? 0) * 2");
    // Nobody defines what it reads.
    let alone = house.admin.post("/api/v1/fields", &doubled).await;
    assert_eq!(alone.status, 422, "{}", alone.body);
    assert!(alone.body.to_string().contains("nobody defines"), "{}", alone.body);
    let installed = house.admin.post("/api/v1/plugins", &plugin("warmth", "heat", "number")).await;
    assert!((200..300).contains(&installed.status), "{}", installed.body);
    define(&house, &doubled).await;
    // A script's write is followed like anybody else's.
    house.app.refresh_plugins().await.unwrap();
    let globex = customer(&house, "Globex").await;
    becomes(&house.admin, "customer", &globex, "doubled", json!(14)).await;

    // And the other way round: a plugin is judged together with what admins defined.
    let other = house.admin.post("/api/v1/plugins", &plugin("other", "doubled", "text")).await;
    assert_eq!(other.status, 422, "{}", other.body);
    assert!(other.body.to_string().contains("defined differently by an admin"), "{}", other.body);
    let taken = house.admin.post("/api/v1/fields", &field("customer", "heat", "text", json!({}))).await;
    assert_eq!(taken.status, 409, "{}", taken.body);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_an_entry_and_auditors_judge_it_again(#[case] on: On) {
    let house = house(on).await;
    let audrey = house.person("Audrey", "auditor", None).await;
    let refused = field("customer", "calls", "number", json!({"label": "Calls made by the rep"}));
    let answer = house.admin.post("/api/v1/fields", &refused).await;
    assert_eq!((answer.status, answer.body["type"].as_str()), (422, Some("/problems/policy-refused")), "{}", answer.body);
    assert!(answer.body.to_string().contains("no-activity-counter"), "{}", answer.body);
    let id = define(&house, &field("customer", "seats", "number", json!({}))).await;
    define(&house, &formula("customer", "twice", "(record.field(\"seats\") ?? 0) * 2")).await;
    let path = format!("/api/v1/fields/{id}");
    assert_eq!(knowing(&house.admin, "DELETE", &path, &path, None).await.status, 409, "a formula reads it");

    let page = audrey.caller.get("/api/v1/evidence/entries?limit=1000").await;
    let acts: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|item| &item["entry"]["act"]).collect();
    let fields: Vec<(&str, &str)> = acts.iter().filter_map(|act| Some((act["type"].as_str()?, act["field"].as_str()?))).collect();
    assert_eq!(
        fields,
        [("field_refused", "customer.calls"), ("field_defined", "customer.seats"), ("field_defined", "customer.twice")]
    );
}
