//! Web forms: keys for admins, and the one door that is open to anybody.

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, delete, get, patch, post, web};
use pact_app::App;
use pact_app::ops::form::{self as ops, ChangeFormKey, CreateFormKey, SubmitForm};
use pact_core::time::Instant;
use pact_store::entity::form_key;
use pact_store::record;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Settings;
use super::body::{self, Body};
use super::caller::{self, may};
use super::change;
use super::etag::{IfMatch, Tagged};
use super::fields::Fields;
use super::idempotency::{HoldsSecret, IDEMPOTENCY_KEY};
use super::page::{List, Page, PageParams};
use super::problem::{Problem, ProblemType};
use super::session::address;

/// The largest form that is read.
pub const MAX_FORM_BYTES: usize = 32 * 1024;
/// How long a browser may remember that a page is let in, in seconds.
const REMEMBER_S: u32 = 3_600;

/// A form key as it is listed: without its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "3d2c1b0a-9f8e-4d7c-8b6a-5f4e3d2c1b0a", "name": "Contact page", "prefix": "q0c1Vb1k", "source": "web form", "product": null,
    "allowed_origins": ["https://www.example.com"], "active": true, "created_at": "2026-11-24T10:10:00.000Z",
}))]
pub struct FormKey {
    /// Its id.
    id: Uuid,
    /// What form it is for.
    name: String,
    /// The first characters after `form_`, by which keys are told apart.
    prefix: String,
    /// The source that its leads get.
    source: String,
    /// The product that its leads get, whatever the form says.
    product: Option<String>,
    /// Pages from which browsers may send it; none: all.
    allowed_origins: Vec<String>,
    /// Whether it is good.
    active: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A form key that was just made. Its text is shown here and never again.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "key": "form_q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E", "path": "/api/v1/forms/form_q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E/leads",
    "id": "3d2c1b0a-9f8e-4d7c-8b6a-5f4e3d2c1b0a", "name": "Contact page", "prefix": "q0c1Vb1k", "source": "web form", "product": null,
    "allowed_origins": ["https://www.example.com"], "active": true, "created_at": "2026-11-24T10:10:00.000Z",
}))]
pub struct NewFormKey {
    /// The key.
    key: String,
    /// Where the form sends its leads.
    path: String,
    #[serde(flatten)]
    shown: FormKey,
}

/// A form key that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Contact page", "source": "web form", "allowed_origins": ["https://www.example.com"]}))]
pub struct FormKeyWish {
    /// What form it is for.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The source that its leads get.
    #[schema(min_length = 1, max_length = 80)]
    source: String,
    /// The product that its leads get, whatever the form says.
    #[schema(max_length = 80)]
    product: Option<String>,
    /// Pages from which browsers may send it, by scheme and host; none: all.
    #[serde(default)]
    #[schema(max_items = 20)]
    allowed_origins: Vec<String>,
}

/// What is to be changed on a form key: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"active": false}))]
pub struct FormKeyChange {
    /// What form it is for.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The source that its leads get.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 80)]
    source: Option<String>,
    /// The product that its leads get.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    product: Option<Option<String>>,
    /// Pages from which browsers may send it.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 20)]
    allowed_origins: Option<Vec<String>>,
    /// Whether it is good.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// A list of form keys is narrowed by nothing.
#[derive(Debug, Deserialize, IntoParams)]
pub struct NoFilter {}

/// What somebody wrote into a form. At least one of name, company, e-mail and website.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({
    "name": "Ann Smith", "company": "Globex", "email": "ann@globex.example", "phone": "+31 20 123 45 67", "postcode": "1012 AB", "city": "Amsterdam",
    "country": "NL", "language": "nl", "product": "heat-pump", "message": "We want to replace two boilers.", "homepage": ""
}))]
pub struct FormLead {
    /// Their name.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Their company.
    #[schema(max_length = 200)]
    company: Option<String>,
    /// Their e-mail address.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// Their telephone number.
    #[schema(max_length = 80)]
    phone: Option<String>,
    /// Their company's website.
    #[schema(max_length = 300)]
    website: Option<String>,
    /// Street and number.
    #[schema(max_length = 300)]
    street: Option<String>,
    /// Postcode.
    #[schema(max_length = 80)]
    postcode: Option<String>,
    /// City.
    #[schema(max_length = 300)]
    city: Option<String>,
    /// Country, by its code or name.
    #[schema(max_length = 80)]
    country: Option<String>,
    /// Language, by its code or name.
    #[schema(max_length = 80)]
    language: Option<String>,
    /// The product that they ask about.
    #[schema(max_length = 80)]
    product: Option<String>,
    /// What they ask.
    #[schema(max_length = 20000)]
    message: Option<String>,
    /// Leave it empty: hide it from people (by a style sheet, not `type=hidden`). Machines fill it in, and what they send is thrown away.
    homepage: Option<String>,
    /// A page on one of the form's origins to which the browser is sent afterwards (303) instead of an answer with a body.
    #[schema(max_length = 2000)]
    redirect: Option<String>,
}

