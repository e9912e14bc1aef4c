//! People: the company's directory, for getting leads to whom they belong. It carries no activity and no last sign-in.

use actix_web::{HttpResponse, get, patch, post, put, web};
use pact_app::access::rights;
use pact_app::ops::person::{self as ops, ChangePerson, CreatePerson, PersonFilter, SetPassword};
use pact_app::{App, Caller};
use pact_core::role::{Right, Role};
use pact_store::entity::person;
use pact_store::record;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::body::Body;
use super::caller::{Anyone, SignedIn, may};
use super::change;
use super::etag::{Created, IfMatch, Tagged};
use super::fields::Fields;
use super::hours::{Hours, week};
use super::page::{List, Page, PageParams};
use super::problem::Problem;

/// A member of staff, or a partner outside.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "5b0f5c1e-7c3e-4d0a-9a51-0c2b6f0f6c11", "name": "Ann Smith", "email": "ann@example.com", "role": "rep", "jobs": [],
    "team_id": null, "territory_id": null, "manager_id": null, "skills": ["heat-pump"], "languages": ["nl", "en"],
    "time_zone": "Europe/Amsterdam", "country": "NL", "region": null, "capacity": null, "working_hours": null, "active": true,
}))]
pub struct Person {
    /// Their id.
    id: Uuid,
    /// Their name.
    name: String,
    /// The address with which they sign in.
    email: String,
    /// What they are in PACT: rep, manager, admin, auditor or partner.
    role: String,
    /// What they do in the company, in free words.
    jobs: Vec<String>,
    /// Their team.
    team_id: Option<Uuid>,
    /// Their territory.
    territory_id: Option<Uuid>,
    /// Who leads them.
    manager_id: Option<Uuid>,
    /// What they can.
    skills: Vec<String>,
    /// The languages that they speak.
    languages: Vec<String>,
    /// The zone in which they work.
    time_zone: String,
    /// The country whose holidays they have.
    country: String,
    /// The region of it.
    region: Option<String>,
    /// How many open leads they can carry; null for no limit, and for everybody but themselves, who leads them, and admins.
    capacity: Option<i64>,
    /// When they work; null for the organisation's hours, and for everybody but themselves, who leads them, and admins.
    working_hours: Option<Vec<Hours>>,
    /// Whether they work here.
    active: bool,
}

/// What a person is in PACT.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub enum RoleWord {
    /// Sells.
    Rep,
    /// A rep who also leads others.
    Manager,
    /// Shapes PACT.
    Admin,
    /// Sees the evidence.
    Auditor,
    /// Outside the company.
    Partner,
}

/// A person who is to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ann Smith", "email": "ann@example.com", "role": "rep", "languages": ["nl", "en"], "skills": ["heat-pump"],
    "time_zone": "Europe/Amsterdam", "country": "NL", "password": "four words in a row",
}))]
pub struct NewPerson {
    /// Their name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The address with which they sign in, which nobody else has.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// What they are in PACT.
    role: RoleWord,
    /// What they do in the company, in free words.
    #[serde(default)]
    #[schema(max_items = 50)]
    jobs: Vec<String>,
    /// Their team.
    team_id: Option<Uuid>,
    /// Their territory.
    territory_id: Option<Uuid>,
    /// Who leads them.
    manager_id: Option<Uuid>,
    /// What they can.
    #[serde(default)]
    #[schema(max_items = 50)]
    skills: Vec<String>,
    /// The languages that they speak.
    #[serde(default)]
    #[schema(max_items = 50)]
    languages: Vec<String>,
    /// The zone in which they work, by its IANA name; the organisation's when left out.
    time_zone: Option<String>,
    /// The country whose holidays they have, by its ISO 3166 code; the organisation's when left out.
    country: Option<String>,
    /// The region of it.
    #[schema(max_length = 80)]
    region: Option<String>,
    /// How many open leads they can carry.
    #[schema(minimum = 0, maximum = 10000)]
    capacity: Option<i64>,
    /// When they work; their team's hours when left out, else the usual ones.
    #[schema(max_items = 50)]
    working_hours: Option<Vec<Hours>>,
    /// With which they sign in; without one they cannot yet.
    #[schema(value_type = Option<String>, format = Password, min_length = 12, max_length = 1000)]
    password: Option<SecretString>,
}

