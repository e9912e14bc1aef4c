//! Jobs: what was put aside, and what an admin decides about it; how much waits; when schedules are due. Nothing here counts anybody's acts: a job has a
//! random id and a day, and one that an act of a member of staff caused does not say on which record.

use actix_web::{get, post, web};
use pact_app::App;
use pact_app::ops::job as ops;
use pact_core::time::Instant;
use pact_store::job::{By, Filter, Load, State};
use pact_store::schedule::By as ScheduleBy;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// Something that scripts were to be called for and that was put aside.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "5c1f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5", "kind": "tick", "name": "morning", "plugin_id": "planning-digest",
    "record_kind": null, "record_id": null, "state": "parked", "reason": "The plugin planning-digest failed: no owner (digest.rhai, line 12).",
    "parked_on": "2026-11-24", "attempts": 1
}))]
pub struct Job {
    /// Its id: random, and of the job alone.
    id: Uuid,
    /// `event`, or `tick` of a schedule.
    kind: &'static str,
    /// The event, such as `lead_created`; of a tick, the function that is called.
    name: String,
    /// The only plugin that is called; null when every one is that asks.
    plugin_id: Option<String>,
    /// What the record is; null where it would show an act of a member of staff.
    record_kind: Option<String>,
    /// The record that it is about; null where it would show an act of a member of staff, or a person.
    record_id: Option<Uuid>,
    /// `parked`, `waiting` or `done` once it was released, or `dropped`.
    state: &'static str,
    /// Why it was put aside.
    reason: Option<String>,
    /// The day on which it was put aside, on the organisation's clock.
    #[schema(format = Date)]
    parked_on: String,
    /// How often it was tried since it happened or was released.
    attempts: i64,
}

/// How much there is to do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "waiting": 0, "under_way": 3, "lapsed": 0, "repeated": 1, "parked": 2, "since": "2026-11-24T10:10:00.000Z"
}))]
pub struct JobsState {
    /// Not tried yet.
    waiting: u64,
    /// Claimed by a node, for the length of a lease, or waiting for the next attempt.
    under_way: u64,
    /// Claimed by a node that let its lease run out, such as one that was killed; another takes them over.
    lapsed: u64,
    /// Of all these, those that were tried more than once.
    repeated: u64,
    /// Put aside, for an admin to decide.
    parked: u64,
    /// The minute in which the oldest happened that is not handled.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Instant>,
}

/// A schedule of a plugin, in one zone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "5c1f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5", "plugin_id": "planning-digest", "call": "morning", "cron": "0 7 * * MON-FRI",
    "zone": "Europe/Amsterdam", "for_each": "person", "catch_up": "skip", "next_at": "2026-11-25T06:00:00.000Z"
}))]
pub struct Schedule {
    /// Its id.
    id: Uuid,
    /// The plugin.
    plugin_id: String,
    /// The function that is called.
    call: String,
    /// The pattern of its ticks.
    cron: String,
    /// The IANA zone on whose clocks the pattern is read.
    zone: String,
    /// `none`, or `person`: called with each person who works on that day. Null when the plugin is switched off.
    for_each: Option<&'static str>,
    /// What becomes of missed ticks: `skip` or `once`. Null when the plugin is switched off.
    catch_up: Option<&'static str>,
    /// When it is due next.
    #[schema(value_type = String, format = DateTime)]
    next_at: Instant,
}

/// What a list of jobs is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobFilter {
    /// Only what is in this state: `parked`, `waiting`, `done` or `dropped`.
    state: Option<String>,
    /// Only jobs for this plugin.
    plugin_id: Option<String>,
    /// Only an `event`, or only a `tick`.
    kind: Option<String>,
}

/// Which jobs are to be released; without a filter, all that are put aside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"plugin_id": "lead-push"}))]
pub struct JobsRelease {
    /// Only jobs for this plugin.
    plugin_id: Option<String>,
    /// Only an `event`, or only a `tick`.
    #[schema(pattern = "^(event|tick)$")]
    kind: Option<String>,
}

/// What was released.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"released": 12}))]
pub struct JobsReleased {
    /// How many jobs are handled now.
    released: u64,
}

/// What a list of schedules is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScheduleFilter {
    /// Only schedules of this plugin.
    plugin_id: Option<String>,
}

impl JobFilter {
    fn read(self) -> Result<Filter, Problem> {
        let state = self.state.as_deref().map(|word| {
            State::of_word(word).ok_or_else(|| {
                let words: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
                Problem::parameter("state", format!("it is one of {}.", words.join(", ")))
            })
        });
        let ticks = ticks(self.kind.as_deref()).map_err(|why| Problem::parameter("kind", why))?;
        Ok(Filter { state: state.transpose()?, plugin: self.plugin_id, ticks })
    }
}

fn ticks(kind: Option<&str>) -> Result<Option<bool>, &'static str> {
    match kind {
        None => Ok(None),
        Some("tick") => Ok(Some(true)),
        Some("event") => Ok(Some(false)),
        Some(_) => Err("it is one of event, tick."),
    }
}

impl From<ops::Job> for Job {
    fn from(job: ops::Job) -> Self {
        let (record_kind, record_id) = job.record.unzip();
        Self {
            id: job.id,
            kind: if job.is_tick { "tick" } else { "event" },
            name: job.name,
            plugin_id: job.plugin,
            record_kind,
            record_id,
            state: job.state.as_str(),
            reason: job.reason,
            parked_on: job.parked_on,
            attempts: job.attempts,
        }
    }
}

