//! Signing in, staying signed in, signing out, and who I am.

use actix_web::cookie::{Cookie, SameSite, time::OffsetDateTime};
use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use pact_app::App;
use pact_app::access::SignInMethod;
use pact_app::ops::security::records::CalledFrom;
use pact_app::ops::session::{self as ops, Session, SignIn};
use pact_core::role::Role;
use pact_core::time::Instant;
use pact_store::entity::person;
use pact_store::record;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Settings;
use super::body::Body;
use super::caller::{Anyone, SignedIn};
use super::problem::{Problem, ProblemType};

/// The cookie that holds the refresh token, for pages in a browser.
const COOKIE: &str = "pact_refresh";
/// The cookie travels to these operations only.
const COOKIE_PATH: &str = "/api/v1/session";

/// How somebody shows who they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({"method": "password", "email": "ann@example.com", "password": "four words in a row", "cookie": false}))]
pub enum NewSession {
    /// E-mail address and password.
    Password {
        /// The account's e-mail address.
        #[schema(max_length = 320)]
        email: String,
        /// Its password.
        #[schema(value_type = String, format = Password, max_length = 1000)]
        password: SecretString,
        /// Whether the refresh token goes into an HttpOnly cookie instead of the body: for pages in a browser.
        #[serde(default)]
        cookie: bool,
    },
}

/// The refresh token, unless the cookie holds it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E"}))]
pub struct Refresh {
    /// The refresh token of the answer before; left out when the cookie holds it.
    #[schema(value_type = Option<String>)]
    refresh_token: Option<SecretString>,
}

/// Tokens for whoever is signed in.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IjFmIn0.e30.c2ln", "token_type": "Bearer",
    "expires_at": "2026-11-24T10:25:00.000Z", "refresh_token": "q0c1Vb1k0m3VvH1s0u0oXn7mJqv0c6m2f8Hn5sYwQ2E",
    "refresh_expires_at": "2026-12-08T10:10:00.000Z", "person_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11",
}))]
pub struct Tokens {
    /// Send it as `Authorization: Bearer …`; good for 15 minutes.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// When the access token ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    /// Good for the next access token, once; null when the cookie holds it.
    refresh_token: Option<String>,
    /// When the refresh token ends.
    #[schema(value_type = String, format = DateTime)]
    refresh_expires_at: Instant,
    /// Who is signed in.
    person_id: Uuid,
}

/// Who is signed in, and what they may do.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "person_id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11", "name": "Ann Smith", "email": "ann@example.com",
    "role": "rep", "scopes": null, "time_zone": "Europe/Amsterdam", "languages": ["nl", "en"],
}))]
pub struct Me {
    /// The person.
    person_id: Uuid,
    /// Their name.
    name: String,
    /// Their e-mail address.
    email: String,
    /// Their role: rep, manager, admin, auditor or partner.
    #[schema(value_type = String)]
    role: Role,
    /// What the API key of this request is good for; null for somebody who signed in.
    scopes: Option<Vec<String>>,
    /// Their time zone.
    time_zone: String,
    /// The languages that they speak.
    languages: Vec<String>,
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(sign_in).service(refresh_session).service(sign_out).service(read_session);
}

/// Adds the operation outside `/api/v1`.
pub fn public_keys(config: &mut ServiceConfig) {
    config.service(read_public_keys);
}

/// Sign in
///
/// Wrong passwords and unknown accounts get the same answer after the same time. Attempts are limited for each account and address.
#[utoipa::path(
    tag = "session",
    security(()),
    request_body = NewSession,
    responses(
        (status = 201, description = "Signed in", body = Tokens),
        (status = 401, description = "[sign-in-failed](/problems/sign-in-failed)"),
        (status = 429, description = "[too-many-attempts](/problems/too-many-attempts)"),
    ),
)]
#[post("/session")]
async fn sign_in(
    app: web::Data<App>,
    settings: web::Data<Settings>,
    request: HttpRequest,
    Body(new): Body<NewSession>,
) -> Result<HttpResponse, Problem> {
    let NewSession::Password { email, password, cookie } = new;
    let command = SignIn { method: SignInMethod::Password { email, password }, from: called_from(&request, &settings) };
    let session = ops::sign_in(&app, command).await.map_err(|refusal| match Problem::from(refusal) {
        problem if problem.kind == ProblemType::Unauthenticated => problem.of_kind(ProblemType::SignInFailed),
        problem => problem,
    })?;
    Ok(answer(HttpResponse::Created(), session, cookie, &settings))
}

