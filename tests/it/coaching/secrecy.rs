//! Nobody but the two reads a note: no third person, no admin, no copy of the database; and a lost password is no lost note.

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use pact_core::role::Role;
use pact_store::Store;
use pact_tests::server::{Db, PASSWORD};
use rstest::rstest;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::{House, NOTE, make_key, open_key, read, with_key, write};

/// Who knows this could compare guesses of a note or a password with what is kept of a request.
const ONCE: &str = "0a4c1f5e-once-each";

/// Every row of every table as text, as somebody at the database's console sees it.
pub(super) async fn dump(store: &Store, db: Db) -> String {
    let conn = store.read();
    let backend = conn.get_database_backend();
    let tables = match db {
        Db::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Db::Postgres => "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
    };
    let tables = conn.query_all_raw(Statement::from_string(backend, tables)).await.unwrap();
    let names: Vec<String> = tables.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    assert!(names.len() > 40 && names.iter().any(|name| name == "coaching_notes"), "{names:?}");
    let mut all = String::new();
    for name in names {
        let rows = match db {
            Db::Sqlite => {
                let columns =
                    conn.query_all_raw(Statement::from_string(backend, format!("PRAGMA table_info('{name}')"))).await.unwrap();
                let columns: Vec<String> = columns.iter().map(|row| row.try_get::<String>("", "name").unwrap()).collect();
                // Bytes that are no text are shown as digits, as PostgreSQL shows them.
                let text = |column: &String| {
                    format!(
                        "CASE typeof(\"{column}\") WHEN 'blob' THEN lower(hex(\"{column}\")) ELSE COALESCE(CAST(\"{column}\" AS TEXT), '') END"
                    )
                };
                let texts: Vec<String> = columns.iter().map(text).collect();
                format!("SELECT {} AS line FROM \"{name}\"", texts.join(" || '|' || "))
            }
            Db::Postgres => format!("SELECT t::text AS line FROM \"{name}\" t"),
        };
        for row in conn.query_all_raw(Statement::from_string(backend, rows)).await.unwrap() {
            writeln!(all, "{name}: {}", row.try_get::<String>("", "line").unwrap()).unwrap();
        }
    }
    all
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn a_copy_of_the_database_says_nothing_of_a_note(#[case] db: Db) {
    let (house, id) = House::with_period(db).await;
    let code = house.mia.post("/api/v1/coaching/key/replace", &json!({"password": PASSWORD})).await;
    assert_eq!(code.status, 201, "{}", code.text);
    let written = house.mia.post_once(&format!("/api/v1/coaching/periods/{id}/notes"), ONCE, &json!({"text": NOTE})).await;
    assert_eq!(written.status, 201, "{}", written.text);
    let ann = open_key(&house.ann, PASSWORD).await;
    assert_eq!(read(&house.ann, &ann, &id).await, json!([NOTE]));
    let all = dump(&house.server.app.store, db).await;
    assert!(all.contains("coaching_notes: ") && all.contains("To let customers talk."), "the dump sees what there is");
    let secrets = [
        NOTE.to_owned(),
        "three questions".to_owned(),
        NOTE.bytes().map(|byte| format!("{byte:02x}")).collect(),
        BASE64_STANDARD.encode(NOTE),
        BASE64_STANDARD_NO_PAD.encode(NOTE).chars().take(24).collect(),
        ann,
        code.body["recovery_code"].as_str().unwrap().to_owned(),
        PASSWORD.to_owned(),
        ONCE.to_owned(),
    ];
    for secret in secrets {
        assert!(!all.contains(&secret), "{secret} is in the database");
    }
    // Erased: no sealed note is left, either.
    house.server.pass_s(100 * 24 * 3_600);
    pact_app::ops::coaching::tend::tend(&house.server.app).await.unwrap();
    pact_app::ops::coaching::tend::tend(&house.server.app).await.unwrap();
    let all = dump(&house.server.app.store, db).await;
    for (what, is_left) in [("notes", all.contains("coaching_notes: ")), ("the purpose", all.contains("To let customers talk."))]
    {
        assert!(!is_left, "{what}: {all}");
    }
    house.server.stop().await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn for_others_there_is_no_period(#[case] db: Db) {
    let (house, id) = House::with_period(db).await;
    write(&house.ann, &id, NOTE).await;
    let auditor = house.server.person("audrey", Role::Auditor).await;
    let nowhere = uuid::Uuid::new_v4().to_string();
    for client in [&house.bo, &house.admin, &auditor] {
        make_key(client).await;
        let key = open_key(client, PASSWORD).await;
        assert_eq!(client.get("/api/v1/coaching/periods").await.body, json!({"items": []}));
        let requests = [("GET", ""), ("GET", "/notes"), ("POST", "/end"), ("POST", "/share")];
        for (method, below) in requests {
            let real = with_key(client, &key, method, &format!("{id}{below}")).await;
            let none = with_key(client, &key, method, &format!("{nowhere}{below}")).await;
            assert_eq!(
                (real.status, real.problem(), &real.body["detail"]),
                (404, "not-found", &none.body["detail"]),
                "{method} {below}"
            );
        }
        let body = json!({"document": "0".repeat(64)});
        assert_eq!(client.post(&format!("/api/v1/coaching/periods/{id}/sign"), &body).await.status, 404);
        assert_eq!(write(client, &id, "I was here").await.status, 404);
    }
    for client in [&house.bo, &house.mia, &house.admin] {
        assert_eq!(client.get("/api/v1/coaching/coaches").await.status, 403);
    }
    // Neither a key of the other session, nor an API key, nor a partner.
    let ann = open_key(&house.ann, PASSWORD).await;
    let elsewhere = house.server.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(with_key(&elsewhere, &ann, "GET", &format!("{id}/notes")).await.status, 403, "another session");
    assert_eq!(house.ann.get(&format!("/api/v1/coaching/periods/{id}/notes")).await.status, 403, "no key is open");
    let mia = open_key(&house.mia, PASSWORD).await;
    assert_eq!(with_key(&house.ann, &mia, "GET", &format!("{id}/notes")).await.status, 403, "the coach's");
    let robot = house.ann.post("/api/v1/api-keys", &json!({"name": "robot", "scopes": ["admin"]})).await;
    let robot = house.server.with_token(robot.body["key"].as_str().unwrap());
    assert_eq!(robot.get("/api/v1/coaching/periods").await.status, 403);
    let partner = house.server.person("pat", Role::Partner).await;
    assert_eq!(partner.get("/api/v1/coaching/periods").await.status, 403);
    house.server.pass_s(3_601);
    let later = house.server.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(with_key(&later, &ann, "GET", &format!("{id}/notes")).await.status, 403, "after an hour");
    house.server.stop().await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn a_lost_password_is_no_lost_note(#[case] db: Db) {
    const OTHER: &str = "another four words here";
    const THIRD: &str = "yet another few words";
    let (house, id) = House::with_period(db).await;
    write(&house.mia, &id, NOTE).await;
    let code = house.ann.post("/api/v1/coaching/key/replace", &json!({"password": PASSWORD})).await;
    let code = code.body["recovery_code"].as_str().unwrap().to_owned();
    let key = open_key(&house.ann, PASSWORD).await;
    assert_eq!(read(&house.ann, &key, &id).await, json!([null]), "sealed for the key before");

    // The other of the two shares the notes with the new key.
    let mia = open_key(&house.mia, PASSWORD).await;
    assert_eq!(house.mia.get(&format!("/api/v1/coaching/periods/{id}")).await.body["is_key_replaced"], true);
    assert_eq!(with_key(&house.ann, &key, "POST", &format!("{id}/share")).await.problem(), "not-now", "the coach has her key");
    assert_eq!(with_key(&house.mia, &mia, "POST", &format!("{id}/share")).await.body["notes"], 1);
    assert_eq!(read(&house.ann, &key, &id).await, json!([NOTE]));
    assert_eq!(with_key(&house.mia, &mia, "POST", &format!("{id}/share")).await.problem(), "not-now", "twice");

    // Ann changes her password herself: her key follows.
    let path = format!("/api/v1/persons/{}/password", house.ann.id);
    let own = json!({"current_password": PASSWORD, "password": OTHER});
    let changed = house.ann.put(&path, &own).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    let ann = house.server.sign_in("ann@example.com", OTHER).await;
    assert_eq!(read(&ann, &open_key(&ann, OTHER).await, &id).await, json!([NOTE]));

    // An admin sets another: whoever signs in with that one reads nothing, until the recovery code comes.
    assert_eq!(house.admin.put(&path, &json!({"password": THIRD})).await.status, 204);
    let ann = house.server.sign_in("ann@example.com", THIRD).await;
    let shut = ann.post("/api/v1/coaching/key/open", &json!({"password": THIRD})).await;
    assert_eq!(shut.problem(), "not-now", "{}", shut.text);
    let recover =
        async |code: &str| ann.post("/api/v1/coaching/key/recover", &json!({"recovery_code": code, "password": THIRD})).await;
    assert_eq!(recover("guessed").await.field(), "recovery_code");
    let recovered = recover(&code).await;
    assert_eq!(recovered.status, 201, "{}", recovered.text);
    assert_eq!(read(&ann, &open_key(&ann, THIRD).await, &id).await, json!([NOTE]));
    assert_eq!(recover(&code).await.field(), "recovery_code", "a code is good once");
    house.server.stop().await;
}
