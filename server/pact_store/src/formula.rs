//! Records whose formulas are to be made anew: noted by the database itself (migration `m0020`), taken off when the values are written.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use crate::entity::{custom_field, formula_day, formula_reads, formula_stale, formula_sweep};
use crate::error::StoreError;
use crate::tx::Tx;

/// The tables whose records have custom fields, by the word for their kind.
fn table(kind: &str) -> Option<&'static str> {
    match kind {
        "customer" => Some("customers"),
        "contact" => Some("contacts"),
        "lead" => Some("leads"),
        "plan" => Some("plans"),
        "person" => Some("persons"),
        "card" => Some("cards"),
        _ => None,
    }
}

/// Says what the formulas on each kind of record read, in place of what was said before: pairs of the kind that has them and the kind that they read.
///
/// # Errors
/// What the database reports.
pub async fn set_reads(tx: &Tx, reads: Vec<(String, String)>) -> Result<(), StoreError> {
    formula_reads::Entity::delete_many().exec(tx).await?;
    for (on_record, reads) in reads {
        let row = formula_reads::Model { on_record, reads };
        formula_reads::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Has all records of a kind looked through, from the first one on.
///
/// # Errors
/// What the database reports.
pub async fn sweep(tx: &Tx, on_record: &str) -> Result<(), StoreError> {
    let row = formula_sweep::Model { on_record: on_record.to_owned(), after: None };
    let again = OnConflict::column(formula_sweep::Column::OnRecord).update_column(formula_sweep::Column::After).to_owned();
    formula_sweep::Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// The kinds that are being looked through.
///
/// # Errors
/// What the database reports.
pub async fn sweeps(conn: &impl ConnectionTrait) -> Result<Vec<formula_sweep::Model>, StoreError> {
    Ok(formula_sweep::Entity::find().order_by_asc(formula_sweep::Column::OnRecord).all(conn).await?)
}

/// Notes the next records of a kind that is looked through as out of date, at most `limit` of them.
///
/// # Errors
/// What the database reports.
pub async fn sweep_on(tx: &Tx, on_record: &str, limit: u64) -> Result<(), StoreError> {
    let held = formula_sweep::Entity::find_by_id(on_record.to_owned()).lock_exclusive().one(tx).await?;
    let (Some(held), Some(table)) = (held, table(on_record)) else { return Ok(()) };
    let backend = tx.get_database_backend();
    let (random, one) = words(backend);
    let from = if held.after.is_some() { format!("WHERE id > {one}") } else { String::new() };
    let ids = format!("SELECT id FROM \"{table}\" {from} ORDER BY id LIMIT {limit}");
    let values = || held.after.map(sea_orm::Value::from);
    let last =
        Statement::from_sql_and_values(backend, format!("SELECT id FROM ({ids}) AS next ORDER BY id DESC LIMIT 1"), values());
    let last: Option<Uuid> = tx.query_one_raw(last).await?.map(|row| row.try_get_by_index(0)).transpose()?;
    let Some(last) = last else {
        formula_sweep::Entity::delete_by_id(on_record.to_owned()).exec(tx).await?;
        return Ok(());
    };
    let mark = format!(
        "INSERT INTO \"formula_stale\" (record_id, kind, touched, token) SELECT id, '{on_record}', FALSE, {random} FROM ({ids}) AS next \
         WHERE TRUE ON CONFLICT (record_id) DO UPDATE SET token = {random}"
    );
    tx.execute_raw(Statement::from_sql_and_values(backend, mark, values())).await?;
    let row = formula_sweep::ActiveModel {
        on_record: sea_orm::ActiveValue::Unchanged(on_record.to_owned()),
        after: sea_orm::ActiveValue::Set(Some(last)),
    };
    formula_sweep::Entity::update(row).exec(tx).await?;
    Ok(())
}

/// A fresh token and the first bound value, in the words of a database.
fn words(backend: DbBackend) -> (&'static str, &'static str) {
    match backend {
        DbBackend::Postgres => ("gen_random_uuid()", "$1"),
        _ => ("randomblob(16)", "?"),
    }
}

/// Records whose formulas are to be made anew, at most `limit` of them.
///
/// # Errors
/// What the database reports.
pub async fn stale(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<formula_stale::Model>, StoreError> {
    Ok(formula_stale::Entity::find().order_by_asc(formula_stale::Column::RecordId).limit(limit).all(conn).await?)
}

/// A record, if its formulas are to be made anew.
///
/// # Errors
/// What the database reports.
pub async fn stale_one(conn: &impl ConnectionTrait, record: Uuid) -> Result<Option<formula_stale::Model>, StoreError> {
    Ok(formula_stale::Entity::find_by_id(record).one(conn).await?)
}

/// Of these, those that are still to be made anew as they were when they were read; held for this transaction.
///
/// # Errors
/// What the database reports.
pub async fn still_stale(tx: &Tx, seen: &[formula_stale::Model]) -> Result<Vec<formula_stale::Model>, StoreError> {
    let mut held = Vec::with_capacity(seen.len());
    for some in seen.chunks(crate::IDS_PER_QUERY) {
        let rows = formula_stale::Entity::find()
            .filter(formula_stale::Column::RecordId.is_in(some.iter().map(|row| row.record_id)))
            .order_by_asc(formula_stale::Column::RecordId)
            .lock_exclusive();
        held.extend(rows.all(tx).await?);
    }
    held.retain(|now| seen.iter().any(|then| then.record_id == now.record_id && then.token == now.token));
    Ok(held)
}

/// Takes records off: their formulas were made anew.
///
/// # Errors
/// What the database reports.
pub async fn settled(tx: &Tx, records: &[Uuid]) -> Result<(), StoreError> {
    for some in records.chunks(crate::IDS_PER_QUERY) {
        let these = formula_stale::Column::RecordId.is_in(some.iter().copied());
        formula_stale::Entity::delete_many().filter(these).exec(tx).await?;
    }
    Ok(())
}

/// Notes the records of a kind that hang on a customer as out of date, because something else there changed.
///
/// # Errors
/// What the database reports.
pub async fn touch_of_customer(tx: &Tx, kind: &str, customer: Uuid) -> Result<(), StoreError> {
    let Some(table) = table(kind) else { return Ok(()) };
    let backend = tx.get_database_backend();
    let (random, one) = words(backend);
    let column = if kind == "customer" { "id" } else { "customer_id" };
    let mark = format!(
        "INSERT INTO \"formula_stale\" (record_id, kind, touched, token) SELECT id, '{kind}', FALSE, {random} FROM \"{table}\" \
         WHERE {column} = {one} ON CONFLICT (record_id) DO UPDATE SET token = {random}"
    );
    tx.execute_raw(Statement::from_sql_and_values(backend, mark, [customer.into()])).await?;
    Ok(())
}

/// The customers that records of a kind hang on.
///
/// # Errors
/// What the database reports.
pub async fn customers_of(conn: &impl ConnectionTrait, kind: &str, records: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    if kind == "customer" {
        return Ok(records.to_vec());
    }
    let Some(table) = table(kind).filter(|_| kind != "person") else { return Ok(Vec::new()) };
    let backend = conn.get_database_backend();
    let mut customers = Vec::new();
    for some in records.chunks(crate::IDS_PER_QUERY) {
        let marks: Vec<String> =
            (1..=some.len()).map(|n| if backend == DbBackend::Postgres { format!("${n}") } else { "?".to_owned() }).collect();
        let sql = format!("SELECT DISTINCT customer_id FROM \"{table}\" WHERE id IN ({})", marks.join(", "));
        let values = some.iter().map(|id| sea_orm::Value::from(*id));
        for row in conn.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await? {
            customers.push(row.try_get_by_index(0)?);
        }
    }
    Ok(customers)
}

/// The day for which formulas that read it were made.
///
/// # Errors
/// What the database reports.
pub async fn day(conn: &impl ConnectionTrait) -> Result<Option<String>, StoreError> {
    Ok(formula_day::Entity::find().one(conn).await?.map(|row| row.day))
}

/// Another day begins for formulas that read it.
///
/// # Errors
/// What the database reports.
pub async fn set_day(tx: &Tx, day: &str) -> Result<(), StoreError> {
    formula_day::Entity::delete_many().exec(tx).await?;
    let row = formula_day::Model { day: day.to_owned() };
    formula_day::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Notes why a formula gave no value, until it is defined otherwise.
///
/// # Errors
/// What the database reports.
pub async fn failed(tx: &Tx, field: Uuid, why: &str) -> Result<(), StoreError> {
    let note = custom_field::Entity::update_many().col_expr(custom_field::Column::Failure, Expr::value(why));
    let first = note.filter(custom_field::Column::Id.eq(field)).filter(custom_field::Column::Failure.is_null());
    first.exec(tx).await?;
    Ok(())
}
