//! Security records and requests to open them. No query lists records of more than one person, and none counts them.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::entity::{security_access, security_record};
use crate::error::StoreError;
use crate::list::{Ask, Page, Sort, page, sorts};
use crate::record;
use crate::tx::Tx;

/// Requests that are made and agreed to at once, by one writer.
const WRITING: &str = "security accesses";

sorts! {
    /// The orders in which one person's records are listed.
    By of security_record {
        At = "at",
    }
}

/// Holds all requests for this transaction.
///
/// # Errors
/// What the database reports.
pub async fn hold(tx: &Tx) -> Result<(), StoreError> {
    record::hold_key(tx, WRITING).await
}

/// Keeps a record.
///
/// # Errors
/// What the database reports.
pub async fn keep(tx: &Tx, row: security_record::Model) -> Result<(), StoreError> {
    record::insert(tx, row).await
}

/// The records of one person between two instants: from the first on, before the second.
///
/// # Errors
/// As [`page`].
pub async fn of_person(
    conn: &impl ConnectionTrait,
    person: Uuid,
    (from, before): (i64, Option<i64>),
    sort: Sort<By>,
    ask: &Ask,
) -> Result<Page<security_record::Model>, StoreError> {
    use security_record::Column;
    let own = security_record::Entity::find().filter(Column::PersonId.eq(person)).filter(Column::At.gte(from));
    let own = own.apply_if(before, |own, before| own.filter(Column::At.lt(before)));
    page(conn, own, Column::Id, sort, ask).await
}

/// The newest of one person's records of these kinds.
///
/// # Errors
/// What the database reports.
pub async fn newest(
    conn: &impl ConnectionTrait,
    person: Uuid,
    whats: &[&str],
) -> Result<Option<security_record::Model>, StoreError> {
    use security_record::Column;
    let own = security_record::Entity::find().filter(Column::PersonId.eq(person));
    let of_kinds = own.filter(Column::What.is_in(whats.iter().copied()));
    Ok(of_kinds.order_by_desc(Column::At).one(conn).await?)
}

/// Whether there is a record from before an instant.
///
/// # Errors
/// What the database reports.
pub async fn is_any_before(conn: &impl ConnectionTrait, at: i64) -> Result<bool, StoreError> {
    Ok(security_record::Entity::find().filter(security_record::Column::At.lt(at)).one(conn).await?.is_some())
}

/// Forgets the records from before an instant.
///
/// # Errors
/// What the database reports.
pub async fn forget_before(tx: &Tx, at: i64) -> Result<(), StoreError> {
    security_record::Entity::delete_many().filter(security_record::Column::At.lt(at)).exec(tx).await?;
    Ok(())
}

/// The request with this id.
///
/// # Errors
/// What the database reports.
pub async fn access(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<security_access::Model>, StoreError> {
    Ok(security_access::Entity::find_by_id(id).one(conn).await?)
}

/// The requests in which somebody has a part, the latest first: which they made or agreed to, which were opened and concern them, and, if they may
/// answer requests, which wait for an answer.
///
/// # Errors
/// What the database reports.
pub async fn accesses_of(
    conn: &impl ConnectionTrait,
    person: Uuid,
    may_answer: bool,
    limit: u64,
) -> Result<Vec<security_access::Model>, StoreError> {
    use security_access::Column;
    let concerned = Condition::all().add(Column::PersonId.eq(person)).add(Column::AgreedAt.is_not_null());
    let mut parts = Condition::any().add(Column::AskerId.eq(person)).add(Column::OtherId.eq(person)).add(concerned);
    if may_answer {
        parts = parts.add(Column::State.eq("asked"));
    }
    let found = security_access::Entity::find().filter(parts);
    Ok(found.order_by_desc(Column::AskedAt).order_by_desc(Column::Id).limit(limit).all(conn).await?)
}

/// The requests that wait or are open.
///
/// # Errors
/// What the database reports.
pub async fn living(conn: &impl ConnectionTrait) -> Result<Vec<security_access::Model>, StoreError> {
    let living = security_access::Entity::find().filter(security_access::Column::State.is_in(["asked", "open"]));
    Ok(living.order_by_asc(security_access::Column::Id).all(conn).await?)
}

/// Writes a request as it is now.
///
/// # Errors
/// What the database reports.
pub async fn keep_access(tx: &Tx, row: security_access::Model) -> Result<(), StoreError> {
    security_access::Entity::update(row.into_active_model().reset_all()).exec(tx).await?;
    Ok(())
}

/// Whether there is a request that was closed before an instant.
///
/// # Errors
/// What the database reports.
pub async fn is_any_closed_before(conn: &impl ConnectionTrait, at: i64) -> Result<bool, StoreError> {
    Ok(security_access::Entity::find().filter(security_access::Column::ClosedAt.lt(at)).one(conn).await?.is_some())
}

/// Forgets requests that were closed before an instant.
///
/// # Errors
/// What the database reports.
pub async fn forget_closed_before(tx: &Tx, at: i64) -> Result<(), StoreError> {
    security_access::Entity::delete_many().filter(security_access::Column::ClosedAt.lt(at)).exec(tx).await?;
    Ok(())
}
