#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use std::collections::BTreeSet;

use mail_parser::{Address as Parsed, MessageParser, MimeHeaders};
use uuid::Uuid;

use super::*;

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
    Composer::new().unwrap().compose(row, &"PACT <pact@acme.example>".parse().unwrap()).unwrap().bytes
}

#[test]
fn every_language_says_everything() {
    let texts = Composer::new().unwrap().texts;
    let keys = |language: &str| texts[language].keys().cloned().collect::<BTreeSet<_>>();
    for language in texts.keys() {
        assert_eq!(keys(language), keys(FALLBACK), "{language}");
    }
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
    assert!(matches!(composer.compose(&nowhere, &sender), Err(ComposeError::Address(_))));
    assert!(matches!(composer.compose(&row("poem", &[], json!({})), &sender), Err(ComposeError::Defect(_))));
}
