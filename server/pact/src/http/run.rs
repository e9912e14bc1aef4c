//! Runs: what scripts did, for admins and auditors. None is chosen by a person.

use actix_web::{get, web};
use pact_app::{App, Refusal};
use pact_core::time::Instant;
use pact_policy::table::ENTRY_POINTS;
use pact_store::entity::run;
use pact_store::plugin::{self as store, RunBy};
use pact_store::{Scope, list};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::caller::may;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// One run of a script.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa", "plugin_id": "lead-push", "script_version_id": "3f0b4d5e-7a8f-4f6e-9a55-0f6b7c8d9e10",
    "event_id": "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0ab", "call": "on_lead_created", "started_at": "2026-11-24T10:10:00.000Z",
    "duration_us": 84, "operations": 312, "rows_read": 9, "outcome": "done", "error": null
}))]
pub struct Run {
    /// Its id.
    id: Uuid,
    /// The plugin.
    plugin_id: String,
    /// The version of its scripts.
    script_version_id: Option<Uuid>,
    /// The event that called it; null where an act of a person did, since its id tells the instant.
    event_id: Option<Uuid>,
    /// The function that was called.
    call: String,
    /// When it began; where an act of a person called it, the hour.
    #[schema(value_type = String, format = DateTime)]
    started_at: Instant,
    /// How long it took, in microseconds.
    duration_us: i64,
    /// Operations of the script engine that it took.
    operations: i64,
    /// Rows that it read.
    rows_read: i64,
    /// `done`, `failed`, `limit` when it met one, or `held` when it wanted more effects than its plugin may have in an hour.
    outcome: String,
    /// What went wrong, where, and which limit was met.
    #[schema(value_type = Option<Object>)]
    error: Option<Value>,
}

/// One run of a script with what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "run": {"id": "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa", "plugin_id": "lead-push", "call": "on_lead_created", "outcome": "done"},
    "effects": [], "log": ["Benelux: Ann"], "records": ["0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"]
}))]
pub struct RunShown {
    /// The run.
    run: Run,
    /// What it wanted done, in order.
    #[schema(value_type = Vec<Object>)]
    effects: Value,
    /// What it wrote into its log, in order.
    #[schema(value_type = Vec<Object>)]
    log: Value,
    /// The records that it was about.
    records: Vec<Uuid>,
}

/// What a list of runs is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunFilter {
    /// Only runs of this plugin.
    plugin_id: Option<String>,
    /// Only runs that ended so: `done`, `failed`, `limit` or `held`.
    outcome: Option<String>,
    /// Only runs about this lead, customer or other record; a person is none.
    record_id: Option<Uuid>,
    /// Only runs for this event.
    event_id: Option<Uuid>,
    /// Only runs that began at this instant or later.
    #[param(value_type = Option<String>, format = DateTime)]
    started_since: Option<Instant>,
}

impl From<run::Model> for Run {
    fn from(row: run::Model) -> Self {
        let by_an_act = ENTRY_POINTS.iter().any(|entry| entry.act && entry.name == row.call);
        Self {
            id: row.id,
            plugin_id: row.plugin_id,
            script_version_id: row.script_version_id,
            event_id: row.event_id.filter(|_| !by_an_act),
            call: row.call,
            started_at: Instant::from_millis(row.started_at),
            duration_us: row.duration_us,
            operations: row.operations,
            rows_read: row.rows_read,
            outcome: row.outcome,
            error: row.error.map(|error| error.0),
        }
    }
}

impl RunFilter {
    fn read(self, app: &App) -> Result<store::RunFilter, Problem> {
        if self.record_id.is_some_and(|record| app.organisation().people.contains_key(&record)) {
            return Err(Problem::parameter(
                "record_id",
                "this is a person, and runs are not chosen by person. Choose a lead or a customer.",
            ));
        }
        if let Some(outcome) = self.outcome.as_deref().filter(|outcome| !["done", "failed", "limit", "held"].contains(outcome)) {
            return Err(Problem::parameter(
                "outcome",
                format!("{outcome:?} is no outcome. Choose from: done, failed, limit, held."),
            ));
        }
        Ok(store::RunFilter {
            plugin: self.plugin_id,
            outcome: self.outcome,
            record: self.record_id,
            event: self.event_id,
            started_since: self.started_since.map(Instant::millis),
        })
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_runs).service(read_run);
}

/// List runs
///
/// By plugin, outcome, record or event; never by person. For admins and auditors.
#[utoipa::path(
    tag = "runs",
    params(PageParams, RunFilter),
    responses((status = 200, description = "A page of runs", body = Page<Run>)),
)]
#[get("/runs")]
async fn list_runs(app: web::Data<App>, caller: may::ReadRuns, list: List<RunFilter, RunBy>) -> Result<Page<Run>, Problem> {
    let filter = list.filter.read(&app)?;
    let scope = Scope::Staff(caller.person_id);
    Ok(list::list::<run::Model>(app.store.read(), &scope, &filter, list.sort, &list.ask).await?.into())
}

/// Show a run
///
/// With what it wanted done, its log and, when it failed, what, where and why. For admins and auditors.
#[utoipa::path(tag = "runs", responses((status = 200, description = "The run", body = RunShown)))]
#[get("/runs/{id}")]
async fn read_run(app: web::Data<App>, caller: may::ReadRuns, id: web::Path<Uuid>) -> Result<web::Json<RunShown>, Problem> {
    let conn = app.store.read();
    let found = list::find_in::<run::Model>(conn, &Scope::Staff(caller.person_id), *id).await?;
    let row = found.ok_or(Refusal::NotFound { what: "run" })?;
    let records = store::subjects(conn, row.id).await?;
    let (effects, log) = (row.effects.0.clone(), row.log.0.clone());
    Ok(web::Json(RunShown { run: row.into(), effects, log, records }))
}
