//! A morning, from the tick to the answer: one digest of two plugins, as mail through a real mail server, read, answered and ended from the mail.

use std::path::Path;
use std::time::Duration;

use mail_parser::{Message, MessageParser, MimeHeaders};
use pact_app::relay::Outgoing;
use pact_app::relay::mail::{InDoubt, MailSettings, MailWish, Security};
use pact_tests::exim::{ACCOUNT, Exim, PASSWORD};
use pact_tests::process::Caller;
use rstest::rstest;
use serde_json::{Value, json};

use super::{PUBLIC_URL, address, open, person, state, with_address};
use crate::main_job::house::House;
use crate::store::On;

/// How long anything may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// A second plugin that has something to say at the same tick, every day.
const VOICE: &str = "fn morning(person) { let d = digest(person, \"House\"); d.say(\"The canteen has soup.\"); send(d); }";

fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins"))
}

fn by(exim: &Exim) -> Outgoing {
    let wish = MailWish {
        host: "localhost".into(),
        port: Some(exim.starttls),
        security: Security::StartTls,
        trusted: Some(std::fs::read_to_string(exim.authority()).unwrap()),
        user: Some(ACCOUNT.into()),
        password: Some(PASSWORD.into()),
        sender: Some("PACT <pact@acme.example>".into()),
        in_doubt: InDoubt::SendAgain,
    };
    Outgoing { mail: Some(MailSettings::read(wish).unwrap()), ..with_address() }
}

async fn install_voice(admin: &Caller) {
    let manifest = "id = \"a-voice\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"A voice\"\nreads = [\"person\"]\nmay = [\"digest\"]\n[[script]]\nfile = \"voice.rhai\"\n[[schedule]]\ncall = \"morning\"\ncron = \"0 7 * * *\"\nzone = \"person\"\nfor_each = \"person\"\ncatch_up = \"once\"\n";
    admin.make("/api/v1/plugins", &json!({"manifest": manifest, "files": {"voice.rhai": VOICE}})).await;
}

