//! Packs: what a plan can take along to a customer.

use actix_web::{get, patch, post, web};
use pact_app::App;
use pact_app::ops::pack::{self as ops, ChangePack, WritePack};
use pact_core::time::Instant;
use pact_store::entity::pack;
use pact_store::pack::By;
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

/// A planning pack for a launch or campaign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "b7a0d0f5-5dcb-4a08-8a3c-7b3f35ce2d10", "title": "Heat pumps for housing associations", "product": "heat-pump",
    "summary": "Lead with the subsidy that ends in June.", "documents": [{"title": "Data sheet", "address": "https://docs.example/hp.pdf"}],
    "themes": ["subsidy", "noise"], "segments": ["housing"], "created_at": "2026-11-24T10:10:00.000Z"
}))]
pub struct Pack {
    /// Its id.
    id: Uuid,
    /// Its title.
    title: String,
    /// The product that it is for.
    product: Option<String>,
    /// What it is about, and what to say.
    summary: Option<String>,
    /// Its documents.
    documents: Vec<PackDocument>,
    /// Its themes.
    themes: Vec<String>,
    /// The segments of the customers that it is for; empty for all.
    segments: Vec<String>,
    /// Since when there is this pack.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A document in a pack.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Data sheet", "address": "https://docs.example/hp.pdf"}))]
pub struct PackDocument {
    /// Its title.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Its web address.
    #[schema(min_length = 1, max_length = 2000)]
    address: String,
}

/// A pack that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Heat pumps for housing associations", "product": "heat-pump", "themes": ["subsidy"], "segments": ["housing"]}))]
pub struct NewPack {
    /// Its title.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// The product that it is for.
    #[schema(max_length = 80)]
    product: Option<String>,
    /// What it is about, and what to say.
    #[schema(max_length = 20000)]
    summary: Option<String>,
    /// Its documents.
    #[serde(default)]
    #[schema(max_items = 100)]
    documents: Vec<PackDocument>,
    /// Its themes.
    #[serde(default)]
    #[schema(max_items = 50)]
    themes: Vec<String>,
    /// The segments of the customers that it is for; empty for all.
    #[serde(default)]
    #[schema(max_items = 50)]
    segments: Vec<String>,
}

/// What is to be changed on a pack: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"summary": "The subsidy was prolonged until September."}))]
pub struct PackChange {
    /// Its title.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    title: Option<String>,
    /// The product that it is for.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    product: Option<Option<String>>,
    /// What it is about, and what to say.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    summary: Option<Option<String>>,
    /// Its documents, all of them.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 100)]
    documents: Option<Vec<PackDocument>>,
    /// Its themes, all of them.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 50)]
    themes: Option<Vec<String>>,
    /// The segments, all of them.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 50)]
    segments: Option<Vec<String>>,
}

/// What a list of packs is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PackFilter {
    /// Only packs for this product.
    product: Option<String>,
    /// Only packs with this theme.
    theme: Option<String>,
    /// Only packs for customers of this segment: those that name it, and those for all.
    segment: Option<String>,
    /// Only packs that a search finds with these words.
    q: Option<String>,
}

impl From<ops::Document> for PackDocument {
    fn from(ops::Document { title, address }: ops::Document) -> Self {
        Self { title, address }
    }
}

impl From<PackDocument> for ops::Document {
    fn from(PackDocument { title, address }: PackDocument) -> Self {
        Self { title, address }
    }
}

impl From<pack::Model> for Pack {
    fn from(row: pack::Model) -> Self {
        Self {
            documents: ops::documents_of(&row).into_iter().map(PackDocument::from).collect(),
            id: row.id,
            title: row.title,
            product: row.product,
            summary: row.summary,
            themes: row.themes.0,
            segments: row.segments.0,
            created_at: Instant::from_millis(row.created_at),
        }
    }
}

impl From<pack::Model> for Tagged<Pack> {
    fn from(row: pack::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

fn documents(given: Vec<PackDocument>) -> Vec<ops::Document> {
    given.into_iter().map(ops::Document::from).collect()
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_packs).service(create_pack).service(read_pack).service(change_pack);
}

/// List packs
///
/// For everybody inside the company.
#[utoipa::path(
    tag = "packs",
    params(PageParams, PackFilter),
    responses((status = 200, description = "A page of packs", body = Page<Pack>)),
)]
#[get("/packs")]
async fn list_packs(app: web::Data<App>, caller: may::ReadPacks, list: List<PackFilter, By>) -> Result<Page<Pack>, Problem> {
    let List { filter, sort, ask } = list;
    let ids = match &filter.q {
        Some(words) => Some(search::ids(app.store.read(), "pack", words).await?),
        None => None,
    };
    let filter = pact_store::pack::Filter { product: filter.product, theme: filter.theme, segment: filter.segment, ids };
    let scope = Scope::Staff(caller.person_id);
    Ok(list::list::<pack::Model>(app.store.read(), &scope, &filter, sort, &ask).await?.into())
}

/// Make a pack
///
/// For managers and admins.
#[utoipa::path(tag = "packs", request_body = NewPack, responses((status = 201, description = "The pack", body = Pack)))]
#[post("/packs")]
async fn create_pack(app: web::Data<App>, caller: may::WritePacks, Body(new): Body<NewPack>) -> Result<Created<Pack>, Problem> {
    let NewPack { title, product, summary, documents: given, themes, segments } = new;
    let command = WritePack { title, product, summary, documents: documents(given), themes, segments };
    let row = ops::create_pack(&app, &caller.actor(), command).await?;
    let location = format!("/api/v1/packs/{}", row.id);
    Ok(Tagged::from(row).created_at(location))
}

/// Show a pack
///
/// For everybody inside the company.
#[utoipa::path(tag = "packs", params(Fields), responses((status = 200, description = "The pack", body = Pack)))]
#[get("/packs/{id}")]
async fn read_pack(app: web::Data<App>, _: may::ReadPacks, id: web::Path<Uuid>) -> Result<Tagged<Pack>, Problem> {
    Ok(record::get::<pack::Model>(app.store.read(), *id).await?.into())
}

/// Change a pack
///
/// For managers and admins.
#[utoipa::path(
    tag = "packs",
    params(IfMatch),
    request_body = PackChange,
    responses((status = 200, description = "The pack as it is now", body = Pack)),
)]
#[patch("/packs/{id}")]
async fn change_pack(
    app: web::Data<App>,
    caller: may::WritePacks,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<PackChange>,
) -> Result<Tagged<Pack>, Problem> {
    let PackChange { title, product, summary, documents: given, themes, segments } = change;
    let command = ChangePack { id: *id, revision, title, product, summary, documents: given.map(documents), themes, segments };
    Ok(ops::change_pack(&app, &caller.actor(), command).await?.into())
}
