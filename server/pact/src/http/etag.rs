//! Revisions on the wire: `ETag` on what is shown, `If-Match` on what is changed.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};
use utoipa::{IntoParams, ToSchema};

use super::fields;
use super::problem::{Problem, ProblemType};

/// A record with its revision: answers `200` with an `ETag`, or `304` to a matching `If-None-Match`; honours `fields`.
#[derive(Debug)]
pub struct Tagged<T> {
    /// The revision, which the next change must name.
    pub revision: String,
    /// The record.
    pub record: T,
}

/// A record that was just made: answers `201` with `ETag` and `Location`.
#[derive(Debug)]
pub struct Created<T> {
    /// The path of the new record.
    pub location: String,
    /// The record with its revision.
    pub tagged: Tagged<T>,
}

/// The revision that a change is based on, from `If-Match`.
#[derive(Debug)]
pub struct IfMatch(pub String);

impl<T> Tagged<T> {
    /// A record with its revision.
    pub fn new(revision: impl Into<String>, record: T) -> Self {
        Self { revision: revision.into(), record }
    }

    /// The same as the answer to the POST that made it.
    pub fn created_at(self, location: String) -> Created<T> {
        Created { location, tagged: self }
    }

    fn etag(&self) -> String {
        format!("\"{}\"", self.revision)
    }
}

impl<T: Serialize + ToSchema> Responder for Tagged<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let etag = self.etag();
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        if known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)) {
            return HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish();
        }
        match fields::select::<T>(request, &self.record) {
            Ok(record) => HttpResponse::Ok().insert_header((header::ETAG, etag)).json(record),
            Err(problem) => HttpResponse::from_error(problem),
        }
    }
}

impl<T: Serialize> Responder for Created<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Created()
            .insert_header((header::ETAG, self.tagged.etag()))
            .insert_header((header::LOCATION, self.location))
            .json(self.tagged.record)
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let given = request.headers().get(header::IF_MATCH);
        ready(match given.map(|value| value.to_str().ok().and_then(revision)) {
            Some(Some(revision)) => Ok(Self(revision)),
            Some(None) => Err(Problem::new(
                ProblemType::MalformedIfMatch,
                "If-Match must hold the one ETag that you read, with its quotes: If-Match: \"3q2-7wAAAAA\". Lists, * and weak tags are not taken.",
            )),
            None => Err(Problem::new(
                ProblemType::IfMatchMissing,
                "Read the record first and send its ETag as If-Match, so that nobody's change is overwritten unseen.",
            )),
        })
    }
}

/// The one strong tag in an `If-Match`, without its quotes.
fn revision(value: &str) -> Option<String> {
    let inner = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    (!inner.is_empty() && !inner.contains(['"', ','])).then(|| inner.to_owned())
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        vec![
            ParameterBuilder::new()
                .name("If-Match")
                .parameter_in(ParameterIn::Header)
                .required(Required::True)
                .description(Some("The ETag of the record as you read it, with its quotes."))
                .schema(Some(text))
                .example(Some("\"3q2-7wAAAAA\"".into()))
                .build(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::revision;

    #[test]
    fn one_strong_tag_is_taken() {
        let cases = [
            ("\"abc\"", Some("abc")),
            ("abc", None),
            ("*", None),
            ("W/\"abc\"", None),
            ("\"a\", \"b\"", None),
            ("\"\"", None),
            ("", None),
        ];
        for (value, wanted) in cases {
            assert_eq!(revision(value).as_deref(), wanted, "{value}");
        }
    }
}
