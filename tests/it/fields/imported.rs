use std::time::Instant;

use pact_tests::process::Caller;
use rstest::rstest;
use serde_json::{Value, json};

use super::{PATIENCE, customer, define, field, house, set, values};
use crate::main_job::house::House;
use crate::store::On;

/// Sends a file with a mapping; the status and the answer.
async fn send(caller: &Caller, mapping: &Value, csv: &str) -> (u16, Value) {
    let mapping: String = url_encoded(&mapping.to_string());
    let request = caller.http.post(format!("{}/api/v1/imports?mapping={mapping}", caller.base)).bearer_auth(&caller.token);
    let answer = request.header("content-type", "text/csv").body(csv.to_owned()).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

fn url_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

async fn done(house: &House, import: &Value) -> Value {
    let path = format!("/api/v1/imports/{}", import["id"].as_str().unwrap());
    let until = Instant::now() + PATIENCE;
    loop {
        let report = house.admin.get(&path).await;
        if report["status"] == "done" {
            return report;
        }
        assert!(Instant::now() < until, "{report}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn columns_say_custom_fields_by_their_types(#[case] on: On) {
    let house = house(on).await;
    let mia = house.person("Mia", "manager", None).await;
    define(&house, &field("customer", "seats", "number", json!({"default": 1}))).await;
    define(&house, &field("lead", "wanted_on", "day", json!({}))).await;
    define(&house, &field("contact", "newsletter", "yes_no", json!({}))).await;
    define(&house, &field("customer", "margin", "number", json!({"write_by": ["admin"]}))).await;
    let known = customer(&house, "Globex").await;
    assert_eq!(set(&house.admin, "customer", &known, json!({"seats": 7})).await.status, 200);

    let mut mapping = json!({
        "columns": {"Firma": "customer.name", "Mail": "contact.email"},
        "custom": {"Plätze": "customer.seats", "Wann": "lead.wanted_on", "News": "contact.newsletter"}
    });
    let csv = "Firma;Mail;Plätze;Wann;News\n\
               Initrode;a@initrode.example;1.250,5;24.12.2026;ja\n\
               Globex;b@globex.example;12;;nein\n\
               Hooli;c@hooli.example;many;;\n\
               Umbrella;d@umbrella.example;3;someday;\n";
    let (status, import) = send(&mia.caller, &mapping, csv).await;
    assert_eq!(status, 201, "{import}");
    assert_eq!(import["columns"][2]["custom"], "customer.seats", "{import}");
    let report = done(&house, &import).await;
    assert_eq!((&report["accepted"], &report["refused"]), (&json!(2), &json!(2)), "{report}");
    let refused = mia.caller.get(&format!("/api/v1/imports/{}/refused", import["id"].as_str().unwrap())).await;
    let reasons: Vec<&str> = refused["items"].as_array().unwrap().iter().map(|row| row["reason"].as_str().unwrap()).collect();
    assert!(reasons[0].contains("Plätze") && reasons[0].contains("no number"), "{reasons:?}");
    assert!(reasons[1].contains("Wann") && reasons[1].contains("no day"), "{reasons:?}");

    // A value that stands is not overwritten; one that a new record began with is.
    assert_eq!(values(&house.admin, "customer", &known).await["seats"], json!(7));
    let page = house.admin.get("/api/v1/customers?q=Initrode").await;
    let initrode = page["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(values(&house.admin, "customer", &initrode).await["seats"], json!(1250.5));
    let leads = house.admin.get("/api/v1/leads?field=wanted_on&is=2026-12-24").await;
    assert_eq!(leads["items"].as_array().unwrap().len(), 1, "{leads}");
    let contacts = house.admin.get("/api/v1/contacts?field=newsletter&is=false").await;
    assert_eq!(contacts["items"][0]["email"], "b@globex.example", "{contacts}");

    for says in ["customer.margin", "customer.nothing", "person.seats"] {
        mapping["custom"] = json!({"Plätze": says});
        let (status, refused) = send(&mia.caller, &mapping, csv).await;
        assert_eq!((status, refused["errors"][0]["field"].as_str()), (422, Some("mapping.custom")), "{says}: {refused}");
    }
}
