//! Kill switches: all automation, single scripts, and how many effects there may be. Nothing here says how many there were.

use std::collections::BTreeMap;

use actix_web::{get, patch, post, web};
use pact_app::App;
use pact_app::ops::automation::{self as ops, Limit, SetAutomation, Waiting};
use pact_core::time::Instant;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::body::Body;
use super::caller::may;
use super::problem::Problem;

/// All automation as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "running": true, "because": null, "changed_at": "2026-11-24T10:10:00.000Z", "max_failures": 20, "within_minutes": 60,
    "limits": {"mail": 200, "push": null}, "own_limits": {"planning-digest": {"digest": 20000}},
    "off": [{"plugin_id": "greeter", "file": null, "because": "20 runs failed one after the other, the last with: no owner"}]
}))]
pub struct Automation {
    /// Whether scripts are called for what happens.
    running: bool,
    /// Why it was stopped.
    because: Option<String>,
    /// When it was stopped or started last.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Instant,
    /// Runs of one plugin that may fail one after the other …
    max_failures: i64,
    /// … in so many minutes, before PACT switches it off.
    within_minutes: i64,
    /// How many effects of each kind one plugin may have in an hour; null: as many as it likes.
    limits: BTreeMap<String, Option<i64>>,
    /// Plugins that have limits of their own.
    own_limits: BTreeMap<String, BTreeMap<String, Option<i64>>>,
    /// Plugins and scripts that are switched off.
    off: Vec<SwitchedOff>,
}

/// Something that is switched off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"plugin_id": "greeter", "file": "greet.rhai", "because": null}))]
pub struct SwitchedOff {
    /// The plugin.
    plugin_id: String,
    /// The script, when it is one alone.
    file: Option<String>,
    /// Why, when PACT switched it off.
    because: Option<String>,
}

/// A stop of all automation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"because": "Something mails customers by the hundred."}))]
pub struct AutomationStop {
    /// Why, for whoever looks at it next.
    #[schema(max_length = 500)]
    because: Option<String>,
}

/// A new start of all automation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"waiting": "work_off"}))]
pub struct AutomationStart {
    /// What becomes of events that happened meanwhile: `work_off` calls scripts for them, `skip` does not.
    waiting: WaitingWord,
}

/// What becomes of what waits.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingWord {
    /// Scripts are called for it.
    WorkOff,
    /// It is over.
    Skip,
}

/// Settings that are to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"max_failures": 10, "limits": {"mail": 500, "webhook": "none", "notify": null}}))]
pub struct AutomationChange {
    /// Runs of one plugin that may fail one after the other, from 1 to 10000.
    max_failures: Option<i64>,
    /// In how many minutes, a week at most.
    within_minutes: Option<i64>,
    /// Limits by capability: a number, `"none"` for as many as it likes, null for what is usual.
    #[serde(default)]
    #[schema(value_type = Object)]
    limits: BTreeMap<String, Option<LimitWord>>,
}

/// Limits of one plugin that are to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"limits": {"digest": 20000, "mail": null}}))]
pub struct PluginLimits {
    /// Limits by capability: a number, `"none"` for as many as it likes, null for what holds for every plugin.
    #[schema(value_type = Object)]
    limits: BTreeMap<String, Option<LimitWord>>,
}

/// A number, or `none`.
#[derive(Clone, Copy, Debug)]
pub struct LimitWord(Limit);

impl<'de> Deserialize<'de> for LimitWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Word {
            Number(i64),
            Text(String),
        }
        match Word::deserialize(deserializer)? {
            Word::Number(an_hour) => Ok(Self(Limit::AnHour(an_hour))),
            Word::Text(word) if word == "none" => Ok(Self(Limit::None)),
            Word::Text(_) => Err(serde::de::Error::custom("a limit is a number, \"none\" or null")),
        }
    }
}

fn limits(given: BTreeMap<String, Option<LimitWord>>) -> BTreeMap<String, Option<Limit>> {
    given.into_iter().map(|(word, limit)| (word, limit.map(|limit| limit.0))).collect()
}

async fn shown(app: &App) -> Result<web::Json<Automation>, Problem> {
    let ops::State { row, limits, own_limits, off } = ops::read_automation(app).await?;
    Ok(web::Json(Automation {
        running: row.running,
        because: row.because,
        changed_at: Instant::from_millis(row.changed_at),
        max_failures: row.max_failures,
        within_minutes: row.within_minutes,
        limits: limits.into_iter().map(|(word, limit)| (word.to_owned(), limit)).collect(),
        own_limits,
        off: off.into_iter().map(|off| SwitchedOff { plugin_id: off.plugin, file: off.file, because: off.because }).collect(),
    }))
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(read_automation).service(set_automation).service(stop_automation).service(start_automation);
    config.service(set_plugin_limits).service(disable_script).service(enable_script);
}

