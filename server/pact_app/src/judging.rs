//! The linter's word before anything is installed: what comes is judged together with everything that is there.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use pact_policy::certificate::{Certificate, interface_hash, rule_set_hash};
use pact_policy::manifest::{File, Manifest, Plugin};
use pact_policy::view::{Release, View};
use pact_policy::{Finding, Report, Source};
use pact_script::plugin::MANIFEST_FILE;
use pact_store::Tx;
use pact_store::entity::{custom_field, script_version, view};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::evidence::sources::Sources;
use crate::ops::view::{VIEW_FOLDER, file_name, saved, view_of, written};
use crate::plugins::files_of;
use crate::{App, Refusal};

mod fields;
pub(crate) use fields::{
    Definition, FIELD_FILE, FIELD_FOLDER, are, defined, file_of, judge_field, judge_without, plugin_with, source_of,
};

/// A verdict, and what it was given on.
pub(crate) struct Judged {
    report: Report,
    /// The versions of all other plugins that it was judged together with.
    others: Vec<script_version::Model>,
    /// The fields that admins defined, but for the one that is judged.
    fields: Vec<custom_field::Model>,
    /// The field that is judged, if it is one: its id.
    but: Option<Uuid>,
    /// The views that people saved.
    views: Vec<view::Model>,
    /// What these would show that they may not.
    shown: Vec<Finding>,
}

/// A view in which nothing was found, and what it was judged together with.
pub(crate) struct JudgedView {
    release: Release,
    plugins: Vec<Uuid>,
    fields: Vec<custom_field::Model>,
}

/// Judges a plugin, with the modules that it imports, together with every other installed plugin: whoever reads a field whose label
/// it raises is judged with it, and refuses it by what is found there.
///
/// What is installed is read from the store each time; the app's judge only remembers what it found in those of the very same words.
///
/// # Errors
/// A file that cannot be judged, or a store that does not answer.
pub(crate) async fn judge(app: &App, plugin: &Plugin, own: &Sources) -> Result<Judged, Refusal> {
    judge_with(app, own.to_install().map_err(Refusal::defect)?, plugin.id(), None).await
}

/// Judges sources together with everything that is installed, but for a plugin and a field that they stand for.
async fn judge_with(app: &App, mut sources: Vec<Source>, plugin: &str, but: Option<Uuid>) -> Result<Judged, Refusal> {
    let conn = app.store.read();
    let others = others(conn, plugin).await?;
    for version in &others {
        sources.extend(stored(version)?);
    }
    let (fields, of_fields): (Vec<_>, Vec<_>) = defined(conn, but).await?.into_iter().unzip();
    let (views, of_views): (Vec<_>, Vec<_>) = saved(conn).await?.into_iter().unzip();
    let viewed = of_views.len();
    sources.extend(of_fields.into_iter().chain(of_views));
    let (report, shown) = without_views(together(app, sources).await?, viewed);
    Ok(Judged { report: readable(report)?, others, fields, but, views, shown })
}

/// What the app's judge says of these sources and no others.
async fn together(app: &App, sources: Vec<Source>) -> Result<Report, Refusal> {
    let judge = app.judge.clone();
    let judging = move || {
        let mut judge = judge.lock().unwrap_or_else(PoisonError::into_inner);
        judge.hold(sources);
        judge.judge()
    };
    tokio::task::spawn_blocking(judging).await.map_err(Refusal::defect)
}

/// The verdict as it is without the views that people saved, so that auditors can give it again from what the log holds; and what these would show that
/// they may not. Views say nothing of other sources, so the rest is what judging without them gives.
fn without_views(mut report: Report, views: usize) -> (Report, Vec<Finding>) {
    let (shown, findings) = report.findings.into_iter().partition(|finding| finding.file.starts_with(VIEW_FOLDER));
    report.findings = findings;
    report.unreadable.retain(|unread| !unread.file.starts_with(VIEW_FOLDER));
    report.checked -= views.min(report.checked);
    (report, shown)
}

