//! Webhooks: where PACT posts what scripts say, and which events it tells others.

use actix_web::http::header;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use pact_app::App;
use pact_app::ops::webhook::{self as ops, ChangeWebhook, CreateWebhook};
use pact_core::time::Instant;
use pact_store::entity::webhook;
use pact_store::record;
use pact_store::webhook::By;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::change;
use super::etag::{IfMatch, Tagged};
use super::fields::Fields;
use super::idempotency::HoldsSecret;
use super::outbox::Leaving;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// A webhook as it is listed: without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "3d2c1b0a-9f8e-4d7c-8b6a-5f4e3d2c1b0a", "name": "service desk", "url": "https://desk.example.com/pact", "events": ["lead_won"],
    "active": true, "disabled_reason": null, "held_until": null, "old_secret_until": null, "created_at": "2026-11-24T10:10:00.000Z",
}))]
pub struct Webhook {
    /// Its id.
    id: Uuid,
    /// The name by which scripts post to it.
    name: String,
    /// The address.
    url: String,
    /// Events for which it asks.
    events: Vec<String>,
    /// Whether anything is sent; what is for one that is off waits.
    active: bool,
    /// Why it was switched off, if the other side did so (410 Gone).
    disabled_reason: Option<String>,
    /// Nothing is sent before this instant, because the last message failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    held_until: Option<Instant>,
    /// Until when the secret before the present one signs too.
    #[schema(value_type = Option<String>, format = DateTime)]
    old_secret_until: Option<Instant>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A webhook with its secret. The secret is shown here and never again.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
    "id": "3d2c1b0a-9f8e-4d7c-8b6a-5f4e3d2c1b0a", "name": "service desk", "url": "https://desk.example.com/pact", "events": ["lead_won"],
    "active": true, "disabled_reason": null, "held_until": null, "old_secret_until": null, "created_at": "2026-11-24T10:10:00.000Z",
}))]
pub struct WebhookWithSecret {
    /// What signs its messages, as Standard Webhooks writes it.
    secret: String,
    #[serde(flatten)]
    shown: Webhook,
}

/// A webhook that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "service desk", "url": "https://desk.example.com/pact", "events": ["lead_won", "customer_created"]}))]
pub struct WebhookWish {
    /// The name by which scripts post to it.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The address: `https://…`.
    #[schema(min_length = 1, max_length = 2000)]
    url: String,
    /// Events for which it asks: `lead_created`, `lead_quiet`, `stage_changed`, `lead_won`, `lead_lost`, `customer_created`.
    #[serde(default)]
    #[schema(max_items = 20)]
    events: Vec<String>,
}

/// What is to be changed on a webhook: a field left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"active": true}))]
pub struct WebhookChange {
    /// The name by which scripts post to it.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The address.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 2000)]
    url: Option<String>,
    /// Events for which it asks.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 20)]
    events: Option<Vec<String>>,
    /// Whether anything is sent.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// A list of webhooks is narrowed by nothing.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NoFilter {}

impl From<webhook::Model> for Webhook {
    fn from(row: webhook::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            url: row.url,
            events: row.events.0,
            active: row.active,
            disabled_reason: row.disabled_reason,
            held_until: row.held_until.map(Instant::from_millis),
            old_secret_until: row.old_secret_until.map(Instant::from_millis),
            created_at: Instant::from_millis(row.created_at),
        }
    }
}

impl From<webhook::Model> for Tagged<Webhook> {
    fn from(row: webhook::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_webhooks).service(create_webhook).service(read_webhook).service(change_webhook);
    config.service(delete_webhook).service(rotate_webhook_secret).service(test_webhook);
}

/// List webhooks
///
/// For admins.
#[utoipa::path(tag = "webhooks", params(PageParams), responses((status = 200, description = "A page of webhooks", body = Page<Webhook>)))]
#[get("/webhooks")]
async fn list_webhooks(app: web::Data<App>, _: may::ManageOutbox, list: List<NoFilter, By>) -> Result<Page<Webhook>, Problem> {
    Ok(ops::list_webhooks(&app, list.sort, &list.ask).await?.into())
}

