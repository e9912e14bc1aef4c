//! The outbox: mail and webhooks' messages that leave after commit, at least once, each with the key that lets the receiver know a repetition.
//!
//! Whoever claims a row gets it for the length of a lease, with a fence: a number that goes up with every claim, and with every hand that an admin
//! lays on the row. What came of it is written only by who shows the present fence, so one who slept through the lease changes nothing.

use std::fmt;

use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};
use uuid::Uuid;

use crate::entity::outbox::{Column, Entity, Model};
use crate::entity::{outbox_attempt, webhook};
use crate::error::StoreError;
use crate::list::sorts;
use crate::tx::Tx;

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for its turn, or for the next attempt.
    Waiting,
    /// The other side took it.
    Sent,
    /// It was put aside after many attempts; an admin may release it.
    Parked,
    /// The other side said that it will never take it.
    Refused,
    /// An admin decided that it shall not leave.
    Dropped,
}

/// What leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Mail to a person or a contact.
    Mail,
    /// A message to a webhook.
    Webhook,
}

macro_rules! words {
    ($name:ident { $($case:ident = $word:literal,)+ }) => {
        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$case,)+];

            /// The word for it, in tables and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$case => $word,)+ }
            }

            /// The one with this word.
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }
    };
}

words! { State { Waiting = "waiting", Sent = "sent", Parked = "parked", Refused = "refused", Dropped = "dropped", } }
words! { Kind { Mail = "mail", Webhook = "webhook", } }

sorts! {
    /// The orders in which the outbox is listed.
    By of outbox {
        CreatedAt = "created_at",
        NextAt = "next_at",
    }
}

/// What a list of the outbox is narrowed by. It has no filter by address: that would list what one person was sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Rows in this state.
    pub state: Option<State>,
    /// Rows of this kind.
    pub kind: Option<Kind>,
    /// Messages to this webhook.
    pub webhook: Option<Uuid>,
}

impl Filter {
    /// The rows that it leaves.
    pub fn select(self) -> Select<Entity> {
        let mut rows = Entity::find();
        if let Some(state) = self.state {
            rows = rows.filter(Column::State.eq(state.as_str()));
        }
        if let Some(kind) = self.kind {
            rows = rows.filter(Column::Kind.eq(kind.as_str()));
        }
        if let Some(webhook) = self.webhook {
            rows = rows.filter(Column::WebhookId.eq(webhook));
        }
        rows
    }
}

/// Claims rows of a kind that are due, the longest waiting first, for the length of a lease. Each claim counts as an attempt.
///
/// # Errors
/// What the database reports.
pub async fn claim(tx: &Tx, kind: Kind, now: i64, limit: u64, lease_ms: i64) -> Result<Vec<Model>, StoreError> {
    let claim = Query::update()
        .table(Entity)
        .value(Column::LeaseUntil, now + lease_ms)
        .value(Column::Fence, Expr::col(Column::Fence).add(1))
        .value(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .and_where(
            Column::Id.in_subquery(
                due(kind, now)
                    .order_by_asc(Column::NextAt)
                    .order_by_asc(Column::Id)
                    .limit(limit)
                    .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                    .into_query(),
            ),
        )
        .returning_all()
        .to_owned();
    let rows = tx.query_all(&claim).await?;
    let mut claimed = rows.iter().map(|row| Model::from_query_result(row, "")).collect::<Result<Vec<_>, _>>()?;
    claimed.sort_by_key(|row| (row.created_at, row.id));
    Ok(claimed)
}

/// Whether a row of a kind is due at `now`: a cheap question before a claim.
///
/// # Errors
/// What the database reports.
pub async fn any_due(conn: &impl ConnectionTrait, kind: Kind, now: i64) -> Result<bool, StoreError> {
    Ok(due(kind, now).limit(1).into_tuple::<Uuid>().one(conn).await?.is_some())
}

/// The ids of rows that are due: nobody holds them, and their webhook, if they are for one, takes messages at present.
fn due(kind: Kind, now: i64) -> Select<Entity> {
    let held = webhook::Entity::find()
        .select_only()
        .column(webhook::Column::Id)
        .filter(webhook::Column::HeldUntil.gt(now).or(webhook::Column::Active.eq(false)));
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.eq(State::Waiting.as_str()))
        .filter(Column::Kind.eq(kind.as_str()))
        .filter(Column::NextAt.lte(now))
        .filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(now)))
        .filter(Column::WebhookId.is_null().or(Column::WebhookId.not_in_subquery(held.into_query())))
}

