//! What keeps a faulty script from doing harm when its runs are committed: switches, limits of effects, and failures in a row.
//!
//! A run of which one kind of effect would go beyond what its plugin may have in an hour is held as a whole: nothing of it is done, nothing is lost, and the event
//! waits among the jobs for an admin, who releases it (it then runs once without this limit) or drops it. Effects are counted in steps of five minutes, over
//! the last hour.

use std::collections::{BTreeMap, BTreeSet};

use pact_evidence::PolicyAct;
use pact_script::run::ScriptError;
use pact_store::effect_limit::EVERY;
use pact_store::entity::{event, plugin, plugin_failure};
use pact_store::{Notice, Tx, automation as store, effect_limit, record};
use uuid::Uuid;

use super::{Finished, Handled};
use crate::events::is_beyond_limits;
use crate::evidence::record as record_act;
use crate::messages::{self, Message};
use crate::ops::automation::{off_row, usual_limit};
use crate::ops::lead::Scene;
use crate::{Actor, Refusal};

/// The time over which effects are counted, in milliseconds.
const HOUR_MS: i64 = 3_600_000;
/// The steps in which they are counted, in milliseconds.
const STEP_MS: i64 = 5 * 60_000;
const MINUTE_MS: i64 = 60_000;

/// What one commit may do, and what it did.
pub(super) struct Bounds {
    now: i64,
    on: BTreeSet<String>,
    /// The limits that admins set, by plugin (or every one) and capability.
    limits: BTreeMap<(String, String), i64>,
    /// What plugins had in the last hour, this commit included.
    spent: BTreeMap<(String, String), i64>,
    added: BTreeMap<(String, String), i64>,
    failed: BTreeMap<String, Failed>,
    well: BTreeSet<String>,
}

/// How the runs of a plugin went in this commit.
#[derive(Default)]
struct Failed {
    in_row: i64,
    /// Whether one went well before these failed.
    anew: bool,
    version: Option<Uuid>,
    last: String,
}

/// Why a run is not committed although its script went well.
pub(super) enum Kept {
    /// Its plugin is switched off by now.
    Off,
    /// It wants more effects of a kind than its plugin may have in an hour.
    Held(String),
}

impl Bounds {
    /// What holds for these runs; all of it is held until the commit.
    pub(super) async fn of(tx: &Tx, handled: impl Iterator<Item = &Handled> + Clone, now: i64) -> Result<Self, Refusal> {
        let runs = || handled.clone().flat_map(|one| &one.runs);
        let plugins: BTreeSet<String> = runs().map(|run| run.plugin.clone()).collect();
        let limits = effect_limit::all(tx).await?;
        let limits: BTreeMap<_, _> = limits.into_iter().map(|row| ((row.plugin_id, row.capability), row.an_hour)).collect();
        let mut bounds = Self {
            now,
            on: store::switched_on(tx, &plugins).await?,
            limits,
            spent: BTreeMap::new(),
            added: BTreeMap::new(),
            failed: BTreeMap::new(),
            well: BTreeSet::new(),
        };
        let limited = runs().filter(|run| wants(run).keys().any(|word| bounds.limit(&run.plugin, word).is_some()));
        let limited: BTreeSet<String> = limited.map(|run| run.plugin.clone()).collect();
        bounds.spent = effect_limit::spent(tx, &limited, now - HOUR_MS).await?;
        Ok(bounds)
    }

    fn limit(&self, plugin: &str, capability: &str) -> Option<i64> {
        let key = |plugin: &str| (plugin.to_owned(), capability.to_owned());
        match self.limits.get(&key(plugin)).or_else(|| self.limits.get(&key(EVERY))) {
            Some(an_hour) => Some(*an_hour).filter(|an_hour| *an_hour >= 0),
            None => pact_policy::table::Capability::of_word(capability).and_then(usual_limit),
        }
    }

    /// Why a run must not be committed, if it must not.
    pub(super) fn keeps(&self, event: &event::Model, run: &Finished) -> Option<Kept> {
        if !self.on.contains(&run.plugin) {
            return Some(Kept::Off);
        }
        if is_beyond_limits(event) {
            return None;
        }
        wants(run).into_iter().find_map(|(word, wanted)| {
            let limit = self.limit(&run.plugin, word)?;
            let spent = self.spent.get(&(run.plugin.clone(), word.to_owned())).copied().unwrap_or_default();
            (spent + wanted > limit).then(|| {
                Kept::Held(format!(
                    "The plugin {} would have more effects of the kind \"{word}\" than the {limit} that it may have in an hour; this run alone wants \
                     {wanted}",
                    run.plugin
                ))
            })
        })
    }

