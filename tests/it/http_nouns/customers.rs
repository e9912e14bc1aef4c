use rstest::rstest;
use serde_json::json;

use super::world::{World, each};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_customer_is_entered_normalised_and_located(#[case] on: On) {
    let world = World::on(on).await;
    let body = json!({
        "name": " Globex  B.V. ", "website": "https://www.Globex.example/nl", "phone": "030 123 4567", "city": "Utrecht", "country": "nl",
        "postcode": "3511 AB", "segment": "housing", "employees": 120, "owner_id": world.people["bo"]
    });
    let made = world.make("ann", "/customers", body).await;
    assert_eq!(made["domain"], "globex.example");
    assert_eq!(made["phone"], "+31301234567");
    assert_eq!(made["country"], "NL");
    assert_eq!(made["territory_id"], json!(world.territory), "found by the territories' rules");
    assert_eq!(made["owner_id"], json!(world.people["bo"]));
    assert_eq!(world.messages("bo", "customer").await.len(), 1, "Bo is told that it is his");
    let id = made["id"].as_str().unwrap();
    assert_eq!(world.get("bo", &format!("/customers/{id}")).await, made);
    let sparse = world.get("bo", &format!("/customers/{id}?fields=id,name")).await;
    assert_eq!(sparse, json!({"id": id, "name": made["name"]}));
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_known_customer_is_refused_unless_one_insists(#[case] on: On) {
    let world = World::on(on).await;
    let body = json!({"name": "Globex B.V.", "website": "globex.example", "country": "NL"});
    world.make("ann", "/customers", body).await;
    let again = json!({"name": "GLOBEX bv", "website": "www.globex.example", "country": "NL"});
    let reply = world.call("bo", "POST /customers").json(&again).send().await;
    reply.is_problem(409, "not-now", "", "the same customer");
    assert!(reply.body["detail"].as_str().unwrap().contains("although_known"), "{reply:?}");
    let mut insisting = again;
    insisting["although_known"] = json!(true);
    world.make("bo", "/customers", insisting).await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_change_needs_the_revision_that_was_read(#[case] on: On) {
    let world = World::on(on).await;
    let id = world.customer("Hooli", "ann").await;
    let path = format!("/customers/{id}");
    let patch = format!("PATCH {path}");
    let read = world.etag("ann", &path).await;
    let change = json!({"segment": "retail", "country": null});
    let changed = world.call("ann", &patch).if_match(&read).json(&change).send().await.ok();
    assert_eq!((&changed["segment"], &changed["country"], &changed["name"]), (&json!("retail"), &json!(null), &json!("Hooli")));
    let late = world.call("bo", &patch).if_match(&read).json(&json!({"city": "Delft"})).send().await;
    late.is_problem(412, "stale", "", "a revision that is over");
    let unseen = world.call("bo", &patch).json(&json!({"city": "Delft"})).send().await;
    unseen.is_problem(428, "if-match-missing", "", "no revision");
    let now = world.call("bo", &patch).knowing("bo", &path).await.json(&json!({"city": "Delft"})).send().await.ok();
    assert_eq!(now["city"], "Delft");
    // A card restarts the quiet clock, and spoils nobody's change.
    let before = world.etag("bo", &path).await;
    world.make("ann", "/cards", json!({"customer_id": id, "kind": "news", "text": "They move."})).await;
    assert_eq!(world.etag("bo", &path).await, before);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_list_is_filtered_sorted_and_paged(#[case] on: On) {
    let world = World::on(on).await;
    for (name, owner) in [("Cyberdyne", "ann"), ("Acme", "bo"), ("Bluth", "ann"), ("Duff", "ann")] {
        world.customer(name, owner).await;
    }
    let first = world.get("mia", "/customers?limit=3").await;
    assert_eq!(each(&first, "name"), ["Acme", "Bluth", "Cyberdyne"]);
    assert!(first.get("total").is_none());
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world.get("mia", &format!("/customers?limit=3&cursor={cursor}")).await;
    assert_eq!((each(&second, "name"), &second["next_cursor"]), (vec![&json!("Duff")], &json!(null)));
    let of_ann = world.get("mia", &format!("/customers?sort=-name&owner_id={}&fields=name", world.people["ann"])).await;
    assert_eq!(of_ann["items"], json!([{"name": "Duff"}, {"name": "Cyberdyne"}, {"name": "Bluth"}]));
    assert_eq!(each(&world.get("mia", "/customers?q=blut").await, "name"), ["Bluth"]);
    assert_eq!(each(&world.get("mia", &format!("/customers?territory_id={}", world.territory)).await, "name").len(), 4);
    assert_eq!(each(&world.get("mia", "/customers?country=de").await, "name").len(), 0);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn merging_keeps_everything_of_both(#[case] on: On) {
    let world = World::on(on).await;
    let stays = world.customer("Globex", "ann").await;
    let goes = world.make("ann", "/customers", json!({"name": "Globex Benelux", "website": "globex.example", "city": "Utrecht", "country": "NL", "although_known": true})).await;
    let goes = goes["id"].as_str().unwrap();
    let contact = world.make("ann", "/contacts", json!({"customer_id": goes, "name": "Femke de Boer"})).await;
    let lead = world.lead(goes, "Two boilers").await;
    let card =
        world.make("ann", "/cards", json!({"customer_id": goes, "lead_id": lead, "kind": "wish", "text": "Less noise"})).await;
    let plan = world.make("ann", "/plans", json!({"customer_id": goes, "objective": "Listen", "on_day": "2026-11-26"})).await;
    let asked =
        world.make("ann", "/requests", json!({"customer_id": goes, "to_id": world.people["bo"], "text": "How loud?"})).await;
    let merge = format!("POST /customers/{stays}/merge");
    let path = format!("/customers/{stays}");
    let merged = world.call("mia", &merge).knowing("mia", &path).await.json(&json!({"other_id": goes})).send().await.ok();
    assert_eq!((&merged["domain"], &merged["city"]), (&json!("globex.example"), &json!("Utrecht")), "what only the other knew");
    for (noun, record) in [("contacts", &contact), ("cards", &card), ("plans", &plan), ("requests", &asked)] {
        let moved = world.get("ann", &format!("/{noun}/{}", record["id"].as_str().unwrap())).await;
        assert_eq!(moved["customer_id"], json!(stays), "{noun}");
    }
    assert_eq!(world.get("ann", &format!("/leads/{lead}")).await["customer_id"], json!(stays));
    let history = world.get("ann", &format!("/leads/{lead}/history")).await;
    let last =
        each(&history, "text").into_iter().any(|text| text.as_str().unwrap().contains("Globex Benelux was merged into it"));
    assert!(last, "{history}");
    let gone = world.get("ann", &format!("/customers/{goes}")).await;
    assert_eq!(gone["merged_into_id"], json!(stays), "its address still leads somewhere");
    assert_eq!(each(&world.get("ann", "/customers").await, "id"), [&json!(stays)], "and no list has it");
    assert_eq!(each(&world.get("ann", "/search?q=benelux&kind=customer").await, "id").len(), 0);
    let reply = world.call("ann", "POST /cards").json(&json!({"customer_id": goes, "kind": "news", "text": "x"})).send().await;
    reply.is_problem(409, "not-now", "", "writing on what was merged");
    let again = world.call("mia", &merge).knowing("mia", &path).await.json(&json!({"other_id": goes})).send().await;
    again.is_problem(409, "not-now", "", "merging twice");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn customers_are_refused_in_words(#[case] on: On) {
    let world = World::on(on).await;
    let id = world.customer("Hooli", "ann").await;
    let (one, missing) = (format!("GET /customers/{id}"), format!("GET /customers/{}", uuid::Uuid::new_v4()));
    let new = |key: &str, value: serde_json::Value| {
        let mut body = json!({"name": "New"});
        body[key] = value;
        Some(body)
    };
    let nobody = json!(uuid::Uuid::new_v4());
    let pat = json!(world.people["pat"]);
    let gone = json!(world.people["gone"]);
    let invalid = 422;
    world
        .refuses(&[
            ("nobody", "GET /customers", None, 401, "unauthenticated", ""),
            ("gone", "GET /customers", None, 401, "unauthenticated", ""),
            ("pat", "GET /customers", None, 403, "forbidden", ""),
            ("audrey", "GET /customers", None, 403, "forbidden", ""),
            ("pat", &one, None, 403, "forbidden", ""),
            ("audrey", "POST /customers", new("name", json!("x")), 403, "forbidden", ""),
            ("ann", &missing, None, 404, "not-found", ""),
            ("ann", "GET /customers/17", None, 400, "invalid-parameter", ""),
            ("ann", "GET /customers?colour=red", None, 400, "unknown-parameter", "colour"),
            ("ann", "GET /customers?sort=last_event_at", None, 400, "invalid-parameter", "sort"),
            ("ann", "GET /customers?limit=0", None, 400, "invalid-parameter", "limit"),
            ("ann", "GET /customers?limit=1000", None, 400, "invalid-parameter", "limit"),
            ("ann", "GET /customers?cursor=x", None, 400, "invalid-parameter", "cursor"),
            ("ann", "GET /customers?fields=colour", None, 400, "invalid-parameter", "fields"),
            ("ann", "GET /customers?owner_id=17", None, 400, "invalid-parameter", ""),
            ("ann", "POST /customers", Some(json!({})), 422, "invalid-body", ""),
            ("ann", "POST /customers", new("name", json!("")), invalid, "invalid-value", "name"),
            ("ann", "POST /customers", new("name", json!("x".repeat(201))), invalid, "invalid-value", "name"),
            ("ann", "POST /customers", new("name", json!("\u{202e}evil")), invalid, "invalid-value", "name"),
            ("ann", "POST /customers", new("colour", json!("red")), invalid, "invalid-body", "colour"),
            ("ann", "POST /customers", new("website", json!("no address")), invalid, "invalid-value", "website"),
            ("ann", "POST /customers", new("phone", json!("call me")), invalid, "invalid-value", "phone"),
            ("ann", "POST /customers", new("country", json!("Netherlands")), invalid, "invalid-value", "country"),
            ("ann", "POST /customers", new("employees", json!(-1)), invalid, "invalid-value", "employees"),
            ("ann", "POST /customers", new("owner_id", nobody.clone()), invalid, "invalid-value", "owner_id"),
            ("ann", "POST /customers", new("owner_id", pat), invalid, "invalid-value", "owner_id"),
            ("ann", "POST /customers", new("owner_id", gone), invalid, "invalid-value", "owner_id"),
            ("ann", "POST /customers", new("territory_id", nobody), invalid, "invalid-value", "territory_id"),
            ("ann", "DELETE /customers", None, 405, "method-not-allowed", ""),
        ])
        .await;
    for what in ["PATCH /customers/{}", "POST /customers/{}/merge"] {
        let what = what.replace("{}", &uuid::Uuid::new_v4().to_string());
        let body = if what.starts_with("PATCH") { json!({}) } else { json!({"other_id": id}) };
        let reply = world.call("mia", &what).if_match("\"x\"").json(&body).send().await;
        reply.is_problem(404, "not-found", "", &what);
    }
    let merge = format!("POST /customers/{id}/merge");
    let path = format!("/customers/{id}");
    for (who, body, status, slug, field) in [
        ("ann", json!({"other_id": uuid::Uuid::new_v4()}), 403, "forbidden", ""),
        ("mia", json!({"other_id": id}), 422, "invalid-value", "other_id"),
        ("mia", json!({"other_id": uuid::Uuid::new_v4()}), 422, "invalid-value", "other_id"),
    ] {
        let reply = world.call(who, &merge).knowing("mia", &path).await.json(&body).send().await;
        reply.is_problem(status, slug, field, &body.to_string());
    }
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_post_with_a_key_is_done_once(#[case] on: On) {
    let world = World::on(on).await;
    let send = |name: &'static str| {
        let call = world.call("ann", "POST /customers").header("idempotency-key", "k-1");
        async move { call.json(&json!({"name": name})).send().await }
    };
    let (first, second) = (send("Globex").await, send("Globex").await);
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.body["id"], second.body["id"]);
    assert_eq!(each(&world.get("ann", "/customers").await, "id").len(), 1);
    send("Hooli").await.is_problem(422, "idempotency-key-reused", "", "another request with the key");
}
