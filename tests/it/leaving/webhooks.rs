//! Webhooks, posted by the real server to a real one that checks them with the library of the specification.

use pact_tests::process::{ADMIN, Caller, Launch, Place, test_plugins};
use pact_tests::server::Db;
use rstest::rstest;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{lead, outbox, until};

/// A launch of a server that may post to this machine, and tries again soon.
pub fn launch(place: &Place) -> Launch {
    place.launch(&test_plugins("mini")).with("PACT_WEBHOOK_NETWORKS", "127.0.0.0/8").with("PACT_RETRY_FIRST_MS", "200")
}

/// Makes a webhook; its id and secret.
pub async fn webhook(admin: &Caller, name: &str, url: &str, events: &[&str]) -> (String, String) {
    let made = admin.make("/api/v1/webhooks", &json!({"name": name, "url": url, "events": events})).await;
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

async fn install(admin: &Caller, id: &str, script: &str) {
    let manifest = format!(
        "id = \"{id}\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Desk\"\nreads = [\"lead\", \"customer\"]\nmay = [\"webhook\", \"card\"]\nwebhooks = [\"desk\"]\n[[script]]\nfile = \"desk.rhai\"\n"
    );
    admin.make("/api/v1/plugins", &json!({"manifest": manifest, "files": {"desk.rhai": script}})).await;
}

#[rstest]
#[case(Db::Sqlite)]
#[case(Db::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_and_posted_arrives_signed(#[case] db: Db) {
    let (place, receiver) = (Place::on(db), Receiver::start());
    let server = launch(&place).start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    let (id, secret) = webhook(&admin, "leads", &receiver.url("ok/leads"), &["lead_created", "customer_created"]).await;
    receiver.knows(&[&secret]);
    let entered = lead(&admin, "Globex").await;
    let came = until("two messages", async || Some(receiver.at("/ok/leads")).filter(|came| came.len() == 2)).await;
    let mut types: Vec<&str> = came.iter().map(|came| came["body"]["type"].as_str().unwrap()).collect();
    types.sort_unstable();
    assert_eq!(types, ["customer_created", "lead_created"]);
    let of_lead = came.iter().find(|came| came["body"]["type"] == "lead_created").unwrap();
    let data = json!({"record": "lead", "id": entered["lead"]["id"]});
    assert_eq!(of_lead["body"]["data"], data, "which record it is about, and nobody");
    for came in &came {
        assert_eq!(came["signed_with"], json!([0]), "{came}");
        assert_eq!(came["headers"]["content-type"], "application/json");
    }
    let sent = until("both are sent", async || Some(outbox(&admin, "state=sent").await).filter(|sent| sent.len() == 2)).await;
    for row in &sent {
        let id = format!("msg_{}", row["id"].as_str().unwrap().replace('-', ""));
        assert!(came.iter().any(|came| came["headers"]["webhook-id"] == id.as_str()), "{row}");
        let shown = admin.get(&format!("/api/v1/outbox/{}", row["id"].as_str().unwrap())).await;
        let attempts = shown["attempts"].as_array().unwrap();
        assert_eq!((attempts.len(), &attempts[0]["outcome"], &attempts[0]["status"]), (1, &json!("sent"), &json!(204)));
        assert!(shown["content"]["timestamp"].is_string(), "{shown}");
    }
    rotated(&admin, &receiver, &id, &secret).await;
    posted(&admin, &receiver).await;
}

/// For a while both secrets sign, and neither is shown again.
async fn rotated(admin: &Caller, receiver: &Receiver, id: &str, old: &str) {
    let path = format!("/api/v1/webhooks/{id}");
    let etag = admin.send("GET", &path, &[], None).await.unwrap().headers["etag"].to_str().unwrap().to_owned();
    let rotated = admin.send("POST", &format!("{path}/rotate-secret"), &[("if-match", &etag)], None).await.unwrap();
    assert_eq!(rotated.status, 200, "{}", rotated.body);
    let new = rotated.body["secret"].as_str().unwrap();
    assert_ne!(new, old);
    receiver.knows(&[old, new]);
    let tested = admin.post(&format!("{path}/test"), &Value::Null).await;
    assert_eq!(tested.status, 202, "{}", tested.body);
    let is_test = |came: &Value| came["body"]["type"] == "test";
    let came = until("the test message", async || receiver.at("/ok/leads").into_iter().find(is_test)).await;
    assert_eq!(came["signed_with"], json!([0, 1]));
    let shown = format!("{}{}", admin.get(&path).await, admin.get("/api/v1/webhooks").await);
    assert!(!shown.contains("whsec_"), "{shown}");
}

/// What a script posts waits for its webhook; what a run posts that is refused never leaves.
async fn posted(admin: &Caller, receiver: &Receiver) {
    install(admin, "desk", "fn on_lead_created(lead) { post(\"desk\", #{ who: lead.customer.name, order: 1 }); }").await;
    let broken = "fn on_lead_created(lead) { post(\"desk\", \"never\"); write_card(lead.customer, \"\", \"x\"); }";
    install(admin, "broken", broken).await;
    lead(admin, "Umbrella").await;
    let parked = until("what is posted is put aside", async || outbox(admin, "state=parked").await.pop()).await;
    assert_eq!((&parked["address"], &parked["about"]), (&json!("desk"), &json!("script_posted")));
    assert!(parked["reason"].as_str().unwrap().contains("No webhook is named \"desk\""), "{parked}");
    let release = format!("/api/v1/outbox/{}/release", parked["id"].as_str().unwrap());
    assert_eq!(admin.post(&release, &Value::Null).await.body["type"], "/problems/not-now");
    webhook(admin, "desk", &receiver.url("ok/desk"), &[]).await;
    let came = until("what was posted", async || receiver.at("/ok/desk").pop()).await;
    let payload = json!({"who": "Umbrella", "order": 1});
    assert_eq!(came["body"]["data"], json!({"plugin": "desk", "webhook": "desk", "payload": payload}));
    let runs = admin.get("/api/v1/runs?plugin_id=broken").await;
    assert_eq!(runs["items"][0]["outcome"], "failed", "{runs}");
    assert_eq!(receiver.at("/ok/desk").len(), 1, "the run that was refused left nothing");
}

