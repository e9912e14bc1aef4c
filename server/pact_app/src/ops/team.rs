//! Teams: groups of people who sell together.

use pact_core::calendar::WorkingHours;
use pact_core::text::{NAME, WORD};
use pact_store::entity::{person, team};
use pact_store::{Ask, Page, Sort, StoreError, Tx, record};
use sea_orm::QueryTrait;
use sea_orm::entity::prelude::*;

use super::guard::{hours, maybe_text, same_revision, taken, text};
use super::organisation::touch;
use crate::app::Held;
use crate::list::sorts;
use crate::{Actor, App, Refusal};

/// A team that is to be made.
#[derive(Clone, Debug)]
pub struct CreateTeam {
    /// Its name, which no other team has.
    pub name: String,
    /// The region that it works in.
    pub region: Option<String>,
    /// Who leads it.
    pub manager_id: Option<Uuid>,
    /// When its people work who have no hours of their own; the usual hours when left out.
    pub working_hours: Option<WorkingHours>,
}

/// What is to be changed on a team; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug)]
pub struct ChangeTeam {
    /// The team.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// Its name.
    pub name: Option<String>,
    /// The region that it works in.
    pub region: Option<Option<String>>,
    /// Who leads it.
    pub manager_id: Option<Option<Uuid>>,
    /// When its people work who have no hours of their own.
    pub working_hours: Option<Option<WorkingHours>>,
}

sorts! {
    /// The orders in which teams are listed.
    By of team {
        Name = "name",
    }
}

/// Teams, of one region or of all.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_teams(app: &App, region: Option<String>, sort: Sort<By>, ask: &Ask) -> Result<Page<team::Model>, StoreError> {
    let select = team::Entity::find().apply_if(region, |select, region| select.filter(team::Column::Region.eq(region)));
    pact_store::list::page(app.store.read(), select, team::Column::Id, sort, ask).await
}

/// Makes a team.
///
/// # Errors
/// A name that another team has, or a manager who does not exist.
pub async fn create_team(app: &App, _actor: &Actor, command: CreateTeam) -> Result<team::Model, Refusal> {
    let row = team::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        name: text(NAME, "name", &command.name)?,
        region: maybe_text(WORD, "region", command.region.as_deref())?,
        manager_id: command.manager_id,
        working_hours: command.working_hours.as_ref().map(hours).transpose()?,
    };
    app.change(Held::Organisation, async move |tx| {
        check(tx, &row).await?;
        record::insert(tx, row.clone()).await.map_err(|error| taken(error, "team", "name"))?;
        touch(tx).await?;
        Ok(row.clone())
    })
    .await
}

/// Changes a team.
///
/// # Errors
/// A revision that is not the present one, a name that another team has, or a manager who does not exist.
pub async fn change_team(app: &App, _actor: &Actor, command: ChangeTeam) -> Result<team::Model, Refusal> {
    let name = command.name.as_deref().map(|name| text(NAME, "name", name)).transpose()?;
    let region = command.region.as_ref().map(|given| maybe_text(WORD, "region", given.as_deref())).transpose()?;
    let working_hours = command.working_hours.as_ref().map(|given| given.as_ref().map(hours).transpose()).transpose()?;
    app.change(Held::Organisation, async move |tx| {
        let before = record::hold::<team::Model>(tx, command.id).await?;
        same_revision(&before, &command.revision)?;
        let mut after = before.clone();
        after.name = name.clone().unwrap_or(after.name);
        after.region = region.clone().unwrap_or(after.region);
        after.manager_id = command.manager_id.unwrap_or(after.manager_id);
        after.working_hours = working_hours.clone().unwrap_or(after.working_hours);
        check(tx, &after).await?;
        let saved = record::save(tx, &before, after).await.map_err(|error| taken(error, "team", "name"))?;
        touch(tx).await?;
        Ok(saved)
    })
    .await
}

/// Removes a team; its people stay, in no team.
///
/// # Errors
/// A revision that is not the present one.
pub async fn delete_team(app: &App, _actor: &Actor, id: Uuid, revision: String) -> Result<(), Refusal> {
    app.change(Held::Organisation, async move |tx| {
        let before = record::hold::<team::Model>(tx, id).await?;
        same_revision(&before, &revision)?;
        record::remove(tx, &before).await?;
        touch(tx).await
    })
    .await
}

async fn check(tx: &Tx, row: &team::Model) -> Result<(), Refusal> {
    let Some(manager) = row.manager_id else { return Ok(()) };
    match record::find::<person::Model>(tx, manager).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::invalid("manager_id", "there is no person with this id. Choose one from GET /api/v1/persons.")),
    }
}
