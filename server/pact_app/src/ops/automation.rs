//! Kill switches: for all automation, for a plugin, for a single script; and how much effects there may be.
//!
//! | switched off | what becomes of events meanwhile |
//! |---|---|
//! | all automation | they wait, and are worked off or skipped when it starts again, as the admin says; ticks are missed, as while a server is down |
//! | a plugin, a script | they pass by: nothing of it is called |
//!
//! A stop takes the row that every commit of effects holds, so when it is answered, nothing that a script wants is committed any more, on no node. What was under
//! way goes back to what waits. What was committed before leaves: mail and webhooks have their own switches (`GET /api/v1/outbox`).

use std::collections::BTreeMap;

use pact_evidence::PolicyAct;
use pact_policy::table::Capability;
use pact_store::effect_limit::EVERY;
use pact_store::entity::{automation, plugin, plugin_off};
use pact_store::{Notice, automation as store, effect_limit, record};
use sea_orm::ConnectionTrait;

use super::plugin::installed_version;
use crate::evidence::record as record_act;
use crate::plugins::files_of;
use crate::{Actor, App, Refusal};

/// The most failures that an admin may allow in a row.
const MAX_FAILURES: i64 = 10_000;
/// The longest time in which they are counted, in minutes: a week.
const MAX_MINUTES: i64 = 7 * 24 * 60;
/// The highest limit of effects in an hour.
pub const MAX_AN_HOUR: i64 = 1_000_000;
/// In the store: as many as it likes.
const NO_LIMIT: i64 = -1;

/// Something that is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Off {
    /// The plugin.
    pub plugin: String,
    /// The script's file, when it is one script alone.
    pub file: Option<String>,
    /// Why, when PACT itself switched it off.
    pub because: Option<String>,
}

/// All automation as it stands.
#[derive(Clone, Debug)]
pub struct State {
    /// Whether it runs, since when and why.
    pub row: automation::Model,
    /// How many effects of each kind a plugin may have in an hour, where no limit of its own says otherwise; none: as many as it likes.
    pub limits: BTreeMap<&'static str, Option<i64>>,
    /// Plugins with limits of their own.
    pub own_limits: BTreeMap<String, BTreeMap<String, Option<i64>>>,
    /// What is switched off.
    pub off: Vec<Off>,
}

/// What becomes of events that waited while automation was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Scripts are called for them.
    WorkOff,
    /// They are over; what was put aside stays.
    Skip,
}

/// Settings of automation; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct SetAutomation {
    /// How many runs of a plugin may fail in a row.
    pub max_failures: Option<i64>,
    /// In how many minutes.
    pub within_minutes: Option<i64>,
    /// Limits by capability: none goes back to what suits most.
    pub limits: BTreeMap<String, Option<Limit>>,
}

/// How many effects of a kind there may be in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many.
    AnHour(i64),
    /// As many as scripts like.
    None,
}

impl Waiting {
    /// The word on the wire and in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WorkOff => "work_off",
            Self::Skip => "skip",
        }
    }
}

/// How many effects of a kind a plugin may have in an hour when nobody says otherwise. What reaches people or leaves PACT has a limit that no honest plugin
/// meets; what moves leads has none, since a file may bring thousands at once.
pub const fn usual_limit(capability: Capability) -> Option<i64> {
    match capability {
        Capability::Mail => Some(200),
        Capability::Notify | Capability::Ask => Some(1_000),
        Capability::Card | Capability::Enter => Some(1_000),
        Capability::Digest | Capability::Webhook => Some(5_000),
        Capability::Push
        | Capability::Highlight
        | Capability::Escalate
        | Capability::Transfer
        | Capability::Handover
        | Capability::Set
        | Capability::Suggest
        | Capability::Coaching => None,
    }
}