/// Make a webhook
///
/// Its secret is shown once. Messages are signed as Standard Webhooks has it (`webhook-id`, `webhook-timestamp`, `webhook-signature`), arrive
/// at least once, and keep their `webhook-id` when they come again. They name no person. What scripts posted to this name before leaves now.
/// For admins.
#[utoipa::path(
    tag = "webhooks",
    request_body = WebhookWish,
    responses(
        (status = 201, description = "The webhook with its secret", body = WebhookWithSecret),
        (status = 409, description = "The name is taken, or there are too many webhooks"),
    ),
)]
#[post("/webhooks")]
async fn create_webhook(
    app: web::Data<App>,
    caller: may::ManageOutbox,
    Body(wish): Body<WebhookWish>,
) -> Result<HttpResponse, Problem> {
    let WebhookWish { name, url, events } = wish;
    let (row, secret) = ops::create_webhook(&app, &caller.actor(), CreateWebhook { name, url, events }).await?;
    let mut answer = HttpResponse::Created();
    answer.insert_header((header::LOCATION, format!("/api/v1/webhooks/{}", row.id)));
    Ok(with_secret(answer, row, &secret))
}

/// Show a webhook
///
/// For admins.
#[utoipa::path(tag = "webhooks", params(Fields), responses((status = 200, description = "The webhook", body = Webhook)))]
#[get("/webhooks/{id}")]
async fn read_webhook(app: web::Data<App>, _: may::ManageOutbox, id: web::Path<Uuid>) -> Result<Tagged<Webhook>, Problem> {
    Ok(record::get::<webhook::Model>(app.store.read(), *id).await?.into())
}

/// Change a webhook
///
/// One that is switched on is tried at once. Its secret stays the same. For admins.
#[utoipa::path(
    tag = "webhooks",
    params(IfMatch),
    request_body = WebhookChange,
    responses(
        (status = 200, description = "The webhook as it is now", body = Webhook),
        (status = 409, description = "The name is taken"),
    ),
)]
#[patch("/webhooks/{id}")]
async fn change_webhook(
    app: web::Data<App>,
    caller: may::ManageOutbox,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<WebhookChange>,
) -> Result<Tagged<Webhook>, Problem> {
    let WebhookChange { name, url, events, active } = change;
    let command = ChangeWebhook { id: *id, revision, name, url, events, active };
    Ok(ops::change_webhook(&app, &caller.actor(), command).await?.into())
}

/// Remove a webhook
///
/// What waits for it is refused; what scripts post to its name later waits for another webhook of this name. For admins.
#[utoipa::path(tag = "webhooks", params(IfMatch), responses((status = 204, description = "It is gone")))]
#[delete("/webhooks/{id}")]
async fn delete_webhook(
    app: web::Data<App>,
    caller: may::ManageOutbox,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    ops::delete_webhook(&app, &caller.actor(), *id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Give a webhook another secret
///
/// It is shown once. For 24 hours messages carry the signatures of both, so that the receiver can change over without losing one. For admins.
#[utoipa::path(
    tag = "webhooks",
    params(IfMatch),
    responses((status = 200, description = "The webhook with its new secret", body = WebhookWithSecret)),
)]
#[post("/webhooks/{id}/rotate-secret")]
async fn rotate_webhook_secret(
    app: web::Data<App>,
    caller: may::ManageOutbox,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    let (row, secret) = ops::rotate_webhook_secret(&app, &caller.actor(), *id, revision).await?;
    Ok(with_secret(HttpResponse::Ok(), row, &secret))
}

/// Send a test message to a webhook
///
/// A message of the type `test` that says nothing; follow it in the outbox. For admins.
#[utoipa::path(
    tag = "webhooks",
    responses(
        (status = 202, description = "The message, which waits to leave", body = Leaving),
        (status = 409, description = "The webhook is switched off"),
    ),
)]
#[post("/webhooks/{id}/test")]
async fn test_webhook(app: web::Data<App>, caller: may::ManageOutbox, id: web::Path<Uuid>) -> Result<HttpResponse, Problem> {
    let row = ops::test_webhook(&app, &caller.actor(), *id).await?;
    let location = format!("/api/v1/outbox/{}", row.id);
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, location)).json(Leaving::from(row)))
}

fn with_secret(mut answer: actix_web::HttpResponseBuilder, row: webhook::Model, secret: &SecretString) -> HttpResponse {
    answer.insert_header((header::ETAG, format!("\"{}\"", row.revision)));
    let mut answer = answer.json(WebhookWithSecret { secret: secret.expose_secret().to_owned(), shown: row.into() });
    answer.extensions_mut().insert(HoldsSecret);
    answer
}
