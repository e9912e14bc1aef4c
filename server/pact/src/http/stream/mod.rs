//! The stream: what changes for the person who is signed in, as server-sent events.
//!
//! | event | data | when |
//! |---|---|---|
//! | `message` | the message, with its id as the event's | somebody or something tells the person about a record |
//! | `record` | kind and id | a customer, contact, lead, pack or goal that they may see changed, or a request that concerns them |
//! | `missed` | `{}` | more happened than could be told: read what is on the screen again |
//!
//! Cards and plans of others are no `record` events: an instant for each would say when who works (policy §6). Their customer's owner hears of them
//! by message. It does not matter on which node something is written: nodes tell each other, and every heartbeat looks for what none could tell.

mod feed;

use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, get, web};
use pact_app::App;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use self::feed::Feed;
use super::caller::Anyone;
use super::problem::{Problem, ProblemType};

/// Streams that one person may have open at a time.
pub const MAX_STREAMS_PER_PERSON: usize = 10;

/// Adds the operation.
pub fn routes(config: &mut ServiceConfig) {
    config.service(read_stream);
}

/// Listen to what changes for you
///
/// Server-sent events (`text/event-stream`): `message`, `record` and `missed`; a comment each 20 seconds keeps the line open. After 15 minutes the stream
/// ends, so that every listener shows a fresh access token; go on with `Last-Event-ID`. For everybody, their own.
#[utoipa::path(
    tag = "messages",
    params(("Last-Event-ID" = Option<Uuid>, Header, description = "The id of the last message that you heard; what came after it is told first")),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 429, description = "You have too many streams open"),
    ),
)]
#[get("/stream")]
async fn read_stream(app: web::Data<App>, caller: Anyone, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let last = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| Uuid::try_parse(id).ok());
    let feed = Feed::open(app.get_ref().clone(), caller.0, last).await?.ok_or_else(|| {
        let why = format!("You have {MAX_STREAMS_PER_PERSON} streams open, as many as may be. Close one first.");
        Problem::new(ProblemType::TooManyAttempts, why).with_retry_after_s(1)
    })?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // A compressing encoder would hold events back until it has enough of them.
        .insert_header(ContentEncoding::Identity)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(feed.into_stream()))
}
