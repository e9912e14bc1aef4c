//! Teams. This file is the model for every other noun: copy it.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use pact_app::App;
use pact_app::ops::team::{self as ops, ChangeTeam, CreateTeam};
use pact_store::entity::team;
use pact_store::record;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::change;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::hours::{Hours, week};
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// A group of people who sell together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11", "name": "Benelux", "region": "NL", "manager_id": null, "working_hours": null}))]
pub struct Team {
    /// Its id.
    id: Uuid,
    /// Its name, which no other team has.
    name: String,
    /// The region that it works in.
    region: Option<String>,
    /// The person who leads it.
    manager_id: Option<Uuid>,
    /// When its people work who have no hours of their own; null: the usual hours.
    working_hours: Option<Vec<Hours>>,
}

/// A team that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Benelux", "region": "NL"}))]
pub struct NewTeam {
    /// Its name, which no other team has.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The region that it works in.
    #[schema(max_length = 80)]
    region: Option<String>,
    /// The person who leads it.
    manager_id: Option<Uuid>,
    /// When its people work who have no hours of their own; the usual hours when left out.
    #[schema(max_items = 50)]
    working_hours: Option<Vec<Hours>>,
}

/// What is to be changed on a team: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Benelux and France", "manager_id": null}))]
pub struct TeamChange {
    /// Its name, which no other team has.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The region that it works in.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    region: Option<Option<String>>,
    /// The person who leads it.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    manager_id: Option<Option<Uuid>>,
    /// When its people work who have no hours of their own.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Vec<Hours>>, max_items = 50)]
    working_hours: Option<Option<Vec<Hours>>>,
}

/// What a list of teams is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TeamFilter {
    /// Only teams of this region.
    region: Option<String>,
}

impl From<team::Model> for Team {
    fn from(row: team::Model) -> Self {
        let working_hours = row.working_hours.and_then(|hours| serde_json::from_value(hours.0).ok());
        Self { id: row.id, name: row.name, region: row.region, manager_id: row.manager_id, working_hours }
    }
}

impl From<team::Model> for Tagged<Team> {
    fn from(row: team::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_teams).service(create_team).service(read_team).service(change_team).service(delete_team);
}

/// List teams
///
/// For everybody inside the company.
#[utoipa::path(
    tag = "teams",
    params(PageParams, TeamFilter),
    responses((status = 200, description = "A page of teams", body = Page<Team>)),
)]
#[get("/teams")]
async fn list_teams(
    app: web::Data<App>,
    _: may::ReadOrganisation,
    list: List<TeamFilter, ops::By>,
) -> Result<Page<Team>, Problem> {
    Ok(ops::list_teams(&app, list.filter.region, list.sort, &list.ask).await?.into())
}

/// Make a team
///
/// For admins.
#[utoipa::path(
    tag = "teams",
    request_body = NewTeam,
    responses(
        (status = 201, description = "The team", body = Team),
        (status = 409, description = "Another team has the name"),
    ),
)]
#[post("/teams")]
async fn create_team(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    Body(new): Body<NewTeam>,
) -> Result<Created<Team>, Problem> {
    let working_hours = new.working_hours.map(week).transpose()?;
    let command = CreateTeam { name: new.name, region: new.region, manager_id: new.manager_id, working_hours };
    let row = ops::create_team(&app, &caller.actor(), command).await?;
    let location = format!("/api/v1/teams/{}", row.id);
    Ok(Tagged::from(row).created_at(location))
}

/// Show a team
///
/// For everybody inside the company.
#[utoipa::path(tag = "teams", params(Fields), responses((status = 200, description = "The team", body = Team)))]
#[get("/teams/{id}")]
async fn read_team(app: web::Data<App>, _: may::ReadOrganisation, id: web::Path<Uuid>) -> Result<Tagged<Team>, Problem> {
    Ok(record::get::<team::Model>(app.store.read(), *id).await?.into())
}

/// Change a team
///
/// For admins.
#[utoipa::path(
    tag = "teams",
    params(IfMatch),
    request_body = TeamChange,
    responses(
        (status = 200, description = "The team as it is now", body = Team),
        (status = 409, description = "Another team has the name"),
    ),
)]
#[patch("/teams/{id}")]
async fn change_team(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<TeamChange>,
) -> Result<Tagged<Team>, Problem> {
    let TeamChange { name, region, manager_id, working_hours } = change;
    let working_hours = working_hours.map(|given| given.map(week).transpose()).transpose()?;
    let command = ChangeTeam { id: *id, revision, name, region, manager_id, working_hours };
    Ok(ops::change_team(&app, &caller.actor(), command).await?.into())
}

/// Remove a team
///
/// Its people stay, in no team. For admins.
#[utoipa::path(tag = "teams", params(IfMatch), responses((status = 204, description = "It is gone")))]
#[delete("/teams/{id}")]
async fn delete_team(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    ops::delete_team(&app, &caller.actor(), *id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}
