//! The public doors through which the tour's leads come in: a web form, and a file.

use std::collections::HashSet;
use std::fmt::Write;
use std::time::Duration;

use anyhow::bail;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Client;
use super::tour::{id_of, items, text};

/// The source of leads that come in by the demo's form.
const SOURCE: &str = "website";
/// How often the demo looks whether something came in.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How many times it looks for a form's lead.
const FORM_LOOKS: usize = 10;
/// How many times it looks whether an import is done.
const IMPORT_LOOKS: usize = 600;

/// What somebody writes into a web form; what is left out stays out.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct FormFields {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) company: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) email: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) postcode: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) city: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) country: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) language: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) product: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) message: String,
}

impl FormFields {
    /// Who writes.
    pub(super) fn who(&self) -> String {
        format!("{}, {}, {}", self.name, self.company, self.city)
    }
}

/// Leads of a source, each told once.
struct Arrivals {
    reader: Client,
    source: String,
    known: HashSet<Uuid>,
}

impl Arrivals {
    /// From now on; what came in by an earlier demo is not told again.
    async fn from_now(reader: &Client, source: &str) -> anyhow::Result<Self> {
        let mut arrivals = Self { reader: reader.clone(), source: escaped(source), known: HashSet::new() };
        arrivals.new_ones().await?;
        Ok(arrivals)
    }

    /// The leads that were not seen before, oldest first.
    async fn new_ones(&mut self) -> anyhow::Result<Vec<Uuid>> {
        let leads = self.reader.get(&format!("/api/v1/leads?source={}&sort=-created_at", self.source)).await?;
        let mut found = Vec::new();
        for lead in items(&leads).iter().rev() {
            let id = id_of(lead)?;
            if self.known.insert(id) {
                found.push(id);
            }
        }
        Ok(found)
    }
}

/// The web form of the demo's website.
pub(super) struct WebForm {
    /// Where it sends.
    path: String,
    visitor: Client,
    arrivals: Arrivals,
}

impl WebForm {
    /// Makes a key for the form, as an admin does.
    pub(super) async fn open(admin: &Client) -> anyhow::Result<Self> {
        let key = admin.post("/api/v1/forms", &json!({"name": "Contact page", "source": SOURCE})).await?;
        let arrivals = Arrivals::from_now(admin, SOURCE).await?;
        Ok(Self { path: text(&key, "path"), visitor: admin.signed_out(), arrivals })
    }

    /// Sends the form as any visitor's browser would; returns the new lead, or none if it was attached to an open one.
    pub(super) async fn send(&mut self, fields: &FormFields) -> anyhow::Result<Option<Uuid>> {
        self.visitor.post(&self.path, fields).await?;
        // A form is answered when its lead is in, so looking once would do; a slow disk gets a second chance.
        for _ in 0..FORM_LOOKS {
            if let Some(lead) = self.arrivals.new_ones().await?.first() {
                return Ok(Some(*lead));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(None)
    }
}

/// What an import says about itself when it is done.
pub(super) struct Report {
    /// How the file was read, and how many rows became what.
    pub(super) said: Vec<String>,
    /// Each refused row with its reason.
    pub(super) refused: Vec<String>,
    /// The new leads.
    pub(super) leads: Vec<Uuid>,
}

/// Sends a file of leads, and waits until each of its rows is worked off.
pub(super) async fn send_file(admin: &Client, source: &str, file: &str, content: &str) -> anyhow::Result<Report> {
    let mut arrivals = Arrivals::from_now(admin, source).await?;
    let path = format!("/api/v1/imports?name={}&source={}", escaped(file), escaped(source));
    let mut import = admin.post_file(&path, "text/csv", content.as_bytes().to_vec()).await?;
    let path = format!("/api/v1/imports/{}", id_of(&import)?);
    for _ in 0..IMPORT_LOOKS {
        if !matches!(import["status"].as_str(), Some("queued" | "running")) {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
        import = admin.get(&path).await?;
    }
    if import["status"] != "done" {
        bail!("the import of {file} is {}: {}", text(&import, "status"), text(&import, "failure"));
    }
    let refused = admin.get(&format!("{path}/refused")).await?;
    let refused = items(&refused).iter().map(|row| format!("Line {}: {}", row["line"], text(row, "reason"))).collect();
    Ok(Report { said: said_of(&import), refused, leads: arrivals.new_ones().await? })
}

fn said_of(import: &Value) -> Vec<String> {
    let understood =
        import["columns"].as_array().map_or(0, |columns| columns.iter().filter(|column| !column["field"].is_null()).count());
    let read = format!(
        "Read as {} with \"{}\" between cells; {understood} columns understood by their names.",
        text(import, "encoding"),
        text(import, "delimiter"),
    );
    let rows = format!(
        "{} rows: {} became leads, {} attached to an open lead, {} refused.",
        import["rows_done"], import["accepted"], import["merged"], import["refused"]
    );
    vec![read, rows]
}

/// A text as part of an address.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses_hold_any_text() {
        assert_eq!(super::escaped("Messe Nürnberg"), "Messe%20N%C3%BCrnberg");
    }
}
