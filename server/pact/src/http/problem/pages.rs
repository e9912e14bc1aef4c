//! The page of each problem type, at the address that the problem names.

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::{Problem, ProblemType};

/// What the page may load: its own style, nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Serves `/problems` and `/problems/<slug>`.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/problems", web::get().to(show_problems)).route("/problems/{slug}", web::get().to(show_problem));
}

async fn show_problems() -> HttpResponse {
    let list: String = ProblemType::ALL
        .iter()
        .map(|kind| format!("- [{}](problems/{}) ({}): {}\n", kind.slug(), kind.slug(), kind.status(), kind.title()))
        .collect();
    page("Problem types", &format!("# Problem types\n\nEvery refusal of PACT is one of these (RFC 9457).\n\n{list}"))
}

async fn show_problem(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let kind = ProblemType::from_slug(&slug).ok_or_else(|| {
        Problem::new(ProblemType::NotFound, "There is no problem type of this name. See the list at /problems.")
    })?;
    let wants_markdown = request.headers().get(header::ACCEPT).is_some_and(|accept| accept == "text/markdown");
    if wants_markdown {
        return Ok(HttpResponse::Ok().content_type("text/markdown; charset=utf-8").body(kind.page()));
    }
    Ok(page(kind.title(), kind.page()))
}

/// A page of Markdown as HTML.
fn page(title: &str, markdown: &str) -> HttpResponse {
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, pulldown_cmark::Parser::new(markdown));
    let style = "body{font:1rem/1.5 system-ui;max-width:44rem;margin:3rem auto;padding:0 1rem}pre{overflow:auto}";
    HttpResponse::Ok().content_type("text/html; charset=utf-8").insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY)).body(
        format!("<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{style}</style><body>{body}</body></html>"),
    )
}
