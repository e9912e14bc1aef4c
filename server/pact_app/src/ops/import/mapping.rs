//! Saved mappings: what the columns of a certain export say, under a name.

use pact_core::text::{NAME, WORD};
use pact_store::entity::import_mapping;
use pact_store::{StoreError, import as store};
use sea_orm::entity::prelude::*;

use crate::import::{MAX_COLUMNS, Mapping};
use crate::ops::guard::{maybe_text, text};
use crate::{Actor, App, Refusal};

/// The most mappings that are saved.
pub const MAX_MAPPINGS: usize = 200;

/// A mapping with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedMapping {
    /// Its name.
    pub name: String,
    /// What it says.
    pub mapping: Mapping,
}

impl SavedMapping {
    fn of(row: import_mapping::Model) -> Result<Self, Refusal> {
        let mapping = serde_json::from_value(row.mapping.0)
            .map_err(|error| Refusal::defect(format!("a saved mapping cannot be read: {error}")))?;
        Ok(Self { name: row.name, mapping })
    }
}

/// The saved mappings, by name.
///
/// # Errors
/// A store that does not answer.
pub async fn list_import_mappings(app: &App) -> Result<Vec<SavedMapping>, Refusal> {
    store::mappings(app.store.read()).await?.into_iter().map(SavedMapping::of).collect()
}

/// The saved mapping with this name.
///
/// # Errors
/// There is none.
pub async fn read_import_mapping(app: &App, name: &str) -> Result<SavedMapping, Refusal> {
    let found = import_mapping::Entity::find().filter(import_mapping::Column::Name.eq(name)).one(app.store.read()).await;
    match found.map_err(StoreError::from)? {
        Some(row) => SavedMapping::of(row),
        None => Err(Refusal::invalid(
            "mapping",
            format!("There is no saved mapping \"{name}\". GET /api/v1/imports/mappings lists them."),
        )),
    }
}

/// Saves a mapping under its name, in place of another of that name.
///
/// # Errors
/// A name, source or product that cannot be taken, no column, or too many mappings.
pub async fn save_import_mapping(app: &App, _actor: &Actor, name: &str, mapping: Mapping) -> Result<SavedMapping, Refusal> {
    let name = text(NAME, "name", name)?;
    let mapping = check(mapping)?;
    if mapping.columns.values().flatten().next().is_none() {
        return Err(Refusal::invalid(
            "mapping.columns",
            "no column says anything. Map at least one, such as {\"Company\": \"customer.name\"}.",
        ));
    }
    let known = store::mappings(app.store.read()).await?;
    if known.len() >= MAX_MAPPINGS && known.iter().all(|saved| saved.name != name) {
        return Err(Refusal::NotNow { why: format!("There are {MAX_MAPPINGS} saved mappings already. Remove one first.") });
    }
    let value = serde_json::to_value(&mapping).map_err(Refusal::defect)?;
    let row = import_mapping::Model { id: pact_core::id::random(), name: name.clone(), mapping: value.into() };
    app.store.write(async move |tx| store::save_mapping(tx, row.clone()).await).await?;
    Ok(SavedMapping { name, mapping })
}

/// Removes a saved mapping; imports that used it stay as they are.
///
/// # Errors
/// There is none of that name.
pub async fn delete_import_mapping(app: &App, _actor: &Actor, name: &str) -> Result<(), Refusal> {
    let name = name.to_owned();
    let removed = app
        .store
        .write(async move |tx| {
            let delete = import_mapping::Entity::delete_many().filter(import_mapping::Column::Name.eq(name.as_str()));
            Ok::<_, StoreError>(delete.exec(tx).await?.rows_affected)
        })
        .await?;
    if removed == 0 { Err(Refusal::NotFound { what: "saved mapping" }) } else { Ok(()) }
}

/// The mapping with its texts as they are kept.
///
/// # Errors
/// A text that cannot be taken, or more columns than a file may have.
pub(super) fn check(mapping: Mapping) -> Result<Mapping, Refusal> {
    if mapping.columns.len() > MAX_COLUMNS {
        return Err(Refusal::invalid(
            "mapping.columns",
            format!("a mapping has {MAX_COLUMNS} columns at most. Leave out those that say nothing."),
        ));
    }
    Ok(Mapping {
        source: maybe_text(WORD, "mapping.source", mapping.source.as_deref())?,
        product: maybe_text(WORD, "mapping.product", mapping.product.as_deref())?,
        ..mapping
    })
}
