//! People: who works here, in which team and territory, what they can and when they work.
//!
//! Nobody is removed: what they wrote stays, with their name. Who leaves becomes inactive, which ends their sessions and keys.

use pact_core::calendar::WorkingHours;
use pact_core::role::{Right, Role};
use pact_core::security::Happened;
use pact_core::text::{NAME, WORD};
use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_store::entity::person::{self, Column, Entity};
use pact_store::entity::{team, territory};
use pact_store::{AsJson, Ask, Page, Secret, Sort, StoreError, Tx, Words, coaching, record};
use sea_orm::entity::prelude::*;
use sea_orm::{PaginatorTrait, QuerySelect, QueryTrait};
use secrecy::SecretString;
use uuid::Uuid;

use super::guard::{hours, maybe_text, same_revision, taken, text};
use super::organisation::touch;
use super::security::records::{Happening, keep_role};
use super::session::end_sessions;
use crate::access::{password, rights};
use crate::app::Held;
use crate::coaching::keys;
use crate::evidence::Recording;
use crate::list::sorts;
use crate::{Actor, App, Refusal};

/// The most words in a list of skills, languages or jobs.
const MAX_WORDS: usize = 50;
/// The longest e-mail address (RFC 5321).
const MAX_EMAIL_CHARS: usize = 254;
/// The most open leads that anybody can be said to carry.
const MAX_CAPACITY: i64 = 10_000;

/// What is known of a person; all that an admin decides.
#[derive(Clone, Debug)]
pub struct CreatePerson {
    /// Their name.
    pub name: String,
    /// The address with which they sign in.
    pub email: String,
    /// What they are in PACT.
    pub role: Role,
    /// What they do in the company, in free words.
    pub jobs: Vec<String>,
    /// Their team.
    pub team_id: Option<Uuid>,
    /// Their territory.
    pub territory_id: Option<Uuid>,
    /// Who leads them.
    pub manager_id: Option<Uuid>,
    /// What they can.
    pub skills: Vec<String>,
    /// The languages that they speak.
    pub languages: Vec<String>,
    /// The zone in which they work.
    pub time_zone: String,
    /// The country whose holidays they have.
    pub country: String,
    /// The region of it.
    pub region: Option<String>,
    /// How many open leads they can carry.
    pub capacity: Option<i64>,
    /// When they work; their team's hours when left out, else the usual ones.
    pub working_hours: Option<WorkingHours>,
    /// With which they sign in; without one they cannot yet.
    pub password: Option<SecretString>,
}

/// What is to be changed on a person; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug, Default)]
pub struct ChangePerson {
    /// Their name.
    pub name: Option<String>,
    /// The address with which they sign in.
    pub email: Option<String>,
    /// What they are in PACT.
    pub role: Option<Role>,
    /// What they do in the company.
    pub jobs: Option<Vec<String>>,
    /// Their team.
    pub team_id: Option<Option<Uuid>>,
    /// Their territory.
    pub territory_id: Option<Option<Uuid>>,
    /// Who leads them.
    pub manager_id: Option<Option<Uuid>>,
    /// What they can.
    pub skills: Option<Vec<String>>,
    /// The languages that they speak.
    pub languages: Option<Vec<String>>,
    /// The zone in which they work.
    pub time_zone: Option<String>,
    /// The country whose holidays they have.
    pub country: Option<String>,
    /// The region of it.
    pub region: Option<Option<String>>,
    /// How many open leads they can carry.
    pub capacity: Option<Option<i64>>,
    /// When they work.
    pub working_hours: Option<Option<WorkingHours>>,
    /// Whether they work here.
    pub active: Option<bool>,
}

/// What a list of people is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct PersonFilter {
    /// Only this team.
    pub team_id: Option<Uuid>,
    /// Only this territory.
    pub territory_id: Option<Uuid>,
    /// Only this role.
    pub role: Option<Role>,
    /// Only those who work here, or only those who left.
    pub active: Option<bool>,
}

/// A new password.
#[derive(Debug)]
pub struct SetPassword {
    /// Whose.
    pub id: Uuid,
    /// The present one; whoever changes their own must know it.
    pub current: Option<SecretString>,
    /// The new one.
    pub password: SecretString,
    /// The session that stays open: the one in which it is changed.
    pub session: Option<Uuid>,
}