#[rstest]
#[case(Db::Sqlite)]
#[case(Db::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_is_tried_again_and_who_is_gone_gets_nothing(#[case] db: Db) {
    let (place, receiver) = (Place::on(db), Receiver::start());
    let server = launch(&place).start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    let mut secrets = Vec::new();
    let mut ids = Vec::new();
    for how in ["flaky", "gone", "redirect", "endless"] {
        let (id, secret) = webhook(&admin, how, &receiver.url(how), &["lead_created"]).await;
        secrets.push(secret);
        ids.push(id);
    }
    receiver.knows(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    lead(&admin, "Globex").await;

    let flaky =
        until("the third attempt", async || outbox(&admin, &format!("state=sent&webhook_id={}", ids[0])).await.pop()).await;
    let shown = admin.get(&format!("/api/v1/outbox/{}", flaky["id"].as_str().unwrap())).await;
    let each = |name: &str| shown["attempts"].as_array().unwrap().iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        (each("status"), each("outcome")),
        (vec![json!(503), json!(503), json!(204)], vec![json!("failed"), json!("failed"), json!("sent")])
    );
    assert_eq!(shown["attempts"][0]["answer"], "It answered 503 Service Unavailable. try again  .");
    let came = receiver.at("/flaky");
    assert_eq!(came.len(), 3);
    for again in &came {
        assert_eq!(again["headers"]["webhook-id"], came[0]["headers"]["webhook-id"], "a repetition is known by its id");
        assert_eq!(again["body"], came[0]["body"]);
        assert_eq!(again["signed_with"], json!([0]));
    }

    until("the refusal", async || outbox(&admin, &format!("state=refused&webhook_id={}", ids[1])).await.pop()).await;
    let gone = admin.get(&format!("/api/v1/webhooks/{}", ids[1])).await;
    assert_eq!(gone["active"], false);
    assert!(gone["disabled_reason"].as_str().unwrap().contains("410"), "{gone}");
    let told = admin.get("/api/v1/messages").await;
    assert!(told.to_string().contains("A message to the webhook \\\"gone\\\" was refused"), "{told}");

    for (at, how, said) in [(2, "redirect", "follows no redirection"), (3, "endless", "more more")] {
        let tried = async || {
            let row = outbox(&admin, &format!("webhook_id={}", ids[at])).await.pop()?;
            let shown = admin.get(&format!("/api/v1/outbox/{}", row["id"].as_str()?)).await;
            Some(shown).filter(|shown| shown["attempts"][0]["answer"].as_str().is_some_and(|answer| answer.contains(said)))
        };
        let shown = until(how, tried).await;
        assert_eq!(shown["message"]["state"], "waiting", "{shown}");
    }
    assert!(receiver.at("/ok/redirected").is_empty(), "nobody is led astray");
    until("an endless answer is cut off", async || receiver.was_hung_up_on().then_some(())).await;
    decided(&admin, &receiver, &ids).await;
}

/// What an admin decides: another address, a release, a drop; and who is gone is not written to.
async fn decided(admin: &Caller, receiver: &Receiver, ids: &[String]) {
    lead(admin, "Umbrella").await;
    until("the second message", async || (outbox(admin, &format!("webhook_id={}", ids[0])).await.len() == 2).then_some(())).await;
    assert_eq!(outbox(admin, &format!("webhook_id={}", ids[1])).await.len(), 1, "nothing new for who is gone");
    let path = format!("/api/v1/webhooks/{}", ids[2]);
    let etag = admin.send("GET", &path, &[], None).await.unwrap().headers["etag"].to_str().unwrap().to_owned();
    let body = json!({"url": receiver.url("ok/redirected")});
    let changed = admin.send("PATCH", &path, &[("if-match", &etag)], Some(&body)).await.unwrap();
    assert_eq!((changed.status, &changed.body["held_until"]), (200, &Value::Null));
    until("what was redirected", async || (receiver.at("/ok/redirected").len() == 2).then_some(())).await;
    let sent = until("it is sent", async || outbox(admin, &format!("state=sent&webhook_id={}", ids[2])).await.pop()).await;
    let row = sent["id"].as_str().unwrap();
    assert_eq!(admin.post(&format!("/api/v1/outbox/{row}/drop"), &Value::Null).await.body["type"], "/problems/not-now");
    let again = admin.post(&format!("/api/v1/outbox/{row}/release"), &Value::Null).await;
    assert_eq!((again.status, &again.body["state"]), (200, &json!("waiting")));
    let came = until("the repetition", async || Some(receiver.at("/ok/redirected")).filter(|came| came.len() == 3)).await;
    let id = format!("msg_{}", row.replace('-', ""));
    assert_eq!(came.iter().filter(|came| came["headers"]["webhook-id"] == id.as_str()).count(), 2);
}
