//! Mail, handed by the real server to Debian's Exim with encryption and sign-in, and to a server that breaks at chosen moments.

use std::collections::BTreeSet;

use mail_parser::{Message, MessageParser, MimeHeaders};
use pact_tests::exim::{ACCOUNT, Exim, PASSWORD};
use pact_tests::process::{ADMIN, Caller, Launch, Place, Process, test_plugins};
use pact_tests::server::Db;
use rstest::rstest;
use serde_json::{Value, json};

use super::smtp::{Fate, Scripted};
use super::{lead, outbox, until};

/// Tells everybody who enters a room of the company about each lead.
const TELLS: &str = r#"
fn on_lead_created(lead) {
    for person in people.with_role("rep") {
        notify(person, `${lead.customer.name} fragt: Wärmepumpe für Zürich
Bitte anrufen.`, lead);
    }
}
"#;

fn launch(place: &Place) -> Launch {
    place.launch(&test_plugins("mini")).with("PACT_RETRY_FIRST_MS", "200").with("PACT_MAIL_SENDER", "PACT <pact@acme.example>")
}

/// A launch of a server that mails by Exim.
pub fn by_exim(launch: Launch, exim: &Exim, security: &str) -> Launch {
    let port = if security == "tls" { exim.tls } else { exim.starttls };
    launch
        .with("PACT_MAIL_HOST", "localhost")
        .with("PACT_MAIL_PORT", port.to_string())
        .with("PACT_MAIL_SECURITY", security)
        .with("PACT_MAIL_TRUSTED", exim.authority().display().to_string())
        .with("PACT_MAIL_USER", ACCOUNT)
        .with("PACT_MAIL_PASSWORD", PASSWORD)
}

fn by_scripted(launch: Launch, server: &Scripted) -> Launch {
    let launch = launch.with("PACT_MAIL_HOST", "127.0.0.1").with("PACT_MAIL_SECURITY", "none");
    launch.with("PACT_MAIL_PORT", server.port.to_string())
}

/// Somebody with this address who reads German.
async fn person(admin: &Caller, local: &str) {
    let body = json!({"name": local, "email": format!("{local}@example.com"), "role": "rep", "password": "four words in a row", "languages": ["de"]});
    admin.make("/api/v1/persons", &body).await;
}

pub async fn tell_about_leads(admin: &Caller) {
    let manifest = "id = \"tell\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Tell\"\nreads = [\"lead\", \"customer\", \"person\"]\nmay = [\"notify\"]\n[[script]]\nfile = \"tell.rhai\"\n";
    admin.make("/api/v1/plugins", &json!({"manifest": manifest, "files": {"tell.rhai": TELLS}})).await;
}

/// Writes a test mail to the admin; the path of its row.
async fn test_mail(admin: &Caller) -> String {
    let made = admin.post("/api/v1/outbox/test-mail", &Value::Null).await;
    assert_eq!(made.status, 202, "{}", made.body);
    format!("/api/v1/outbox/{}", made.body["id"].as_str().unwrap())
}

/// Waits until a row is in a state; the row with its attempts.
async fn becomes(admin: &Caller, path: &str, state: &str) -> Value {
    until(&format!("{path} is {state}"), async || Some(admin.get(path).await).filter(|row| row["message"]["state"] == state))
        .await
}

fn answers(shown: &Value) -> Vec<&str> {
    shown["attempts"].as_array().unwrap().iter().map(|one| one["answer"].as_str().unwrap_or_default()).collect()
}

