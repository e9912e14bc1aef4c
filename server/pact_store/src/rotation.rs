//! Rotations: whose turn it was, kept by the host and shown to nobody.

use std::collections::BTreeMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::entity::rotation::{Column, Entity, Model};
use crate::error::StoreError;
use crate::journal::insert_or_update;
use crate::tx::Tx;

/// Every turn of a rotation.
///
/// # Errors
/// What the database reports.
pub async fn of_name(conn: &impl ConnectionTrait, name: &str) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Name.eq(name)).all(conn).await?)
}

/// Notes that people had their turns; of several turns of one person in one rotation, the last counts.
///
/// # Errors
/// What the database reports.
pub async fn given(tx: &Tx, turns: impl IntoIterator<Item = Model>) -> Result<(), StoreError> {
    let mut last: BTreeMap<(String, Uuid), Model> = BTreeMap::new();
    for turn in turns {
        let key = (turn.name.clone(), turn.person_id);
        if last.get(&key).is_none_or(|earlier| earlier.given_seq < turn.given_seq) {
            last.insert(key, turn);
        }
    }
    let again = OnConflict::columns([Column::Name, Column::PersonId]).update_column(Column::GivenSeq).to_owned();
    Ok(insert_or_update::<Entity, _>(last.into_values().collect(), &again, tx).await?)
}