/// The answer to a form.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"received": true}))]
pub struct FormReceived {
    /// Always true.
    received: bool,
}

impl From<form_key::Model> for FormKey {
    fn from(row: form_key::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            source: row.source,
            product: row.product,
            allowed_origins: row.allowed_origins.0,
            active: row.active,
            created_at: Instant::from_millis(row.created_at),
        }
    }
}

impl From<form_key::Model> for Tagged<FormKey> {
    fn from(row: form_key::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_form_keys).service(create_form_key).service(read_form_key).service(change_form_key);
    config.service(delete_form_key).service(submit_form);
}

/// List form keys
///
/// For admins.
#[utoipa::path(tag = "forms", params(PageParams), responses((status = 200, description = "A page of form keys", body = Page<FormKey>)))]
#[get("/forms")]
async fn list_form_keys(
    app: web::Data<App>,
    _: may::ManageForms,
    list: List<NoFilter, ops::By>,
) -> Result<Page<FormKey>, Problem> {
    Ok(ops::list_form_keys(&app, list.sort, &list.ask).await?.into())
}

/// Make a form key
///
/// The key is shown once; it stands in the page that has the form, so it is no secret, and gives nothing but sending leads. For admins.
#[utoipa::path(
    tag = "forms",
    request_body = FormKeyWish,
    responses(
        (status = 201, description = "The key", body = NewFormKey),
        (status = 409, description = "There are too many keys"),
    ),
)]
#[post("/forms")]
async fn create_form_key(
    app: web::Data<App>,
    caller: may::ManageForms,
    Body(wish): Body<FormKeyWish>,
) -> Result<HttpResponse, Problem> {
    let FormKeyWish { name, source, product, allowed_origins } = wish;
    let command = CreateFormKey { name, source, product, allowed_origins };
    let (row, key) = ops::create_form_key(&app, &caller.actor(), command).await?;
    let mut answer = HttpResponse::Created();
    answer.insert_header((header::LOCATION, format!("/api/v1/forms/{}", row.id)));
    answer.insert_header((header::ETAG, format!("\"{}\"", row.revision)));
    let key = key.expose_secret().to_owned();
    let mut answer = answer.json(NewFormKey { path: format!("/api/v1/forms/{key}/leads"), key, shown: row.into() });
    answer.extensions_mut().insert(HoldsSecret);
    Ok(answer)
}

/// Show a form key
///
/// For admins.
#[utoipa::path(tag = "forms", params(Fields), responses((status = 200, description = "The form key", body = FormKey)))]
#[get("/forms/{id}")]
async fn read_form_key(app: web::Data<App>, _: may::ManageForms, id: web::Path<Uuid>) -> Result<Tagged<FormKey>, Problem> {
    Ok(record::get::<form_key::Model>(app.store.read(), *id).await?.into())
}

