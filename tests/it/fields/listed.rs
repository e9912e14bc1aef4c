use rstest::rstest;
use serde_json::json;

use super::{becomes, customer, define, field, formula, house, lead, set};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_chosen_and_ordered_by_a_field(#[case] on: On) {
    let house = house(on).await;
    let mia = house.person("Mia", "manager", None).await;
    let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    define(&house, &field("customer", "sites", "number", json!({}))).await;
    define(&house, &field("customer", "ends_on", "day", json!({}))).await;
    define(&house, &field("customer", "themes", "many_choices", json!({"options": ["50%_off", "heat", "cold"]}))).await;
    define(&house, &field("customer", "margin", "number", json!({"read_by": ["manager"]}))).await;
    let rows = [
        ("Axis", json!({"sites": 10, "ends_on": "2027-03-01", "themes": ["heat"]})),
        ("Boro", json!({"sites": 9, "ends_on": "2026-12-01", "themes": ["heat", "cold"]})),
        ("Cato", json!({"sites": 9.5, "ends_on": "2028-01-01", "themes": ["50%_off"]})),
        ("Dora", json!({})),
    ];
    for (name, values) in rows {
        let id = customer(&house, name).await;
        assert_eq!(set(&house.admin, "customer", &id, values).await.status, 200);
    }
    // (what is asked, the names in the order of the answer)
    let cases: [(&str, &[&str]); 9] = [
        ("sort=field.sites", &["Boro", "Cato", "Axis", "Dora"]),
        ("sort=-field.sites", &["Axis", "Cato", "Boro", "Dora"]),
        ("sort=field.ends_on", &["Boro", "Axis", "Cato", "Dora"]),
        ("field=sites&is=9.5", &["Cato"]),
        ("field=sites&at_least=9.5&sort=field.sites", &["Cato", "Axis"]),
        ("field=ends_on&at_most=2026-12-31", &["Boro"]),
        ("field=themes&is=heat", &["Axis", "Boro"]),
        ("field=themes&is=50%25_off", &["Cato"]),
        ("field=sites&is=", &["Dora"]),
    ];
    for (asked, wanted) in cases {
        let page = house.admin.get(&format!("/api/v1/customers?{asked}")).await;
        let names: Vec<&str> = page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(names, wanted, "{asked}");
    }
    // Page by page, in both directions, each once.
    for (sort, wanted) in [("field.sites", cases[0].1), ("-field.sites", cases[1].1)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = house.admin.get(&format!("/api/v1/customers?sort={sort}&limit=1{cursor}")).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, named(wanted), "{sort}");
    }

    assert_eq!(mia.caller.get("/api/v1/customers?sort=field.margin").await["items"].as_array().unwrap().len(), 4);
    let ann = house.person("Ann", "rep", None).await;
    let refused = [
        "customers?sort=field.margin",
        "customers?field=nothing&is=1",
        "customers?is=1",
        "customers?field=sites&at_least=many",
        "persons?sort=field.sites",
    ];
    for path in refused {
        let answer = ann.caller.send("GET", &format!("/api/v1/{path}"), &[], None).await.unwrap();
        assert!((400..=422).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
    }
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn no_list_is_ordered_by_what_tells_of_acts(#[case] on: On) {
    let house = house(on).await;
    let globex = customer(&house, "Globex").await;
    let pumps = lead(&house, &globex, "Pumps", "10.00").await;
    // How many cards a customer has is a measure of that customer: it may be shown there, and orders no list beside its owner.
    define(&house, &formula("customer", "said", "record.cards.len()")).await;
    define(&house, &formula("lead", "words", "record.title.len()")).await;
    becomes(&house.admin, "lead", &pumps, "words", json!(5)).await;
    let card = json!({"customer_id": globex, "kind": "wish", "text": "They want it blue."});
    house.admin.make("/api/v1/cards", &card).await;
    becomes(&house.admin, "customer", &globex, "said", json!(1)).await;
    let answer = house.admin.send("GET", "/api/v1/customers?sort=field.said", &[], None).await.unwrap();
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.to_string().contains("members of staff"), "{}", answer.body);
    assert_eq!(house.admin.get("/api/v1/leads?sort=-field.words").await["items"].as_array().unwrap().len(), 1);
}
