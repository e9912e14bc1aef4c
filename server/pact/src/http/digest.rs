//! Planning digests: what one person needs to plan their day or week. Everybody reads their own, nobody anybody else's.

use actix_web::{get, web};
use pact_app::App;
use pact_app::digests::{self, WaitingPush};
use pact_app::ops::digest as ops;
use pact_core::time::Instant;
use pact_store::digest::By;
use pact_store::entity::digest;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::caller::Anyone;
use super::fields::{self, Fields};
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// What you need to plan your day or week.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0ab", "title": "Your day", "made_at": "2026-11-24T06:00:01.000Z",
    "sections": [{"title": "New leads for you", "lines": [{
        "record_kind": "lead", "record_id": "5b0f2f57-9f0c-4b76-9e4e-1d2f4f0b7c11", "name": "Globex: heat-pump",
        "text": "Globex in Utrecht asks for heat-pump; you know the product.",
        "push": {"id": "b6f6c2a4-6d6f-4a0e-9a55-0f1d2c3b4a59", "answer_by": "2026-11-24T12:00:00.000Z"},
    }]}],
}))]
pub struct Digest {
    /// Its id.
    id: Uuid,
    /// Its title.
    title: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    made_at: Instant,
    /// What it says; sections without a line are left out.
    sections: Vec<DigestSection>,
}

/// One section of a digest.
#[derive(Debug, Serialize, ToSchema)]
pub struct DigestSection {
    /// Its heading; the first may have none.
    title: Option<String>,
    /// Its lines.
    lines: Vec<DigestLine>,
}

/// One line of a digest.
#[derive(Debug, Serialize, ToSchema)]
pub struct DigestLine {
    /// The kind of the record that it is about, if it is about one.
    record_kind: Option<String>,
    /// The record.
    record_id: Option<Uuid>,
    /// What the record is called: a lead's title, a customer's name.
    name: Option<String>,
    /// The text.
    text: String,
    /// The push of this lead that waited for your answer when the digest was made: accept or decline it at the lead.
    push: Option<DigestPush>,
}

/// A push that waited for your answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct DigestPush {
    /// The push.
    id: Uuid,
    /// Until when it can be answered.
    #[schema(value_type = String, format = DateTime)]
    answer_by: Instant,
}

/// A list of digests is narrowed by nothing.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NoFilter {}

impl From<digests::Line> for DigestLine {
    fn from(line: digests::Line) -> Self {
        let push = line.push.map(|push: WaitingPush| DigestPush { id: push.id, answer_by: push.answer_by() });
        let record_kind = line.record_kind().map(str::to_owned);
        Self { record_kind, record_id: line.record.map(|(_, id)| id), name: line.name, text: line.text, push }
    }
}

impl From<digest::Model> for Digest {
    fn from(row: digest::Model) -> Self {
        let section = |section: digests::Section| DigestSection {
            title: section.title,
            lines: section.lines.into_iter().map(DigestLine::from).collect(),
        };
        Self {
            id: row.id,
            sections: digests::sections_of(&row).into_iter().map(section).collect(),
            title: row.title,
            made_at: Instant::from_millis(row.made_at),
        }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_digests).service(read_digest);
}

/// List your digests
///
/// Oldest first; `sort=-made_at` for the newest first. What several plugins say at the same tick is one digest. The stream tells of a new one with a
/// message of the kind `digest`. For everybody, their own; nobody sees whether you read them.
#[utoipa::path(
    tag = "digests",
    params(PageParams),
    responses((status = 200, description = "A page of your digests", body = Page<Digest>)),
)]
#[get("/digests")]
async fn list_digests(app: web::Data<App>, caller: Anyone, list: List<NoFilter, By>) -> Result<Page<Digest>, Problem> {
    Ok(ops::list_digests(&app, &caller, list.sort, &list.ask).await?.into())
}

/// Show one of your digests
///
/// For everybody, their own.
#[utoipa::path(tag = "digests", params(Fields), responses((status = 200, description = "The digest", body = Digest)))]
#[get("/digests/{id}")]
async fn read_digest(
    app: web::Data<App>,
    caller: Anyone,
    id: web::Path<Uuid>,
    request: actix_web::HttpRequest,
) -> Result<web::Json<serde_json::Value>, Problem> {
    let shown = Digest::from(ops::read_digest(&app, &caller, *id).await?);
    Ok(web::Json(fields::select(&request, &shown)?))
}
