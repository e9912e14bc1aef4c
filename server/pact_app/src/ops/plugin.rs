//! Installing plugins: a folder's manifest and scripts become a version, judged before it may run.

use std::collections::BTreeMap;

use pact_evidence::PolicyAct;
use pact_policy::manifest::{Field, Plugin, leading_manifest};
use pact_script::plugin::{Std, script_set};
use pact_store::entity::{custom_field, plugin, script_version};
use pact_store::{AsJson, Notice, Tx, record};
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use super::plugin_consent::{self, Consent};
use super::settings_version::{self, How};
use super::{plugin_forecast, plugin_requires};
use crate::evidence::sources::{self, Sources};
use crate::evidence::{Recording, record as record_act};
use crate::facts::field_record;
use crate::ops::lead::Scene;
use crate::ops::view::write_views;
use crate::{Actor, App, Refusal, judging};

/// How often a plugin is judged when others are installed at the same moment.
const JUDGED_AT_MOST: usize = 4;

/// Installs a plugin, or a new version of one that is installed, and enables it.
///
/// The same files again change nothing. Custom fields that it declares are created; one that exists with another meaning is refused.
///
/// # Errors
/// Scripts that do not compile or that the policy refuses, a field that another plugin defines otherwise, or a store that does not answer.
pub async fn install_plugin(app: &App, actor: &Actor, plugin: Plugin, std: &Std) -> Result<plugin::Model, Refusal> {
    install(app, actor, plugin, std, plugin_consent::of(actor), None).await
}

/// The same, with what was agreed to, and how much that it would do at once was confirmed. The verdict comes first: nobody is asked to agree to what is refused
/// anyway, and nobody to confirm what was not agreed to.
///
/// # Errors
/// As [`install_plugin`]; what it asks for, when nobody agreed to that; and what it would do at once, when that is much and nobody confirmed it.
pub async fn install(
    app: &App,
    actor: &Actor,
    plugin: Plugin,
    std: &Std,
    consent: Consent,
    confirm: Option<u64>,
) -> Result<plugin::Model, Refusal> {
    let version = NewVersion::of(plugin, std);
    version.compile(app, std).await?;
    let own = version.sources();
    for _ in 0..JUDGED_AT_MOST {
        let judged = judging::judge(app, &version.plugin, &own).await?;
        if let Some(refusal) = judged.refusal() {
            if write_refusal(app, actor, &version.plugin, &own, judged).await? {
                return Err(refusal);
            }
            continue;
        }
        if let Some(refusal) = judged.refusal_by_views() {
            return Err(refusal);
        }
        if consent != Consent::OfTheMachine {
            let installed = installed_version(app.store.read(), version.plugin.id()).await?;
            plugin_consent::check(&version.plugin.manifest, installed.as_ref(), &consent)?;
            plugin_forecast::check_version(app, &version, confirm).await?;
        }
        if let Some(row) = write_version(app, actor, version.clone(), own.clone(), judged, consent.clone()).await? {
            // Whoever reads that it is installed may count on it from this moment; a machine that installs many reads them together.
            if consent != Consent::OfTheMachine {
                app.refresh_plugins().await?;
            }
            return Ok(row);
        }
    }
    Err(Refusal::NotNow { why: "Other plugins are being installed at the same moment. Try again in a moment.".into() })
}

/// A plugin that is to be installed.
#[derive(Clone, Debug)]
pub(crate) struct NewVersion {
    pub(crate) plugin: Plugin,
    /// Its scripts and the modules that they import.
    pub(crate) files: BTreeMap<String, String>,
    /// The hash of what workers compile.
    pub(crate) hash: String,
}

impl NewVersion {
    /// A plugin with the modules that its scripts import.
    pub(crate) fn of(plugin: Plugin, std: &Std) -> Self {
        let scripts = script_set(&plugin, std);
        let own = plugin.files.iter().map(|(name, text)| (name.clone(), text.clone()));
        Self {
            hash: scripts.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            files: own.chain(scripts.modules).collect(),
            plugin,
        }
    }

    /// Its manifest, as TOML.
    pub(crate) fn manifest(&self) -> String {
        manifest_text(&self.plugin)
    }

    /// What it is judged on.
    pub(crate) fn sources(&self) -> Sources {
        Sources::of(&self.plugin, self.manifest(), self.files.clone())
    }

