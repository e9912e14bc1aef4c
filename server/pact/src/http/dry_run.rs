//! Dry runs: what a script would do, or would have done, shown before it does anything. They leave nothing behind.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use pact_app::dry::{self as ops, Difference, LeadsAsked, Line, Over, StartDryRun, What};
use pact_app::ops::plugin_settings::SendPlugin;
use pact_app::{App, Refusal};
use pact_core::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::page::{DEFAULT_PAGE_RECORDS, MAX_PAGE_RECORDS, Page};
use super::problem::Problem;

/// How long the answers to the start and the end of a dry run wait for its end: a short one needs no second look.
const SHORT: Duration = Duration::from_millis(500);

/// A script that is tried before it is installed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"files": {"big.rhai": "//! id = \"big\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"Big\"\n//! reads = [\"lead\"]\n\nfn on_lead_created(lead) { log(lead.title); }"}}))]
pub struct TriedScript {
    /// The manifest, as TOML; left out for one script that carries it in its leading lines.
    #[schema(max_length = 200000)]
    manifest: Option<String>,
    /// The scripts by file name; modules that they import may come along as `std/NAME`.
    files: BTreeMap<String, String>,
}

/// Leads, chosen by what they are today; never by a person.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"state": ["owned"], "source": "fair"}))]
pub struct TriedLeads {
    /// In one of these states: `waiting`, `offered`, `owned`, `won` or `lost`.
    #[serde(default)]
    state: Vec<String>,
    /// In this stage.
    stage: Option<String>,
    /// From this source.
    source: Option<String>,
    /// About this product.
    product: Option<String>,
    /// Of this customer.
    customer_id: Option<Uuid>,
}

/// A dry run that is to be begun: which script, over which events, at which clock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"plugin_id": "quiet-leads", "on": "sweep", "from": "2026-08-01", "to": "2026-10-31"}))]
pub struct NewDryRun {
    /// An installed plugin.
    plugin_id: Option<String>,
    /// One of its versions; the one that runs when it is left out.
    version_id: Option<Uuid>,
    /// A script that is not installed, in place of a plugin. The linter judges it first.
    script: Option<TriedScript>,
    /// Settings in place of those that an admin chose.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// The event (`lead_created`), or a function that the manifest's schedule calls (`sweep`).
    #[schema(min_length = 1, max_length = 100)]
    on: String,
    /// Over one event that happened.
    event_id: Option<Uuid>,
    /// As if the event happened to each of these records.
    #[serde(default)]
    #[schema(max_items = 10000)]
    records: Vec<Uuid>,
    /// As if the event happened to each of these leads.
    leads: Option<TriedLeads>,
    /// Over everything that happened from this day on, each at its own instant.
    from: Option<NaiveDate>,
    /// The last day; today when it is left out.
    to: Option<NaiveDate>,
    /// The clock for chosen records and for a tick; now when it is left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    now: Option<Instant>,
}

/// A dry run: how far it is, and what it would do so far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "3f0b4d5e-7a8f-4f6e-9a55-0f6b7c8d9e10", "plugin_id": "quiet-leads", "version": "1.2.0", "call": "sweep", "status": "done",
    "progress": 1.0, "events": 4392, "events_done": 4392, "failed": 0, "taken_as_today": 0,
    "effects": {"transfer": {"same": 9, "now": 3, "then": 1, "refused": 0}}, "lines_left_out": 0, "failure": null, "took_ms": 812
}))]
pub struct DryRun {
    /// Its id, random; every node knows it until an hour after its end.
    id: Uuid,
    /// The plugin.
    plugin_id: String,
    /// The version that its manifest names.
    version: String,
    /// The function that is called.
    call: String,
    /// `waiting`, `running`, `done`, `cancelled` or `failed`.
    status: String,
    /// How far it is, from 0 to 1.
    progress: f64,
    /// How many events it looks at; null where acts of staff fire them, since their number would count these.
    events: Option<u64>,
    /// How many it has looked at; null likewise.
    events_done: Option<u64>,
    /// Runs that failed.
    failed: u64,
    /// Leads that were taken as they are today, because their history does not tell what they were.
    taken_as_today: u64,
    /// What would happen, by effect.
    effects: BTreeMap<String, DryRunSum>,
    /// Lines that are not kept because there were too many; the sums hold them.
    lines_left_out: u64,
    /// Why it could not go on.
    failure: Option<String>,
    /// How long it has worked, in milliseconds.
    took_ms: u64,
}

/// How often an effect would happen, beside what really happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"same": 9, "now": 3, "then": 1, "refused": 0}))]
pub struct DryRunSum {
    /// Happened then, and would happen now.
    same: u64,
    /// Would happen only now.
    now: u64,
    /// Happened only then.
    then: u64,
    /// The rules would refuse it.
    refused: u64,
}