/// Judges a view together with every installed plugin: what their scripts store in a field is what the view would show.
///
/// # Errors
/// [`Refusal::Policy`] with the findings, a view that cannot be judged, or a store that does not answer.
pub(crate) async fn judge_view(app: &App, source: &Source, view: &View) -> Result<JudgedView, Refusal> {
    let plugins = others(app.store.read(), "").await?;
    let mut sources = vec![source.clone()];
    for version in &plugins {
        sources.extend(stored(version)?);
    }
    let (fields, of_fields): (Vec<_>, Vec<_>) = defined(app.store.read(), None).await?.into_iter().unzip();
    let others = saved(app.store.read()).await?.into_iter().map(|(_, other)| other);
    sources.extend(of_fields.into_iter().chain(others.filter(|other| other.name() != source.name())));
    let key = (source.name().to_owned(), view.name.clone());
    let mut report = together(app, sources).await?;
    // Plugins that are refused by the rules of this release do not run; here the view alone is asked about.
    report.findings.retain(|finding| finding.file == key.0);
    report.unreadable.retain(|unread| unread.file == key.0 || unread.file.is_empty());
    let report = readable(report)?;
    if let Some(refusal) = refusal(&report) {
        return Err(refusal);
    }
    let release = report.views.get(&key).copied().ok_or_else(|| Refusal::defect("the view was not judged"))?;
    Ok(JudgedView { release, plugins: plugins.iter().map(|version| version.id).collect(), fields })
}

impl JudgedView {
    /// What is stored with the view: by which rules, over which words, and how it is released.
    pub(crate) fn verdict(&self, view: &View) -> serde_json::Value {
        json!(Verdict::of(view, self.release))
    }

    /// Whether the plugins are still those that it was judged together with.
    pub(crate) async fn still_holds(&self, tx: &Tx) -> Result<bool, Refusal> {
        let plugins = others(tx, "").await?.iter().map(|version| &version.id).eq(&self.plugins);
        Ok(plugins && fields::are(tx, None, &self.fields).await?)
    }
}

/// A verdict on a view, as it is stored with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Verdict {
    rules: String,
    interface: String,
    /// Hash of the view's words.
    view: String,
    release: Release,
}

impl Verdict {
    fn of(view: &View, release: Release) -> Self {
        let hash = Sha256::digest(json!(view).to_string());
        Self {
            rules: rule_set_hash().to_owned(),
            interface: interface_hash().to_owned(),
            view: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            release,
        }
    }
}

/// A stored view and how it is released. One whose verdict is of other rules or other words is judged again.
///
/// # Errors
/// [`Refusal::Policy`] where it is refused by now, or a store that does not answer.
pub(crate) async fn standing_view(app: &App, row: &view::Model) -> Result<(View, Release), Refusal> {
    let view = view_of(row)?;
    let given: Option<Verdict> = serde_json::from_value(row.verdict.0.clone()).ok();
    if let Some(given) = given.filter(|given| *given == Verdict::of(&view, given.release)) {
        return Ok((view, given.release));
    }
    let (view, file) = written(&view)?;
    let judged = judge_view(app, &Source::Views { file, views: vec![view.clone()] }, &view).await?;
    let (id, verdict) = (row.id, judged.verdict(&view));
    app.store.write(async move |tx| pact_store::view::judged(tx, id, verdict.clone()).await.map_err(Refusal::from)).await?;
    Ok((view, judged.release))
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

    /// What views that people saved would show that they may not; nothing when it may be installed.
    pub(crate) fn refusal_by_views(&self) -> Option<Refusal> {
        (!self.shown.is_empty()).then(|| Refusal::Policy { findings: self.shown.clone() })
    }

    /// Whether the others are those that it was judged together with.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(crate) async fn is_of_now(&self, tx: &Tx, plugin: &str) -> Result<bool, Refusal> {
        let now = others(tx, plugin).await?;
        let same = now.iter().map(|version| version.id).eq(self.others.iter().map(|version| version.id));
        Ok(same && fields::are(tx, self.but, &self.fields).await?)
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
        let views: Vec<view::Model> =
            pact_store::view::all(tx).await?.into_iter().filter(|row| row.plugin_id.is_none()).collect();
        if views.iter().map(|row| (row.id, &row.definition.0)).ne(self.views.iter().map(|row| (row.id, &row.definition.0))) {
            return Ok(false);
        }
        for row in views {
            let view = view_of(&row)?;
            let verdict = self.view_verdict(&file_name(&view.name), &view);
            if verdict != row.verdict.0 {
                pact_store::view::judged(tx, row.id, verdict).await?;
            }
        }
        self.tell_acts(tx).await?;
        Ok(true)
    }

    /// Notes which fields tell of acts by now, those among them that were defined a moment ago.
    pub(crate) async fn tell_acts(&self, tx: &Tx) -> Result<(), Refusal> {
        fields::tell_acts(tx, &self.report).await
    }

    /// The verdict on a view that was judged with it: of a plugin's manifest, or one that somebody saved.
    pub(crate) fn view_verdict(&self, file: &str, view: &View) -> serde_json::Value {
        let key = (file.to_owned(), view.name.clone());
        self.report.views.get(&key).map_or(serde_json::Value::Null, |release| json!(Verdict::of(view, *release)))
    }
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
