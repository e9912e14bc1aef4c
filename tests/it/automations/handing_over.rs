//! `handover`: the new owner reads what they have to know, and the customer hears of it in the morning.

use rstest::rstest;
use serde_json::{Value, json};

use super::shipped;
use crate::main_job::house::House;
use crate::store::On;

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_hands_over_what_is_known_and_tells_the_customer(#[case] on: On) {
    let mut house = House::on(on, shipped()).await;
    house.set("handover", json!({"tell_customer": true})).await;
    house.scheduled().await;
    let (ann, bo) = (house.person("Ann", "rep", None).await, house.person("Bo", "rep", None).await);
    let customer = json!({"name": "Globex", "country": "NL", "owner_id": ann.id});
    let customer = house.admin.make("/api/v1/customers", &customer).await["id"].clone();
    let body = json!({"source": "trade fair", "title": "Ten pumps", "customer": {"id": customer},
        "contact": {"name": "Femke", "email": "femke@globex.example"}});
    let lead = house.admin.make("/api/v1/leads", &body).await["lead"]["id"].as_str().unwrap().to_owned();
    let people = [ann, bo];
    house.offered(&lead, &people, &[]).await.answer(&lead, "accept", None).await;
    let [ann, bo] = &people;
    for (kind, text) in [("promise", "The offer comes by Friday."), ("complaint", "The last one was loud.")] {
        ann.caller.make("/api/v1/cards", &json!({"customer_id": customer, "kind": kind, "text": text})).await;
    }
    let plan = json!({"customer_id": customer, "objective": "Agree on the date", "on_day": "2026-12-01"});
    ann.caller.make("/api/v1/plans", &plan).await;
    ann.caller.make("/api/v1/requests", &json!({"customer_id": customer, "to_id": bo.id, "text": "Are they in stock?"})).await;
    let path = format!("/api/v1/leads/{lead}/handovers");
    house.items(&path, "a text for the first owner", |texts| texts.len() == 1).await;

    // On Wednesday morning the contact's person is noted; nobody is written to.
    house.pass_days(1).await;
    house.effects_of("handover", "tell_customers", 3).await;
    let transfer = json!({"person_id": bo.id, "because": "Ann goes on leave."});
    let given = house.admin.send("POST", &format!("/api/v1/leads/{lead}/transfer"), &[], Some(&transfer)).await.unwrap();
    assert_eq!(given.status, 200, "{}", given.body);
    let texts = house.items(&path, "a text for the new owner", |texts| texts.len() == 2).await;
    assert_eq!((&texts[1]["person_id"], &texts[1]["by_plugin"]), (&json!(bo.id), &json!("handover")));
    let text = texts[1]["text"].as_str().unwrap();
    for told in [
        "Globex: Ten pumps",
        "Promise of 2026-11-24: The offer comes by Friday.",
        "On 2026-11-24 (complaint): The last one was loud.",
        "Planned for 2026-12-01: Agree on the date",
        "Asked and not answered yet: Are they in stock?",
        "asked by Femke",
    ] {
        assert!(text.contains(told), "{told:?} is not in {text:?}");
    }
    house.history_with(&lead, "A handover text for Bo is on this lead.").await;
    let inbox = house.sign_in("Bo").await.get("/api/v1/messages").await;
    let of_kind = |kind: &str| inbox["items"].as_array().unwrap().iter().filter(|message| message["kind"] == kind).count();
    assert_eq!(of_kind("handover"), 1, "{inbox}");

    // On Thursday morning the contact learns who looks after them; on Friday nobody writes again.
    let letters = |items: &[Value]| items.iter().filter(|mail| mail["about"] == "letter").cloned().collect::<Vec<_>>();
    house.pass_days(1).await;
    let waiting = house.items("/api/v1/outbox?kind=mail&limit=200", "a letter", |items| letters(items).len() == 1).await;
    assert_eq!(letters(&waiting)[0]["address"], "femke@globex.example");
    let wrote = house.effects_of("handover", "tell_customers", 6).await;
    let mail =
        wrote.iter().find(|effect| effect["effect"]["do"] == "write_to" || effect["do"] == "write_to").unwrap().to_string();
    assert!(mail.contains("from now on Bo looks after you") && mail.contains("bo@example.com"), "{mail}");
    assert!(!mail.contains("Ann"), "nothing of who had it before: {mail}");
    house.pass_days(1).await;
    house.effects_of("handover", "tell_customers", 9).await;
    house.items("/api/v1/outbox?kind=mail&limit=200", "no second letter", |items| letters(items).len() == 1).await;
}
