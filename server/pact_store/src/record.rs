//! What every record has in common: found by its key, changed only by whoever saw its present content.

use std::collections::{BTreeSet, HashSet};

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic, IntoActiveModel, Iterable, ModelTrait,
    PrimaryKeyTrait, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};
use uuid::Uuid;

use crate::entity;
use crate::error::StoreError;
use crate::journal::insert_or_update;
use crate::together::rounded_up;
use crate::tx::Tx;

/// A record that people change: it carries a revision, the random token of its present content.
pub trait Record:
    ModelTrait<Entity: EntityTrait<Model = Self, ActiveModel = Self::Active, PrimaryKey = Self::Key>>
    + IntoActiveModel<Self::Active>
    + Send
    + Sync
{
    /// Its active model.
    type Active: ActiveModelTrait<Entity = Self::Entity> + Send;
    /// Its primary key.
    type Key: PrimaryKeyTrait<ValueType = Self::Id>;
    /// The type of its id.
    type Id: Into<Value> + Clone + Send + Sync + Into<<Self::Key as PrimaryKeyTrait>::ValueType>;
    /// Its noun, as `mission.md` has it.
    const WHAT: &'static str;
    /// The column of its id.
    const ID: <Self::Entity as EntityTrait>::Column;
    /// The column of its revision.
    const REVISION: <Self::Entity as EntityTrait>::Column;
    /// Its id.
    fn id(&self) -> Self::Id;
    /// The token of its present content.
    fn revision(&self) -> &str;
    /// Gives it another token.
    fn set_revision(&mut self, revision: String);
}

macro_rules! records {
    ($($entity:ident: $id:ty = $what:literal;)*) => {$(
        impl Record for entity::$entity::Model {
            type Active = entity::$entity::ActiveModel;
            type Key = entity::$entity::PrimaryKey;
            type Id = $id;
            const WHAT: &'static str = $what;
            const ID: entity::$entity::Column = entity::$entity::Column::Id;
            const REVISION: entity::$entity::Column = entity::$entity::Column::Revision;
            fn id(&self) -> $id {
                self.id.clone()
            }
            fn revision(&self) -> &str {
                &self.revision
            }
            fn set_revision(&mut self, revision: String) {
                self.revision = revision;
            }
        }
    )*};
}

records! {
    team: Uuid = "team";
    territory: Uuid = "territory";
    person: Uuid = "person";
    customer: Uuid = "customer";
    contact: Uuid = "contact";
    lead: Uuid = "lead";
    card: Uuid = "card";
    plan: Uuid = "plan";
    request: Uuid = "request";
    pack: Uuid = "pack";
    goal: Uuid = "goal";
    custom_field: Uuid = "field";
    plugin: String = "plugin";
    form_key: Uuid = "form key";
    webhook: Uuid = "webhook";
    view: Uuid = "view";
}

/// A new random revision.
#[must_use]
pub fn new_revision() -> String {
    pact_core::id::random().simple().to_string()
}

/// The record with this id, if there is one.
///
/// # Errors
/// What the database reports.
pub async fn find<M: Record>(conn: &impl ConnectionTrait, id: M::Id) -> Result<Option<M>, StoreError> {
    Ok(M::Entity::find().filter(M::ID.eq(id)).one(conn).await?)
}

/// The record with this id.
///
/// # Errors
/// [`StoreError::NotFound`], or what the database reports.
pub async fn get<M: Record>(conn: &impl ConnectionTrait, id: M::Id) -> Result<M, StoreError> {
    find(conn, id).await?.ok_or(StoreError::NotFound { what: M::WHAT })
}

/// The record with this id, held for this transaction: nobody else changes it before the commit.
///
/// # Errors
/// [`StoreError::NotFound`], or what the database reports.
pub async fn hold<M: Record>(tx: &Tx, id: M::Id) -> Result<M, StoreError> {
    let held = M::Entity::find().filter(M::ID.eq(id)).lock_exclusive().one(tx).await?;
    held.ok_or(StoreError::NotFound { what: M::WHAT })
}

/// The records with these ids, held as by [`hold`], in the order of their ids, so that two transactions do not wait for each other; ids without a
/// record are left out.
///
/// # Errors
/// What the database reports.
pub async fn hold_many<M: Record>(tx: &Tx, ids: impl IntoIterator<Item = M::Id>) -> Result<Vec<M>, StoreError> {
    let ids: Vec<M::Id> = ids.into_iter().collect();
    let mut held = Vec::with_capacity(ids.len());
    for some in ids.chunks(crate::IDS_PER_QUERY) {
        let select = M::Entity::find().filter(M::ID.is_in(rounded_up(some)));
        held.extend(select.order_by_asc(M::ID).lock_exclusive().all(tx).await?);
    }
    Ok(held)
}

/// Holds a key (a customer's name, an e-mail address) for this transaction, so that two writers do not make the same new record for it. SQLite's one
/// writer needs no such thing.
///
/// # Errors
/// What the database reports; a key that is held for long by another writer has this job done again.
pub async fn hold_key(tx: &Tx, key: &str) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::Postgres {
        let hold = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        tx.query_one_raw(Statement::from_sql_and_values(backend, hold, [key.into()])).await?;
    }
    Ok(())
}

