//! Runs: what scripts did, for admins and auditors. None is chosen by a person.

use actix_web::{get, post, web};
use pact_app::ops::run::{self as ops, Given, Held, Scope as FunctionScope, ScriptLine, Variable};
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
    /// Memory that its worker held after it, in KiB.
    memory_kib: Option<i64>,
    /// What went wrong, where, and which limit was met.
    #[schema(value_type = Option<Object>)]
    error: Option<Value>,
}

/// A record that a run read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"kind": "lead", "id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"}))]
pub struct RunRead {
    /// Its kind.
    kind: String,
    /// Its id.
    id: Uuid,
}

/// A line of the script, around the one at which a run failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"number": 12, "text": "    push(lead, nobody);", "failed": true}))]
pub struct RunScriptLine {
    /// Its number, from 1.
    number: usize,
    /// What it says.
    text: String,
    /// Whether the run failed here.
    failed: bool,
}

/// A function of the script that was under way when a run failed, with its variables.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "file": "push.rhai", "function": "on_lead_created", "line": 12,
    "variables": [{"name": "lead", "type": "Lead", "value": "Lead 0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5",
        "record": {"kind": "lead", "id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"}, "withheld": false}]
}))]
pub struct RunScope {
    /// The script's file, or the module.
    file: String,
    /// Its name; null for a closure.
    function: Option<String>,
    /// The line of the statement at which it was.
    line: u32,
    /// Its variables as they were when that statement began, in the order in which they were defined.
    variables: Vec<RunVariable>,
}

/// A variable of a script.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "attempt", "type": "whole number", "value": "3", "record": null, "withheld": false}))]
pub struct RunVariable {
    /// Its name.
    name: String,
    /// What it held, such as `text`, `Lead` or `array`.
    #[serde(rename = "type")]
    is: Option<String>,
    /// Its value: a text cut after 200 characters, the first elements of an array, a record by its kind and id.
    value: Option<String>,
    /// The record that it is.
    record: Option<RunRead>,
    /// Whether type and value are not shown, because the policy would not let the script log them.
    withheld: bool,
}

/// What became of a run that was done again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "exact": true, "differ": [], "same": true, "effects": [], "log": ["Benelux: Ann"], "error": null, "operations": 312
}))]
pub struct RunReplayed {
    /// Whether everything that it read says the same as then, so that this is the run as it was.
    exact: bool,
    /// Records that say something else by now, or were read only once of the two times.
    differ: Vec<RunRead>,
    /// Whether it wants the same as then.
    same: bool,
    /// What it wants, in order.
    #[schema(value_type = Vec<Object>)]
    effects: Value,
    /// What it logged, in order.
    log: Vec<String>,
    /// What went wrong.
    #[schema(value_type = Option<Object>)]
    error: Option<Value>,
    /// Operations of the script engine that it took.
    operations: u64,
}

/// One run of a script with what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "run": {"id": "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa", "plugin_id": "lead-push", "call": "on_lead_created", "outcome": "done"},
    "effects": [], "log": ["Benelux: Ann"], "records": ["0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"],
    "read": [{"kind": "lead", "id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"}], "read_more": 0, "script": [], "scope": []
}))]
pub struct RunShown {
    /// The run.
    run: Run,
    /// What it wanted done, in order. The lines of a digest are shown to whom it is for.
    #[schema(value_type = Vec<Object>)]
    effects: Value,
    /// What it wrote into its log, in order.
    #[schema(value_type = Vec<Object>)]
    log: Value,
    /// The records that it was about.
    records: Vec<Uuid>,
    /// The records that it was given and read, in order.
    read: Vec<RunRead>,
    /// How many it read beyond these.
    read_more: u64,
    /// The script around the line at which it failed.
    script: Vec<RunScriptLine>,
    /// The functions that were under way when it failed, from outside to inside; none where it met a limit.
    scope: Vec<RunScope>,
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
    /// Only runs of this function, such as `on_lead_created`.
    call: Option<String>,
    /// Only runs whose log holds this text; of those that acts of staff call none, and nobody's name.
    text: Option<String>,
}

impl From<ScriptLine> for RunScriptLine {
    fn from(line: ScriptLine) -> Self {
        let ScriptLine { number, text, failed } = line;
        Self { number, text, failed }
    }
}

impl From<FunctionScope> for RunScope {
    fn from(scope: FunctionScope) -> Self {
        let FunctionScope { file, function, line, variables } = scope;
        Self { file, function, line, variables: variables.into_iter().map(RunVariable::from).collect() }
    }
}

