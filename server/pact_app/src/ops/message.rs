//! Messages: what a person was told about records, read by that person alone.

use pact_core::time::Instant;
use pact_store::entity::message::{Column, Entity, Model};
use pact_store::StoreError;
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::{App, Caller, Refusal};

/// Marks one of the caller's messages as read, or as unread again.
///
/// # Errors
/// There is no such message in the caller's inbox.
pub async fn mark_message(app: &App, caller: &Caller, id: Uuid, read: bool) -> Result<Model, Refusal> {
    let (person, now) = (caller.person_id, app.clock.now());
    app.store
        .write(async move |tx| {
            let found = Entity::find_by_id(id).filter(Column::PersonId.eq(person)).one(tx).await.map_err(StoreError::from)?;
            let row = found.ok_or(Refusal::NotFound { what: "message" })?;
            let read_at = if read { row.read_at.or(Some(now.millis())) } else { None };
            if read_at != row.read_at {
                Entity::update_many()
                    .col_expr(Column::ReadAt, Expr::value(read_at))
                    .filter(Column::Id.eq(id))
                    .exec(tx)
                    .await
                    .map_err(StoreError::from)?;
            }
            Ok(Model { read_at, ..row })
        })
        .await
}

/// Marks the caller's messages up to an instant as read.
///
/// # Errors
/// A store that does not answer.
pub async fn read_messages(app: &App, caller: &Caller, until: Instant) -> Result<(), Refusal> {
    let (person, now) = (caller.person_id, app.clock.now());
    app.store
        .write(async move |tx| {
            Entity::update_many()
                .col_expr(Column::ReadAt, Expr::value(now.millis()))
                .filter(Column::PersonId.eq(person))
                .filter(Column::ReadAt.is_null())
                .filter(Column::At.lte(until.millis()))
                .exec(tx)
                .await
                .map_err(StoreError::from)?;
            Ok(())
        })
        .await
}
