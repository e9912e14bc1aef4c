//! Coaching periods and their notes. No query lists periods by anybody but one of the two, and none counts them but by coach.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::entity::{coaching_note, coaching_period, note_key, note_opening};
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// Periods that are proposed and signed at once, by one writer.
const WRITING: &str = "coaching periods";

/// Holds all periods for this transaction, so that no two of one person overlap.
///
/// # Errors
/// What the database reports.
pub async fn hold(tx: &Tx) -> Result<(), StoreError> {
    record::hold_key(tx, WRITING).await
}

/// A person's key for notes.
///
/// # Errors
/// What the database reports.
pub async fn key(conn: &impl ConnectionTrait, person: Uuid) -> Result<Option<note_key::Model>, StoreError> {
    Ok(note_key::Entity::find_by_id(person).one(conn).await?)
}

/// Keeps a person's key as it is now; what was opened with another is closed.
///
/// # Errors
/// What the database reports.
pub async fn keep_key(tx: &Tx, row: note_key::Model) -> Result<(), StoreError> {
    close(tx, row.person_id).await?;
    note_key::Entity::delete_by_id(row.person_id).exec(tx).await?;
    record::insert(tx, row).await
}

/// Closes what a person opened.
///
/// # Errors
/// What the database reports.
pub async fn close(tx: &Tx, person: Uuid) -> Result<(), StoreError> {
    note_opening::Entity::delete_many().filter(note_opening::Column::PersonId.eq(person)).exec(tx).await?;
    Ok(())
}

/// Keeps what was opened in a session.
///
/// # Errors
/// What the database reports.
pub async fn keep_opening(tx: &Tx, row: note_opening::Model) -> Result<(), StoreError> {
    let again = OnConflict::column(note_opening::Column::SessionId)
        .update_columns([note_opening::Column::Wrapped, note_opening::Column::UntilAt])
        .to_owned();
    note_opening::Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// What was opened in a session, if its time is not over.
///
/// # Errors
/// What the database reports.
pub async fn opening(conn: &impl ConnectionTrait, session: Uuid, now: i64) -> Result<Option<note_opening::Model>, StoreError> {
    let opened = note_opening::Entity::find_by_id(session).filter(note_opening::Column::UntilAt.gt(now));
    Ok(opened.one(conn).await?)
}

/// Forgets what was opened and whose time is over.
///
/// # Errors
/// What the database reports.
pub async fn sweep_openings(tx: &Tx, now: i64) -> Result<(), StoreError> {
    note_opening::Entity::delete_many().filter(note_opening::Column::UntilAt.lte(now)).exec(tx).await?;
    Ok(())
}

/// The period with this id, if the person is one of the two.
///
/// # Errors
/// What the database reports.
pub async fn period(conn: &impl ConnectionTrait, id: Uuid, person: Uuid) -> Result<Option<coaching_period::Model>, StoreError> {
    Ok(coaching_period::Entity::find_by_id(id).filter(one_of_both(person)).one(conn).await?)
}

/// The periods of which a person is one of the two, the latest first.
///
/// # Errors
/// What the database reports.
pub async fn periods(conn: &impl ConnectionTrait, person: Uuid, limit: u64) -> Result<Vec<coaching_period::Model>, StoreError> {
    let own = coaching_period::Entity::find().filter(one_of_both(person));
    let latest = own.order_by_desc(coaching_period::Column::FirstOn).order_by_desc(coaching_period::Column::Id);
    Ok(latest.limit(limit).all(conn).await?)
}

fn one_of_both(person: Uuid) -> Condition {
    Condition::any().add(coaching_period::Column::CoachId.eq(person)).add(coaching_period::Column::PersonId.eq(person))
}

/// The periods in which a person was or is coached: signed ones, for the limits on the next.
///
/// # Errors
/// What the database reports.
pub async fn of_coached(conn: &impl ConnectionTrait, person: Uuid) -> Result<Vec<coaching_period::Model>, StoreError> {
    let coached = coaching_period::Entity::find().filter(coaching_period::Column::PersonId.eq(person));
    Ok(coached.filter(coaching_period::Column::SignedAt.is_not_null()).all(conn).await?)
}

/// The periods in one of these states.
///
/// # Errors
/// What the database reports.
pub async fn in_states(conn: &impl ConnectionTrait, states: &[&str]) -> Result<Vec<coaching_period::Model>, StoreError> {
    let found = coaching_period::Entity::find().filter(coaching_period::Column::State.is_in(states.iter().copied()));
    Ok(found.order_by_asc(coaching_period::Column::Id).all(conn).await?)
}

/// Writes a period as it is now.
///
/// # Errors
/// What the database reports.
pub async fn keep_period(tx: &Tx, row: coaching_period::Model) -> Result<(), StoreError> {
    coaching_period::Entity::update(row.into_active_model().reset_all()).exec(tx).await?;
    Ok(())
}

/// Forgets a period that was never signed.
///
/// # Errors
/// What the database reports.
pub async fn remove_period(tx: &Tx, id: Uuid) -> Result<(), StoreError> {
    coaching_period::Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
}

/// How many signed periods each coach has had.
///
/// # Errors
/// What the database reports.
pub async fn by_coach(conn: &impl ConnectionTrait) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let counted = coaching_period::Entity::find()
        .select_only()
        .column(coaching_period::Column::CoachId)
        .column_as(coaching_period::Column::Id.count(), "periods")
        .filter(coaching_period::Column::SignedAt.is_not_null())
        .group_by(coaching_period::Column::CoachId);
    Ok(counted.into_tuple().all(conn).await?)
}

/// The notes of a period, the oldest first.
///
/// # Errors
/// What the database reports.
pub async fn notes(conn: &impl ConnectionTrait, period: Uuid, limit: u64) -> Result<Vec<coaching_note::Model>, StoreError> {
    let notes = coaching_note::Entity::find().filter(coaching_note::Column::PeriodId.eq(period));
    Ok(notes.order_by_asc(coaching_note::Column::At).order_by_asc(coaching_note::Column::Id).limit(limit).all(conn).await?)
}

/// Writes a note as it is sealed now.
///
/// # Errors
/// What the database reports.
pub async fn keep_note(tx: &Tx, row: coaching_note::Model) -> Result<(), StoreError> {
    coaching_note::Entity::update(row.into_active_model().reset_all()).exec(tx).await?;
    Ok(())
}

/// Erases the notes of a period.
///
/// # Errors
/// What the database reports.
pub async fn erase_notes(tx: &Tx, period: Uuid) -> Result<(), StoreError> {
    coaching_note::Entity::delete_many().filter(coaching_note::Column::PeriodId.eq(period)).exec(tx).await?;
    Ok(())
}
