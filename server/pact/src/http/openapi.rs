//! The OpenAPI document: what every operation has in common is added here, so that a noun file states only its own.
//!
//! Each operation gets: the ways to authenticate (unless it is public), the problems that it can answer, the `Idempotency-Key`
//! of a POST, and words for its `{id}`.

use std::collections::BTreeMap;

use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required};
use utoipa::{PartialSchema, ToSchema};

use super::operations::methods;
use super::problem::{MEDIA_TYPE, ProblemBody, ProblemType};

/// What stands at the top of the document.
const ABOUT: &str = "PACT, the Planning, Automation and Communication Tool: leads that are pushed, plans, cards and requests, \
and nothing that measures people.\n\n\
- Every refusal is a problem (RFC 9457) whose type has a page at `/problems/<slug>`.\n\
- Every change names the revision that it is based on: read the record, send its `ETag` as `If-Match`.\n\
- Every POST takes an `Idempotency-Key`; the same request with the same key is done once and answered again for a day.\n\
- Lists have cursors and no totals; `fields=` leaves fields out; an unknown query parameter is refused.\n\
- Instants are RFC 3339 in UTC, days `YYYY-MM-DD`, ids opaque.";

/// The name of the security scheme of access tokens and of API keys: both travel as bearer tokens.
const BEARER: &str = "bearer";

/// The document before any operation is added.
pub fn base() -> OpenApi {
    let info = utoipa::openapi::InfoBuilder::new()
        .title("PACT")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(utoipa::openapi::LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()));
    utoipa::openapi::OpenApiBuilder::new().info(info.build()).build()
}

/// Adds what all operations have in common.
pub fn finish(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    let mut inner = Vec::new();
    ProblemBody::schemas(&mut inner);
    components.schemas.extend(inner);
    components.security_schemes.insert(BEARER.to_owned(), RefOr::T(SecurityScheme::Http(bearer())));
    let mut shared = BTreeMap::new();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in [
            ("DELETE", &mut item.delete),
            ("GET", &mut item.get),
            ("PATCH", &mut item.patch),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
        ] {
            if let Some(operation) = operation {
                complete(operation, method, path, &mut shared);
            }
        }
    }
    document.components.get_or_insert_default().responses.extend(shared);
}

fn bearer() -> Http {
    HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT or pact_…")
        .description(Some("The access token of `POST /api/v1/session`, or a personal API key (`pact_…`)."))
        .build()
}

fn complete(operation: &mut Operation, method: &str, path: &str, shared: &mut BTreeMap<String, RefOr<Response>>) {
    let public = operation.security.is_some();
    if !public {
        operation.security = Some(vec![SecurityRequirement::new(BEARER, Vec::<String>::new())]);
    }
    let is_api = path.starts_with("/api/");
    let is_repeatable = method == "POST" && is_api && !path.starts_with("/api/v1/session");
    if is_repeatable {
        operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "id"
            && parameter.description.is_none()
        {
            parameter.description = Some("The record's id.".to_owned());
        }
    }
    let mut problems: BTreeMap<u16, Vec<ProblemType>> = BTreeMap::new();
    for kind in kinds(operation, public, is_repeatable, path) {
        problems.entry(kind.status()).or_default().push(kind);
    }
    for (status, kinds) in problems {
        let declared = operation.responses.responses.remove(&status.to_string());
        let own = match declared {
            Some(RefOr::T(response)) if response.content.is_empty() => Some(response.description),
            Some(other) => {
                operation.responses.responses.insert(status.to_string(), other);
                continue;
            }
            None => None,
        };
        let answer = match own {
            Some(own) => RefOr::T(problem(&kinds, Some(own))),
            None => {
                // Its name is what it can be, so that it stays the same wherever it is used.
                let name = kinds.iter().map(|kind| kind.slug()).collect::<Vec<_>>().join(".");
                shared.entry(name.clone()).or_insert_with(|| RefOr::T(problem(&kinds, None)));
                RefOr::Ref(Ref::from_response_name(name))
            }
        };
        operation.responses.responses.insert(status.to_string(), answer);
    }
    fill_declared(operation);
}

/// Gives the problem body to error answers that an operation declared with words only.
fn fill_declared(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.content.is_empty()
            && status.starts_with(['4', '5'])
        {
            *response = problem(&[], Some(std::mem::take(&mut response.description)));
        }
    }
}

/// The problems that an operation can answer because of its shape.
fn kinds(operation: &Operation, public: bool, is_repeatable: bool, path: &str) -> Vec<ProblemType> {
    let has = |place: ParameterIn, name: Option<&str>| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == place && name.is_none_or(|name| parameter.name == name),
            RefOr::Ref(_) => false,
        })
    };
    let mut kinds = vec![ProblemType::MalformedRequest, ProblemType::Internal, ProblemType::StoreUnavailable];
    kinds.push(ProblemType::UnknownParameter);
    if !public {
        kinds.extend([ProblemType::Unauthenticated, ProblemType::Forbidden]);
    }
    if has(ParameterIn::Query, None) || has(ParameterIn::Path, None) {
        kinds.push(ProblemType::InvalidParameter);
    }
    if path.contains('{') {
        kinds.push(ProblemType::NotFound);
    }
    if has(ParameterIn::Header, Some("If-Match")) {
        kinds.extend([ProblemType::IfMatchMissing, ProblemType::MalformedIfMatch, ProblemType::Stale]);
    }
    if operation.request_body.is_some() {
        use ProblemType::{BodyTooLarge, Busy, InvalidBody, InvalidValue, MalformedJson, UnsupportedMediaType};
        kinds.extend([MalformedJson, BodyTooLarge, UnsupportedMediaType, InvalidBody, InvalidValue, Busy]);
    }
    if is_repeatable {
        use ProblemType::{IdempotencyAnswerNotKept, IdempotencyInFlight, IdempotencyKeyReused, IdempotencyOutcomeUnknown};
        kinds.extend([IdempotencyInFlight, IdempotencyOutcomeUnknown, IdempotencyAnswerNotKept, IdempotencyKeyReused]);
    }
    kinds
}

/// The answer with one of these problems.
fn problem(kinds: &[ProblemType], own: Option<String>) -> Response {
    let listed = kinds.iter().map(|kind| format!("[{}](/problems/{})", kind.slug(), kind.slug()));
    let description = own.into_iter().chain(listed).collect::<Vec<_>>().join(", ");
    let mut content = Content::new(Some(Ref::from_schema_name(ProblemBody::name())));
    content.example = kinds.first().map(|kind| {
        serde_json::json!({"type": kind.uri(), "title": kind.title(), "status": kind.status(), "detail": "What went wrong here, why, and what to do next."})
    });
    ResponseBuilder::new().description(description).content(MEDIA_TYPE, content).build()
}

fn idempotency_key() -> utoipa::openapi::path::Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255)).build();
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Makes the request safe to repeat for a day: a random value of your own, new for each new request."))
        .schema(Some(text))
        .example(Some("7d1f0a6e-6c0e-4f3c-9a35-0f4a3f6f7c11".into()))
        .build()
}

/// The paths and operation ids of a document, for tests and listings.
pub fn operation_ids(document: &OpenApi) -> Vec<(String, String)> {
    let paths = document.paths.paths.iter();
    paths
        .flat_map(|(path, item)| {
            methods(item)
                .map(move |(method, operation)| (format!("{method} {path}"), operation.operation_id.clone().unwrap_or_default()))
        })
        .collect()
}
