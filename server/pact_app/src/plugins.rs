//! The plugins that are installed and enabled, ready to run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pact_core::time::Instant;
use pact_policy::manifest::{File, Manifest, Plugin};
use pact_policy::table::{Capability, EntryPoint};
use pact_script::plugin::{MANIFEST_FILE, STD_PREFIX, Std, functions_of, script_set, settings};
use pact_script::pool::Pool;
use pact_script::run::Scripts;
use pact_script::value::Value;
use pact_store::entity::{custom_field, plugin, script_version};
use pact_store::{Store, StoreError, automation};
use uuid::Uuid;

use crate::certify::{self, Stands};
use crate::facts::field_record;
use crate::formulas::Formulas;

/// Every enabled plugin, by id.
#[derive(Debug, Default)]
pub struct Plugins {
    all: Vec<Arc<Installed>>,
    formulas: Arc<Formulas>,
    /// Why plugins that are switched on do not run, by id.
    left_out: BTreeMap<String, String>,
    /// Whether all automation is stopped.
    stopped: bool,
}

/// An enabled plugin in the version that runs.
#[derive(Debug)]
pub struct Installed {
    /// The manifest's id.
    pub id: String,
    /// The stored version.
    pub version: Uuid,
    /// The manifest.
    pub manifest: Manifest,
    /// What workers compile.
    pub scripts: Arc<Scripts>,
    /// Names of the functions that are called: those of scripts that are switched on.
    pub functions: BTreeSet<String>,
    /// Settings: what the admin chose, else the defaults.
    pub settings: Arc<BTreeMap<String, Value>>,
    /// Custom fields that the manifest declares.
    pub fields: Arc<[custom_field::Model]>,
    /// What it may do.
    pub may: BTreeSet<Capability>,
}

impl Plugins {
    /// Reads the enabled plugins. One that cannot be made ready, or whose certificate does not hold, is left out and reported in the
    /// server's log.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn load(store: &Store, pool: Option<&Pool>, now: Instant) -> Result<Self, StoreError> {
        let Some(pool) = pool else { return Ok(Self::default()) };
        let rows = pact_store::plugin::all(store.read()).await?;
        let fields = pact_store::field::all(store.read()).await?;
        let Stands { plugins: mut standing, fields: stand } = certify::standing(store, now).await?;
        let off = automation::scripts_off(store.read()).await?;
        let stopped = !automation::state(store.read()).await?.running;
        let (mut all, mut left_out) = (Vec::new(), BTreeMap::new());
        for row in rows.into_iter().filter(|row| row.enabled) {
            let installed = match standing.remove(&row.id) {
                Some(Ok(version)) => {
                    let off: BTreeSet<&str> =
                        off.iter().filter(|one| one.plugin_id == row.id).map(|one| one.file.as_str()).collect();
                    installed(pool, &row, &version, &fields, &off).await
                }
                Some(Err(why)) => Err(why),
                None => continue,
            };
            match installed {
                Ok(plugin) => all.push(Arc::new(plugin)),
                Err(why) => {
                    tracing::error!(plugin = row.id, why, "a plugin is left out");
                    left_out.insert(row.id, why);
                }
            }
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        let may_run = |row: &custom_field::Model| match &row.plugin_id {
            None => stand.contains(&row.id),
            // A plugin that is switched off computes nothing.
            Some(_) => all.iter().any(|plugin| plugin.fields.iter().any(|field| field.id == row.id)),
        };
        let formulas = Arc::new(Formulas::of(&fields, may_run));
        Ok(Self { all, formulas, left_out, stopped })
    }

    /// The formulas that are computed.
    pub(crate) fn formulas(&self) -> Arc<Formulas> {
        Arc::clone(&self.formulas)
    }

    /// Why a plugin that is switched on does not run.
    pub fn left_out(&self, plugin: &str) -> Option<&str> {
        self.left_out.get(plugin).map(String::as_str)
    }

    /// Whether all automation is stopped: events wait, and nobody calls anything.
    pub const fn are_stopped(&self) -> bool {
        self.stopped
    }

