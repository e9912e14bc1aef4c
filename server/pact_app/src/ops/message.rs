//! Messages and digests: what a person was told, read by that person alone.

use pact_core::time::Instant;
use pact_store::entity::message;
use pact_store::list::page;
use pact_store::message::By;
use pact_store::{Ask, Page, Sort, StoreError};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{App, Caller, Refusal};

/// The most messages that are marked at once by their ids.
pub const MAX_MARKED: usize = 500;

/// The caller's messages, a page at a time.
///
/// # Errors
/// A cursor of another list, or a store that does not answer.
pub async fn list_messages(
    app: &App,
    caller: &Caller,
    unread: bool,
    sort: Sort<By>,
    ask: &Ask,
) -> Result<Page<message::Model>, Refusal> {
    let mut own = message::Entity::find().filter(message::Column::PersonId.eq(caller.person_id));
    if unread {
        own = own.filter(message::Column::ReadAt.is_null());
    }
    Ok(page(app.store.read(), own, message::Column::Id, sort, ask).await?)
}

/// Marks the caller's messages as read: those with these ids, or all. Ids of others' messages change nothing.
///
/// # Errors
/// More ids than [`MAX_MARKED`], or a store that does not answer.
pub async fn read_messages(app: &App, caller: &Caller, ids: Option<Vec<Uuid>>) -> Result<(), Refusal> {
    if ids.as_ref().is_some_and(|ids| ids.len() > MAX_MARKED) {
        return Err(Refusal::invalid("ids", format!("at most {MAX_MARKED} at once. Leave the ids out to mark all.")));
    }
    let (person, now) = (caller.person_id, app.clock.now().millis());
    app.store
        .write(async move |tx| {
            pact_store::message::mark_read(tx, person, ids.as_deref(), now).await?;
            Ok(())
        })
        .await
}

/// One of the caller's messages.
///
/// # Errors
/// A store that does not answer.
pub async fn own_message(app: &App, caller: &Caller, id: Uuid) -> Result<Option<message::Model>, Refusal> {
    let own = message::Entity::find_by_id(id).filter(message::Column::PersonId.eq(caller.person_id));
    Ok(own.one(app.store.read()).await.map_err(StoreError::from)?)
}

/// The caller's messages since an instant, oldest first.
///
/// # Errors
/// A store that does not answer.
pub async fn recent_messages(app: &App, caller: &Caller, since: Instant, limit: u64) -> Result<Vec<message::Model>, Refusal> {
    let own = message::Entity::find()
        .filter(message::Column::PersonId.eq(caller.person_id))
        .filter(message::Column::At.gte(since.millis()));
    let rows = own.order_by_asc(message::Column::At).order_by_asc(message::Column::Id).limit(limit).all(app.store.read()).await;
    Ok(rows.map_err(StoreError::from)?)
}