/// Keeps a claimed row for longer; false when it is no longer ours.
///
/// # Errors
/// What the database reports.
pub async fn extend(tx: &Tx, claimed: &Model, until: i64) -> Result<bool, StoreError> {
    change(tx, claimed, vec![(Column::LeaseUntil, Expr::value(until))]).await
}

/// Says that a claimed row's content is handed over from now on; false when it is no longer ours, and then it must not be.
///
/// # Errors
/// What the database reports.
pub async fn handing(tx: &Tx, claimed: &Model, now: i64) -> Result<bool, StoreError> {
    change(tx, claimed, vec![(Column::HandingAt, Expr::value(now))]).await
}

/// Says that a claimed row has left; false when it is no longer ours.
///
/// # Errors
/// What the database reports.
pub async fn mark_sent(tx: &Tx, claimed: &Model, now: i64) -> Result<bool, StoreError> {
    let values = settled(State::Sent, None).into_iter().chain([(Column::SentAt, Expr::value(now))]);
    change(tx, claimed, values.collect()).await
}

/// Tries a claimed row again at `next_at`; false when it is no longer ours. `in_doubt` keeps that it may have arrived.
///
/// # Errors
/// What the database reports.
pub async fn retry(tx: &Tx, claimed: &Model, next_at: i64, in_doubt: bool) -> Result<bool, StoreError> {
    let mut values = vec![(Column::NextAt, Expr::value(next_at)), (Column::LeaseUntil, Expr::value(None::<i64>))];
    if !in_doubt {
        // What an earlier attempt left in doubt stays so.
        values.push((Column::HandingAt, Expr::value(claimed.handing_at)));
    }
    change(tx, claimed, values).await
}

/// Brings a claimed row to a state in which it is not tried again by itself; false when it is no longer ours.
///
/// # Errors
/// What the database reports.
pub async fn settle(tx: &Tx, claimed: &Model, state: State, reason: &str) -> Result<bool, StoreError> {
    change(tx, claimed, settled(state, Some(reason))).await
}

fn settled(state: State, reason: Option<&str>) -> Vec<(Column, Expr)> {
    let mut values = vec![
        (Column::State, Expr::value(state.as_str())),
        (Column::Reason, Expr::value(reason.map(str::to_owned))),
        (Column::LeaseUntil, Expr::value(None::<i64>)),
    ];
    if state != State::Parked {
        values.push((Column::HandingAt, Expr::value(None::<i64>)));
    }
    values
}

async fn change(tx: &Tx, claimed: &Model, values: Vec<(Column, Expr)>) -> Result<bool, StoreError> {
    let mut update = Query::update();
    update.table(Entity).values(values);
    update.and_where(Column::Id.eq(claimed.id)).and_where(Column::Fence.eq(claimed.fence));
    update.and_where(Column::State.eq(State::Waiting.as_str()));
    // A claimed row was committed before it was claimed, so no row that still waits to be written need be written first.
    Ok(tx.execute_past_journal(&update).await?.rows_affected() == 1)
}

/// A row, held for this transaction.
///
/// # Errors
/// [`StoreError::NotFound`], or what the database reports.
pub async fn hold(tx: &Tx, row: Uuid) -> Result<Model, StoreError> {
    Entity::find_by_id(row).lock_exclusive().one(tx).await?.ok_or(StoreError::NotFound { what: "message" })
}

/// Gives a held row back to be sent now, as if it had never been tried; whoever still holds a claim on it changes nothing any more.
///
/// # Errors
/// What the database reports.
pub async fn release(tx: &Tx, row: &Model, now: i64) -> Result<Model, StoreError> {
    let after = Model {
        state: State::Waiting.as_str().to_owned(),
        reason: None,
        sent_at: None,
        next_at: now,
        attempts: 0,
        fence: row.fence + 1,
        lease_until: None,
        handing_at: None,
        ..row.clone()
    };
    put(tx, &after).await?;
    Ok(after)
}

/// Says that a held row came back after it had been taken.
///
/// # Errors
/// What the database reports.
pub async fn came_back(tx: &Tx, row: &Model, reason: &str) -> Result<Model, StoreError> {
    let after = Model {
        state: State::Refused.as_str().to_owned(),
        reason: Some(reason.to_owned()),
        fence: row.fence + 1,
        lease_until: None,
        handing_at: None,
        ..row.clone()
    };
    put(tx, &after).await?;
    Ok(after)
}

