//! Problem details (RFC 9457): how every refusal and every failure is answered.
//!
//! The rest of the crate never chooses a status: it returns a [`Problem`] of a [`ProblemType`], mostly by `?` from a
//! [`Refusal`] of an operation.

pub mod pages;
mod types;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use pact_app::Refusal;
use pact_policy::Finding;
use pact_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use super::plugin_sent::PluginAsk;
pub use types::ProblemType;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// How long a caller waits before a request that met a busy server is worth repeating.
const BUSY_RETRY_AFTER_S: u64 = 1;

/// Why a request was not done, as handlers return it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind of problem.
    pub kind: ProblemType,
    /// What, why and what next, for this request.
    pub detail: String,
    /// The fields that are to blame, if any are.
    pub errors: Vec<FieldError>,
    /// What the policy refuses, with the path from source to sink.
    findings: Vec<Finding>,
    /// What a plugin asks for, and the word by which an admin agrees to that.
    asked: Option<Box<(Vec<PluginAsk>, String)>>,
    retry_after_s: Option<u64>,
    allow: Option<Box<str>>,
}

/// One field that is to blame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field, as a path in the request's body (`rules[0].countries`) or the name of a parameter.
    #[schema(example = "name")]
    pub field: String,
    /// What is wrong with it and what would be right.
    #[schema(example = "give it a name of at most 200 characters")]
    pub why: String,
}

/// A problem as it travels.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, title = "Problem", example = json!({
    "type": "/problems/stale", "title": "The record was changed meanwhile", "status": 412,
    "detail": "This team was changed since you read it. Read it again and repeat your change on what it says now.",
}))]
pub struct ProblemBody {
    /// The address of the problem's type; a page there explains it.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    kind: String,
    /// The type in a few words.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What went wrong in this request, why, and what to do next.
    detail: String,
    /// The fields that are to blame, if any are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// What the policy refuses, as `pact lint --format json` gives it: rule, place, the path from source to sink, why, and what to do instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = Vec<Object>)]
    findings: Vec<Finding>,
    /// What a plugin asks for, when nobody agreed to that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    asks: Vec<PluginAsk>,
    /// The word by which you agree to exactly what `asks` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<String>,
}

impl Problem {
    /// A problem of a type, with what, why and what next.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            findings: Vec::new(),
            asked: None,
            retry_after_s: None,
            allow: None,
        }
    }

    /// The same problem as one of another type.
    #[must_use]
    pub fn of_kind(mut self, kind: ProblemType) -> Self {
        self.kind = kind;
        self
    }

    /// The same problem with a field that is to blame.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, why: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), why: why.into() });
        self
    }

    /// The same problem with the seconds after which the request is worth repeating.
    #[must_use]
    pub fn with_retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The same problem with the methods that the path has.
    #[must_use]
    pub fn with_allow(mut self, methods: impl Into<String>) -> Self {
        self.allow = Some(methods.into().into_boxed_str());
        self
    }

    /// A parameter of the path or the query that cannot be taken.
    pub fn parameter(name: &str, why: impl Into<String>) -> Self {
        let why = why.into();
        Self::new(ProblemType::InvalidParameter, format!("{name}: {why}")).with_field(name, why)
    }

    /// A defect: the reason goes to the server's log, never to the caller.
    pub fn internal(reason: impl std::fmt::Display) -> Self {
        tracing::error!(%reason, "a defect");
        Self::new(
            ProblemType::Internal,
            "Nothing was changed. Try again; if it stays, give your admin the X-Request-Id of this answer.",
        )
    }

    /// The problem as it travels.
    pub fn body(&self) -> ProblemBody {
        ProblemBody {
            kind: self.kind.uri(),
            title: self.kind.title().to_owned(),
            status: self.kind.status(),
            detail: self.detail.clone(),
            errors: self.errors.clone(),
            findings: self.findings.clone(),
            asks: self.asked.iter().flat_map(|asked| &asked.0).cloned().collect(),
            consent: self.asked.as_ref().map(|asked| asked.1.clone()),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The kind only: a detail can hold what a person typed, and this text reaches the log.
        f.write_str(self.kind.slug())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponseBuilder::new(self.status_code());
        answer.insert_header((header::CONTENT_TYPE, MEDIA_TYPE));
        if self.status_code() == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(methods) = &self.allow {
            answer.insert_header((HeaderName::from_static("allow"), &**methods));
        }
        match serde_json::to_vec(&self.body()) {
            Ok(body) => answer.body(body),
            Err(_) => answer.finish(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let said = refusal.to_string();
        let of = |kind| Self::new(kind, said.clone());
        match refusal {
            Refusal::NotFound { .. } => of(ProblemType::NotFound),
            Refusal::Stale { .. } => of(ProblemType::Stale),
            // The one field of a refusal that comes from the query: a cursor is opaque to everything but the store.
            Refusal::Invalid { field, why } if field == "cursor" => Self::parameter("cursor", why),
            Refusal::Invalid { field, why } => of(ProblemType::InvalidValue).with_field(field, why),
            Refusal::Lead(_) => of(ProblemType::LeadNotInState),
            Refusal::Forbidden { .. } => of(ProblemType::Forbidden),
            Refusal::Unauthenticated { .. } => of(ProblemType::Unauthenticated),
            Refusal::Throttled { retry_after_s } => of(ProblemType::TooManyAttempts).with_retry_after_s(retry_after_s),
            Refusal::Duplicate { field, .. } => of(ProblemType::Duplicate).with_field(field, "must be unique"),
            Refusal::NotNow { .. } => of(ProblemType::NotNow),
            Refusal::Unconfirmed { effects, .. } => effects
                .into_iter()
                .fold(of(ProblemType::ConfirmationNeeded), |problem, (what, count)| problem.with_field(what, count.to_string())),
            Refusal::Policy { findings } => {
                let problem = findings.iter().fold(of(ProblemType::PolicyRefused), |problem, finding| {
                    problem.with_field(
                        format!("{}:{}", finding.file, finding.line),
                        format!("{}: {}", finding.rule.id(), finding.message),
                    )
                });
                Self { findings, ..problem }
            }
            Refusal::Values { errors } => {
                errors.into_iter().fold(of(ProblemType::InvalidValue), |problem, (field, why)| problem.with_field(field, why))
            }
            Refusal::Consent { asked, consent, .. } => {
                let asks = asked.into_iter().map(PluginAsk::from).collect();
                Self { asked: Some(Box::new((asks, consent))), ..of(ProblemType::ConsentNeeded) }
            }
            Refusal::KeyReused => of(ProblemType::IdempotencyKeyReused),
            Refusal::Busy => of(ProblemType::Busy).with_retry_after_s(BUSY_RETRY_AFTER_S),
            Refusal::Defect(reason) => Self::internal(reason),
            Refusal::Store(StoreError::Taken { .. }) => Self::new(
                ProblemType::Duplicate,
                "Something that must be unique is taken by another record. Use that one, or choose another value.",
            ),
            Refusal::Store(StoreError::Reference) => Self::new(
                ProblemType::NotNow,
                "This record needs one that does not exist, or another record still needs this one. Check the ids, or change the other first.",
            ),
            Refusal::Store(reason) => {
                tracing::error!(%reason, "the store failed");
                Self::new(
                    ProblemType::StoreUnavailable,
                    "The store does not answer as it should. Nothing was changed; try again, and tell your admin if it stays.",
                )
                .with_retry_after_s(BUSY_RETRY_AFTER_S)
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Refusal::from(error).into()
    }
}
