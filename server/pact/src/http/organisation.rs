//! The organisation itself.

use actix_web::{get, patch, web};
use pact_app::App;
use pact_app::ops::organisation::{self as ops, ChangeOrganisation};
use pact_store::entity::organisation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::body::Body;
use super::caller::may;
use super::change;
use super::etag::{IfMatch, Tagged};
use super::fields::Fields;
use super::problem::Problem;

/// Who we are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "Acme Heating", "country": "NL", "language": "en", "time_zone": "Europe/Amsterdam", "k": 5}))]
pub struct Organisation {
    /// Its name.
    name: String,
    /// The country of its headquarters, which telephone numbers without a prefix belong to.
    country: String,
    /// The language in which it writes when nothing says otherwise.
    language: String,
    /// The zone whose clock it goes by.
    time_zone: String,
    /// How many people must contribute before a tally shows a group; the pact sets it.
    k: i64,
}

/// What is to be changed on the organisation: a field left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Acme Heating", "time_zone": "Europe/Amsterdam"}))]
pub struct OrganisationChange {
    /// Its name.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The country's ISO 3166 code.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, pattern = "^[A-Za-z]{2}$")]
    country: Option<String>,
    /// The language.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 80)]
    language: Option<String>,
    /// The time zone's IANA name.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    time_zone: Option<String>,
}

impl From<organisation::Model> for Tagged<Organisation> {
    fn from(row: organisation::Model) -> Self {
        let revision = ops::revision(&row);
        let organisation::Model { name, country, language, time_zone, k, .. } = row;
        Self::new(revision, Organisation { name, country, language, time_zone, k })
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(read_organisation).service(change_organisation);
}

/// Show the organisation
///
/// For everybody inside the company.
#[utoipa::path(tag = "organisation", params(Fields), responses((status = 200, description = "Who we are", body = Organisation)))]
#[get("/organisation")]
async fn read_organisation(app: web::Data<App>, _: may::ReadOrganisation) -> Result<Tagged<Organisation>, Problem> {
    Ok(pact_store::organisation::get(app.store.read()).await?.into())
}

/// Change the organisation
///
/// For admins. `k` belongs to the pact and is not changed here.
#[utoipa::path(
    tag = "organisation",
    params(IfMatch),
    request_body = OrganisationChange,
    responses((status = 200, description = "Who we are now", body = Organisation)),
)]
#[patch("/organisation")]
async fn change_organisation(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    IfMatch(revision): IfMatch,
    Body(change): Body<OrganisationChange>,
) -> Result<Tagged<Organisation>, Problem> {
    let OrganisationChange { name, country, language, time_zone } = change;
    let change = ChangeOrganisation { name, country, language, time_zone };
    Ok(ops::change_organisation(&app, &caller.actor(), revision, change).await?.into())
}
