#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use mail_parser::{Address as Parsed, MessageParser, MimeHeaders};
use uuid::Uuid;

use super::*;
use crate::access::LinkKey;
use crate::access::link::{Link, Purpose};

fn row(template: &str, languages: &[&str], data: Value) -> outbox::Model {
    outbox::Model {
        id: Uuid::from_u128(0x0193_a1f0_7d5e_7c2b_9b60_6d2c_1d5a_d0aa),
        kind: "mail".into(),
        address: "ann@example.com".into(),
        payload: json!({"template": template, "languages": languages, "name": "Ann Müller", "data": data}).into(),
        idempotency_key: "1".into(),
        created_at: 1_795_511_400_000,
        next_at: 0,
        attempts: 1,
        sent_at: None,
        record_id: None,
        state: "waiting".into(),
        reason: None,
        lease_until: None,
        fence: 1,
        handing_at: None,
        webhook_id: None,
    }
}

fn composed(row: &outbox::Model) -> Vec<u8> {
    composed_with(row, &Links::default())
}

fn composed_with(row: &outbox::Model, links: &Links) -> Vec<u8> {
    Composer::new().unwrap().compose(row, &"PACT <pact@acme.example>".parse().unwrap(), links).unwrap().bytes
}

/// The person to whom mail with links goes.
const ANN: Uuid = Uuid::from_u128(0xa);

fn to_ann(template: &str, data: Value) -> outbox::Model {
    let mut row = row(template, &["de"], data);
    row.payload.0["person"] = json!(ANN);
    row.payload.0["zone"] = json!("Europe/Amsterdam");
    row
}

fn links() -> Links {
    Links::new("https://pact.acme.example", LinkKey::of_bytes(&[7; 32]))
}

/// The links of a purpose in a text.
fn links_of(text: &str, purpose: Purpose) -> Vec<Link> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'));
    let links = words.filter_map(|word| LinkKey::of_bytes(&[7; 32]).read(word.rsplit('/').next()?));
    links.filter(|link| link.purpose == purpose).collect()
}

#[test]
fn a_notice_is_text_and_html_with_the_headers_of_automatic_mail() {
    let text = "Zürich <b>& Söhne</b>: Vertrag endet\nam 3. Dezember.\n{{ name }}";
    let bytes = composed(&row("notice", &["xx", "de", "en"], json!({"text": text})));
    assert!(bytes.is_ascii(), "it needs no server that takes 8 bits");
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.subject(), Some("Zürich <b>& Söhne</b>: Vertrag endet"));
    assert_eq!(mail.message_id(), Some("0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa@acme.example"));
    assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-11-24T09:10:00Z");
    assert_eq!(mail.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
    let of = |address: Option<&Parsed<'_>>| {
        let first = address.unwrap().first().unwrap();
        (first.name().unwrap().to_owned(), first.address().unwrap().to_owned())
    };
    assert_eq!(of(mail.from()), ("PACT".into(), "pact@acme.example".into()));
    assert_eq!(of(mail.to()), ("Ann Müller".into(), "ann@example.com".into()));
    assert_eq!(mail.content_type().unwrap().subtype(), Some("alternative"));
    let plain = mail.body_text(0).unwrap();
    assert!(plain.contains("Guten Tag Ann Müller,") && plain.contains("Zürich <b>& Söhne</b>"), "{plain}");
    assert!(plain.contains("{{ name }}"), "what somebody wrote is no template: {plain}");
    let html = mail.body_html(0).unwrap();
    assert!(html.contains("Zürich &lt;b&gt;&amp; Söhne&lt;&#x2f;b&gt;"), "{html}");
    assert!(html.contains("<html lang=\"de\">"), "{html}");
}

#[test]
fn a_digest_has_its_sections() {
    let sections = json!([
        {"title": null, "lines": [{"record": null, "text": "Good morning."}]},
        {"title": "Leads", "lines": [{"record": ["lead", Uuid::nil()], "text": "Globex waits."}, {"record": null, "text": "Hooli too."}]},
    ]);
    let bytes = composed(&row("digest", &["fr"], json!({"title": "Your day", "sections": sections})));
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.subject(), Some("Your day"));
    let plain = mail.body_text(0).unwrap().replace("\r\n", "\n");
    assert!(
        plain.starts_with("Bonjour Ann Müller,\n\nYour day\n\n- Good morning.\n\nLeads\n- Globex waits.\n- Hooli too.\n\n-- \n"),
        "{plain}"
    );
    let html = mail.body_html(0).unwrap();
    assert_eq!(html.matches("<li").count(), 3, "{html}");
}

#[test]
fn the_same_row_gives_the_same_mail_and_no_text_makes_a_header() {
    let long = format!("A\r\nBcc: eve@example.com\r\n{}", "long ".repeat(60));
    let one = row("notice", &[], json!({"text": long.trim_start_matches("A\r\n")}));
    assert_eq!(composed(&one), composed(&one));
    let bytes = composed(&one);
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.bcc(), None);
    assert_eq!(mail.subject(), Some("Bcc: eve@example.com"));
    let cut = composed(&row("notice", &[], json!({"text": "long ".repeat(60)})));
    let subject = MessageParser::default().parse(&cut).unwrap().subject().unwrap().to_owned();
    assert!(subject.ends_with('…') && subject.chars().count() <= SUBJECT_CHARS, "{subject}");
}

