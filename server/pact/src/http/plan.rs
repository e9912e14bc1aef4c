//! Plans: what people announce they intend with customers; open to colleagues, one by one.

use actix_web::{get, patch, post, web};
use chrono::NaiveDate;
use pact_app::ops::plan::{self as ops, AnnouncePlan, ChangePlan};
use pact_app::organisation::Member;
use pact_app::{App, Caller};
use pact_store::entity::plan;
use pact_store::plan::By;
use pact_store::{Scope, list, record};
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

/// What a person intends with a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "d2f4f7d0-4e4c-4a1f-8a55-1f6f1ad0c0a1", "customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "lead_id": null,
    "person_id": "8b1c1a52-0c40-4a9e-93d7-2a3a4cde0f4b", "objective": "Agree on the delivery of the second unit", "on_day": "2026-11-26",
    "pack_id": null, "bring": "The new delivery schedule", "withdrawn": false
}))]
pub struct Plan {
    /// Its id.
    id: Uuid,
    /// The customer.
    customer_id: Uuid,
    /// A lead of this customer that it is about.
    lead_id: Option<Uuid>,
    /// Who announced it; of a day that is over, shown at its customer or lead and to themselves.
    person_id: Option<Uuid>,
    /// What is to be reached with the customer.
    objective: String,
    /// The day.
    #[schema(format = Date)]
    on_day: String,
    /// A pack that is taken along.
    pack_id: Option<Uuid>,
    /// What else is brought.
    bring: Option<String>,
    /// Whether it was taken back.
    withdrawn: bool,
}

/// A plan that is to be announced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "customer_id": "4a3c8f0e-5b58-4a34-8f2a-0e9f7d6f7f10", "objective": "Agree on the delivery of the second unit", "on_day": "2026-11-26"
}))]
pub struct NewPlan {
    /// The customer.
    customer_id: Uuid,
    /// A lead of this customer that it is about.
    lead_id: Option<Uuid>,
    /// What is to be reached with the customer.
    #[schema(min_length = 1, max_length = 200)]
    objective: String,
    /// The day: today or later.
    on_day: NaiveDate,
    /// A pack that is taken along.
    pack_id: Option<Uuid>,
    /// What else is brought.
    #[schema(max_length = 20000)]
    bring: Option<String>,
}

/// What is to be changed on a plan: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"on_day": "2026-11-27", "bring": null}))]
pub struct PlanChange {
    /// What is to be reached with the customer.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    objective: Option<String>,
    /// The day: today or later.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    on_day: Option<NaiveDate>,
    /// A pack that is taken along.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    pack_id: Option<Option<Uuid>>,
    /// What else is brought.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    bring: Option<Option<String>>,
}

/// What a list of plans is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanFilter {
    /// Only plans with this customer.
    customer_id: Option<Uuid>,
    /// Only plans about this lead.
    lead_id: Option<Uuid>,
    /// Only plans of this team, which has more than one member or is your own.
    team_id: Option<Uuid>,
    /// Only plans that take this pack along.
    pack_id: Option<Uuid>,
    /// Only plans for this day or later.
    from_day: Option<NaiveDate>,
    /// Only plans for this day or earlier.
    until_day: Option<NaiveDate>,
    /// Plans that were taken back, too.
    withdrawn: Option<bool>,
    /// Only your own plans.
    mine: Option<bool>,
}

impl Plan {
    /// A plan as its reader may see it. Who intends what is open, so that people find each other; who intended what is a trace, which stands in its place.
    fn shown(row: plan::Model, reader: Uuid, today: &str, in_place: bool) -> Self {
        let ahead = row.on_day.as_str() >= today;
        Self {
            id: row.id,
            customer_id: row.customer_id,
            lead_id: row.lead_id,
            person_id: (ahead || in_place || row.person_id == reader).then_some(row.person_id),
            objective: row.objective,
            on_day: row.on_day,
            pack_id: row.pack_id,
            bring: row.bring,
            withdrawn: row.withdrawn,
        }
    }
}

fn tagged(app: &App, reader: Uuid, row: plan::Model) -> Tagged<Plan> {
    let in_place = app.shows_people(reader, row.customer_id);
    Tagged::new(row.revision.clone(), Plan::shown(row, reader, &today(app), in_place))
}

fn today(app: &App) -> String {
    app.organisation().today(app.clock.now()).to_string()
}

impl PlanFilter {
    fn read(self, app: &App, caller: &Caller) -> Result<pact_store::plan::Filter, Problem> {
        if let Some(team) = self.team_id {
            refuse_team_of_one(app, caller, team)?;
            self.refuse_what_a_small_team_did(app, team)?;
        }
        Ok(pact_store::plan::Filter {
            customer: self.customer_id,
            lead: self.lead_id,
            person: None,
            team: self.team_id,
            pack: self.pack_id,
            from_day: self.from_day.map(|day| day.to_string()),
            before_day: self.until_day.and_then(|day| day.succ_opt()).map(|day| day.to_string()),
            withdrawn: self.withdrawn.unwrap_or(false),
            mine: self.mine.unwrap_or(false),
        })
    }
}