    /// Lets a worker compile it.
    ///
    /// # Errors
    /// What does not compile, and where.
    pub(crate) async fn compile(&self, app: &App, std: &Std) -> Result<(), Refusal> {
        let Some(pool) = &app.pool else { return Ok(()) };
        let checked = pool.check(&script_set(&self.plugin, std)).await;
        checked.map(drop).map_err(|error| {
            let place = error.at.map_or_else(String::new, |(line, column)| format!(" (line {line}, column {column})"));
            Refusal::invalid(error.file.clone().unwrap_or_else(|| "scripts".to_owned()), format!("{error}{place}"))
        })
    }
}

/// The version of a plugin that is installed; none where it was removed, though its versions are kept.
///
/// # Errors
/// What the store reports.
pub(crate) async fn installed_version(
    conn: &impl ConnectionTrait,
    plugin: &str,
) -> Result<Option<script_version::Model>, Refusal> {
    match record::find::<plugin::Model>(conn, plugin.to_owned()).await? {
        Some(_) => Ok(pact_store::plugin::newest_version(conn, plugin).await?),
        None => Ok(None),
    }
}

/// Records a refusal; `false` when other plugins changed in the meantime, because the verdict was given together with them.
async fn write_refusal(
    app: &App,
    actor: &Actor,
    plugin: &Plugin,
    own: &Sources,
    judged: judging::Judged,
) -> Result<bool, Refusal> {
    let (actor, plugin, own, now) = (actor.clone(), plugin.clone(), own.clone(), app.clock.now());
    app.store
        .write(async move |tx| {
            // First, so that nothing is installed between the look and the entry.
            pact_store::evidence::hold_head(tx).await?;
            if !judged.is_of_now(tx, plugin.id()).await? {
                return Ok(false);
            }
            let mut recording = Recording::by(&actor, now)?;
            let act = sources::refused(&mut recording, &plugin, &own, judged.report());
            recording.write(tx, act).await?;
            Ok(true)
        })
        .await
}

/// Stores what was judged; nothing when other plugins changed in the meantime, because the verdict was given together with them.
async fn write_version(
    app: &App,
    actor: &Actor,
    version: NewVersion,
    own: Sources,
    judged: judging::Judged,
    consent: Consent,
) -> Result<Option<plugin::Model>, Refusal> {
    let scene = app.scene(actor);
    app.store
        .write(async move |tx| {
            let NewVersion { plugin, files, hash } = &version;
            pact_store::evidence::hold_head(tx).await?;
            let installed = installed_version(tx, plugin.id()).await?;
            let consented = plugin_consent::check(&plugin.manifest, installed.as_ref(), &consent)?;
            plugin_requires::check_version(tx, &plugin.manifest).await?;
            if !judged.settle(tx, plugin.id()).await? {
                return Ok(None);
            }
            let manifest = manifest_text(plugin);
            let certificate = judged.certificate(&plugin.manifest, &manifest, files);
            if let Some(act) = consented {
                record_act(tx, &scene.actor, scene.now, act).await?;
            }
            match installed {
                Some(newest) if newest.hash == *hash && newest.manifest == manifest && newest.files.0 == json!(files) => {
                    pact_store::plugin::certify(tx, newest.id, certificate).await?;
                }
                newest => {
                    let mut recording = Recording::by(&scene.actor, scene.now)?;
                    let act = PolicyAct::PluginInstalled {
                        plugin: plugin.id().to_owned(),
                        version: plugin.manifest.version.clone(),
                        sources: recording.text(own.text()),
                        replaces: newest.map(|newest| newest.version),
                        verdict: sources::verdict(&mut recording, judged.report()),
                    };
                    recording.write(tx, act).await?;
                    insert_version(tx, &version, manifest, certificate, &scene).await?;
                }
            }
            for field in &plugin.manifest.fields {
                define_field(tx, plugin.id(), field).await?;
            }
            crate::formulas::renew(tx).await?;
            judged.tell_acts(tx).await?;
            let file = judging::named_apart(plugin).manifest_file.name;
            write_views(tx, plugin, |view| judged.view_verdict(&file, view), scene.now.millis()).await?;
            let row = write_row(tx, plugin, &scene).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok(Some(row))
        })
        .await
}

