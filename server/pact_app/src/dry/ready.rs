//! The script of a dry run, judged and compiled.

use std::collections::BTreeMap;

use pact_script::plugin::script_set;
use pact_store::entity::{plugin, script_version};
use pact_store::record;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::ask::What;
use crate::evidence::sources::Sources;
use crate::ops::plugin::manifest_text;
use crate::ops::plugin_settings::{Sent, read_sent};
use crate::plugins::{Installed, plugin_of, ready, std_of};
use crate::{App, Refusal, judging};

/// A script that can be run, and what it was set to.
pub(crate) struct Ready {
    /// The script.
    pub(crate) plugin: Installed,
    /// Its settings, but for those that have their defaults.
    pub(super) settings: Map<String, Json>,
}

/// The script, judged and compiled, with these settings in place of those that an admin chose; null stands for the default.
pub(crate) async fn made_ready(app: &App, what: &What, settings: &Map<String, Json>) -> Result<Ready, Refusal> {
    let pool = app.pool.as_deref().ok_or_else(|| Refusal::NotNow {
        why: "No scripts run on this server, so none can be tried. Start it with its script workers.".to_owned(),
    })?;
    let (plugin, std, own, version, stored) = match what {
        What::Installed { plugin, version } => {
            let row = version_of(app, plugin, *version).await?;
            let (read, std) = (plugin_of(&row).map_err(Refusal::defect)?, std_of(&row).map_err(Refusal::defect)?);
            let own = Sources::stored(&row).map_err(Refusal::defect)?;
            let installed: Option<plugin::Model> = record::find(app.store.read(), plugin.clone()).await?;
            (read, std, own, row.id, installed.map(|row| row.settings.0))
        }
        What::Sent(files) => {
            let (read, std) = read_sent(app, Sent::Files(files.clone())).await?;
            let modules = script_set(&read, &std).modules;
            let files = read.files.iter().map(|(name, text)| (name.clone(), text.clone())).chain(modules).collect();
            let own = Sources::of(&read, manifest_text(&read), files);
            let installed: Option<plugin::Model> = record::find(app.store.read(), read.id().to_owned()).await?;
            // What an admin set holds where the new version still has the setting.
            let kept = installed.and_then(|row| row.settings.0.as_object().cloned()).map(|mut chosen| {
                chosen.retain(|name, _| read.manifest.settings.contains_key(name));
                Json::Object(chosen)
            });
            (read, std, own, Uuid::nil(), kept)
        }
    };
    if let Some(refusal) = judging::judge(app, &plugin, &own).await?.refusal() {
        return Err(refusal);
    }
    let mut chosen: Map<String, Json> = stored.and_then(|stored| stored.as_object().cloned()).unwrap_or_default();
    chosen.extend(settings.clone());
    chosen.retain(|_, value| !value.is_null());
    let mut as_toml = BTreeMap::new();
    for (name, value) in &chosen {
        let value = toml::Value::try_from(value)
            .map_err(|_| Refusal::invalid(format!("settings.{name}"), "this is no value of a setting."))?;
        as_toml.insert(name.clone(), value);
    }
    let fields = pact_store::field::all(app.store.read()).await?;
    let ready = ready(pool, plugin, &std, &as_toml, &fields, version).await;
    Ok(Ready { plugin: ready.map_err(|why| Refusal::invalid("script", why))?, settings: chosen })
}

async fn version_of(app: &App, plugin: &str, version: Option<Uuid>) -> Result<script_version::Model, Refusal> {
    let conn = app.store.read();
    match version {
        Some(version) => {
            let found = pact_store::plugin::version(conn, version).await?.filter(|row| row.plugin_id == plugin);
            found.ok_or_else(|| {
                Refusal::invalid("version_id", "this plugin has no version with this id. Choose one from its versions.")
            })
        }
        None => {
            let found = pact_store::plugin::newest_version(conn, plugin).await?;
            found.ok_or_else(|| {
                Refusal::invalid("plugin_id", "no plugin with this id is installed. Look it up in the list of plugins.")
            })
        }
    }
}
