//! The pages that links in mail open: answering a push, ending mail, and what stands for a record.
//!
//! Nobody is signed in here; the link itself says who may do what. Opening a page changes nothing, because programs that look through mail open every link;
//! only the button on it does, which sends a `POST`. The pages load nothing, run no script, and are told to no other site.

mod page;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, get, post, web};
use pact_app::access::link::Purpose;
use pact_app::ops::mail::{self, EndOfMail};
use pact_app::ops::push_link::{self, Answer, Over, PushLink, Used};
use pact_app::texts::Texts;
use pact_app::{App, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use self::page::{Page, Reason};
use super::body;
use super::problem::Problem;

/// The largest form that a page sends.
const MAX_FORM_BYTES: usize = 8 * 1024;

/// What the page for declining sends.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(example = json!({"because": "Conflict of interest."}))]
pub struct AnswerForm {
    /// Why you do not take the lead; needed for declining only.
    #[schema(max_length = 500)]
    because: Option<String>,
}

/// A noun whose records links in mail open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "leads")]
pub enum Noun {
    /// A lead.
    Leads,
    /// A customer.
    Customers,
    /// A contact.
    Contacts,
    /// A card.
    Cards,
    /// A plan.
    Plans,
    /// A request.
    Requests,
    /// A pack.
    Packs,
    /// A goal.
    Goals,
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show_push_link).service(use_push_link).service(show_end_of_mail).service(end_mail).service(show_record);
}

/// Show what a link about a push would do
///
/// A page that says which lead it is, and asks before anything happens. For who has the mail; no sign-in.
#[utoipa::path(
    tag = "mail",
    security(()),
    params(("token" = String, Path, description = "What the link in the mail holds")),
    responses(
        (status = 200, description = "The page that asks", body = String, content_type = "text/html"),
        (status = 403, description = "The person may not accept leads any more", body = String, content_type = "text/html"),
        (status = 404, description = "This server made no such link", body = String, content_type = "text/html"),
        (status = 409, description = "Somebody else owns the lead now, or it is won or lost", body = String, content_type = "text/html"),
        (status = 410, description = "The push was answered, has expired or was withdrawn", body = String, content_type = "text/html"),
    ),
)]
#[get("/mail/pushes/{token}")]
async fn show_push_link(app: web::Data<App>, token: web::Path<String>, request: HttpRequest) -> Page {
    match push_link::look_at_push(&app, &token).await {
        Ok(link) => asked(&link, false),
        Err(refusal) => refused(&refusal, request.headers()),
    }
}

/// Answer a push with a link
///
/// Accepts or declines, as the link says; once. For who has the mail; no sign-in.
#[utoipa::path(
    tag = "mail",
    security(()),
    params(("token" = String, Path, description = "What the link in the mail holds")),
    request_body(content = AnswerForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It is done", body = String, content_type = "text/html"),
        (status = 403, description = "The person may not accept leads any more", body = String, content_type = "text/html"),
        (status = 404, description = "This server made no such link", body = String, content_type = "text/html"),
        (status = 409, description = "Somebody else owns the lead now, or it is won or lost", body = String, content_type = "text/html"),
        (status = 410, description = "The push was answered, has expired or was withdrawn", body = String, content_type = "text/html"),
        (status = 422, description = "A reason is missing", body = String, content_type = "text/html"),
    ),
)]
#[post("/mail/pushes/{token}")]
async fn use_push_link(
    app: web::Data<App>,
    token: web::Path<String>,
    request: HttpRequest,
    Form(form): Form,
) -> Result<Page, Problem> {
    Ok(match push_link::use_push_link(&app, &token, form.because.as_deref()).await {
        Ok(Used::Done(link)) => {
            let done = match link.answer {
                Answer::Accept => "accept_done",
                Answer::Decline => "decline_done",
            };
            Page::new(StatusCode::OK, &link.texts, link.texts.say(done, &[])).with(&link.lead)
        }
        Ok(Used::ReasonMissing(link)) => asked(&link, true),
        Ok(Used::Over(link)) => asked(&link, false),
        Err(refusal) => refused(&refusal, request.headers()),
    })
}

/// Show what a link that ends mail would do
///
/// A page that asks. For who has the mail; no sign-in.
#[utoipa::path(
    tag = "mail",
    security(()),
    params(("token" = String, Path, description = "What the link in the mail holds")),
    responses(
        (status = 200, description = "The page that asks", body = String, content_type = "text/html"),
        (status = 404, description = "This server made no such link", body = String, content_type = "text/html"),
    ),
)]
#[get("/mail/end/{token}")]
async fn show_end_of_mail(app: web::Data<App>, token: web::Path<String>, request: HttpRequest) -> Page {
    match mail::look_at_end_of_mail(&app, &token).await {
        Ok(end) => {
            let page = Page::new(StatusCode::OK, &end.texts, title_of(&end)).with(&end.texts.say("end_text", &[]));
            page.asking(end.texts.say("end_button", &[]), None)
        }
        Err(refusal) => refused(&refusal, request.headers()),
    }
}