/// Change a form key
///
/// Its text stays the same. For admins.
#[utoipa::path(
    tag = "forms",
    params(IfMatch),
    request_body = FormKeyChange,
    responses((status = 200, description = "The form key as it is now", body = FormKey)),
)]
#[patch("/forms/{id}")]
async fn change_form_key(
    app: web::Data<App>,
    caller: may::ManageForms,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<FormKeyChange>,
) -> Result<Tagged<FormKey>, Problem> {
    let FormKeyChange { name, source, product, allowed_origins, active } = change;
    let command = ChangeFormKey { id: *id, revision, name, source, product, allowed_origins, active };
    Ok(ops::change_form_key(&app, &caller.actor(), command).await?.into())
}

/// Remove a form key
///
/// Pages that still use it are refused from then on. For admins.
#[utoipa::path(tag = "forms", params(IfMatch), responses((status = 204, description = "It is gone")))]
#[delete("/forms/{id}")]
async fn delete_form_key(
    app: web::Data<App>,
    caller: may::ManageForms,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<HttpResponse, Problem> {
    ops::delete_form_key(&app, &caller.actor(), *id, revision).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Send a web form
///
/// For anybody, with a form's key in the path, as JSON or as a browser sends a form; at most 32 KiB. The answer says that it was received and
/// nothing else. A form that is sent by a browser's own form may carry further fields (a button's name); they are left out.
#[utoipa::path(
    tag = "forms",
    security(()),
    params(("key" = String, Path, description = "The form's key", example = "form_q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E")),
    request_body(content((FormLead = "application/json"), (FormLead = "application/x-www-form-urlencoded"))),
    responses(
        (status = 202, description = "It was received", body = FormReceived),
        (status = 303, description = "It was received, and `redirect` was asked for"),
        (status = 403, description = "Pages of this origin may not send this form"),
        (status = 429, description = "Too many in too short a time"),
    ),
)]
#[post("/forms/{key}/leads")]
async fn submit_form(
    app: web::Data<App>,
    settings: web::Data<Settings>,
    request: HttpRequest,
    said: Sent,
) -> Result<HttpResponse, Problem> {
    let page = request.extensions().get::<FromPage>().cloned();
    let FromPage { form, origin } = match page {
        Some(page) => page,
        None => FromPage::of(&app, request.match_info().query("key"), &address(&request, &settings), None).await?,
    };
    let redirect =
        said.0.redirect.as_deref().filter(|text| !text.trim().is_empty()).map(|text| target(&form, text)).transpose()?;
    ops::submit_form(&app, &form, origin.as_deref(), &address(&request, &settings), said.0.into()).await?;
    Ok(match redirect {
        Some(target) => HttpResponse::SeeOther().insert_header((header::LOCATION, target)).finish(),
        None => HttpResponse::Accepted().json(FormReceived { received: true }),
    })
}

/// A form's fields, from JSON or as a browser sends them.
struct Sent(FormLead);

impl FromRequest for Sent {
    type Error = Problem;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = body::is_json(request.headers());
        let kind = request.content_type().to_owned();
        let payload = payload.take();
        Box::pin(async move {
            if !is_json && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
                return Err(Problem::new(
                    ProblemType::UnsupportedMediaType,
                    "A form is sent as application/json or application/x-www-form-urlencoded.",
                ));
            }
            let bytes = body::read(payload, MAX_FORM_BYTES).await?;
            if is_json { body::parse(&bytes).map(Self) } else { Ok(Self(urlencoded(&bytes)?)) }
        })
    }
}

/// The fields that PACT knows, each the first time that it occurs.
fn urlencoded(bytes: &[u8]) -> Result<FormLead, Problem> {
    let unreadable =
        || Problem::new(ProblemType::MalformedRequest, "The form cannot be read. Send it as UTF-8, name=value&name=value.");
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable())?;
    let fields = web::Query::<Vec<(String, String)>>::from_query(text).map_err(|_| unreadable())?.into_inner();
    let mut form = FormLead::default();
    for (name, value) in fields {
        let place = match name.as_str() {
            "name" => &mut form.name,
            "company" => &mut form.company,
            "email" => &mut form.email,
            "phone" => &mut form.phone,
            "website" => &mut form.website,
            "street" => &mut form.street,
            "postcode" => &mut form.postcode,
            "city" => &mut form.city,
            "country" => &mut form.country,
            "language" => &mut form.language,
            "product" => &mut form.product,
            "message" => &mut form.message,
            "homepage" => &mut form.homepage,
            "redirect" => &mut form.redirect,
            _ => continue,
        };
        place.get_or_insert(value);
    }
    Ok(form)
}