/// Show all automation
///
/// Whether it runs, what is switched off and why, and how many effects there may be. For admins and auditors.
#[utoipa::path(tag = "automation", responses((status = 200, description = "All automation as it stands", body = Automation)))]
#[get("/automation")]
async fn read_automation(app: web::Data<App>, _: may::ReadRuns) -> Result<web::Json<Automation>, Problem> {
    shown(&app).await
}

/// Set automation
///
/// When PACT switches a plugin off by itself, and how many effects of each kind one plugin may have in an hour. A run that would have more is held as a
/// whole and waits among the jobs. For admins.
#[utoipa::path(
    tag = "automation",
    request_body = AutomationChange,
    responses((status = 200, description = "All automation as it stands", body = Automation)),
)]
#[patch("/automation")]
async fn set_automation(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    Body(change): Body<AutomationChange>,
) -> Result<web::Json<Automation>, Problem> {
    let AutomationChange { max_failures, within_minutes, limits: given } = change;
    let command = SetAutomation { max_failures, within_minutes, limits: limits(given) };
    ops::set_automation(&app, &caller.actor(), None, command).await?;
    shown(&app).await
}

/// Stop all automation
///
/// When this is answered, nothing that a script wants is committed any more, on no node. Events wait; schedules do not tick; what was committed before still
/// leaves. For admins.
#[utoipa::path(
    tag = "automation",
    request_body = AutomationStop,
    responses((status = 200, description = "All automation, stopped", body = Automation)),
)]
#[post("/automation/stop")]
async fn stop_automation(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    Body(AutomationStop { because }): Body<AutomationStop>,
) -> Result<web::Json<Automation>, Problem> {
    ops::stop_automation(&app, &caller.actor(), because).await?;
    shown(&app).await
}

/// Start all automation again
///
/// What happened meanwhile is worked off or skipped, as you say; what was put aside stays. For admins.
#[utoipa::path(
    tag = "automation",
    request_body = AutomationStart,
    responses(
        (status = 200, description = "All automation, running", body = Automation),
        (status = 409, description = "It runs already"),
    ),
)]
#[post("/automation/start")]
async fn start_automation(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    Body(AutomationStart { waiting }): Body<AutomationStart>,
) -> Result<web::Json<Automation>, Problem> {
    let waiting = match waiting {
        WaitingWord::WorkOff => Waiting::WorkOff,
        WaitingWord::Skip => Waiting::Skip,
    };
    ops::start_automation(&app, &caller.actor(), waiting).await?;
    shown(&app).await
}

/// Set the limits of a plugin
///
/// How many effects of each kind this one may have in an hour, whatever holds for the others. For admins.
#[utoipa::path(
    tag = "automation",
    params(("id" = String, Path, description = "The plugin's id, as its manifest says")),
    request_body = PluginLimits,
    responses((status = 200, description = "All automation as it stands", body = Automation)),
)]
#[patch("/plugins/{id}/limits")]
async fn set_plugin_limits(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<String>,
    Body(PluginLimits { limits: given }): Body<PluginLimits>,
) -> Result<web::Json<Automation>, Problem> {
    let command = SetAutomation { limits: limits(given), ..SetAutomation::default() };
    ops::set_automation(&app, &caller.actor(), Some(id.into_inner()), command).await?;
    shown(&app).await
}

/// Switch a script off
///
/// Nothing calls the functions of this file; the plugin's other scripts go on. For admins.
#[utoipa::path(
    tag = "automation",
    params(
        ("id" = String, Path, description = "The plugin's id, as its manifest says"),
        ("file" = String, Path, description = "The script's file"),
    ),
    responses((status = 200, description = "All automation as it stands", body = Automation)),
)]
#[post("/plugins/{id}/scripts/{file}/disable")]
async fn disable_script(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    path: web::Path<(String, String)>,
) -> Result<web::Json<Automation>, Problem> {
    let (id, file) = path.into_inner();
    ops::switch_script(&app, &caller.actor(), id, file, false).await?;
    shown(&app).await
}

/// Switch a script on
///
/// Its functions are called from now on. For admins.
#[utoipa::path(
    tag = "automation",
    params(
        ("id" = String, Path, description = "The plugin's id, as its manifest says"),
        ("file" = String, Path, description = "The script's file"),
    ),
    responses((status = 200, description = "All automation as it stands", body = Automation)),
)]
#[post("/plugins/{id}/scripts/{file}/enable")]
async fn enable_script(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    path: web::Path<(String, String)>,
) -> Result<web::Json<Automation>, Problem> {
    let (id, file) = path.into_inner();
    ops::switch_script(&app, &caller.actor(), id, file, true).await?;
    shown(&app).await
}
