//! What scripts can say, at `/docs/scripts/`, and the recipes beside it. The page loads nothing: no script, no style and no picture from anywhere.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::problem::{Problem, ProblemType};
use crate::{reference, standard};

/// What the page may load: its own style, nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
const STYLE: &str = "body{font:1rem/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}pre{overflow:auto;padding:.6rem;background:#8881}\
                     code{background:#8881}table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem;border-top:1px solid #8884}";

/// Serves the page and the recipes that it links to.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/docs/scripts", web::get().to(async || web::Redirect::to("/docs/scripts/")))
        .route("/docs/scripts/", web::get().to(show_page))
        .route("/docs/scripts/{file}", web::get().to(show_recipe));
}

async fn show_page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .body(html(reference::PAGE))
}

async fn show_recipe(file: web::Path<String>) -> Result<HttpResponse, Problem> {
    let text = standard::recipe(&file).ok_or_else(|| {
        Problem::new(ProblemType::UnknownPath, "There is no recipe of this name. See the list at /docs/scripts/.")
    })?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .body(text))
}

/// The page as HTML, with a list of its parts at the top.
fn html(markdown: &str) -> String {
    let (mut events, mut contents): (Vec<Event<'_>>, String) = (Vec::new(), String::new());
    let mut heading: Option<(HeadingLevel, String, usize)> = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match (&event, &mut heading) {
            (Event::Start(Tag::Heading { level, .. }), _) => heading = Some((*level, String::new(), events.len())),
            (Event::Text(text) | Event::Code(text), Some((_, title, _))) => title.push_str(text),
            (Event::End(TagEnd::Heading(_)), Some((level, title, place))) => {
                let id = slug(title);
                if *level != HeadingLevel::H1 {
                    let indent = if *level == HeadingLevel::H2 { "" } else { "  " };
                    contents.push_str(&format!("{indent}- [{title}](#{id})\n"));
                }
                events[*place] =
                    Event::Start(Tag::Heading { level: *level, id: Some(id.into()), classes: Vec::new(), attrs: Vec::new() });
                heading = None;
            }
            _ => {}
        }
        events.push(event);
    }
    let (mut list, mut body) = (String::new(), String::new());
    pulldown_cmark::html::push_html(&mut list, Parser::new(&contents));
    pulldown_cmark::html::push_html(&mut body, events.into_iter());
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Scripts</title><style>{STYLE}</style><body><nav>{list}</nav>{body}</body></html>"
    )
}

fn slug(title: &str) -> String {
    title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_its_parts_and_loads_nothing() {
        let page = html(reference::PAGE);
        for part in ["href=\"#recipes\"", "<h2 id=\"effects\"", "<h3 id=\"leads\"", "<table>", "href=\"big-deal-four-eyes.rhai\""]
        {
            assert!(page.contains(part), "{part}");
        }
        for loads in ["<script", "<img", "<link", "src="] {
            assert!(!page.contains(loads), "{loads}");
        }
    }
}
