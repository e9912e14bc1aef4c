//! Public holidays.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::NaiveDate;
use pact_app::App;
use pact_app::ops::holiday::{self as ops, ChangeHoliday, CreateHoliday, HolidayFilter};
use pact_store::entity::holiday;
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

/// A day on which nobody of a country, or of one region of it, works.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "7b3c1d2e-4f5a-4b6c-8d7e-9f0a1b2c3d4e", "country": "NL", "region": null, "on_day": "2027-04-27", "name": "King's Day",
}))]
pub struct Holiday {
    /// Its id.
    id: Uuid,
    /// The country's ISO 3166 code.
    country: String,
    /// The region of it; null for the whole country.
    region: Option<String>,
    /// The day.
    #[schema(format = Date)]
    on_day: String,
    /// Its name.
    name: String,
}

/// A holiday that is to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"country": "NL", "on_day": "2027-04-27", "name": "King's Day"}))]
pub struct NewHoliday {
    /// The country's ISO 3166 code.
    #[schema(pattern = "^[A-Za-z]{2}$")]
    country: String,
    /// The region of it; left out for the whole country.
    #[schema(max_length = 80)]
    region: Option<String>,
    /// The day.
    on_day: NaiveDate,
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// What is to be changed on a holiday: a field left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"on_day": "2027-04-26"}))]
pub struct HolidayChange {
    /// The day.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    on_day: Option<NaiveDate>,
    /// Its name.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
}

/// What a list of holidays is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HolidayParams {
    /// Only of this country.
    country: Option<String>,
    /// Only on this day or later.
    from_on: Option<NaiveDate>,
    /// Only on this day or earlier.
    until_on: Option<NaiveDate>,
}

impl From<holiday::Model> for Holiday {
    fn from(row: holiday::Model) -> Self {
        Self { id: row.id, country: row.country, region: row.region, on_day: row.on_day, name: row.name }
    }
}

impl From<holiday::Model> for Tagged<Holiday> {
    fn from(row: holiday::Model) -> Self {
        Self::new(ops::revision(&row), row.into())
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_holidays).service(create_holiday).service(read_holiday).service(change_holiday).service(delete_holiday);
}

/// List holidays
///
/// For everybody inside the company.
#[utoipa::path(
    tag = "holidays",
    params(PageParams, HolidayParams),
    responses((status = 200, description = "A page of holidays", body = Page<Holiday>)),
)]
#[get("/holidays")]
async fn list_holidays(
    app: web::Data<App>,
    _: may::ReadOrganisation,
    list: List<HolidayParams, ops::By>,
) -> Result<Page<Holiday>, Problem> {
    let HolidayParams { country, from_on, until_on } = list.filter;
    let filter = HolidayFilter { country, from_on, until_on };
    Ok(ops::list_holidays(&app, filter, list.sort, &list.ask).await?.into())
}

/// Add a holiday
///
/// For admins.
#[utoipa::path(
    tag = "holidays",
    request_body = NewHoliday,
    responses(
        (status = 201, description = "The holiday", body = Holiday),
        (status = 409, description = "The day is a holiday there already"),
    ),
)]
#[post("/holidays")]
async fn create_holiday(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    Body(new): Body<NewHoliday>,
) -> Result<Created<Holiday>, Problem> {
    let command = CreateHoliday { country: new.country, region: new.region, on_day: new.on_day, name: new.name };
    let row = ops::create_holiday(&app, &caller.actor(), command).await?;
    let location = format!("/api/v1/holidays/{}", row.id);
    Ok(Tagged::from(row).created_at(location))
}

/// Show a holiday
///
/// For everybody inside the company.
#[utoipa::path(tag = "holidays", params(Fields), responses((status = 200, description = "The holiday", body = Holiday)))]
#[get("/holidays/{id}")]
async fn read_holiday(app: web::Data<App>, _: may::ReadOrganisation, id: web::Path<Uuid>) -> Result<Tagged<Holiday>, Problem> {
    Ok(ops::read_holiday(&app, *id).await?.into())
}

/// Change a holiday
///
/// For admins.
#[utoipa::path(
    tag = "holidays",
    params(IfMatch),
    request_body = HolidayChange,
    responses(
        (status = 200, description = "The holiday as it is now", body = Holiday),
        (status = 409, description = "The day is a holiday there already"),
    ),
)]
#[patch("/holidays/{id}")]
async fn change_holiday(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<HolidayChange>,
) -> Result<Tagged<Holiday>, Problem> {
    let change = ChangeHoliday { on_day: change.on_day, name: change.name };
    Ok(ops::change_holiday(&app, &caller.actor(), *id, revision, change).await?.into())
}

/// Remove a holiday
///
/// For admins.
#[utoipa::path(tag = "holidays", params(IfMatch), responses((status = 204, description = "It is gone")))]
#[delete("/holidays/{id}")]
async fn delete_holiday(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    ops::delete_holiday(&app, &caller.actor(), *id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}