/// So many that leads of different customers hardly ever wait for each other, and few enough that a chunk of an import can hold all of them: PostgreSQL has
/// room for some thousands of locks in all (`max_locks_per_transaction`).
const STRIPES: i64 = 1_024;

/// Holds many keys for this transaction, in one order, so that nobody waits in a circle; different keys may fall on one lock. SQLite's one writer needs no
/// such thing.
///
/// # Errors
/// Those of [`hold_key`].
pub async fn hold_keys(tx: &Tx, keys: &BTreeSet<&str>) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::Postgres && !keys.is_empty() {
        let hold = "SELECT count(pg_advisory_xact_lock(held.stripe)) FROM (SELECT DISTINCT mod(hashtextextended(key, 1), $2) AS stripe \
                    FROM jsonb_array_elements_text($1::jsonb) AS given(key) ORDER BY stripe) AS held";
        let keys = serde_json::Value::from_iter(keys.iter().copied());
        tx.query_one_raw(Statement::from_sql_and_values(backend, hold, [keys.into(), STRIPES.into()])).await?;
    }
    Ok(())
}

/// The records with these ids, in no order; ids without a record are left out.
///
/// # Errors
/// What the database reports.
pub async fn many<M: Record>(
    conn: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = M::Id> + Send,
) -> Result<Vec<M>, StoreError> {
    let ids: Vec<M::Id> = ids.into_iter().collect();
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(crate::IDS_PER_QUERY) {
        found.extend(M::Entity::find().filter(M::ID.is_in(rounded_up(some))).all(conn).await?);
    }
    Ok(found)
}

/// Writes a new row of any table.
///
/// # Errors
/// [`StoreError::Taken`], [`StoreError::Reference`], or what the database reports.
pub async fn insert<M>(tx: &Tx, row: M) -> Result<(), StoreError>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    M::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes new rows of any table, many with one statement.
///
/// # Errors
/// As [`insert`]; then none is written.
pub async fn insert_many<M>(tx: &Tx, rows: Vec<M>) -> Result<(), StoreError>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    M::Entity: EntityTrait<Model = M>,
{
    Ok(crate::journal::insert_all::<M::Entity, _>(rows, tx).await?)
}

/// Writes what differs between `before` and `after`, if the record is still as `before` saw it, and returns it with its new revision.
///
/// # Errors
/// [`StoreError::Conflict`] when somebody changed it meanwhile, [`StoreError::NotFound`] when it is gone, or what the database reports.
pub async fn save<M: Record>(tx: &Tx, before: &M, mut after: M) -> Result<M, StoreError> {
    after.set_revision(before.revision().to_owned());
    let mut change = M::Active::default();
    let mut changed = false;
    for column in <M::Entity as EntityTrait>::Column::iter() {
        let value = after.get(column);
        if value != before.get(column) {
            change.set(column, value);
            changed = true;
        }
    }
    if !changed {
        return Ok(after);
    }
    after.set_revision(new_revision());
    change.set(M::REVISION, after.revision().into());
    let done = M::Entity::update_many()
        .set(change)
        .filter(M::ID.eq(before.id()))
        .filter(M::REVISION.eq(before.revision()))
        .exec(tx)
        .await?;
    if done.rows_affected == 1 {
        return Ok(after);
    }
    find::<M>(tx, before.id())
        .await?
        .map_or(Err(StoreError::NotFound { what: M::WHAT }), |_| Err(StoreError::Conflict { what: M::WHAT }))
}

/// Writes what differs between the first and the second of each pair, of records that this transaction holds ([`hold_many`]), many with one statement;
/// returns them with their new revisions.
///
/// # Errors
/// What the database reports.
pub async fn save_held<M: Record>(tx: &Tx, changes: Vec<(M, M)>) -> Result<Vec<M>, StoreError> {
    let mut columns = Vec::new();
    let mut written = Vec::new();
    let mut after = Vec::with_capacity(changes.len());
    for (before, mut now) in changes {
        now.set_revision(before.revision().to_owned());
        let differ: Vec<_> =
            <M::Entity as EntityTrait>::Column::iter().filter(|&column| now.get(column) != before.get(column)).collect();
        if !differ.is_empty() {
            now.set_revision(new_revision());
            columns.extend(differ);
            written.push(now.clone());
        }
        after.push(now);
    }
    columns.push(M::REVISION);
    let mut seen = HashSet::new();
    columns.retain(|column| seen.insert(column.as_str().to_owned()));
    let again = OnConflict::column(M::ID).update_columns(columns).to_owned();
    insert_or_update::<M::Entity, _>(written, &again, tx).await?;
    Ok(after)
}

/// Removes a record, if it is still as the caller saw it.
///
/// # Errors
/// [`StoreError::Conflict`], [`StoreError::NotFound`], [`StoreError::Reference`] when others point at it, or what the database reports.
pub async fn remove<M: Record>(tx: &Tx, seen: &M) -> Result<(), StoreError> {
    let done = M::Entity::delete_many().filter(M::ID.eq(seen.id())).filter(M::REVISION.eq(seen.revision())).exec(tx).await?;
    if done.rows_affected == 1 {
        return Ok(());
    }
    find::<M>(tx, seen.id())
        .await?
        .map_or(Err(StoreError::NotFound { what: M::WHAT }), |_| Err(StoreError::Conflict { what: M::WHAT }))
}
