use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pact_store::entity::{event, schedule};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{NOW_MS, World, each};
use crate::store::On;

/// An event that was put aside on a day.
fn parked(name: &str, kind: &str, record: Uuid, payload: Value, on: &str) -> event::Model {
    let plugin = payload["plugin"].as_str().map(str::to_owned);
    event::Model {
        name: name.into(),
        record_kind: kind.into(),
        record_id: record,
        payload: payload.into(),
        attempts: 5,
        fence: 5,
        parked_reason: Some(format!("{name} went wrong")),
        plugin_id: plugin,
        parked_id: Some(Uuid::new_v4()),
        parked_on: Some(on.into()),
        ..crate::store::event(0, NOW_MS - 61_001)
    }
}

/// A company with jobs: a tick for Ann, a lead that entered, a card that Bo wrote and a plan that he announced; the rows in this order.
async fn with_jobs(on: On) -> (World, Vec<event::Model>) {
    let world = World::on(on).await;
    let tick = json!({"plugin": "digest", "call": "morning", "zone": "Europe/Amsterdam", "due_at": NOW_MS});
    let rows = vec![
        parked("tick", "person", world.people["ann"], tick, "2026-11-21"),
        parked("lead_created", "lead", Uuid::new_v4(), json!({}), "2026-11-22"),
        parked("card_written", "card", Uuid::new_v4(), json!({"plugin": "prompts"}), "2026-11-23"),
        parked("plan_announced", "plan", Uuid::new_v4(), json!({"plugin": "prompts"}), "2026-11-23"),
    ];
    world.fresh.add(rows.clone()).await;
    let tried = |attempts, lease_until| event::Model { attempts, lease_until, ..crate::store::event(0, NOW_MS - 125_000) };
    let waiting = crate::store::event(1, NOW_MS - 1_000);
    let held = [tried(1, Some(NOW_MS + 9_000)), tried(2, Some(NOW_MS + 9_000)), tried(1, Some(NOW_MS - 1))];
    let handled = event::Model { handled_at: Some(NOW_MS), ..tried(1, None) };
    world.fresh.add(held.into_iter().chain([waiting, handled]).collect()).await;
    (world, rows)
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn what_was_put_aside_is_shown_without_counting_anybody(#[case] on: On) {
    let (world, rows) = with_jobs(on).await;
    let id = |at: usize| json!(rows[at].parked_id);
    let page = world.get("adam", "/jobs").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 4);
    let find = |at: usize| page["items"].as_array().unwrap().iter().find(|job| job["id"] == id(at)).unwrap().clone();
    assert_eq!(
        find(0),
        json!({
            "id": id(0), "kind": "tick", "name": "morning", "plugin_id": "digest", "record_kind": null, "record_id": null,
            "state": "parked", "reason": "tick went wrong", "parked_on": "2026-11-21", "attempts": 5
        })
    );
    assert_eq!((&find(1)["record_kind"], &find(1)["record_id"]), (&json!("lead"), &json!(rows[1].record_id)));
    for act in [2, 3] {
        assert_eq!((&find(act)["record_kind"], &find(act)["record_id"]), (&Value::Null, &Value::Null), "{}", find(act));
    }
    // Neither ids that tell the time, nor the time, nor for whom.
    for row in &rows {
        assert!(!page.to_string().contains(&row.id.to_string()), "{page}");
    }
    assert!(!page.to_string().contains(&world.people["ann"].to_string()), "{page}");
    let first = world.get("audrey", "/jobs?limit=1&sort=-parked_on").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let cursor_holds: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
    assert_eq!(cursor_holds, json!({"sort": "-parked_on", "value": "2026-11-23", "id": first["items"][0]["id"]}));
    let rest = world.get("audrey", &format!("/jobs?limit=10&sort=-parked_on&cursor={cursor}")).await;
    assert_eq!(each(&rest, "parked_on"), ["2026-11-23", "2026-11-22", "2026-11-21"]);
    for (query, wanted) in [
        ("kind=tick", vec![0]),
        ("kind=event&plugin_id=prompts", vec![2, 3]),
        ("plugin_id=digest&state=parked", vec![0]),
        ("state=dropped", vec![]),
    ] {
        let found = world.get("adam", &format!("/jobs?{query}")).await;
        let found: std::collections::BTreeSet<String> = each(&found, "id").into_iter().map(Value::to_string).collect();
        assert_eq!(found, wanted.into_iter().map(|at| id(at).to_string()).collect(), "{query}");
    }
    let state = world.get("audrey", "/jobs/state").await;
    let expected = json!({
        "waiting": 1, "under_way": 2, "lapsed": 1, "repeated": 1, "parked": 4, "since": "2026-11-24T10:07:00.000Z"
    });
    assert_eq!(state, expected, "the oldest that waits by the minute, and what is put aside does not wait");
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn what_waited_for_a_plugin_is_released_together(#[case] on: On) {
    let (world, rows) = with_jobs(on).await;
    let release = async |body: Value| world.call("adam", "POST /jobs/release").json(&body).send().await.ok();
    assert_eq!(release(json!({"plugin_id": "prompts", "kind": "event"})).await, json!({"released": 2}));
    let state = async |at: usize| world.get("adam", &format!("/jobs/{}", rows[at].parked_id.unwrap())).await["state"].clone();
    assert_eq!([state(0).await, state(1).await, state(2).await, state(3).await], ["parked", "parked", "waiting", "waiting"]);
    assert_eq!(release(json!({})).await, json!({"released": 2}), "all that is left");
    assert_eq!(release(json!({})).await, json!({"released": 0}));
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn an_admin_releases_and_drops_and_nobody_else_does(#[case] on: On) {
    let (world, rows) = with_jobs(on).await;
    let path = |at: usize| format!("/jobs/{}", rows[at].parked_id.unwrap());
    let post = async |at: usize, what: &str| world.call("adam", &format!("POST {}/{what}", path(at))).send().await;
    let mut heard = world.app.store.committed();
    let released = post(0, "release").await.ok();
    assert_eq!((&released["state"], &released["reason"], &released["attempts"]), (&json!("waiting"), &Value::Null, &json!(0)));
    assert!(matches!(heard.recv().await, Ok(pact_store::Notice::EventAppended { .. })), "whoever works off events is woken");
    post(0, "release").await.is_problem(409, "not-now", "", "it waits");
    post(0, "drop").await.is_problem(409, "not-now", "", "it waits");
    // A node claims and handles it.
    let handled = world
        .fresh
        .write(async |tx| {
            let claimed = pact_store::event::claim(tx, NOW_MS, None, 100, 1_000).await?;
            let all: Vec<(Uuid, i64)> = claimed.iter().map(|event| (event.id, event.fence)).collect();
            pact_store::event::mark_handled(tx, &all, NOW_MS).await
        })
        .await;
    assert!(handled.contains(&rows[0].id) && !handled.contains(&rows[1].id));
    assert_eq!(world.get("adam", &path(0)).await["state"], "done");
    post(0, "release").await.is_problem(409, "not-now", "", "it is done");
    assert_eq!(post(1, "drop").await.ok()["state"], "dropped");
    assert_eq!(post(1, "drop").await.ok()["state"], "dropped", "again changes nothing");
    assert_eq!(post(1, "release").await.ok()["state"], "waiting", "what was dropped can still be released");
    let (own, unknown) = (format!("GET /jobs/{}", rows[1].id), format!("GET /jobs/{}", Uuid::new_v4()));
    let (release, drop, show) =
        (format!("POST {}/release", path(2)), format!("POST {}/drop", path(2)), format!("GET {}", path(2)));
    world
        .refuses(&[
            ("ann", "GET /jobs", None, 403, "forbidden", ""),
            ("mia", "GET /jobs", None, 403, "forbidden", ""),
            ("pat", "GET /jobs/state", None, 403, "forbidden", ""),
            ("mia", "GET /schedules", None, 403, "forbidden", ""),
            ("bo", &show, None, 403, "forbidden", ""),
            ("nobody", "GET /jobs", None, 401, "unauthenticated", ""),
            ("audrey", &release, None, 403, "forbidden", ""),
            ("audrey", &drop, None, 403, "forbidden", ""),
            ("mia", &release, None, 403, "forbidden", ""),
            ("audrey", "POST /jobs/release", Some(json!({})), 403, "forbidden", ""),
            ("adam", "POST /jobs/release", Some(json!({"kind": "act"})), 422, "invalid-value", "kind"),
            ("adam", "POST /jobs/release", Some(json!({"person_id": Uuid::new_v4()})), 422, "invalid-body", ""),
            ("adam", &own, None, 404, "not-found", ""),
            ("adam", &unknown, None, 404, "not-found", ""),
            ("adam", "GET /jobs?state=lost", None, 400, "invalid-parameter", "state"),
            ("adam", "GET /jobs?kind=act", None, 400, "invalid-parameter", "kind"),
            ("adam", "GET /jobs?sort=at", None, 400, "invalid-parameter", "sort"),
            ("adam", "GET /jobs?record_id=1", None, 400, "unknown-parameter", "record_id"),
            ("adam", "GET /jobs?name=card_written", None, 400, "unknown-parameter", "name"),
            ("adam", "GET /jobs?limit=0", None, 400, "invalid-parameter", "limit"),
            ("adam", "GET /schedules?sort=zone", None, 400, "invalid-parameter", "sort"),
        ])
        .await;
}

#[rstest]
#[case::sqlite(On::Sqlite)]
#[case::postgres(On::Postgres)]
#[tokio::test]
async fn schedules_are_shown_with_their_next_tick(#[case] on: On) {
    let world = World::on(on).await;
    let row = |plugin: &str, zone: &str, next_at| schedule::Model {
        id: Uuid::new_v4(),
        plugin_id: plugin.into(),
        call: "sweep".into(),
        cron: "*/30 * * * *".into(),
        zone: zone.into(),
        next_at,
    };
    let (later, sooner) = (row("digest", "Asia/Kolkata", NOW_MS + 60_000), row("quiet", "UTC", NOW_MS));
    world.fresh.add(vec![later.clone(), sooner.clone()]).await;
    let page = world.get("audrey", "/schedules").await;
    assert_eq!(each(&page, "id"), [&json!(sooner.id), &json!(later.id)], "the next due first");
    assert_eq!(
        page["items"][0],
        json!({
            "id": sooner.id, "plugin_id": "quiet", "call": "sweep", "cron": "*/30 * * * *", "zone": "UTC", "for_each": null,
            "catch_up": null, "next_at": "2026-11-24T10:10:00.000Z"
        })
    );
    let of_one = world.get("adam", "/schedules?plugin_id=digest").await;
    assert_eq!(each(&of_one, "zone"), ["Asia/Kolkata"]);
    let first = world.get("adam", "/schedules?limit=1&sort=-plugin_id").await;
    assert_eq!(each(&first, "plugin_id"), ["quiet"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world.get("adam", &format!("/schedules?limit=1&sort=-plugin_id&cursor={cursor}")).await;
    assert_eq!((each(&second, "plugin_id"), &second["next_cursor"]), (vec![&json!("digest")], &Value::Null));
}
