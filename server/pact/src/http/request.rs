//! Requests: questions and jobs about customers, answered on the customer's record. A partner sees only what is asked of them.

use actix_web::{get, patch, post, web};
use chrono::NaiveDate;
use pact_app::ops::request::{self as ops, AnswerRequest, AskRequest, ChangeRequest};
use pact_app::{App, Caller, Refusal};
use pact_core::role::Right;
use pact_core::time::Instant;
use pact_store::entity::request;
use pact_store::request::By;
use pact_store::{Scope, list};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::{Anyone, may};
use super::change;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// A question or job about a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Request, example = json!({
    "id": "e5a3f5c2-4c1d-4a5f-9d8a-54a4d3f8f0aa", "customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "lead_id": null,
    "from_id": "8b1c1a52-0c40-4a9e-93d7-2a3a4cde0f4b", "to_id": "2f6f2e0a-5a26-4a71-9d35-2c3b0a4d8d11",
    "text": "Can the second unit be delivered before 15 December?", "due_on": "2026-11-27", "answered": false, "answer": null,
    "asked_at": "2026-11-24T10:10:00.000Z", "answered_at": null
}))]
pub struct AskedRequest {
    /// Its id.
    id: Uuid,
    /// The customer.
    customer_id: Uuid,
    /// A lead of this customer that it is about.
    lead_id: Option<Uuid>,
    /// Who asks; null when a plugin does.
    from_id: Option<Uuid>,
    /// Who is asked.
    to_id: Option<Uuid>,
    /// What is asked.
    text: String,
    /// The day by which an answer is needed.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// Whether it is answered.
    answered: bool,
    /// The answer.
    answer: Option<String>,
    /// When it was asked; shown to who asks and who is asked only.
    #[schema(value_type = Option<String>, format = DateTime)]
    asked_at: Option<Instant>,
    /// When it was answered; shown to who asks and who is asked only.
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: Option<Instant>,
}

/// A request that is to be asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "to_id": "2f6f2e0a-5a26-4a71-9d35-2c3b0a4d8d11",
    "text": "Can the second unit be delivered before 15 December?", "due_on": "2026-11-27"
}))]
pub struct NewRequest {
    /// The customer.
    customer_id: Uuid,
    /// A lead of this customer that it is about.
    lead_id: Option<Uuid>,
    /// Who is asked.
    to_id: Uuid,
    /// What is asked.
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
    /// The day by which an answer is needed: today or later.
    due_on: Option<NaiveDate>,
}

/// What is to be changed on a request: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"due_on": null}))]
pub struct RequestChange {
    /// Who is asked.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    to_id: Option<Uuid>,
    /// What is asked.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 20000)]
    text: Option<String>,
    /// The day by which an answer is needed: today or later.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<NaiveDate>)]
    due_on: Option<Option<NaiveDate>>,
}

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answer": "Yes, on the 12th, if they confirm by Friday."}))]
pub struct NewAnswer {
    /// The answer.
    #[schema(min_length = 1, max_length = 20000)]
    answer: String,
}

/// What a list of requests is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RequestFilter {
    /// Requests about this customer. Without a customer or a lead, the list has only what you ask or are asked.
    customer_id: Option<Uuid>,
    /// Requests about this lead.
    lead_id: Option<Uuid>,
    /// Only those that are answered, or only those that are not.
    answered: Option<bool>,
    /// Only those that are due before this day.
    due_before: Option<NaiveDate>,
    /// Only what is asked of you.
    to_me: Option<bool>,
    /// Only what you ask.
    from_me: Option<bool>,
}

/// A request as its reader may see it: how long somebody took to answer is for the two whom it concerns (policy §6).
fn shown(row: request::Model, reader: Uuid, in_place: bool) -> AskedRequest {
    let concerns = row.to_id == reader || row.from_id == Some(reader);
    AskedRequest {
        id: row.id,
        customer_id: row.customer_id,
        lead_id: row.lead_id,
        from_id: row.from_id.filter(|_| concerns || in_place),
        to_id: (concerns || in_place).then_some(row.to_id),
        text: row.text,
        due_on: row.due_on,
        answered: row.answered_at.is_some(),
        answer: row.answer,
        asked_at: concerns.then_some(Instant::from_millis(row.asked_at)),
        answered_at: row.answered_at.filter(|_| concerns).map(Instant::from_millis),
    }
}

fn tagged(app: &App, row: request::Model, reader: Uuid) -> Tagged<AskedRequest> {
    let in_place = app.shows_people(reader, row.customer_id);
    Tagged::new(row.revision.clone(), shown(row, reader, in_place))
}