impl CreatePerson {
    /// A person of whom little is known yet.
    pub fn new(name: impl Into<String>, email: impl Into<String>, role: Role) -> Self {
        Self {
            name: name.into(),
            email: email.into(),
            role,
            jobs: Vec::new(),
            team_id: None,
            territory_id: None,
            manager_id: None,
            skills: Vec::new(),
            languages: Vec::new(),
            time_zone: "Europe/Amsterdam".into(),
            country: "NL".into(),
            region: None,
            capacity: None,
            working_hours: None,
            password: None,
        }
    }
}

/// Whether there is nobody yet.
///
/// # Errors
/// A store that does not answer.
pub async fn nobody_exists(app: &App) -> Result<bool, Refusal> {
    Ok(Entity::find().limit(1).one(app.store.read()).await.map_err(StoreError::from)?.is_none())
}

sorts! {
    /// The orders in which people are listed: by what they are, never by what they did.
    By of person {
        Name = "name",
        Email = "email",
    }
}

/// People, of one team, territory or role, or all.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_persons(app: &App, filter: PersonFilter, sort: Sort<By>, ask: &Ask) -> Result<Page<person::Model>, StoreError> {
    let select = Entity::find()
        .apply_if(filter.team_id, |select, team| select.filter(Column::TeamId.eq(team)))
        .apply_if(filter.territory_id, |select, territory| select.filter(Column::TerritoryId.eq(territory)))
        .apply_if(filter.role, |select, role| select.filter(Column::Role.eq(role.as_str())))
        .apply_if(filter.active, |select, active| select.filter(Column::Active.eq(active)));
    pact_store::list::page(app.store.read(), select, Column::Id, sort, ask).await
}

/// Adds a person.
///
/// # Errors
/// A value that cannot be taken, or an e-mail address that somebody has.
pub async fn create_person(app: &App, actor: &Actor, command: CreatePerson) -> Result<person::Model, Refusal> {
    let mut row = new_row(&command, app.clock.now())?;
    if let Some(given) = command.password {
        password::check(&given, &row.email, &row.name)?;
        row.password_hash = Some(app.access.hasher.hash(given).await?.into());
    }
    let (actor, now) = (actor.clone(), app.clock.now());
    app.change(Held::Organisation, async move |tx| {
        check_links(tx, &row).await?;
        record::insert(tx, row.clone()).await.map_err(|error| taken(error, "person", "email"))?;
        record_role(tx, &actor, now, None, &row).await?;
        touch(tx).await?;
        Ok(row.clone())
    })
    .await
}

/// Changes a person: an admin everything, anybody their own languages and time zone.
///
/// # Errors
/// A revision that is not the present one, a value that cannot be taken, or the last admin who would go.
pub async fn change_person(
    app: &App,
    actor: &Actor,
    id: Uuid,
    revision: String,
    change: ChangePerson,
) -> Result<person::Model, Refusal> {
    may_change(actor, id, &change)?;
    // What cannot be taken is refused before the revision is looked at, as everywhere.
    changed(&record::get::<person::Model>(app.store.read(), id).await?, &change)?;
    let (now, by) = (app.clock.now(), actor.clone());
    let saved = app
        .change(Held::Organisation, async move |tx| {
            let before = record::hold::<person::Model>(tx, id).await?;
            same_revision(&before, &revision)?;
            let after = changed(&before, &change)?;
            check_links(tx, &after).await?;
            keep_an_admin(tx, &before, &after).await?;
            let saved = record::save(tx, &before, after).await.map_err(|error| taken(error, "person", "email"))?;
            record_role(tx, &by, now, Some(&before), &saved).await?;
            if before.active && !saved.active {
                end_sessions(tx, id, None, now).await?;
            }
            touch(tx).await?;
            Ok::<_, Refusal>(saved)
        })
        .await?;
    app.access.forget_person(id);
    Ok(saved)
}

