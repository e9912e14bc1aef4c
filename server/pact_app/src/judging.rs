//! The linter's word before anything is installed: what comes is judged together with everything that is there.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use pact_policy::certificate::Certificate;
use pact_policy::manifest::{Field, File, Manifest, Plugin};
use pact_policy::{Finding, Report, Source, lint};
use pact_script::plugin::MANIFEST_FILE;
use pact_store::Tx;
use pact_store::entity::script_version;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::evidence::sources::Sources;
use crate::plugins::files_of;
use crate::{App, Refusal};

/// The file that findings in a field's definition name.
pub(crate) const FIELD_FILE: &str = "field";

/// A verdict, and what it was given on.
pub(crate) struct Judged {
    report: Report,
    /// The versions of all other plugins that it was judged together with.
    others: Vec<script_version::Model>,
}

/// Judges a plugin, with the modules that it imports, together with every other installed plugin: whoever reads a field whose label
/// it raises is judged with it, and refuses it by what is found there.
///
/// What is installed is read from the store each time; the app's judge only remembers what it found in those of the very same words.
///
/// # Errors
/// A file that cannot be judged, or a store that does not answer.
pub(crate) async fn judge(app: &App, plugin: &Plugin, own: &Sources) -> Result<Judged, Refusal> {
    let mut sources = own.to_install().map_err(Refusal::defect)?;
    let others = others(app.store.read(), plugin.id()).await?;
    for version in &others {
        sources.extend(stored(version)?);
    }
    let judge = app.judge.clone();
    let judging = move || {
        let mut judge = judge.lock().unwrap_or_else(PoisonError::into_inner);
        judge.hold(sources);
        judge.judge()
    };
    let report = tokio::task::spawn_blocking(judging).await.map_err(Refusal::defect)?;
    Ok(Judged { report: readable(report)?, others })
}

/// The newest version of every plugin but this one.
async fn others(conn: &impl ConnectionTrait, plugin: &str) -> Result<Vec<script_version::Model>, Refusal> {
    let mut others = Vec::new();
    for row in pact_store::plugin::all(conn).await?.into_iter().filter(|row| row.id != plugin) {
        others.extend(pact_store::plugin::newest_version(conn, &row.id).await?);
    }
    // As the audit log has them, whatever the database's own order of texts is.
    others.sort_by(|a: &script_version::Model, b| a.plugin_id.cmp(&b.plugin_id));
    Ok(others)
}

impl Judged {
    /// The report.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// What was found; nothing when it may be installed.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        refusal(&self.report)
    }

    /// Whether the others are those that it was judged together with.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(crate) async fn is_of_now(&self, tx: &Tx, plugin: &str) -> Result<bool, Refusal> {
        let now = others(tx, plugin).await?;
        Ok(now.iter().map(|version| version.id).eq(self.others.iter().map(|version| version.id)))
    }

    /// The certificate of what was judged.
    pub(crate) fn certificate(&self, manifest: &Manifest, text: &str, files: &BTreeMap<String, String>) -> serde_json::Value {
        json!(Certificate::by_labels(&self.report.labels, manifest, text, files))
    }

    /// Gives all other plugins their certificates anew, since what their fields reveal may have changed; `false` when others are
    /// installed by now than were judged.
    pub(crate) async fn settle(&self, tx: &Tx, plugin: &str) -> Result<bool, Refusal> {
        if !self.is_of_now(tx, plugin).await? {
            return Ok(false);
        }
        for version in self.others.clone() {
            let manifest = crate::plugins::plugin_of(&version).map_err(Refusal::defect)?.manifest;
            let files = files_of(&version).map_err(Refusal::defect)?;
            let given: Option<Certificate> = version.certificate.and_then(|given| serde_json::from_value(given.0).ok());
            let new = Certificate::by_labels(&self.report.labels, &manifest, &version.manifest, &files);
            // What somebody changed in the store stays without a certificate that holds.
            let same_bytes = given.as_ref().is_some_and(|given| given.scripts == new.scripts);
            if same_bytes && given.as_ref() != Some(&new) {
                pact_store::plugin::certify(tx, version.id, json!(new)).await?;
            }
        }
        Ok(true)
    }
}

/// Judges field definitions by themselves: type, record, name, label, help and options.
///
/// # Errors
/// A definition that cannot be judged.
pub(crate) fn judge_fields(text: String, fields: Vec<Field>) -> Result<Report, Refusal> {
    let file = File { name: FIELD_FILE.to_owned(), text };
    readable(lint(&[Source::Fields { file, fields }]))
}

/// What a report refuses; nothing when nothing was found.
pub(crate) fn refusal(report: &Report) -> Option<Refusal> {
    (!report.findings.is_empty()).then(|| Refusal::Policy { findings: report.findings.clone() })
}

fn readable(report: Report) -> Result<Report, Refusal> {
    match report.unreadable.first() {
        Some(unread) => Err(Refusal::invalid(format!("{} line {}", unread.file, unread.line), unread.message.clone())),
        None => Ok(report),
    }
}

/// What a stored version holds, ready to be judged.
pub(crate) fn stored(version: &script_version::Model) -> Result<Vec<Source>, Refusal> {
    Sources::stored(version).and_then(|sources| sources.installed()).map_err(Refusal::defect)
}

/// Two plugins may have files of one name; findings must tell them apart.
pub(crate) fn named_apart(plugin: &Plugin) -> Plugin {
    let name = |file: &str| format!("{}/{}", plugin.id(), file.rsplit('/').next().unwrap_or(file));
    let is_script = plugin.files.contains_key(&plugin.manifest_file.name);
    let manifest = if is_script { name(&plugin.manifest_file.name) } else { name(MANIFEST_FILE) };
    Plugin {
        manifest: plugin.manifest.clone(),
        manifest_file: File { name: manifest, text: plugin.manifest_file.text.clone() },
        files: plugin.files.iter().map(|(file, text)| (name(file), text.clone())).collect(),
    }
}

/// A module as it was installed with a plugin, which alone imports it: another plugin's may have other words under its name.
pub(crate) fn module(plugin: &str, name: &str, text: &str) -> Source {
    let file = File { name: format!("{plugin}/{name}.rhai"), text: text.to_owned() };
    Source::Module { name: name.to_owned(), file, of: Some(plugin.to_owned()) }
}

/// One finding as one sentence for whoever installs.
pub(crate) fn in_words(findings: &[Finding]) -> String {
    let Some(first) = findings.first() else { return String::new() };
    let more = match findings.len() {
        0 | 1 => String::new(),
        more => format!(" ({} more: `pact lint` shows all.)", more - 1),
    };
    format!(
        "{} line {}: {} [{}] {} Instead: {}{more}",
        first.file,
        first.line,
        first.message,
        first.rule.id(),
        first.why,
        first.instead
    )
}
