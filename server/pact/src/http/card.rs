//! Cards: what customers say. No list of them is chosen, ordered or counted by who wrote them or when (policy §6).

use actix_web::{get, patch, post, web};
use chrono::NaiveDate;
use pact_app::App;
use pact_app::ops::card::{self as ops, ChangeCard, WriteCard};
use pact_store::card::By;
use pact_store::entity::card;
use pact_store::{Scope, list, record, search};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::may;
use super::change;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// Something that a customer said, did, wants, promised or complained of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "9e0d3b52-7f0e-4c59-9f0a-6f1f0c8f5a10", "customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "lead_id": null,
    "kind": "complaint", "about": "heat-pump", "theme": "delivery", "text": "The second unit came a week late, and nobody called them.",
    "said_by_id": "1c9e2f6a-1f1b-4d38-8d5e-6fb0b1a3e0b2", "said_on": "2026-11-24", "author_id": "8b1c1a52-0c40-4a9e-93d7-2a3a4cde0f4b",
    "by_plugin": null
}))]
pub struct Card {
    /// Its id.
    id: Uuid,
    /// The customer.
    customer_id: Uuid,
    /// A lead of this customer that it belongs to.
    lead_id: Option<Uuid>,
    /// What sort of card it is.
    kind: String,
    /// The product that it is about.
    about: Option<String>,
    /// Its theme.
    theme: Option<String>,
    /// What the customer said, in words.
    text: String,
    /// The contact who said it.
    said_by_id: Option<Uuid>,
    /// The day on which the customer said it.
    #[schema(format = Date)]
    said_on: String,
    /// Who wrote it down, to ask them more; shown at its customer or lead and to themselves, not in wider lists.
    author_id: Option<Uuid>,
    /// The plugin that wrote it, if no person did.
    by_plugin: Option<String>,
}

/// A card that is to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "kind": "complaint", "about": "heat-pump", "theme": "delivery",
    "text": "The second unit came a week late, and nobody called them."
}))]
pub struct NewCard {
    /// The customer.
    customer_id: Uuid,
    /// A lead of this customer that it belongs to.
    lead_id: Option<Uuid>,
    /// What sort of card it is: `complaint`, `wish`, `news`, `promise`, `praise`, or a word of your own.
    #[schema(min_length = 1, max_length = 80)]
    kind: String,
    /// The product that it is about.
    #[schema(max_length = 80)]
    about: Option<String>,
    /// Its theme, such as `delivery` or `price`.
    #[schema(max_length = 80)]
    theme: Option<String>,
    /// What the customer said, in words.
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
    /// The contact who said it.
    said_by_id: Option<Uuid>,
    /// The day on which the customer said it; today when it is left out.
    said_on: Option<NaiveDate>,
}

/// What is to be corrected on a card: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"theme": "delivery", "said_on": "2026-11-23"}))]
pub struct CardChange {
    /// What sort of card it is.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 80)]
    kind: Option<String>,
    /// The product that it is about.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    about: Option<Option<String>>,
    /// Its theme.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    theme: Option<Option<String>>,
    /// What the customer said, in words.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 20000)]
    text: Option<String>,
    /// The contact who said it.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    said_by_id: Option<Option<Uuid>>,
    /// The day on which the customer said it.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    said_on: Option<NaiveDate>,
}

/// What a list of cards is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CardFilter {
    /// Only cards of this customer.
    customer_id: Option<Uuid>,
    /// Only cards of this lead.
    lead_id: Option<Uuid>,
    /// Only cards of this kind.
    kind: Option<String>,
    /// Only cards about this product.
    about: Option<String>,
    /// Only cards on this theme.
    theme: Option<String>,
    /// Only what was said on this day or later.
    said_from: Option<NaiveDate>,
    /// Only what was said on this day or earlier.
    said_until: Option<NaiveDate>,
    /// Only cards that a search finds with these words.
    q: Option<String>,
    /// Only the cards that you wrote yourself.
    mine: Option<bool>,
}

impl Card {
    /// A card as its reader may see it: the author in the card's place, and one's own. The instant of writing stays inside: with the author it would say
    /// when that person works (policy §6).
    fn shown(row: card::Model, reader: Uuid, in_place: bool) -> Self {
        let author = row.author_id.filter(|author| in_place || *author == reader);
        Self {
            id: row.id,
            customer_id: row.customer_id,
            lead_id: row.lead_id,
            kind: row.kind,
            about: row.about,
            theme: row.theme,
            text: row.text,
            said_by_id: row.said_by_id,
            said_on: row.said_on,
            author_id: author,
            by_plugin: row.by_plugin,
        }
    }
}

