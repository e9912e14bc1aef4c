//! From text to a manifest, with the line of each mistake.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::field::Place;
use super::requires::Api;
use super::{Field, Manifest, Schedule, ScriptFile, Setting, check, requires};
use crate::table::{API_VERSION, Capability, FUNCTIONS, Kind, Reads};

/// What is wrong in a manifest, where, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct ManifestError {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong, why, and what to do next.
    pub message: String,
}

/// A manifest as written: words not yet understood, with their places.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) id: Spanned<String>,
    pub(super) version: Spanned<String>,
    pub(super) api: Spanned<Api>,
    pub(super) title: Spanned<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    license: String,
    #[serde(default)]
    pub(super) reads: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) may: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) webhooks: Vec<Spanned<String>>,
    #[serde(default)]
    coaching: bool,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, Spanned<Setting>>,
    #[serde(default)]
    pub(super) script: Vec<Spanned<ScriptFile>>,
    #[serde(default)]
    pub(super) schedule: Vec<Spanned<Schedule>>,
    #[serde(default)]
    pub(super) field: Vec<Spanned<Field>>,
    #[serde(default)]
    view: Vec<crate::view::parse::Written>,
    #[serde(default)]
    pub(super) requires: BTreeMap<String, Spanned<String>>,
}

/// The text of a script's leading `//!` lines as TOML of the same length, so that places in it are places in the script.
pub fn leading_manifest(script: &str) -> String {
    let mut text = String::new();
    for line in script.split_inclusive('\n') {
        let Some(rest) = line.strip_prefix('\u{feff}').unwrap_or(line).strip_prefix("//!") else {
            if line.trim().is_empty() || (text.is_empty() && line.starts_with("#!")) {
                // Same length, so that places stay right.
                text.extend(line.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
                continue;
            }
            break;
        };
        if line.starts_with('\u{feff}') {
            text.push_str("   ");
        }
        text.push_str("   ");
        text.push_str(rest);
    }
    text
}

/// Reads and checks a manifest.
pub fn parse_manifest(text: &str) -> Result<Manifest, ManifestError> {
    let written: Written = toml::from_str(text).map_err(|error| of_toml(text, &error))?;
    check::check(text, &written)?;
    let requires = requires::read(text, &written)?;
    let mut reads = Vec::new();
    for word in &written.reads {
        reads.extend(reads_of_word(word.get_ref()).map_err(|message| at(text, word.span().start, message))?);
    }
    let mut may = Vec::new();
    for word in &written.may {
        may.extend(may_of_word(word.get_ref()).map_err(|message| at(text, word.span().start, message))?);
    }
    reads.sort_unstable();
    reads.dedup();
    may.sort_unstable();
    may.dedup();
    Ok(Manifest {
        id: written.id.into_inner(),
        version: written.version.into_inner(),
        // Whatever range it names, this is the version that it is given.
        api: API_VERSION,
        title: written.title.into_inner(),
        summary: written.summary,
        license: written.license,
        reads,
        may,
        webhooks: written.webhooks.into_iter().map(Spanned::into_inner).collect(),
        coaching: written.coaching,
        settings: written.settings.into_iter().map(|(name, setting)| (name, setting.into_inner())).collect(),
        scripts: written.script.into_iter().map(Spanned::into_inner).collect(),
        schedules: written.schedule.into_iter().map(Spanned::into_inner).collect(),
        fields: written.field.into_iter().map(|field| placed(text, field)).collect(),
        views: crate::view::parse::views_of(text, written.view)?,
        requires,
    })
}

/// Reads field definitions alone: a list of `[[field]]` tables without a manifest around them.
pub fn parse_fields(text: &str) -> Result<Vec<Field>, ManifestError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fields {
        #[serde(default)]
        field: Vec<Spanned<Field>>,
    }
    let fields: Fields = toml::from_str(text).map_err(|error| of_toml(text, &error))?;
    for field in &fields.field {
        check::check_field(text, field)?;
    }
    Ok(fields.field.into_iter().map(|field| placed(text, field)).collect())
}

fn placed(text: &str, field: Spanned<Field>) -> Field {
    let (line, column) = place(text, field.span().start);
    Field { place: Place { line, column }, ..field.into_inner() }
}

/// What a word of `reads` names; teams and territories may be named although they need nothing.
fn reads_of_word(word: &str) -> Result<Option<Reads>, String> {
    if word == "coaching" {
        return Ok(Some(Reads::Coaching));
    }
    let kind = Kind::ALL.into_iter().find(|kind| snake(kind.name()) == word);
    kind.map(Kind::reads).ok_or_else(|| {
        format!("`reads` knows no \"{word}\"; it knows customer, card, plan, pack, lead, person, goal, request and coaching")
    })
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// What a word of `may` names; `log` may be named although it needs nothing.
fn may_of_word(word: &str) -> Result<Option<Capability>, String> {
    if let Some(capability) = Capability::of_word(word) {
        return Ok(Some(capability));
    }
    if FUNCTIONS.iter().any(|function| function.name == word) {
        return Ok(None);
    }
    let known: Vec<_> = Capability::ALL.iter().map(|capability| capability.name()).collect();
    Err(format!("`may` knows no \"{word}\"; it knows {}", known.join(", ")))
}

fn of_toml(text: &str, error: &toml::de::Error) -> ManifestError {
    let start = error.span().map_or(0, |span| span.start);
    if text.trim().is_empty() {
        return at(
            text,
            0,
            "there is no manifest; a script outside a plugin carries one in leading `//!` lines, a plugin in plugin.toml"
                .to_owned(),
        );
    }
    at(text, start, format!("the manifest cannot be read: {}", error.message()))
}

pub(crate) fn at(text: &str, offset: usize, message: String) -> ManifestError {
    let (line, column) = place(text, offset);
    ManifestError { line, column, message }
}

pub(crate) fn place(text: &str, offset: usize) -> (u32, u32) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    let line = 1 + head.matches('\n').count();
    let column = 1 + head.rsplit('\n').next().unwrap_or("").chars().count();
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
