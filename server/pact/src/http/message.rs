//! Messages: what one person was told about records. Everybody reads their own, nobody anybody else's.

use actix_web::{HttpResponse, get, post, web};
use pact_app::App;
use pact_app::ops::message as ops;
use pact_core::time::Instant;
use pact_store::entity::message;
use pact_store::message::By;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::Anyone;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// Something that a person was told about a record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa", "kind": "card", "record_kind": "card", "record_id": "9e0d3b52-7f0e-4c59-9f0a-6f1f0c8f5a10",
    "text": "Globex B.V.: complaint: The second unit came a week late.", "at": "2026-11-24T10:10:00.000Z", "read": false
}))]
pub struct Message {
    /// Its id, with which a stream that broke off goes on.
    id: Uuid,
    /// What happened: `push`, `push_over`, `lead`, `escalation`, `customer`, `card`, `plan`, `request`, `request_answered`, `notice`, `digest`, `run_failed`, `parked`, `outbox`, `security`.
    kind: String,
    /// The kind of the record.
    record_kind: String,
    /// The record.
    record_id: Uuid,
    /// One or two sentences.
    text: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Whether you have read it.
    read: bool,
}

/// Messages that were read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ids": ["0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa"]}))]
pub struct MessagesRead {
    /// Which; all of them when it is left out.
    #[schema(max_items = 500)]
    ids: Option<Vec<Uuid>>,
}

/// What a list of messages is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessageFilter {
    /// Only those that you have not read.
    unread: Option<bool>,
}

impl From<message::Model> for Message {
    fn from(row: message::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            record_kind: row.record_kind,
            record_id: row.record_id,
            text: row.text,
            at: Instant::from_millis(row.at),
            read: row.read_at.is_some(),
        }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_messages).service(read_messages);
}

/// List your messages
///
/// Oldest first; `sort=-at` for the newest first. For everybody, their own.
#[utoipa::path(
    tag = "messages",
    params(PageParams, MessageFilter),
    responses((status = 200, description = "A page of your messages", body = Page<Message>)),
)]
#[get("/messages")]
async fn list_messages(app: web::Data<App>, caller: Anyone, list: List<MessageFilter, By>) -> Result<Page<Message>, Problem> {
    Ok(ops::list_messages(&app, &caller, list.filter.unread.unwrap_or(false), list.sort, &list.ask).await?.into())
}

/// Mark messages as read
///
/// Those that you name, or all. Nobody else sees whether you read them. For everybody, their own.
#[utoipa::path(tag = "messages", request_body = MessagesRead, responses((status = 204, description = "They are read")))]
#[post("/messages/read")]
async fn read_messages(
    app: web::Data<App>,
    caller: Anyone,
    Body(MessagesRead { ids }): Body<MessagesRead>,
) -> Result<HttpResponse, Problem> {
    ops::read_messages(&app, &caller, ids).await?;
    Ok(HttpResponse::NoContent().finish())
}
