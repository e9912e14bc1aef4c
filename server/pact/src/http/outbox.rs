//! The outbox: what waits to leave, what did not leave and why, for admins. It is chosen by state, kind and webhook, never by whom it is for.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, get, post, web};
use pact_app::App;
use pact_app::ops::outbox as ops;
use pact_core::time::Instant;
use pact_store::entity::{outbox, outbox_attempt};
use pact_store::outbox::{By, Filter, Kind, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body;
use super::caller::may;
use super::page::{List, Page, PageParams};
use super::problem::{Problem, ProblemType};

/// The largest mail that is read.
const MAX_MAIL_BYTES: usize = 1024 * 1024;

/// Mail or a message to a webhook, as it leaves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa", "kind": "webhook", "address": "service desk", "about": "lead_won", "state": "waiting",
    "reason": null, "webhook_id": "3d2c1b0a-9f8e-4d7c-8b6a-5f4e3d2c1b0a", "record_id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5",
    "created_at": "2026-11-24T10:10:00.000Z", "next_at": "2026-11-24T10:10:45.000Z", "attempts": 3, "may_have_arrived": false, "sent_at": null
}))]
pub struct Leaving {
    /// Its id; that of a webhook's message is its `webhook-id` too, without hyphens and after `msg_`.
    id: Uuid,
    /// `mail` or `webhook`.
    kind: String,
    /// The e-mail address, or the name of the webhook.
    address: String,
    /// What it is: the type of a webhook's message, or the template of a mail.
    about: String,
    /// `waiting`, `sent`, `parked`, `refused` or `dropped`.
    state: String,
    /// Why it is parked, refused or dropped.
    reason: Option<String>,
    /// The webhook that it is for.
    webhook_id: Option<Uuid>,
    /// The record that it is about.
    record_id: Option<Uuid>,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it is tried next, if it waits.
    #[schema(value_type = String, format = DateTime)]
    next_at: Instant,
    /// How often it was tried since it was written or released.
    attempts: i64,
    /// Its content was handed over and no answer came: it may have arrived.
    may_have_arrived: bool,
    /// When the other side took it.
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Instant>,
}

/// One attempt to send it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attempt {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// How long it took, in milliseconds.
    took_ms: i64,
    /// `sent`, `failed`, `refused` or `put_aside`; and of mail that was sent, `came_back`, `delayed` or `went_on`.
    outcome: String,
    /// The HTTP status or SMTP code of the answer.
    status: Option<i64>,
    /// What the other side said, or why no answer came.
    answer: Option<String>,
}

/// What leaves, with the attempts to send it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "message": {"id": "0193a1f0-7d5e-7c2b-9b60-6d2c1d5ad0aa", "kind": "webhook", "address": "service desk", "state": "waiting", "attempts": 1},
    "attempts": [{"at": "2026-11-24T10:10:00.120Z", "took_ms": 44, "outcome": "failed", "status": 503, "answer": "It answered 503."}],
    "content": {"type": "lead_won", "timestamp": "2026-11-24T10:10:00.000Z", "data": {"record": "lead", "id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5"}}
}))]
pub struct LeavingShown {
    /// The row of the outbox.
    message: Leaving,
    /// The attempts, oldest first.
    attempts: Vec<Attempt>,
    /// What is posted to a webhook; null for mail, which is for the person whom it is written to.
    #[schema(value_type = Option<Object>)]
    content: Option<Value>,
}

/// How one kind of what leaves is.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutboxOfKind {
    /// `mail` or `webhook`.
    kind: String,
    /// Whether it can leave at all: false for mail when no mail server is configured; then it waits.
    has_way: bool,
    /// How much waits.
    waiting: u64,
    /// Since when the oldest waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Instant>,
    /// How much was put aside.
    parked: u64,
    /// How much was refused by the other side.
    refused: u64,
}

