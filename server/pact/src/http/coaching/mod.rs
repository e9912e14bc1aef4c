//! Coaching periods, for the two whom each is for; and how many each coach had, for auditors.

mod types;

use actix_web::http::header::HeaderName;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use pact_app::ops::coaching::{self as ops, Propose, keys, notes, tend};
use pact_app::{App, Caller, Refusal};
use pact_core::coaching::Window;
use pact_core::role::Role;
use secrecy::SecretString;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::{SignedIn, may};
use super::idempotency::HoldsSecret;
use super::problem::Problem;

pub use types::{
    CoachCount, CoachCounts, CoachingNote, CoachingNotes, CoachingPeriod, CoachingPeriods, NewCoachingNote, NewCoachingPeriod,
    NewCoachingSignature, NewNoteKey, NoteKey, OpenNoteKey, OwnPassword, Recovery, SharedCoachingNotes, WrittenCoachingNote,
};

/// The header with what opened the caller's key.
pub const NOTE_KEY: HeaderName = HeaderName::from_static("pact-note-key");

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(read_note_key)
        .service(make_note_key)
        .service(open_note_key)
        .service(recover_note_key)
        .service(replace_note_key);
    config.service(list_coaching_periods).service(propose_coaching_period).service(read_coaching_period);
    config.service(sign_coaching_period).service(end_coaching_period);
    config.service(list_coaching_notes).service(write_coaching_note).service(share_coaching_notes).service(list_coaches);
}

/// Coaching is for people of the company.
fn inside(caller: &Caller) -> Result<(), Problem> {
    match caller.role {
        Role::Rep | Role::Manager | Role::Admin | Role::Auditor => Ok(()),
        Role::Partner => Err(Refusal::forbidden("Coaching periods are for people who work in the company.").into()),
    }
}

/// What opened the caller's key for notes.
fn note_key(request: &HttpRequest) -> Result<SecretString, Problem> {
    let given = request.headers().get(NOTE_KEY).and_then(|value| value.to_str().ok());
    given.map(SecretString::from).ok_or_else(|| {
        Refusal::forbidden("Open your key for notes at POST /api/v1/coaching/key/open, and send what you get as Pact-Note-Key.")
            .into()
    })
}

/// An answer that is not kept for a repeated request.
fn secret(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(HoldsSecret);
    response
}

fn created(body: impl Serialize) -> HttpResponse {
    secret(HttpResponse::Created().json(body))
}

/// Show your key for notes
///
/// With it you read notes of coaching periods. For everybody inside the company, of themselves.
#[utoipa::path(tag = "coaching", responses((status = 200, description = "The key", body = NoteKey), (status = 409, description = "You have none yet")))]
#[get("/coaching/key")]
async fn read_note_key(app: web::Data<App>, caller: SignedIn) -> Result<web::Json<NoteKey>, Problem> {
    inside(&caller)?;
    Ok(web::Json(keys::key(&app, &caller).await?.into()))
}

/// Make your key for notes
///
/// Your password opens it, and so does the recovery code in this answer, which is never shown again. For everybody inside the company, of themselves.
#[utoipa::path(
    tag = "coaching",
    request_body = OwnPassword,
    responses(
        (status = 201, description = "The key", body = NewNoteKey),
        (status = 409, description = "You have one"),
        (status = 429, description = "[too-many-attempts](/problems/too-many-attempts)"),
    ),
)]
#[post("/coaching/key")]
async fn make_note_key(app: web::Data<App>, caller: SignedIn, Body(own): Body<OwnPassword>) -> Result<HttpResponse, Problem> {
    inside(&caller)?;
    Ok(created(NewNoteKey::from(keys::make(&app, &caller, own.password).await?)))
}

/// Open your key for notes
///
/// For an hour, in this session. What you get is kept nowhere: without it nobody reads your notes, PACT included.
#[utoipa::path(
    tag = "coaching",
    request_body = OwnPassword,
    responses(
        (status = 201, description = "It is open", body = OpenNoteKey),
        (status = 409, description = "It was made under another password"),
        (status = 429, description = "[too-many-attempts](/problems/too-many-attempts)"),
    ),
)]
#[post("/coaching/key/open")]
async fn open_note_key(app: web::Data<App>, caller: SignedIn, Body(own): Body<OwnPassword>) -> Result<HttpResponse, Problem> {
    inside(&caller)?;
    Ok(created(OpenNoteKey::from(keys::open(&app, &caller, caller.session, own.password).await?)))
}

