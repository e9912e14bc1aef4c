//! The real `pact audit cosign`: a witness signs what continues what it saw, and nothing else.

use std::process::Command;

use pact_evidence::{Checkpoint, Hash, Note};
use pact_tests::process::{ADMIN, Caller, Place, pact_binary, test_plugins};
use pact_tests::server::Db;
use serde_json::{Value, json};

use super::{notes, pact, said};

#[tokio::test]
async fn a_witness_signs_what_continues_what_it_saw_and_nothing_else() {
    let place = Place::on(Db::Sqlite);
    let folder = place.folder().to_owned();
    let server = place.launch(&test_plugins("mini")).start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    admin.person("Ann Auditor", "auditor").await;
    let auditor = Caller::sign_in(&server.base, "ann.auditor@example.com").await;
    let api_key = auditor.make("/api/v1/api-keys", &json!({"name": "witness", "scopes": ["audit_read"]})).await["key"].clone();
    let log_key = auditor.get("/api/v1/evidence/state").await["key"].clone();
    let of = |value: &Value| value.as_str().unwrap().to_owned();
    let cosign = |log_key: &str| {
        let output = Command::new(pact_binary())
            .args(["audit", "cosign", "--server", &server.base, "--key-file", "witness.key", "--name", "works-council"])
            .args(["--seen", "seen", "--log-key", log_key])
            .env("PACT_API_KEY", of(&api_key))
            .env("NO_PROXY", "127.0.0.1")
            .current_dir(&folder)
            .output()
            .unwrap();
        (output.status.code().unwrap(), said(&output))
    };
    let (code, words) = cosign(&of(&log_key));
    assert_eq!((code, words.contains("no signature of a registered witness")), (2, true), "{words}");
    let key = pact(&folder, &["audit", "witness-key", "--key-file", "witness.key", "--name", "works-council"]);
    let key = said(&key).trim().to_owned();
    auditor.make("/api/v1/evidence/witnesses", &json!({"key": key})).await;
    let (code, words) = cosign(&of(&log_key));
    assert_eq!((code, words.contains("is signed")), (0, true), "{words}");
    let installed = admin.post("/api/v1/plugins", &notes("a-notes")).await;
    assert!((200..300).contains(&installed.status), "{}", installed.body);
    let (code, words) = cosign(&of(&log_key));
    assert_eq!((code, words.contains("is signed")), (0, true), "{words}");

    // What the witness saw last is in the file that an auditor takes home, and the witness's key shows it.
    let out = pact(&folder, &["audit", "export", "--database", &place.url, "--out", "evidence.txt"]);
    assert!(out.status.success(), "{}", said(&out));
    let (code, words) = cosign(&of(&log_key));
    assert_eq!(code, 0, "{words}");

    // Another log than the one that was seen: the witness signs nothing.
    let seen = std::fs::read_to_string(folder.join("seen")).unwrap();
    let note: Note = seen.parse().unwrap();
    let checkpoint: Checkpoint = note.text.parse().unwrap();
    let other = Checkpoint { size: checkpoint.size - 1, root: Hash([7; 32]), ..checkpoint };
    std::fs::write(folder.join("seen"), Note { text: other.to_string(), ..note }.to_string()).unwrap();
    let (code, words) = cosign(&of(&log_key));
    assert_eq!((code, words.contains("does NOT continue")), (2, true), "{words}");
    let (code, words) = cosign(&key.replace("works-council", "other"));
    assert_eq!(code, 2, "{words}");
}
