use rstest::rstest;
use serde_json::{Value, json};

use super::world::{World, each};
use crate::store::On;

fn field(name: &str, ty: &str) -> Value {
    let options = if ty.ends_with("choice") || ty.ends_with("choices") { vec!["housing", "retail"] } else { vec![] };
    json!({"on_record": "customer", "name": name, "label": name, "type": ty, "helps": "sale", "because": "It says when to call.", "about": "customer", "options": options})
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn values_of_every_type_come_back_as_they_were(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    let cases = [
        ("text", json!("east wing"), json!(7)),
        ("long_text", json!("two\nlines"), json!(["x"])),
        ("number", json!(12), json!("12")),
        ("money", json!({"amount": "1200.50", "currency": "EUR"}), json!({"amount": "1200.505", "currency": "EUR"})),
        ("day", json!("2027-06-30"), json!("2027-02-30")),
        ("choice", json!("housing"), json!("space")),
        ("many_choices", json!(["housing", "retail"]), json!(["housing", "space"])),
        ("yes_no", json!(true), json!("yes")),
        ("link", json!("https://globex.example"), json!("javascript:alert(1)")),
    ];
    for (ty, ..) in &cases {
        world.make("adam", "/fields", field(&format!("f_{ty}"), ty)).await;
    }
    let path = format!("/values/customer/{customer}");
    let patch = format!("PATCH {path}");
    for (ty, good, bad) in &cases {
        let name = format!("f_{ty}");
        let set = |value: &Value| json!({"values": {&name: value}});
        let read = world.call("bo", &patch).knowing("bo", &path).await.json(&set(good)).send().await.ok();
        assert_eq!(&read["values"][&name], good, "{ty}");
        let reply = world.call("bo", &patch).knowing("bo", &path).await.json(&set(bad)).send().await;
        assert_eq!((reply.status, &reply.body["type"]), (422, &json!("/problems/invalid-value")), "{ty} {bad}: {reply:?}");
    }
    let decimal = json!({"values": {"f_number": 0.5}});
    assert_eq!(
        world.call("bo", &patch).knowing("bo", &path).await.json(&decimal).send().await.ok()["values"]["f_number"],
        json!(0.5)
    );
    let all = world.get("mia", &path).await;
    let stale = world.call("bo", &patch).if_match("\"old\"").json(&json!({"values": {"f_day": null}})).send().await;
    stale.is_problem(412, "stale", "", "values that were changed meanwhile");
    let emptied = world.call("bo", &patch).knowing("bo", &path).await.json(&json!({"values": {"f_day": null}})).send().await.ok();
    assert_eq!(emptied["values"]["f_day"], Value::Null);
    assert_eq!(emptied["values"]["f_text"], all["values"]["f_text"], "what is left out stays");
    let two = json!({"values": {"f_text": "changed", "f_day": "never"}});
    world.call("bo", &patch).knowing("bo", &path).await.json(&two).send().await.is_problem(
        422,
        "invalid-value",
        "values.f_day",
        "one of two is bad",
    );
    assert_eq!(world.get("bo", &path).await["values"]["f_text"], all["values"]["f_text"], "all or none");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn a_field_is_defined_changed_and_removed(#[case] on: On) {
    let world = World::on(on).await;
    let made = world.make("adam", "/fields", field("branch", "choice")).await;
    let path = format!("/fields/{}", made["id"].as_str().unwrap());
    let change = json!({"label": "Branch", "options": ["housing", "retail", "care"]});
    let changed = world.call("adam", &format!("PATCH {path}")).knowing("adam", &path).await.json(&change).send().await.ok();
    assert_eq!(changed["options"].as_array().unwrap().len(), 3);
    assert_eq!(each(&world.get("ann", "/fields?on_record=customer&fields=name").await, "name"), ["branch"]);
    assert_eq!(each(&world.get("ann", "/fields?on_record=lead").await, "name").len(), 0);
    let none =
        world.call("adam", &format!("PATCH {path}")).knowing("adam", &path).await.json(&json!({"options": []})).send().await;
    none.is_problem(422, "invalid-value", "field", "a choice without options");
    let reply = world.call("adam", &format!("DELETE {path}")).knowing("adam", &path).await.send().await;
    assert_eq!(reply.status, 204, "{reply:?}");
    let kept = world.get("adam", &path).await;
    assert!(kept["removed_at"].is_string() && kept["name"] == "branch", "{kept}");
    assert_eq!(each(&world.get("ann", "/fields").await, "name").len(), 0);
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn fields_are_refused_in_words(#[case] on: On) {
    let world = World::on(on).await;
    let customer = world.customer("Globex", "ann").await;
    world.make("adam", "/fields", field("taken", "text")).await;
    let new = |changes: Value| {
        let mut body = field("fresh", "text");
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        Some(body)
    };
    let of_person = format!("GET /values/person/{}", world.people["ann"]);
    let missing = format!("GET /values/lead/{}", uuid::Uuid::new_v4());
    let values = format!("GET /values/customer/{customer}");
    world
        .refuses(&[
            ("pat", "GET /fields", None, 403, "forbidden", ""),
            ("mia", "POST /fields", new(json!({})), 403, "forbidden", ""),
            ("adam", "POST /fields", new(json!({"name": "taken"})), 409, "duplicate", "name"),
            ("adam", "POST /fields", new(json!({"name": "two words"})), 422, "invalid-value", "field"),
            ("adam", "POST /fields", new(json!({"type": "colour"})), 422, "invalid-value", "type"),
            ("adam", "POST /fields", new(json!({"type": "choice"})), 422, "invalid-value", "field"),
            ("adam", "POST /fields", new(json!({"type": "formula"})), 422, "invalid-value", "field"),
            ("adam", "POST /fields", new(json!({"formula": "1"})), 422, "invalid-value", "field"),
            ("adam", "POST /fields", new(json!({"helps": "boss"})), 422, "policy-refused", "field:1"),
            (
                "adam",
                "POST /fields",
                new(json!({"type": "yes_no", "label": "Visit report written by rep"})),
                422,
                "policy-refused",
                "field:1",
            ),
            (
                "adam",
                "POST /fields",
                new(json!({"type": "number", "label": "Calls made by the rep"})),
                422,
                "policy-refused",
                "field:1",
            ),
            ("adam", "POST /fields", new(json!({"because": ""})), 422, "invalid-value", "because"),
            ("adam", "POST /fields", new(json!({"on_record": "card"})), 422, "invalid-value", "on_record"),
            ("adam", "POST /fields", new(json!({"on_record": "person", "type": "number"})), 422, "policy-refused", "field:1"),
            ("adam", "POST /fields", new(json!({"options": ["a", "a"]})), 422, "invalid-value", "options[1]"),
            ("ann", "GET /fields?on_record=card", None, 400, "invalid-parameter", "on_record"),
            ("pat", &values, None, 403, "forbidden", ""),
            ("audrey", &values, None, 403, "forbidden", ""),
            ("ann", &missing, None, 404, "not-found", ""),
            ("ann", "GET /values/colour/1", None, 400, "invalid-parameter", ""),
            ("pat", &of_person, None, 403, "forbidden", ""),
        ])
        .await;
    let path = format!("/values/customer/{customer}");
    for (body, field) in
        [(json!({"values": {"colour": "red"}}), "values.colour"), (json!({"values": {"taken": false}}), "values.taken")]
    {
        let reply = world.call("ann", &format!("PATCH {path}")).knowing("ann", &path).await.json(&body).send().await;
        reply.is_problem(422, "invalid-value", field, &body.to_string());
    }
    let person = format!("/values/person/{}", world.people["ann"]);
    let reply = world.call("ann", &format!("PATCH {person}")).if_match("\"x\"").json(&json!({"values": {}})).send().await;
    reply.is_problem(403, "forbidden", "", "a rep changes a person");
}
