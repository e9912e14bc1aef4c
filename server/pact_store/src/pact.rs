//! The pact: its versions, and the signatures under them. No query counts or lists signatures by person but one's own.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::entity::{pact_signature, pact_version};
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// Versions that are proposed or signed at once, by one writer.
const WRITING: &str = "the pact";

/// Holds the pact for this transaction: nobody else proposes or signs before the commit.
///
/// # Errors
/// What the database reports.
pub async fn hold(tx: &Tx) -> Result<(), StoreError> {
    record::hold_key(tx, WRITING).await
}

/// The version in force; nothing before the first.
///
/// # Errors
/// What the database reports.
pub async fn in_force(conn: &impl ConnectionTrait) -> Result<Option<pact_version::Model>, StoreError> {
    let versions = pact_version::Entity::find().filter(pact_version::Column::InForceAt.is_not_null());
    Ok(versions.order_by_desc(pact_version::Column::Number).one(conn).await?)
}

/// The newest version, in force or proposed.
///
/// # Errors
/// What the database reports.
pub async fn newest(conn: &impl ConnectionTrait) -> Result<Option<pact_version::Model>, StoreError> {
    Ok(pact_version::Entity::find().order_by_desc(pact_version::Column::Number).one(conn).await?)
}

/// The version with this number.
///
/// # Errors
/// What the database reports.
pub async fn version(conn: &impl ConnectionTrait, number: i64) -> Result<Option<pact_version::Model>, StoreError> {
    Ok(pact_version::Entity::find().filter(pact_version::Column::Number.eq(number)).one(conn).await?)
}

/// Versions, the newest first.
///
/// # Errors
/// What the database reports.
pub async fn versions(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<pact_version::Model>, StoreError> {
    Ok(pact_version::Entity::find().order_by_desc(pact_version::Column::Number).limit(limit).all(conn).await?)
}

/// The signatures under a version that nobody withdrew.
///
/// # Errors
/// What the database reports.
pub async fn signatures(conn: &impl ConnectionTrait, version: Uuid) -> Result<Vec<pact_signature::Model>, StoreError> {
    let signatures = pact_signature::Entity::find().filter(pact_signature::Column::VersionId.eq(version));
    Ok(signatures.filter(pact_signature::Column::WithdrawnAt.is_null()).all(conn).await?)
}

/// One person's signature under a version, also one that was withdrawn.
///
/// # Errors
/// What the database reports.
pub async fn signature(
    conn: &impl ConnectionTrait,
    version: Uuid,
    person: Uuid,
) -> Result<Option<pact_signature::Model>, StoreError> {
    Ok(pact_signature::Entity::find_by_id((version, person)).one(conn).await?)
}

/// Keeps a signature as it is now.
///
/// # Errors
/// What the database reports.
pub async fn keep_signature(tx: &Tx, row: pact_signature::Model) -> Result<(), StoreError> {
    let again = OnConflict::columns([pact_signature::Column::VersionId, pact_signature::Column::PersonId])
        .update_columns([pact_signature::Column::Document, pact_signature::Column::SignedAt, pact_signature::Column::WithdrawnAt])
        .to_owned();
    let insert = pact_signature::Entity::insert(row.into_active_model()).on_conflict(again);
    insert.exec_without_returning(tx).await?;
    Ok(())
}

/// Brings a version into force.
///
/// # Errors
/// What the database reports.
pub async fn bring_into_force(tx: &Tx, version: Uuid, now: i64) -> Result<(), StoreError> {
    let row = pact_version::ActiveModel {
        id: sea_orm::ActiveValue::Unchanged(version),
        in_force_at: sea_orm::ActiveValue::Set(Some(now)),
        ..Default::default()
    };
    pact_version::Entity::update(row).exec(tx).await?;
    Ok(())
}
