//! Installed plugins: sent by admins, brought back to an earlier version, switched on and off, and set.

use std::collections::BTreeMap;

use pact_evidence::{Hash, PolicyAct};
use pact_policy::manifest::{File, Manifest, Plugin};
use pact_script::plugin::archive::open;
use pact_script::plugin::{MANIFEST_FILE, STD_PREFIX, Std, setting};
use pact_store::entity::plugin;
use pact_store::{AsJson, Notice, Tx, record};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::guard::same_revision;
use super::plugin::install;
use super::plugin_consent::Consent;
use super::settings_version::{self, How};
use super::{plugin_forecast, plugin_requires};
use crate::evidence::record as record_act;
use crate::plugins::{files_of, plugin_of, std_of};
use crate::{Actor, App, Refusal};

/// The most files that a plugin is sent with.
pub const MAX_FILES: usize = 100;

/// A plugin as its files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendPlugin {
    /// The manifest, as TOML; nothing for one script that carries it in its leading lines.
    pub manifest: Option<String>,
    /// The scripts by file name; modules that they import may come along as `std/NAME`.
    pub files: BTreeMap<String, String>,
}

/// Set an installed plugin.
#[derive(Clone, Debug)]
pub struct SetPlugin {
    /// The plugin.
    pub id: String,
    /// The revision that the change is based on.
    pub revision: String,
    /// Settings by name; null goes back to the default, those left out stay.
    pub settings: Map<String, Value>,
    /// How much it would do at once, confirmed.
    pub confirm: Option<u64>,
}

/// What somebody sends to be installed.
#[derive(Clone, Debug)]
pub enum Sent {
    /// The files one by one.
    Files(SendPlugin),
    /// One archive.
    Archive(Vec<u8>),
}

/// Installs a plugin, or a new version of one.
///
/// Modules that do not come along are taken from what is installed: the newest version of a plugin that imports them.
///
/// # Errors
/// Files that cannot be read, that the policy refuses, or that do not compile; what it asks for, when nobody agreed to that; much that it would do at once, when
/// nobody confirmed that.
pub async fn send_plugin(
    app: &App,
    actor: &Actor,
    sent: Sent,
    consent: Option<String>,
    confirm: Option<u64>,
) -> Result<plugin::Model, Refusal> {
    let (plugin, std) = read_sent(app, sent).await?;
    install(app, actor, plugin, &std, Consent::By(consent), confirm).await
}

/// The plugin that was sent, and the modules that its scripts may import.
///
/// # Errors
/// What is no plugin.
pub(crate) async fn read_sent(app: &App, sent: Sent) -> Result<(Plugin, Std), Refusal> {
    let known = known_modules(app).await?.into_iter();
    match sent {
        Sent::Archive(bytes) => {
            let opened = tokio::task::spawn_blocking(move || open(&bytes)).await.map_err(Refusal::defect)?;
            let archive = opened.map_err(|error| Refusal::invalid("archive", error.to_string()))?;
            check_count(archive.plugin.files.len())?;
            Ok((archive.plugin, known.chain(archive.modules).collect()))
        }
        Sent::Files(SendPlugin { manifest, files }) => {
            let (plugin, modules) = read_files(manifest, files)?;
            Ok((plugin, known.chain(modules).collect()))
        }
    }
}

/// The plugin that some files are, and the modules among them.
///
/// # Errors
/// What is no plugin.
fn read_files(manifest: Option<String>, files: BTreeMap<String, String>) -> Result<(Plugin, BTreeMap<String, String>), Refusal> {
    check_count(files.len())?;
    let (modules, own): (BTreeMap<_, _>, BTreeMap<_, _>) = files.into_iter().partition(|(name, _)| name.starts_with(STD_PREFIX));
    let mut scripts = Vec::with_capacity(own.len());
    for (name, text) in own {
        let checked = File::from_bytes(&name, text.into_bytes());
        scripts.push(checked.map_err(|error| Refusal::invalid(format!("files.{name}"), error.to_string()))?);
    }
    let plugin = match (manifest, scripts.pop()) {
        (Some(text), last) => {
            scripts.extend(last);
            Plugin::from_folder(File { name: MANIFEST_FILE.to_owned(), text }, scripts)
        }
        (None, Some(only)) if scripts.is_empty() => Plugin::from_script(only),
        (None, _) => {
            let why = "leave it out only for one script that carries its manifest in its leading lines.";
            return Err(Refusal::invalid("manifest", why));
        }
    };
    Ok((plugin.map_err(|error| Refusal::invalid("manifest", error.to_string()))?, modules))
}