impl From<Variable> for RunVariable {
    fn from(variable: Variable) -> Self {
        let Variable { name, held } = variable;
        match held {
            Some(Held { is, value, record }) => {
                Self { name, is: Some(is), value: Some(value), record: record.map(RunRead::from), withheld: false }
            }
            None => Self { name, is: None, value: None, record: None, withheld: true },
        }
    }
}

impl From<(String, Uuid)> for RunRead {
    fn from((kind, id): (String, Uuid)) -> Self {
        Self { kind, id }
    }
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
            memory_kib: row.memory_kib,
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
        if let Some(text) = &self.text {
            ops::check_text(app, text).map_err(|refusal| match refusal {
                Refusal::Invalid { why, .. } => Problem::parameter("text", why),
                other => other.into(),
            })?;
        }
        let not_of = if self.text.is_some() { ops::called_by_acts().map(str::to_owned).collect() } else { Vec::new() };
        Ok(store::RunFilter {
            call: self.call,
            text: self.text,
            not_of,
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
    // Before the run: its fixed path must win over an id.
    config.service(list_runs).service(super::run_stream::follow_runs).service(read_run).service(replay_run);
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
/// With what it wanted done, its log and, when it failed, what, where and why, with the script around that line and the values in scope. A value that the
/// policy would not let the script log is withheld. For admins and auditors.
#[utoipa::path(tag = "runs", responses((status = 200, description = "The run", body = RunShown)))]
#[get("/runs/{id}")]
async fn read_run(app: web::Data<App>, caller: may::ReadRuns, id: web::Path<Uuid>) -> Result<web::Json<RunShown>, Problem> {
    let found = list::find_in::<run::Model>(app.store.read(), &Scope::Staff(caller.person_id), *id).await?;
    let row = found.ok_or(Refusal::NotFound { what: "run" })?;
    Ok(web::Json(RunShown::of(&app, caller.person_id, row).await?))
}

impl RunShown {
    /// A run with what came of it, as somebody reads it.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(crate) async fn of(app: &App, reader: Uuid, row: run::Model) -> Result<Self, Refusal> {
        let records = store::subjects(app.store.read(), row.id).await?;
        let script = ops::failed_at(app, &row).await?.into_iter().map(RunScriptLine::from).collect();
        let (effects, log) = (without_others_lists(row.effects.0.clone(), reader), row.log.0.clone());
        let given: Option<Given> = row.facts.as_ref().and_then(|facts| serde_json::from_value(facts.0.clone()).ok());
        let (read, read_more, seen) =
            given.map_or_else(Default::default, |given| (given.read.records, given.read.more, given.seen));
        let read = read.into_iter().map(|(kind, id, _)| RunRead { kind, id }).collect();
        let scope = seen.into_iter().map(RunScope::from).collect();
        Ok(Self { run: row.into(), effects, log, records, read, read_more, script, scope })
    }
}

/// Do a run again, without doing anything
///
/// The same version, event, instant, settings, turns and seed, over the data as it was then. It writes nothing. Where what it reads says something else by now, the
/// answer says which records these are. For admins.
#[utoipa::path(
    tag = "runs",
    responses(
        (status = 200, description = "What became of it", body = RunReplayed),
        (status = 409, description = "Its version, its event or what it was given is not kept any more"),
    ),
)]
#[post("/runs/{id}/replay")]
async fn replay_run(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<Uuid>,
) -> Result<web::Json<RunReplayed>, Problem> {
    let found = list::find_in::<run::Model>(app.store.read(), &Scope::Staff(caller.person_id), *id).await?;
    let row = found.ok_or(Refusal::NotFound { what: "run" })?;
    let ops::Replayed { exact, differ, same, effects, log, error, operations } = ops::replay_run(&app, &row).await?;
    let differ = differ.into_iter().map(RunRead::from).collect();
    let effects = without_others_lists(effects, caller.person_id);
    Ok(web::Json(RunReplayed { exact, differ, same, effects, log, error, operations }))
}

/// Effects without the lines of other people's digests: lists that are theirs alone (`policy.md` §2.6).
fn without_others_lists(mut effects: Value, reader: Uuid) -> Value {
    for placed in effects.as_array_mut().into_iter().flatten() {
        let effect = &mut placed["effect"];
        if effect["do"] == "send"
            && effect["person"].as_str() != Some(reader.to_string().as_str())
            && let Some(digest) = effect.as_object_mut()
        {
            digest.remove("sections");
        }
    }
    effects
}
