//! The real `pact audit`: one file is exported, checked without the server, and found out when anything in it or in the store was changed.

use std::path::Path;

use pact_store::Store;
use pact_tests::process::{ADMIN, Caller, Place, test_plugins};
use pact_tests::server::Db;
use rstest::rstest;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::{counts, notes, pact, said, visits};

const EXPORT: &str = "evidence.txt";

/// Runs `pact audit` with these arguments, and says its exit code and its words.
fn audit(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = pact(folder, &[&["audit"], arguments].concat());
    (output.status.code().unwrap(), said(&output))
}

async fn some_acts(admin: &Caller) {
    assert!((200..300).contains(&admin.post("/api/v1/plugins", &notes("a-notes")).await.status));
    assert!((200..300).contains(&admin.post("/api/v1/plugins", &notes("b-notes")).await.status));
    assert_eq!(admin.post("/api/v1/plugins", &counts("counts")).await.status, 422);
    assert_eq!(admin.post("/api/v1/fields", &visits(None)).await.status, 422);
    assert_eq!(admin.post("/api/v1/fields", &visits(Some("customer"))).await.status, 201);
    admin.person("Ann Auditor", "auditor").await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn an_auditor_checks_at_home_what_he_took_with_him(#[case] db: Db) {
    let place = Place::on(db);
    let folder = place.folder().to_owned();
    let key_file = folder.join("log.key").display().to_string();
    let database = ["--database", place.url.as_str(), "--evidence-key", key_file.as_str()];
    let launch = place.launch(&test_plugins("mini")).with("PACT_EVIDENCE_KEY", key_file.clone());
    let server = launch.start();
    some_acts(&Caller::sign_in(&server.base, ADMIN).await).await;
    drop(server);

    let (code, key) = audit(&folder, &[&["key"], &database[..]].concat());
    assert_eq!(code, 0, "{key}");
    let key = key.trim().to_owned();
    let (code, words) = audit(&folder, &[&["export", "--out", EXPORT], &database[..]].concat());
    assert_eq!((code, words.contains("The stored log is the one that was written")), (0, true), "{words}");
    assert_eq!(audit(&folder, &[&["export", "--out", EXPORT], &database[..]].concat()).0, 2, "a file is not overwritten");

    let (code, words) = audit(&folder, &["verify", EXPORT, "--key", &key, "--keep", "kept"]);
    assert_eq!(code, 0, "{words}");
    for wanted in ["2 role changed", "1 plugin refused", "1 field refused", "1 field defined", "1 evidence exported"] {
        assert!(words.contains(wanted), "{wanted}: {words}");
    }
    // The plugin of the folder, two that were sent, one refused; two fields.
    assert!(words.contains("6 verdicts were given again"), "{words}");
    assert!(words.contains("Not proven:"), "{words}");
    let text = std::fs::read_to_string(folder.join(EXPORT)).unwrap();
    assert!(text.contains("no-activity-metric") && text.contains("\"about\":\"customer\""));
    for name in ["Ann Auditor", "ann.auditor", ADMIN] {
        assert!(!text.contains(name), "{name} stands in the file");
    }

    files_that_prove_nothing(&folder, &text, &key);

    // The next visit: what the auditor kept is continued, by another key.
    let (code, next) = audit(&folder, &[&["rotate-key"], &database[..]].concat());
    assert_eq!(code, 0, "{next}");
    let server = launch.start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    assert!((200..300).contains(&admin.post("/api/v1/plugins", &notes("c-notes")).await.status));
    drop(server);
    assert_eq!(audit(&folder, &[&["export", "--out", "next.txt"], &database[..]].concat()).0, 0);
    let (code, words) = audit(&folder, &["verify", "next.txt", "--key", &key, "--since", "kept"]);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("The log continues the one of your checkpoint"), "{words}");
    assert!(words.contains("handed over to") && words.contains("1 plugin installed"), "{words}");
    assert!(words.contains("7 verdicts were given again"), "{words}");

    // Somebody changes the store behind the server's back.
    change(
        &place.url,
        "UPDATE evidence_entries SET body = REPLACE(body, 'plugin_refused', 'plugin_removed') WHERE kind = 'plugin_refused'",
    )
    .await;
    let (code, words) = audit(&folder, &[&["check"], &database[..]].concat());
    assert_eq!((code, words.contains("NOT the one that was written")), (1, true), "{words}");
    let (code, words) = audit(&folder, &[&["export", "--out", "changed.txt"], &database[..]].concat());
    assert_eq!((code, words.contains("NOT the one that was written")), (1, true), "{words}");
    let (code, words) = audit(&folder, &["verify", "changed.txt", "--key", &key]);
    assert_eq!((code, words.contains("does NOT prove")), (1, true), "{words}");
}