fn check_count(files: usize) -> Result<(), Refusal> {
    if files <= MAX_FILES {
        return Ok(());
    }
    let why = format!("a plugin has at most {MAX_FILES} files. Put scripts together, or make two plugins.");
    Err(Refusal::invalid("files", why))
}

/// Brings a plugin back to an earlier version, with the modules that it imported then; it is judged again, since the policy may have changed.
///
/// # Errors
/// A version that is not this plugin's, or files as [`send_plugin`] refuses them.
pub async fn restore_plugin(
    app: &App,
    actor: &Actor,
    id: &str,
    version: Uuid,
    confirm: Option<u64>,
) -> Result<plugin::Model, Refusal> {
    let found = pact_store::plugin::version(app.store.read(), version).await?.filter(|row| row.plugin_id == id);
    let row = found.ok_or_else(|| {
        Refusal::invalid("version_id", "this plugin has no version with this id. Choose one from its versions.")
    })?;
    let plugin = plugin_of(&row).map_err(Refusal::defect)?;
    let std = std_of(&row).map_err(Refusal::defect)?;
    install(app, actor, plugin, &std, Consent::GivenBefore, confirm).await
}

/// The modules that installed plugins import.
pub(crate) async fn known_modules(app: &App) -> Result<BTreeMap<String, String>, Refusal> {
    let mut modules = BTreeMap::new();
    for row in pact_store::plugin::all(app.store.read()).await? {
        if let Some(version) = pact_store::plugin::newest_version(app.store.read(), &row.id).await? {
            let files = files_of(&version).map_err(Refusal::defect)?;
            modules.extend(files.into_iter().filter(|(name, _)| name.starts_with(STD_PREFIX)));
        }
    }
    Ok(modules)
}

/// Switches a plugin on or off. What is off is called by nothing; its fields and their values stay.
///
/// # Errors
/// A revision that is not the present one, or other plugins that it needs or that need it.
pub async fn switch_plugin(
    app: &App,
    actor: &Actor,
    id: String,
    revision: String,
    enabled: bool,
) -> Result<plugin::Model, Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    let saved = app
        .store
        .write(async move |tx| {
            let before = hold(tx, &id, &revision).await?;
            if before.enabled != enabled {
                match enabled {
                    true => {
                        plugin_requires::check_on(tx, &id).await?;
                        pact_store::automation::start_anew(tx, &id).await?;
                    }
                    false => plugin_requires::check_off(tx, &id).await?,
                }
                record_act(tx, &actor, now, PolicyAct::PluginSwitched { plugin: id.clone(), enabled }).await?;
            }
            let saved = record::save(tx, &before, plugin::Model { enabled, ..before.clone() }).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok::<_, Refusal>(saved)
        })
        .await?;
    app.refresh_plugins().await?;
    Ok(saved)
}

/// Sets a plugin; what its manifest does not offer, or does not take, is refused.
///
/// # Errors
/// A revision that is not the present one, a setting that the manifest refuses, or much that would be done at once, when nobody confirmed that.
pub async fn set_plugin(app: &App, actor: &Actor, command: SetPlugin) -> Result<plugin::Model, Refusal> {
    let SetPlugin { id, revision, settings, confirm } = command;
    let before: plugin::Model = record::get(app.store.read(), id).await?;
    same_revision(&before, &revision)?;
    apply(app, actor, before, settings, confirm, How::Set).await
}