/// Sets a password: one's own with the present one, anybody's as an admin. Other sessions of the person end.
///
/// # Errors
/// A password that is too weak, a wrong present one, or somebody who may not.
pub async fn set_password(app: &App, actor: &Actor, command: SetPassword) -> Result<(), Refusal> {
    let row = record::get::<person::Model>(app.store.read(), command.id).await?;
    let is_own = actor.person_id() == Some(command.id);
    let present = command.current.clone().filter(|_| is_own);
    if is_own {
        prove(app, &row, command.current).await?;
    } else if let Actor::Person(caller) = actor {
        rights::allow(caller, Right::ManageOrganisation)?;
    }
    password::check(&command.password, &row.email, &row.name)?;
    let note_key = match present {
        Some(present) => keys::under_new_password(app, command.id, present, command.password.clone()).await?,
        None => None,
    };
    let hash = app.access.hasher.hash(command.password).await?;
    let (id, session, now, by) = (command.id, command.session, app.clock.now(), actor.clone());
    app.store
        .write(async move |tx| {
            let is_own = by.person_id() == Some(id);
            let happened = if is_own { Happened::PasswordChanged } else { Happened::PasswordSet };
            Happening::new(id, happened, now).keep(tx).await?;
            if !is_own {
                let mut recording = Recording::by(&by, now)?;
                let person = recording.person(id)?;
                recording.write(tx, PolicyAct::PasswordSetForOther { person }).await?;
            }
            let before = record::hold::<person::Model>(tx, id).await?;
            let after = person::Model { password_hash: Some(Secret(hash.clone())), ..before.clone() };
            record::save(tx, &before, after).await?;
            match &note_key {
                Some(key) => coaching::keep_key(tx, key.clone()).await?,
                None => coaching::close(tx, id).await?,
            }
            end_sessions(tx, id, session, now).await.map_err(Refusal::from)
        })
        .await?;
    app.access.forget_person(id);
    Ok(())
}

/// Records that a person has another role than before; who is not active has none.
async fn record_role(
    tx: &Tx,
    actor: &Actor,
    now: Instant,
    before: Option<&person::Model>,
    after: &person::Model,
) -> Result<(), Refusal> {
    let role = |row: &person::Model| row.active.then(|| row.role.clone());
    let (from, to) = (before.and_then(role), role(after));
    if from == to {
        return Ok(());
    }
    if let Some(role) = &to {
        keep_role(tx, after.id, role, now).await?;
    }
    let mut recording = Recording::by(actor, now)?;
    let person = recording.person(after.id)?;
    recording.write(tx, PolicyAct::RoleChanged { person, from, to }).await
}

/// Whoever changes their own password shows that they know the present one: a device left open is not enough.
async fn prove(app: &App, row: &person::Model, current: Option<SecretString>) -> Result<(), Refusal> {
    let wrong =
        || Refusal::invalid("current_password", "this is not your present password. Write the one with which you sign in.");
    let current = current.ok_or_else(wrong)?;
    app.access.throttle.attempt(&row.email, "own password").map_err(|retry_after_s| Refusal::Throttled { retry_after_s })?;
    let hash = row.password_hash.clone().map(|hash| hash.0);
    if app.access.hasher.verify(current, hash).await? { Ok(()) } else { Err(wrong()) }
}

fn may_change(actor: &Actor, id: Uuid, change: &ChangePerson) -> Result<(), Refusal> {
    let Actor::Person(caller) = actor else { return Ok(()) };
    let own = caller.person_id == id && caller.scopes.is_none();
    let only_own =
        ChangePerson { languages: change.languages.clone(), time_zone: change.time_zone.clone(), ..ChangePerson::default() };
    if own && format!("{only_own:?}") == format!("{change:?}") {
        return Ok(());
    }
    rights::allow(caller, Right::ManageOrganisation)
}

fn new_row(new: &CreatePerson, now: Instant) -> Result<person::Model, Refusal> {
    Ok(person::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        name: text(NAME, "name", &new.name)?,
        email: email(&new.email)?,
        role: new.role.to_string(),
        jobs: words("jobs", &new.jobs)?,
        team_id: new.team_id,
        territory_id: new.territory_id,
        manager_id: new.manager_id,
        skills: words("skills", &new.skills)?,
        languages: words("languages", &new.languages)?,
        time_zone: time_zone(&new.time_zone)?,
        country: country("country", &new.country)?,
        region: maybe_text(WORD, "region", new.region.as_deref())?,
        capacity: capacity(new.capacity)?,
        working_hours: new.working_hours.as_ref().map(hours).transpose()?,
        active: true,
        password_hash: None,
        created_at: now.millis(),
    })
}

