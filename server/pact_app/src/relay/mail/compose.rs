//! Composing mail: text and HTML from a template, in the language of whom it is for, with the headers that automatic mail has.

use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use minijinja::Environment;
use minijinja::value::Serde;
use pact_store::entity::outbox;
use serde_json::{Value, json};

use super::letter::{Letter, Template};
use super::links::{Links, ONE_CLICK};
use super::view;
use crate::texts::Texts;

/// Steps that a template may take, so that no data makes one endless.
const FUEL: u64 = 500_000;
/// The longest subject, in characters.
const SUBJECT_CHARS: usize = 120;
/// The templates, by name.
const TEMPLATES: [(&str, &str); 14] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("notice.html", include_str!("templates/notice.html")),
    ("notice.txt", include_str!("templates/notice.txt")),
    ("digest.html", include_str!("templates/digest.html")),
    ("digest.txt", include_str!("templates/digest.txt")),
    ("push.html", include_str!("templates/push.html")),
    ("push.txt", include_str!("templates/push.txt")),
    ("answer.html", include_str!("templates/answer.html")),
    ("answer.txt", include_str!("templates/answer.txt")),
    ("foot.txt", include_str!("templates/foot.txt")),
    ("report.html", include_str!("templates/report.html")),
    ("report.txt", include_str!("templates/report.txt")),
    ("test.html", include_str!("templates/test.html")),
    ("test.txt", include_str!("templates/test.txt")),
];

/// Why mail could not be composed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ComposeError {
    /// The address is none; nothing will make it one.
    #[error("\"{0}\" is no e-mail address to which mail can go")]
    Address(String),
    /// A defect of a template or of what was written.
    #[error("the mail could not be composed: {0}")]
    Defect(String),
}

/// Mail, ready to be handed over.
#[derive(Debug)]
pub(super) struct Composed {
    /// To whom.
    pub(super) to: Address,
    /// Headers and content, 7 bit.
    pub(super) bytes: Vec<u8>,
}

/// Whoever composes mail.
pub(super) struct Composer {
    templates: Environment<'static>,
}

impl Composer {
    /// Reads the templates and texts that PACT brings along.
    ///
    /// # Errors
    /// A template or text that cannot be read, which a test rules out.
    pub(super) fn new() -> Result<Self, ComposeError> {
        let defect = |error: &dyn std::fmt::Display| ComposeError::Defect(error.to_string());
        let mut templates = Environment::new();
        templates.set_fuel(Some(FUEL));
        for (name, source) in TEMPLATES {
            templates.add_template(name, source).map_err(|error| defect(&error))?;
        }
        Texts::of(&[]).map_err(|error| defect(&error))?;
        Ok(Self { templates })
    }

    /// Composes a row of the outbox, with links where the server knows its address. The same row gives the same mail, whenever it is tried.
    ///
    /// # Errors
    /// An address that is none, or a defect.
    pub(super) fn compose(&self, row: &outbox::Model, sender: &Mailbox, links: &Links) -> Result<Composed, ComposeError> {
        let defect = |error: &dyn std::fmt::Display| ComposeError::Defect(error.to_string());
        let letter: Letter = serde_json::from_value(row.payload.0.clone()).map_err(|error| defect(&error))?;
        let to: Address = row.address.parse().map_err(|_| ComposeError::Address(row.address.clone()))?;
        let texts = Texts::of(&letter.languages).map_err(|error| defect(&error))?;
        let subject = subject(&letter, &texts);
        let stop = links.end_of(&letter).map_err(|error| defect(&error))?;
        let data = view::data(&letter, &texts, links).map_err(|error| defect(&error))?;
        let context = json!({
            "t": texts.words, "language": texts.language, "name": letter.name, "subject": subject, "data": data, "stop": stop,
        });
        let text = self.render(letter.template, "txt", &context)?;
        let html = self.render(letter.template, "html", &context)?;
        let made_at = SystemTime::UNIX_EPOCH + Duration::from_millis(row.created_at.try_into().unwrap_or(0));
        let mut head = Message::builder()
            .from(sender.clone())
            .to(Mailbox::new(Some(one_line(&letter.name)), to.clone()))
            .subject(subject)
            .date(made_at)
            .message_id(Some(message_id(row, sender)))
            .header(AutoSubmitted);
        if let Some(stop) = stop {
            head = head.header(ListUnsubscribe(format!("<{stop}>"))).header(ListUnsubscribePost);
        }
        let message = head
            .multipart(
                MultiPart::alternative()
                    .boundary(format!("pact-{}", row.id.simple()))
                    .singlepart(SinglePart::plain(text))
                    .singlepart(SinglePart::html(html)),
            )
            .map_err(|error| defect(&error))?;
        Ok(Composed { to, bytes: message.formatted() })
    }

    fn render(&self, template: Template, kind: &str, context: &Value) -> Result<String, ComposeError> {
        let name = match template {
            Template::Notice => "notice",
            Template::Digest => "digest",
            Template::Push => "push",
            Template::Report => "report",
            Template::Test => "test",
        };
        let rendered =
            self.templates.get_template(&format!("{name}.{kind}")).and_then(|template| template.render(Serde(context)));
        rendered.map_err(|error| ComposeError::Defect(error.to_string()))
    }
}

/// The id that mail keeps through all attempts.
pub(super) fn message_id(row: &outbox::Model, sender: &Mailbox) -> String {
    format!("<{}@{}>", row.id, sender.email.domain())
}

fn subject(letter: &Letter, texts: &Texts) -> String {
    let of = |key: &str| letter.data.get(key).and_then(Value::as_str).unwrap_or_default();
    let whole = match letter.template {
        Template::Notice => one_line(of("text")),
        Template::Digest | Template::Report => one_line(of("title")),
        Template::Push => texts.say("push_subject", &[("lead", &one_line(of("lead")))]),
        Template::Test => texts.say("test_subject", &[]),
    };
    if whole.chars().count() <= SUBJECT_CHARS {
        return whole;
    }
    let cut: String = whole.chars().take(SUBJECT_CHARS - 1).collect();
    format!("{}…", cut.trim_end())
}

/// The first line of a text: a header has one.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().replace(char::is_control, " ")
}

/// Says that nobody wrote this by hand, so that no other machine answers (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Where mail like this is ended without reading it (RFC 2369).
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(value.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        // An address in ASCII that may not be folded.
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), self.0.clone())
    }
}

/// Says that one POST to that address is enough (RFC 8058).
#[derive(Clone)]
struct ListUnsubscribePost;

impl Header for ListUnsubscribePost {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), ONE_CLICK.to_owned())
    }
}

#[cfg(test)]
mod tests;
