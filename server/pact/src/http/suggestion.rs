//! Suggestions beside a card that is being written. Nothing is stored, and nothing is counted.

use actix_web::{HttpResponse, post, web};
use chrono::NaiveDate;
use pact_app::App;
use pact_app::ops::card_writing::{self as ops, DraftCard};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::problem::Problem;

/// A card as far as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "about": "heat-pump", "text": "The fan ratt"}))]
pub struct CardDraft {
    /// The customer.
    customer_id: Uuid,
    /// A lead of this customer that it belongs to.
    lead_id: Option<Uuid>,
    /// What sort of card it is.
    #[schema(max_length = 80)]
    kind: Option<String>,
    /// The product that it is about.
    #[schema(max_length = 80)]
    about: Option<String>,
    /// Its theme.
    #[schema(max_length = 80)]
    theme: Option<String>,
    /// What is written so far.
    #[schema(max_length = 20000)]
    text: Option<String>,
    /// The contact who said it.
    said_by_id: Option<Uuid>,
    /// The day on which the customer said it; today when it is left out.
    said_on: Option<NaiveDate>,
}

/// Something that helps whoever writes the card.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"text": "Known solution, from Globex: A rubber mount stopped it.", "pack_id": null, "plugin_id": "feedback-prompts"}))]
pub struct Suggestion {
    /// What it says.
    text: String,
    /// A pack that goes with it.
    pack_id: Option<Uuid>,
    /// The plugin that says it.
    plugin_id: String,
}

/// What plugins suggest.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"suggestions": [{"text": "Take along: Quiet at night", "pack_id": "5c1f6a52-0c40-4a9e-93d7-2a3a4cde0f4b", "plugin_id": "feedback-prompts"}]}))]
pub struct Suggestions {
    /// The suggestions, plugin by plugin; ten at most.
    suggestions: Vec<Suggestion>,
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(suggest_for_card);
}

/// Suggest something for a card that is being written
///
/// Similar cards, known solutions, packs: what the installed plugins find for a draft. Ask while somebody writes, at a pause of a second or so. The draft is not stored, and
/// nobody counts who asks. A plugin that is too slow is left out. For everybody who writes cards.
#[utoipa::path(
    tag = "cards",
    request_body = CardDraft,
    responses((status = 200, description = "What plugins suggest, perhaps nothing", body = Suggestions)),
)]
#[post("/cards/suggestions")]
async fn suggest_for_card(
    app: web::Data<App>,
    caller: may::WriteCards,
    Body(draft): Body<CardDraft>,
) -> Result<HttpResponse, Problem> {
    let CardDraft { customer_id, lead_id, kind, about, theme, text, said_by_id, said_on } = draft;
    let draft = DraftCard { customer_id, lead_id, kind, about, theme, text, said_by_id, said_on };
    let found = ops::suggest_for_card(&app, &caller, draft).await?;
    let suggestions =
        found.into_iter().map(|one| Suggestion { text: one.text, pack_id: one.pack_id, plugin_id: one.plugin_id }).collect();
    Ok(HttpResponse::Ok().json(Suggestions { suggestions }))
}