/// Everybody sees what they ask and are asked; who may read requests sees those of a customer, too.
fn scope(caller: &Caller, of_customer: bool) -> Result<Scope, Problem> {
    let by_key = caller.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| scope.grants(Right::ReadRequests)));
    if !by_key {
        return Err(Refusal::forbidden("This API key may not read requests. Make a key with the scope requests_read.").into());
    }
    let all = of_customer && caller.role.may(Right::ReadRequests);
    Ok(if all { Scope::Staff(caller.person_id) } else { Scope::Partner(caller.person_id) })
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_requests).service(ask_request).service(read_request).service(change_request).service(answer_request);
}

/// List requests
///
/// What you ask and are asked; with a customer or lead, and for everybody who sells or manages, all about it. Without a total.
#[utoipa::path(
    tag = "requests",
    params(PageParams, RequestFilter),
    responses((status = 200, description = "A page of requests", body = Page<AskedRequest>)),
)]
#[get("/requests")]
async fn list_requests(
    app: web::Data<App>,
    caller: Anyone,
    list: List<RequestFilter, By>,
) -> Result<Page<AskedRequest>, Problem> {
    let List { filter, sort, ask } = list;
    let place = filter.customer_id.or(filter.lead_id);
    let scope = scope(&caller, place.is_some())?;
    let filter = pact_store::request::Filter {
        customer: filter.customer_id,
        lead: filter.lead_id,
        answered: filter.answered,
        due_before: filter.due_before.map(|day| day.to_string()),
        to_me: filter.to_me.unwrap_or(false),
        from_me: filter.from_me.unwrap_or(false),
    };
    let page = list::list::<request::Model>(app.store.read(), &scope, &filter, sort, &ask).await?;
    let in_place = place.is_some_and(|place| app.shows_people(caller.person_id, place));
    let items = page.items.into_iter().map(|row| shown(row, caller.person_id, in_place)).collect();
    Ok(Page { items, next_cursor: page.next })
}

/// Ask a request
///
/// Of a colleague, supplier or partner, who is told. For everybody who sells or manages.
#[utoipa::path(
    tag = "requests",
    request_body = NewRequest,
    responses(
        (status = 201, description = "The request", body = AskedRequest),
        (status = 409, description = "The customer was merged into another"),
    ),
)]
#[post("/requests")]
async fn ask_request(
    app: web::Data<App>,
    caller: may::AskRequests,
    Body(new): Body<NewRequest>,
) -> Result<Created<AskedRequest>, Problem> {
    let NewRequest { customer_id, lead_id, to_id, text, due_on } = new;
    let row = ops::ask_request(&app, &caller.actor(), AskRequest { customer_id, lead_id, to_id, text, due_on }).await?;
    let location = format!("/api/v1/requests/{}", row.id);
    Ok(tagged(&app, row, caller.person_id).created_at(location))
}

/// Show a request
///
/// For who asks, who is asked, and everybody who sells or manages.
#[utoipa::path(tag = "requests", params(Fields), responses((status = 200, description = "The request", body = AskedRequest)))]
#[get("/requests/{id}")]
async fn read_request(app: web::Data<App>, caller: Anyone, id: web::Path<Uuid>) -> Result<Tagged<AskedRequest>, Problem> {
    let found = list::find_in::<request::Model>(app.store.read(), &scope(&caller, true)?, *id).await?;
    let row = found.ok_or(Refusal::NotFound { what: "request" })?;
    Ok(tagged(&app, row, caller.person_id))
}

/// Change a request
///
/// As long as it is not answered. For who asks, managers and admins.
#[utoipa::path(
    tag = "requests",
    params(IfMatch),
    request_body = RequestChange,
    responses(
        (status = 200, description = "The request as it is now", body = AskedRequest),
        (status = 409, description = "It is answered"),
    ),
)]
#[patch("/requests/{id}")]
async fn change_request(
    app: web::Data<App>,
    caller: may::AskRequests,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<RequestChange>,
) -> Result<Tagged<AskedRequest>, Problem> {
    let RequestChange { to_id, text, due_on } = change;
    let row = ops::change_request(&app, &caller.actor(), ChangeRequest { id: *id, revision, to_id, text, due_on }).await?;
    Ok(tagged(&app, row, caller.person_id))
}

/// Answer a request
///
/// The answer stands on the customer's record, and who asked is told. For who is asked, partners included.
#[utoipa::path(
    tag = "requests",
    request_body = NewAnswer,
    responses(
        (status = 200, description = "The request, answered", body = AskedRequest),
        (status = 409, description = "It is answered already"),
    ),
)]
#[post("/requests/{id}/answer")]
async fn answer_request(
    app: web::Data<App>,
    caller: may::AnswerRequests,
    id: web::Path<Uuid>,
    revision: Option<IfMatch>,
    Body(NewAnswer { answer }): Body<NewAnswer>,
) -> Result<Tagged<AskedRequest>, Problem> {
    let command = AnswerRequest { id: *id, seen: revision.map(|IfMatch(revision)| revision), answer };
    let row = ops::answer_request(&app, &caller.actor(), command).await?;
    Ok(tagged(&app, row, caller.person_id))
}
