//! Every column of every stored row of the log, changed with SQL: the self-check finds each.

use pact_app::evidence::{checking, signing};
use pact_app::ops::plugin_settings::switch_plugin;
use pact_app::{Actor, App};
use pact_core::role::Role;
use pact_evidence::Signer;
use pact_evidence::note::Kind;
use pact_store::entity::plugin;
use pact_store::record;
use pact_tests::server::{Db, TestServer};
use rstest::rstest;
use sea_orm::{ConnectionTrait, Statement};

use super::{counts, notes};

/// Entries over which a first hash above the leaves is kept.
const FULL_TILE: usize = 256;

async fn execute(app: &App, sql: &str) -> u64 {
    let sql = sql.to_owned();
    let done: Result<u64, pact_store::StoreError> = app
        .store
        .write(async move |tx| {
            let backend = tx.get_database_backend();
            Ok(tx.execute_raw(Statement::from_string(backend, sql.clone())).await?.rows_affected())
        })
        .await;
    done.unwrap()
}

async fn faults(app: &App) -> Vec<String> {
    checking::check(app).await.unwrap().faults.clone()
}

/// A log with something in every table.
async fn fill(server: &TestServer) {
    let admin = server.admin().await;
    assert!((200..300).contains(&admin.post("/api/v1/plugins", &notes("a-notes")).await.status));
    assert_eq!(admin.post("/api/v1/plugins", &counts("counts")).await.status, 422);
    for at in 0..FULL_TILE {
        let row = record::get::<plugin::Model>(server.app.store.read(), "a-notes".to_owned()).await.unwrap();
        switch_plugin(&server.app, &Actor::System, row.id, row.revision, at % 2 == 1).await.unwrap();
    }
    let auditor = server.person("ann", Role::Auditor).await;
    let witness = Signer::new("works-council", ed25519_dalek::SigningKey::from_bytes(&[8; 32])).unwrap();
    signing::register_witness(&server.app, &Actor::System, &witness.verifier(Kind::Witness).to_string()).await.unwrap();
    let note = auditor.get("/api/v1/evidence/checkpoint").await.text;
    let note: pact_evidence::Note = note.parse().unwrap();
    let size = note.text.lines().nth(1).unwrap().parse().unwrap();
    signing::cosign(&server.app, size, &witness.cosign(&note.text, 1_795_511_400).to_string()).await.unwrap();
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn a_change_of_any_column_is_found(#[case] db: Db) {
    let server = TestServer::on(db).await;
    fill(&server).await;
    assert_eq!(faults(&server.app).await, Vec::<String>::new());
    let longer = |table: &str, column: &str, row: &str| {
        let put = format!("UPDATE {table} SET {column} = {column} || 'x' WHERE {row}");
        let back = format!("UPDATE {table} SET {column} = substr({column}, 1, length({column}) - 1) WHERE {row}");
        (format!("{table}.{column}"), put, back)
    };
    let moved = |table: &str, column: &str, row: &str| {
        let put = format!("UPDATE {table} SET {column} = {column} + 1000000 WHERE {row}");
        let back = format!("UPDATE {table} SET {column} = {column} - 1000000 WHERE {column} >= 1000000");
        (format!("{table}.{column}"), put, back)
    };
    let first_text = "hash = (SELECT min(hash) FROM evidence_texts)";
    let first_name = "pseudonym = (SELECT min(pseudonym) FROM evidence_names)";
    let newest = "size = (SELECT max(size) FROM evidence_checkpoints)";
    let cases = [
        longer("evidence_head", "origin", "size > 0"),
        moved("evidence_head", "size", "size > 0"),
        (
            "evidence_head.peaks".to_owned(),
            "UPDATE evidence_head SET peaks = REPLACE(peaks, '[\"', '[\"0')".to_owned(),
            "UPDATE evidence_head SET peaks = REPLACE(peaks, '[\"0', '[\"')".to_owned(),
        ),
        moved("evidence_entries", "number", "number = 3"),
        longer("evidence_entries", "kind", "number = 3"),
        longer("evidence_entries", "body", "number = 3"),
        longer("evidence_entries", "leaf", "number = 3"),
        moved("evidence_nodes", "level", "level = 1"),
        moved("evidence_nodes", "number", "level = 1"),
        longer("evidence_nodes", "hash", "level = 1"),
        moved("evidence_checkpoints", "size", newest),
        longer("evidence_checkpoints", "note", newest),
        longer("evidence_texts", "hash", first_text),
        longer("evidence_texts", "body", first_text),
        longer("evidence_names", "pseudonym", first_name),
        longer("evidence_names", "salt", first_name),
        (
            "evidence_names.person_id".to_owned(),
            format!(
                "UPDATE evidence_names SET person_id = (SELECT id FROM persons WHERE id <> person_id ORDER BY name LIMIT 1) WHERE {first_name}"
            ),
            String::new(),
        ),
    ];
    for (what, put, back) in cases {
        if back.is_empty() {
            // Nothing brings the first person back, so this is the last.
            assert_eq!(execute(&server.app, &put).await, 1, "{what}");
            assert!(!faults(&server.app).await.is_empty(), "{what} was changed, and that is not found");
            continue;
        }
        found(&server.app, &what, &put, &back).await;
    }
    server.stop().await;
}

async fn found(app: &App, what: &str, put: &str, back: &str) {
    assert_eq!(execute(app, put).await, 1, "{what}: {put}");
    assert!(!faults(app).await.is_empty(), "{what} was changed, and that is not found");
    assert_eq!(execute(app, back).await, 1, "{what}: {back}");
    assert_eq!(faults(app).await, Vec::<String>::new(), "{what} is as it was");
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn a_row_that_is_taken_away_is_found(#[case] db: Db) {
    for row in ["evidence_head", "evidence_entries WHERE number = 2", "evidence_nodes WHERE level = 1", "evidence_texts"] {
        let server = TestServer::on(db).await;
        fill(&server).await;
        assert!(execute(&server.app, &format!("DELETE FROM {row}")).await > 0, "{row}");
        assert!(!faults(&server.app).await.is_empty(), "{row} was taken away, and that is not found");
        server.stop().await;
    }
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn names_may_be_erased_and_admins_and_auditors_hear_of_changes(#[case] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let rep = server.person("rob", Role::Rep).await;
    assert!(execute(&server.app, "DELETE FROM evidence_names").await > 0);
    assert_eq!(faults(&server.app).await, Vec::<String>::new(), "a name that was erased is no fault");
    assert_eq!(execute(&server.app, "UPDATE evidence_entries SET leaf = 'x' WHERE number = 1").await, 1);
    assert!(!faults(&server.app).await.is_empty());
    assert!(!faults(&server.app).await.is_empty());
    let told = admin.get("/api/v1/messages").await;
    let texts: Vec<&str> = told.body["items"].as_array().unwrap().iter().filter_map(|message| message["text"].as_str()).collect();
    assert_eq!(texts.len(), 1, "once for the same change: {texts:?}");
    assert!(texts[0].contains("audit log is not the one that was written"), "{texts:?}");
    assert_eq!(rep.get("/api/v1/messages").await.body["items"], serde_json::json!([]));
    server.stop().await;
}