async fn insert_version(
    tx: &Tx,
    version: &NewVersion,
    manifest: String,
    certificate: serde_json::Value,
    scene: &Scene,
) -> Result<(), Refusal> {
    let NewVersion { plugin, files, hash } = version;
    let row = script_version::Model {
        id: pact_core::id::random(),
        plugin_id: plugin.id().to_owned(),
        version: plugin.manifest.version.clone(),
        manifest,
        files: json!(files).into(),
        hash: hash.clone(),
        certificate: Some(certificate.into()),
        created_at: scene.now.millis(),
        created_by_id: scene.actor.person_id(),
        // The database counts.
        number: 0,
    };
    Ok(record::insert(tx, row).await?)
}

/// The manifest as TOML: a single script carries it in its leading lines.
pub(crate) fn manifest_text(plugin: &Plugin) -> String {
    let file = &plugin.manifest_file;
    if plugin.files.contains_key(&file.name) { leading_manifest(&file.text) } else { file.text.clone() }
}

async fn write_row(tx: &Tx, plugin: &Plugin, scene: &Scene) -> Result<plugin::Model, Refusal> {
    let manifest = &plugin.manifest;
    let Some(before) = record::find::<plugin::Model>(tx, manifest.id.clone()).await? else {
        let row = plugin::Model {
            id: manifest.id.clone(),
            revision: record::new_revision(),
            title: manifest.title.clone(),
            summary: manifest.summary.clone(),
            version: manifest.version.clone(),
            enabled: true,
            settings: json!({}).into(),
            installed_at: scene.now.millis(),
        };
        record::insert(tx, row.clone()).await?;
        return Ok(row);
    };
    let after = plugin::Model {
        title: manifest.title.clone(),
        summary: manifest.summary.clone(),
        version: manifest.version.clone(),
        settings: AsJson(json!(super::plugin_settings::still_fitting(manifest, &before)?)),
        ..before.clone()
    };
    // Settings that this version has no more go.
    settings_version::keep(tx, &before, &after.settings.0, How::Installed, (scene.now, scene.actor.person_id())).await?;
    Ok(record::save(tx, &before, after).await?)
}

async fn define_field(tx: &Tx, plugin: &str, field: &Field) -> Result<(), Refusal> {
    let row = custom_field::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        on_record: field_record(field.on.kind()).unwrap_or_default().to_owned(),
        name: field.name.clone(),
        label: field.label.clone(),
        field_type: word(&field.ty),
        helps: field.helps.clone().unwrap_or_default(),
        because: field.because.clone().unwrap_or_default(),
        about: field.about.clone(),
        help: field.help.clone(),
        options: field.options.clone().into(),
        required: field.required,
        kind: field.kind.as_ref().map(word),
        formula: field.formula.clone(),
        plugin_id: Some(plugin.to_owned()),
        default_text: None,
        default_lookup: None,
        default_number: None,
        default_words: None,
        removed_at: None,
        removed_name: None,
        acts: false,
        failure: None,
        sealed: None,
        read_by: field.read_by.clone().into(),
        write_by: field.write_by.clone().into(),
    };
    let default = field.default.as_ref().map(|value| json!(value));
    let row = crate::ops::field::with_default(row, default.as_ref())?;
    match known_field(tx, &row.on_record, &row.name).await? {
        None => {
            if row.formula.is_some() {
                pact_store::formula::sweep(tx, &row.on_record).await?;
            }
            Ok(record::insert(tx, row).await?)
        }
        Some(known) if same_meaning(&known, &row) => Ok(()),
        Some(_) => Err(Refusal::invalid(
            format!("field.{}", field.name),
            "Another definition of this field exists. Repeat that definition word for word, or choose another name.",
        )),
    }
}

async fn known_field(tx: &Tx, on: &str, name: &str) -> Result<Option<custom_field::Model>, Refusal> {
    Ok(pact_store::field::on_record(tx, on).await?.into_iter().find(|field| field.name == name))
}

/// The word of a closed set, as a manifest has it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn same_meaning(one: &custom_field::Model, other: &custom_field::Model) -> bool {
    let bare = |row: &custom_field::Model| custom_field::Model {
        id: Uuid::nil(),
        revision: String::new(),
        plugin_id: None,
        // They follow from the default.
        default_words: None,
        acts: false,
        failure: None,
        sealed: None,
        ..row.clone()
    };
    bare(one) == bare(other)
}
