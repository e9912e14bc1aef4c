//! The outbox and webhooks over REST: rights, refusals, and what an admin sees, with a clock that the test moves.

use pact::http::Settings;
use pact_app::jobs;
use pact_app::relay::{MAX_ATTEMPTS, Outgoing};
use pact_core::role::Role;
use pact_tests::server::{Client, Db, TestServer};
use rstest::rstest;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::until;

async fn house(db: Db) -> TestServer {
    let outgoing = Outgoing { networks: vec!["127.0.0.0/8".parse().unwrap()], ..Outgoing::default() };
    TestServer::with(db, Settings { workers: 1, outgoing, ..Settings::default() }).await
}

async fn made(admin: &Client, name: &str, url: &str) -> Uuid {
    let reply = admin.post("/api/v1/webhooks", &json!({"name": name, "url": url, "events": []})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.id()
}

/// Writes a test message; its id.
async fn message(admin: &Client, webhook: Uuid) -> Uuid {
    let reply = admin.post(&format!("/api/v1/webhooks/{webhook}/test"), &Value::Null).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    reply.id()
}

#[rstest]
#[case(Db::Sqlite)]
#[case(Db::Postgres)]
#[tokio::test]
async fn what_an_admin_may_not_make_is_refused_in_words(#[case] db: Db) {
    let server = house(db).await;
    let admin = server.admin().await;
    let wish = |name: &str, url: &str, events: &[&str]| json!({"name": name, "url": url, "events": events});
    let hook = "https://desk.example.com/pact";
    made(&admin, "desk", hook).await;
    for (body, status, problem, field, says) in [
        (wish("desk", hook, &[]), 409, "duplicate", "name", "already"),
        (wish("", hook, &[]), 422, "invalid-value", "name", "empty"),
        (wish("a", "desk.example.com", &[]), 422, "invalid-value", "url", "https://host/path"),
        (wish("a", "http://8.8.8.8/", &[]), 422, "invalid-value", "url", "not encrypted"),
        (wish("a", "https://10.0.0.8/", &[]), 422, "invalid-value", "url", "webhook_networks"),
        (wish("a", "https://169.254.169.254/latest", &[]), 422, "invalid-value", "url", "not public"),
        (wish("a", "https://ann:pw@desk.example.com/", &[]), 422, "invalid-value", "url", "password"),
        (wish("a", hook, &["lead_won", "card_written"]), 422, "invalid-value", "events[1]", "no-activity-export"),
        (wish("a", hook, &["push_declined"]), 422, "invalid-value", "events[0]", "an act of a member of staff"),
        (wish("a", hook, &["coaching_day"]), 422, "invalid-value", "events[0]", "may ask for"),
        (json!({"name": "a", "url": hook, "secret": "mine"}), 422, "invalid-body", "", "secret"),
    ] {
        let reply = admin.post("/api/v1/webhooks", &body).await;
        assert_eq!((reply.status, reply.problem()), (status, problem), "{body}: {}", reply.text);
        assert!(field.is_empty() || reply.field() == field, "{body}: {}", reply.text);
        assert!(reply.text.contains(says), "{body}: {}", reply.text);
    }
    for role in [Role::Rep, Role::Manager, Role::Auditor, Role::Partner] {
        let other = server.person(role.as_str(), role).await;
        for path in ["/api/v1/webhooks", "/api/v1/outbox", "/api/v1/outbox/state"] {
            assert_eq!(other.get(path).await.status, 403, "{role} {path}");
        }
    }
    for (path, status) in [
        ("/api/v1/outbox?state=gone", 400),
        ("/api/v1/outbox?kind=fax", 400),
        ("/api/v1/outbox?address=ann@example.com", 400),
        ("/api/v1/outbox?sort=address", 400),
        ("/api/v1/outbox/00000000-0000-4000-8000-000000000000", 404),
        ("/api/v1/webhooks/00000000-0000-4000-8000-000000000000", 404),
    ] {
        assert_eq!(admin.get(path).await.status, status, "{path}");
    }
    server.stop().await;
}

#[rstest]
#[case(Db::Sqlite)]
#[case(Db::Postgres)]
#[tokio::test]
async fn what_keeps_failing_is_put_aside_and_released(#[case] db: Db) {
    let server = house(db).await;
    let admin = server.admin().await;
    // Nobody listens there.
    let webhook = made(&admin, "desk", "http://127.0.0.1:1/").await;
    let off = made(&admin, "off", "http://127.0.0.1:1/").await;
    let path = format!("/api/v1/webhooks/{off}");
    assert_eq!(admin.change(&path, &json!({"active": false})).await.status, 200);
    assert_eq!(admin.post(&format!("{path}/test"), &Value::Null).await.problem(), "not-now");
    let row = message(&admin, webhook).await;
    let path = format!("/api/v1/outbox/{row}");
    let tried = format!("UPDATE \"outbox\" SET attempts = {}", MAX_ATTEMPTS - 1);
    let set =
        async move |tx: &pact_store::Tx| tx.execute_unprepared(&tried).await.map(drop).map_err(pact_store::StoreError::from);
    server.app.store.write(set).await.unwrap();
    let jobs = jobs::start(&server.app).await.unwrap();
    let parked = until("the last attempt", async || {
        let shown = admin.get(&path).await.body;
        (shown["message"]["state"] == "parked").then_some(shown)
    })
    .await;
    let reason = parked["message"]["reason"].as_str().unwrap();
    assert!(reason.contains("24 attempts failed") && reason.contains("could not be reached"), "{reason}");
    assert_eq!(parked["attempts"][0]["outcome"], "failed");
    let state = admin.get("/api/v1/outbox/state").await.body;
    let kinds = json!([
        {"kind": "mail", "has_way": false, "waiting": 0, "since": null, "parked": 0, "refused": 0},
        {"kind": "webhook", "has_way": true, "waiting": 0, "since": null, "parked": 1, "refused": 0}
    ]);
    assert_eq!(state["kinds"], kinds);
    assert!(admin.get("/api/v1/messages").await.text.contains("was put aside"), "admins are told");

    let released = admin.post(&format!("{path}/release"), &Value::Null).await;
    assert_eq!((released.status, &released.body["state"], &released.body["reason"]), (200, &json!("waiting"), &Value::Null));
    // The next attempt fails too; then it waits, and so does everything else for this webhook.
    let waits = until("another attempt", async || {
        let shown = admin.get(&path).await.body;
        (shown["attempts"].as_array()?.len() == 2).then_some(shown["message"].clone())
    })
    .await;
    assert_eq!((&waits["state"], &waits["attempts"]), (&json!("waiting"), &json!(1)));
    assert!(admin.get(&format!("/api/v1/webhooks/{webhook}")).await.body["held_until"].is_string());
    let second = message(&admin, webhook).await;
    let third = message(&admin, webhook).await;
    let dropped = admin.post(&format!("/api/v1/outbox/{third}/drop"), &Value::Null).await;
    assert_eq!((dropped.status, &dropped.body["state"]), (200, &json!("dropped")));
    server.pass_s(60);
    until("the held one is tried", async || {
        let shown = admin.get(&format!("/api/v1/outbox/{second}")).await.body;
        (shown["attempts"].as_array()?.len() == 1).then_some(())
    })
    .await;
    assert_eq!(admin.get(&format!("/api/v1/outbox/{third}")).await.body["attempts"], json!([]), "what is dropped does not leave");
    jobs.stop().await;
    server.stop().await;
}

#[rstest]
#[case(Db::Sqlite)]
#[case(Db::Postgres)]
#[tokio::test]
async fn a_name_that_leads_inside_is_not_followed(#[case] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let webhook = made(&admin, "desk", "https://localhost:9/").await;
    let removed = made(&admin, "gone", "https://localhost:9/").await;
    let row = message(&admin, webhook).await;
    let orphan = message(&admin, removed).await;
    let path = format!("/api/v1/webhooks/{removed}");
    let etag = admin.get(&path).await.header("etag");
    assert_eq!(admin.delete(&path, &etag).await.status, 204);
    let jobs = jobs::start(&server.app).await.unwrap();
    let answer = until("an attempt", async || {
        admin.get(&format!("/api/v1/outbox/{row}")).await.body["attempts"][0]["answer"].as_str().map(str::to_owned)
    })
    .await;
    assert!(answer.contains("localhost has no address that may be reached"), "{answer}");
    let reason = until("the orphan", async || {
        admin.get(&format!("/api/v1/outbox/{orphan}")).await.body["message"]["reason"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(reason, "The webhook was removed.");
    jobs.stop().await;
    server.stop().await;
}