/// Get the next access token
///
/// A refresh token is used once; the answer holds the next. One that comes a second time ends the session, because somebody has a copy.
#[utoipa::path(
    tag = "session",
    security(()),
    request_body = Refresh,
    responses(
        (status = 200, description = "Still signed in", body = Tokens),
        (status = 401, description = "[unauthenticated](/problems/unauthenticated)"),
    ),
)]
#[post("/session/refresh")]
async fn refresh_session(
    app: web::Data<App>,
    settings: web::Data<Settings>,
    request: HttpRequest,
    Body(refresh): Body<Refresh>,
) -> Result<HttpResponse, Problem> {
    let cookie = request.cookie(COOKIE).map(|cookie| SecretString::from(cookie.value()));
    let in_cookie = refresh.refresh_token.is_none();
    let token = refresh.refresh_token.or(cookie).ok_or_else(|| {
        Problem::new(
            ProblemType::Unauthenticated,
            "There is no refresh token, neither in the body nor in the cookie. Sign in at POST /api/v1/session.",
        )
    })?;
    let session = ops::refresh_session(&app, &token, called_from(&request, &settings)).await?;
    Ok(answer(HttpResponse::Ok(), session, in_cookie, &settings))
}

/// Sign out
///
/// Ends this session: its access and refresh tokens are not good any more, here at once and on other nodes within half a minute.
#[utoipa::path(tag = "session", responses((status = 204, description = "Signed out")))]
#[delete("/session")]
async fn sign_out(app: web::Data<App>, settings: web::Data<Settings>, caller: SignedIn) -> Result<HttpResponse, Problem> {
    ops::sign_out(&app, caller.session).await?;
    let mut cookie = cookie("", &settings);
    cookie.make_removal();
    Ok(HttpResponse::NoContent().cookie(cookie).finish())
}

/// Show who I am
///
/// For everybody, also by API key.
#[utoipa::path(tag = "session", responses((status = 200, description = "Who I am", body = Me)))]
#[get("/session")]
async fn read_session(app: web::Data<App>, caller: Anyone) -> Result<web::Json<Me>, Problem> {
    let row = record::get::<person::Model>(app.store.read(), caller.person_id).await?;
    let scopes = caller.scopes.as_ref().map(|scopes| scopes.iter().map(ToString::to_string).collect());
    Ok(web::Json(Me {
        person_id: row.id,
        name: row.name,
        email: row.email,
        role: caller.role,
        scopes,
        time_zone: row.time_zone,
        languages: row.languages.0,
    }))
}

/// Public keys of access tokens
///
/// As RFC 7517 writes them, for whoever wants to check an access token of PACT.
#[utoipa::path(tag = "session", security(()), responses((status = 200, description = "The keys", body = serde_json::Value,
    example = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "1f0c", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}))))]
#[get("/.well-known/jwks.json")]
async fn read_public_keys(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let keys = app.access.public_keys(&app).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=300")).json(keys))
}

fn answer(mut response: actix_web::HttpResponseBuilder, session: Session, in_cookie: bool, settings: &Settings) -> HttpResponse {
    let refresh_token = session.refresh_token.expose_secret().to_owned();
    if in_cookie {
        let mut cookie = cookie(&refresh_token, settings);
        cookie.set_expires(OffsetDateTime::from_unix_timestamp(session.refresh_until.millis() / 1_000).ok());
        response.cookie(cookie.into_owned());
    }
    response.json(Tokens {
        access_token: session.access_token.expose_secret().to_owned(),
        token_type: "Bearer",
        expires_at: session.access_until,
        refresh_token: (!in_cookie).then_some(refresh_token),
        refresh_expires_at: session.refresh_until,
        person_id: session.person.id,
    })
}

/// Out of reach of scripts, and sent by no other site's page.
fn cookie<'a>(value: &'a str, settings: &Settings) -> Cookie<'a> {
    Cookie::build(COOKIE, value)
        .path(COOKIE_PATH)
        .http_only(true)
        .secure(settings.secure_cookies)
        .same_site(SameSite::Strict)
        .finish()
}

/// Where a request comes from, and the program that sent it.
fn called_from(request: &HttpRequest, settings: &Settings) -> CalledFrom {
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    CalledFrom { address: address(request, settings), agent: agent.map(str::to_owned) }
}

/// Where a request comes from.
pub(super) fn address(request: &HttpRequest, settings: &Settings) -> String {
    let info = request.connection_info();
    let address = if settings.behind_proxy { info.realip_remote_addr() } else { info.peer_addr() };
    address.unwrap_or("unknown").to_owned()
}