/// Recover your key for notes
///
/// After an admin has set another password: the recovery code puts the same key under it. The answer has another code.
#[utoipa::path(
    tag = "coaching",
    request_body = Recovery,
    responses(
        (status = 201, description = "The key", body = NewNoteKey),
        (status = 429, description = "[too-many-attempts](/problems/too-many-attempts)"),
    ),
)]
#[post("/coaching/key/recover")]
async fn recover_note_key(
    app: web::Data<App>,
    caller: SignedIn,
    Body(recovery): Body<Recovery>,
) -> Result<HttpResponse, Problem> {
    inside(&caller)?;
    let key = keys::recover(&app, &caller, recovery.recovery_code, recovery.password).await?;
    Ok(created(NewNoteKey::from(key)))
}

/// Replace your key for notes
///
/// When password and recovery code are lost. Notes that were sealed for the old key stay closed until the other of the two shares them with the new one.
#[utoipa::path(
    tag = "coaching",
    request_body = OwnPassword,
    responses(
        (status = 201, description = "The new key", body = NewNoteKey),
        (status = 429, description = "[too-many-attempts](/problems/too-many-attempts)"),
    ),
)]
#[post("/coaching/key/replace")]
async fn replace_note_key(app: web::Data<App>, caller: SignedIn, Body(own): Body<OwnPassword>) -> Result<HttpResponse, Problem> {
    inside(&caller)?;
    Ok(created(NewNoteKey::from(keys::replace(&app, &caller, own.password).await?)))
}

/// List your coaching periods
///
/// As coach and as who is coached. Nobody lists those of others.
#[utoipa::path(tag = "coaching", responses((status = 200, description = "Your periods", body = CoachingPeriods)))]
#[get("/coaching/periods")]
async fn list_coaching_periods(app: web::Data<App>, caller: SignedIn) -> Result<web::Json<CoachingPeriods>, Problem> {
    inside(&caller)?;
    let periods = ops::periods(&app, &caller).await?;
    Ok(web::Json(CoachingPeriods { items: periods.into_iter().map(CoachingPeriod::from).collect() }))
}

/// Propose a coaching period
///
/// As its coach. It begins only when the other has signed the same words. For everybody inside the company who has a key for notes.
#[utoipa::path(
    tag = "coaching",
    request_body = NewCoachingPeriod,
    responses((status = 201, description = "The period", body = CoachingPeriod), (status = 409, description = "You have no key for notes")),
)]
#[post("/coaching/periods")]
async fn propose_coaching_period(
    app: web::Data<App>,
    caller: SignedIn,
    Body(new): Body<NewCoachingPeriod>,
) -> Result<HttpResponse, Problem> {
    inside(&caller)?;
    let command = Propose {
        person_id: new.person_id,
        reason: new.reason.parse().map_err(Refusal::from)?,
        purpose: new.purpose,
        window: Window { first: new.first_on, last: new.last_on },
    };
    let period = ops::propose(&app, &caller, command).await?;
    Ok(created(CoachingPeriod::from(period)))
}

/// Show one of your coaching periods
///
/// For the two whom it is for; for everybody else there is none.
#[utoipa::path(tag = "coaching", responses((status = 200, description = "The period", body = CoachingPeriod)))]
#[get("/coaching/periods/{id}")]
async fn read_coaching_period(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<Uuid>,
) -> Result<web::Json<CoachingPeriod>, Problem> {
    inside(&caller)?;
    Ok(web::Json(ops::period(&app, &caller, *id).await?.into()))
}

