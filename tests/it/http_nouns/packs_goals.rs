use rstest::rstest;
use serde_json::{Value, json};

use super::world::{World, each};
use crate::store::On;

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn packs_are_made_found_and_changed(#[case] on: On) {
    let world = World::on(on).await;
    let body = json!({
        "title": "Heat pumps for housing", "product": "heat-pump", "summary": "Lead with the subsidy.", "themes": ["subsidy", "noise", "noise"],
        "segments": ["housing"], "documents": [{"title": "Data sheet", "address": "https://docs.example/hp.pdf"}]
    });
    let pack = world.make("mia", "/packs", body).await;
    assert_eq!(pack["themes"], json!(["subsidy", "noise"]), "each once");
    world.make("mia", "/packs", json!({"title": "For all"})).await;
    for (query, wanted) in [
        ("product=heat-pump", 1),
        ("theme=noise", 1),
        ("theme=nois", 0),
        ("segment=retail", 1),
        ("segment=housing", 2),
        ("q=housng", 1),
    ] {
        assert_eq!(each(&world.get("ann", &format!("/packs?{query}")).await, "id").len(), wanted, "{query}");
    }
    let path = format!("/packs/{}", pack["id"].as_str().unwrap());
    let change = json!({"summary": null, "documents": []});
    let changed = world.call("mia", &format!("PATCH {path}")).knowing("mia", &path).await.json(&change).send().await.ok();
    assert_eq!((&changed["summary"], &changed["documents"]), (&Value::Null, &json!([])));
    let new = |key: &str, value: Value| {
        let mut body = json!({"title": "x"});
        body[key] = value;
        Some(body)
    };
    world
        .refuses(&[
            ("pat", "GET /packs", None, 403, "forbidden", ""),
            ("ann", "POST /packs", new("title", json!("x")), 403, "forbidden", ""),
            ("mia", "POST /packs", new("title", json!("")), 422, "invalid-value", "title"),
            ("mia", "POST /packs", new("themes", json!(["a", ""])), 422, "invalid-value", "themes[1]"),
            ("mia", "POST /packs", new("themes", json!(vec!["a"; 51])), 422, "invalid-value", "themes"),
            (
                "mia",
                "POST /packs",
                new("documents", json!([{"title": "x", "address": "javascript:alert(1)"}])),
                422,
                "invalid-value",
                "documents[0].address",
            ),
            (
                "mia",
                "POST /packs",
                new("documents", json!([{"title": "", "address": "https://x.example"}])),
                422,
                "invalid-value",
                "documents[0].title",
            ),
            ("mia", "POST /packs", new("documents", json!([{"title": "x"}])), 422, "invalid-body", "documents[0]"),
        ])
        .await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn goals_are_set_and_reached(#[case] on: On) {
    let world = World::on(on).await;
    let body = json!({"title": "40 customers on the new line", "measure": "customers with a won lead", "target": 40, "ends_on": "2027-06-30"});
    let goal = world.make("mia", "/goals", body).await;
    assert_eq!(goal["reached"], json!(0));
    let path = format!("/goals/{}", goal["id"].as_str().unwrap());
    let changed = world
        .call("adam", &format!("PATCH {path}"))
        .knowing("adam", &path)
        .await
        .json(&json!({"reached": 13, "ends_on": null}))
        .send()
        .await
        .ok();
    assert_eq!((&changed["reached"], &changed["ends_on"]), (&json!(13), &Value::Null));
    assert_eq!(each(&world.get("audrey", "/goals").await, "id"), [&goal["id"]]);
    assert_eq!(each(&world.get("ann", "/goals?ends_from=2027-01-01").await, "id").len(), 0);
    let new = |key: &str, value: Value| {
        let mut body = json!({"title": "x", "measure": "y", "target": 1});
        body[key] = value;
        Some(body)
    };
    world
        .refuses(&[
            ("pat", "GET /goals", None, 403, "forbidden", ""),
            ("ann", "POST /goals", new("title", json!("x")), 403, "forbidden", ""),
            ("mia", "POST /goals", new("target", json!(0)), 422, "invalid-value", "target"),
            ("mia", "POST /goals", new("reached", json!(-1)), 422, "invalid-value", "reached"),
            ("mia", "POST /goals", new("measure", json!("")), 422, "invalid-value", "measure"),
            ("mia", "POST /goals", new("person_id", json!(world.people["ann"])), 422, "invalid-body", "person_id"),
        ])
        .await;
}
