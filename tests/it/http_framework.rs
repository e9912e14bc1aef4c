//! What holds for every request, whatever its noun: refusals of the framework, headers, repetition, pages, fields.

use pact::http::{ProblemType, Settings};
use pact_app::idempotency::{self, KEPT_S, WORK_S};
use pact_core::role::Role;
use pact_tests::server::{Client, Db, Reply, TestServer};
use rstest::rstest;
use serde_json::{Value, json};

/// A request by hand: method, path, headers, body.
async fn raw(client: &Client, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Reply {
    let mut request = client.request(method, path).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[rstest]
#[tokio::test]
async fn what_the_framework_refuses_is_a_problem_with_a_page(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let team = admin.post("/api/v1/teams", &json!({"name": "Benelux"})).await.header("location");
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(300 * 1024));
    // (method, path, headers, body, status, problem)
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, u16, &'a str);
    let cases: &[Case<'_>] = &[
        ("GET", "/api/v1/nowhere", &[], "", 404, "unknown-path"),
        ("GET", "/", &[], "", 404, "unknown-path"),
        ("GET", "/api/v1/teams/", &[], "", 404, "unknown-path"),
        ("PUT", "/api/v1/teams", &[], "", 405, "method-not-allowed"),
        ("PATCH", "/api/v1/session", &[], "", 405, "method-not-allowed"),
        ("GET", "/api/v1/teams?colour=red", &[], "", 400, "unknown-parameter"),
        ("GET", "/api/v1/session?fields=name", &[], "", 400, "unknown-parameter"),
        ("GET", "/api/v1/teams?limit=1&limit=2", &[], "", 400, "invalid-parameter"),
        ("GET", "/api/v1/teams?limit=0", &[], "", 400, "invalid-parameter"),
        ("GET", "/api/v1/teams?limit=201", &[], "", 400, "invalid-parameter"),
        ("GET", "/api/v1/teams?limit=many", &[], "", 400, "invalid-parameter"),
        ("GET", "/api/v1/teams?sort=size", &[], "", 400, "invalid-parameter"),
        ("GET", "/api/v1/teams?cursor=nonsense", &[], "", 400, "invalid-parameter"),
        ("GET", "/api/v1/teams?fields=name,size", &[], "", 400, "invalid-parameter"),
        ("GET", "/api/v1/teams?region=%00", &[], "", 400, "invalid-parameter"),
        ("GET", "/api/v1/teams/17", &[], "", 400, "invalid-parameter"),
        ("GET", "/api/v1/teams/5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11", &[], "", 404, "not-found"),
        ("POST", "/api/v1/teams", &[], "{}", 415, "unsupported-media-type"),
        ("POST", "/api/v1/teams", &[("content-type", "text/csv")], "{}", 415, "unsupported-media-type"),
        ("POST", "/api/v1/teams", &[JSON], "{", 400, "malformed-json"),
        ("POST", "/api/v1/teams", &[JSON], "", 400, "malformed-json"),
        ("POST", "/api/v1/teams", &[JSON], "{}", 422, "invalid-body"),
        ("POST", "/api/v1/teams", &[JSON], r#"{"name": 1}"#, 422, "invalid-body"),
        ("POST", "/api/v1/teams", &[JSON], r#"{"name": "A", "size": 1}"#, 422, "invalid-body"),
        ("POST", "/api/v1/teams", &[JSON], r#"{"name": "A\u0000"}"#, 422, "invalid-body"),
        ("POST", "/api/v1/teams", &[JSON], r#"{"name": " "}"#, 422, "invalid-value"),
        ("POST", "/api/v1/teams", &[JSON], &large, 413, "body-too-large"),
        ("POST", "/api/v1/teams", &[JSON, ("idempotency-key", "")], r#"{"name": "A"}"#, 400, "malformed-request"),
        ("POST", "/api/v1/teams", &[JSON, ("content-encoding", "gzip")], r#"{"name": "A"}"#, 415, "unsupported-media-type"),
        ("PATCH", &team, &[JSON], "{}", 428, "if-match-missing"),
        ("PATCH", &team, &[JSON, ("if-match", "*")], "{}", 400, "malformed-if-match"),
        ("PATCH", &team, &[JSON, ("if-match", "abc")], "{}", 400, "malformed-if-match"),
        ("PATCH", &team, &[JSON, ("if-match", "W/\"abc\"")], "{}", 400, "malformed-if-match"),
        ("PATCH", &team, &[JSON, ("if-match", "\"abc\"")], "{}", 412, "stale"),
        ("DELETE", &team, &[], "", 428, "if-match-missing"),
        ("DELETE", &team, &[("if-match", "\"abc\"")], "", 412, "stale"),
    ];
    for (method, path, headers, body, status, problem) in cases {
        let reply = raw(&admin, method, path, headers, (*body).to_owned()).await;
        let what = format!("{method} {path} {headers:?} {}", &body[..body.len().min(40)]);
        assert_eq!((reply.status, reply.problem()), (*status, *problem), "{what}: {}", reply.text);
        assert_eq!(reply.header("content-type"), "application/problem+json", "{what}");
        assert_eq!(reply.body["status"], *status, "{what}");
        let page = server.nobody().get(reply.body["type"].as_str().unwrap()).await;
        assert_eq!(page.status, 200, "{what}: its page");
    }
    let refused = raw(&admin, "PUT", "/api/v1/teams", &[], "").await;
    assert_eq!(refused.header("allow"), "GET, POST, OPTIONS");
    for (path, status) in
        [("/health/live", 200), ("/api/v1/teams?limit=1", 200), ("/api/v1/nowhere", 404), ("/api/v1/session/refresh", 405)]
    {
        let headed = raw(&admin, "HEAD", path, &[], "").await;
        assert_eq!((headed.status, headed.text.as_str()), (status, ""), "HEAD {path}");
    }
    let asked = raw(&admin, "OPTIONS", "/api/v1/teams", &[], "").await;
    assert_eq!((asked.status, asked.header("allow").as_str()), (204, "GET, POST, OPTIONS"));
    server.stop().await;
}

#[tokio::test]
async fn every_problem_type_has_a_page_and_every_page_a_type() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/problems");
    let mut pages: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().trim_end_matches(".md").to_owned())
        .collect();
    let mut types: Vec<&str> = ProblemType::ALL.iter().map(|kind| kind.slug()).collect();
    pages.sort();
    types.sort_unstable();
    assert_eq!(pages, types);
    for kind in ProblemType::ALL {
        let page = kind.page();
        for wanted in [kind.title(), &kind.uri(), &format!("HTTP {}", kind.status()), "## What\n", "## Why\n", "## What next\n"] {
            assert!(page.contains(wanted), "{}: {wanted}", kind.slug());
        }
    }
    let server = TestServer::on(Db::Sqlite).await;
    let list = server.nobody().get("/problems").await;
    assert!(ProblemType::ALL.iter().all(|kind| list.text.contains(&kind.uri()[1..])), "{}", list.text);
    let plain = raw(&server.nobody(), "GET", "/problems/stale", &[("accept", "text/markdown")], "").await;
    assert!(plain.text.starts_with("# The record was changed"), "{}", plain.text);
    assert_eq!(server.nobody().get("/problems/nonsense").await.problem(), "not-found");
}

#[tokio::test]
async fn every_answer_has_an_id_and_narrows_what_a_browser_may_do() {
    let server = TestServer::on(Db::Sqlite).await;
    let nobody = server.nobody();
    for path in ["/health/live", "/api/v1/nowhere", "/api/v1/teams", "/docs/", "/problems"] {
        let reply = nobody.get(path).await;
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("cache-control", "no-store")]
        {
            assert_eq!(reply.header(name), value, "{path} {name}");
        }
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(reply.header("x-request-id").len(), 36, "{path}");
    }
    for (given, taken) in [("abc-1.2_3", true), ("two words", false), ("a\u{e4}", false)] {
        let reply = raw(&nobody, "GET", "/health/live", &[("x-request-id", given)], "").await;
        assert_eq!(reply.header("x-request-id") == given, taken, "{given}");
    }
    let squeezed = raw(&nobody, "GET", "/openapi.json", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(squeezed.header("content-encoding"), "gzip");
}

#[tokio::test]
async fn other_origins_are_let_in_only_by_configuration() {
    let origin = "https://crm.example";
    let preflight = async |server: &TestServer, origin: &str| {
        let headers =
            [("origin", origin), ("access-control-request-method", "PATCH"), ("access-control-request-headers", "if-match")];
        raw(&server.nobody(), "OPTIONS", "/api/v1/teams", &headers, "").await.header("access-control-allow-origin")
    };
    let closed = TestServer::on(Db::Sqlite).await;
    assert_eq!(preflight(&closed, origin).await, "");
    let open =
        TestServer::with(Db::Sqlite, Settings { cors_origins: vec![origin.to_owned()], workers: 1, ..Settings::default() }).await;
    assert_eq!(preflight(&open, origin).await, origin);
    assert_eq!(preflight(&open, "https://elsewhere.example").await, "");
    let read = raw(&open.nobody(), "GET", "/health/live", &[("origin", origin)], "").await;
    assert_eq!(read.header("access-control-allow-origin"), origin);
}

#[tokio::test]
async fn the_interactive_page_loads_nothing_from_outside() {
    let server = TestServer::on(Db::Sqlite).await;
    let nobody = server.nobody();
    let page = nobody.get("/docs/").await;
    assert_eq!(page.status, 200);
    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js", "index.css"] {
        assert_eq!(nobody.get(&format!("/docs/{file}")).await.status, 200, "{file}");
    }
    let start = nobody.get("/docs/swagger-initializer.js").await.text;
    for text in [&page.text, &start] {
        assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    }
    assert!(start.contains("/openapi.json") && start.contains("\"none\""), "{start}");
    assert!(page.header("content-security-policy").starts_with("default-src 'self';"));
    assert_eq!(nobody.get("/docs/nothing.js").await.problem(), "unknown-path");
}

#[tokio::test]
async fn a_stopped_database_is_told_and_is_no_defect() {
    let server = TestServer::on(Db::Sqlite).await;
    let admin = server.admin().await;
    assert_eq!(server.nobody().get("/health/ready").await.body, json!({"status": "ok"}));
    server.app.store.close().await;
    let ready = server.nobody().get("/health/ready").await;
    assert_eq!((ready.status, ready.body["status"].as_str()), (503, Some("store")));
    assert_eq!(server.nobody().get("/health/live").await.status, 200);
    let reply = admin.get("/api/v1/teams").await;
    assert_eq!((reply.status, reply.problem()), (503, "store-unavailable"), "{}", reply.text);
    assert!(!reply.header("retry-after").is_empty());
}

#[rstest]
#[tokio::test]
async fn a_post_that_is_sent_twice_is_done_once(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let body = json!({"name": "Benelux"});
    let first = admin.post_once("/api/v1/teams", "k1", &body).await;
    assert_eq!((first.status, first.header("idempotency-replayed").as_str()), (201, ""));
    let again = admin.post_once("/api/v1/teams", "k1", &body).await;
    assert_eq!((again.status, &again.body, again.header("idempotency-replayed").as_str()), (201, &first.body, "true"));
    assert_eq!((again.header("etag"), again.header("location")), (first.header("etag"), first.header("location")));
    assert_eq!(again.header("content-type"), "application/json");

    let other = admin.post_once("/api/v1/teams", "k1", &json!({"name": "France"})).await;
    assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"));
    let elsewhere = admin.post_once("/api/v1/holidays", "k1", &body).await;
    assert_eq!(elsewhere.problem(), "idempotency-key-reused");

    // A refusal is an answer too: the same request gets it again, even when it would be possible now.
    let refused = admin.post_once("/api/v1/teams", "k2", &body).await;
    assert_eq!(refused.problem(), "duplicate");
    let again = admin.post_once("/api/v1/teams", "k2", &body).await;
    assert_eq!((again.problem(), again.header("idempotency-replayed").as_str()), ("duplicate", "true"));
    assert_eq!(again.header("content-type"), "application/problem+json");

    // Somebody else's key of the same name is another key.
    let boss = server.person("boss", Role::Admin).await;
    assert_eq!(boss.post_once("/api/v1/teams", "k1", &json!({"name": "France"})).await.status, 201);

    // After a day the key is free again.
    server.pass_s(KEPT_S + 1);
    let adam = server.sign_in("adam@example.com", pact_tests::server::PASSWORD).await;
    assert_eq!(adam.post_once("/api/v1/teams", "k1", &json!({"name": "Iberia"})).await.status, 201);
    idempotency::sweep(&server.app).await.unwrap();
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn a_key_in_work_waits_and_one_that_was_never_finished_says_so(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let body = json!({"name": "Benelux"});
    let all: Vec<Reply> = futures_util::future::join_all((0..8).map(|_| admin.post_once("/api/v1/teams", "same", &body))).await;
    let done = all.iter().filter(|reply| reply.status == 201).count();
    assert!(done >= 1);
    assert!(all.iter().all(|reply| reply.status == 201 || reply.problem() == "idempotency-in-flight"), "{all:?}");
    assert_eq!(admin.get("/api/v1/teams").await.body["items"].as_array().map(Vec::len), Some(1));

    // A server that stops while it works leaves the key claimed; here the claim is taken away from a request that was done.
    admin.post_once("/api/v1/teams", "lost", &json!({"name": "France"})).await;
    forget_answers(&server).await;
    let waiting = admin.post_once("/api/v1/teams", "lost", &json!({"name": "France"})).await;
    assert_eq!((waiting.status, waiting.problem(), waiting.header("retry-after").as_str()), (409, "idempotency-in-flight", "1"));
    server.pass_s(WORK_S + 1);
    let lost = admin.post_once("/api/v1/teams", "lost", &json!({"name": "France"})).await;
    assert_eq!((lost.status, lost.problem()), (409, "idempotency-outcome-unknown"));
    server.stop().await;
}

async fn forget_answers(server: &TestServer) {
    use pact_store::StoreError;
    use pact_store::entity::idempotency_key::{Column, Entity};
    use sea_orm::entity::prelude::*;
    let emptied = server.app.store.write(async move |tx| {
        let none = Expr::value(Option::<i64>::None);
        Entity::update_many().col_expr(Column::Status, none).exec(tx).await?;
        Ok::<_, StoreError>(())
    });
    emptied.await.unwrap();
}

#[tokio::test]
async fn an_answer_with_a_secret_is_not_kept() {
    let server = TestServer::on(Db::Sqlite).await;
    let admin = server.admin().await;
    let wish = json!({"name": "calendar", "scopes": ["plans_read"]});
    let made = admin.post_once("/api/v1/api-keys", "k", &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let again = admin.post_once("/api/v1/api-keys", "k", &wish).await;
    assert_eq!((again.status, again.problem()), (409, "idempotency-answer-not-kept"));
    assert_eq!(admin.get("/api/v1/api-keys").await.body["items"].as_array().map(Vec::len), Some(1));
}

#[rstest]
#[tokio::test]
async fn a_list_is_walked_page_by_page(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let names = ["Alpen", "Benelux", "France", "Iberia", "Nordics"];
    for name in names {
        assert_eq!(admin.post("/api/v1/teams", &json!({"name": name, "region": "EU"})).await.status, 201);
    }
    for (sort, wanted) in [("name", names.to_vec()), ("-name", names.iter().rev().copied().collect())] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = admin.get(&format!("/api/v1/teams?sort={sort}&limit=2&region=EU{cursor}")).await;
            assert_eq!(page.status, 200, "{}", page.text);
            found.extend(page.body["items"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap().to_owned()));
            assert!(page.body.as_object().unwrap().keys().all(|key| key == "items" || key == "next_cursor"), "no totals");
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(found, wanted, "{sort}");
        let other = if sort == "name" { "-name" } else { "name" };
        let refused = admin.get(&format!("/api/v1/teams?sort={other}{cursor}")).await;
        assert_eq!((refused.status, refused.field()), (400, "cursor"), "a cursor of another order");
    }
    assert_eq!(admin.get("/api/v1/teams?region=US").await.body, json!({"items": [], "next_cursor": null}));
    server.stop().await;
}

#[tokio::test]
async fn an_answer_has_the_fields_that_are_asked_for_and_only_what_is_new() {
    let server = TestServer::on(Db::Sqlite).await;
    let admin = server.admin().await;
    let made = admin.post("/api/v1/teams", &json!({"name": "Benelux"})).await;
    let path = made.header("location");
    assert_eq!(admin.get(&format!("{path}?fields=name")).await.body, json!({"name": "Benelux"}));
    let page = admin.get("/api/v1/teams?fields=name,region").await;
    assert_eq!(page.body["items"], json!([{"name": "Benelux", "region": null}]));

    let etag = admin.get(&path).await.header("etag");
    let same = raw(&admin, "GET", &path, &[("if-none-match", &etag)], "").await;
    assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", etag.clone()));
    let changed = admin.patch(&path, &etag, &json!({"region": "EU"})).await;
    assert_eq!((changed.status, &changed.body["region"]), (200, &json!("EU")));
    assert_ne!(changed.header("etag"), etag);
    assert_eq!(raw(&admin, "GET", &path, &[("if-none-match", &etag)], "").await.status, 200);
    assert_eq!(admin.patch(&path, &etag, &json!({"region": "US"})).await.problem(), "stale");
    // Left out stays, null empties, and null where nothing can be empty is refused.
    assert_eq!(admin.change(&path, &json!({"name": "Lowlands"})).await.body["region"], "EU");
    assert_eq!(admin.change(&path, &json!({"region": null})).await.body["region"], Value::Null);
    assert_eq!(admin.change(&path, &json!({"name": null})).await.problem(), "invalid-body");
}
