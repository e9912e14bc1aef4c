//! The document at `/openapi.json` and the interactive page at `/docs/`, which loads nothing from outside.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use super::problem::{Problem, ProblemType};

/// What the page may load: what this server holds. Swagger UI writes styles into its elements and draws with data images.
const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// The document as it is served: written once.
pub struct Document(web::Bytes);

impl Document {
    /// The document as pretty JSON with a line's end, as `openapi/pact.json` has it.
    ///
    /// # Errors
    /// A document that is no JSON, which is a defect.
    pub fn text(document: &OpenApi) -> Result<String, serde_json::Error> {
        document.to_pretty_json().map(|text| text + "\n")
    }

    /// The document, ready to be served.
    ///
    /// # Errors
    /// A document that is no JSON, which is a defect.
    pub fn new(document: &OpenApi) -> Result<Self, serde_json::Error> {
        Ok(Self(document.to_json()?.into()))
    }
}

/// Serves the document and the page.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/openapi.json", web::get().to(show_document))
        .route("/docs", web::get().to(async || web::Redirect::to("/docs/")))
        .route("/docs/{file:.*}", web::get().to(show_page));
}

async fn show_document(document: web::Data<Document>) -> impl Responder {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

async fn show_page(file: web::Path<String>) -> Result<HttpResponse, Problem> {
    // Without `validatorUrl` the page would send the document's address to a service outside.
    let config =
        Arc::new(Config::from("/openapi.json").validator_url("none").try_it_out_enabled(true).persist_authorization(false));
    let file = utoipa_swagger_ui::serve(&file, config).map_err(Problem::internal)?;
    let file = file.ok_or_else(|| Problem::new(ProblemType::UnknownPath, "The page has no such file. Open /docs/."))?;
    let mut answer = HttpResponse::Ok();
    if file.gzpipped {
        answer.insert_header(header::ContentEncoding::Gzip);
    }
    Ok(answer
        .content_type(file.content_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .body(file.bytes.into_owned()))
}
