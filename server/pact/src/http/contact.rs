//! Contacts: human beings at customers.

use actix_web::{get, patch, post, web};
use pact_app::App;
use pact_app::ops::contact::{self as ops, ChangeContact, CreateContact};
use pact_app::ops::field::OnRecord;
use pact_app::ops::search::{Searched, find_ids};
use pact_core::time::Instant;
use pact_store::contact::By;
use pact_store::entity::contact;
use pact_store::{Scope, record};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::by_field::{FieldList, FieldParams};
use super::caller::may;
use super::change;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::page::{Page, PageParams};
use super::problem::Problem;

/// A human being at a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "1c9e2f6a-1f1b-4d38-8d5e-6fb0b1a3e0b2", "customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "name": "Femke de Boer",
    "title": "Facility manager", "email": "femke@globex.example", "phone": "+31301234567", "language": "nl", "erased": false,
    "created_at": "2026-11-24T10:10:00.000Z"
}))]
pub struct Contact {
    /// Their id.
    id: Uuid,
    /// The customer.
    customer_id: Uuid,
    /// The name.
    name: String,
    /// What they do at the customer.
    title: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// Telephone number in E.164.
    phone: Option<String>,
    /// Language, as an ISO 639 code of two letters.
    language: Option<String>,
    /// Whether the personal data was erased.
    erased: bool,
    /// Since when they are known.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A contact that is to be entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "name": "Femke de Boer", "email": "femke@globex.example"}))]
pub struct NewContact {
    /// The customer.
    customer_id: Uuid,
    /// The name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What they do at the customer.
    #[schema(max_length = 80)]
    title: Option<String>,
    /// E-mail address.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// Telephone number, as people write it.
    #[schema(max_length = 40)]
    phone: Option<String>,
    /// Language, as an ISO 639 code of two letters.
    #[schema(min_length = 2, max_length = 2)]
    language: Option<String>,
}

/// What is to be changed on a contact: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Head of facilities", "phone": null}))]
pub struct ContactChange {
    /// The name.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What they do at the customer.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    title: Option<Option<String>>,
    /// E-mail address.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<Option<String>>,
    /// Telephone number, as people write it.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 40)]
    phone: Option<Option<String>>,
    /// Language, as an ISO 639 code of two letters.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 2)]
    language: Option<Option<String>>,
}

/// What a list of contacts is narrowed by.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContactFilter {
    /// Only contacts at this customer.
    customer_id: Option<Uuid>,
    /// Only the contact with this e-mail address.
    email: Option<String>,
    /// Only contacts with this telephone number in E.164.
    phone: Option<String>,
    /// Only contacts who speak this language.
    language: Option<String>,
    /// Only contacts that a search finds with these words.
    q: Option<String>,
}

impl From<contact::Model> for Contact {
    fn from(row: contact::Model) -> Self {
        Self {
            id: row.id,
            customer_id: row.customer_id,
            name: row.name,
            title: row.title,
            email: row.email,
            phone: row.phone,
            language: row.language,
            erased: row.erased,
            created_at: Instant::from_millis(row.created_at),
        }
    }
}

impl From<contact::Model> for Tagged<Contact> {
    fn from(row: contact::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_contacts).service(create_contact).service(read_contact).service(change_contact).service(erase_contact);
}

/// List contacts
///
/// For everybody who sells or manages. Contacts whose personal data was erased are not among them.
#[utoipa::path(
    tag = "contacts",
    params(PageParams, ContactFilter, FieldParams),
    responses((status = 200, description = "A page of contacts", body = Page<Contact>)),
)]
#[get("/contacts")]
async fn list_contacts(
    app: web::Data<App>,
    caller: may::ReadCustomers,
    list: FieldList<ContactFilter, By>,
) -> Result<Page<Contact>, Problem> {
    let filter = list.list.filter.clone();
    let ids = match &filter.q {
        Some(words) => Some(find_ids(&app, caller.role, Searched::Contact, words).await?),
        None => None,
    };
    let filter = pact_store::contact::Filter {
        customer: filter.customer_id,
        email: filter.email.map(|email| email.to_lowercase()),
        phone: filter.phone,
        language: filter.language,
        ids,
        ..Default::default()
    };
    let scope = Scope::Staff(caller.person_id);
    Ok(list.page::<contact::Model>(&app, caller.role, OnRecord::Contact, &scope, &filter).await?.into())
}

/// Enter a contact
///
/// For everybody who sells or manages.
#[utoipa::path(
    tag = "contacts",
    request_body = NewContact,
    responses(
        (status = 201, description = "The contact", body = Contact),
        (status = 409, description = "Another contact of the customer has the e-mail address, or the customer was merged into another"),
    ),
)]
#[post("/contacts")]
async fn create_contact(
    app: web::Data<App>,
    caller: may::WriteCustomers,
    Body(new): Body<NewContact>,
) -> Result<Created<Contact>, Problem> {
    let NewContact { customer_id, name, title, email, phone, language } = new;
    let command = CreateContact { customer_id, name, title, email, phone, language };
    let row = ops::create_contact(&app, &caller.actor(), command).await?;
    let location = format!("/api/v1/contacts/{}", row.id);
    Ok(Tagged::from(row).created_at(location))
}

/// Show a contact
///
/// For everybody who sells or manages.
#[utoipa::path(tag = "contacts", params(Fields), responses((status = 200, description = "The contact", body = Contact)))]
#[get("/contacts/{id}")]
async fn read_contact(app: web::Data<App>, _: may::ReadCustomers, id: web::Path<Uuid>) -> Result<Tagged<Contact>, Problem> {
    Ok(record::get::<contact::Model>(app.store.read(), *id).await?.into())
}

/// Change a contact
///
/// For everybody who sells or manages.
#[utoipa::path(
    tag = "contacts",
    params(IfMatch),
    request_body = ContactChange,
    responses(
        (status = 200, description = "The contact as it is now", body = Contact),
        (status = 409, description = "Another contact of the customer has the e-mail address, or the personal data was erased"),
    ),
)]
#[patch("/contacts/{id}")]
async fn change_contact(
    app: web::Data<App>,
    caller: may::WriteCustomers,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<ContactChange>,
) -> Result<Tagged<Contact>, Problem> {
    let ContactChange { name, title, email, phone, language } = change;
    let command = ChangeContact { id: *id, revision, name, title, email, phone, language };
    Ok(ops::change_contact(&app, &caller.actor(), command).await?.into())
}

/// Erase the personal data of a contact
///
/// Because they asked for it. Name, title, addresses and custom values are gone for good; what the customer said stays, said by nobody in particular.
/// For managers and admins.
#[utoipa::path(tag = "contacts", params(IfMatch), responses((status = 200, description = "The contact without personal data", body = Contact)))]
#[post("/contacts/{id}/erase")]
async fn erase_contact(
    app: web::Data<App>,
    caller: may::MergeRecords,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<Tagged<Contact>, Problem> {
    Ok(ops::erase_contact(&app, &caller.actor(), *id, revision).await?.into())
}
