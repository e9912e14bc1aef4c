//! `Idempotency-Key`: a POST that is sent twice is done once.
//!
//! The first request with a key is done and its answer kept for a day. The same request again gets the same answer, with
//! `Idempotency-Replayed: true`; another request with the same key is refused. Keys belong to the person who calls (to the
//! path, where nobody signs in), so nobody meets anybody else's. Answers that say "later" (408, 429, 5xx) are not kept. An
//! answer that holds a secret is not kept either: its handler marks it with [`HoldsSecret`]. The store has neither key nor request,
//! only hashes that nobody can compare with a guess who does not know the key: choose a random one.
//! Bodies that are no JSON are streamed and known by their type and length only.

use actix_web::body::{BoxBody, EitherBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, HttpResponseBuilder, ResponseError, web};
use pact_app::idempotency::{self, Answer, Claim};
use pact_app::{App, Refusal, access::By};
use sha2::{Digest, Sha256};

use super::body::{self, MAX_JSON_BYTES};
use super::caller;
use super::problem::{Problem, ProblemType};

/// The header with the key.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header on an answer that was kept from the first request.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The longest key.
const MAX_KEY_CHARS: usize = 255;
/// The largest answer that is kept.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// Signing in is repeated as it is: what it answers is secret, and each answer is good.
const WITHOUT: &str = "/api/v1/session";

/// Put into the extensions of an answer that holds a secret.
#[derive(Clone, Copy, Debug)]
pub struct HoldsSecret;

/// What a key belongs to.
struct Keyed {
    app: App,
    scope: String,
    key: String,
}

/// Middleware: see the module.
///
/// # Errors
/// Those of the inner service.
pub async fn once<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let applies = request.method() == Method::POST && !request.path().starts_with(WITHOUT);
    if !applies || !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    }
    let answer = match claim(&mut request).await {
        Ok((keyed, Claim::First)) => {
            // Its own task: a caller who hangs up does not stop what was begun, so the key learns the outcome.
            let work = next.call(request);
            let task = actix_web::rt::spawn(async move { keep(keyed, work.await).await });
            return task.await.map_err(Problem::internal)?;
        }
        Ok((_, Claim::Done(Answer { body: Some(body), status, headers }))) => replay(status, headers, body),
        Ok((_, claim)) => refuse(&claim).error_response(),
        Err(problem) => problem.error_response(),
    };
    Ok(request.into_response(answer).map_into_right_body())
}

async fn claim(request: &mut ServiceRequest) -> Result<(Keyed, Claim), Problem> {
    let given = key(request.headers())?;
    let app = caller::app_of(request.request())?;
    let scope = scope(request).await?;
    let request_hash = fingerprint(request, &given).await?;
    let key = hexadecimal(Sha256::new().chain_update("pact/idempotency-key/1\0").chain_update(&given));
    let claim = idempotency::claim(&app, &scope, &key, &request_hash).await?;
    Ok((Keyed { app, scope, key }, claim))
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let key = headers.get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok()).map(str::trim).unwrap_or_default();
    if (1..=MAX_KEY_CHARS).contains(&key.len()) {
        return Ok(key.to_owned());
    }
    let why = format!("Idempotency-Key must be 1 to {MAX_KEY_CHARS} visible characters; a random UUID is good.");
    Err(Problem::new(ProblemType::MalformedRequest, why))
}

async fn scope(request: &ServiceRequest) -> Result<String, Problem> {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return Ok(format!("path:{}", request.path()));
    }
    let presented = caller::presented(request.request()).await?;
    Ok(match presented.by {
        By::Session(_) => format!("person:{}", presented.caller.person_id),
        By::ApiKey(id) => format!("key:{id}"),
    })
}

/// What makes two requests the same: method, path, query, type and body. The key is part of it, and the store has the key as its hash only: so whoever reads the
/// store cannot try guesses of a password or a note against this.
async fn fingerprint(request: &mut ServiceRequest, key: &str) -> Result<String, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).cloned();
    let is_json = kind.as_ref().is_some_and(|kind| kind.as_bytes().ends_with(b"json"));
    let mut hash = Sha256::new();
    for part in [key, request.method().as_str(), request.path(), request.query_string()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(kind.as_ref().map_or(&b""[..], |kind| kind.as_bytes()));
    if is_json {
        let bytes = body::read(request.take_payload(), MAX_JSON_BYTES).await?;
        hash.update(&bytes);
        request.set_payload(Payload::from(bytes));
    } else if let Some(length) = request.headers().get(header::CONTENT_LENGTH) {
        hash.update(length.as_bytes());
    }
    Ok(hexadecimal(hash))
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps the answer of the first request, and gives it.
async fn keep<B: MessageBody + 'static>(
    keyed: Keyed,
    outcome: Result<ServiceResponse<B>, Error>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let response = match outcome {
        Ok(response) => response,
        Err(error) => {
            keyed.finish(None).await;
            return Err(error);
        }
    };
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let body = match to_bytes_limited(body, MAX_ANSWER_BYTES).await {
        Ok(body) => body.map_err(|error| Problem::internal(error.into()))?,
        Err(_) => return Err(Problem::internal("the answer to a POST is larger than what is kept").into()),
    };
    keyed.finish(answer(&response, &body)).await;
    Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(body))).map_into_right_body())
}

/// The answer as it is kept; `None` when the request is to be done again.
fn answer(response: &HttpResponse<()>, body: &web::Bytes) -> Option<Answer> {
    let status = response.status();
    let later = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if status.is_server_error() || later {
        return None;
    }
    let holds_secret = response.extensions().get::<HoldsSecret>().is_some();
    let kept = [header::CONTENT_TYPE, header::ETAG, header::LOCATION].into_iter().filter_map(|name| {
        let value = response.headers().get(&name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    });
    let body = std::str::from_utf8(body).ok().filter(|_| !holds_secret).map(str::to_owned);
    Some(Answer { status: status.as_u16(), headers: kept.collect(), body })
}

fn replay(status: u16, headers: Vec<(String, String)>, body: String) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
    response.insert_header((REPLAYED, "true"));
    for (name, value) in headers {
        response.insert_header((name, value));
    }
    response.body(body)
}

/// Why a request whose key is taken is not done.
fn refuse(claim: &Claim) -> Problem {
    match claim {
        Claim::InFlight => Problem::new(
            ProblemType::IdempotencyInFlight,
            "The first request with this Idempotency-Key is still being worked on. Ask again in a second.",
        )
        .with_retry_after_s(1),
        Claim::OutcomeUnknown => Problem::new(
            ProblemType::IdempotencyOutcomeUnknown,
            "The server stopped while it worked on the first request with this Idempotency-Key. Look whether it was done; if not, send it with a new key.",
        ),
        Claim::Done(_) => Problem::new(
            ProblemType::IdempotencyAnswerNotKept,
            "The first request with this Idempotency-Key was done. Its answer held a secret that was shown once; revoke that and ask for a new one if it was lost.",
        ),
        Claim::OtherRequest => Refusal::KeyReused.into(),
        Claim::First => Problem::internal("a first request was refused"),
    }
}

impl Keyed {
    /// Writes the outcome down. A failure is logged: the request itself was done.
    async fn finish(&self, answer: Option<Answer>) {
        if let Err(refusal) = idempotency::finish(&self.app, &self.scope, &self.key, answer).await {
            tracing::error!(%refusal, "the answer to an Idempotency-Key could not be kept");
        }
    }
}