/// What is to be changed on a person: a field left out stays, null empties it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"languages": ["nl", "en", "fr"], "time_zone": "Europe/Brussels"}))]
pub struct PersonChange {
    /// Their name.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The address with which they sign in.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, format = Email, max_length = 254)]
    email: Option<String>,
    /// What they are in PACT.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    role: Option<RoleWord>,
    /// What they do in the company.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 50)]
    jobs: Option<Vec<String>>,
    /// Their team.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    team_id: Option<Option<Uuid>>,
    /// Their territory.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    territory_id: Option<Option<Uuid>>,
    /// Who leads them.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Uuid>)]
    manager_id: Option<Option<Uuid>>,
    /// What they can.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 50)]
    skills: Option<Vec<String>>,
    /// The languages that they speak.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false, max_items = 50)]
    languages: Option<Vec<String>>,
    /// The zone in which they work.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    time_zone: Option<String>,
    /// The country whose holidays they have.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    country: Option<String>,
    /// The region of it.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<String>, max_length = 80)]
    region: Option<Option<String>>,
    /// How many open leads they can carry.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 10000)]
    capacity: Option<Option<i64>>,
    /// When they work.
    #[serde(default, deserialize_with = "change::given")]
    #[schema(value_type = Option<Vec<Hours>>, max_items = 50)]
    working_hours: Option<Option<Vec<Hours>>>,
    /// Whether they work here; false ends their sessions and keys.
    #[serde(default, deserialize_with = "change::value")]
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "four words in a row", "password": "five other words in a row"}))]
pub struct NewPassword {
    /// The present one; needed to change one's own, not by an admin for somebody else.
    #[schema(value_type = Option<String>, format = Password, max_length = 1000)]
    current_password: Option<SecretString>,
    /// The new one: at least 12 characters, and not the name or the address.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 1000)]
    password: SecretString,
}

/// What a list of people is narrowed by.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PersonParams {
    /// Only this team.
    team_id: Option<Uuid>,
    /// Only this territory.
    territory_id: Option<Uuid>,
    /// Only this role.
    role: Option<RoleWord>,
    /// Only those who work here, or only those who left.
    active: Option<bool>,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Rep => Self::Rep,
            RoleWord::Manager => Self::Manager,
            RoleWord::Admin => Self::Admin,
            RoleWord::Auditor => Self::Auditor,
            RoleWord::Partner => Self::Partner,
        }
    }
}

/// A person as the caller may see them.
fn show(caller: &Caller, row: person::Model) -> Person {
    let close =
        caller.person_id == row.id || row.manager_id == Some(caller.person_id) || rights::may(caller, Right::ManageOrganisation);
    let hours = row.working_hours.filter(|_| close).and_then(|hours| serde_json::from_value(hours.0).ok());
    Person {
        id: row.id,
        name: row.name,
        email: row.email,
        role: row.role,
        jobs: row.jobs.0,
        team_id: row.team_id,
        territory_id: row.territory_id,
        manager_id: row.manager_id,
        skills: row.skills.0,
        languages: row.languages.0,
        time_zone: row.time_zone,
        country: row.country,
        region: row.region,
        capacity: row.capacity.filter(|_| close),
        working_hours: hours,
        active: row.active,
    }
}

fn tagged(caller: &Caller, row: person::Model) -> Tagged<Person> {
    Tagged::new(row.revision.clone(), show(caller, row))
}

/// Adds the operations.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list_persons).service(create_person).service(read_person).service(change_person).service(set_password);
}

/// List people
///
/// For everybody inside the company. There is no order or filter by what anybody did.
#[utoipa::path(
    tag = "persons",
    params(PageParams, PersonParams),
    responses((status = 200, description = "A page of people", body = Page<Person>)),
)]
#[get("/persons")]
async fn list_persons(
    app: web::Data<App>,
    caller: may::ReadOrganisation,
    list: List<PersonParams, ops::By>,
) -> Result<Page<Person>, Problem> {
    let PersonParams { team_id, territory_id, role, active } = list.filter;
    let filter = PersonFilter { team_id, territory_id, role: role.map(Into::into), active };
    let page = ops::list_persons(&app, filter, list.sort, &list.ask).await?;
    let items = page.items.into_iter().map(|row| show(&caller, row)).collect();
    Ok(Page { items, next_cursor: page.next })
}