#[test]
fn what_is_no_address_or_no_letter_is_said() {
    let composer = Composer::new().unwrap();
    let sender = "pact@acme.example".parse().unwrap();
    let nowhere = outbox::Model { address: "ann at home".into(), ..row("test", &[], json!({})) };
    assert!(matches!(composer.compose(&nowhere, &sender, &Links::default()), Err(ComposeError::Address(_))));
    assert!(matches!(composer.compose(&row("poem", &[], json!({})), &sender, &Links::default()), Err(ComposeError::Defect(_))));
}

/// What makes mail dangerous where it is taken over without care.
const NASTY: &str = "<script>alert(1)</script> \"quoted\" & {{ t.why }}\r\nBcc: eve@example.com";

#[test]
fn a_digest_leads_into_pact_and_can_be_ended_and_answered() {
    let (lead, push, ends_at) = (Uuid::from_u128(1), Uuid::from_u128(2), 1_795_518_000_000_i64);
    let long = "word ".repeat(400);
    let sections = json!([
        {"title": "Neu", "lines": [
            {"record": ["lead", lead], "name": NASTY, "text": "Wärmepumpe", "push": {"id": push, "answer_by_at": ends_at}},
            {"record": ["customer", Uuid::nil()], "name": "Globex", "text": long},
            {"record": ["person", Uuid::nil()], "text": "nobody's page"},
        ]},
        {"title": "Leer", "lines": []},
        {"title": "Viel", "lines": (0..200).map(|n| json!({"record": null, "text": format!("Zeile {n}")})).collect::<Vec<_>>()},
    ]);
    let bytes = composed_with(&to_ann("digest", json!({"title": NASTY, "sections": sections})), &links());
    assert!(bytes.is_ascii());
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.bcc(), None);
    let stop = mail.header_raw("List-Unsubscribe").unwrap().trim().to_owned();
    assert!(stop.starts_with("<https://pact.acme.example/mail/end/") && stop.ends_with('>'), "{stop}");
    assert_eq!(
        links_of(&stop, Purpose::EndDigests),
        [Link { purpose: Purpose::EndDigests, record: ANN, person: ANN, ends_at: None }]
    );
    assert_eq!(mail.header_raw("List-Unsubscribe-Post").unwrap().trim(), "List-Unsubscribe=One-Click");
    let (plain, html) = (mail.body_text(0).unwrap().replace("\r\n", "\n"), mail.body_html(0).unwrap());
    for text in [&plain, &*html] {
        for purpose in [Purpose::Accept, Purpose::Decline] {
            let ends_at = Some(pact_core::time::Instant::from_millis(ends_at));
            assert_eq!(links_of(text, purpose), [Link { purpose, record: push, person: ANN, ends_at }], "{text}");
        }
        assert!(text.contains(&format!("https://pact.acme.example/at/leads/{lead}")), "{text}");
        assert!(!text.contains("/at/persons"), "{text}");
        assert!(text.contains("2026-11-24 12:00"), "the person's own clock: {text}");
        assert!(!text.contains("Leer") && !text.contains("Zeile 199") && text.contains("Zeile 0"), "{text}");
        assert!(text.contains("Mehr davon steht in PACT."), "{text}");
        assert!(!text.contains(&"word ".repeat(200)) && text.contains("word…"), "{text}");
    }
    assert!(plain.contains("<script>"), "text is text");
    assert!(!html.contains("<script>") && html.contains("&lt;script&gt;") && html.contains("{{ t.why }}"), "{html}");
    for outside in ["<img", "src=", "<link", "url(", "@import"] {
        assert!(!html.contains(outside), "nothing is loaded: {html}");
    }
}

#[test]
fn a_push_can_be_answered_from_its_mail() {
    let data = json!({"lead": "Globex: Wärmepumpe", "id": Uuid::from_u128(1), "reason": NASTY, "push": Uuid::from_u128(2), "answer_by_at": 1_795_518_000_000_i64});
    let row = to_ann("push", data);
    let bytes = composed_with(&row, &links());
    assert_eq!(bytes, composed_with(&row, &links()), "sent again, it is the same");
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.subject(), Some("Ein Lead für Sie: Globex: Wärmepumpe"));
    assert_eq!(links_of(mail.header_raw("List-Unsubscribe").unwrap(), Purpose::EndPushes).len(), 1);
    let (plain, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
    for text in [&plain, &html] {
        assert_eq!((links_of(text, Purpose::Accept).len(), links_of(text, Purpose::Decline).len()), (1, 1), "{text}");
        assert!(text.contains("2026-11-24 12:00"), "{text}");
    }
    assert!(!html.contains("<script>"), "{html}");
}

#[test]
fn without_an_address_of_its_own_mail_has_no_links() {
    let sections = json!([{"title": "Neu", "lines": [{"record": ["lead", Uuid::nil()], "name": "Globex", "text": "x", "push": {"id": Uuid::nil(), "answer_by_at": 0}}]}]);
    let bytes = composed(&to_ann("digest", json!({"title": "Ihr Tag", "sections": sections})));
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.header_raw("List-Unsubscribe"), None);
    assert!(!mail.body_html(0).unwrap().contains("href"), "{}", mail.body_html(0).unwrap());
    assert!(mail.body_text(0).unwrap().contains("- Globex: x"), "{}", mail.body_text(0).unwrap());
}
