use rstest::rstest;
use serde_json::json;

use super::{becomes, customer, define, field, formula, house, knowing, lead, set, values};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_formula_is_computed_for_all_and_keeps_up_with_what_it_reads(#[case] on: On) {
    let house = house(on).await;
    let globex = customer(&house, "Globex").await;
    let before = lead(&house, &globex, "Pumps", "1000.00").await;
    define(&house, &field("customer", "rebate", "number", json!({}))).await;
    define(&house, &formula("lead", "net", "record.value * (100 - (record.customer.field(\"rebate\") ?? 0)) / 100")).await;

    // Records that were there are computed too.
    becomes(&house.admin, "lead", &before, "net", json!({"amount": "1000.00", "currency": "EUR"})).await;
    // Its own record, and another that it reads.
    let path = format!("/api/v1/leads/{before}");
    let change = json!({"value": {"amount": "500.00", "currency": "EUR"}});
    assert_eq!(knowing(&house.admin, "PATCH", &path, &path, Some(&change)).await.status, 200);
    becomes(&house.admin, "lead", &before, "net", json!({"amount": "500.00", "currency": "EUR"})).await;
    assert_eq!(set(&house.admin, "customer", &globex, json!({"rebate": 20})).await.status, 200);
    becomes(&house.admin, "lead", &before, "net", json!({"amount": "400.00", "currency": "EUR"})).await;
    // A record that comes later.
    let after = lead(&house, &globex, "Valves", "50.00").await;
    becomes(&house.admin, "lead", &after, "net", json!({"amount": "40.00", "currency": "EUR"})).await;
    // Nobody writes it.
    let written = set(&house.admin, "lead", &after, json!({"net": {"amount": "1.00", "currency": "EUR"}})).await;
    assert_eq!(written.status, 422, "{}", written.body);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn formulas_read_each_other_in_an_order_and_never_in_a_circle(#[case] on: On) {
    let house = house(on).await;
    let globex = customer(&house, "Globex").await;
    define(&house, &field("customer", "seats", "number", json!({}))).await;
    define(&house, &formula("customer", "twice", "(record.field(\"seats\") ?? 0) * 2")).await;
    define(&house, &formula("customer", "large", "(record.field(\"twice\") ?? 0) > 100")).await;
    define(&house, &formula("customer", "open_leads", "record.leads.open().len()")).await;
    let size =
        define(&house, &formula("lead", "size", "if record.customer.field(\"large\") == true { \"large\" } else { \"small\" }"))
            .await;

    let written = set(&house.admin, "customer", &globex, json!({"seats": 51})).await;
    // Whoever writes a value reads at once what follows from it on the same record.
    assert_eq!(
        (&written.body["values"]["twice"], &written.body["values"]["large"]),
        (&json!(102), &json!(true)),
        "{}",
        written.body
    );
    let pumps = lead(&house, &globex, "Pumps", "10.00").await;
    becomes(&house.admin, "lead", &pumps, "size", json!("large")).await;
    becomes(&house.admin, "customer", &globex, "open_leads", json!(1)).await;
    assert_eq!(set(&house.admin, "customer", &globex, json!({"seats": 3})).await.status, 200);
    becomes(&house.admin, "lead", &pumps, "size", json!("small")).await;

    // (the definition, which field is to blame, what is said)
    let refused = [
        (formula("customer", "round", "(record.field(\"round\") ?? 0) + 1"), "formula", "customer.round reads customer.round"),
        (formula("customer", "now", "now()"), "formula", "today()"),
        (formula("customer", "quiet", "record.quiet_for"), "formula", "goes on by itself"),
        (formula("customer", "all", "customers.len()"), "formula", "over `record`"),
        (formula("lead", "tries", "record.pushes.len()"), "formula", "lists acts"),
        (formula("lead", "broken", "record.value +"), "formula", "cannot be read"),
    ];
    for (body, at, words) in refused {
        let answer = house.admin.post("/api/v1/fields", &body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["field"], at, "{body}: {}", answer.body);
        assert!(answer.body.to_string().contains(words), "{words}: {}", answer.body);
    }
    // A change that closes a circle is refused too, and nothing of it stays.
    let path = format!("/api/v1/fields/{size}");
    let circle = json!({"formula": "record.customer.leads.map(|lead| lead.field(\"size\") ?? \"\").len()"});
    assert_eq!(knowing(&house.admin, "PATCH", &path, &path, Some(&circle)).await.status, 422);
    let other = json!({"formula": "record.title"});
    assert_eq!(knowing(&house.admin, "PATCH", &path, &path, Some(&other)).await.status, 200);
    becomes(&house.admin, "lead", &pumps, "size", json!("Pumps")).await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_formula_that_reads_the_day_follows_it_and_one_that_fails_says_why(#[case] on: On) {
    let mut house = house(on).await;
    let globex = customer(&house, "Globex").await;
    define(&house, &field("customer", "contract_ends_on", "day", json!({}))).await;
    define(&house, &formula("customer", "contract_ended", "record.field(\"contract_ends_on\") < today()")).await;
    let failing = define(&house, &formula("customer", "seats_left", "record.field(\"contract_ends_on\") * 3")).await;
    assert_eq!(set(&house.admin, "customer", &globex, json!({"contract_ends_on": "2026-11-25"})).await.status, 200);
    becomes(&house.admin, "customer", &globex, "contract_ended", json!(false)).await;
    assert_eq!(values(&house.admin, "customer", &globex).await["seats_left"], json!(null));
    let shown = house.admin.get(&format!("/api/v1/fields/{failing}")).await;
    assert!(shown["failure"].is_string(), "{shown}");

    house.pass_days(2).await;
    becomes(&house.admin, "customer", &globex, "contract_ended", json!(true)).await;
}