/// Mail that Exim took for Ann with these words in its subject, once there are so many.
async fn mails(exim: &Exim, subject: &str, count: usize) -> Vec<Vec<u8>> {
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        let mut found = exim.mail();
        found.retain(|mail| {
            let mail = MessageParser::default().parse(mail).unwrap();
            let to_ann = mail.to().and_then(|to| to.first()).and_then(|to| to.address()) == Some("ann@example.com");
            to_ann && mail.subject().is_some_and(|said| said.contains(subject))
        });
        if found.len() >= count {
            return found;
        }
        assert!(tokio::time::Instant::now() < until, "{} mails with {subject:?}, {count} expected: {}", found.len(), exim.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The path of the first link in a text that begins so.
fn path_in(text: &str, begins: &str) -> String {
    let from = text.find(&format!("{PUBLIC_URL}{begins}")).unwrap_or_else(|| panic!("no {begins} in {text}"));
    let link = text[from..].split(|c: char| c.is_whitespace() || matches!(c, '"' | '>' | '<')).next().unwrap();
    link.trim_start_matches(PUBLIC_URL).to_owned()
}

/// A person's digests, once there are so many, the newest first.
async fn digests(caller: &Caller, count: usize) -> Vec<Value> {
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        let page = caller.get("/api/v1/digests?sort=-made_at").await;
        let items = page["items"].as_array().unwrap().clone();
        if items.len() >= count {
            return items;
        }
        assert!(tokio::time::Instant::now() < until, "{} digests: {page}", items.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the digest has so many sections.
async fn joined(caller: &Caller, id: &str, sections: usize) -> Value {
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        let shown = caller.get(&format!("/api/v1/digests/{id}")).await;
        if shown["sections"].as_array().unwrap().len() >= sections {
            return shown;
        }
        assert!(tokio::time::Instant::now() < until, "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_morning_from_the_tick_to_the_answer(#[case] on: On) {
    let exim = Exim::start();
    let mut house = House::sending(on, shipped(), by(&exim)).await;
    install_voice(&house.admin).await;
    let (ann, _) = person(&house, "Ann").await;
    house.scheduled().await;
    // Tuesday, 16:30: nobody answers today any more.
    house.pass(6 * 60 + 30);
    house.pass_days(0).await;
    let lead = house.enter("Globex").await;
    house.once(&lead, "an offer", |lead| lead["open_push"]["person_id"] == json!(ann)).await;
    let told = mails(&exim, "Ein Lead für Sie: Globex", 1).await;
    let told = MessageParser::default().parse(&told[0]).unwrap();
    has_both_parts(&told);
    assert!(told.header_raw("List-Unsubscribe").unwrap().contains("/mail/end/"));

    // Wednesday, 7:00.
    house.pass(14 * 60 + 30);
    house.pass_days(0).await;
    let caller = house.again(&address("Ann")).await;
    let first = digests(&caller, 1).await.remove(0);
    let whole = joined(&caller, first["id"].as_str().unwrap(), 2).await;
    let lines: Vec<&Value> =
        whole["sections"].as_array().unwrap().iter().flat_map(|section| section["lines"].as_array().unwrap()).collect();
    let offered = lines.iter().find(|line| line["record_id"] == json!(lead)).unwrap();
    assert!(offered["name"].as_str().unwrap().contains("Globex") && offered["push"]["id"].is_string(), "{offered}");
    assert!(lines.iter().any(|line| line["text"] == "The canteen has soup."), "{lines:?}");
    assert_eq!(digests(&caller, 1).await.len(), 1, "one digest of two plugins");
    let messages = caller.get("/api/v1/messages").await;
    let told: Vec<&Value> = messages["items"].as_array().unwrap().iter().filter(|message| message["kind"] == "digest").collect();
    assert_eq!((told.len(), &told[0]["record_id"]), (1, &first["id"]), "{messages}");
    let path = format!("/api/v1/digests/{}", first["id"].as_str().unwrap());
    assert_eq!(house.admin.send("GET", &path, &[], None).await.unwrap().status, 404, "it is Ann's");
    assert_eq!(open(&house, "GET", &path, None).await.status, 401);

    // Mail waits a minute for what others say.
    assert_eq!(mails(&exim, "", 0).await.len(), 1, "only the push so far");
    house.pass(2);
    let subject = whole["title"].as_str().unwrap();
    let mail = mails(&exim, subject, 1).await;
    let mail = MessageParser::default().parse(&mail[0]).unwrap();
    let (plain, html) = has_both_parts(&mail);
    for text in [&plain, &html] {
        assert!(
            text.contains("The canteen has soup.") && text.contains("Globex") && text.contains("Neue Leads für Sie"),
            "{text}"
        );
    }
    answer(&house, &lead, &ann, &plain, &html).await;
    end(&mut house, &exim, subject, mail.header_raw("List-Unsubscribe").unwrap()).await;
}

/// The text and the HTML of a mail.
fn has_both_parts(mail: &Message<'_>) -> (String, String) {
    assert_eq!(mail.content_type().unwrap().subtype(), Some("alternative"));
    assert_eq!(mail.header_raw("List-Unsubscribe-Post").unwrap().trim(), "List-Unsubscribe=One-Click");
    (mail.body_text(0).unwrap().into_owned(), mail.body_html(0).unwrap().into_owned())
}

/// The lead is accepted from the mail: not by opening the link, and once.
async fn answer(house: &House, lead: &str, ann: &str, plain: &str, html: &str) {
    // The first link is the one for accepting; both parts have the same ones.
    let accept = path_in(plain, "/mail/pushes/");
    assert_eq!(accept, path_in(html, "/mail/pushes/"));
    let asked = open(house, "GET", &accept, None).await;
    assert_eq!((asked.status, asked.text.contains("Diesen Lead annehmen?")), (200, true), "{}", asked.text);
    assert_eq!(state(house, lead).await.0, "offered", "opening it does nothing");
    assert_eq!(open(house, "POST", &accept, Some("")).await.status, 200);
    assert_eq!(state(house, lead).await, ("owned".to_owned(), json!(ann)));
    assert_eq!(open(house, "POST", &accept, Some("")).await.status, 410);
}

/// The mail is ended by one click; the digests stay, and mail comes again when it is wanted again.
async fn end(house: &mut House, exim: &Exim, subject: &str, header: &str) {
    let end = path_in(header, "/mail/end/");
    assert_eq!(open(house, "POST", &end, Some("List-Unsubscribe=One-Click")).await.status, 200);
    house.pass_days(1).await;
    let caller = house.again(&address("Ann")).await;
    digests(&caller, 2).await;
    house.pass(2);
    let wanted = json!({"digests": true, "pushes": true});
    assert_eq!(caller.send("PUT", "/api/v1/mail-settings", &[], Some(&wanted)).await.unwrap().status, 200);
    house.pass_days(1).await;
    digests(&house.again(&address("Ann")).await, 3).await;
    house.pass(2);
    // The third one arrives, so the second one would have arrived before it.
    let arrived = mails(exim, "", 3).await.len();
    assert_eq!(arrived, 3, "the push, and two of three digests ({subject})");
}
