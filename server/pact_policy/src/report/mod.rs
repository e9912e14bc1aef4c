//! A report in the formats that people and tools read: text with source excerpts, JSON, SARIF 2.1.0, annotations for CI.

mod github;
mod sarif;
mod text;

use std::collections::BTreeMap;

use crate::lint::Report;

/// Texts of the files that findings name, for excerpts and fingerprints.
pub type Texts = BTreeMap<String, String>;

/// A format of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: source excerpts with the path drawn in.
    #[default]
    Text,
    /// For tools, as `script-api.md` gives it.
    Json,
    /// SARIF 2.1.0, with paths as code flows.
    Sarif,
    /// Workflow commands that annotate a change.
    Github,
}

impl Report {
    /// The report in a format; `styled` is for terminals and concerns text alone.
    pub fn render(&self, format: Format, texts: &Texts, styled: bool) -> String {
        match format {
            Format::Text => text::render(self, texts, styled),
            Format::Json => serde_json::to_string_pretty(self).unwrap_or_default() + "\n",
            Format::Sarif => serde_json::to_string_pretty(&sarif::render(self, texts)).unwrap_or_default() + "\n",
            Format::Github => github::render(self),
        }
    }
}
