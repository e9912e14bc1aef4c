//! Absences: the days on which somebody is away, and who stands in. They say who gets a lead; they say nothing about what anybody did.

use chrono::NaiveDate;
use pact_core::role::Right;
use pact_store::entity::absence::{self, Column, Entity};
use pact_store::entity::person;
use pact_store::{Ask, Page, Sort, StoreError, Tx, record};
use sea_orm::entity::prelude::*;
use sea_orm::{QuerySelect, QueryTrait};
use uuid::Uuid;

use super::guard::{content_revision, same_content};
use super::organisation::touch;
use crate::access::rights;
use crate::app::Held;
use crate::list::sorts;
use crate::{Actor, App, Caller, Refusal};

/// The longest absence, in days.
const MAX_DAYS: i64 = 732;

/// Why somebody is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsenceKind {
    /// Days off.
    Holiday,
    /// Ill.
    Sick,
    /// Learning.
    Training,
    /// Anything else.
    Other,
}

impl AbsenceKind {
    /// The word for it in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holiday => "holiday",
            Self::Sick => "sick",
            Self::Training => "training",
            Self::Other => "other",
        }
    }
}

/// An absence that is to be announced.
#[derive(Clone, Debug)]
pub struct CreateAbsence {
    /// Who is away.
    pub person_id: Uuid,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day.
    pub until_on: NaiveDate,
    /// Why.
    pub kind: AbsenceKind,
    /// Who stands in.
    pub stand_in_id: Option<Uuid>,
}

/// What is to be changed on an absence; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug, Default)]
pub struct ChangeAbsence {
    /// The first day.
    pub from_on: Option<NaiveDate>,
    /// The last day.
    pub until_on: Option<NaiveDate>,
    /// Why.
    pub kind: Option<AbsenceKind>,
    /// Who stands in.
    pub stand_in_id: Option<Option<Uuid>>,
}

/// What a list of absences is narrowed by.
#[derive(Clone, Copy, Debug, Default)]
pub struct AbsenceFilter {
    /// Only of this person.
    pub person_id: Option<Uuid>,
    /// Only those that end on this day or later.
    pub from_on: Option<NaiveDate>,
    /// Only those that begin on this day or earlier.
    pub until_on: Option<NaiveDate>,
}

sorts! {
    /// The orders in which absences are listed.
    By of absence {
        FromOn = "from_on",
        UntilOn = "until_on",
    }
}

/// The revision of an absence.
pub fn revision(row: &absence::Model) -> String {
    content_revision(row)
}

/// Absences, of one person or all, in some days or always.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_absences(
    app: &App,
    filter: AbsenceFilter,
    sort: Sort<By>,
    ask: &Ask,
) -> Result<Page<absence::Model>, StoreError> {
    let select = Entity::find()
        .apply_if(filter.person_id, |select, person| select.filter(Column::PersonId.eq(person)))
        .apply_if(filter.from_on, |select, from| select.filter(Column::UntilOn.gte(from.to_string())))
        .apply_if(filter.until_on, |select, until| select.filter(Column::FromOn.lte(until.to_string())));
    pact_store::list::page(app.store.read(), select, Column::Id, sort, ask).await
}

/// The absence with this id.
///
/// # Errors
/// There is none.
pub async fn read_absence(app: &App, id: Uuid) -> Result<absence::Model, Refusal> {
    let found = Entity::find_by_id(id).one(app.store.read()).await.map_err(StoreError::from)?;
    found.ok_or(Refusal::NotFound { what: "absence" })
}

/// Announces an absence: one's own, one of somebody whom one leads, or as an admin anybody's.
///
/// # Errors
/// Somebody who may not, or days that cannot be.
pub async fn create_absence(app: &App, actor: &Actor, command: CreateAbsence) -> Result<absence::Model, Refusal> {
    let row = absence::Model {
        id: pact_core::id::random(),
        person_id: command.person_id,
        from_on: command.from_on.to_string(),
        until_on: command.until_on.to_string(),
        kind: command.kind.as_str().to_owned(),
        stand_in_id: command.stand_in_id,
    };
    let actor = actor.clone();
    app.change(Held::Organisation, async move |tx| {
        check(tx, &actor, &row).await?;
        record::insert(tx, row.clone()).await?;
        touch(tx).await?;
        Ok(row.clone())
    })
    .await
}