/// Gives a plugin other settings, if it is still as it was read.
pub(crate) async fn apply(
    app: &App,
    actor: &Actor,
    before: plugin::Model,
    settings: Map<String, Value>,
    confirm: Option<u64>,
    how: How,
) -> Result<plugin::Model, Refusal> {
    let mut chosen = before.settings.as_object().cloned().unwrap_or_default();
    for (name, value) in &settings {
        match value {
            Value::Null => drop(chosen.remove(name)),
            value => drop(chosen.insert(name.clone(), value.clone())),
        }
    }
    check(app.store.read(), &before.id, &chosen).await?;
    plugin_forecast::check_settings(app, &before, settings.clone(), confirm).await?;
    let (actor, now, chosen) = (actor.clone(), app.clock.now(), Value::Object(chosen));
    let saved = app
        .store
        .write(async move |tx| {
            let before = hold(tx, &before.id, &before.revision).await?;
            let id = before.id.clone();
            // Another version may be there since.
            check(tx, &id, chosen.as_object().unwrap_or(&Map::new())).await?;
            let names = settings.keys().cloned().collect();
            let to = Hash::of(chosen.to_string());
            record_act(tx, &actor, now, PolicyAct::PluginSet { plugin: id, settings: names, to }).await?;
            settings_version::keep(tx, &before, &chosen, how, (now, actor.person_id())).await?;
            let after = plugin::Model { settings: AsJson(chosen.clone()), ..before.clone() };
            let saved = record::save(tx, &before, after).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok::<_, Refusal>(saved)
        })
        .await?;
    app.refresh_plugins().await?;
    Ok(saved)
}

async fn hold(tx: &Tx, id: &str, revision: &str) -> Result<plugin::Model, Refusal> {
    let row = record::hold::<plugin::Model>(tx, id.to_owned()).await?;
    same_revision(&row, revision)?;
    Ok(row)
}

/// Refuses settings that the version which runs does not take.
async fn check(conn: &impl ConnectionTrait, id: &str, chosen: &Map<String, Value>) -> Result<(), Refusal> {
    let version = pact_store::plugin::newest_version(conn, id).await?.ok_or(Refusal::NotFound { what: "plugin" })?;
    let manifest = plugin_of(&version).map_err(Refusal::defect)?.manifest;
    let known: Vec<&str> = manifest.settings.keys().map(String::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let mut errors = misfits(&manifest, chosen);
    for name in chosen.keys().filter(|name| !manifest.settings.contains_key(*name)) {
        errors.push((format!("settings.{name}"), format!("this plugin has no such setting. It has: {known}.")));
    }
    refuse(errors)
}

/// The settings of an installed plugin that another version of it has too.
///
/// # Errors
/// Those whose values this version does not take.
pub(crate) fn still_fitting(manifest: &Manifest, row: &plugin::Model) -> Result<Map<String, Value>, Refusal> {
    let mut chosen = row.settings.as_object().cloned().unwrap_or_default();
    chosen.retain(|name, _| manifest.settings.contains_key(name));
    refuse(misfits(manifest, &chosen))?;
    Ok(chosen)
}

/// Of some settings of a plugin those that the version which runs has.
///
/// # Errors
/// Those whose values it does not take.
pub(crate) async fn fitting(
    conn: &impl ConnectionTrait,
    id: &str,
    mut chosen: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let version = pact_store::plugin::newest_version(conn, id).await?.ok_or(Refusal::NotFound { what: "plugin" })?;
    let manifest = plugin_of(&version).map_err(Refusal::defect)?.manifest;
    chosen.retain(|name, _| manifest.settings.contains_key(name));
    refuse(misfits(&manifest, &chosen))?;
    Ok(chosen)
}

/// What is wrong with the values of settings that a manifest has, one by one.
fn misfits(manifest: &Manifest, chosen: &Map<String, Value>) -> Vec<(String, String)> {
    let each = chosen.iter().filter_map(|(name, value)| {
        let it = manifest.settings.get(name)?;
        let checked = match toml::Value::try_from(value) {
            Ok(value) => setting(name, it, &value).map(drop).map_err(|error| format!("{}.", error.message.trim_end_matches('.'))),
            Err(_) => Err("is no value of a setting.".to_owned()),
        };
        checked.err().map(|why| (format!("settings.{name}"), why))
    });
    each.collect()
}

fn refuse(mut errors: Vec<(String, String)>) -> Result<(), Refusal> {
    match errors.len() {
        0 => Ok(()),
        1 => Err(errors.pop().map_or_else(|| Refusal::defect("no error"), |(field, why)| Refusal::Invalid { field, why })),
        _ => Err(Refusal::Values { errors }),
    }
}