/// Whatever is done to the file, it is found.
fn files_that_prove_nothing(folder: &Path, text: &str, key: &str) {
    let key_of = |text: &str| text.replacen(&key[key.len() - 6..], "AAAAAA", 1);
    let whole = text.trim_end_matches("end\n");
    // (what was done, the file, the key, the exit code, what is said)
    let cases: &[(&str, String, String, i32, &str)] = &[
        (
            "a finding changed",
            text.replacen("no-activity-metric", "no-activity-export", 1),
            key.to_owned(),
            1,
            "entries are not those",
        ),
        ("an entry taken away", without(text, "entry {\"index\":3,"), key.to_owned(), 1, "says that it is number 4"),
        ("sources taken away", without(text, "text "), key.to_owned(), 1, "which the file does not have"),
        ("cut off", whole.to_owned(), key.to_owned(), 1, "cut off"),
        ("no checkpoint", without_all(text, "checkpoint "), key.to_owned(), 1, "no signed checkpoint"),
        (
            "another key",
            text.to_owned(),
            "pact/other+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".to_owned(),
            2,
            "is no key",
        ),
        ("no key at all", text.to_owned(), key_of(key), 2, "is no key"),
        ("no evidence", "Hello.\n".to_owned(), key.to_owned(), 1, "line 1 cannot be read"),
    ];
    for (what, file, key, code, wanted) in cases {
        std::fs::write(folder.join("forged.txt"), file).unwrap();
        let (found, words) = audit(folder, &["verify", "forged.txt", "--key", key]);
        assert_eq!((found, words.contains(wanted)), (*code, true), "{what}: {words}");
    }
    assert_eq!(audit(folder, &["verify", "nowhere.txt", "--key", key]).0, 2);
}

fn without(text: &str, beginning: &str) -> String {
    let at = text.lines().position(|line| line.starts_with(beginning)).unwrap();
    text.lines().enumerate().filter(|(number, _)| *number != at).map(|(_, line)| format!("{line}\n")).collect()
}

fn without_all(text: &str, beginning: &str) -> String {
    text.lines().filter(|line| !line.starts_with(beginning)).map(|line| format!("{line}\n")).collect()
}

/// Changes one row behind the server's back.
async fn change(url: &str, sql: &str) {
    let store = Store::open(url).await.unwrap();
    let sql = sql.to_owned();
    let changed: Result<u64, pact_store::StoreError> = store
        .write(async move |tx| {
            let backend = tx.get_database_backend();
            Ok(tx.execute_raw(Statement::from_string(backend, sql.clone())).await?.rows_affected())
        })
        .await;
    assert_eq!(changed.unwrap(), 1, "one row is changed");
    store.close().await;
}

#[test]
fn what_every_release_says_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (_, words) = audit(folder.path(), &["--help"]);
    for command in ["export", "verify", "check", "key", "rotate-key"] {
        assert!(words.contains(command), "{words}");
    }
    assert!(json!(words).to_string().contains("offline"), "{words}");
}
