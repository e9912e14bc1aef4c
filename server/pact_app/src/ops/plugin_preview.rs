//! What an installation would do: shown before an admin agrees to it, and nothing is written.

use pact_policy::Finding;
use pact_store::entity::script_version;
use serde_json::Value as Json;
use uuid::Uuid;

use super::plugin::{NewVersion, installed_version};
use super::plugin_consent::{self, Asked};
use super::plugin_diff::{diff, texts, with_manifest};
use super::plugin_forecast::{self, Forecast};
use super::plugin_requires::{Required, required};
use super::plugin_settings::{Sent, read_sent};
use crate::{App, Refusal, judging};

/// What an installation would do.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The plugin.
    pub id: String,
    /// The version that would be installed.
    pub version: String,
    /// Its title.
    pub title: String,
    /// What it does.
    pub summary: String,
    /// The version that is installed now.
    pub installed: Option<String>,
    /// What it asks for.
    pub asked: Vec<Asked>,
    /// The word by which an admin agrees to all of that.
    pub consent: String,
    /// Whether that word must be sent.
    pub needs_consent: bool,
    /// The plugins that it needs.
    pub requires: Vec<Required>,
    /// What the linter found; nothing when it would be accepted.
    pub findings: Vec<Finding>,
    /// Why it cannot be installed whatever the linter says, such as a script that does not compile.
    pub refused: Option<String>,
    /// What is other than in the installed version, as a unified diff.
    pub changes: String,
    /// What it would do at once, beyond what the installed version would do; nothing where it is refused or would be off.
    pub at_once: Forecast,
    /// How much of that must be confirmed.
    pub confirm: Option<u64>,
}

/// A difference between two versions.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The earlier one; none when the later one is the first.
    pub from: Option<script_version::Model>,
    /// The later one.
    pub to: script_version::Model,
    /// What is other, as a unified diff.
    pub changes: String,
}

/// What an installation would do.
///
/// # Errors
/// What is no plugin, or a store that does not answer.
pub async fn preview_plugin(app: &App, sent: Sent) -> Result<Preview, Refusal> {
    let (plugin, std) = read_sent(app, sent).await?;
    let version = NewVersion::of(plugin, &std);
    let manifest = version.plugin.manifest.clone();
    let installed = installed_version(app.store.read(), &manifest.id).await?;
    let (findings, refused) = match version.compile(app, &std).await {
        Err(refusal @ (Refusal::Invalid { .. } | Refusal::Values { .. })) => (Vec::new(), Some(refusal.to_string())),
        Err(other) => return Err(other),
        Ok(()) => verdict(app, &version).await?,
    };
    let asked = plugin_consent::asked(&manifest, installed.as_ref())?;
    let before = installed.as_ref().map(texts).transpose()?.unwrap_or_default();
    let is_fine = findings.is_empty() && refused.is_none();
    let at_once = if is_fine { plugin_forecast::of_version(app, &version).await? } else { Forecast::default() };
    Ok(Preview {
        confirm: at_once.to_confirm(app),
        at_once,
        consent: plugin_consent::word(&manifest.id, &asked),
        needs_consent: plugin_consent::is_needed(&asked),
        requires: required(app.store.read(), &manifest).await?,
        changes: diff(&before, &with_manifest(version.manifest(), version.files)),
        id: manifest.id,
        version: manifest.version,
        title: manifest.title,
        summary: manifest.summary,
        installed: installed.map(|version| version.version),
        asked,
        findings,
        refused,
    })
}

/// What the linter finds, or why it cannot judge.
async fn verdict(app: &App, version: &NewVersion) -> Result<(Vec<Finding>, Option<String>), Refusal> {
    let judged = match judging::judge(app, &version.plugin, &version.sources()).await {
        Ok(judged) => judged,
        Err(refusal @ Refusal::Invalid { .. }) => return Ok((Vec::new(), Some(refusal.to_string()))),
        Err(other) => return Err(other),
    };
    match judged.refusal().or_else(|| judged.refusal_by_views()) {
        Some(Refusal::Policy { findings }) => Ok((findings, None)),
        Some(other) => Err(other),
        None => Ok((Vec::new(), None)),
    }
}

/// What is other between a version of a plugin and another one, or the one before it.
///
/// # Errors
/// Versions that are not this plugin's.
pub async fn diff_versions(app: &App, plugin: &str, to: Uuid, from: Option<Uuid>) -> Result<Difference, Refusal> {
    let conn = app.store.read();
    let of_plugin = async |id: Uuid| {
        let found = pact_store::plugin::version(conn, id).await?.filter(|row| row.plugin_id == plugin);
        found.ok_or(Refusal::NotFound { what: "version" })
    };
    let to = of_plugin(to).await?;
    let from = match from {
        Some(from) => Some(of_plugin(from).await?),
        None => pact_store::plugin::version_before(conn, &to).await?,
    };
    let before = from.as_ref().map(texts).transpose()?.unwrap_or_default();
    let changes = diff(&before, &texts(&to)?);
    Ok(Difference { from, to, changes })
}

/// The linter's word on a stored version: by which rules it was accepted, and whether these are the rules of this release.
#[must_use]
pub fn verdict_of(version: &script_version::Model) -> Option<(String, bool)> {
    let rules = version.certificate.as_ref()?.0.get("rules").and_then(Json::as_str)?.to_owned();
    let is_of_now = rules == pact_policy::certificate::rule_set_hash();
    Some((rules, is_of_now))
}