/// How the outbox is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"kinds": [
    {"kind": "mail", "has_way": false, "waiting": 12, "since": "2026-11-24T10:10:00.000Z", "parked": 0, "refused": 0},
    {"kind": "webhook", "has_way": true, "waiting": 0, "since": null, "parked": 1, "refused": 0}
]}))]
pub struct OutboxState {
    /// Kind by kind.
    kinds: Vec<OutboxOfKind>,
}

/// What a list of the outbox is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OutboxFilter {
    /// Only what is in this state: `waiting`, `sent`, `parked`, `refused` or `dropped`.
    state: Option<String>,
    /// Only `mail`, or only what is for a `webhook`.
    kind: Option<String>,
    /// Only what is for this webhook.
    webhook_id: Option<Uuid>,
}

impl OutboxFilter {
    fn read(&self) -> Result<Filter, Problem> {
        let state = self.state.as_deref().map(|word| State::of_word(word).ok_or_else(|| unknown("state", State::ALL)));
        let kind = self.kind.as_deref().map(|word| Kind::of_word(word).ok_or_else(|| unknown("kind", Kind::ALL)));
        Ok(Filter { state: state.transpose()?, kind: kind.transpose()?, webhook: self.webhook_id })
    }
}

fn unknown(name: &str, known: &[impl ToString]) -> Problem {
    let words: Vec<String> = known.iter().map(ToString::to_string).collect();
    Problem::parameter(name, format!("it is one of {}.", words.join(", ")))
}

impl From<outbox::Model> for Leaving {
    fn from(row: outbox::Model) -> Self {
        let about = row.payload.get("type").or_else(|| row.payload.get("template")).and_then(Value::as_str);
        Self {
            about: about.unwrap_or_default().to_owned(),
            id: row.id,
            kind: row.kind,
            address: row.address,
            state: row.state,
            reason: row.reason,
            webhook_id: row.webhook_id,
            record_id: row.record_id,
            created_at: Instant::from_millis(row.created_at),
            next_at: Instant::from_millis(row.next_at),
            attempts: row.attempts,
            may_have_arrived: row.handing_at.is_some(),
            sent_at: row.sent_at.map(Instant::from_millis),
        }
    }
}

impl From<outbox_attempt::Model> for Attempt {
    fn from(row: outbox_attempt::Model) -> Self {
        Self {
            at: Instant::from_millis(row.at),
            took_ms: row.took_ms,
            outcome: row.outcome,
            status: row.status,
            answer: row.answer,
        }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_outbox)
        .service(read_outbox_state)
        .service(send_test_mail)
        .service(take_bounce)
        .service(read_outbox)
        .service(release_outbox)
        .service(drop_outbox);
}

/// List what leaves
///
/// Mail and messages to webhooks, oldest first; what is over is forgotten after 30 days. For admins.
#[utoipa::path(
    tag = "outbox",
    params(PageParams, OutboxFilter),
    responses((status = 200, description = "A page of the outbox", body = Page<Leaving>)),
)]
#[get("/outbox")]
async fn list_outbox(app: web::Data<App>, _: may::ManageOutbox, list: List<OutboxFilter, By>) -> Result<Page<Leaving>, Problem> {
    Ok(ops::list_outbox(&app, list.filter.read()?, list.sort, &list.ask).await?.into())
}

/// Show how the outbox is
///
/// How much waits and since when, how much was put aside or refused, and whether mail can leave at all. For admins.
#[utoipa::path(tag = "outbox", responses((status = 200, description = "The outbox, kind by kind", body = OutboxState)))]
#[get("/outbox/state")]
async fn read_outbox_state(app: web::Data<App>, _: may::ManageOutbox) -> Result<web::Json<OutboxState>, Problem> {
    let kinds = ops::read_outbox_state(&app).await?.into_iter().map(|of| OutboxOfKind {
        kind: of.kind.to_string(),
        has_way: of.has_way,
        waiting: of.waiting,
        since: of.since,
        parked: of.parked,
        refused: of.refused,
    });
    Ok(web::Json(OutboxState { kinds: kinds.collect() }))
}