fn changed(before: &person::Model, change: &ChangePerson) -> Result<person::Model, Refusal> {
    let mut row = before.clone();
    if let Some(given) = &change.name {
        row.name = text(NAME, "name", given)?;
    }
    if let Some(given) = &change.email {
        row.email = email(given)?;
    }
    if let Some(role) = change.role {
        row.role = role.to_string();
    }
    for (field, given, words_of) in [
        ("jobs", &change.jobs, &mut row.jobs),
        ("skills", &change.skills, &mut row.skills),
        ("languages", &change.languages, &mut row.languages),
    ] {
        if let Some(given) = given {
            *words_of = words(field, given)?;
        }
    }
    row.team_id = change.team_id.unwrap_or(row.team_id);
    row.territory_id = change.territory_id.unwrap_or(row.territory_id);
    row.manager_id = change.manager_id.unwrap_or(row.manager_id);
    if let Some(given) = &change.time_zone {
        row.time_zone = time_zone(given)?;
    }
    if let Some(given) = &change.country {
        row.country = country("country", given)?;
    }
    if let Some(given) = &change.region {
        row.region = maybe_text(WORD, "region", given.as_deref())?;
    }
    if let Some(given) = change.capacity {
        row.capacity = capacity(given)?;
    }
    if let Some(given) = &change.working_hours {
        row.working_hours = given.as_ref().map(hours).transpose()?;
    }
    row.active = change.active.unwrap_or(row.active);
    Ok(row)
}

async fn check_links(tx: &Tx, row: &person::Model) -> Result<(), Refusal> {
    let missing = |field: &str, list: &str| {
        Refusal::invalid(field, format!("there is none with this id. Choose one from GET /api/v1/{list}."))
    };
    if let Some(id) = row.team_id {
        record::find::<team::Model>(tx, id).await?.ok_or_else(|| missing("team_id", "teams"))?;
    }
    if let Some(id) = row.territory_id {
        record::find::<territory::Model>(tx, id).await?.ok_or_else(|| missing("territory_id", "territories"))?;
    }
    if let Some(id) = row.manager_id {
        record::find::<person::Model>(tx, id).await?.filter(|_| id != row.id).ok_or_else(|| missing("manager_id", "persons"))?;
    }
    Ok(())
}

/// Refuses to let the last active admin go: nobody could make another.
async fn keep_an_admin(tx: &Tx, before: &person::Model, after: &person::Model) -> Result<(), Refusal> {
    let admin = Role::Admin.as_str();
    let is_admin = |row: &person::Model| row.active && row.role == admin;
    if !is_admin(before) || is_admin(after) {
        return Ok(());
    }
    let others = Entity::find().filter(Column::Role.eq(admin)).filter(Column::Active.eq(true)).filter(Column::Id.ne(before.id));
    match others.count(tx).await.map_err(StoreError::from)? {
        0 => Err(Refusal::NotNow {
            why: "This is the last active admin, so nobody could undo it. Make somebody else an admin first.".into(),
        }),
        _ => Ok(()),
    }
}

fn email(given: &str) -> Result<String, Refusal> {
    let email = given.trim().to_lowercase();
    let plausible = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    let clean = email.chars().all(|c| !c.is_whitespace() && !c.is_control()) && email.chars().count() <= MAX_EMAIL_CHARS;
    if plausible && clean {
        Ok(email)
    } else {
        Err(Refusal::invalid("email", "this is no e-mail address. Write it like ann@example.com."))
    }
}

fn words(field: &str, given: &[String]) -> Result<Words, Refusal> {
    if given.len() > MAX_WORDS {
        return Err(Refusal::invalid(
            field,
            format!("these are more than {MAX_WORDS}. Keep those that matter for getting leads."),
        ));
    }
    let mut words = given.iter().map(|word| text(WORD, field, word)).collect::<Result<Vec<_>, _>>()?;
    let mut seen = std::collections::HashSet::new();
    words.retain(|word| seen.insert(word.clone()));
    Ok(AsJson(words))
}

/// A time zone by its IANA name.
///
/// # Errors
/// There is none of this name.
pub(super) fn time_zone(given: &str) -> Result<String, Refusal> {
    let zone = given.trim().parse::<chrono_tz::Tz>();
    let zone = zone.map_err(|_| {
        Refusal::invalid("time_zone", "there is no such time zone. Write its IANA name, such as Europe/Amsterdam.")
    })?;
    Ok(zone.name().to_owned())
}

/// A country's code in capitals.
///
/// # Errors
/// A text that is no code of two letters.
pub(super) fn country(field: &str, given: &str) -> Result<String, Refusal> {
    let code = given.trim().to_ascii_uppercase();
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(code);
    }
    Err(Refusal::invalid(field, "this is no country code. Write its ISO 3166 code of two letters, such as NL."))
}

fn capacity(given: Option<i64>) -> Result<Option<i64>, Refusal> {
    match given {
        Some(given) if !(0..=MAX_CAPACITY).contains(&given) => Err(Refusal::invalid(
            "capacity",
            format!("this is a number of open leads from 0 to {MAX_CAPACITY}; leave it out for no limit."),
        )),
        given => Ok(given),
    }
}
