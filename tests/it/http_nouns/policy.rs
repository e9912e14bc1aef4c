//! Policy §6 at the door: no list of traces is chosen, ordered or counted by person, except a person's own.

use rstest::rstest;
use serde_json::{Value, json};

use super::world::World;
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn traces_are_never_chosen_or_ordered_by_person(#[case] on: On) {
    let world = World::on(on).await;
    let ann = world.people["ann"];
    let by_person: Vec<(String, &str)> = [
        ("cards", vec!["author_id", "author", "person_id", "by", "written_since", "written_by"]),
        ("plans", vec!["person_id", "owner_id", "announced_by"]),
        ("requests", vec!["from_id", "to_id", "person_id"]),
        ("messages", vec!["person_id"]),
        ("contacts", vec!["created_by"]),
        ("packs", vec!["author_id"]),
        ("goals", vec!["person_id"]),
    ]
    .into_iter()
    .flat_map(|(noun, filters)| filters.into_iter().map(move |filter| (format!("GET /{noun}?{filter}={ann}"), filter)))
    .collect();
    for (what, filter) in &by_person {
        for who in ["mia", "ann"] {
            let reply = world.call(who, what).send().await;
            reply.is_problem(400, "unknown-parameter", filter, what);
        }
    }
    let of_runs = world.call("adam", &format!("GET /runs?person_id={ann}")).send().await;
    of_runs.is_problem(400, "unknown-parameter", "person_id", "runs by person");
    let of_record = world.call("audrey", &format!("GET /runs?record_id={ann}")).send().await;
    of_record.is_problem(400, "invalid-parameter", "record_id", "a person as the record of runs");
    for (noun, sorts) in [
        ("cards", vec!["author_id", "-author_id", "written_at", "-written_at", "id"]),
        ("plans", vec!["person_id", "announced_at"]),
        ("requests", vec!["asked_at", "answered_at", "to_id", "from_id"]),
        ("customers", vec!["last_event_at", "owner_id"]),
        ("messages", vec!["read_at"]),
    ] {
        for sort in sorts {
            let reply = world.call("mia", &format!("GET /{noun}?sort={sort}")).send().await;
            reply.is_problem(400, "invalid-parameter", "sort", &format!("{noun} by {sort}"));
        }
    }
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn what_stands_for_a_person_does_not_help(#[case] on: On) {
    let world = World::on(on).await;
    let (ann, alone, own) = (world.people["ann"], world.teams["Alone"], world.teams["Benelux"]);
    let team_of_one = world.call("mia", &format!("GET /plans?team_id={alone}")).send().await;
    team_of_one.is_problem(400, "invalid-parameter", "team_id", "a team of one");
    assert_eq!(
        world.call("cy", &format!("GET /plans?team_id={alone}&from_day=2026-11-24")).send().await.status,
        200,
        "one's own plans"
    );
    assert_eq!(world.call("mia", &format!("GET /plans?team_id={own}&from_day=2026-11-24")).send().await.status, 200, "a team");
    let quiet = format!("quiet_since=2026-11-20T00:00:00Z&owner_id={ann}");
    let reply = world.call("mia", &format!("GET /customers?{quiet}")).send().await;
    reply.is_problem(400, "invalid-parameter", "owner_id", "quiet customers of another person");
    assert_eq!(world.call("ann", &format!("GET /customers?{quiet}")).send().await.status, 200, "one's own");
    assert_eq!(world.call("mia", "GET /customers?quiet_since=2026-11-20T00:00:00Z").send().await.status, 200, "all");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn lists_of_traces_have_no_total_and_say_no_instant_of_an_act(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    world.make("ann", "/cards", json!({"customer_id": customer, "kind": "news", "text": "x"})).await;
    world.make("ann", "/plans", json!({"customer_id": customer, "objective": "x", "on_day": "2026-11-24"})).await;
    world.make("ann", "/requests", json!({"customer_id": customer, "to_id": world.people["bo"], "text": "x"})).await;
    for (noun, hidden) in [("cards", "written_at"), ("plans", "announced_at")] {
        let page = world.get("mia", &format!("/{noun}")).await;
        assert_eq!(page.as_object().unwrap().keys().collect::<Vec<_>>(), ["items", "next_cursor"], "{noun}");
        assert!(page["items"][0].get(hidden).is_none(), "{noun}: {page}");
    }
    let page = world.get("mia", &format!("/requests?customer_id={customer}")).await;
    assert_eq!(
        (&page["items"][0]["asked_at"], &page["items"][0]["answered_at"]),
        (&Value::Null, &Value::Null),
        "for the two alone"
    );
    assert!(world.get("bo", "/requests").await["items"][0]["asked_at"].is_string(), "one's own");
}

#[test]
fn no_parameter_of_any_list_of_traces_names_a_person() {
    let document = serde_json::to_value(pact::http::document()).unwrap();
    let people = ["author", "person", "written", "announced", "asked", "answered_at", "from_id", "to_id", "by_"];
    for (path, item) in document["paths"].as_object().unwrap() {
        let trace = ["/cards", "/plans", "/requests", "/messages", "/runs", "/stream"]
            .iter()
            .any(|noun| path.starts_with(&format!("/api/v1{noun}")));
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten().filter(|_| trace) {
            let name = parameter["name"].as_str().unwrap();
            assert!(!people.iter().any(|word| name.contains(word)), "{path} has {name}");
        }
    }
}
