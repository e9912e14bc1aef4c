//! Custom fields and their values.

use sea_orm::sea_query::{OnConflict, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::entity::custom_field;
use crate::entity::custom_value::{Column, Entity, Model};
use crate::error::StoreError;
use crate::tx::Tx;

/// Bytes of a value that the index holds.
const LOOKUP_BYTES: usize = 200;

/// Every field, by record and name.
///
/// # Errors
/// What the database reports.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<custom_field::Model>, StoreError> {
    let fields = custom_field::Entity::find();
    Ok(fields.order_by_asc(custom_field::Column::OnRecord).order_by_asc(custom_field::Column::Name).all(conn).await?)
}

/// The fields on one kind of record, by name.
///
/// # Errors
/// What the database reports.
pub async fn on_record(conn: &impl ConnectionTrait, kind: &str) -> Result<Vec<custom_field::Model>, StoreError> {
    let fields = custom_field::Entity::find().filter(custom_field::Column::OnRecord.eq(kind));
    Ok(fields.order_by_asc(custom_field::Column::Name).all(conn).await?)
}

/// The values of many records at once.
///
/// # Errors
/// What the database reports.
pub async fn values_of(conn: &impl ConnectionTrait, records: &[Uuid]) -> Result<Vec<Model>, StoreError> {
    let mut values = Vec::new();
    for some in records.chunks(crate::IDS_PER_QUERY) {
        values.extend(Entity::find().filter(Column::RecordId.is_in(some.iter().copied())).all(conn).await?);
    }
    Ok(values)
}

/// Gives a record's field a value: its encoded text, and its number if it is one.
///
/// # Errors
/// What the database reports.
pub async fn write_value(
    tx: &Tx,
    record: Uuid,
    field: Uuid,
    text: &str,
    number: Option<f64>,
    now: i64,
) -> Result<(), StoreError> {
    let value = Model {
        record_id: record,
        field_id: field,
        text_value: Some(text.to_owned()),
        lookup: Some(lookup(text).to_owned()),
        number_value: number,
        updated_at: now,
    };
    let again = OnConflict::columns([Column::RecordId, Column::FieldId])
        .update_columns([Column::TextValue, Column::Lookup, Column::NumberValue, Column::UpdatedAt])
        .to_owned();
    Entity::insert(value.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// How many records have a value in a field.
///
/// # Errors
/// What the database reports.
pub async fn count_values(conn: &impl ConnectionTrait, field: Uuid) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::FieldId.eq(field)).count(conn).await?)
}

/// Takes a record's value of a field away.
///
/// # Errors
/// What the database reports.
pub async fn remove_value(tx: &Tx, record: Uuid, field: Uuid) -> Result<(), StoreError> {
    Entity::delete_by_id((record, field)).exec(tx).await?;
    Ok(())
}

/// The records whose field has this encoded value, as a part of another query.
#[must_use]
pub fn records_with(field: Uuid, text: &str) -> SelectStatement {
    Entity::find()
        .select_only()
        .column(Column::RecordId)
        .filter(Column::FieldId.eq(field))
        .filter(Column::Lookup.eq(lookup(text)))
        .filter(Column::TextValue.eq(text))
        .into_query()
}

/// The records whose field has a number between two, both included, as a part of another query.
#[must_use]
pub fn records_with_number(field: Uuid, from: f64, until: f64) -> SelectStatement {
    Entity::find()
        .select_only()
        .column(Column::RecordId)
        .filter(Column::FieldId.eq(field))
        .filter(Column::NumberValue.between(from, until))
        .into_query()
}

/// The records whose field has an encoded value between two, both included, as a part of another query; for values whose encoded texts are in their own
/// order, such as days.
#[must_use]
pub fn records_with_text(field: Uuid, from: &str, until: &str) -> SelectStatement {
    Entity::find()
        .select_only()
        .column(Column::RecordId)
        .filter(Column::FieldId.eq(field))
        .filter(Column::Lookup.between(lookup(from), lookup(until)))
        .into_query()
}

fn lookup(text: &str) -> &str {
    let mut end = text.len().min(LOOKUP_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