    /// Notes that a run is committed.
    pub(super) fn committed(&mut self, run: &Finished) {
        for (word, count) in wants(run) {
            if self.limit(&run.plugin, word).is_some() {
                let key = (run.plugin.clone(), word.to_owned());
                *self.spent.entry(key.clone()).or_default() += count;
                *self.added.entry(key).or_default() += count;
            }
        }
        self.well.insert(run.plugin.clone());
        if self.failed.contains_key(&run.plugin) {
            self.failed.insert(run.plugin.clone(), Failed { anew: true, ..Failed::default() });
        }
    }

    /// Notes that a run failed or met a limit of the host, for good: what is tried again by itself, because the machine had much to do, says nothing yet.
    pub(super) fn failed(&mut self, run: &Finished, error: &ScriptError) {
        let anew = self.well.contains(&run.plugin);
        let failed = self.failed.entry(run.plugin.clone()).or_insert_with(|| Failed { anew, ..Failed::default() });
        failed.in_row += 1;
        failed.version = run.version;
        failed.last.clone_from(&error.message);
    }

    /// Writes what was counted, and switches off plugins whose runs failed too often in a row.
    pub(super) async fn write(self, tx: &Tx, scene: &Scene) -> Result<(), Refusal> {
        for ((plugin, capability), count) in &self.added {
            let step = self.now - self.now.rem_euclid(STEP_MS);
            effect_limit::add(tx, plugin, capability, step, *count, self.now - 2 * HOUR_MS).await?;
        }
        let ran: BTreeSet<String> = self.well.iter().chain(self.failed.keys()).cloned().collect();
        let known = store::failures(tx, &ran).await?;
        let mut failed = self.failed;
        failed.retain(|_, failed| failed.in_row > 0);
        let well = self.well.into_iter().filter(|plugin| known.contains_key(plugin) && !failed.contains_key(plugin));
        let well: BTreeSet<String> = well.collect();
        if !well.is_empty() {
            store::went_well(tx, &well).await?;
        }
        if failed.is_empty() {
            return Ok(());
        }
        let state = store::state(tx).await?;
        for (plugin, failed) in failed {
            let since = self.now - state.within_minutes * MINUTE_MS;
            let before = known.get(&plugin).filter(|row| !failed.anew && row.since >= since);
            let row = plugin_failure::Model {
                plugin_id: plugin.clone(),
                in_row: before.map_or(0, |row| row.in_row) + failed.in_row,
                since: before.map_or(self.now, |row| row.since),
            };
            let too_many = row.in_row >= state.max_failures;
            store::failed(tx, row).await?;
            if too_many {
                switch_off(tx, scene, &plugin, &failed, state.max_failures).await?;
            }
        }
        Ok(())
    }
}

/// How many effects of each kind a run wants.
fn wants(run: &Finished) -> BTreeMap<&'static str, i64> {
    let mut wants = BTreeMap::new();
    for capability in run.outcome.effects.iter().filter_map(|placed| placed.effect.capability()) {
        *wants.entry(capability.name()).or_default() += 1;
    }
    wants
}

/// Switches a plugin off and tells the admins; once, because whoever finds it off has nothing to do.
async fn switch_off(tx: &Tx, scene: &Scene, id: &str, failed: &Failed, times: i64) -> Result<(), Refusal> {
    let Some(before) = record::find::<plugin::Model>(tx, id.to_owned()).await?.filter(|row| row.enabled) else { return Ok(()) };
    let before = record::hold::<plugin::Model>(tx, before.id).await?;
    if !before.enabled {
        return Ok(());
    }
    let because = format!("{times} runs failed one after the other, the last with: {}", failed.last);
    record_act(tx, &Actor::System, scene.now, PolicyAct::PluginSwitched { plugin: id.to_owned(), enabled: false }).await?;
    store::note_off(tx, off_row(id, because.clone(), scene.now.millis())).await?;
    record::save(tx, &before, plugin::Model { enabled: false, ..before.clone() }).await?;
    for to in scene.snapshot.admins() {
        let text = format!(
            "The plugin {id} was switched off: {because} Mend it and switch it on again; what it missed of these waits among the jobs."
        );
        let record = failed.version.unwrap_or_default();
        messages::send(tx, Message { to, kind: "plugin_off", record_kind: "plugin_version", record, text, at: scene.now });
    }
    tx.after_commit(Notice::PluginsChanged);
    Ok(())
}
