//! What makes a POST safe to repeat: its key is claimed before it is done, and its answer is kept for a day.

use pact_core::time::Instant;
use pact_store::entity::idempotency_key::{self, Column, Entity, Model};
use pact_store::{AsJson, StoreError, Tx, record};
use sea_orm::entity::prelude::*;

use crate::{App, Refusal};

/// How long an answer is kept.
pub const KEPT_S: i64 = 24 * 3_600;
/// How long a request may take before its outcome counts as unknown: the server was stopped while it worked.
pub const WORK_S: i64 = 120;

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that belong to it.
    pub headers: Vec<(String, String)>,
    /// The body; none when it held a secret.
    pub body: Option<String>,
}

/// What came of claiming a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody had it: the request is to be done.
    First,
    /// The same request was done, with this answer.
    Done(Answer),
    /// The same request is being done.
    InFlight,
    /// The same request was begun and never finished.
    OutcomeUnknown,
    /// Another request has it.
    OtherRequest,
}

/// Claims a key for a request.
///
/// # Errors
/// A store that does not answer.
pub async fn claim(app: &App, scope: &str, key: &str, request_hash: &str) -> Result<Claim, Refusal> {
    let now = app.clock.now();
    let row = Model {
        scope: scope.to_owned(),
        key: key.to_owned(),
        request_hash: request_hash.to_owned(),
        status: None,
        body: None,
        headers: None,
        created_at: now.millis(),
    };
    let claimed = app.store.write(async move |tx| claim_in(tx, row.clone(), now).await).await;
    match claimed {
        // Another node claimed it in the same moment.
        Err(StoreError::Taken { .. }) => Ok(Claim::InFlight),
        claimed => Ok(claimed?),
    }
}

async fn claim_in(tx: &Tx, row: Model, now: Instant) -> Result<Claim, StoreError> {
    if let Some(known) = Entity::find_by_id((row.scope.clone(), row.key.clone())).one(tx).await? {
        if known.created_at > now.millis() - KEPT_S * 1_000 {
            return Ok(judge(known, &row.request_hash, now));
        }
        remove(tx, &row.scope, &row.key).await?;
    }
    record::insert(tx, row).await?;
    Ok(Claim::First)
}

/// What a key that is known already means for a request.
fn judge(known: Model, request_hash: &str, now: Instant) -> Claim {
    if known.request_hash != request_hash {
        return Claim::OtherRequest;
    }
    match known.status {
        Some(status) => {
            let headers = known.headers.and_then(|headers| serde_json::from_value(headers.0).ok()).unwrap_or_default();
            Claim::Done(Answer { status: u16::try_from(status).unwrap_or(200), headers, body: known.body })
        }
        None if known.created_at > now.millis() - WORK_S * 1_000 => Claim::InFlight,
        None => Claim::OutcomeUnknown,
    }
}

/// Keeps the answer to a claimed key; without an answer the key is free again.
///
/// # Errors
/// A store that does not answer.
pub async fn finish(app: &App, scope: &str, key: &str, answer: Option<Answer>) -> Result<(), Refusal> {
    let (scope, key) = (scope.to_owned(), key.to_owned());
    app.store
        .write(async move |tx| match &answer {
            Some(answer) => keep(tx, &scope, &key, answer).await,
            None => remove(tx, &scope, &key).await,
        })
        .await?;
    Ok(())
}

/// Drops keys whose day is over.
///
/// # Errors
/// A store that does not answer.
pub async fn sweep(app: &App) -> Result<(), Refusal> {
    let before = app.clock.now().millis() - KEPT_S * 1_000;
    app.store
        .write(async move |tx| {
            Entity::delete_many().filter(Column::CreatedAt.lte(before)).exec(tx).await.map_err(StoreError::from)?;
            Ok::<_, Refusal>(())
        })
        .await
}

async fn remove(tx: &Tx, scope: &str, key: &str) -> Result<(), StoreError> {
    Entity::delete_by_id((scope.to_owned(), key.to_owned())).exec(tx).await?;
    Ok(())
}

async fn keep(tx: &Tx, scope: &str, key: &str, answer: &Answer) -> Result<(), StoreError> {
    let headers = serde_json::json!(answer.headers);
    idempotency_key::Entity::update_many()
        .col_expr(Column::Status, Expr::value(i64::from(answer.status)))
        .col_expr(Column::Body, Expr::value(answer.body.clone()))
        .col_expr(Column::Headers, Expr::value(AsJson(headers)))
        .filter(Column::Scope.eq(scope))
        .filter(Column::Key.eq(key))
        .exec(tx)
        .await?;
    Ok(())
}
