//! Installed plugins: switched on and off, and set by admins.

use std::collections::BTreeMap;

use pact_script::plugin::settings;
use pact_store::entity::plugin;
use pact_store::{AsJson, Notice, Tx, record};
use serde_json::{Map, Value};

use super::guard::same_revision;
use crate::plugins::plugin_of;
use crate::{Actor, App, Refusal};

/// Set an installed plugin.
#[derive(Clone, Debug)]
pub struct SetPlugin {
    /// The plugin.
    pub id: String,
    /// The revision that the change is based on.
    pub revision: String,
    /// Settings by name; null goes back to the default, those left out stay.
    pub settings: Map<String, Value>,
}

/// Switches a plugin on or off. What is off is called by nothing; its fields and their values stay.
///
/// # Errors
/// A revision that is not the present one.
pub async fn switch_plugin(app: &App, _actor: &Actor, id: String, revision: String, enabled: bool) -> Result<plugin::Model, Refusal> {
    app.store
        .write(async move |tx| {
            let before = hold(tx, &id, &revision).await?;
            let saved = record::save(tx, &before, plugin::Model { enabled, ..before.clone() }).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok(saved)
        })
        .await
}

/// Sets a plugin; what its manifest does not offer, or does not take, is refused.
///
/// # Errors
/// A revision that is not the present one, or a setting that the manifest refuses.
pub async fn set_plugin(app: &App, _actor: &Actor, command: SetPlugin) -> Result<plugin::Model, Refusal> {
    app.store
        .write(async move |tx| {
            let before = hold(tx, &command.id, &command.revision).await?;
            let mut chosen = before.settings.as_object().cloned().unwrap_or_default();
            for (name, value) in &command.settings {
                match value {
                    Value::Null => drop(chosen.remove(name)),
                    value => drop(chosen.insert(name.clone(), value.clone())),
                }
            }
            check(tx, &command.id, &chosen).await?;
            let after = plugin::Model { settings: AsJson(Value::Object(chosen)), ..before.clone() };
            let saved = record::save(tx, &before, after).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok(saved)
        })
        .await
}

async fn hold(tx: &Tx, id: &str, revision: &str) -> Result<plugin::Model, Refusal> {
    let row = record::hold::<plugin::Model>(tx, id.to_owned()).await?;
    same_revision(&row, revision)?;
    Ok(row)
}

/// Refuses settings that the version which runs does not take.
async fn check(tx: &Tx, id: &str, chosen: &Map<String, Value>) -> Result<(), Refusal> {
    let version = pact_store::plugin::newest_version(tx, id).await?.ok_or(Refusal::NotFound { what: "plugin" })?;
    let manifest = plugin_of(&version).map_err(Refusal::defect)?.manifest;
    if let Some(name) = chosen.keys().find(|name| !manifest.settings.contains_key(*name)) {
        let known: Vec<&str> = manifest.settings.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(Refusal::invalid(format!("settings.{name}"), format!("this plugin has no such setting. It has: {known}.")));
    }
    let mut as_toml = BTreeMap::new();
    for (name, value) in chosen {
        let value = toml::Value::try_from(value).map_err(|_| Refusal::invalid(format!("settings.{name}"), "this is no value of a setting."))?;
        as_toml.insert(name.clone(), value);
    }
    settings(&manifest, &as_toml).map(drop).map_err(|error| Refusal::invalid("settings", error.to_string()))
}