#[rstest]
#[case(Db::Sqlite, "starttls")]
#[case(Db::Postgres, "tls")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_script_tells_arrives_as_mail(#[case] db: Db, #[case] security: &str) {
    let (place, exim) = (Place::on(db), Exim::start());
    // Without a mail server, mail waits where an admin sees it.
    let mut server = launch(&place).start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    for local in ["ann", "gone", "later", "full"] {
        person(&admin, local).await;
    }
    tell_about_leads(&admin).await;
    lead(&admin, "Globex").await;
    until("mail waits", async || (outbox(&admin, "kind=mail&state=waiting").await.len() == 4).then_some(())).await;
    let state = admin.get("/api/v1/outbox/state").await;
    assert_eq!((&state["kinds"][0]["has_way"], &state["kinds"][0]["waiting"]), (&json!(false), &json!(4)));
    server.kill();

    exim.set_busy(true);
    let server = by_exim(launch(&place), &exim, security).start();
    let admin = Caller { base: server.base.clone(), ..admin };
    let of = async |local: &str| {
        let rows = outbox(&admin, "kind=mail").await;
        rows.into_iter()
            .find(|row| row["address"] == format!("{local}@example.com"))
            .map(|row| format!("/api/v1/outbox/{}", row["id"].as_str().unwrap()))
    };
    let (ann, gone, later, full) =
        (of("ann").await.unwrap(), of("gone").await.unwrap(), of("later").await.unwrap(), of("full").await.unwrap());
    becomes(&admin, &ann, "sent").await;
    let refused = becomes(&admin, &gone, "refused").await;
    assert!(refused["message"]["reason"].as_str().unwrap().contains("no such person here"), "{refused}");
    assert_eq!(refused["attempts"][0]["status"], 550);
    let refused = becomes(&admin, &full, "refused").await;
    assert!(refused["message"]["reason"].as_str().unwrap().contains("the mailbox is full"), "{refused}");
    until("a second attempt", async || (admin.get(&later).await["attempts"].as_array()?.len() >= 2).then_some(())).await;
    exim.set_busy(false);
    let sent = becomes(&admin, &later, "sent").await;
    assert!(answers(&sent)[0].contains("come back later") && sent["attempts"][0]["status"] == 451, "{sent}");
    assert_eq!(sent["attempts"][0]["outcome"], "failed");
    assert_eq!(sent["content"], Value::Null, "the content is for whom it is written to");

    let mail = until("two mails", async || Some(exim.mail()).filter(|mail| mail.len() == 2)).await;
    let ann_id = ann.rsplit('/').next().unwrap();
    let all: Vec<Message<'_>> = mail.iter().map(|bytes| MessageParser::default().parse(bytes).unwrap()).collect();
    let to_ann = all.iter().find(|mail| mail.message_id() == Some(&format!("{ann_id}@acme.example"))).unwrap();
    assert_eq!(to_ann.subject(), Some("Globex fragt: Wärmepumpe für Zürich"));
    assert_eq!(to_ann.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
    assert_eq!(to_ann.header_raw("Return-path").unwrap().trim(), "<pact@acme.example>");
    assert_eq!(to_ann.content_type().unwrap().subtype(), Some("alternative"));
    assert!(to_ann.body_text(0).unwrap().contains("Guten Tag ann,"));
    assert!(to_ann.body_html(0).unwrap().contains("Bitte anrufen."));
    let encrypted = exim
        .log()
        .lines()
        .filter(|line| line.contains(" <= "))
        .all(|line| line.contains("X=TLS1.") && line.contains("A=plain:pact"));
    assert!(encrypted, "{}", exim.log());
    assert_eq!(
        admin.post(&format!("{ann}/release"), &Value::Null).await.body["type"],
        "/problems/not-now",
        "nobody wants it twice"
    );
    assert!(admin.get("/api/v1/messages").await.to_string().contains("Mail was refused"), "admins are told");
    came_back(&admin, &exim, &ann, to_ann).await;
    drop(server);
}