/// One thing that would happen, or that happened then and would not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "event": "sweep", "at": "2026-10-12T08:30:00.000Z", "record_kind": "lead", "record_id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5",
    "difference": "now", "what": "transfer", "effect": {"do": "transfer", "lead": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"},
    "because": "quiet for 15 work days", "by": null, "line": 31
}))]
pub struct DryRunEffect {
    /// The function that was called.
    event: String,
    /// The instant of the event; the hour, where an act of a person fired it.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// What kind of record the event, or what happened then, is about.
    record_kind: Option<String>,
    /// Which one.
    record_id: Option<Uuid>,
    /// `same`, `now` (only now), `then` (only then), `refused`, `failed` or `logged`.
    difference: String,
    /// What is done, such as `push` or `transfer`.
    what: String,
    /// The effect; null for what happened only then, and where it may name people in more places than are shown in a day. The lines of a digest are shown to whom it is for.
    #[schema(value_type = Option<Object>)]
    effect: Option<Value>,
    /// Why: the script's reason, the rule that refuses, or what went wrong.
    because: Option<String>,
    /// Which plugin did it then; `by hand` where a person did.
    by: Option<String>,
    /// The line of the script.
    line: Option<u32>,
}

/// A dry run over one event, written down as a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "case": "title = \"A lead at night\"\nnow = \"2026-11-24T23:10:00Z\"\nevent = \"lead_created\"\n\n[[world.lead]]\nid = \"globex\"\n\n[[expect]]\ndo = \"highlight\"\nlead = \"globex\"\n"
}))]
pub struct DryRunCase {
    /// The case, as TOML: for a file in the plugin's folder `cases`.
    case: String,
}

/// What a case is called.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DryRunCaseParams {
    /// Its title; what was tried, when it is left out.
    #[param(max_length = 200)]
    title: Option<String>,
}

/// Which effects of a dry run.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DryRunEffects {
    /// How many effects the page has at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u64>,
    /// Where the page starts: the `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those of this difference: `same`, `now`, `then`, `refused`, `failed` or `logged`.
    difference: Option<String>,
}

impl NewDryRun {
    /// What is asked for.
    ///
    /// # Errors
    /// Parts that do not go together.
    pub(crate) fn read(self) -> Result<StartDryRun, Refusal> {
        let what = match (self.plugin_id, self.script) {
            (Some(plugin), None) => What::Installed { plugin, version: self.version_id },
            (None, Some(TriedScript { manifest, files })) => What::Sent(SendPlugin { manifest, files }),
            _ => return Err(Refusal::invalid("plugin_id", "name an installed plugin, or give a script: one of the two.")),
        };
        let leads = self.leads.map(|leads| {
            let TriedLeads { state, stage, source, product, customer_id } = leads;
            Over::Leads(LeadsAsked { states: state, stage, source, product, customer: customer_id })
        });
        let past = self.from.map(|from| Over::Past(from, self.to.unwrap_or(NaiveDate::MAX)));
        let records = (!self.records.is_empty()).then_some(Over::Records(self.records));
        let mut chosen = [self.event_id.map(Over::Event), records, leads, past].into_iter().flatten();
        let over = chosen.next().unwrap_or(Over::Tick);
        if chosen.next().is_some() {
            return Err(Refusal::invalid("on", "say one of event_id, records, leads and from."));
        }
        Ok(StartDryRun { what, settings: self.settings, on: self.on, over, now: self.now })
    }
}

impl From<ops::Shown> for DryRun {
    fn from(run: ops::Shown) -> Self {
        let ops::Shown { id, about, progress } = run;
        let part = |done: u64, total: u64| if total == 0 { 0.0 } else { done as f64 / total as f64 };
        let counted = |count: u64| (!about.by_acts).then_some(count);
        Self {
            id,
            status: progress.status.as_str().to_owned(),
            progress: if progress.status == ops::Status::Done { 1.0 } else { part(progress.done, progress.total) },
            events: counted(progress.total),
            events_done: counted(progress.done),
            failed: progress.failed,
            taken_as_today: progress.untold,
            effects: progress.sums.into_iter().map(|(what, sum)| (what, sum.into())).collect(),
            lines_left_out: progress.cut,
            failure: progress.failure,
            took_ms: progress.took.as_millis() as u64,
            plugin_id: about.plugin,
            version: about.version,
            call: about.call,
        }
    }
}

impl From<ops::Sum> for DryRunSum {
    fn from(sum: ops::Sum) -> Self {
        let ops::Sum { same, now, then, refused } = sum;
        Self { same, now, then, refused }
    }
}

