//! Personal API keys: one's own, shown once.

use actix_web::{HttpResponse, delete, get, post, web};
use pact_app::App;
use pact_app::access::rights;
use pact_app::ops::api_key::{self as ops, CreateApiKey};
use pact_core::role::{Right, Scope};
use pact_core::time::Instant;
use pact_store::entity::api_key;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::SignedIn;
use super::idempotency::HoldsSecret;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// A key as it is listed: without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "3d2c1b0a-9f8e-4d7c-8b6a-5f4e3d2c1b0a", "name": "calendar", "prefix": "1f0c2d3e", "scopes": ["plans_read"],
    "created_at": "2026-11-24T10:10:00.000Z", "expires_at": null, "revoked_at": null,
}))]
pub struct ApiKey {
    /// Its id.
    id: Uuid,
    /// What it is for.
    name: String,
    /// The first characters after `pact_`, by which keys are told apart.
    prefix: String,
    /// What it is good for.
    scopes: Vec<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it ends; null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Instant>,
}

/// A key that was just made. Its text is shown here and never again.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "key": "pact_1f0c2d3e_q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E", "id": "3d2c1b0a-9f8e-4d7c-8b6a-5f4e3d2c1b0a",
    "name": "calendar", "prefix": "1f0c2d3e", "scopes": ["plans_read"],
    "created_at": "2026-11-24T10:10:00.000Z", "expires_at": null, "revoked_at": null,
}))]
pub struct NewApiKey {
    /// The key: send it as `Authorization: Bearer …`.
    key: String,
    #[serde(flatten)]
    shown: ApiKey,
}

/// A key that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "calendar", "scopes": ["plans_read"], "expires_at": "2027-11-24T00:00:00Z"}))]
pub struct ApiKeyWish {
    /// What it is for.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it is good for; it never gives more than your role does.
    #[schema(value_type = Vec<ScopeWord>, min_items = 1, max_items = 50)]
    scopes: Vec<Scope>,
    /// When it ends; left out for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
}

/// What an API key is good for.
#[derive(ToSchema)]
#[schema(as = Scope, rename_all = "snake_case")]
#[expect(dead_code, reason = "documents the words of pact_core::role::Scope; a test holds the two together")]
enum ScopeWord {
    LeadsRead,
    LeadsWrite,
    ImportsWrite,
    CustomersRead,
    CustomersWrite,
    CardsRead,
    CardsWrite,
    PlansRead,
    PlansWrite,
    RequestsRead,
    RequestsWrite,
    PacksRead,
    PacksWrite,
    GoalsRead,
    GoalsWrite,
    OrganisationRead,
    OrganisationWrite,
    ViewsRead,
    ViewsWrite,
    PluginsRead,
    PluginsWrite,
    AuditRead,
    OutboxWrite,
    Admin,
}

/// A list of keys is narrowed by nothing: they are one's own.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NoFilter {}

impl From<api_key::Model> for ApiKey {
    fn from(row: api_key::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: row.scopes.0,
            created_at: Instant::from_millis(row.created_at),
            expires_at: row.expires_at.map(Instant::from_millis),
            revoked_at: row.revoked_at.map(Instant::from_millis),
        }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_api_keys).service(create_api_key).service(revoke_api_key);
}

/// List my API keys
///
/// One's own, also those that are not good any more. For whoever signed in with a password; a key sees no keys.
#[utoipa::path(
    tag = "api_keys",
    params(PageParams),
    responses((status = 200, description = "A page of keys", body = Page<ApiKey>)),
)]
#[get("/api-keys")]
async fn list_api_keys(app: web::Data<App>, caller: SignedIn, list: List<NoFilter, ops::By>) -> Result<Page<ApiKey>, Problem> {
    rights::allow(&caller, Right::ManageOwnKeys)?;
    Ok(ops::list_api_keys(&app, caller.person_id, list.sort, &list.ask).await?.into())
}

/// Make an API key
///
/// It acts as yourself, within its scopes. Its text is in this answer and never shown again. For whoever signed in with a password.
#[utoipa::path(
    tag = "api_keys",
    request_body = ApiKeyWish,
    responses((status = 201, description = "The key", body = NewApiKey), (status = 409, description = "You have too many keys")),
)]
#[post("/api-keys")]
async fn create_api_key(app: web::Data<App>, caller: SignedIn, Body(wish): Body<ApiKeyWish>) -> Result<HttpResponse, Problem> {
    rights::allow(&caller, Right::ManageOwnKeys)?;
    let ApiKeyWish { name, scopes, expires_at } = wish;
    let command = CreateApiKey { person_id: caller.person_id, name, scopes, expires_at };
    let (row, key) = ops::create_api_key(&app, command).await?;
    let mut response = HttpResponse::Created().json(NewApiKey { key: key.expose_secret().to_owned(), shown: row.into() });
    response.extensions_mut().insert(HoldsSecret);
    Ok(response)
}

/// Revoke an API key
///
/// One of one's own; it is not good any more, here at once and on other nodes within half a minute. A second time changes nothing.
#[utoipa::path(tag = "api_keys", responses((status = 204, description = "It is revoked")))]
#[delete("/api-keys/{id}")]
async fn revoke_api_key(app: web::Data<App>, caller: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Problem> {
    rights::allow(&caller, Right::ManageOwnKeys)?;
    ops::revoke_api_key(&app, caller.person_id, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