fn tagged(app: &App, reader: Uuid, row: card::Model) -> Tagged<Card> {
    let in_place = app.shows_people(reader, row.customer_id);
    Tagged::new(row.revision.clone(), Card::shown(row, reader, in_place))
}

impl CardFilter {
    async fn read(self, app: &App) -> Result<pact_store::card::Filter, Problem> {
        let ids = match &self.q {
            Some(words) => Some(search::ids(app.store.read(), "card", words).await?),
            None => None,
        };
        Ok(pact_store::card::Filter {
            customer: self.customer_id,
            lead: self.lead_id,
            kind: self.kind.map(|kind| kind.to_lowercase()),
            about: self.about,
            theme: self.theme,
            said_since: self.said_from.map(|day| day.to_string()),
            said_before: self.said_until.and_then(|day| day.succ_opt()).map(|day| day.to_string()),
            ids,
            mine: self.mine.unwrap_or(false),
        })
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_cards).service(write_card).service(read_card).service(change_card);
}

/// List cards
///
/// By customer, lead, kind, product, theme, day or words; never by another's authorship, and without a total: cards are about customers. Who wrote a
/// card is shown in the list of a customer or lead. For everybody who sells or manages.
#[utoipa::path(
    tag = "cards",
    params(PageParams, CardFilter),
    responses((status = 200, description = "A page of cards", body = Page<Card>)),
)]
#[get("/cards")]
async fn list_cards(app: web::Data<App>, caller: may::ReadCards, list: List<CardFilter, By>) -> Result<Page<Card>, Problem> {
    let List { filter, sort, ask } = list;
    let place = filter.customer_id.or(filter.lead_id);
    let filter = filter.read(&app).await?;
    let scope = Scope::Staff(caller.person_id);
    let page = list::list::<card::Model>(app.store.read(), &scope, &filter, sort, &ask).await?;
    let in_place = place.is_some_and(|place| app.shows_people(caller.person_id, place));
    let items = page.items.into_iter().map(|row| Card::shown(row, caller.person_id, in_place)).collect();
    Ok(Page { items, next_cursor: page.next })
}

/// Write a card
///
/// The customer's owner is told, and neither customer nor lead is quiet any more. For everybody who sells or manages.
#[utoipa::path(
    tag = "cards",
    request_body = NewCard,
    responses(
        (status = 201, description = "The card", body = Card),
        (status = 409, description = "The customer was merged into another"),
    ),
)]
#[post("/cards")]
async fn write_card(app: web::Data<App>, caller: may::WriteCards, Body(new): Body<NewCard>) -> Result<Created<Card>, Problem> {
    let NewCard { customer_id, lead_id, kind, about, theme, text, said_by_id, said_on } = new;
    let command = WriteCard { customer_id, lead_id, kind, about, theme, text, said_by_id, said_on };
    let row = ops::write_card(&app, &caller.actor(), command).await?;
    let location = format!("/api/v1/cards/{}", row.id);
    Ok(tagged(&app, caller.person_id, row).created_at(location))
}

/// Show a card
///
/// For everybody who sells or manages.
#[utoipa::path(tag = "cards", params(Fields), responses((status = 200, description = "The card", body = Card)))]
#[get("/cards/{id}")]
async fn read_card(app: web::Data<App>, caller: may::ReadCards, id: web::Path<Uuid>) -> Result<Tagged<Card>, Problem> {
    Ok(tagged(&app, caller.person_id, record::get(app.store.read(), *id).await?))
}

/// Correct a card
///
/// For who wrote it, managers and admins.
#[utoipa::path(
    tag = "cards",
    params(IfMatch),
    request_body = CardChange,
    responses((status = 200, description = "The card as it is now", body = Card)),
)]
#[patch("/cards/{id}")]
async fn change_card(
    app: web::Data<App>,
    caller: may::WriteCards,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<CardChange>,
) -> Result<Tagged<Card>, Problem> {
    let CardChange { kind, about, theme, text, said_by_id, said_on } = change;
    let command = ChangeCard { id: *id, revision, kind, about, theme, text, said_by_id, said_on };
    Ok(tagged(&app, caller.person_id, ops::change_card(&app, &caller.actor(), command).await?))
}
