//! A person's calendar for other programs: its secret address, and the calendar itself (RFC 5545).

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use pact_app::App;
use pact_app::ops::calendar_feed as ops;
use pact_core::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::caller::{Anyone, SignedIn};
use super::idempotency::HoldsSecret;
use super::problem::Problem;

/// The media type of a calendar.
const CALENDAR: &str = "text/calendar; charset=utf-8";
/// How long a program may use the calendar without asking again, in seconds; others in between may not keep it.
const FRESH_S: u32 = 300;

/// Whether your calendar has an address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"has_address": true, "made_at": "2026-11-24T10:10:00.000Z"}))]
pub struct CalendarFeed {
    /// Whether it has one. The address itself is shown once, when it is made.
    has_address: bool,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    made_at: Option<Instant>,
}

/// The address of your calendar. It is shown here and never again.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "path": "/calendars/q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E.ics",
    "address": "https://pact.example.com/calendars/q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E.ics",
}))]
pub struct NewCalendarFeed {
    /// Its path on this server.
    path: String,
    /// The whole address, to be given to your calendar program; null where the server does not know its own.
    address: Option<String>,
}

/// Adds the operations under `/api/v1`.
pub fn routes(config: &mut ServiceConfig) {
    config.service(read_calendar_feed).service(renew_calendar_feed).service(end_calendar_feed);
}

/// Adds the calendars themselves.
pub fn calendars(config: &mut ServiceConfig) {
    config.service(read_calendar);
}

/// Show whether your calendar has an address
///
/// For everybody, their own.
#[utoipa::path(tag = "calendar", responses((status = 200, description = "Whether it has one", body = CalendarFeed)))]
#[get("/calendar-feed")]
async fn read_calendar_feed(app: web::Data<App>, caller: Anyone) -> Result<web::Json<CalendarFeed>, Problem> {
    let made_at = ops::read_calendar_feed(&app, &caller).await?.map(|feed| Instant::from_millis(feed.made_at));
    Ok(web::Json(CalendarFeed { has_address: made_at.is_some(), made_at }))
}

/// Make or renew the address of your calendar
///
/// Calendar programs subscribe to it: it shows your announced plans and the requests that wait for you, and who has it reads them without signing in. An
/// address that you had before leads nowhere from then on. For everybody who is signed in, their own.
#[utoipa::path(tag = "calendar", responses((status = 201, description = "The address", body = NewCalendarFeed)))]
#[post("/calendar-feed")]
async fn renew_calendar_feed(app: web::Data<App>, caller: SignedIn) -> Result<HttpResponse, Problem> {
    let path = ops::calendar_path(&ops::renew_calendar_feed(&app, &caller).await?);
    let address = app.outgoing.public_url.as_ref().map(|base| format!("{base}{path}"));
    let mut answer = HttpResponse::Created().json(NewCalendarFeed { path, address });
    answer.extensions_mut().insert(HoldsSecret);
    Ok(answer)
}

/// Take the address of your calendar away
///
/// Nobody reads the calendar from then on. For everybody who is signed in, their own.
#[utoipa::path(tag = "calendar", responses((status = 204, description = "There is no address any more")))]
#[delete("/calendar-feed")]
async fn end_calendar_feed(app: web::Data<App>, caller: SignedIn) -> Result<HttpResponse, Problem> {
    ops::end_calendar_feed(&app, &caller).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Read a calendar
///
/// As RFC 5545 has it: whole days, with ids that stay; what was taken back or answered is marked as cancelled. All items carry the instant at which the
/// calendar was first read with its present content, so nothing tells when or how often an item was edited. For programs that have the address; no sign-in.
#[utoipa::path(
    tag = "calendar",
    security(()),
    params(("key" = String, Path, description = "The secret part of the address", example = "q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E")),
    responses(
        (status = 200, description = "The calendar", body = String, content_type = "text/calendar"),
        (status = 304, description = "It says what it said when it had the tag in `If-None-Match`"),
    ),
)]
#[get("/calendars/{key}.ics")]
async fn read_calendar(app: web::Data<App>, key: web::Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let calendar = ops::read_calendar(&app, &key).await?;
    let tag = format!("\"{}\"", calendar.tag);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = known
        .is_some_and(|tags| tags.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag));
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((header::ETAG, tag));
    answer.insert_header((header::CACHE_CONTROL, format!("private, max-age={FRESH_S}")));
    answer.insert_header((header::LAST_MODIFIED, http_date(calendar.changed_at)));
    if is_known {
        return Ok(answer.finish());
    }
    answer.insert_header((header::CONTENT_DISPOSITION, "inline; filename=\"pact.ics\""));
    Ok(answer.content_type(CALENDAR).body(calendar.text))
}

/// An instant as HTTP writes it.
fn http_date(at: Instant) -> String {
    at.to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
