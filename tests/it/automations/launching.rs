//! `launch`: on Monday everybody reads whom the pack suits; whoever is responsible reads what customers said, by theme.

use rstest::rstest;
use serde_json::{Value, json};

use super::shipped;
use crate::main_job::house::House;
use crate::store::On;

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_launch_says_whom_it_suits_and_sums_what_customers_said(#[case] on: On) {
    let mut house = House::on(on, shipped()).await;
    let mut people = Vec::new();
    for name in ["Ann", "Bo", "Cem", "Dee", "Eve"] {
        people.push(house.person(name, "rep", None).await);
    }
    house.person("Mia", "manager", None).await;
    let pack =
        json!({"title": "Quiet at night", "product": "heat-pump", "segments": ["housing"], "documents": [], "themes": ["noise"]});
    let pack = house.admin.make("/api/v1/packs", &pack).await["id"].clone();
    house.set("launch", json!({"pack": "Quiet at night", "starts_on": "2026-11-01"})).await;
    let mut customers = Vec::new();
    for (name, segment) in [("Globex", "housing"), ("Umbrella", "industry")] {
        let body = json!({"name": name, "country": "NL", "city": "Delft", "segment": segment, "owner_id": people[0].id});
        let made = house.admin.make("/api/v1/customers", &body).await["id"].clone();
        let lead = json!({"source": "mail", "product": "heat-pump", "customer": {"id": made}});
        house.admin.make("/api/v1/leads", &lead).await;
        customers.push(made);
    }
    // Five people heard of the noise, one of the price.
    for person in &people {
        let card =
            json!({"customer_id": customers[0], "kind": "praise", "about": "heat-pump", "theme": "noise", "text": "So quiet."});
        person.caller.make("/api/v1/cards", &card).await;
    }
    let card = json!({"customer_id": customers[0], "kind": "complaint", "about": "heat-pump", "theme": "price", "text": "Dear."});
    people[1].caller.make("/api/v1/cards", &card).await;
    let plan = json!({"customer_id": customers[0], "objective": "Show it", "on_day": "2026-12-04", "pack_id": pack});
    people[0].caller.make("/api/v1/plans", &plan).await;

    house.scheduled().await;
    // Monday 30 November: at seven the week, at eight the summary.
    house.pass(5 * 24 * 60 + 21 * 60);
    house.pass_days(0).await;
    house.runs_of("launch", "monday", people.len() + 2).await;
    let anns = read(&house, "Ann").await;
    for told in ["Quiet at night: your week", "Delft: housing.", "2026-12-04: Show it", "So quiet."] {
        assert!(anns.contains(told), "{told:?} is not in {anns}");
    }
    assert!(!anns.contains("industry"), "the pack is not for that segment: {anns}");
    assert!(!read(&house, "Bo").await.contains("Show it"), "plans stand in their own person's list only");
    house.pass(60);
    house.pass_days(0).await;
    let summary = house.effects_of("launch", "summary", 1).await;
    assert!(!Value::from(summary).to_string().contains("noise"), "a run does not show what a digest says");
    let mias = read(&house, "Mia").await;
    let mias = mias.lines().find(|digest| digest.contains("praise: noise (5)")).expect(&mias);
    assert!(!mias.contains("price"), "a theme that one colleague wrote down stays away: {mias}");
    assert!(!read(&house, "Ann").await.contains("noise (5)"), "reps are not among its readers");
}

/// What a person's digests say, a line each.
async fn read(house: &House, name: &str) -> String {
    let caller = house.sign_in(name).await;
    let mut text = String::new();
    for digest in caller.get("/api/v1/digests").await["items"].as_array().unwrap() {
        text += &format!("{}\n", caller.get(&format!("/api/v1/digests/{}", digest["id"].as_str().unwrap())).await);
    }
    text
}
