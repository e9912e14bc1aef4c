//! Reading a JSON body: [`Body<T>`] refuses what does not fit, and says where.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::objects::Objects;
use super::problem::{Problem, ProblemType};

/// The largest JSON body that is read.
pub const MAX_JSON_BYTES: usize = 256 * 1024;

/// A JSON body, read and of the right form; what its values mean is checked by the operation.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request.headers());
        let is_coded = request.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
        let payload = payload.take();
        Box::pin(async move {
            if !is_json {
                return Err(Problem::new(
                    ProblemType::UnsupportedMediaType,
                    "This operation reads JSON. Send the body with Content-Type: application/json.",
                ));
            }
            if is_coded {
                return Err(Problem::new(
                    ProblemType::UnsupportedMediaType,
                    "This operation reads bodies that are not compressed. Send the body without Content-Encoding.",
                ));
            }
            parse(&read(payload, MAX_JSON_BYTES).await?).map(Self)
        })
    }
}

/// The whole body, as long as it is not larger than `max_bytes`.
pub async fn read(mut payload: Payload, max_bytes: usize) -> Result<web::Bytes, Problem> {
    let mut body = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(ProblemType::MalformedRequest, "The body broke off or could not be decoded. Send the request again.")
        })?;
        if body.len() + chunk.len() > max_bytes {
            return Err(Problem::new(
                ProblemType::BodyTooLarge,
                format!("The body is larger than {} KiB, the most that is read here. Send less at a time.", max_bytes / 1024),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return false };
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.eq_ignore_ascii_case("application/merge-patch+json")
}

/// A JSON body that was read.
///
/// # Errors
/// What does not fit, and where.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if holds_nul(body) {
        return Err(Problem::new(
            ProblemType::InvalidBody,
            "A text holds the character U+0000, which no text needs. Leave it out.",
        ));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(Objects(&mut reader)).map_err(|error| {
        let field = error.path().to_string();
        explain(error.inner(), &field)
    })?;
    reader.end().map_err(|error| explain(&error, "."))?;
    Ok(value)
}

/// Whether the JSON holds an escaped NUL, which PostgreSQL cannot store (a bare one is no JSON).
fn holds_nul(body: &[u8]) -> bool {
    body.windows(6).enumerate().any(|(at, six)| {
        let escapes = || body[..=at].iter().rev().take_while(|byte| **byte == b'\\').count();
        six == b"\\u0000" && escapes() % 2 == 1
    })
}

fn explain(error: &serde_json::Error, field: &str) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Data => {
            let said = error.to_string();
            let why = said.split(" at line ").next().unwrap_or_default().to_owned();
            let field = if field == "." { "body" } else { field };
            Problem::new(ProblemType::InvalidBody, format!("{field}: {why} ({place}).")).with_field(field, why)
        }
        Category::Syntax | Category::Eof | Category::Io => Problem::new(
            ProblemType::MalformedJson,
            format!("The body is not JSON from {place} on. Check brackets, commas and quotes there."),
        ),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[expect(dead_code, reason = "only read by serde")]
        rules: Vec<Rule>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rule {
        #[expect(dead_code, reason = "only read by serde")]
        from: String,
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let cases = [
            (
                r#"{"rules": [{"from": 3}]}"#,
                ProblemType::InvalidBody,
                "rules[0].from: invalid type: integer `3`, expected a string",
            ),
            (r#"{"rules": [], "colour": 1}"#, ProblemType::InvalidBody, "colour: unknown field `colour`, expected `rules`"),
            (r"{}", ProblemType::InvalidBody, "body: missing field `rules`"),
            (r#"[[{"from": "a"}]]"#, ProblemType::InvalidBody, "body: invalid type: sequence, expected struct Wanted"),
            (r#"{"rules": [["a"]]}"#, ProblemType::InvalidBody, "rules[0]: invalid type: sequence, expected struct Rule"),
            (r#"{"rules": ["#, ProblemType::MalformedJson, "The body is not JSON from line 1, column 11 on"),
            (r#"{"rules": []} x"#, ProblemType::MalformedJson, "The body is not JSON from line 1, column 15 on"),
            (r#"{"rules": [{"from": "a\u0000"}]}"#, ProblemType::InvalidBody, "A text holds the character U+0000"),
            (r"", ProblemType::MalformedJson, "The body is not JSON"),
        ];
        for (body, kind, starts) in cases {
            let problem = parse::<Wanted>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.kind, kind, "{body}");
            assert!(problem.detail.starts_with(starts), "{body}: {}", problem.detail);
        }
        assert!(parse::<Wanted>(br#"{"rules": [{"from": "a \\u0000 is no NUL"}]}"#).is_ok());
    }
}
