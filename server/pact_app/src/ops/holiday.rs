//! Public holidays: days on which nobody of a country, or of one region of it, works.

use chrono::NaiveDate;
use pact_core::text::{NAME, WORD};
use pact_store::entity::holiday::{self, Column, Entity};
use pact_store::{Ask, Page, Sort, StoreError, Tx, record};
use sea_orm::entity::prelude::*;
use sea_orm::{QuerySelect, QueryTrait};
use uuid::Uuid;

use super::guard::{content_revision, maybe_text, same_content, text};
use super::organisation::touch;
use super::person::country;
use crate::app::Held;
use crate::list::sorts;
use crate::{Actor, App, Refusal};

/// A holiday that is to be added.
#[derive(Clone, Debug)]
pub struct CreateHoliday {
    /// The country.
    pub country: String,
    /// The region of it; the whole country when left out.
    pub region: Option<String>,
    /// The day.
    pub on_day: NaiveDate,
    /// Its name.
    pub name: String,
}

/// What is to be changed on a holiday; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ChangeHoliday {
    /// The day.
    pub on_day: Option<NaiveDate>,
    /// Its name.
    pub name: Option<String>,
}

/// What a list of holidays is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct HolidayFilter {
    /// Only of this country.
    pub country: Option<String>,
    /// Only on this day or later.
    pub from_on: Option<NaiveDate>,
    /// Only on this day or earlier.
    pub until_on: Option<NaiveDate>,
}

sorts! {
    /// The order in which holidays are listed.
    By of holiday {
        OnDay = "on_day",
    }
}

/// The revision of a holiday.
pub fn revision(row: &holiday::Model) -> String {
    content_revision(row)
}

/// Holidays, of one country or all, in some days or always.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_holidays(
    app: &App,
    filter: HolidayFilter,
    sort: Sort<By>,
    ask: &Ask,
) -> Result<Page<holiday::Model>, StoreError> {
    let select = Entity::find()
        .apply_if(filter.country, |select, country| select.filter(Column::Country.eq(country.to_ascii_uppercase())))
        .apply_if(filter.from_on, |select, from| select.filter(Column::OnDay.gte(from.to_string())))
        .apply_if(filter.until_on, |select, until| select.filter(Column::OnDay.lte(until.to_string())));
    pact_store::list::page(app.store.read(), select, Column::Id, sort, ask).await
}

/// The holiday with this id.
///
/// # Errors
/// There is none.
pub async fn read_holiday(app: &App, id: Uuid) -> Result<holiday::Model, Refusal> {
    let found = Entity::find_by_id(id).one(app.store.read()).await.map_err(StoreError::from)?;
    found.ok_or(Refusal::NotFound { what: "holiday" })
}

/// Adds a holiday.
///
/// # Errors
/// A value that cannot be taken, or a holiday that is known already.
pub async fn create_holiday(app: &App, _actor: &Actor, command: CreateHoliday) -> Result<holiday::Model, Refusal> {
    let row = holiday::Model {
        id: pact_core::id::random(),
        country: country("country", &command.country)?,
        region: maybe_text(WORD, "region", command.region.as_deref())?,
        on_day: command.on_day.to_string(),
        name: text(NAME, "name", &command.name)?,
    };
    app.change(Held::Organisation, async move |tx| {
        check_new(tx, &row).await?;
        record::insert(tx, row.clone()).await?;
        touch(tx).await?;
        Ok(row.clone())
    })
    .await
}

/// Changes a holiday.
///
/// # Errors
/// A revision that is not the present one, or a day that is a holiday already.
pub async fn change_holiday(
    app: &App,
    _actor: &Actor,
    id: Uuid,
    based_on: String,
    change: ChangeHoliday,
) -> Result<holiday::Model, Refusal> {
    let name = change.name.as_deref().map(|name| text(NAME, "name", name)).transpose()?;
    app.change(Held::Organisation, async move |tx| {
        let mut row = hold(tx, id).await?;
        same_content(&row, &based_on, "holiday")?;
        row.on_day = change.on_day.map_or(row.on_day, |day| day.to_string());
        row.name = name.clone().unwrap_or(row.name);
        check_new(tx, &row).await?;
        Entity::update_many()
            .col_expr(Column::OnDay, Expr::value(row.on_day.clone()))
            .col_expr(Column::Name, Expr::value(row.name.clone()))
            .filter(Column::Id.eq(id))
            .exec(tx)
            .await
            .map_err(StoreError::from)?;
        touch(tx).await?;
        Ok(row)
    })
    .await
}

/// Removes a holiday.
///
/// # Errors
/// A revision that is not the present one.
pub async fn delete_holiday(app: &App, _actor: &Actor, id: Uuid, based_on: String) -> Result<(), Refusal> {
    app.change(Held::Organisation, async move |tx| {
        let row = hold(tx, id).await?;
        same_content(&row, &based_on, "holiday")?;
        Entity::delete_by_id(id).exec(tx).await.map_err(StoreError::from)?;
        touch(tx).await
    })
    .await
}

async fn hold(tx: &Tx, id: Uuid) -> Result<holiday::Model, Refusal> {
    let held = Entity::find_by_id(id).lock_exclusive().one(tx).await.map_err(StoreError::from)?;
    held.ok_or(Refusal::NotFound { what: "holiday" })
}

/// Refuses a second holiday of the same place and day; the table's own rule does not see that two missing regions are the same.
async fn check_new(tx: &Tx, row: &holiday::Model) -> Result<(), Refusal> {
    let same = Entity::find()
        .filter(Column::Country.eq(row.country.as_str()))
        .filter(Column::OnDay.eq(row.on_day.as_str()))
        .filter(Column::Id.ne(row.id))
        .filter(row.region.as_ref().map_or_else(|| Column::Region.is_null(), |region| Column::Region.eq(region.as_str())));
    match same.one(tx).await.map_err(StoreError::from)? {
        Some(_) => Err(Refusal::Duplicate { what: "holiday", field: "on_day" }),
        None => Ok(()),
    }
}