/// Send a test mail to yourself
///
/// It says nothing, and goes to your own address; follow it in the outbox. For admins.
#[utoipa::path(
    tag = "outbox",
    responses((status = 202, description = "The mail, which waits to leave", body = Leaving)),
)]
#[post("/outbox/test-mail")]
async fn send_test_mail(app: web::Data<App>, caller: may::ManageOutbox) -> Result<HttpResponse, Problem> {
    let row = ops::send_test_mail(&app, &caller.actor()).await?;
    let location = format!("/api/v1/outbox/{}", row.id);
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, location)).json(Leaving::from(row)))
}

/// Show what leaves
///
/// With the attempts to send it and what was answered. The content of mail is not shown. For admins.
#[utoipa::path(tag = "outbox", responses((status = 200, description = "It, with its attempts", body = LeavingShown)))]
#[get("/outbox/{id}")]
async fn read_outbox(app: web::Data<App>, _: may::ManageOutbox, id: web::Path<Uuid>) -> Result<web::Json<LeavingShown>, Problem> {
    let (row, attempts) = ops::read_outbox(&app, *id).await?;
    let content = (row.kind == Kind::Webhook.as_str()).then(|| row.payload.0.clone());
    Ok(web::Json(LeavingShown { message: row.into(), attempts: attempts.into_iter().map(Attempt::from).collect(), content }))
}

/// Take a report about mail that came back
///
/// The whole mail, as it arrived at the sender's address: a delivery report (RFC 3464), which the mail server of that address posts here. What came
/// back is then `refused`, with the reason. With an API key of the scope `outbox_write`; for admins.
#[utoipa::path(
    tag = "outbox",
    request_body(content = String, content_type = "message/rfc822", description = "The mail"),
    responses((status = 200, description = "What it is about, as it is now", body = Leaving)),
)]
#[post("/outbox/bounces")]
async fn take_bounce(
    app: web::Data<App>,
    caller: may::ManageOutbox,
    RawMail(mail): RawMail,
) -> Result<web::Json<Leaving>, Problem> {
    Ok(web::Json(ops::take_bounce(&app, &caller.actor(), &mail).await?.into()))
}

/// A mail as it arrived.
struct RawMail(web::Bytes);

impl FromRequest for RawMail {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_mail = request.content_type().eq_ignore_ascii_case("message/rfc822");
        let payload = payload.take();
        Box::pin(async move {
            if !is_mail {
                let why = "This operation reads mail. Send it as it arrived, with Content-Type: message/rfc822.";
                return Err(Problem::new(ProblemType::UnsupportedMediaType, why));
            }
            body::read(payload, MAX_MAIL_BYTES).await.map(Self)
        })
    }
}

/// Release what did not leave
///
/// It is tried now, with the id that it always had, so that the receiver knows a repetition. Messages to webhooks can be sent again also when they
/// arrived. For admins.
#[utoipa::path(
    tag = "outbox",
    responses(
        (status = 200, description = "It waits to leave", body = Leaving),
        (status = 409, description = "It is mail that was sent, is being sent at this moment, or has no webhook"),
    ),
)]
#[post("/outbox/{id}/release")]
async fn release_outbox(
    app: web::Data<App>,
    caller: may::ManageOutbox,
    id: web::Path<Uuid>,
) -> Result<web::Json<Leaving>, Problem> {
    Ok(web::Json(ops::release_outbox(&app, &caller.actor(), *id).await?.into()))
}

/// Drop what waits to leave
///
/// It does not leave any more, unless it is released. For admins.
#[utoipa::path(
    tag = "outbox",
    responses(
        (status = 200, description = "It is dropped", body = Leaving),
        (status = 409, description = "It has left, or is being sent at this moment"),
    ),
)]
#[post("/outbox/{id}/drop")]
async fn drop_outbox(app: web::Data<App>, caller: may::ManageOutbox, id: web::Path<Uuid>) -> Result<web::Json<Leaving>, Problem> {
    Ok(web::Json(ops::drop_outbox(&app, &caller.actor(), *id).await?.into()))
}
