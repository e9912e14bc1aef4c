//! Health: whether the process lives, and whether it can do its work.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder, get, web};
use pact_app::App;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// How the server is.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
struct Health {
    /// `ok`, or `store` when the database does not answer.
    status: &'static str,
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show_live).service(show_ready);
}

/// Whether the process lives
///
/// Answers as long as the server can answer at all; restart it when it does not.
#[utoipa::path(tag = "health", security(()), responses((status = 200, description = "It lives", body = Health)))]
#[get("/health/live")]
async fn show_live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Whether the server can do its work
///
/// Asks the database; send no requests here while the answer is 503.
#[utoipa::path(tag = "health", security(()), responses(
    (status = 200, description = "It can", body = Health),
    (status = 503, description = "The database does not answer", body = Health),
))]
#[get("/health/ready")]
async fn show_ready(app: web::Data<App>) -> HttpResponse {
    let (status, said) = match app.access.ready(&app).await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "store"),
    };
    HttpResponseBuilder::new(status).json(Health { status: said })
}