    /// The plugins with a function for this event. Those for coaching hear of days inside a period and of nothing else.
    pub fn asking_for(&self, point: EntryPoint) -> impl Iterator<Item = &Arc<Installed>> {
        let is_coaching = point == EntryPoint::CoachingDay;
        let asking = move |plugin: &&Arc<Installed>| plugin.functions.contains(point.entry().name);
        self.all.iter().filter(move |plugin| plugin.manifest.coaching == is_coaching).filter(asking)
    }

    /// Every enabled plugin.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Installed>> {
        self.all.iter()
    }
}

async fn installed(
    pool: &Pool,
    row: &plugin::Model,
    version: &script_version::Model,
    fields: &[custom_field::Model],
    off: &BTreeSet<&str>,
) -> Result<Installed, String> {
    let chosen: BTreeMap<String, toml::Value> =
        serde_json::from_value(row.settings.0.clone()).map_err(|error| format!("its settings cannot be read: {error}"))?;
    let mut ready = ready(pool, plugin_of(version)?, &std_of(version)?, &chosen, fields, version.id).await?;
    if !off.is_empty() {
        let on: Vec<&str> =
            ready.scripts.files.iter().filter(|(file, _)| !off.contains(file.as_str())).map(|(_, text)| text.as_str()).collect();
        ready.functions.retain(|name| on.iter().any(|text| functions_of(text).contains(name)));
    }
    Ok(ready)
}

/// Makes a plugin ready to run, whether it is installed or not: whoever asks has had it judged.
pub(crate) async fn ready(
    pool: &Pool,
    plugin: Plugin,
    std: &Std,
    chosen: &BTreeMap<String, toml::Value>,
    fields: &[custom_field::Model],
    version: Uuid,
) -> Result<Installed, String> {
    let settings = settings(&plugin.manifest, chosen).map_err(|error| error.to_string())?;
    ready_with(pool, plugin, std, settings, fields, version).await
}

/// The same with settings as scripts read them: those of a run that is done again.
pub(crate) async fn ready_with(
    pool: &Pool,
    plugin: Plugin,
    std: &Std,
    settings: BTreeMap<String, Value>,
    fields: &[custom_field::Model],
    version: Uuid,
) -> Result<Installed, String> {
    let scripts = Arc::new(script_set(&plugin, std));
    let functions = pool.check(&scripts).await.map_err(|error| error.to_string())?;
    let declared: Arc<[custom_field::Model]> =
        fields
            .iter()
            .filter(|field| {
                plugin.manifest.fields.iter().any(|declared| {
                    field_record(declared.on.kind()) == Some(field.on_record.as_str()) && declared.name == field.name
                })
            })
            .cloned()
            .collect();
    Ok(Installed {
        id: plugin.manifest.id.clone(),
        version,
        may: plugin.manifest.may.iter().copied().collect(),
        scripts,
        functions: functions.into_iter().map(|(name, _)| name).collect(),
        settings: Arc::new(settings),
        fields: declared,
        manifest: plugin.manifest,
    })
}

/// The plugin that a stored version holds, without the modules that it imports.
pub(crate) fn plugin_of(version: &script_version::Model) -> Result<Plugin, String> {
    let manifest = File { name: MANIFEST_FILE.to_owned(), text: version.manifest.clone() };
    let own = files_of(version)?.into_iter().filter(|(name, _)| !name.starts_with(STD_PREFIX));
    let files = own.map(|(name, text)| File { name, text }).collect();
    Plugin::from_folder(manifest, files).map_err(|error| format!("{} line {}: {}", error.file, error.line, error.message))
}

/// The modules that a stored version imports; they are kept with it, so that a later release of a module changes nothing that runs.
pub(crate) fn std_of(version: &script_version::Model) -> Result<Std, String> {
    Ok(files_of(version)?.into_iter().filter(|(name, _)| name.starts_with(STD_PREFIX)).collect())
}

/// The files of a stored version, modules among them.
pub(crate) fn files_of(version: &script_version::Model) -> Result<BTreeMap<String, String>, String> {
    serde_json::from_value(version.files.0.clone()).map_err(|error| format!("its files cannot be read: {error}"))
}
