//! Custom fields and their values.

use sea_orm::sea_query::{Expr, OnConflict, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::entity::custom_field;
use crate::entity::custom_value::{Column, Entity, Model};
use crate::error::StoreError;
use crate::together::rounded_up;
use crate::tx::Tx;

/// Bytes of a value that the index holds.
const LOOKUP_BYTES: usize = 200;

/// Every field, by record and name; those that were removed are not among them.
///
/// # Errors
/// What the database reports.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<custom_field::Model>, StoreError> {
    let fields = custom_field::Entity::find().filter(custom_field::Column::RemovedAt.is_null());
    Ok(fields.order_by_asc(custom_field::Column::OnRecord).order_by_asc(custom_field::Column::Name).all(conn).await?)
}

/// The fields on one kind of record, by name.
///
/// # Errors
/// What the database reports.
pub async fn on_record(conn: &impl ConnectionTrait, kind: &str) -> Result<Vec<custom_field::Model>, StoreError> {
    let fields = custom_field::Entity::find().filter(custom_field::Column::OnRecord.eq(kind));
    let present = fields.filter(custom_field::Column::RemovedAt.is_null());
    Ok(present.order_by_asc(custom_field::Column::Name).all(conn).await?)
}

/// The fields that were removed and whose values are still there, the last first.
///
/// # Errors
/// What the database reports.
pub async fn removed(conn: &impl ConnectionTrait) -> Result<Vec<custom_field::Model>, StoreError> {
    let fields = custom_field::Entity::find().filter(custom_field::Column::RemovedAt.is_not_null());
    Ok(fields.order_by_desc(custom_field::Column::RemovedAt).order_by_asc(custom_field::Column::Id).all(conn).await?)
}

/// Notes of which words and by which rules definitions were accepted; nothing else of them changes.
///
/// # Errors
/// What the database reports.
pub async fn seal(tx: &Tx, field: Uuid, sealed: &str) -> Result<(), StoreError> {
    let one = custom_field::Entity::update_many().col_expr(custom_field::Column::Sealed, Expr::value(sealed));
    one.filter(custom_field::Column::Id.eq(field)).exec(tx).await?;
    Ok(())
}

/// The values of a field, in the order of their records, after one of these.
///
/// # Errors
/// What the database reports.
pub async fn values_in(
    conn: &impl ConnectionTrait,
    field: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let mut values = Entity::find().filter(Column::FieldId.eq(field));
    if let Some(after) = after {
        values = values.filter(Column::RecordId.gt(after));
    }
    Ok(values.order_by_asc(Column::RecordId).limit(limit).all(conn).await?)
}

/// Gives all values of one field to another.
///
/// # Errors
/// What the database reports.
pub async fn move_values(tx: &Tx, from: Uuid, to: Uuid) -> Result<(), StoreError> {
    let all = Entity::update_many().col_expr(Column::FieldId, Expr::value(to)).filter(Column::FieldId.eq(from));
    all.exec(tx).await?;
    Ok(())
}

/// Notes whether scripts store in fields what tells of acts, for those where it changed; nothing else of them changes.
///
/// # Errors
/// What the database reports.
pub async fn tell_acts(tx: &Tx, fields: &[Uuid], acts: bool) -> Result<(), StoreError> {
    let these = custom_field::Entity::update_many().col_expr(custom_field::Column::Acts, Expr::value(acts));
    these.filter(custom_field::Column::Id.is_in(fields.iter().copied())).exec(tx).await?;
    Ok(())
}

/// The values of many records at once.
///
/// # Errors
/// What the database reports.
pub async fn values_of(conn: &impl ConnectionTrait, records: &[Uuid]) -> Result<Vec<Model>, StoreError> {
    let mut values = Vec::new();
    for some in records.chunks(crate::IDS_PER_QUERY) {
        values.extend(Entity::find().filter(Column::RecordId.is_in(rounded_up(some))).all(conn).await?);
    }
    Ok(values)
}

/// A value as it is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    /// Its text: equal values have equal texts.
    pub text: String,
    /// Its number, if it is one.
    pub number: Option<f64>,
    /// The folded words by which search finds it; empty if there is nothing to find.
    pub words: String,
}

/// Gives a record's field a value.
///
/// # Errors
/// What the database reports.
pub async fn write_value(tx: &Tx, record: Uuid, field: Uuid, value: &Encoded, now: i64) -> Result<(), StoreError> {
    let value = Model {
        record_id: record,
        field_id: field,
        text_value: Some(value.text.clone()),
        lookup: Some(lookup(&value.text).to_owned()),
        number_value: value.number,
        words: Some(value.words.clone()),
        updated_at: now,
    };
    let again = OnConflict::columns([Column::RecordId, Column::FieldId])
        .update_columns([Column::TextValue, Column::Lookup, Column::NumberValue, Column::Words, Column::UpdatedAt])
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

/// Gives a record's field a value where it has none yet, or only the one that it began with.
///
/// # Errors
/// What the database reports.
pub async fn begin_value(
    tx: &Tx,
    record: Uuid,
    field: Uuid,
    value: &Encoded,
    default: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    match Entity::find_by_id((record, field)).one(tx).await? {
        Some(present) if present.text_value.as_deref() != default => Ok(()),
        Some(_) | None => write_value(tx, record, field, value, now).await,
    }
}

/// Values at which nobody has looked yet for what search finds in them.
///
/// # Errors
/// What the database reports.
pub async fn values_without_words(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Words.is_null()).order_by_asc(Column::RecordId).limit(limit).all(conn).await?)
}

/// Notes what search finds in a value, if it is still this one.
///
/// # Errors
/// What the database reports.
pub async fn note_words(tx: &Tx, seen: &Model, words: &str) -> Result<(), StoreError> {
    let mut one = Entity::update_many().col_expr(Column::Words, Expr::value(words));
    one =
        one.filter(Column::RecordId.eq(seen.record_id)).filter(Column::FieldId.eq(seen.field_id)).filter(Column::Words.is_null());
    one = match &seen.text_value {
        Some(text) => one.filter(Column::TextValue.eq(text.as_str())),
        None => one.filter(Column::TextValue.is_null()),
    };
    one.exec(tx).await?;
    Ok(())
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

/// The part of an encoded value that the index holds.
#[must_use]
pub fn lookup(text: &str) -> &str {
    let mut end = text.len().min(LOOKUP_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
