//! Customers: the companies that we sell to.

use actix_web::{get, patch, post, web};
use pact_app::ops::customer::{self as ops, ChangeCustomer, CreateCustomer, MergeCustomer};
use pact_app::ops::field::OnRecord;
use pact_app::ops::search::{Searched, find_ids};
use pact_app::{App, Caller};
use pact_core::time::Instant;
use pact_store::customer::By;
use pact_store::entity::customer;
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

/// A company that we sell to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "name": "Globex B.V.", "domain": "globex.example", "phone": "+31301234567",
    "street": "Oudegracht 1", "postcode": "3511 AB", "city": "Utrecht", "country": "NL", "segment": "housing", "industry": "real estate",
    "employees": 120, "owner_id": "8b1c1a52-0c40-4a9e-93d7-2a3a4cde0f4b", "territory_id": null, "merged_into_id": null,
    "created_at": "2026-11-24T10:10:00.000Z"
}))]
pub struct Customer {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// The domain by which it is known.
    domain: Option<String>,
    /// Its telephone number in E.164.
    phone: Option<String>,
    /// Street and number.
    street: Option<String>,
    /// Postcode.
    postcode: Option<String>,
    /// City.
    city: Option<String>,
    /// Country, as an ISO 3166 code of two letters.
    country: Option<String>,
    /// Segment.
    segment: Option<String>,
    /// Industry.
    industry: Option<String>,
    /// Employees of the customer.
    employees: Option<i64>,
    /// The person who owns it.
    owner_id: Option<Uuid>,
    /// The territory whose rules it matches.
    territory_id: Option<Uuid>,
    /// The customer into which it was merged.
    merged_into_id: Option<Uuid>,
    /// Since when it is known.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A customer that is to be entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Globex B.V.", "website": "globex.example", "postcode": "3511 AB", "city": "Utrecht", "country": "NL"}))]
pub struct NewCustomer {
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Its web address or domain.
    #[schema(max_length = 300)]
    website: Option<String>,
    /// Its telephone number, as people write it.
    #[schema(max_length = 40)]
    phone: Option<String>,
    /// Street and number.
    #[schema(max_length = 300)]
    street: Option<String>,
    /// Postcode.
    #[schema(max_length = 80)]
    postcode: Option<String>,
    /// City.
    #[schema(max_length = 300)]
    city: Option<String>,
    /// Country, as an ISO 3166 code of two letters.
    #[schema(min_length = 2, max_length = 2)]
    country: Option<String>,
    /// Segment.
    #[schema(max_length = 80)]
    segment: Option<String>,
    /// Industry.
    #[schema(max_length = 80)]
    industry: Option<String>,
    /// Employees of the customer.
    #[schema(minimum = 0, maximum = 10000000)]
    employees: Option<i64>,
    /// The person who owns it.
    owner_id: Option<Uuid>,
    /// Its territory; the one whose rules it matches when it is left out.
    territory_id: Option<Uuid>,
    /// Enter it although one like it is known.
    #[serde(default)]
    although_known: bool,
}

/// What is to be changed on a customer: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"segment": "housing", "phone": null}))]
pub struct CustomerChange {
    /// Its name.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Its web address or domain.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 300)]
    website: Option<Option<String>>,
    /// Its telephone number, as people write it.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 40)]
    phone: Option<Option<String>>,
    /// Street and number.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 300)]
    street: Option<Option<String>>,
    /// Postcode.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    postcode: Option<Option<String>>,
    /// City.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 300)]
    city: Option<Option<String>>,
    /// Country, as an ISO 3166 code of two letters.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 2)]
    country: Option<Option<String>>,
    /// Segment.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    segment: Option<Option<String>>,
    /// Industry.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    industry: Option<Option<String>>,
    /// Employees of the customer.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10000000)]
    employees: Option<Option<i64>>,
    /// The person who owns it.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    owner_id: Option<Option<Uuid>>,
    /// Its territory; found anew by the rules when the address or segment changes and it is left out.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    territory_id: Option<Option<Uuid>>,
}

/// The customer that goes into another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"other_id": "7d2f1c34-0b1e-4a53-bb4e-52a5b94a3c21"}))]
pub struct CustomerMerge {
    /// The customer that goes into this one.
    other_id: Uuid,
}

/// What a list of customers is narrowed by.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CustomerFilter {
    /// Only customers that this person owns.
    owner_id: Option<Uuid>,
    /// Only customers in this territory or below it.
    territory_id: Option<Uuid>,
    /// Only customers of this segment.
    segment: Option<String>,
    /// Only customers of this industry.
    industry: Option<String>,
    /// Only customers in this country.
    country: Option<String>,
    /// Only customers in this city.
    city: Option<String>,
    /// Only the customer that is known by this domain.
    domain: Option<String>,
    /// Only customers on which nothing happened since this instant; with `owner_id` for your own only.
    #[param(value_type = Option<String>, format = DateTime)]
    quiet_since: Option<Instant>,
    /// Only customers that a search finds with these words.
    q: Option<String>,
}

impl From<customer::Model> for Customer {
    fn from(row: customer::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            domain: row.domain,
            phone: row.phone,
            street: row.street,
            postcode: row.postcode,
            city: row.city,
            country: row.country,
            segment: row.segment,
            industry: row.industry,
            employees: row.employees,
            owner_id: row.owner_id,
            territory_id: row.territory_id,
            merged_into_id: row.merged_into_id,
            created_at: Instant::from_millis(row.created_at),
        }
    }
}

impl From<customer::Model> for Tagged<Customer> {
    fn from(row: customer::Model) -> Self {
        Self::new(row.revision.clone(), row.into())
    }
}

