//! The log over REST: for auditors alone, with proofs that hold by `pact_evidence`, which knows nothing of the server.

use pact_core::role::Role;
use pact_evidence::note::Kind;
use pact_evidence::proof::{continues, includes};
use pact_evidence::tile::Place;
use pact_evidence::tree::leaf_hash;
use pact_evidence::verify::Reading;
use pact_evidence::{Checkpoint, Hash, Note, Signer};
use pact_tests::server::{Client, Db, TestServer};
use rstest::rstest;
use serde_json::{Value, json};

use super::{counts, notes, visits};

async fn checkpoint(auditor: &Client) -> (Note, Checkpoint) {
    let note: Note = auditor.get("/api/v1/evidence/checkpoint").await.text.parse().unwrap();
    let checkpoint = note.text.parse().unwrap();
    (note, checkpoint)
}

fn hashes(proof: &Value) -> Vec<Hash> {
    proof.as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap()).collect()
}

/// The kinds of the log's entries, in their order.
async fn kinds(auditor: &Client) -> Vec<String> {
    let page = auditor.get("/api/v1/evidence/entries?limit=1000").await;
    let items = page.body["items"].as_array().unwrap();
    items.iter().map(|item| item["entry"]["act"]["type"].as_str().unwrap().to_owned()).collect()
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn every_policy_act_is_an_entry_and_nothing_else_is(#[case] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let auditor = server.person("ann", Role::Auditor).await;
    let before = kinds(&auditor).await.len();
    let id = |body: &Value| body["id"].as_str().unwrap().to_owned();

    assert!((200..300).contains(&admin.post("/api/v1/plugins", &notes("a-notes")).await.status));
    assert!((200..300).contains(&admin.post("/api/v1/plugins", &notes("a-notes")).await.status), "the same again is no act");
    assert_eq!(admin.post("/api/v1/plugins", &counts("counts")).await.status, 422);
    assert_eq!(admin.post("/api/v1/fields", &visits(None)).await.status, 422);
    let field = admin.post("/api/v1/fields", &visits(Some("customer"))).await;
    assert_eq!(field.status, 201, "{}", field.text);
    let field = format!("/api/v1/fields/{}", id(&field.body));
    assert_eq!(admin.change(&field, &json!({"help": "When they came to us."})).await.status, 200);
    let etag = admin.get(&field).await.header("etag");
    assert_eq!(admin.delete(&field, &etag).await.status, 204);
    let bo = admin.post("/api/v1/persons", &json!({"name": "Bo", "email": "bo@example.com", "role": "rep"})).await;
    let bo = format!("/api/v1/persons/{}", id(&bo.body));
    assert_eq!(admin.change(&bo, &json!({"role": "manager"})).await.status, 200);
    assert_eq!(admin.change(&bo, &json!({"name": "Bo Berg"})).await.status, 200, "another name is no act");
    assert_eq!(admin.change(&bo, &json!({"active": false})).await.status, 200);
    let key = json!({"name": "scripts", "scopes": ["plugins_write"]});
    let key = admin.post("/api/v1/api-keys", &key).await;
    assert_eq!(key.status, 201, "{}", key.text);
    assert_eq!(admin.post("/api/v1/api-keys", &json!({"name": "mine", "scopes": ["leads_read"]})).await.status, 201);
    // A day of work.
    assert_eq!(admin.post("/api/v1/customers", &json!({"name": "Globex"})).await.status, 201);
    assert_eq!(admin.post("/api/v1/teams", &json!({"name": "Benelux"})).await.status, 201);

    let all = kinds(&auditor).await;
    let wanted = [
        "plugin_consented",
        "plugin_installed",
        "plugin_refused",
        "field_refused",
        "field_defined",
        "field_defined",
        "field_removed",
        "role_changed",
        "role_changed",
        "role_changed",
        "api_key_changed",
    ];
    let said: Vec<&str> = all[before..].iter().map(String::as_str).filter(|kind| *kind != "log_key_changed").collect();
    assert_eq!(said, wanted);

    let defined = auditor.get("/api/v1/evidence/entries?type=field_defined").await;
    let first = &defined.body["items"][0]["entry"];
    assert_eq!(first["act"]["about"], "customer");
    assert_eq!((&first["by"]["kind"], &first["by"]["role"]), (&json!("person"), &json!("admin")));
    let whole = auditor.get("/api/v1/evidence/entries?limit=1000").await.text;
    for name in ["adam", "Bo", &admin.id.to_string()] {
        assert!(!whole.contains(name), "{name} stands in the log");
    }
    let by = |item: &Value| item["entry"]["by"]["who"].as_str().map(str::to_owned);
    let page = auditor.get("/api/v1/evidence/entries?limit=1000").await;
    let mut pseudonyms: Vec<String> = page.body["items"].as_array().unwrap().iter().filter_map(by).collect();
    let count = pseudonyms.len();
    pseudonyms.sort();
    pseudonyms.dedup();
    assert_eq!((pseudonyms.len(), count > 5), (count, true), "nobody can count by pseudonyms");
    server.stop().await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn proofs_and_tiles_hold_by_the_checkpoint(#[case] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let auditor = server.person("ann", Role::Auditor).await;
    let (_, first) = checkpoint(&auditor).await;
    assert!((200..300).contains(&admin.post("/api/v1/plugins", &notes("a-notes")).await.status));
    assert!((200..300).contains(&admin.post("/api/v1/plugins", &notes("b-notes")).await.status));
    let (note, second) = checkpoint(&auditor).await;
    let state = auditor.get("/api/v1/evidence/state").await.body;
    let key = state["key"].as_str().unwrap().parse().unwrap();
    assert!(note.is_signed_by(&key));
    assert_eq!((&state["origin"], &state["size"]), (&json!(second.origin), &json!(second.size)));

    let mut leaves = Vec::new();
    for index in 0..second.size {
        let proven = auditor.get(&format!("/api/v1/evidence/entries/{index}")).await.body;
        let leaf = leaf_hash(proven["entry"]["body"].as_str().unwrap().as_bytes());
        assert!(includes(index, leaf, &hashes(&proven["proof"]), second.size, second.root), "{index}: {proven}");
        leaves.push(leaf);
    }
    let proof = auditor.get(&format!("/api/v1/evidence/consistency?from={}&to={}", first.size, second.size)).await.body;
    assert!(continues((first.size, first.root), (second.size, second.root), &hashes(&proof["proof"])), "{proof}");

    let path = Place { number: 0, width: second.size }.path();
    let tile = auditor.send(auditor.request("GET", &format!("/api/v1/evidence/tile/0/{path}"))).await;
    assert_eq!((tile.status, tile.header("content-type").as_str()), (200, "application/octet-stream"));
    let tile = auditor.request("GET", &format!("/api/v1/evidence/tile/0/{path}")).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(tile.to_vec(), pact_evidence::tile::tile(&leaves));
    let bundle =
        auditor.request("GET", &format!("/api/v1/evidence/tile/entries/{path}")).send().await.unwrap().bytes().await.unwrap();
    let length = usize::from(u16::from_be_bytes([bundle[0], bundle[1]]));
    assert_eq!(leaf_hash(&bundle[2..2 + length]), leaves[0]);

    let mut reading = Reading::new(vec![key], None);
    let file = auditor.get("/api/v1/evidence/file").await;
    file.text.lines().for_each(|line| reading.line(line));
    let proven = reading.end(Some(&mut pact_app::evidence::relint::ThisLinter));
    assert_eq!((proven.faults.as_slice(), proven.judged), (&[][..], 2));
    assert_eq!(proven.kinds["evidence_exported"], 1);
    server.stop().await;
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn a_registered_witness_cosigns(#[case] db: Db) {
    let server = TestServer::on(db).await;
    let auditor = server.person("ann", Role::Auditor).await;
    let signer = |seed: u8| Signer::new("works-council", ed25519_dalek::SigningKey::from_bytes(&[seed; 32])).unwrap();
    let witness = signer(8).verifier(Kind::Witness);
    let register = json!({"key": witness.to_string()});
    assert_eq!(auditor.post("/api/v1/evidence/witnesses", &register).await.status, 201);
    assert_eq!(auditor.post("/api/v1/evidence/witnesses", &register).await.problem(), "duplicate");
    let (note, seen) = checkpoint(&auditor).await;
    let post = async |size: u64, signature: String| {
        auditor.post("/api/v1/evidence/cosignatures", &json!({"size": size, "signature": signature})).await
    };
    // (what is posted, the size, the signature, the problem)
    let cases = [
        ("another's signature", seen.size, signer(9).cosign(&note.text, 1).to_string(), "invalid-value"),
        ("over another text", seen.size, signer(8).cosign("other\n1\n", 1).to_string(), "invalid-value"),
        ("as if it were the log", seen.size, signer(8).sign(&note.text).to_string(), "invalid-value"),
        ("no signature", seen.size, "Hello".to_owned(), "invalid-value"),
        ("no such checkpoint", seen.size + 1, signer(8).cosign(&note.text, 1).to_string(), "not-found"),
    ];
    for (what, size, signature, problem) in cases {
        assert_eq!(post(size, signature).await.problem(), problem, "{what}");
    }
    for seconds in [1_795_511_400, 1_795_511_460] {
        let answer = post(seen.size, signer(8).cosign(&note.text, seconds).to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let cosigned: Note = answer.text.parse().unwrap();
        assert!(cosigned.is_signed_by(&witness));
        assert_eq!(cosigned.signatures.len(), 2, "the log's, and one of the witness");
    }
    assert_eq!(auditor.post("/api/v1/evidence/check", &json!(null)).await.body["faults"], json!([]));
    server.stop().await;
}

#[tokio::test]
async fn the_log_is_for_auditors() {
    let server = TestServer::on(Db::Sqlite).await;
    server.admin().await;
    let paths = [
        "state",
        "entries",
        "entries/0",
        "consistency?from=0&to=1",
        "checkpoint",
        "tile/0/000.p/1",
        "tile/entries/000.p/1",
        "file",
    ];
    for (role, status) in [(Role::Rep, 403), (Role::Manager, 403), (Role::Admin, 403), (Role::Auditor, 200)] {
        let caller = server.person(&format!("{role}-one"), role).await;
        for path in paths {
            let answer = caller.get(&format!("/api/v1/evidence/{path}")).await;
            assert_eq!(answer.status, status, "{role} {path}: {}", answer.text);
        }
    }
    let auditor = server.sign_in("auditor-one@example.com", pact_tests::server::PASSWORD).await;
    // (the path, the problem)
    let cases = [
        ("entries/999", "not-found"),
        ("entries?limit=0", "invalid-parameter"),
        ("entries?after=1", "unknown-parameter"),
        ("consistency?from=2&to=1", "invalid-value"),
        ("consistency?from=0&to=999", "invalid-value"),
        ("tile/0/000", "not-found"),
        ("tile/0/x", "invalid-parameter"),
        ("tile/9/000.p/1", "not-found"),
        ("tile/entries/999", "not-found"),
    ];
    for (path, problem) in cases {
        let answer = auditor.get(&format!("/api/v1/evidence/{path}")).await;
        assert_eq!(answer.problem(), problem, "{path}: {}", answer.text);
    }
    server.stop().await;
}