impl From<Load> for JobsState {
    fn from(load: Load) -> Self {
        let Load { waiting, under_way, lapsed, repeated, parked, since } = load;
        Self { waiting, under_way, lapsed, repeated, parked, since: since.map(Instant::from_millis) }
    }
}

impl From<ops::Scheduled> for Schedule {
    fn from(scheduled: ops::Scheduled) -> Self {
        let ops::Scheduled { row, for_each, catch_up } = scheduled;
        Self {
            id: row.id,
            plugin_id: row.plugin_id,
            call: row.call,
            cron: row.cron,
            zone: row.zone,
            for_each,
            catch_up,
            next_at: Instant::from_millis(row.next_at),
        }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_jobs)
        .service(read_jobs_state)
        .service(read_job)
        .service(release_job)
        .service(release_jobs)
        .service(drop_job)
        .service(list_schedules);
}

/// List what was put aside
///
/// Events and ticks whose run failed, or that could not be handled, with the reason; by day. It shows no person and no time of the day, and of what
/// an act of a member of staff caused no record. For admins and auditors.
#[utoipa::path(
    tag = "jobs",
    params(PageParams, JobFilter),
    responses((status = 200, description = "A page of jobs", body = Page<Job>)),
)]
#[get("/jobs")]
async fn list_jobs(app: web::Data<App>, _: may::ReadRuns, list: List<JobFilter, By>) -> Result<Page<Job>, Problem> {
    Ok(ops::list_jobs(&app, &list.filter.read()?, list.sort, &list.ask).await?.into())
}

/// Show how much there is to do
///
/// What waits, what nodes hold by a lease, what is tried again and what was put aside, of all events and ticks together. For admins and auditors.
#[utoipa::path(tag = "jobs", responses((status = 200, description = "How much there is to do", body = JobsState)))]
#[get("/jobs/state")]
async fn read_jobs_state(app: web::Data<App>, _: may::ReadRuns) -> Result<web::Json<JobsState>, Problem> {
    Ok(web::Json(ops::read_load(&app).await?.into()))
}

/// Show what was put aside
///
/// Also after it was released or dropped: its state says what became of it. For admins and auditors.
#[utoipa::path(tag = "jobs", responses((status = 200, description = "The job", body = Job)))]
#[get("/jobs/{id}")]
async fn read_job(app: web::Data<App>, _: may::ReadRuns, id: web::Path<Uuid>) -> Result<web::Json<Job>, Problem> {
    Ok(web::Json(ops::read_job(&app, *id).await?.into()))
}

/// Release what was put aside
///
/// It is handled now, as if it had never been tried, by the version of the plugin that is installed now. For admins.
#[utoipa::path(
    tag = "jobs",
    responses(
        (status = 200, description = "It is handled soon", body = Job),
        (status = 409, description = "It was released already"),
    ),
)]
#[post("/jobs/{id}/release")]
async fn release_job(app: web::Data<App>, caller: may::ManagePlugins, id: web::Path<Uuid>) -> Result<web::Json<Job>, Problem> {
    Ok(web::Json(ops::release_job(&app, &caller.actor(), *id).await?.into()))
}

/// Release everything that was put aside
///
/// As after a plugin was mended that many jobs waited for. For admins.
#[utoipa::path(
    tag = "jobs",
    request_body = JobsRelease,
    responses((status = 200, description = "How many are handled now", body = JobsReleased)),
)]
#[post("/jobs/release")]
async fn release_jobs(
    app: web::Data<App>,
    caller: may::ManagePlugins,
    Body(asked): Body<JobsRelease>,
) -> Result<web::Json<JobsReleased>, Problem> {
    let ticks = ticks(asked.kind.as_deref()).map_err(|why| Problem::from(pact_app::Refusal::invalid("kind", why)))?;
    let filter = Filter { plugin: asked.plugin_id, ticks, ..Filter::default() };
    Ok(web::Json(JobsReleased { released: ops::release_jobs(&app, &caller.actor(), filter).await? }))
}

/// Drop what was put aside
///
/// It is not handled, unless it is released later. For admins.
#[utoipa::path(
    tag = "jobs",
    responses(
        (status = 200, description = "It is dropped", body = Job),
        (status = 409, description = "It was released already"),
    ),
)]
#[post("/jobs/{id}/drop")]
async fn drop_job(app: web::Data<App>, caller: may::ManagePlugins, id: web::Path<Uuid>) -> Result<web::Json<Job>, Problem> {
    Ok(web::Json(ops::drop_job(&app, &caller.actor(), *id).await?.into()))
}

/// List schedules
///
/// Every schedule of every plugin that is switched on, zone by zone, with its next tick. For admins and auditors.
#[utoipa::path(
    tag = "jobs",
    params(PageParams, ScheduleFilter),
    responses((status = 200, description = "A page of schedules", body = Page<Schedule>)),
)]
#[get("/schedules")]
async fn list_schedules(
    app: web::Data<App>,
    _: may::ReadRuns,
    list: List<ScheduleFilter, ScheduleBy>,
) -> Result<Page<Schedule>, Problem> {
    Ok(ops::list_schedules(&app, list.filter.plugin_id, list.sort, &list.ask).await?.into())
}