/// Sign a coaching period
///
/// As who is coached: now both have signed, and it begins on its first day.
#[utoipa::path(
    tag = "coaching",
    request_body = NewCoachingSignature,
    responses((status = 200, description = "The period", body = CoachingPeriod), (status = 409, description = "It waits for no signature of yours")),
)]
#[post("/coaching/periods/{id}/sign")]
async fn sign_coaching_period(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<Uuid>,
    Body(new): Body<NewCoachingSignature>,
) -> Result<HttpResponse, Problem> {
    inside(&caller)?;
    let read = new.document.parse().map_err(|_| Refusal::invalid("document", "this is no SHA-256 in hexadecimal."))?;
    let period = ops::sign(&app, &caller, *id, read).await?;
    Ok(secret(HttpResponse::Ok().json(CoachingPeriod::from(period))))
}

/// End a coaching period
///
/// Either of the two may, at any time, without a reason. One that was not signed is forgotten.
#[utoipa::path(tag = "coaching", responses((status = 204, description = "It is over"), (status = 409, description = "It was over already")))]
#[post("/coaching/periods/{id}/end")]
async fn end_coaching_period(app: web::Data<App>, caller: SignedIn, id: web::Path<Uuid>) -> Result<HttpResponse, Problem> {
    inside(&caller)?;
    ops::end(&app, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Read the notes of a coaching period
///
/// With your open key. For the two whom it is for; for everybody else there is none.
#[utoipa::path(
    tag = "coaching",
    params(("Pact-Note-Key" = Option<String>, Header, description = "The `note_key` of `POST /api/v1/coaching/key/open`.")),
    responses((status = 200, description = "The notes", body = CoachingNotes)),
)]
#[get("/coaching/periods/{id}/notes")]
async fn list_coaching_notes(
    app: web::Data<App>,
    request: HttpRequest,
    caller: SignedIn,
    id: web::Path<Uuid>,
) -> Result<web::Json<CoachingNotes>, Problem> {
    inside(&caller)?;
    ops::period(&app, &caller, *id).await?;
    let notes = notes::read(&app, &caller, caller.session, &note_key(&request)?, *id).await?;
    Ok(web::Json(CoachingNotes { items: notes.into_iter().map(CoachingNote::from).collect() }))
}

/// Write a note in a coaching period
///
/// Inside its days, as one of the two. It is sealed for both at once; to write, no key needs to be open.
#[utoipa::path(
    tag = "coaching",
    request_body = NewCoachingNote,
    responses((status = 201, description = "It is written", body = WrittenCoachingNote), (status = 409, description = "The period is not open today, or full")),
)]
#[post("/coaching/periods/{id}/notes")]
async fn write_coaching_note(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<Uuid>,
    Body(new): Body<NewCoachingNote>,
) -> Result<HttpResponse, Problem> {
    inside(&caller)?;
    let id = notes::write(&app, &caller, *id, &new.text).await?;
    Ok(HttpResponse::Created().json(WrittenCoachingNote { id }))
}

/// Share a coaching period's notes with the other's new key
///
/// When the other of the two has lost their key and made another. Ask them first, by another way than PACT, whether the fingerprint is theirs: who sets
/// somebody's password can sign in as them.
#[utoipa::path(
    tag = "coaching",
    params(("Pact-Note-Key" = Option<String>, Header, description = "The `note_key` of `POST /api/v1/coaching/key/open`.")),
    responses((status = 200, description = "They are shared", body = SharedCoachingNotes), (status = 409, description = "There is nothing to share")),
)]
#[post("/coaching/periods/{id}/share")]
async fn share_coaching_notes(
    app: web::Data<App>,
    request: HttpRequest,
    caller: SignedIn,
    id: web::Path<Uuid>,
) -> Result<web::Json<SharedCoachingNotes>, Problem> {
    inside(&caller)?;
    ops::period(&app, &caller, *id).await?;
    let notes = notes::share(&app, &caller, caller.session, &note_key(&request)?, *id).await?;
    Ok(web::Json(SharedCoachingNotes { notes }))
}

/// Count coaching periods by coach
///
/// All that anybody but the two learns of a period. For auditors.
#[utoipa::path(tag = "coaching", responses((status = 200, description = "The coaches", body = CoachCounts)))]
#[get("/coaching/coaches")]
async fn list_coaches(app: web::Data<App>, _: may::ReadAuditLog) -> Result<web::Json<CoachCounts>, Problem> {
    let coaches = tend::coaches(&app).await?;
    Ok(web::Json(CoachCounts { items: coaches.into_iter().map(CoachCount::from).collect() }))
}