impl PlanFilter {
    /// What is ahead is there to be seen; how much a handful of people planned is a measure of them (policy §2.7).
    fn refuse_what_a_small_team_did(&self, app: &App, team: Uuid) -> Result<(), Problem> {
        let organisation = app.organisation();
        let of_team = |member: &&Member| member.row.active && member.row.team_id == Some(team);
        let members = organisation.people.values().filter(of_team).count();
        let ahead = self.from_day.is_some_and(|day| day >= organisation.today(app.clock.now()));
        if ahead || self.mine == Some(true) || i64::try_from(members).unwrap_or(i64::MAX) >= organisation.k {
            return Ok(());
        }
        Err(Problem::parameter(
            "from_day",
            format!(
                "this team has fewer than {} members, so what it planned in the past is not listed. Ask from today on, or for the plans of a customer.",
                organisation.k
            ),
        ))
    }
}

/// A team with one member is that person under another name (policy §1).
fn refuse_team_of_one(app: &App, caller: &Caller, team: Uuid) -> Result<(), Problem> {
    let organisation = app.organisation();
    let mut members = organisation.people.values().filter(|member| member.row.team_id == Some(team)).map(|member| member.row.id);
    match (members.next(), members.next()) {
        (Some(only), None) if only != caller.person_id => Err(Problem::parameter(
            "team_id",
            "this team has one member, so the list would be that person's. Choose the plans of a customer, or of a day.",
        )),
        _ => Ok(()),
    }
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_plans).service(announce_plan).service(read_plan).service(change_plan).service(withdraw_plan);
}

/// List plans
///
/// By customer, lead, team, pack or day, and your own; without a total. For everybody who sells or manages.
#[utoipa::path(
    tag = "plans",
    params(PageParams, PlanFilter),
    responses((status = 200, description = "A page of plans", body = Page<Plan>)),
)]
#[get("/plans")]
async fn list_plans(app: web::Data<App>, caller: may::ReadPlans, list: List<PlanFilter, By>) -> Result<Page<Plan>, Problem> {
    let List { filter, sort, ask } = list;
    let place = filter.customer_id.or(filter.lead_id);
    let filter = filter.read(&app, &caller)?;
    let scope = Scope::Staff(caller.person_id);
    let page = list::list::<plan::Model>(app.store.read(), &scope, &filter, sort, &ask).await?;
    let in_place = place.is_some_and(|place| app.shows_people(caller.person_id, place));
    let today = today(&app);
    let items = page.items.into_iter().map(|row| Plan::shown(row, caller.person_id, &today, in_place)).collect();
    Ok(Page { items, next_cursor: page.next })
}

/// Announce a plan
///
/// Announcing is all there is to do: nobody ticks a plan off. The customer's owner is told, and neither customer nor lead is quiet any more.
/// For everybody who sells.
#[utoipa::path(
    tag = "plans",
    request_body = NewPlan,
    responses(
        (status = 201, description = "The plan", body = Plan),
        (status = 409, description = "The customer was merged into another"),
    ),
)]
#[post("/plans")]
async fn announce_plan(
    app: web::Data<App>,
    caller: may::AnnouncePlans,
    Body(new): Body<NewPlan>,
) -> Result<Created<Plan>, Problem> {
    let NewPlan { customer_id, lead_id, objective, on_day, pack_id, bring } = new;
    let command = AnnouncePlan { customer_id, lead_id, objective, on_day, pack_id, bring };
    let row = ops::announce_plan(&app, &caller.actor(), command).await?;
    let location = format!("/api/v1/plans/{}", row.id);
    Ok(tagged(&app, caller.person_id, row).created_at(location))
}

/// Show a plan
///
/// For everybody who sells or manages.
#[utoipa::path(tag = "plans", params(Fields), responses((status = 200, description = "The plan", body = Plan)))]
#[get("/plans/{id}")]
async fn read_plan(app: web::Data<App>, caller: may::ReadPlans, id: web::Path<Uuid>) -> Result<Tagged<Plan>, Problem> {
    Ok(tagged(&app, caller.person_id, record::get(app.store.read(), *id).await?))
}

/// Change a plan
///
/// For who announced it.
#[utoipa::path(
    tag = "plans",
    params(IfMatch),
    request_body = PlanChange,
    responses(
        (status = 200, description = "The plan as it is now", body = Plan),
        (status = 409, description = "It was taken back"),
    ),
)]
#[patch("/plans/{id}")]
async fn change_plan(
    app: web::Data<App>,
    caller: may::AnnouncePlans,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<PlanChange>,
) -> Result<Tagged<Plan>, Problem> {
    let PlanChange { objective, on_day, pack_id, bring } = change;
    let command = ChangePlan { id: *id, revision, objective, on_day, pack_id, bring };
    Ok(tagged(&app, caller.person_id, ops::change_plan(&app, &caller.actor(), command).await?))
}

/// Take a plan back
///
/// It will not happen. For who announced it.
#[utoipa::path(
    tag = "plans",
    params(IfMatch),
    responses(
        (status = 200, description = "The plan, taken back", body = Plan),
        (status = 409, description = "It was taken back before"),
    ),
)]
#[post("/plans/{id}/withdraw")]
async fn withdraw_plan(
    app: web::Data<App>,
    caller: may::AnnouncePlans,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
) -> Result<Tagged<Plan>, Problem> {
    Ok(tagged(&app, caller.person_id, ops::withdraw_plan(&app, &caller.actor(), *id, revision).await?))
}