/// End mail with a link
///
/// What mail programs send for one click (RFC 8058: `List-Unsubscribe=One-Click`), and the button on the page. The body is not looked at. A second time
/// changes nothing; the person switches the mail on again in their settings. For who has the mail; no sign-in.
#[utoipa::path(
    tag = "mail",
    security(()),
    params(("token" = String, Path, description = "What the link in the mail holds")),
    responses(
        (status = 200, description = "No more mail of this kind will come", body = String, content_type = "text/html"),
        (status = 404, description = "This server made no such link", body = String, content_type = "text/html"),
    ),
)]
#[post("/mail/end/{token}")]
async fn end_mail(app: web::Data<App>, token: web::Path<String>, request: HttpRequest) -> Page {
    match mail::end_mail(&app, &token).await {
        Ok(end) => Page::new(StatusCode::OK, &end.texts, end.texts.say("end_done", &[])).with(&end.texts.say("end_text", &[])),
        Err(refusal) => refused(&refusal, request.headers()),
    }
}

/// Show where a record is read
///
/// What a link to a record in a mail opens: a page that says where to look, and nothing about the record, whether it exists or not. For anybody.
#[utoipa::path(
    tag = "mail",
    security(()),
    params(("noun" = inline(Noun), Path, description = "The noun"), ("id" = Uuid, Path, description = "The record's id")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
    ),
)]
#[get("/at/{noun}/{id}")]
async fn show_record(place: web::Path<(Noun, Uuid)>, request: HttpRequest) -> Result<Page, Problem> {
    let _ = place;
    let texts = texts_of(request.headers())?;
    Ok(Page::new(StatusCode::OK, &texts, texts.say("record_title", &[])).with(&texts.say("record_text", &[])))
}

/// What the page about a push says: it asks, or says why there is nothing to ask any more.
fn asked(link: &PushLink, reason_is_missing: bool) -> Page {
    let texts = &link.texts;
    let (title, text, button) = match link.answer {
        Answer::Accept => ("accept_title", "accept_text", "accept"),
        Answer::Decline => ("decline_title", "decline_text", "decline"),
    };
    if let Some(over) = &link.over {
        let status = match over {
            Over::Accepted | Over::Declined | Over::Expired | Over::Withdrawn => StatusCode::GONE,
            Over::OwnedBy(_) | Over::Closed => StatusCode::CONFLICT,
            Over::NotAllowed => StatusCode::FORBIDDEN,
        };
        return Page::new(status, texts, over.words(link)).with(&link.lead);
    }
    let reason = (link.answer == Answer::Decline).then(|| Reason {
        label: texts.say("decline_reason", &[]),
        missing: reason_is_missing.then(|| texts.say("decline_missing", &[])),
    });
    let status = if reason_is_missing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Page::new(status, texts, texts.say(title, &[]))
        .with(&link.lead)
        .with(&texts.say("reason", &[("reason", &link.reason)]))
        .with(&texts.say("answer_by", &[("at", &link.until)]))
        .with(&texts.say(text, &[]))
        .with(&texts.say("nothing_yet", &[]))
        .asking(texts.say(button, &[]), reason)
}

fn title_of(end: &EndOfMail) -> String {
    let key = match end.purpose {
        Purpose::EndPushes => "end_pushes",
        Purpose::EndDigests | Purpose::Accept | Purpose::Decline => "end_digests",
    };
    end.texts.say(key, &[])
}

/// The page for a link that leads nowhere, or for a server that cannot answer now.
fn refused(refusal: &Refusal, headers: &HeaderMap) -> Page {
    let (status, key) = match refusal {
        Refusal::NotFound { .. } => (StatusCode::NOT_FOUND, "bad_link"),
        other => {
            tracing::error!(reason = %other, "a link in a mail could not be used");
            (StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    };
    match texts_of(headers) {
        Ok(texts) => Page::new(status, &texts, texts.say(key, &[])),
        Err(_) => Page::empty(status),
    }
}

/// The texts in a language that a browser asks for; nobody is known here whose language it could be.
fn texts_of(headers: &HeaderMap) -> Result<Texts, Problem> {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|asked| asked.to_str().ok()).unwrap_or_default();
    let languages: Vec<String> =
        asked.split(',').map(|one| one.trim().chars().take(2).collect::<String>().to_lowercase()).collect();
    Texts::of(&languages).map_err(Problem::internal)
}

/// The fields of a page's form.
struct Form(AnswerForm);

impl FromRequest for Form {
    type Error = Problem;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move {
            let bytes = body::read(payload, MAX_FORM_BYTES).await?;
            // What cannot be read holds no reason, and a page says so.
            let text = std::str::from_utf8(&bytes).unwrap_or_default();
            let fields = web::Query::<Vec<(String, String)>>::from_query(text).map(web::Query::into_inner).unwrap_or_default();
            let because = fields.into_iter().find_map(|(name, value)| (name == "because").then_some(value));
            Ok(Self(AnswerForm { because }))
        })
    }
}
