//! What the server's log says about a request: id, method, route, status, duration; never a person, an address or a value.

use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;
use uuid::Uuid;

/// The header with the request's id, from the caller or made here, and on every answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request that takes longer is worth a line in the log; others have one at the level `debug`.
const SLOW: Duration = Duration::from_secs(1);
/// The longest request id that is taken over from a caller.
const MAX_REQUEST_ID_CHARS: usize = 64;

#[derive(Clone)]
struct Arrived {
    id: HeaderValue,
    at: Instant,
}

/// Middleware: gives the request an id and puts it on the answer.
///
/// # Errors
/// Those of the inner service.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let given = request.headers().get(REQUEST_ID).filter(|id| is_plain(id)).cloned();
    let id = given.or_else(|| HeaderValue::try_from(Uuid::new_v4().to_string()).ok());
    let id = id.unwrap_or_else(|| HeaderValue::from_static("-"));
    request.extensions_mut().insert(Arrived { id: id.clone(), at: Instant::now() });
    let mut response = next.call(request).await?;
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(response)
}

/// Whether an id can stand in a log line: letters, digits, `-`, `_` and `.` only.
fn is_plain(id: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=MAX_REQUEST_ID_CHARS).contains(&id.len()) && id.as_bytes().iter().all(plain)
}

/// The span around a request.
#[derive(Debug)]
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let arrived = request.extensions().get::<Arrived>().cloned();
        let id = arrived.as_ref().and_then(|arrived| arrived.id.to_str().ok()).unwrap_or("-");
        // The route, not the path: a path can hold a person's id.
        let route = request.match_pattern().unwrap_or_else(|| "(none)".to_owned());
        tracing::info_span!("request", id, method = %request.method(), route, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        let arrived = outcome.as_ref().ok().and_then(|response| response.request().extensions().get::<Arrived>().cloned());
        let took = arrived.map(|arrived| arrived.at.elapsed()).unwrap_or_default();
        let duration_us = took.as_micros();
        if status.is_server_error() {
            tracing::error!(parent: &span, duration_us, "failed");
        } else if took >= SLOW {
            tracing::warn!(parent: &span, duration_us, "slow");
        } else {
            tracing::debug!(parent: &span, duration_us, "answered");
        }
    }
}
