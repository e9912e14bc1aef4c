//! Composing mail: text and HTML from a template, in the language of whom it is for, with the headers that automatic mail has.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use minijinja::Environment;
use minijinja::value::Serde;
use pact_store::entity::outbox;
use serde_json::{Value, json};

use super::letter::{Letter, Template};

/// The language of those for whose languages there are no texts.
const FALLBACK: &str = "en";
/// Steps that a template may take, so that no data makes one endless.
const FUEL: u64 = 500_000;
/// The longest subject, in characters.
const SUBJECT_CHARS: usize = 120;
/// What PACT's own mail says, by language and key.
const TEXTS: &str = include_str!("texts.toml");
/// The templates, by name.
const TEMPLATES: [(&str, &str); 9] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("notice.html", include_str!("templates/notice.html")),
    ("notice.txt", include_str!("templates/notice.txt")),
    ("digest.html", include_str!("templates/digest.html")),
    ("digest.txt", include_str!("templates/digest.txt")),
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
    texts: BTreeMap<String, BTreeMap<String, String>>,
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
        Ok(Self { templates, texts: toml::from_str(TEXTS).map_err(|error| defect(&error))? })
    }

    /// Composes a row of the outbox. The same row gives the same mail, whenever it is tried.
    ///
    /// # Errors
    /// An address that is none, or a defect.
    pub(super) fn compose(&self, row: &outbox::Model, sender: &Mailbox) -> Result<Composed, ComposeError> {
        let defect = |error: &dyn std::fmt::Display| ComposeError::Defect(error.to_string());
        let letter: Letter = serde_json::from_value(row.payload.0.clone()).map_err(|error| defect(&error))?;
        let to: Address = row.address.parse().map_err(|_| ComposeError::Address(row.address.clone()))?;
        let language = self.language(&letter.languages);
        let texts = self.texts.get(language).ok_or_else(|| defect(&"there are no texts"))?;
        let subject = subject(&letter, texts);
        let context = json!({ "t": texts, "language": language, "name": letter.name, "subject": subject, "data": letter.data });
        let text = self.render(letter.template, "txt", &context)?;
        let html = self.render(letter.template, "html", &context)?;
        let made_at = SystemTime::UNIX_EPOCH + Duration::from_millis(row.created_at.try_into().unwrap_or(0));
        let message = Message::builder()
            .from(sender.clone())
            .to(Mailbox::new(Some(one_line(&letter.name)), to.clone()))
            .subject(subject)
            .date(made_at)
            .message_id(Some(message_id(row, sender)))
            .header(AutoSubmitted)
            .multipart(
                MultiPart::alternative()
                    .boundary(format!("pact-{}", row.id.simple()))
                    .singlepart(SinglePart::plain(text))
                    .singlepart(SinglePart::html(html)),
            )
            .map_err(|error| defect(&error))?;
        Ok(Composed { to, bytes: message.formatted() })
    }

    /// The first of somebody's languages for which there are texts.
    fn language<'a>(&self, languages: &'a [String]) -> &'a str {
        languages.iter().map(String::as_str).find(|language| self.texts.contains_key(*language)).unwrap_or(FALLBACK)
    }

    fn render(&self, template: Template, kind: &str, context: &Value) -> Result<String, ComposeError> {
        let name = match template {
            Template::Notice => "notice",
            Template::Digest => "digest",
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

fn subject(letter: &Letter, texts: &BTreeMap<String, String>) -> String {
    let of = |key: &str| letter.data.get(key).and_then(Value::as_str).unwrap_or_default();
    let whole = match letter.template {
        Template::Notice => one_line(of("text")),
        Template::Digest | Template::Report => one_line(of("title")),
        Template::Test => texts.get("test_subject").cloned().unwrap_or_default(),
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

#[cfg(test)]
mod tests;