/// Add a person
///
/// For admins.
#[utoipa::path(
    tag = "persons",
    request_body = NewPerson,
    responses(
        (status = 201, description = "The person", body = Person),
        (status = 409, description = "Somebody has the e-mail address"),
    ),
)]
#[post("/persons")]
async fn create_person(
    app: web::Data<App>,
    caller: may::ManageOrganisation,
    Body(new): Body<NewPerson>,
) -> Result<Created<Person>, Problem> {
    let ours = app.organisation();
    let command = CreatePerson {
        name: new.name,
        email: new.email,
        role: new.role.into(),
        jobs: new.jobs,
        team_id: new.team_id,
        territory_id: new.territory_id,
        manager_id: new.manager_id,
        skills: new.skills,
        languages: new.languages,
        time_zone: new.time_zone.unwrap_or_else(|| ours.zone.name().to_owned()),
        country: new.country.unwrap_or_else(|| ours.country.clone()),
        region: new.region,
        capacity: new.capacity,
        working_hours: new.working_hours.map(week).transpose()?,
        password: new.password,
    };
    let row = ops::create_person(&app, &caller.actor(), command).await?;
    let location = format!("/api/v1/persons/{}", row.id);
    Ok(tagged(&caller, row).created_at(location))
}

/// Show a person
///
/// For everybody inside the company.
#[utoipa::path(tag = "persons", params(Fields), responses((status = 200, description = "The person", body = Person)))]
#[get("/persons/{id}")]
async fn read_person(app: web::Data<App>, caller: may::ReadOrganisation, id: web::Path<Uuid>) -> Result<Tagged<Person>, Problem> {
    Ok(tagged(&caller, record::get(app.store.read(), *id).await?))
}

/// Change a person
///
/// Everything for admins; one's own languages and time zone for everybody who signed in. Nobody is removed: who leaves becomes inactive.
#[utoipa::path(
    tag = "persons",
    params(IfMatch),
    request_body = PersonChange,
    responses(
        (status = 200, description = "The person as they are now", body = Person),
        (status = 409, description = "Somebody has the e-mail address, or this is the last active admin"),
    ),
)]
#[patch("/persons/{id}")]
async fn change_person(
    app: web::Data<App>,
    caller: Anyone,
    id: web::Path<Uuid>,
    IfMatch(revision): IfMatch,
    Body(change): Body<PersonChange>,
) -> Result<Tagged<Person>, Problem> {
    let working_hours = match change.working_hours {
        Some(hours) => Some(hours.map(week).transpose()?),
        None => None,
    };
    let change = ChangePerson {
        name: change.name,
        email: change.email,
        role: change.role.map(Into::into),
        jobs: change.jobs,
        team_id: change.team_id,
        territory_id: change.territory_id,
        manager_id: change.manager_id,
        skills: change.skills,
        languages: change.languages,
        time_zone: change.time_zone,
        country: change.country,
        region: change.region,
        capacity: change.capacity,
        working_hours,
        active: change.active,
    };
    let row = ops::change_person(&app, &caller.actor(), *id, revision, change).await?;
    Ok(tagged(&caller, row))
}

/// Set a password
///
/// One's own with the present one, anybody's as an admin. Every other session of the person ends. An API key may not do this.
#[utoipa::path(
    tag = "persons",
    request_body = NewPassword,
    responses(
        (status = 204, description = "It is set"),
        (status = 429, description = "[too-many-attempts](/problems/too-many-attempts)"),
    ),
)]
#[put("/persons/{id}/password")]
async fn set_password(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<Uuid>,
    Body(new): Body<NewPassword>,
) -> Result<HttpResponse, Problem> {
    let session = (caller.person_id == *id).then_some(caller.session);
    let command = SetPassword { id: *id, current: new.current_password, password: new.password, session };
    ops::set_password(&app, &caller.actor(), command).await?;
    Ok(HttpResponse::NoContent().finish())
}