/// Exim itself writes the report: it bounces what came to it, and the report is posted back.
async fn came_back(admin: &Caller, exim: &Exim, path: &str, mail: &Message<'_>) {
    let report = exim.bounce("pact@acme.example", "ann@lost.example", mail.raw_message());
    let post = async |kind: &str, body: Vec<u8>| {
        let request = admin.http.post(format!("{}/api/v1/outbox/bounces", admin.base)).bearer_auth(&admin.token);
        let response = request.header("content-type", kind).body(body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, body) = post("message/rfc822", report.clone()).await;
    assert_eq!((status, &body["state"]), (200, &json!("refused")), "{body}\n{}", String::from_utf8_lossy(&report));
    assert!(body["reason"].as_str().unwrap().starts_with("It came back: 5."), "{body}");
    assert_eq!(admin.get(path).await["attempts"][1]["outcome"], "came_back");
    assert_eq!(post("text/plain", report).await.0, 415);
    let (status, body) = post("message/rfc822", b"Subject: out of office\r\n\r\nI am away.".to_vec()).await;
    assert_eq!((status, &body["type"]), (422, &json!("/problems/invalid-value")));
    assert_eq!(post("message/rfc822", vec![b'a'; 1024 * 1024 + 1]).await.0, 413);
}

/// Starts a server with a wrong setting; the path of a test mail, and what is said about it.
async fn stopped_by(launch: Launch, admin: &Caller) -> (Process, Caller, String, String) {
    let server = launch.start();
    let admin = Caller { base: server.base.clone(), ..admin.clone() };
    let path = test_mail(&admin).await;
    let said = until("an attempt", async || {
        let shown = admin.get(&path).await;
        answers(&shown).first().map(|answer| (*answer).to_owned())
    })
    .await;
    (server, admin, path, said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_let_us_in_costs_no_mail() {
    let exim = Exim::start();
    let place = Place::on(Db::Sqlite);
    let fine = || by_exim(launch(&place), &exim, "starttls");
    let mut waits = Vec::new();
    let admin = Caller::sign_in(&fine().start().base, ADMIN).await;
    for (launch, says) in [
        (fine().with("PACT_MAIL_PASSWORD", "guessed"), "Incorrect authentication data"),
        // A certificate for another name, and one for which nobody vouches.
        (fine().with("PACT_MAIL_HOST", "127.0.0.1"), "certificate"),
        (fine().with("PACT_MAIL_TRUSTED", concat!(env!("CARGO_MANIFEST_DIR"), "/it/leaving/nobody.pem")), "certificate"),
        (fine().with("PACT_MAIL_SECURITY", "tls"), ""),
        (fine().with("PACT_MAIL_PORT", "1"), "refused"),
    ] {
        let (_server, admin, path, said) = stopped_by(launch, &admin).await;
        assert!(said.starts_with("The mail server does not let us in:") && said.contains(says), "{says}: {said}");
        assert!(!said.contains("guessed") && !said.contains(PASSWORD), "{said}");
        assert_eq!(admin.get(&path).await["message"]["state"], "waiting");
        waits.push(path);
    }
    // What waited leaves when the settings are right.
    let server = fine().start();
    let admin = Caller { base: server.base.clone(), ..admin };
    for path in waits {
        let shown = admin.get(&path).await;
        if shown["message"]["state"] == "waiting" {
            admin.post(&format!("{path}/release"), &Value::Null).await;
        }
        becomes(&admin, &path, "sent").await;
    }
    until("five mails", async || (exim.mail().len() == 5).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_connection_is_refused_where_settings_are_read() {
    let place = Place::on(Db::Sqlite);
    for (name, value, says) in [
        ("PACT_MAIL_SECURITY", "none", "would not be encrypted"),
        ("PACT_MAIL_USER", "pact", "a user without a password"),
        ("PACT_MAIL_SENDER", "PACT", "no e-mail address"),
        ("PACT_WEBHOOK_NETWORKS", "house", "house is no network"),
    ] {
        let launch = launch(&place).with("PACT_MAIL_HOST", "mail.example.com").with(name, value);
        let refused = tokio::task::spawn_blocking(move || std::panic::catch_unwind(|| drop(launch.start()))).await.unwrap();
        let said = *refused.unwrap_err().downcast::<String>().unwrap();
        assert!(said.contains(says), "{name}: {said}");
    }
}

#[rstest]
#[case::again("send_again")]
#[case::aside("put_aside")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doubt_is_known_and_decided_as_settings_say(#[case] in_doubt: &str) {
    let mail_server = Scripted::start(&[Fate::DiesBefore, Fate::Later, Fate::DiesAfter]).await;
    let place = Place::on(Db::Sqlite);
    let launch = by_scripted(launch(&place), &mail_server).with("PACT_MAIL_IN_DOUBT", in_doubt);
    let server = launch.start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    let path = test_mail(&admin).await;
    let shown = match in_doubt {
        "send_again" => becomes(&admin, &path, "sent").await,
        _ => becomes(&admin, &path, "parked").await,
    };
    let said = answers(&shown);
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[0].starts_with("The mail server does not take it now"), "before the content there is no doubt: {said:?}");
    assert!(said[1].contains("come back later") && said[2].contains("It may have arrived"), "{said:?}");
    let ids = |kept: &[String]| {
        kept.iter()
            .filter_map(|mail| mail.lines().find(|line| line.starts_with("Message-ID:")).map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let kept = mail_server.kept();
    match in_doubt {
        "send_again" => {
            assert_eq!(kept.len(), 2, "at least once");
            assert_eq!(kept[0], kept[1], "and word for word the same, with the same Message-ID");
        }
        _ => {
            assert_eq!(kept.len(), 1, "at most once");
            assert_eq!(shown["message"]["may_have_arrived"], true);
            assert_eq!(admin.post(&format!("{path}/release"), &Value::Null).await.status, 200);
            becomes(&admin, &path, "sent").await;
        }
    }
    assert_eq!(ids(&mail_server.kept()).iter().collect::<BTreeSet<_>>().len(), 1);
}

#[rstest]
#[case(Db::Sqlite)]
#[case(Db::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_killed_over_a_mail_knows_the_doubt_afterwards(#[case] db: Db) {
    let mail_server = Scripted::start(&[Fate::Silence]).await;
    let place = Place::on(db);
    let launch = by_scripted(launch(&place), &mail_server).with("PACT_MAIL_IN_DOUBT", "put_aside");
    let mut server = launch.start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    let path = test_mail(&admin).await;
    until("the content is handed over", async || (mail_server.kept().len() == 1).then_some(())).await;
    let shown = admin.get(&path).await;
    assert_eq!((&shown["message"]["state"], &shown["message"]["may_have_arrived"]), (&json!("waiting"), &json!(true)));
    assert_eq!(admin.post(&format!("{path}/drop"), &Value::Null).await.body["type"], "/problems/not-now", "it is under way");
    server.kill();
    let server = launch.start();
    let admin = Caller { base: server.base.clone(), ..admin };
    // The claim of the dead holds until its lease is over.
    let shown = becomes(&admin, &path, "parked").await;
    assert_eq!(shown["message"]["may_have_arrived"], true);
    assert!(shown["message"]["reason"].as_str().unwrap().contains("it may have arrived"), "{shown}");
    assert_eq!(mail_server.kept().len(), 1, "nothing left twice");
}
