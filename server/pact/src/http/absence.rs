//! Absences: who is away when, and who stands in.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::NaiveDate;
use pact_app::ops::absence::{self as ops, AbsenceFilter, AbsenceKind, ChangeAbsence, CreateAbsence};
use pact_app::{App, Caller};
use pact_store::entity::absence;
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

/// Days on which a person is away, both ends included.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "2f6b5a1c-0d5e-4c9a-b1a0-5b7f4a8e2c11", "person_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11",
    "from_on": "2026-12-21", "until_on": "2027-01-01", "kind": "holiday", "stand_in_id": null,
}))]
pub struct Absence {
    /// Its id.
    id: Uuid,
    /// Who is away.
    person_id: Uuid,
    /// The first day.
    #[schema(format = Date)]
    from_on: String,
    /// The last day.
    #[schema(format = Date)]
    until_on: String,
    /// Why; null for everybody but the person, who leads them, and admins.
    kind: Option<String>,
    /// Who stands in.
    stand_in_id: Option<Uuid>,
}

/// Why somebody is away.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AbsenceKind)]
pub enum Kind {
    /// Days off.
    Holiday,
    /// Ill.
    Sick,
    /// Learning.
    Training,
    /// Anything else.
    Other,
}

/// An absence that is to be announced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "person_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11", "from_on": "2026-12-21", "until_on": "2027-01-01", "kind": "holiday",
}))]
pub struct NewAbsence {
    /// Who is away.
    person_id: Uuid,
    /// The first day.
    from_on: NaiveDate,
    /// The last day.
    until_on: NaiveDate,
    /// Why.
    kind: Kind,
    /// Who stands in.
    stand_in_id: Option<Uuid>,
}

/// What is to be changed on an absence: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"until_on": "2027-01-04"}))]
pub struct AbsenceChange {
    /// The first day.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    from_on: Option<NaiveDate>,
    /// The last day.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    until_on: Option<NaiveDate>,
    /// Why.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    kind: Option<Kind>,
    /// Who stands in.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    stand_in_id: Option<Option<Uuid>>,
}

/// What a list of absences is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AbsenceParams {
    /// Only of this person.
    person_id: Option<Uuid>,
    /// Only those that end on this day or later.
    from_on: Option<NaiveDate>,
    /// Only those that begin on this day or earlier.
    until_on: Option<NaiveDate>,
}

impl From<Kind> for AbsenceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Holiday => Self::Holiday,
            Kind::Sick => Self::Sick,
            Kind::Training => Self::Training,
            Kind::Other => Self::Other,
        }
    }
}

/// An absence as the caller may see it.
fn show(app: &App, caller: &Caller, row: absence::Model) -> Absence {
    Absence {
        id: row.id,
        kind: ops::sees_kind(app, caller, row.person_id).then_some(row.kind),
        person_id: row.person_id,
        from_on: row.from_on,
        until_on: row.until_on,
        stand_in_id: row.stand_in_id,
    }
}

fn tagged(app: &App, caller: &Caller, row: absence::Model) -> Tagged<Absence> {
    Tagged::new(ops::revision(&row), show(app, caller, row))
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_absences).service(create_absence).service(read_absence).service(change_absence).service(delete_absence);
}

/// List absences
///
/// Who is away when is planning data for everybody inside the company; why, only for the person, who leads them, and admins.
#[utoipa::path(
    tag = "absences",
    params(PageParams, AbsenceParams),
    responses((status = 200, description = "A page of absences", body = Page<Absence>)),
)]
#[get("/absences")]
async fn list_absences(
    app: web::Data<App>,
    caller: may::ReadOrganisation,
    list: List<AbsenceParams, ops::By>,
) -> Result<Page<Absence>, Problem> {
    let AbsenceParams { person_id, from_on, until_on } = list.filter;
    let filter = AbsenceFilter { person_id, from_on, until_on };
    let page = ops::list_absences(&app, filter, list.sort, &list.ask).await?;
    let items = page.items.into_iter().map(|row| show(&app, &caller, row)).collect();
    Ok(Page { items, next_cursor: page.next })
}

/// Announce an absence
///
/// One's own, one of somebody whom one leads, or as an admin anybody's.
#[utoipa::path(tag = "absences", request_body = NewAbsence, responses((status = 201, description = "The absence", body = Absence)))]
#[post("/absences")]
async fn create_absence(
    app: web::Data<App>,
    caller: may::AnnounceAbsence,
    Body(new): Body<NewAbsence>,
) -> Result<Created<Absence>, Problem> {
    let NewAbsence { person_id, from_on, until_on, kind, stand_in_id } = new;
    let command = CreateAbsence { person_id, from_on, until_on, kind: kind.into(), stand_in_id };
    let row = ops::create_absence(&app, &caller.actor(), command).await?;
    let location = format!("/api/v1/absences/{}", row.id);
    Ok(tagged(&app, &caller, row).created_at(location))
}

/// Show an absence
///
/// For everybody inside the company.
#[utoipa::path(tag = "absences", params(Fields), responses((status = 200, description = "The absence", body = Absence)))]
#[get("/absences/{id}")]
async fn read_absence(
    app: web::Data<App>,
    caller: may::ReadOrganisation,
    id: web::Path<Uuid>,
) -> Result<Tagged<Absence>, Problem> {
    Ok(tagged(&app, &caller, ops::read_absence(&app, *id).await?))
}

/// Change an absence
///
/// One's own, one of somebody whom one leads, or as an admin anybody's.
#[utoipa::path(
    tag = "absences",
    params(IfMatch),
    request_body = AbsenceChange,
    responses((status = 200, description = "The absence as it is now", body = Absence)),
)]
#[patch("/absences/{id}")]
async fn change_absence(
    app: web::Data<App>,
    caller: may::AnnounceAbsence,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<AbsenceChange>,
) -> Result<Tagged<Absence>, Problem> {
    let AbsenceChange { from_on, until_on, kind, stand_in_id } = change;
    let change = ChangeAbsence { from_on, until_on, kind: kind.map(Into::into), stand_in_id };
    let row = ops::change_absence(&app, &caller.actor(), *id, revision, change).await?;
    Ok(tagged(&app, &caller, row))
}

/// Take an absence back
///
/// One's own, one of somebody whom one leads, or as an admin anybody's.
#[utoipa::path(tag = "absences", params(IfMatch), responses((status = 204, description = "It is gone")))]
#[delete("/absences/{id}")]
async fn delete_absence(
    app: web::Data<App>,
    caller: may::AnnounceAbsence,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    ops::delete_absence(&app, &caller.actor(), *id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}
