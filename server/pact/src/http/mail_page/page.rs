//! How such a page looks: a heading, a few sentences, at most one form. It works on a telephone, without images, and without scripts.

use std::sync::LazyLock;

use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, Responder};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minijinja::Environment;
use minijinja::value::Serde;
use pact_app::texts::Texts;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::http::problem::Problem;

/// The page's own style, the only thing beside its text.
const STYLE: &str = "body{font:1.05rem/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:1.5rem;color:#1a1a1a;background:#fff;overflow-wrap:anywhere}h1{font-size:1.4rem;line-height:1.3}p{white-space:pre-line}label{display:block;margin:1rem 0 .25rem}textarea{font:inherit;width:100%;box-sizing:border-box;min-height:5rem}button{font:inherit;margin-top:1rem;padding:.7rem 1.6rem;border:0;border-radius:6px;background:#0b5d3b;color:#fff}.wrong{color:#a00000}";
/// The template of every page.
const TEMPLATE: &str = include_str!("page.html");

/// What the page may load and do: its own style, and its own form.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
});

static PAGES: LazyLock<Result<Environment<'static>, String>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    pages.add_template("page.html", TEMPLATE).map_err(|error| error.to_string())?;
    Ok(pages)
});

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    status: StatusCode,
    language: &'static str,
    title: String,
    lines: Vec<String>,
    button: Option<String>,
    reason: Option<Reason>,
}

/// The field for a reason.
#[derive(Debug)]
pub(super) struct Reason {
    /// What stands beside it.
    pub(super) label: String,
    /// What is said when it was left empty.
    pub(super) missing: Option<String>,
}

impl Page {
    pub(super) fn new(status: StatusCode, texts: &Texts, title: String) -> Self {
        Self { status, language: texts.language, title, lines: Vec::new(), button: None, reason: None }
    }

    /// A page that says nothing but its status.
    pub(super) fn empty(status: StatusCode) -> Self {
        let title = status.to_string();
        Self { status, language: "en", title, lines: Vec::new(), button: None, reason: None }
    }

    /// The same page with a further sentence.
    pub(super) fn with(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// The same page with a button, and the field that goes with it.
    pub(super) fn asking(mut self, button: String, reason: Option<Reason>) -> Self {
        (self.button, self.reason) = (Some(button), reason);
        self
    }

    fn render(&self) -> Result<String, String> {
        let pages = PAGES.as_ref().map_err(Clone::clone)?;
        let reason = self.reason.as_ref().map(|reason| json!({ "label": reason.label, "missing": reason.missing }));
        let values = json!({
            "language": self.language, "title": self.title, "lines": self.lines, "button": self.button, "reason": reason, "style": STYLE,
            "most": pact_core::text::REASON.max_chars,
        });
        pages.get_template("page.html").and_then(|page| page.render(Serde(&values))).map_err(|error| error.to_string())
    }
}

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self.render() {
            Ok(html) => HttpResponse::build(self.status)
                .content_type("text/html; charset=utf-8")
                .insert_header((header::CONTENT_SECURITY_POLICY, POLICY.as_str()))
                .insert_header((header::REFERRER_POLICY, "no-referrer"))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header(("x-robots-tag", "noindex, nofollow"))
                .body(html),
            Err(error) => HttpResponse::from_error(Problem::internal(error)),
        }
    }
}