/// All automation as it stands.
///
/// # Errors
/// A store that does not answer.
pub async fn read_automation(app: &App) -> Result<State, Refusal> {
    let conn = app.store.read();
    let row = store::state(conn).await?;
    let mut limits: BTreeMap<&'static str, Option<i64>> =
        Capability::ALL.into_iter().map(|capability| (capability.name(), usual_limit(capability))).collect();
    let mut own_limits: BTreeMap<String, BTreeMap<String, Option<i64>>> = BTreeMap::new();
    for set in effect_limit::all(conn).await? {
        let an_hour = Some(set.an_hour).filter(|an_hour| *an_hour != NO_LIMIT);
        if set.plugin_id != EVERY {
            own_limits.entry(set.plugin_id).or_default().insert(set.capability, an_hour);
        } else if let Some(capability) = Capability::of_word(&set.capability) {
            limits.insert(capability.name(), an_hour);
        }
    }
    Ok(State { row, limits, own_limits, off: off(conn).await? })
}

async fn off(conn: &impl ConnectionTrait) -> Result<Vec<Off>, Refusal> {
    let because: BTreeMap<String, String> =
        store::plugins_off(conn).await?.into_iter().map(|row| (row.plugin_id, row.because)).collect();
    let plugins = pact_store::plugin::all(conn).await?.into_iter().filter(|row| !row.enabled);
    let plugins = plugins.map(|row| Off { because: because.get(&row.id).cloned(), plugin: row.id, file: None });
    let scripts = store::scripts_off(conn).await?.into_iter();
    let scripts = scripts.map(|row| Off { plugin: row.plugin_id, file: Some(row.file), because: None });
    Ok(plugins.chain(scripts).collect())
}

/// Stops all automation. When this is answered, nothing that a script wants is committed any more.
///
/// # Errors
/// A store that does not answer.
pub async fn stop_automation(app: &App, actor: &Actor, because: Option<String>) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    app.store
        .write(async move |tx| {
            pact_store::evidence::hold_head(tx).await?;
            let before = store::hold(tx).await?;
            if before.running {
                record_act(tx, &actor, now, PolicyAct::AutomationSwitched { running: false, waiting: None }).await?;
            }
            let changed_at = if before.running { now.millis() } else { before.changed_at };
            store::save(tx, automation::Model { running: false, because: because.clone(), changed_at, ..before }).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok::<_, Refusal>(())
        })
        .await?;
    Ok(app.refresh_plugins().await?)
}

/// Starts all automation again; how many events were skipped.
///
/// # Errors
/// It runs already.
pub async fn start_automation(app: &App, actor: &Actor, waiting: Waiting) -> Result<u64, Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    let skipped = app
        .store
        .write(async move |tx| {
            pact_store::evidence::hold_head(tx).await?;
            let before = store::hold(tx).await?;
            if before.running {
                return Err(Refusal::NotNow { why: "Automation runs already. There is nothing to start.".to_owned() });
            }
            let skipped = match waiting {
                Waiting::Skip => {
                    // Ticks that were missed meanwhile are not caught up.
                    pact_store::schedule::forget_due(tx, now.millis()).await?;
                    store::skip_waiting(tx, now.millis()).await?
                }
                Waiting::WorkOff => 0,
            };
            let act = PolicyAct::AutomationSwitched { running: true, waiting: Some(waiting.as_str().to_owned()) };
            record_act(tx, &actor, now, act).await?;
            store::save(tx, automation::Model { running: true, because: None, changed_at: now.millis(), ..before }).await?;
            tx.after_commit(Notice::PluginsChanged);
            Ok(skipped)
        })
        .await?;
    app.refresh_plugins().await?;
    app.events_wait.notify_one();
    Ok(skipped)
}

