//! The linter's word before anything is installed: what comes is judged together with everything that is there.

use pact_policy::manifest::{Field, File, Plugin};
use pact_policy::{Finding, Report, Source, lint};
use pact_script::plugin::{MANIFEST_FILE, STD_PREFIX};
use pact_store::entity::script_version;

use crate::plugins::files_of;
use crate::{App, Refusal};

/// Judges a plugin, with the modules that it imports, together with every other installed plugin.
///
/// # Errors
/// [`Refusal::Policy`] with the findings, a file that cannot be judged, or a store that does not answer.
pub(crate) async fn judge(app: &App, plugin: &Plugin, modules: &[(String, String)]) -> Result<(), Refusal> {
    let mut sources = vec![Source::Plugin(Box::new(named_apart(plugin)))];
    sources.extend(modules.iter().map(|(name, text)| module(plugin.id(), name, text)));
    for row in pact_store::plugin::all(app.store.read()).await? {
        if row.id == plugin.id() {
            continue;
        }
        if let Some(version) = pact_store::plugin::newest_version(app.store.read(), &row.id).await? {
            sources.extend(stored(&version)?);
        }
    }
    settle(sources).await
}

/// Judges field definitions by themselves: type, record, name, label, help and options.
///
/// # Errors
/// [`Refusal::Policy`] with the findings.
pub(crate) fn judge_fields(text: String, fields: Vec<Field>) -> Result<(), Refusal> {
    let file = File { name: "field".to_owned(), text };
    verdict(lint(&[Source::Fields { file, fields }]))
}

async fn settle(sources: Vec<Source>) -> Result<(), Refusal> {
    verdict(tokio::task::spawn_blocking(move || lint(&sources)).await.map_err(Refusal::defect)?)
}

fn verdict(report: Report) -> Result<(), Refusal> {
    if let Some(unread) = report.unreadable.first() {
        let place = format!("{} line {}", unread.file, unread.line);
        return Err(Refusal::invalid(place, unread.message.clone()));
    }
    if report.findings.is_empty() { Ok(()) } else { Err(Refusal::Policy { findings: report.findings }) }
}

fn stored(version: &script_version::Model) -> Result<Vec<Source>, Refusal> {
    let plugin = crate::plugins::plugin_of(version).map_err(Refusal::defect)?;
    let mut sources = vec![Source::Plugin(Box::new(named_apart(&plugin)))];
    let files = files_of(version).map_err(Refusal::defect)?;
    sources.extend(
        files.iter().filter(|(name, _)| name.starts_with(STD_PREFIX)).map(|(name, text)| module(plugin.id(), name, text)),
    );
    Ok(sources)
}

/// Two plugins may have files of one name; findings must tell them apart.
fn named_apart(plugin: &Plugin) -> Plugin {
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
fn module(plugin: &str, name: &str, text: &str) -> Source {
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
