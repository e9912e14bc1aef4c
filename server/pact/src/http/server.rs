//! The server: which middleware a request passes, in which order, and how the server stops.

use std::net::TcpListener;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Compress, DefaultHeaders, Next, from_fn};
use actix_web::{Error, HttpServer, ResponseError, web};
use pact_app::App;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;

use super::docs::Document;
use super::operations::{self, Operations};
use super::problem::{MEDIA_TYPE, Problem, ProblemType};
use super::trace::{self, RequestSpan};
use super::{Settings, coaching, docs, idempotency, problem};

/// How long running requests may take to end when the server stops.
const SHUTDOWN_S: u64 = 10;
/// How long a caller may take to send a request's head.
const HEAD_TIMEOUT_MS: u64 = 10_000;

/// Starts the server on a listener; it runs until it is awaited to its end or told to stop.
///
/// # Errors
/// A listener that cannot be used.
pub fn start(app: App, settings: Settings, listener: TcpListener) -> std::io::Result<Server> {
    let document = super::document();
    let operations = web::Data::new(Operations::of(&document));
    let document = web::Data::new(Document::new(&document)?);
    let workers = settings.workers.max(1);
    let app = web::Data::new(app);
    let settings = web::Data::new(settings);
    let server = HttpServer::new(move || build(app.clone(), settings.clone(), operations.clone(), document.clone()))
        .workers(workers)
        .shutdown_timeout(SHUTDOWN_S)
        .client_request_timeout(std::time::Duration::from_millis(HEAD_TIMEOUT_MS))
        .listen(listener)?;
    Ok(server.run())
}

/// One worker's server. The middleware that is wrapped last meets a request first.
fn build(
    app: web::Data<App>,
    settings: web::Data<Settings>,
    operations: web::Data<Operations>,
    document: web::Data<Document>,
) -> actix_web::App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<impl MessageBody>, Error = Error, InitError = ()>,
> {
    let cors = cors(&settings.cors_origins);
    actix_web::App::new()
        .into_utoipa_app()
        .configure(super::operations_of_api)
        .into_app()
        .configure(super::script_page::routes)
        .configure(docs::routes)
        .configure(problem::pages::routes)
        .app_data(app)
        .app_data(settings)
        .app_data(operations)
        .app_data(document)
        .app_data(web::PathConfig::default().error_handler(|_, _| {
            Problem::new(ProblemType::InvalidParameter, "The path holds an id that is none. Ids are UUIDs, as lists show them.")
                .into()
        }))
        .default_service(web::to(operations::nothing_here))
        .wrap(from_fn(idempotency::once))
        .wrap(from_fn(operations::refuse_unknown_parameters))
        .wrap(from_fn(head_is_get))
        .wrap(from_fn(only_problems))
        .wrap(Compress::default())
        .wrap(cors)
        .wrap(from_fn(super::form::let_pages_in))
        .wrap(security_headers())
        .wrap(TracingLogger::<RequestSpan>::new())
        .wrap(from_fn(trace::identify))
}

/// Browsers from other origins are let in only where the configuration names them.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PATCH", "PUT", "DELETE"])
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_MATCH, header::IF_NONE_MATCH])
        .allowed_headers([idempotency::IDEMPOTENCY_KEY, coaching::NOTE_KEY, trace::REQUEST_ID])
        .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER, idempotency::REPLAYED, trace::REQUEST_ID])
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// Headers that narrow what a browser does with an answer.
fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::CACHE_CONTROL, "no-store"))
        .add(("cross-origin-resource-policy", "same-origin"))
        .add(("permissions-policy", "camera=(), geolocation=(), microphone=()"))
}

/// Middleware: `HEAD` is answered as `GET`; the protocol leaves the body out by itself.
async fn head_is_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}

/// Middleware: whatever error the framework answers by itself becomes a problem.
async fn only_problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let response = next.call(request).await?;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_problem = kind.is_some_and(|kind| kind == MEDIA_TYPE || kind == "application/json");
    // Pages for people say it in their own words.
    let is_page = kind.is_some_and(|kind| kind == "text/html; charset=utf-8");
    if is_problem || is_page || !(response.status().is_client_error() || response.status().is_server_error()) {
        return Ok(response.map_into_left_body());
    }
    let (request, response) = response.into_parts();
    let kind = ProblemType::of_status(response.status().as_u16());
    let problem =
        Problem::new(kind, "The request was refused before PACT read it. The page of this problem type says what it can be.");
    Ok(ServiceResponse::new(request, problem.error_response()).map_into_right_body())
}
