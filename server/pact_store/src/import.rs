//! Imports: how far each is, what it refused, and saved mappings of columns.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::entity::import::{Column, Entity, Model};
use crate::entity::{import_mapping, import_row_refused};
use crate::error::StoreError;
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;
use crate::tx::Tx;

/// Which imports.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// With this status: `queued`, `running`, `done`, `failed`.
    pub status: Option<String>,
}

sorts! {
    /// The orders in which imports are listed.
    By of import {
        CreatedAt = "created_at",
    }
}

impl Listed for Model {
    type Filter = Filter;
    type By = By;
    const ID: Column = Column::Id;

    fn within(select: Select<Entity>, scope: &Scope) -> Select<Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(_) => select.filter(Column::Id.is_null()),
        }
    }

    fn narrow(mut select: Select<Entity>, _: &Scope, filter: &Filter) -> Select<Entity> {
        narrow!(select, filter, import: status => Status.eq);
        select
    }
}

/// An import by its id.
///
/// # Errors
/// [`StoreError::NotFound`], or what the database reports.
pub async fn get(conn: &impl ConnectionTrait, id: Uuid) -> Result<Model, StoreError> {
    Entity::find_by_id(id).one(conn).await?.ok_or(StoreError::NotFound { what: "import" })
}

/// Imports that are not at their end, oldest first: a server that starts goes on with them.
///
/// # Errors
/// What the database reports.
pub async fn unfinished(conn: &impl ConnectionTrait) -> Result<Vec<Model>, StoreError> {
    let open = Entity::find().filter(Column::Status.is_in(["queued", "running"]));
    Ok(open.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(conn).await?)
}

/// Writes an import's state, in the transaction that wrote its rows, if it is still at row `from`: of two that work on one import, one gets on. False
/// when it was elsewhere; then nothing of the caller's may be written.
///
/// # Errors
/// What the database reports.
pub async fn advance(tx: &Tx, from: i64, state: Model) -> Result<bool, StoreError> {
    let id = state.id;
    let state = state.into_active_model().reset_all();
    let done = Entity::update_many().set(state).filter(Column::Id.eq(id)).filter(Column::NextRow.eq(from)).exec(tx).await?;
    Ok(done.rows_affected == 1)
}

/// Notes rows that were refused; one that was noted before is left as it is.
///
/// # Errors
/// What the database reports.
pub async fn refuse(tx: &Tx, rows: Vec<import_row_refused::Model>) -> Result<(), StoreError> {
    const COLUMNS: [import_row_refused::Column; 2] = [import_row_refused::Column::ImportId, import_row_refused::Column::Line];
    for some in rows.chunks(crate::IDS_PER_QUERY) {
        let once = OnConflict::columns(COLUMNS).do_nothing().to_owned();
        import_row_refused::Entity::insert_many(some.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(once)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Rows that an import refused, after a line, in order.
///
/// # Errors
/// What the database reports.
pub async fn refused(
    conn: &impl ConnectionTrait,
    import: Uuid,
    after_line: i64,
    limit: u64,
) -> Result<Vec<import_row_refused::Model>, StoreError> {
    let rows = import_row_refused::Entity::find()
        .filter(import_row_refused::Column::ImportId.eq(import))
        .filter(import_row_refused::Column::Line.gt(after_line));
    Ok(rows.order_by_asc(import_row_refused::Column::Line).limit(limit).all(conn).await?)
}

/// The saved mappings, by name.
///
/// # Errors
/// What the database reports.
pub async fn mappings(conn: &impl ConnectionTrait) -> Result<Vec<import_mapping::Model>, StoreError> {
    Ok(import_mapping::Entity::find().order_by_asc(import_mapping::Column::Name).all(conn).await?)
}

/// Saves a mapping under its name, in place of another of that name.
///
/// # Errors
/// What the database reports.
pub async fn save_mapping(tx: &Tx, mapping: import_mapping::Model) -> Result<(), StoreError> {
    let again = OnConflict::column(import_mapping::Column::Name).update_column(import_mapping::Column::Mapping).to_owned();
    import_mapping::Entity::insert(mapping.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}