impl CustomerFilter {
    /// The store's filter. The quiet clocks of one person's customers would say how busy that person was: one's own only.
    async fn read(self, app: &App, caller: &Caller) -> Result<pact_store::customer::Filter, Problem> {
        if self.quiet_since.is_some() && self.owner_id.is_some_and(|owner| owner != caller.person_id) {
            return Err(Problem::parameter(
                "owner_id",
                "customers of another person cannot be chosen by their quiet clock: that would measure the person. Leave one of them out.",
            ));
        }
        let territories =
            self.territory_id.map(|id| app.organisation().territories.with_descendants(id).into_iter().chain([id]).collect());
        let ids = match &self.q {
            Some(words) => Some(find_ids(app, caller.role, Searched::Customer, words).await?),
            None => None,
        };
        Ok(pact_store::customer::Filter {
            owner: self.owner_id,
            territories: territories.unwrap_or_default(),
            segment: self.segment,
            industry: self.industry,
            country: self.country.map(|code| code.to_ascii_uppercase()),
            city: self.city,
            domain: self.domain.map(|domain| domain.to_lowercase()),
            quiet_since: self.quiet_since.map(Instant::millis),
            ids,
            ..Default::default()
        })
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_customers)
        .service(create_customer)
        .service(read_customer)
        .service(change_customer)
        .service(merge_customer);
}

/// List customers
///
/// For everybody who sells or manages. Customers that were merged into others are not among them.
#[utoipa::path(
    tag = "customers",
    params(PageParams, CustomerFilter, FieldParams),
    responses((status = 200, description = "A page of customers", body = Page<Customer>)),
)]
#[get("/customers")]
async fn list_customers(
    app: web::Data<App>,
    caller: may::ReadCustomers,
    list: FieldList<CustomerFilter, By>,
) -> Result<Page<Customer>, Problem> {
    let filter = list.list.filter.clone().read(&app, &caller).await?;
    let scope = Scope::Staff(caller.person_id);
    Ok(list.page::<customer::Model>(&app, caller.role, OnRecord::Customer, &scope, &filter).await?.into())
}

/// Enter a customer
///
/// Name, domain and telephone number are compared with what is known; one that is known already is refused unless `although_known` is true.
/// Its territory is found by the rules of the territories. For everybody who sells or manages.
#[utoipa::path(
    tag = "customers",
    request_body = NewCustomer,
    responses(
        (status = 201, description = "The customer", body = Customer),
        (status = 409, description = "The customer is known already"),
    ),
)]
#[post("/customers")]
async fn create_customer(
    app: web::Data<App>,
    caller: may::WriteCustomers,
    Body(new): Body<NewCustomer>,
) -> Result<Created<Customer>, Problem> {
    let row = ops::create_customer(&app, &caller.actor(), new.into()).await?;
    let location = format!("/api/v1/customers/{}", row.id);
    Ok(Tagged::from(row).created_at(location))
}

/// Show a customer
///
/// One that was merged into another is shown as it was, with `merged_into_id`. For everybody who sells or manages.
#[utoipa::path(tag = "customers", params(Fields), responses((status = 200, description = "The customer", body = Customer)))]
#[get("/customers/{id}")]
async fn read_customer(app: web::Data<App>, _: may::ReadCustomers, id: web::Path<Uuid>) -> Result<Tagged<Customer>, Problem> {
    Ok(record::get::<customer::Model>(app.store.read(), *id).await?.into())
}

/// Change a customer
///
/// For everybody who sells or manages.
#[utoipa::path(
    tag = "customers",
    params(IfMatch),
    request_body = CustomerChange,
    responses(
        (status = 200, description = "The customer as it is now", body = Customer),
        (status = 409, description = "It was merged into another"),
    ),
)]
#[patch("/customers/{id}")]
async fn change_customer(
    app: web::Data<App>,
    caller: may::WriteCustomers,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<CustomerChange>,
) -> Result<Tagged<Customer>, Problem> {
    Ok(ops::change_customer(&app, &caller.actor(), change.command(*id, revision)).await?.into())
}

/// Merge another customer into this one
///
/// Leads, contacts, cards, plans, requests and values move here; both histories stay. The other keeps its address and points here. For managers and admins.
#[utoipa::path(
    tag = "customers",
    params(IfMatch),
    request_body = CustomerMerge,
    responses(
        (status = 200, description = "The customer with everything of both", body = Customer),
        (status = 409, description = "One of them was merged before"),
    ),
)]
#[post("/customers/{id}/merge")]
async fn merge_customer(
    app: web::Data<App>,
    caller: may::MergeRecords,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(CustomerMerge { other_id }): Body<CustomerMerge>,
) -> Result<Tagged<Customer>, Problem> {
    Ok(ops::merge_customer(&app, &caller.actor(), MergeCustomer { id: *id, revision, other_id }).await?.into())
}

impl From<NewCustomer> for CreateCustomer {
    fn from(new: NewCustomer) -> Self {
        let NewCustomer { name, website, phone, street, postcode, city, country, .. } = new;
        let NewCustomer { segment, industry, employees, owner_id, territory_id, although_known, .. } = new;
        Self {
            name,
            website,
            phone,
            street,
            postcode,
            city,
            country,
            segment,
            industry,
            employees,
            owner_id,
            territory_id,
            although_known,
        }
    }
}

impl CustomerChange {
    fn command(self, id: Uuid, revision: String) -> ChangeCustomer {
        ChangeCustomer {
            id,
            revision,
            name: self.name,
            website: self.website,
            phone: self.phone,
            street: self.street,
            postcode: self.postcode,
            city: self.city,
            country: self.country,
            segment: self.segment,
            industry: self.industry,
            employees: self.employees,
            owner_id: self.owner_id,
            territory_id: self.territory_id,
        }
    }
}
