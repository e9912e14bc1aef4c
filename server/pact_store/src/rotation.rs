//! Rotations: whose turn it was, kept by the host and shown to nobody.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::entity::rotation::{Column, Entity, Model};
use crate::error::StoreError;
use crate::tx::Tx;

/// Every turn of a rotation.
///
/// # Errors
/// What the database reports.
pub async fn of_name(conn: &impl ConnectionTrait, name: &str) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Name.eq(name)).all(conn).await?)
}

/// Notes that a person had their turn.
///
/// # Errors
/// What the database reports.
pub async fn given(tx: &Tx, turn: Model) -> Result<(), StoreError> {
    let again = OnConflict::columns([Column::Name, Column::PersonId]).update_column(Column::GivenSeq).to_owned();
    Entity::insert(turn.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}
