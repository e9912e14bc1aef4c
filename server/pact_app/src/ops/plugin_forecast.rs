//! Before a plugin is switched on: what it would do at once, counted by a dry run of its next ticks and of the leads that are quiet already.
//!
//! "This would transfer 12 leads at once; continue?" Above a bound (`confirm_above`) whoever switches it on must say that very number.

use std::collections::{BTreeMap, BTreeSet};

use pact_policy::table::EntryPoint;
use pact_store::entity::plugin;
use serde_json::Map;
use uuid::Uuid;

use super::plugin_settings::switch_plugin;
use crate::dry::{Over, StartDryRun, What, sums_of};
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
}

/// Counts what an installed plugin would do at its next ticks, and for the leads that are quiet for longer than it waits, with the settings that it has. Nothing is
/// counted where no scripts run.
///
/// # Errors
/// A plugin that is not there or that today's rules refuse, or a store that does not answer.
pub async fn forecast(app: &App, id: &str) -> Result<Forecast, Refusal> {
    let mut found = Forecast::default();
    if app.pool.is_none() {
        return Ok(found);
    }
    let version = pact_store::plugin::newest_version(app.store.read(), id).await?.ok_or(Refusal::NotFound { what: "plugin" })?;
    let manifest = crate::plugins::plugin_of(&version).map_err(Refusal::defect)?.manifest;
    let calls: BTreeSet<String> = manifest.schedules.into_iter().map(|schedule| schedule.call).collect();
    for call in calls {
        count(app, id, &call, Over::Tick, &mut found).await?;
    }
    let quiet = would_be_told(app, id).await?;
    if !quiet.is_empty() {
        count(app, id, EntryPoint::LeadQuiet.entry().name, Over::Records(quiet), &mut found).await?;
    }
    Ok(found)
}

async fn count(app: &App, id: &str, on: &str, over: Over, found: &mut Forecast) -> Result<(), Refusal> {
    let what = What::Installed { plugin: id.to_owned(), version: None };
    let asked = StartDryRun { what, settings: Map::new(), on: on.to_owned(), over, now: None };
    for (what, sum) in sums_of(app, Uuid::nil(), asked).await? {
        if sum.now > 0 {
            *found.effects.entry(what).or_default() += sum.now;
        }
    }
    Ok(())
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
    let found = forecast(app, &id).await?;
    let count = found.count();
    if count > app.confirm_above && confirm != Some(count) {
        return Err(Refusal::Unconfirmed { count, effects: found.effects });
    }
    switch_plugin(app, actor, id, revision, true).await
}

/// Effects with their numbers: "12 × transfer, 3 × notify".
pub(crate) fn in_words(effects: &BTreeMap<String, u64>) -> String {
    effects.iter().map(|(what, count)| format!("{count} × {what}")).collect::<Vec<_>>().join(", ")
}
