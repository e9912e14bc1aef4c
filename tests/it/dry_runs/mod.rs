//! Dry runs: what a script would do, or would have done, and that nothing is left behind. Through HTTP, on both databases.

mod cases;
mod results;
mod runs;
mod seen;
mod settings;
mod trace;

use pact_tests::process::test_plugins;
use rstest::rstest;
use serde_json::{Value, json};

use self::trace::{everything, nothing_else_since};
use crate::main_job::house::House;
use crate::store::On;

/// A single script with its manifest in the leading lines.
fn script(reads: &str, may: &str, schedule: &str, body: &str) -> Value {
    let manifest = format!(
        "id = \"tried\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Tried\"\nreads = {reads}\nmay = {may}\n[[script]]\nfile = \"tried.rhai\"\n{schedule}"
    );
    json!({"manifest": manifest, "files": {"tried.rhai": body}})
}

/// A dry run once it is over.
async fn tried(house: &House, body: Value) -> Value {
    let answer = house.admin.post("/api/v1/dry-runs", &body).await;
    assert_eq!(answer.status, 202, "{body}: {}", answer.body);
    let path = format!("/api/v1/dry-runs/{}", answer.body["id"].as_str().unwrap());
    loop {
        let shown = house.admin.get(&path).await;
        if shown["status"] == "done" {
            return shown;
        }
        assert!(["waiting", "running"].contains(&shown["status"].as_str().unwrap()), "{shown}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Installs a plugin; the admin agrees to what it asks for.
async fn install(house: &House, plugin: &Value) {
    house.admin.make("/api/v1/plugins", plugin).await;
}

/// What it would do, one by one: difference, what, because.
async fn effects(house: &House, run: &Value) -> Vec<Value> {
    let page = house.admin.get(&format!("/api/v1/dry-runs/{}/effects?limit=200", run["id"].as_str().unwrap())).await;
    assert_eq!(page["next_cursor"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

fn sum(same: u64, now: u64, then: u64, refused: u64) -> Value {
    json!({"same": same, "now": now, "then": then, "refused": refused})
}

/// A company in which one lead was pushed, declined, pushed on and accepted, minutes apart; the lead, and who has the next turn.
async fn company(on: On) -> (House, String, String) {
    let house = House::on(on, &test_plugins("mini")).await;
    let reps = vec![house.person("Ann", "rep", None).await, house.person("Bo", "rep", None).await];
    house.person("Mia", "manager", None).await;
    let lead = house.enter("Globex").await;
    let first = house.offered(&lead, &reps, &[]).await;
    house.pass(2);
    first.answer(&lead, "decline", Some("They are friends of mine.")).await;
    let second = house.offered(&lead, &reps, &[first]).await;
    house.pass(2);
    second.answer(&lead, "accept", None).await;
    house.pass(2);
    (house, lead, first.id.clone())
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_what_would_happen_and_leaves_no_trace(#[case] on: On) {
    let (house, lead, next) = company(on).await;
    let before = everything(&house.app.store).await;
    let day = "2026-11-24";

    // What is installed, over the past: it would do what it did.
    let run = tried(&house, json!({"plugin_id": "push", "on": "lead_created", "from": day, "to": day})).await;
    assert_eq!((&run["events"], &run["events_done"], &run["taken_as_today"]), (&json!(1), &json!(1), &json!(0)), "{run}");
    assert_eq!(run["effects"], json!({"push": sum(1, 0, 0, 0)}), "{:#?}", effects(&house, &run).await);
    let shown = &effects(&house, &run).await[0];
    assert_eq!((&shown["difference"], &shown["by"], &shown["record_id"]), (&json!("same"), &json!("push"), &json!(lead)));
    assert_eq!(shown["because"], "Globex asked. It is your turn.");

    // An act fired this: not how many, and the hour.
    let run = tried(&house, json!({"plugin_id": "push", "on": "on_push_declined", "from": day, "to": day})).await;
    assert_eq!((&run["events"], &run["effects"]), (&Value::Null, &json!({"push": sum(1, 0, 0, 0)})));
    assert_eq!(effects(&house, &run).await[0]["at"], "2026-11-24T09:00:00.000Z");

    // Another script in the past sees the lead as it was, and what only happened then.
    let other = script("[\"lead\"]", "[\"push\", \"highlight\"]", "", "fn on_lead_created(lead) { log(`${lead.attempt}`); }");
    let run = tried(&house, json!({"script": other, "on": "lead_created", "from": day, "to": day})).await;
    assert_eq!(run["effects"], json!({"push": sum(0, 0, 1, 0)}));
    let lines = effects(&house, &run).await;
    assert_eq!((&lines[0]["difference"], &lines[0]["because"]), (&json!("logged"), &json!("0")));
    assert!(lines[1..].iter().all(|line| line["effect"].is_null() && line["by"] == "push"), "{lines:#?}");

    // Chosen records at any clock: its age in the quiet clock.
    let quiet = script("[\"lead\"]", "[]", "", "fn on_lead_quiet(lead) { log(`${lead.quiet_for > work_hours(5)}`); }");
    for (now, late) in [("2026-11-24T10:00:00Z", "false"), ("2026-11-25T16:00:00Z", "true")] {
        let run = tried(&house, json!({"script": quiet, "on": "lead_quiet", "records": [lead], "now": now})).await;
        assert_eq!(effects(&house, &run).await[0]["because"], late, "{now}");
    }

    // A sweep over the past: once for the lead, as it would have done it.
    let sweep = script(
        "[\"lead\", \"person\"]",
        "[\"highlight\"]",
        "[[schedule]]\ncall = \"sweep\"\ncron = \"* * * * *\"\n",
        "fn sweep() { for lead in leads.open() { if lead.owner != () && !lead.highlighted { highlight(lead, \"Look.\"); } } }",
    );
    let run = tried(&house, json!({"script": sweep, "on": "sweep", "from": day, "to": day})).await;
    let highlights = &run["effects"]["highlight"];
    assert_eq!(highlights["now"], json!(1), "{run}");
    let run = tried(&house, json!({"script": sweep, "on": "sweep"})).await;
    assert_eq!(run["effects"], json!({"highlight": sum(0, 1, 0, 0)}));

    // A tried push takes no turn from anybody.
    let again = json!({"plugin_id": "push", "on": "lead_created", "records": [lead]});
    assert_eq!(tried(&house, again).await["effects"], json!({"escalate": sum(0, 1, 0, 0)}), "both were asked");

    nothing_else_since(&house.app.store, &before).await;
    let lead = house.enter("Initrode").await;
    let pushed = house.once(&lead, "an offer", |lead| lead["open_push"]["person_id"].is_string()).await;
    assert_eq!(pushed["open_push"]["person_id"], json!(next), "whose turn it was");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_tried_is_refused(#[case] on: On) {
    let (house, lead, _) = company(on).await;
    let metric = "fn on_card_written(card) { let n = 0; for c in cards.of_customer(card.customer) { if c.author.id == card.author.id { n += 1; } } log(`${card.author.name}: ${n}`); }";
    let harmless = || script("[\"lead\"]", "[]", "", "fn on_lead_created(lead) { log(lead.title); }");
    let nobody = uuid::Uuid::new_v4();
    let cases = [
        (
            json!({"script": script("[\"card\", \"person\"]", "[]", "", metric), "on": "card_written", "from": "2026-11-24"}),
            422,
            "policy-refused",
            "",
        ),
        (json!({"script": harmless(), "on": "lead_won", "from": "2026-11-24"}), 422, "invalid-value", "on"),
        (json!({"script": harmless(), "on": "sweep"}), 422, "invalid-value", "on"),
        (json!({"script": harmless(), "on": "lead_created"}), 422, "invalid-value", "records"),
        (json!({"script": harmless(), "on": "lead_created", "records": [nobody]}), 422, "invalid-value", "records"),
        (
            json!({"script": harmless(), "on": "lead_created", "records": [lead], "from": "2026-11-24"}),
            422,
            "invalid-value",
            "on",
        ),
        (json!({"script": harmless(), "on": "lead_created", "from": "2026-11-25"}), 422, "invalid-value", "to"),
        (json!({"script": harmless(), "on": "lead_created", "event_id": nobody}), 422, "invalid-value", "event_id"),
        (
            json!({"script": harmless(), "plugin_id": "push", "on": "lead_created", "records": [lead]}),
            422,
            "invalid-value",
            "plugin_id",
        ),
        (json!({"plugin_id": "none", "on": "lead_created", "records": [lead]}), 422, "invalid-value", "plugin_id"),
        (
            json!({"plugin_id": "push", "version_id": nobody, "on": "lead_created", "records": [lead]}),
            422,
            "invalid-value",
            "version_id",
        ),
        (
            json!({"plugin_id": "push", "settings": {"colour": 1}, "on": "lead_created", "records": [lead]}),
            422,
            "invalid-value",
            "script",
        ),
    ];
    for (body, status, problem, field) in cases {
        let answer = house.admin.post("/api/v1/dry-runs", &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert_eq!(answer.body["type"], json!(format!("/problems/{problem}")), "{body}");
        assert!(field.is_empty() || answer.body["errors"][0]["field"] == field, "{body}: {}", answer.body);
    }
    let missing = house.admin.send("GET", &format!("/api/v1/dry-runs/{nobody}"), &[], None).await.unwrap();
    assert_eq!(missing.status, 404);
    let ann = house.sign_in("Ann").await;
    let refused = ann.post("/api/v1/dry-runs", &json!({"plugin_id": "push", "on": "lead_created", "records": [lead]})).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
}