/// Sets when PACT switches plugins off by itself, and how many effects there may be: for every plugin, or for one.
///
/// # Errors
/// A capability that does not exist, a number that makes no sense, or no such plugin.
pub async fn set_automation(app: &App, actor: &Actor, plugin: Option<String>, command: SetAutomation) -> Result<(), Refusal> {
    let SetAutomation { max_failures, within_minutes, limits } = command;
    between("max_failures", max_failures, MAX_FAILURES)?;
    between("within_minutes", within_minutes, MAX_MINUTES)?;
    let mut to_set = BTreeMap::new();
    for (word, limit) in limits {
        let field = format!("limits.{word}");
        let capability = Capability::ALL.into_iter().find(|capability| capability.name() == word).ok_or_else(|| {
            let known: Vec<&str> = Capability::ALL.iter().map(|capability| capability.name()).collect();
            Refusal::invalid(field.as_str(), format!("there is no such capability. There are: {}.", known.join(", ")))
        })?;
        if let Some(Limit::AnHour(an_hour)) = limit
            && !(0..=MAX_AN_HOUR).contains(&an_hour)
        {
            return Err(Refusal::invalid(field, format!("it must lie between 0 and {MAX_AN_HOUR}.")));
        }
        let stored = limit.map(|limit| match limit {
            Limit::AnHour(an_hour) => an_hour,
            Limit::None => NO_LIMIT,
        });
        to_set.insert(capability.name(), stored);
    }
    let (actor, now) = (actor.clone(), app.clock.now());
    app.store
        .write(async move |tx| {
            pact_store::evidence::hold_head(tx).await?;
            if let Some(plugin) = &plugin {
                record::hold::<plugin::Model>(tx, plugin.clone()).await?;
            }
            let mut settings: BTreeMap<String, Option<i64>> =
                to_set.iter().map(|(word, an_hour)| (format!("limits.{word}"), *an_hour)).collect();
            settings.extend(max_failures.map(|it| ("max_failures".to_owned(), Some(it))));
            settings.extend(within_minutes.map(|it| ("within_minutes".to_owned(), Some(it))));
            record_act(tx, &actor, now, PolicyAct::AutomationSet { plugin: plugin.clone(), settings }).await?;
            for (word, an_hour) in &to_set {
                effect_limit::set(tx, plugin.as_deref().unwrap_or(EVERY), word, *an_hour).await?;
            }
            let before = store::hold(tx).await?;
            let after = automation::Model {
                max_failures: max_failures.unwrap_or(before.max_failures),
                within_minutes: within_minutes.unwrap_or(before.within_minutes),
                ..before
            };
            Ok(store::save(tx, after).await?)
        })
        .await
}

fn between(field: &str, value: Option<i64>, most: i64) -> Result<(), Refusal> {
    match value {
        Some(value) if !(1..=most).contains(&value) => Err(Refusal::invalid(field, format!("it must lie between 1 and {most}."))),
        Some(_) | None => Ok(()),
    }
}

/// Switches one script of a plugin on or off.
///
/// # Errors
/// The plugin has no such script.
pub async fn switch_script(app: &App, actor: &Actor, id: String, file: String, enabled: bool) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    app.store
        .write(async move |tx| {
            pact_store::evidence::hold_head(tx).await?;
            record::hold::<plugin::Model>(tx, id.clone()).await?;
            let version = installed_version(tx, &id).await?.ok_or(Refusal::NotFound { what: "plugin" })?;
            let has_it = files_of(&version).map_err(Refusal::defect)?.contains_key(&file);
            // One that a later version left out may still be switched on, so that no switch stays behind.
            if !has_it && !enabled {
                return Err(Refusal::NotFound { what: "script" });
            }
            if store::switch_script(tx, &id, &file, enabled, now.millis()).await? {
                let act = PolicyAct::ScriptSwitched { plugin: id.clone(), file: file.clone(), enabled };
                record_act(tx, &actor, now, act).await?;
                tx.after_commit(Notice::PluginsChanged);
            }
            Ok::<_, Refusal>(())
        })
        .await?;
    Ok(app.refresh_plugins().await?)
}

/// Why a plugin that PACT switched off is off.
pub(crate) fn off_row(plugin: &str, because: String, now: i64) -> plugin_off::Model {
    plugin_off::Model { plugin_id: plugin.to_owned(), because, at: now }
}
