//! Reports about mail that came back after the mail server had taken it (RFC 3464): who else could not deliver it, and why.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};
use uuid::Uuid;

/// The longest explanation that is kept, in characters.
const SAID_CHARS: usize = 400;

/// What a report says about one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bounce {
    /// The row of the outbox, by the `Message-ID` of the mail that came back.
    pub(crate) row: Uuid,
    /// What became of the mail.
    pub(crate) action: Action,
    /// The status (`5.1.1`) and what was said to it.
    pub(crate) said: String,
}

/// What became of a mail, as reports word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It will not be delivered.
    Failed,
    /// It is still being tried.
    Delayed,
    /// It went on, to a mailbox or to a system that sends no reports.
    WentOn,
}

/// Reads a report; nothing when it is none, or about mail that was not ours.
pub(crate) fn read(mail: &[u8]) -> Option<Bounce> {
    let mail = MessageParser::default().parse(mail)?;
    let status = mail.parts.iter().find(|part| is(part, "delivery-status"))?;
    let status = String::from_utf8_lossy(status.contents()).replace("\r\n", "\n");
    let row = mail.parts.iter().find_map(returned)?;
    // The first group is about the report, each further one about a receiver; PACT's mail has one receiver.
    let receiver = status.trim_start().split("\n\n").skip(1).map(fields).find(|fields| field(fields, "action").is_some())?;
    let action = match field(&receiver, "action")?.to_ascii_lowercase().as_str() {
        "failed" => Action::Failed,
        "delayed" => Action::Delayed,
        "delivered" | "relayed" | "expanded" => Action::WentOn,
        _ => return None,
    };
    // `smtp; 550 5.1.1 unknown` says in which language the code is.
    let diagnostic = field(&receiver, "diagnostic-code").map(|text| text.split_once(';').map_or(text, |(_, said)| said).trim());
    let said: Vec<&str> = field(&receiver, "status").into_iter().chain(diagnostic).collect();
    Some(Bounce { row, action, said: said.join(": ").chars().take(SAID_CHARS).collect() })
}

fn is(part: &MessagePart<'_>, subtype: &str) -> bool {
    part.content_type().is_some_and(|kind| kind.subtype().is_some_and(|known| known.eq_ignore_ascii_case(subtype)))
}

/// The row of the mail that came back, whole or with its headers only.
fn returned(part: &MessagePart<'_>) -> Option<Uuid> {
    match &part.body {
        PartType::Message(mail) => row_of(mail),
        PartType::Text(_) | PartType::Html(_) | PartType::Binary(_) | PartType::InlineBinary(_) => {
            if !is(part, "rfc822-headers") {
                return None;
            }
            row_of(&MessageParser::default().parse_headers(part.contents())?)
        }
        PartType::Multipart(_) => None,
    }
}

fn row_of(mail: &Message<'_>) -> Option<Uuid> {
    mail.message_id()?.split('@').next()?.parse().ok()
}

/// The fields of a group, with lines that go on joined.
fn fields(group: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in group.lines() {
        match (line.strip_prefix([' ', '\t']), line.split_once(':'), fields.last_mut()) {
            (Some(more), _, Some((_, value))) => {
                value.push(' ');
                value.push_str(more.trim());
            }
            (None, Some((name, value)), _) => fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned())),
            (Some(_), _, None) | (None, None, _) => {}
        }
    }
    fields
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa";

    /// A report with this group about the receiver, and this part with what came back.
    fn report(receiver: &str, returned: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: pact@acme.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             It did not work.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
             {receiver}\r\n--b\r\n{returned}\r\n--b--\r\n"
        )
    }

    fn whole(id: &str) -> String {
        format!(
            "Content-Type: message/rfc822\r\n\r\nFrom: pact@acme.example\r\nMessage-ID: <{id}>\r\nSubject: x\r\n\r\nHello\r\n"
        )
    }

    #[test]
    fn a_report_names_the_mail_and_what_became_of_it() {
        let id = format!("{ROW}@acme.example");
        let headers = format!("Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}>\r\nSubject: x\r\n");
        let failed = "Final-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\
                      Diagnostic-Code: smtp; 550 5.1.1\r\n  no such person\r\n";
        let delayed = "Final-Recipient: rfc822; ann@example.com\r\nAction: Delayed\r\nStatus: 4.4.1\r\n";
        for (receiver, returned, wanted) in [
            (failed, whole(&id), Some((Action::Failed, "5.1.1: 550 5.1.1 no such person"))),
            (failed, headers, Some((Action::Failed, "5.1.1: 550 5.1.1 no such person"))),
            (delayed, whole(&id), Some((Action::Delayed, "4.4.1"))),
            ("Action: relayed\r\nStatus: 2.0.0\r\n", whole(&id), Some((Action::WentOn, "2.0.0"))),
            ("Action: eaten\r\nStatus: 5.0.0\r\n", whole(&id), None),
            ("Status: 5.0.0\r\n", whole(&id), None),
            (failed, whole("somebody@else.example"), None),
            (failed, "Content-Type: text/plain\r\n\r\nnothing came back\r\n".to_owned(), None),
        ] {
            let bounce = read(report(receiver, &returned).as_bytes());
            assert_eq!(bounce.as_ref().map(|bounce| (bounce.action, bounce.said.as_str())), wanted, "{receiver}");
            assert!(bounce.is_none_or(|bounce| bounce.row.to_string() == ROW));
        }
    }

    #[test]
    fn what_is_no_report_is_none() {
        for mail in ["", "Subject: out of office\r\n\r\nI am away.", "\0\u{1}", "--b\r\n"] {
            assert_eq!(read(mail.as_bytes()), None, "{mail}");
        }
    }
}
