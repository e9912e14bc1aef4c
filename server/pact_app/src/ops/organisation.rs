//! The organisation itself, and what every change to its people and structure has in common.

use pact_core::text::{NAME, WORD};
use pact_store::entity::organisation;
use pact_store::{Store, StoreError, Tx, record};
use sea_orm::entity::prelude::*;

use super::guard::{content_revision, text};
use super::person::{country, time_zone};
use crate::app::Held;
use crate::{Actor, App, Refusal};

/// How many people must contribute before a tally shows a group, until the pact says otherwise.
const DEFAULT_K: i64 = 5;

/// Marks the organisation as changed, in the same transaction as the change, so that every node loads it again.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn touch(tx: &Tx) -> Result<(), Refusal> {
    pact_store::organisation::changed(tx).await?;
    Ok(())
}

/// Makes the organisation's row on a new database; an existing one stays as it is.
///
/// # Errors
/// A store that does not answer.
pub async fn found_organisation(store: &Store, name: &str) -> Result<(), Refusal> {
    let name = name.to_owned();
    store
        .write(async move |tx| {
            if organisation::Entity::find().one(tx).await.map_err(StoreError::from)?.is_some() {
                return Ok(());
            }
            let row = organisation::Model {
                id: pact_core::id::random(),
                name: name.clone(),
                country: "NL".into(),
                language: "en".into(),
                time_zone: "Europe/Amsterdam".into(),
                k: DEFAULT_K,
                version: 1,
            };
            record::insert(tx, row).await.map_err(Refusal::from)
        })
        .await
}

/// What is to be changed on the organisation; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ChangeOrganisation {
    /// Its name.
    pub name: Option<String>,
    /// The country of its headquarters, which telephone numbers without a prefix belong to.
    pub country: Option<String>,
    /// The language in which it writes when nothing says otherwise.
    pub language: Option<String>,
    /// The zone whose clock it goes by.
    pub time_zone: Option<String>,
}

/// The revision of the organisation.
pub fn revision(row: &organisation::Model) -> String {
    // Without the version, which every change of a person counts up.
    content_revision(&(&row.name, &row.country, &row.language, &row.time_zone, row.k))
}

/// Changes the organisation.
///
/// # Errors
/// A revision that is not the present one, or a value that cannot be taken.
pub async fn change_organisation(
    app: &App,
    _actor: &Actor,
    based_on: String,
    change: ChangeOrganisation,
) -> Result<organisation::Model, Refusal> {
    let name = change.name.as_deref().map(|given| text(NAME, "name", given)).transpose()?;
    let country = change.country.as_deref().map(|given| country("country", given)).transpose()?;
    let language = change.language.as_deref().map(|given| text(WORD, "language", given)).transpose()?;
    let zone = change.time_zone.as_deref().map(time_zone).transpose()?;
    app.change(Held::Organisation, async move |tx| {
        let mut row = pact_store::organisation::get(tx).await?;
        if revision(&row) != based_on {
            return Err(Refusal::Stale { what: "organisation" });
        }
        row.name = name.clone().unwrap_or(row.name);
        row.country = country.clone().unwrap_or(row.country);
        row.language = language.clone().unwrap_or(row.language);
        row.time_zone = zone.clone().unwrap_or(row.time_zone);
        organisation::Entity::update_many()
            .col_expr(organisation::Column::Name, Expr::value(row.name.clone()))
            .col_expr(organisation::Column::Country, Expr::value(row.country.clone()))
            .col_expr(organisation::Column::Language, Expr::value(row.language.clone()))
            .col_expr(organisation::Column::TimeZone, Expr::value(row.time_zone.clone()))
            .exec(tx)
            .await
            .map_err(StoreError::from)?;
        touch(tx).await?;
        Ok(row)
    })
    .await
}
