//! Goals: what the company wants to reach, as outcomes with customers.

use actix_web::{get, patch, post, web};
use chrono::NaiveDate;
use pact_app::App;
use pact_app::ops::goal::{self as ops, ChangeGoal, SetGoal};
use pact_core::time::Instant;
use pact_store::entity::goal;
use pact_store::goal::By;
use pact_store::{Scope, list, record};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::change;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// What the company wants to reach.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "6a1f6f7e-1a6e-4a6f-9f0d-3e5b8e1c7d10", "title": "40 customers on the new line by June",
    "measure": "customers with a won lead for heat-pump", "target": 40, "reached": 12, "ends_on": "2027-06-30",
    "created_at": "2026-11-24T10:10:00.000Z"
}))]
pub struct Goal {
    /// Its id.
    id: Uuid,
    /// Its title.
    title: String,
    /// What is counted on customers and sales.
    measure: String,
    /// How much is wanted.
    target: i64,
    /// How much is reached by now.
    reached: i64,
    /// The last day.
    #[schema(format = Date)]
    ends_on: Option<String>,
    /// Since when it is set.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A goal that is to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "40 customers on the new line by June", "measure": "customers with a won lead for heat-pump", "target": 40, "ends_on": "2027-06-30"}))]
pub struct NewGoal {
    /// Its title.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// What is counted on customers and sales; never what people do.
    #[schema(min_length = 1, max_length = 500)]
    measure: String,
    /// How much is wanted.
    #[schema(minimum = 1)]
    target: i64,
    /// How much is reached by now.
    #[serde(default)]
    #[schema(minimum = 0, default = 0)]
    reached: i64,
    /// The last day.
    ends_on: Option<NaiveDate>,
}

/// What is to be changed on a goal: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reached": 13}))]
pub struct GoalChange {
    /// Its title.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    title: Option<String>,
    /// What is counted on customers and sales; never what people do.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 500)]
    measure: Option<String>,
    /// How much is wanted.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, minimum = 1)]
    target: Option<i64>,
    /// How much is reached by now.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, minimum = 0)]
    reached: Option<i64>,
    /// The last day.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<NaiveDate>)]
    ends_on: Option<Option<NaiveDate>>,
}

/// What a list of goals is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GoalFilter {
    /// Only goals that end on this day or later.
    ends_from: Option<NaiveDate>,
}

impl From<goal::Model> for Goal {
    fn from(row: goal::Model) -> Self {
        Self {
            id: row.id,
            title: row.title,
            measure: row.measure,
            target: row.target,
            reached: row.reached,
            ends_on: row.ends_on,
            created_at: Instant::from_millis(row.created_at),
        }
    }
}

impl From<goal::Model> for Tagged<Goal> {
    fn from(row: goal::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_goals).service(set_goal).service(read_goal).service(change_goal);
}

/// List goals
///
/// For everybody inside the company.
#[utoipa::path(
    tag = "goals",
    params(PageParams, GoalFilter),
    responses((status = 200, description = "A page of goals", body = Page<Goal>)),
)]
#[get("/goals")]
async fn list_goals(app: web::Data<App>, caller: may::ReadGoals, list: List<GoalFilter, By>) -> Result<Page<Goal>, Problem> {
    let filter = pact_store::goal::Filter { ends_from: list.filter.ends_from.map(|day| day.to_string()) };
    let scope = Scope::Staff(caller.person_id);
    Ok(list::list::<goal::Model>(app.store.read(), &scope, &filter, list.sort, &list.ask).await?.into())
}

/// Set a goal
///
/// For managers and admins.
#[utoipa::path(tag = "goals", request_body = NewGoal, responses((status = 201, description = "The goal", body = Goal)))]
#[post("/goals")]
async fn set_goal(app: web::Data<App>, caller: may::WriteGoals, Body(new): Body<NewGoal>) -> Result<Created<Goal>, Problem> {
    let NewGoal { title, measure, target, reached, ends_on } = new;
    let row = ops::set_goal(&app, &caller.actor(), SetGoal { title, measure, target, reached, ends_on }).await?;
    let location = format!("/api/v1/goals/{}", row.id);
    Ok(Tagged::from(row).created_at(location))
}

/// Show a goal
///
/// For everybody inside the company.
#[utoipa::path(tag = "goals", params(Fields), responses((status = 200, description = "The goal", body = Goal)))]
#[get("/goals/{id}")]
async fn read_goal(app: web::Data<App>, _: may::ReadGoals, id: web::Path<Uuid>) -> Result<Tagged<Goal>, Problem> {
    Ok(record::get::<goal::Model>(app.store.read(), *id).await?.into())
}

/// Change a goal
///
/// For managers and admins.
#[utoipa::path(
    tag = "goals",
    params(IfMatch),
    request_body = GoalChange,
    responses((status = 200, description = "The goal as it is now", body = Goal)),
)]
#[patch("/goals/{id}")]
async fn change_goal(
    app: web::Data<App>,
    caller: may::WriteGoals,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<GoalChange>,
) -> Result<Tagged<Goal>, Problem> {
    let GoalChange { title, measure, target, reached, ends_on } = change;
    let command = ChangeGoal { id: *id, revision, title, measure, target, reached, ends_on };
    Ok(ops::change_goal(&app, &caller.actor(), command).await?.into())
}