/// Decides that a held row shall not leave.
///
/// # Errors
/// What the database reports.
pub async fn drop_row(tx: &Tx, row: &Model, reason: &str) -> Result<Model, StoreError> {
    let after = Model {
        state: State::Dropped.as_str().to_owned(),
        reason: Some(reason.to_owned()),
        fence: row.fence + 1,
        lease_until: None,
        ..row.clone()
    };
    put(tx, &after).await?;
    Ok(after)
}

async fn put(tx: &Tx, row: &Model) -> Result<(), StoreError> {
    let values = [
        (Column::State, Expr::value(row.state.clone())),
        (Column::Reason, Expr::value(row.reason.clone())),
        (Column::SentAt, Expr::value(row.sent_at)),
        (Column::NextAt, Expr::value(row.next_at)),
        (Column::Attempts, Expr::value(row.attempts)),
        (Column::Fence, Expr::value(row.fence)),
        (Column::LeaseUntil, Expr::value(row.lease_until)),
        (Column::HandingAt, Expr::value(row.handing_at)),
    ];
    let mut update = Entity::update_many().filter(Column::Id.eq(row.id));
    for (column, value) in values {
        update = update.col_expr(column, value);
    }
    update.exec(tx).await?;
    Ok(())
}

/// Gives a row that nobody has claimed yet another content; false when it has left or is leaving.
///
/// # Errors
/// What the database reports.
pub async fn reword(tx: &Tx, key: &str, payload: crate::Json) -> Result<bool, StoreError> {
    let untouched = Entity::update_many()
        .col_expr(Column::Payload, Expr::value(payload))
        .filter(Column::IdempotencyKey.eq(key))
        .filter(Column::State.eq(State::Waiting.as_str()))
        .filter(Column::Fence.eq(0));
    Ok(untouched.exec(tx).await?.rows_affected == 1)
}

/// Gives what was posted to a name that no webhook had to the webhook that has it now, and releases it.
///
/// # Errors
/// What the database reports.
pub async fn give_to(tx: &Tx, webhook: &webhook::Model, now: i64) -> Result<u64, StoreError> {
    let waited = Entity::update_many()
        .col_expr(Column::WebhookId, Expr::value(webhook.id))
        .col_expr(Column::State, Expr::value(State::Waiting.as_str()))
        .col_expr(Column::Reason, Expr::value(None::<String>))
        .col_expr(Column::NextAt, Expr::value(now))
        .filter(Column::Kind.eq(Kind::Webhook.as_str()))
        .filter(Column::WebhookId.is_null())
        .filter(Column::State.eq(State::Parked.as_str()))
        .filter(Column::Address.eq(webhook.name.as_str()));
    Ok(waited.exec(tx).await?.rows_affected)
}

/// The attempts to send a row, oldest first.
///
/// # Errors
/// What the database reports.
pub async fn attempts(conn: &impl ConnectionTrait, row: Uuid, limit: u64) -> Result<Vec<outbox_attempt::Model>, StoreError> {
    let all = outbox_attempt::Entity::find().filter(outbox_attempt::Column::OutboxId.eq(row));
    Ok(all.order_by_asc(outbox_attempt::Column::At).order_by_asc(outbox_attempt::Column::Id).limit(limit).all(conn).await?)
}

/// How many rows of a kind are in a state.
///
/// # Errors
/// What the database reports.
pub async fn count(conn: &impl ConnectionTrait, kind: Kind, state: State) -> Result<u64, StoreError> {
    let rows = Filter { kind: Some(kind), state: Some(state), webhook: None };
    Ok(rows.select().count(conn).await?)
}

/// When the row of a kind was written that has waited longest.
///
/// # Errors
/// What the database reports.
pub async fn waiting_since(conn: &impl ConnectionTrait, kind: Kind) -> Result<Option<i64>, StoreError> {
    let waiting = Filter { kind: Some(kind), state: Some(State::Waiting), webhook: None }.select();
    Ok(waiting.select_only().column(Column::CreatedAt).order_by_asc(Column::CreatedAt).into_tuple().one(conn).await?)
}

/// Removes rows that were written before an instant and wait for nothing, so many at most.
///
/// # Errors
/// What the database reports.
pub async fn forget(tx: &Tx, before: i64, limit: u64) -> Result<u64, StoreError> {
    let over = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CreatedAt.lt(before))
        .filter(Column::State.ne(State::Waiting.as_str()))
        .limit(limit);
    let old = Entity::delete_many().filter(Column::Id.in_subquery(over.into_query()));
    Ok(old.exec(tx).await?.rows_affected)
}
