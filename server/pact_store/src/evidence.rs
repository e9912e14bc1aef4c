//! The log of policy acts: rows only. What they hash to and who signs is `pact_evidence`'s and `pact_app`'s business.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::entity::{evidence_checkpoint, evidence_entry, evidence_head, evidence_name, evidence_node, evidence_text};
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;
use crate::value::{Secret, Words};

/// The key under which the first entry is made, by one writer.
const OPENING: &str = "evidence log";

/// How far the log is; nothing before its first entry.
///
/// # Errors
/// What the database reports.
pub async fn head(conn: &impl ConnectionTrait) -> Result<Option<evidence_head::Model>, StoreError> {
    Ok(evidence_head::Entity::find().one(conn).await?)
}

/// How far the log is, held for this transaction: nobody else appends before the commit.
///
/// # Errors
/// What the database reports.
pub async fn hold_head(tx: &Tx) -> Result<Option<evidence_head::Model>, StoreError> {
    let held = evidence_head::Entity::find().lock_exclusive().one(tx).await?;
    if held.is_some() {
        return Ok(held);
    }
    // There is no row to hold yet, so two writers could both begin the log.
    record::hold_key(tx, OPENING).await?;
    Ok(evidence_head::Entity::find().lock_exclusive().one(tx).await?)
}

/// Begins the log.
///
/// # Errors
/// What the database reports.
pub async fn open(tx: &Tx, origin: String) -> Result<evidence_head::Model, StoreError> {
    let head = evidence_head::Model { origin, size: 0, peaks: Words::default() };
    record::insert(tx, head.clone()).await?;
    Ok(head)
}

/// Writes an entry, the nodes that are complete with it, and how far the log is then.
///
/// # Errors
/// What the database reports.
pub async fn append(
    tx: &Tx,
    entry: evidence_entry::Model,
    nodes: Vec<evidence_node::Model>,
    head: evidence_head::Model,
) -> Result<(), StoreError> {
    record::insert(tx, entry).await?;
    record::insert_many(tx, nodes).await?;
    let head = evidence_head::ActiveModel {
        origin: sea_orm::ActiveValue::Unchanged(head.origin),
        size: sea_orm::ActiveValue::Set(head.size),
        peaks: sea_orm::ActiveValue::Set(head.peaks),
    };
    evidence_head::Entity::update(head).exec(tx).await?;
    Ok(())
}

/// Entries from a place on, in their order.
///
/// # Errors
/// What the database reports.
pub async fn entries(conn: &impl ConnectionTrait, from: i64, limit: u64) -> Result<Vec<evidence_entry::Model>, StoreError> {
    entries_of(conn, None, from, limit).await
}

/// Entries of one kind of act, or of all, from a place on.
///
/// # Errors
/// What the database reports.
pub async fn entries_of(
    conn: &impl ConnectionTrait,
    kind: Option<&str>,
    from: i64,
    limit: u64,
) -> Result<Vec<evidence_entry::Model>, StoreError> {
    let mut entries = evidence_entry::Entity::find().filter(evidence_entry::Column::Number.gte(from));
    if let Some(kind) = kind {
        entries = entries.filter(evidence_entry::Column::Kind.eq(kind));
    }
    Ok(entries.order_by_asc(evidence_entry::Column::Number).limit(limit).all(conn).await?)
}

/// The newest entry of a kind of act.
///
/// # Errors
/// What the database reports.
pub async fn newest_of(conn: &impl ConnectionTrait, kind: &str) -> Result<Option<evidence_entry::Model>, StoreError> {
    let of_kind = evidence_entry::Entity::find().filter(evidence_entry::Column::Kind.eq(kind));
    Ok(of_kind.order_by_desc(evidence_entry::Column::Number).one(conn).await?)
}

/// The hashes of a kept level, `count` of them from `first` on: leaves at level 0.
///
/// # Errors
/// What the database reports.
pub async fn hashes(conn: &impl ConnectionTrait, level: i64, first: i64, count: i64) -> Result<Vec<String>, StoreError> {
    if level == 0 {
        let leaves = evidence_entry::Entity::find()
            .select_only()
            .column(evidence_entry::Column::Leaf)
            .filter(evidence_entry::Column::Number.gte(first))
            .filter(evidence_entry::Column::Number.lt(first + count))
            .order_by_asc(evidence_entry::Column::Number);
        return Ok(leaves.into_tuple().all(conn).await?);
    }
    let nodes = evidence_node::Entity::find()
        .select_only()
        .column(evidence_node::Column::Hash)
        .filter(evidence_node::Column::Level.eq(level))
        .filter(evidence_node::Column::Number.gte(first))
        .filter(evidence_node::Column::Number.lt(first + count))
        .order_by_asc(evidence_node::Column::Number);
    Ok(nodes.into_tuple().all(conn).await?)
}

