//! Before a plugin is switched on, installed or set otherwise: what it would do at once, counted by a dry run of its next ticks and of the leads that are quiet
//! already.
//!
//! "This would transfer 12 leads at once; continue?" Above a bound (`confirm_above`) whoever does it must say that very number. Of another version and of other
//! settings counts only what the plugin would not do anyway: a sweep that shows thirty leads every morning is confirmed once.

use std::collections::{BTreeMap, BTreeSet};

use pact_policy::table::EntryPoint;
use pact_store::entity::plugin;
use pact_store::record;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::plugin::NewVersion;
use super::plugin_settings::{SendPlugin, switch_plugin};
use crate::dry::{Over, StartDryRun, What, made_ready, sums_of};
use crate::jobs::would_be_told;
use crate::{Actor, App, Refusal};

/// Effects at once above which somebody must confirm them, when nothing else is set.
pub const CONFIRM_ABOVE: u64 = 10;

/// What a plugin would do at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// How many of each effect.
    pub effects: BTreeMap<String, u64>,
}

impl Forecast {
    /// How much it is altogether.
    pub fn count(&self) -> u64 {
        self.effects.values().sum()
    }

    /// The number that somebody must confirm, if it is much.
    pub fn to_confirm(&self, app: &App) -> Option<u64> {
        Some(self.count()).filter(|count| *count > app.confirm_above)
    }
}

/// Counts what an installed plugin would do at its next ticks, and for the leads that are quiet for longer than it waits, with the settings that it has. Nothing is
/// counted where no scripts run.
///
/// # Errors
/// A plugin that is not there or that today's rules refuse, or a store that does not answer.
pub async fn forecast(app: &App, id: &str) -> Result<Forecast, Refusal> {
    forecast_as(app, &What::Installed { plugin: id.to_owned(), version: None }, &Map::new()).await
}

/// The same for any version, with other settings.
async fn forecast_as(app: &App, what: &What, settings: &Map<String, Value>) -> Result<Forecast, Refusal> {
    let mut found = Forecast::default();
    if app.pool.is_none() {
        return Ok(found);
    }
    let plugin = made_ready(app, what, settings).await?.plugin;
    let calls: BTreeSet<&str> = plugin.manifest.schedules.iter().map(|schedule| schedule.call.as_str()).collect();
    let mut asked: Vec<(String, Over)> = calls.into_iter().map(|call| (call.to_owned(), Over::Tick)).collect();
    let quiet = would_be_told(app, &plugin).await?;
    if !quiet.is_empty() {
        asked.push((EntryPoint::LeadQuiet.entry().name.to_owned(), Over::Records(quiet)));
    }
    for (on, over) in asked {
        let command = StartDryRun { what: what.clone(), settings: settings.clone(), on, over, now: None };
        for (what, sum) in sums_of(app, Uuid::nil(), command).await? {
            if sum.now > 0 {
                *found.effects.entry(what).or_default() += sum.now;
            }
        }
    }
    Ok(found)
}

/// What a version of a plugin would do at once that the one which runs would not; nothing where it would be off.
///
/// # Errors
/// A version that cannot be tried, or a store that does not answer.
pub(crate) async fn of_version(app: &App, version: &NewVersion) -> Result<Forecast, Refusal> {
    let id = version.plugin.id();
    let running: Option<plugin::Model> = record::find(app.store.read(), id.to_owned()).await?;
    if running.as_ref().is_some_and(|row| !row.enabled) {
        return Ok(Forecast::default());
    }
    let what = What::Sent(SendPlugin { manifest: Some(version.manifest()), files: version.files.clone() });
    more(app, running.as_ref(), forecast_as(app, &what, &Map::new()).await?).await
}

/// Refuses a version that would do much more at once than the one which runs, if nobody has confirmed how much.
///
/// # Errors
/// [`Refusal::Unconfirmed`] with the figures, or a version that cannot be tried.
pub(crate) async fn check_version(app: &App, version: &NewVersion, confirm: Option<u64>) -> Result<(), Refusal> {
    check(app, of_version(app, version).await?, confirm)
}

/// The same for other settings of a plugin; null stands for a default.
///
/// # Errors
/// [`Refusal::Unconfirmed`] with the figures, or a version that cannot be tried.
pub(crate) async fn check_settings(
    app: &App,
    row: &plugin::Model,
    settings: Map<String, Value>,
    confirm: Option<u64>,
) -> Result<(), Refusal> {
    if !row.enabled {
        return Ok(());
    }
    let what = What::Installed { plugin: row.id.clone(), version: None };
    let found = match forecast_as(app, &what, &settings).await {
        // What today's rules refuse does not run.
        Err(Refusal::Policy { .. }) => return Ok(()),
        found => found?,
    };
    check(app, more(app, Some(row), found).await?, confirm)
}

/// What is found beyond what the plugin would do anyway.
async fn more(app: &App, running: Option<&plugin::Model>, found: Forecast) -> Result<Forecast, Refusal> {
    let Some(row) = running.filter(|_| found.count() > app.confirm_above) else { return Ok(found) };
    let anyway = match forecast(app, &row.id).await {
        Err(Refusal::Policy { .. }) => Forecast::default(),
        anyway => anyway?,
    };
    let beyond = found.effects.into_iter().map(|(what, count)| {
        let anyway = anyway.effects.get(&what).copied().unwrap_or_default();
        (what, count.saturating_sub(anyway))
    });
    Ok(Forecast { effects: beyond.filter(|(_, count)| *count > 0).collect() })
}

fn check(app: &App, found: Forecast, confirm: Option<u64>) -> Result<(), Refusal> {
    match found.to_confirm(app) {
        Some(count) if confirm != Some(count) => Err(Refusal::Unconfirmed { count, effects: found.effects }),
        Some(_) | None => Ok(()),
    }
}

/// Switches a plugin on, once somebody has confirmed what it would do at once, if that is much.
///
/// # Errors
/// [`Refusal::Unconfirmed`] with the figures, or what [`switch_plugin`] refuses.
pub async fn enable_plugin(
    app: &App,
    actor: &Actor,
    id: String,
    revision: String,
    confirm: Option<u64>,
) -> Result<plugin::Model, Refusal> {
    check(app, forecast(app, &id).await?, confirm)?;
    switch_plugin(app, actor, id, revision, true).await
}

/// Effects with their numbers: "12 × transfer, 3 × notify".
pub(crate) fn in_words(effects: &BTreeMap<String, u64>) -> String {
    effects.iter().map(|(what, count)| format!("{count} × {what}")).collect::<Vec<_>>().join(", ")
}