impl From<Line> for DryRunEffect {
    fn from(line: Line) -> Self {
        Self {
            event: line.event,
            at: line.at,
            record_id: line.record.as_ref().map(|(_, id)| *id),
            record_kind: line.record.map(|(kind, _)| kind.into_owned()),
            difference: line.difference.as_str().to_owned(),
            what: line.what,
            effect: line.effect,
            because: line.because,
            by: line.by,
            line: line.line,
        }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(start_dry_run)
        .service(read_dry_run)
        .service(list_dry_run_effects)
        .service(record_dry_run)
        .service(cancel_dry_run);
}

/// Try a script without doing anything
///
/// An installed plugin in any version, or a script that is given and judged first; over one event, over chosen records, over a stretch of the past, or for one
/// tick of a schedule. It writes nothing of what it does: no data, no mail, no webhook, no run, no log. What it would do is kept apart from everything else and
/// shown by every node, for an hour after its end. For admins.
#[utoipa::path(
    tag = "dry runs",
    request_body = NewDryRun,
    responses(
        (status = 202, description = "The dry run, which may be over already", body = DryRun),
        (status = 409, description = "No scripts run here, or too many dry runs are under way"),
    ),
)]
#[post("/dry-runs")]
async fn start_dry_run(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    Body(new): Body<NewDryRun>,
) -> Result<HttpResponse, Problem> {
    let run = ops::start_dry_run(&app, caller.person_id, new.read()?).await?;
    run.wait(SHORT).await;
    let location = format!("/api/v1/dry-runs/{}", run.id);
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, location)).json(DryRun::from(run.shown())))
}

/// Show a dry run
///
/// How far it is, and what it would do so far, summed by effect; never by person. For admins.
#[utoipa::path(tag = "dry runs", responses((status = 200, description = "The dry run", body = DryRun)))]
#[get("/dry-runs/{id}")]
async fn read_dry_run(app: web::Data<App>, _: may::ManagePlugins, id: web::Path<Uuid>) -> Result<web::Json<DryRun>, Problem> {
    Ok(web::Json(ops::dry_run(&app, *id).await?.into()))
}

/// List what a dry run would do
///
/// One by one, in the order of the events, each beside what really happened. For admins.
#[utoipa::path(
    tag = "dry runs",
    params(DryRunEffects),
    responses((status = 200, description = "A page of effects", body = Page<DryRunEffect>)),
)]
#[get("/dry-runs/{id}/effects")]
async fn list_dry_run_effects(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<Uuid>,
    asked: web::Query<DryRunEffects>,
) -> Result<Page<DryRunEffect>, Problem> {
    let DryRunEffects { limit, cursor, difference } = asked.into_inner();
    let limit = limit.unwrap_or(DEFAULT_PAGE_RECORDS);
    if !(1..=MAX_PAGE_RECORDS).contains(&limit) {
        return Err(Problem::parameter("limit", format!("a page has 1 to {MAX_PAGE_RECORDS} records.")));
    }
    let from = cursor.map_or(Ok(0), |cursor| cursor.parse());
    let from = from.map_err(|_| Problem::parameter("cursor", "give the next_cursor of the page before."))?;
    let difference = match difference {
        None => None,
        Some(word) => Some(Difference::of(&word).ok_or_else(|| {
            let known = Difference::ALL.map(Difference::as_str).join(", ");
            Problem::parameter("difference", format!("{word:?} is none. Choose from: {known}."))
        })?),
    };
    let (lines, next) = ops::lines_for(&app, caller.person_id, *id, difference, from, limit as usize).await?;
    Ok(Page { items: lines.into_iter().map(DryRunEffect::from).collect(), next_cursor: next.map(|next| next.to_string()) })
}

/// Record a dry run as a case
///
/// What a dry run over one event read and wanted, as a case that `pact plugin test` runs: a world with everything that mattered, and what is expected. Customers stand
/// in it under their names, people under pseudonyms that are others in each case. Not where it would show a digest of somebody else, a field that is not for your
/// role, or the instant of an act. Nothing is written. For admins, as the dry run itself.
#[utoipa::path(
    tag = "dry runs",
    params(DryRunCaseParams),
    responses(
        (status = 200, description = "The case", body = DryRunCase),
        (status = 409, description = "It looked at several events, or it cannot be told as a case"),
    ),
)]
#[get("/dry-runs/{id}/case")]
async fn record_dry_run(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    id: web::Path<Uuid>,
    asked: web::Query<DryRunCaseParams>,
) -> Result<web::Json<DryRunCase>, Problem> {
    let case = ops::case_of(&app, caller.person_id, caller.role, *id, asked.into_inner().title).await?;
    Ok(web::Json(DryRunCase { case }))
}

/// Cancel a dry run
///
/// It stops at the next event; what it found so far can be read. For admins.
#[utoipa::path(tag = "dry runs", responses((status = 200, description = "The dry run, about to stop", body = DryRun)))]
#[post("/dry-runs/{id}/cancel")]
async fn cancel_dry_run(app: web::Data<App>, _: may::ManagePlugins, id: web::Path<Uuid>) -> Result<web::Json<DryRun>, Problem> {
    Ok(web::Json(ops::cancel_dry_run(&app, *id, SHORT).await?.into()))
}