/// Every kept hash above the leaves.
///
/// # Errors
/// What the database reports.
pub async fn nodes(conn: &impl ConnectionTrait) -> Result<Vec<evidence_node::Model>, StoreError> {
    Ok(evidence_node::Entity::find().all(conn).await?)
}

/// The newest checkpoint.
///
/// # Errors
/// What the database reports.
pub async fn checkpoint(conn: &impl ConnectionTrait) -> Result<Option<evidence_checkpoint::Model>, StoreError> {
    Ok(evidence_checkpoint::Entity::find().order_by_desc(evidence_checkpoint::Column::Size).one(conn).await?)
}

/// The checkpoint for so many entries, held for this transaction.
///
/// # Errors
/// What the database reports.
pub async fn hold_checkpoint(tx: &Tx, size: i64) -> Result<Option<evidence_checkpoint::Model>, StoreError> {
    Ok(evidence_checkpoint::Entity::find_by_id(size).lock_exclusive().one(tx).await?)
}

/// Every checkpoint, the oldest first.
///
/// # Errors
/// What the database reports.
pub async fn checkpoints(conn: &impl ConnectionTrait) -> Result<Vec<evidence_checkpoint::Model>, StoreError> {
    Ok(evidence_checkpoint::Entity::find().order_by_asc(evidence_checkpoint::Column::Size).all(conn).await?)
}

/// Keeps a checkpoint, or the same with more signatures.
///
/// # Errors
/// What the database reports.
pub async fn keep_checkpoint(tx: &Tx, row: evidence_checkpoint::Model) -> Result<(), StoreError> {
    let again = OnConflict::column(evidence_checkpoint::Column::Size).update_column(evidence_checkpoint::Column::Note).to_owned();
    let insert = evidence_checkpoint::Entity::insert(row.into_active_model()).on_conflict(again);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

/// Keeps a text that an entry names; one that is there already stays.
///
/// # Errors
/// What the database reports.
pub async fn keep_text(tx: &Tx, hash: String, body: String) -> Result<(), StoreError> {
    if evidence_text::Entity::find_by_id(hash.clone()).one(tx).await?.is_none() {
        record::insert(tx, evidence_text::Model { hash, body }).await?;
    }
    Ok(())
}

/// Texts after one with this hash, in the order of their hashes.
///
/// # Errors
/// What the database reports.
pub async fn texts(conn: &impl ConnectionTrait, after: &str, limit: u64) -> Result<Vec<evidence_text::Model>, StoreError> {
    let texts = evidence_text::Entity::find().filter(evidence_text::Column::Hash.gt(after));
    Ok(texts.order_by_asc(evidence_text::Column::Hash).limit(limit).all(conn).await?)
}

/// Keeps whom a pseudonym stands for.
///
/// # Errors
/// What the database reports.
pub async fn keep_name(tx: &Tx, pseudonym: String, salt: String, person_id: Uuid) -> Result<(), StoreError> {
    record::insert(tx, evidence_name::Model { pseudonym, salt: Secret(salt), person_id }).await
}

/// Whom pseudonyms stand for, after one of them, in their order.
///
/// # Errors
/// What the database reports.
pub async fn names(conn: &impl ConnectionTrait, after: &str, limit: u64) -> Result<Vec<evidence_name::Model>, StoreError> {
    let names = evidence_name::Entity::find().filter(evidence_name::Column::Pseudonym.gt(after));
    Ok(names.order_by_asc(evidence_name::Column::Pseudonym).limit(limit).all(conn).await?)
}

/// Whom one pseudonym stands for; nothing once that is erased.
///
/// # Errors
/// What the database reports.
pub async fn name(conn: &impl ConnectionTrait, pseudonym: &str) -> Result<Option<evidence_name::Model>, StoreError> {
    Ok(evidence_name::Entity::find_by_id(pseudonym).one(conn).await?)
}

/// The entry at a place of the log.
///
/// # Errors
/// What the database reports.
pub async fn entry(conn: &impl ConnectionTrait, number: i64) -> Result<Option<evidence_entry::Model>, StoreError> {
    Ok(evidence_entry::Entity::find_by_id(number).one(conn).await?)
}