impl From<FormLead> for SubmitForm {
    fn from(form: FormLead) -> Self {
        let FormLead {
            name,
            company,
            email,
            phone,
            website,
            street,
            postcode,
            city,
            country,
            language,
            product,
            message,
            homepage,
            redirect: _,
        } = form;
        Self { name, company, email, phone, website, street, postcode, city, country, language, product, message, trap: homepage }
    }
}

/// Where a browser is sent afterwards: a page of the form's own origins, so that the form leads nobody astray.
fn target(form: &form_key::Model, text: &str) -> Result<String, Problem> {
    let url = reqwest::Url::parse(text.trim()).ok();
    let own = url.filter(|url| form.allowed_origins.contains(&url.origin().ascii_serialization()));
    own.map(String::from).ok_or_else(|| {
        let why = "the page must be on one of the form's allowed origins, with its whole address.";
        Problem::from(pact_app::Refusal::invalid("redirect", why))
    })
}

/// The form that a request is for, and the page that sends it.
#[derive(Clone)]
struct FromPage {
    form: form_key::Model,
    origin: Option<String>,
}

impl FromPage {
    async fn of(app: &App, key: &str, address: &str, origin: Option<String>) -> Result<Self, Problem> {
        Ok(Self { form: ops::form_of_key(app, key, address).await?, origin })
    }
}

/// The key in the path of a form.
fn key_in(path: &str) -> Option<&str> {
    path.strip_prefix("/api/v1/forms/")?.strip_suffix("/leads").filter(|key| !key.contains('/'))
}

/// Middleware: answers the browser's question whether a page may send a form, by the form's own origins.
///
/// It stands before the rules for all other operations, and takes the origin off, so that those do not ask again.
///
/// # Errors
/// Those of the inner service.
pub async fn let_pages_in(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let (Some(key), Some(origin)) = (key_in(request.path()).map(str::to_owned), request.headers().get(header::ORIGIN).cloned())
    else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let found = from_page(&request, &key, &origin).await;
    let is_let_in = found.as_ref().is_ok_and(|page| ops::lets_in(&page.form, page.origin.as_deref()));
    let is_question =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match found {
        Ok(_) | Err(_) if is_question => request.into_response(HttpResponse::NoContent().finish()).map_into_right_body(),
        Err(problem) => request.into_response(problem.error_response()).map_into_right_body(),
        Ok(page) => {
            request.headers_mut().remove(header::ORIGIN);
            request.extensions_mut().insert(page);
            next.call(request).await?.map_into_left_body()
        }
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if is_let_in {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
        if is_question {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed_headers());
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(REMEMBER_S));
        }
    }
    Ok(response)
}

fn allowed_headers() -> HeaderValue {
    let names: [HeaderName; 2] = [header::CONTENT_TYPE, IDEMPOTENCY_KEY];
    HeaderValue::try_from(names.map(|name| name.to_string()).join(", "))
        .unwrap_or_else(|_| HeaderValue::from_static("content-type"))
}

async fn from_page(request: &ServiceRequest, key: &str, origin: &HeaderValue) -> Result<FromPage, Problem> {
    let app = caller::app_of(request.request())?;
    let settings = request.app_data::<web::Data<Settings>>().ok_or_else(|| Problem::internal("no settings in this server"))?;
    let origin = origin.to_str().map_err(|_| Problem::new(ProblemType::MalformedRequest, "The Origin header cannot be read."))?;
    FromPage::of(&app, key, &address(request.request(), settings), Some(origin.to_owned())).await
}
