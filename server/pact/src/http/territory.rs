//! Territories: the tree of market areas and its rules.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use pact_app::App;
use pact_app::ops::territory::{self as ops, ChangeTerritory, CreateTerritory};
use pact_core::territory::{PostcodeRange, TerritoryRule};
use pact_store::entity::territory;
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
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// An area of the market. The deepest territory whose rules match gets a lead; among equals the one with the highest priority.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0c8d6b4a-52a1-4c0e-8f3e-6c6f2f2b9a10", "name": "Holland North", "parent_id": null, "priority": 0,
    "rules": [{"countries": ["NL"], "postcodes": [{"country": "NL", "from": "1000", "to": "1999"}], "segments": [], "products": []}],
}))]
pub struct Territory {
    /// Its id.
    id: Uuid,
    /// Its name, which no other territory has.
    name: String,
    /// The territory above it.
    parent_id: Option<Uuid>,
    /// Which goes first among territories at the same depth; higher first.
    priority: i64,
    /// A lead or customer belongs here when one of them matches; without rules none does.
    rules: Vec<Rule>,
}

/// A rule matches when every part of it that is not empty matches.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TerritoryRule)]
pub struct Rule {
    /// ISO 3166 codes of two letters, of which one must be the country.
    #[serde(default)]
    #[schema(max_items = 500)]
    countries: Vec<String>,
    /// Ranges of which one must hold the postcode.
    #[serde(default)]
    #[schema(max_items = 500)]
    postcodes: Vec<Range>,
    /// Segments of which one must be the customer's.
    #[serde(default)]
    #[schema(max_items = 500)]
    segments: Vec<String>,
    /// Products of which one must be asked about.
    #[serde(default)]
    #[schema(max_items = 500)]
    products: Vec<String>,
}

/// Postcodes of a country from one to another, both included. Digits are compared as many as are given: 10 to 12 holds the German 10115.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PostcodeRange)]
pub struct Range {
    /// The ISO 3166 code of the country.
    #[schema(pattern = "^[A-Za-z]{2}$")]
    country: String,
    /// The lower end.
    #[schema(min_length = 1, max_length = 80)]
    from: String,
    /// The upper end.
    #[schema(min_length = 1, max_length = 80)]
    to: String,
}

/// A territory that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Holland North", "rules": [{"postcodes": [{"country": "NL", "from": "1000", "to": "1999"}]}]}))]
pub struct NewTerritory {
    /// Its name, which no other territory has.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The territory above it.
    parent_id: Option<Uuid>,
    /// Which goes first among territories at the same depth; higher first.
    #[serde(default)]
    priority: i32,
    /// A lead or customer belongs here when one of them matches.
    #[serde(default)]
    #[schema(max_items = 200)]
    rules: Vec<Rule>,
}

/// What is to be changed on a territory: a field left out stays, null empties it; `rules` replaces all rules.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"priority": 10}))]
pub struct TerritoryChange {
    /// Its name, which no other territory has.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The territory above it.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    parent_id: Option<Option<Uuid>>,
    /// Which goes first among territories at the same depth.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    priority: Option<i32>,
    /// All its rules.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 200)]
    rules: Option<Vec<Rule>>,
}

/// What a list of territories is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TerritoryFilter {
    /// Only territories directly in this one.
    parent_id: Option<Uuid>,
}

impl From<Rule> for TerritoryRule {
    fn from(rule: Rule) -> Self {
        let range = |range: Range| PostcodeRange { country: range.country, from: range.from, to: range.to };
        Self {
            countries: rule.countries,
            postcodes: rule.postcodes.into_iter().map(range).collect(),
            segments: rule.segments,
            products: rule.products,
        }
    }
}

impl From<territory::Model> for Territory {
    fn from(row: territory::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            parent_id: row.parent_id,
            priority: row.priority,
            rules: serde_json::from_value(row.rules.0).unwrap_or_default(),
        }
    }
}

impl From<territory::Model> for Tagged<Territory> {
    fn from(row: territory::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_territories).service(create_territory).service(read_territory);
    config.service(change_territory).service(delete_territory);
}

/// List territories
///
/// For everybody inside the company.
#[utoipa::path(
    tag = "territories",
    params(PageParams, TerritoryFilter),
    responses((status = 200, description = "A page of territories", body = Page<Territory>)),
)]
#[get("/territories")]
async fn list_territories(
    app: web::Data<App>,
    _: may::ReadOrganisation,
    list: List<TerritoryFilter, ops::By>,
) -> Result<Page<Territory>, Problem> {
    Ok(ops::list_territories(&app, list.filter.parent_id, list.sort, &list.ask).await?.into())
}

/// Make a territory
///
/// For admins.
#[utoipa::path(
    tag = "territories",
    request_body = NewTerritory,
    responses(
        (status = 201, description = "The territory", body = Territory),
        (status = 409, description = "Another territory has the name"),
    ),
)]
#[post("/territories")]
async fn create_territory(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    Body(new): Body<NewTerritory>,
) -> Result<Created<Territory>, Problem> {
    let rules = new.rules.into_iter().map(Into::into).collect();
    let command = CreateTerritory { name: new.name, parent_id: new.parent_id, priority: new.priority, rules };
    let row = ops::create_territory(&app, &caller.actor(), command).await?;
    let location = format!("/api/v1/territories/{}", row.id);
    Ok(Tagged::from(row).created_at(location))
}

/// Show a territory
///
/// For everybody inside the company.
#[utoipa::path(tag = "territories", params(Fields), responses((status = 200, description = "The territory", body = Territory)))]
#[get("/territories/{id}")]
async fn read_territory(
    app: web::Data<App>,
    _: may::ReadOrganisation,
    id: web::Path<Uuid>,
) -> Result<Tagged<Territory>, Problem> {
    Ok(record::get::<territory::Model>(app.store.read(), *id).await?.into())
}

/// Change a territory
///
/// What belongs to it is not moved by the change; new leads follow the new rules. For admins.
#[utoipa::path(
    tag = "territories",
    params(IfMatch),
    request_body = TerritoryChange,
    responses(
        (status = 200, description = "The territory as it is now", body = Territory),
        (status = 409, description = "Another territory has the name"),
    ),
)]
#[patch("/territories/{id}")]
async fn change_territory(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<TerritoryChange>,
) -> Result<Tagged<Territory>, Problem> {
    let TerritoryChange { name, parent_id, priority, rules } = change;
    let rules = rules.map(|rules| rules.into_iter().map(Into::into).collect());
    let change = ChangeTerritory { name, parent_id, priority, rules };
    Ok(ops::change_territory(&app, &caller.actor(), *id, revision, change).await?.into())
}

/// Remove a territory
///
/// Its people, customers and leads stay, in none. For admins.
#[utoipa::path(
    tag = "territories",
    params(IfMatch),
    responses((status = 204, description = "It is gone"), (status = 409, description = "Other territories lie in it")),
)]
#[delete("/territories/{id}")]
async fn delete_territory(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    ops::delete_territory(&app, &caller.actor(), *id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}
