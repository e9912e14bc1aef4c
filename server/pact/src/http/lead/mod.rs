//! Leads: entering them, reading them, and everything that can be done to one.

mod actions;
mod asked;
mod types;

use actix_web::{get, patch, post, web};
use pact_app::ops::field::OnRecord;
use pact_app::ops::lead::{self as ops, ChangeLead, HistoryBy, OwnPushBy, PushBy};
use pact_app::places::PLACES_A_DAY;
use pact_app::{App, Caller};
use pact_store::entity::lead;
use pact_store::lead::By;
use pact_store::record;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use self::types::{HistoryFilter, LeadChange, LeadEntered, LeadFilter, NewLead, OwnPushFilter, PushFilter};
pub use self::types::{HistoryStep, Lead, Push};
use super::body::Body;
use super::by_field::{FieldList, FieldParams};
use super::caller::may;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::page::{List, Page, PageParams};
use super::problem::{Problem, ProblemType};

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_leads).service(enter_lead).service(read_lead).service(change_lead);
    config.service(list_lead_pushes).service(list_lead_history).service(list_own_pushes);
    config.configure(actions::routes);
}

/// List leads
///
/// For everybody who sells or manages. Leads are open to all of them: state, stage and owner are outcomes and work, not acts.
#[utoipa::path(
    tag = "leads",
    params(PageParams, LeadFilter, FieldParams),
    responses((status = 200, description = "A page of leads", body = Page<Lead>)),
)]
#[get("/leads")]
async fn list_leads(app: web::Data<App>, caller: may::ReadLeads, list: FieldList<LeadFilter, By>) -> Result<Page<Lead>, Problem> {
    let filter = list.list.filter.read(&app, caller.person_id)?;
    let mut page: Page<Lead> =
        list.page::<lead::Model>(&app, caller.role, OnRecord::Lead, &caller.scope(), &filter).await?.into();
    if list.list.filter.of_another(caller.person_id) {
        page.items = page.items.into_iter().map(Lead::without_quiet).collect();
    }
    Ok(page)
}

/// Enter a lead
///
/// The customer, the contact and open leads are matched against what is known. A lead that is the same as an open one is attached to it: then
/// `entered_as` is `attached` and `lead` is the open one. Anything else is new, waits, and is pushed to a person by the scripts that are installed.
#[utoipa::path(
    tag = "leads",
    request_body = NewLead,
    responses((status = 201, description = "The lead, new or the one to which it was attached", body = LeadEntered)),
)]
#[post("/leads")]
async fn enter_lead(
    app: web::Data<App>,
    caller: may::EnterLeads,
    Body(new): Body<NewLead>,
) -> Result<Created<LeadEntered>, Problem> {
    let entered = ops::enter_lead(&app, &caller.actor(), new.read()?).await?;
    let location = format!("/api/v1/leads/{}", entered.lead.id);
    Ok(Tagged::new(entered.lead.revision.clone(), LeadEntered::from(entered)).created_at(location))
}

/// Show a lead
///
/// For everybody who sells or manages.
#[utoipa::path(tag = "leads", params(Fields), responses((status = 200, description = "The lead", body = Lead)))]
#[get("/leads/{id}")]
async fn read_lead(app: web::Data<App>, _: may::ReadLeads, id: web::Path<Uuid>) -> Result<Tagged<Lead>, Problem> {
    let row: lead::Model = record::get(app.store.read(), *id).await?;
    let open = ops::open_push(&app, row.id).await?;
    let mut tagged: Tagged<Lead> = row.into();
    tagged.record.open_push = open.map(Push::from);
    Ok(tagged)
}

/// Change a lead
///
/// Corrects what it says; what happens to it are operations of their own.
#[utoipa::path(
    tag = "leads",
    params(IfMatch),
    request_body = LeadChange,
    responses((status = 200, description = "The lead as it is now", body = Lead)),
)]
#[patch("/leads/{id}")]
async fn change_lead(
    app: web::Data<App>,
    caller: may::EnterLeads,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<LeadChange>,
) -> Result<Tagged<Lead>, Problem> {
    let command = ChangeLead { lead: *id, seen: Some(revision), ..change.read()? };
    Ok(ops::change_lead(&app, &caller.actor(), command).await?.into())
}

/// List the pushes of a lead
///
/// To whom it was offered, why, and what became of each offer, oldest first.
#[utoipa::path(
    tag = "leads",
    params(PageParams, PushFilter),
    responses(
        (status = 200, description = "A page of pushes", body = Page<Push>),
        (status = 429, description = "[too-many-places](/problems/too-many-places)"),
    ),
)]
#[get("/leads/{id}/pushes")]
async fn list_lead_pushes(
    app: web::Data<App>,
    caller: may::ReadLeads,
    id: web::Path<Uuid>,
    list: List<PushFilter, PushBy>,
) -> Result<Page<Push>, Problem> {
    record::get::<lead::Model>(app.store.read(), *id).await?;
    refuse_one_place_more(&app, &caller, *id)?;
    Ok(ops::list_pushes(&app, *id, list.sort, &list.ask).await?.into())
}

/// List the history of a lead
///
/// Each step as one sentence with its reason, oldest first.
#[utoipa::path(
    tag = "leads",
    params(PageParams, HistoryFilter),
    responses(
        (status = 200, description = "A page of the history", body = Page<HistoryStep>),
        (status = 429, description = "[too-many-places](/problems/too-many-places)"),
    ),
)]
#[get("/leads/{id}/history")]
async fn list_lead_history(
    app: web::Data<App>,
    caller: may::ReadLeads,
    id: web::Path<Uuid>,
    list: List<HistoryFilter, HistoryBy>,
) -> Result<Page<HistoryStep>, Problem> {
    record::get::<lead::Model>(app.store.read(), *id).await?;
    refuse_one_place_more(&app, &caller, *id)?;
    Ok(ops::list_history(&app, *id, list.sort, &list.ask).await?.into())
}

/// Who pushed, accepted and declined stands on the lead, for whoever reads there; not for a program that walks through all leads (policy §6).
fn refuse_one_place_more(app: &App, caller: &Caller, lead: Uuid) -> Result<(), Problem> {
    if app.shows_people(caller.person_id, lead) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemType::TooManyPlaces,
        format!(
            "You were shown who did what on {PLACES_A_DAY} customers and leads today, and this is one more. Read it tomorrow, or ask the lead's owner."
        ),
    ))
}

/// List the pushes that await your answer
///
/// Your own, the most urgent first; nobody else's can be listed here.
#[utoipa::path(
    tag = "leads",
    params(PageParams, OwnPushFilter),
    responses((status = 200, description = "A page of pushes", body = Page<Push>)),
)]
#[get("/pushes")]
async fn list_own_pushes(
    app: web::Data<App>,
    caller: may::OwnLeads,
    list: List<OwnPushFilter, OwnPushBy>,
) -> Result<Page<Push>, Problem> {
    Ok(ops::list_own_pushes(&app, caller.person_id, list.sort, &list.ask).await?.into())
}
