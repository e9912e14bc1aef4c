//! Who somebody is: signing in and out, tokens, keys, and that secrets stay secret.

use pact_app::access::ACCESS_TOKEN_S;
use pact_app::ops::session::{IDLE_DAYS, SESSION_DAYS, sweep_sessions};
use pact_core::role::Role;
use pact_tests::server::{Client, Db, PASSWORD, Reply, TestServer};
use rstest::rstest;
use serde_json::{Value, json};

const DAY_S: i64 = 24 * 3_600;
const SESSION: &str = "/api/v1/session";
const REFRESH: &str = "/api/v1/session/refresh";

async fn sign_in(server: &TestServer, email: &str, password: &str) -> Reply {
    server.nobody().post(SESSION, &json!({"method": "password", "email": email, "password": password})).await
}

async fn refresh(server: &TestServer, token: &str) -> Reply {
    server.nobody().post(REFRESH, &json!({"refresh_token": token})).await
}

fn text(reply: &Reply, name: &str) -> String {
    reply.body[name].as_str().unwrap_or_default().to_owned()
}

#[rstest]
#[tokio::test]
async fn who_signs_in_gets_tokens_and_everybody_else_the_same_answer(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let ann = server.person("ann", Role::Rep).await;
    let admin = server.admin().await;
    let me = ann.get(SESSION).await;
    assert_eq!((me.status, text(&me, "email"), text(&me, "role")), (200, "ann@example.com".into(), "rep".into()));
    assert_eq!(me.body["scopes"], Value::Null);

    let gone = server.person("gone", Role::Rep).await;
    assert_eq!(admin.change(&format!("/api/v1/persons/{}", gone.id), &json!({"active": false})).await.status, 200);
    let pending = json!({"name": "New", "email": "new@example.com", "role": "rep"});
    assert_eq!(admin.post("/api/v1/persons", &pending).await.status, 201);
    let refused = sign_in(&server, "ann@example.com", "four words in a raw").await;
    assert_eq!((refused.status, refused.problem()), (401, "sign-in-failed"));
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    for (email, password) in
        [("nobody@example.com", PASSWORD), ("gone@example.com", PASSWORD), ("new@example.com", PASSWORD), ("", "")]
    {
        let other = sign_in(&server, email, password).await;
        assert_eq!((other.status, other.body), (refused.status, refused.body.clone()), "{email}");
    }
    assert_eq!(sign_in(&server, " ANN@Example.com", PASSWORD).await.status, 201, "capitals and space do not matter");
    let unknown = server.nobody().post(SESSION, &json!({"method": "guess", "email": "a@example.com"})).await;
    assert_eq!(unknown.problem(), "invalid-body");
    server.stop().await;
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_guesser_only() {
    let server = TestServer::on(Db::Sqlite).await;
    server.person("ann", Role::Rep).await;
    server.person("bo", Role::Rep).await;
    // Setting up, Ann signed in once.
    for _ in 1..10 {
        assert_eq!(sign_in(&server, "ann@example.com", "a guess").await.status, 401);
    }
    let last = sign_in(&server, "ann@example.com", "a guess").await;
    assert_eq!((last.status, last.problem()), (429, "too-many-attempts"));
    assert!(last.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(sign_in(&server, "ann@example.com", PASSWORD).await.status, 429, "also with the right password");
    assert_eq!(sign_in(&server, "bo@example.com", PASSWORD).await.status, 201);
    // Unknown accounts are counted as well, or the limit would tell which exist.
    for _ in 0..10 {
        assert_eq!(sign_in(&server, "nobody@example.com", "a guess").await.status, 401);
    }
    assert_eq!(sign_in(&server, "nobody@example.com", "a guess").await.status, 429);
}

#[rstest]
#[tokio::test]
async fn an_access_token_ends_by_time_by_sign_out_and_with_its_person(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let ann = server.person("ann", Role::Rep).await;
    let elsewhere = server.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(ann.request("DELETE", SESSION).send().await.unwrap().status(), 204);
    for path in [SESSION, "/api/v1/teams"] {
        assert_eq!(ann.get(path).await.problem(), "unauthenticated", "{path}");
    }
    assert_eq!(refresh(&server, &ann.refresh).await.problem(), "unauthenticated");
    assert_eq!(elsewhere.get(SESSION).await.status, 200, "another session stays");

    // A role that changes is seen at once, and so is leaving.
    let path = format!("/api/v1/persons/{}", ann.id);
    assert_eq!(elsewhere.post("/api/v1/teams", &json!({"name": "A"})).await.problem(), "forbidden");
    assert_eq!(admin.change(&path, &json!({"role": "admin"})).await.status, 200);
    assert_eq!(elsewhere.post("/api/v1/teams", &json!({"name": "A"})).await.status, 201);
    assert_eq!(admin.change(&path, &json!({"active": false})).await.status, 200);
    assert_eq!(elsewhere.get(SESSION).await.problem(), "unauthenticated");
    assert_eq!(refresh(&server, &elsewhere.refresh).await.problem(), "unauthenticated");

    server.pass_s(i64::from(ACCESS_TOKEN_S) - 1);
    assert_eq!(admin.get(SESSION).await.status, 200);
    server.pass_s(1);
    let over = admin.get(SESSION).await;
    assert_eq!((over.status, over.problem()), (401, "unauthenticated"));
    assert!(text(&over, "detail").contains("expired"), "{}", over.text);
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused() {
    let server = TestServer::on(Db::Sqlite).await;
    let ann = server.person("ann", Role::Rep).await;
    let parts: Vec<&str> = ann.token.split('.').collect();
    let other = TestServer::on(Db::Sqlite).await.admin().await;
    // {"typ":"at+jwt","alg":"none"}
    let unsigned = format!("eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJub25lIn0.{}.", parts[1]);
    let swapped = format!("{}.{}.{}", parts[0], other.token.split('.').nth(1).unwrap(), parts[2]);
    let cut = ann.token[..ann.token.len() - 4].to_owned();
    let long = "x".repeat(4_000);
    for token in [&other.token, &unsigned, &swapped, &cut, "nonsense", "pact_", "pact_12345678_nonsense", &ann.refresh, &long] {
        let reply = server.with_token(token).get(SESSION).await;
        assert_eq!((reply.status, reply.problem()), (401, "unauthenticated"), "{token}");
    }
    for header in ["Basic YTpi", "Bearer", "Bearer ", "bearer"] {
        let nobody = server.nobody();
        let reply = nobody.send(nobody.request("GET", SESSION).header("authorization", header)).await;
        assert_eq!(reply.problem(), "unauthenticated", "{header}");
    }
    let nobody = server.nobody();
    let small = nobody.send(nobody.request("GET", SESSION).header("authorization", format!("bearer {}", ann.token))).await;
    assert_eq!(small.status, 200, "the scheme's capitals do not matter (RFC 9110)");
}

#[rstest]
#[tokio::test]
async fn a_refresh_token_is_good_once_and_a_copy_ends_the_session(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let ann = server.person("ann", Role::Rep).await;
    let second = refresh(&server, &ann.refresh).await;
    assert_eq!(second.status, 200, "{}", second.text);
    let (token, next) = (text(&second, "access_token"), text(&second, "refresh_token"));
    assert_eq!(server.with_token(&token).get(SESSION).await.status, 200);
    assert_ne!(next, ann.refresh);

    let reused = refresh(&server, &ann.refresh).await;
    assert_eq!((reused.status, reused.problem()), (401, "unauthenticated"));
    assert!(text(&reused, "detail").contains("used before"), "{}", reused.text);
    assert_eq!(refresh(&server, &next).await.problem(), "unauthenticated", "the whole family ended");
    assert_eq!(server.with_token(&token).get(SESSION).await.problem(), "unauthenticated", "its access tokens too");
    assert_eq!(refresh(&server, "nonsense").await.problem(), "unauthenticated");
    assert_eq!(server.nobody().post(REFRESH, &json!({})).await.problem(), "unauthenticated");
    server.stop().await;
}

#[tokio::test]
async fn of_many_who_use_a_refresh_token_at_once_at_most_one_goes_on() {
    let server = TestServer::on(Db::Sqlite).await;
    let ann = server.person("ann", Role::Rep).await;
    let all = futures_util::future::join_all((0..6).map(|_| refresh(&server, &ann.refresh))).await;
    assert!(all.iter().filter(|reply| reply.status == 200).count() <= 1, "{all:?}");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_at_the_latest_after_its_days() {
    let server = TestServer::on(Db::Sqlite).await;
    let mut token = server.person("ann", Role::Rep).await.refresh;
    let mut days = 0;
    // Used every week, it goes on until its last day.
    while days + 7 < SESSION_DAYS {
        server.pass_s(7 * DAY_S);
        days += 7;
        let reply = refresh(&server, &token).await;
        assert_eq!(reply.status, 200, "after {days} days: {}", reply.text);
        token = text(&reply, "refresh_token");
    }
    server.pass_s((SESSION_DAYS - days) * DAY_S);
    assert_eq!(refresh(&server, &token).await.problem(), "unauthenticated");

    let idle = server.sign_in("ann@example.com", PASSWORD).await;
    server.pass_s(IDLE_DAYS * DAY_S);
    assert_eq!(refresh(&server, &idle.refresh).await.problem(), "unauthenticated");
    sweep_sessions(&server.app).await.unwrap();
}

#[tokio::test]
async fn a_page_in_a_browser_keeps_its_refresh_token_in_a_cookie() {
    let server = TestServer::on(Db::Sqlite).await;
    server.person("ann", Role::Rep).await;
    let body = json!({"method": "password", "email": "ann@example.com", "password": PASSWORD, "cookie": true});
    let signed_in = server.nobody().post(SESSION, &body).await;
    assert_eq!(signed_in.body["refresh_token"], Value::Null);
    let cookie = signed_in.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/api/v1/session"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let pair = cookie.split(';').next().unwrap();
    let nobody = server.nobody();
    let request = || nobody.request("POST", REFRESH).header("cookie", pair).json(&json!({}));
    let refreshed = nobody.send(request()).await;
    assert_eq!((refreshed.status, &refreshed.body["refresh_token"]), (200, &Value::Null));
    assert!(refreshed.header("set-cookie").starts_with("pact_refresh="));
    let caller = server.with_token(&text(&refreshed, "access_token"));
    let out = caller.send(caller.request("DELETE", SESSION)).await;
    assert!(out.status == 204 && out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
}

#[rstest]
#[tokio::test]
async fn signing_keys_follow_one_another_without_a_token_noticing(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    server.person("ann", Role::Rep).await;
    let kids = async || -> Vec<String> {
        let reply = server.nobody().get("/.well-known/jwks.json").await;
        reply.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let first = kids().await;
    assert_eq!(first.len(), 1);
    server.pass_s(30 * DAY_S);
    server.app.access.tend_keys(&server.app).await.unwrap();
    let both = kids().await;
    assert!(both.len() == 2 && both.contains(&first[0]), "published before it signs: {both:?}");

    server.pass_s(3_600 - 60);
    let before = server.sign_in("ann@example.com", PASSWORD).await;
    server.pass_s(60);
    server.app.access.tend_keys(&server.app).await.unwrap();
    let after = server.sign_in("ann@example.com", PASSWORD).await;
    assert_ne!(header_of(&before), header_of(&after), "another key signs");
    assert_eq!((before.get(SESSION).await.status, after.get(SESSION).await.status), (200, 200), "both are good");

    server.pass_s(3_600);
    server.app.access.tend_keys(&server.app).await.unwrap();
    let last = kids().await;
    assert!(last.len() == 1 && last != first, "the old key is gone: {last:?}");
    server.stop().await;
}

fn header_of(client: &Client) -> String {
    client.token.split('.').next().unwrap_or_default().to_owned()
}

#[rstest]
#[tokio::test]
async fn an_api_key_acts_as_its_person_within_its_scopes_until_it_ends(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let make = async |wish: Value| admin.post("/api/v1/api-keys", &wish).await;
    let reader = make(json!({"name": "reader", "scopes": ["organisation_read", "organisation_read"]})).await;
    assert_eq!((reader.status, &reader.body["scopes"]), (201, &json!(["organisation_read"])), "{}", reader.text);
    let key = text(&reader, "key");
    assert!(key.starts_with(&format!("pact_{}_", text(&reader, "prefix"))), "{key}");
    let caller = server.with_token(&key);
    assert_eq!(caller.get("/api/v1/teams").await.status, 200);
    let refused = caller.post("/api/v1/teams", &json!({"name": "A"})).await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    assert!(text(&refused, "detail").contains("organisation_write"), "{}", refused.text);
    assert_eq!(caller.get(SESSION).await.body["scopes"], json!(["organisation_read"]));

    // A key manages no keys, no session and no password, whatever its scopes.
    let all = server.with_token(&text(&make(json!({"name": "all", "scopes": ["admin"]})).await, "key"));
    assert_eq!(all.post("/api/v1/teams", &json!({"name": "A"})).await.status, 201);
    let wish = json!({"name": "more", "scopes": ["admin"]});
    assert_eq!(all.post("/api/v1/api-keys", &wish).await.problem(), "forbidden");
    assert_eq!(all.get("/api/v1/api-keys").await.problem(), "forbidden");
    assert_eq!(all.send(all.request("DELETE", SESSION)).await.problem(), "forbidden");
    let path = format!("/api/v1/persons/{}/password", admin.id);
    assert_eq!(all.put(&path, &json!({"password": "another good password"})).await.problem(), "forbidden");

    for (wish, field) in [
        (json!({"name": "a", "scopes": []}), "scopes"),
        (json!({"name": "a", "scopes": ["plans_read"], "expires_at": "2026-11-24T09:10:00Z"}), "expires_at"),
        (json!({"name": "", "scopes": ["plans_read"]}), "name"),
        (json!({"name": "a", "scopes": ["everything"]}), "scopes[0]"),
    ] {
        let reply = make(wish.clone()).await;
        assert_eq!((reply.status, reply.field()), (422, field), "{wish}: {}", reply.text);
    }

    let short = make(json!({"name": "short", "scopes": ["organisation_read"], "expires_at": "2026-11-24T09:20:00Z"})).await;
    let short = server.with_token(&text(&short, "key"));
    assert_eq!(short.get("/api/v1/teams").await.status, 200);
    server.pass_s(600);
    assert_eq!(short.get("/api/v1/teams").await.problem(), "unauthenticated");

    let listed = admin.get("/api/v1/api-keys?sort=name").await;
    assert!(!listed.text.contains(&key) && !listed.text.contains("hash"), "{}", listed.text);
    let other = server.person("boss", Role::Admin).await;
    let path = format!("/api/v1/api-keys/{}", reader.id());
    assert_eq!(other.send(other.request("DELETE", &path)).await.problem(), "not-found", "somebody else's");
    assert_eq!(other.get("/api/v1/api-keys").await.body["items"], json!([]));
    for _ in 0..2 {
        assert_eq!(admin.send(admin.request("DELETE", &path)).await.status, 204);
    }
    assert_eq!(caller.get("/api/v1/teams").await.problem(), "unauthenticated");
    let partner = server.person("pat", Role::Partner).await;
    assert_eq!(partner.post("/api/v1/api-keys", &json!({"name": "a", "scopes": ["admin"]})).await.problem(), "forbidden");
    server.stop().await;
}

#[rstest]
#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_or_an_admin(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let ann = server.person("ann", Role::Rep).await;
    let bo = server.person("bo", Role::Rep).await;
    let elsewhere = server.sign_in("ann@example.com", PASSWORD).await;
    let path = format!("/api/v1/persons/{}/password", ann.id);
    let new = "five other words in a row";
    for (who, body, status, what) in [
        (&ann, json!({"password": new}), 422, "current_password"),
        (&ann, json!({"password": new, "current_password": "a guess"}), 422, "current_password"),
        (&ann, json!({"password": "short", "current_password": PASSWORD}), 422, "password"),
        (&ann, json!({"password": "ann@example.com", "current_password": PASSWORD}), 422, "password"),
        (&bo, json!({"password": new}), 403, ""),
        (&bo, json!({"password": new, "current_password": PASSWORD}), 403, ""),
    ] {
        let reply = who.put(&path, &body).await;
        assert_eq!((reply.status, reply.field()), (status, what), "{body}: {}", reply.text);
        assert!(!reply.text.contains("guess"), "what was typed is not repeated");
    }
    assert_eq!(ann.put(&path, &json!({"password": new, "current_password": PASSWORD})).await.status, 204);
    assert_eq!(ann.get(SESSION).await.status, 200, "the session in which it is changed stays");
    assert_eq!(elsewhere.get(SESSION).await.problem(), "unauthenticated", "others end");
    assert_eq!(admin.put(&path, &json!({"password": "set by an admin"})).await.status, 204);
    assert_eq!(ann.get(SESSION).await.problem(), "unauthenticated");
    assert_eq!(sign_in(&server, "ann@example.com", "set by an admin").await.status, 201);
    let nobody = format!("/api/v1/persons/{}/password", uuid::Uuid::new_v4());
    assert_eq!(admin.put(&nobody, &json!({"password": new})).await.problem(), "not-found");
    server.stop().await;
}

#[tokio::test]
async fn no_secret_is_written_down_as_it_is() {
    let server = TestServer::on(Db::Sqlite).await;
    let ann = server.person("ann", Role::Rep).await;
    let key = text(&ann.post_once("/api/v1/api-keys", "k", &json!({"name": "a", "scopes": ["plans_read"]})).await, "key");
    let path = server.url.clone();
    server.app.store.close().await;
    let mut file = Vec::new();
    for name in [path.clone(), format!("{path}-wal")] {
        file.extend(std::fs::read(name).unwrap_or_default());
    }
    let holds = |secret: &str| file.windows(secret.len()).any(|part| part == secret.as_bytes());
    assert!(holds("ann@example.com"), "the right file");
    for secret in [PASSWORD, &ann.refresh, &ann.token, &key, key.splitn(3, '_').nth(2).unwrap()] {
        assert!(!holds(secret), "{secret}");
    }
}
