//! Handover texts: what the new owner of a lead has to know.

use actix_web::{get, web};
use pact_app::App;
use pact_app::ops::handover::{self as ops, By};
use pact_store::entity::{handover, lead};
use pact_store::record;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::caller::may;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// A handover text on a lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "5c1f6a52-0c40-4a9e-93d7-2a3a4cde0f4b", "lead_id": "0f6f0a0e-0e0c-4c61-8a66-9a0c11f1d3a5",
    "person_id": "8b1c1a52-0c40-4a9e-93d7-2a3a4cde0f4b", "by_plugin": "handover",
    "text": "Globex: heat-pump\nPromise of 2026-11-12: The offer comes by Friday."
}))]
pub struct Handover {
    /// Its id.
    id: Uuid,
    /// The lead.
    lead_id: Uuid,
    /// For whom it was written.
    person_id: Option<Uuid>,
    /// The plugin that wrote it.
    by_plugin: Option<String>,
    /// What they have to know.
    text: String,
}

/// Nothing narrows the handover texts of a lead.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HandoverFilter {}

impl From<handover::Model> for Handover {
    fn from(row: handover::Model) -> Self {
        // The instant stays inside: with the owner it would say when somebody acted (policy §6).
        Self { id: row.id, lead_id: row.lead_id, person_id: row.person_id, by_plugin: row.by_plugin, text: row.text }
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_lead_handovers);
}

/// List the handover texts of a lead
///
/// What each new owner was told when they got it, oldest first. For everybody who sells or manages.
#[utoipa::path(
    tag = "leads",
    params(PageParams, HandoverFilter),
    responses((status = 200, description = "A page of handover texts", body = Page<Handover>)),
)]
#[get("/leads/{id}/handovers")]
async fn list_lead_handovers(
    app: web::Data<App>,
    _: may::ReadLeads,
    id: web::Path<Uuid>,
    list: List<HandoverFilter, By>,
) -> Result<Page<Handover>, Problem> {
    record::get::<lead::Model>(app.store.read(), *id).await?;
    Ok(ops::list_handovers(&app, *id, list.sort, &list.ask).await?.into())
}