/// Changes an absence.
///
/// # Errors
/// Somebody who may not, a revision that is not the present one, or days that cannot be.
pub async fn change_absence(
    app: &App,
    actor: &Actor,
    id: Uuid,
    based_on: String,
    change: ChangeAbsence,
) -> Result<absence::Model, Refusal> {
    let actor = actor.clone();
    app.change(Held::Organisation, async move |tx| {
        let before = hold(tx, id).await?;
        may_plan(tx, &actor, before.person_id).await?;
        same_content(&before, &based_on, "absence")?;
        let mut after = before;
        after.from_on = change.from_on.map_or(after.from_on, |day| day.to_string());
        after.until_on = change.until_on.map_or(after.until_on, |day| day.to_string());
        after.kind = change.kind.map_or(after.kind, |kind| kind.as_str().to_owned());
        after.stand_in_id = change.stand_in_id.unwrap_or(after.stand_in_id);
        check(tx, &actor, &after).await?;
        overwrite(tx, &after).await?;
        touch(tx).await?;
        Ok(after)
    })
    .await
}

/// Takes an absence back.
///
/// # Errors
/// Somebody who may not, or a revision that is not the present one.
pub async fn delete_absence(app: &App, actor: &Actor, id: Uuid, based_on: String) -> Result<(), Refusal> {
    let actor = actor.clone();
    app.change(Held::Organisation, async move |tx| {
        let before = hold(tx, id).await?;
        may_plan(tx, &actor, before.person_id).await?;
        same_content(&before, &based_on, "absence")?;
        Entity::delete_by_id(id).exec(tx).await.map_err(StoreError::from)?;
        touch(tx).await
    })
    .await
}

/// Whether somebody may see why a person is away: the person, who leads them, and admins.
pub fn sees_kind(app: &App, caller: &Caller, person: Uuid) -> bool {
    let leads = app.organisation().people.get(&person).is_some_and(|member| member.row.manager_id == Some(caller.person_id));
    leads || caller.person_id == person || rights::may(caller, Right::ManageOrganisation)
}

async fn hold(tx: &Tx, id: Uuid) -> Result<absence::Model, Refusal> {
    let held = Entity::find_by_id(id).lock_exclusive().one(tx).await.map_err(StoreError::from)?;
    held.ok_or(Refusal::NotFound { what: "absence" })
}

async fn overwrite(tx: &Tx, row: &absence::Model) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::FromOn, Expr::value(row.from_on.clone()))
        .col_expr(Column::UntilOn, Expr::value(row.until_on.clone()))
        .col_expr(Column::Kind, Expr::value(row.kind.clone()))
        .col_expr(Column::StandInId, Expr::value(row.stand_in_id))
        .filter(Column::Id.eq(row.id))
        .exec(tx)
        .await?;
    Ok(())
}

async fn check(tx: &Tx, actor: &Actor, row: &absence::Model) -> Result<(), Refusal> {
    may_plan(tx, actor, row.person_id).await?;
    let day = |field: &str, text: &str| {
        text.parse::<NaiveDate>().map_err(|_| Refusal::invalid(field, "this is no day. Write it like 2026-11-24."))
    };
    let days = (day("until_on", &row.until_on)? - day("from_on", &row.from_on)?).num_days();
    if days < 0 {
        return Err(Refusal::invalid(
            "until_on",
            "the absence ends before it begins. Give the last day away, which can be the first.",
        ));
    }
    if days > MAX_DAYS {
        return Err(Refusal::invalid(
            "until_on",
            format!("the absence is longer than {MAX_DAYS} days. Make the person inactive instead."),
        ));
    }
    let Some(stand_in) = row.stand_in_id else { return Ok(()) };
    let stand_in =
        record::find::<person::Model>(tx, stand_in).await?.filter(|person| person.active && person.id != row.person_id);
    match stand_in {
        Some(_) => Ok(()),
        None => Err(Refusal::invalid(
            "stand_in_id",
            "this is nobody who could stand in. Choose an active colleague, or leave it out.",
        )),
    }
}

/// Refuses somebody who is neither the person, nor who leads them, nor an admin.
async fn may_plan(tx: &Tx, actor: &Actor, person: Uuid) -> Result<(), Refusal> {
    let Actor::Person(caller) = actor else { return Ok(()) };
    let row = record::find::<person::Model>(tx, person).await?;
    let row = row
        .ok_or_else(|| Refusal::invalid("person_id", "there is no person with this id. Choose one from GET /api/v1/persons."))?;
    if row.id == caller.person_id || row.manager_id == Some(caller.person_id) || rights::may(caller, Right::ManageOrganisation) {
        return Ok(());
    }
    Err(Refusal::forbidden("An absence is announced by the person, by who leads them, or by an admin. Ask one of these."))
}
