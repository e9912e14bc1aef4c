//! Events that were put aside, as admins see them, and how much waits.
//!
//! A job is an event that was put aside once. Its name is random and its time a day: an event's own id and instant say when it happened, and many
//! events are acts of a member of staff (`policy.md` §6).

use std::fmt;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::entity::event::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::list::sorts;
use crate::tx::Tx;

/// What becomes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was put aside, and waits for an admin.
    Parked,
    /// It was released, and is handled soon.
    Waiting,
    /// It was released, and is handled.
    Done,
    /// An admin decided that it shall not be handled.
    Dropped,
}

impl State {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Parked, Self::Waiting, Self::Done, Self::Dropped];

    /// The word for it on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }

    /// The one with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }

    /// The state of a row.
    pub const fn of(row: &Model) -> Self {
        match (row.handled_at.is_some(), row.parked_reason.is_some()) {
            (false, true) => Self::Parked,
            (false, false) => Self::Waiting,
            (true, false) => Self::Done,
            (true, true) => Self::Dropped,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

sorts! {
    /// The orders in which jobs are listed.
    By of event {
        ParkedOn = "parked_on",
    }
}

/// What a list of jobs is narrowed by. It has no filter by record: that would list the acts around it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<State>,
    /// For this plugin.
    pub plugin: Option<String>,
    /// Ticks of schedules, or everything else.
    pub ticks: Option<bool>,
}

impl Filter {
    /// The rows that it leaves; `tick` is the name of events that are ticks.
    pub fn select(&self, tick: &str) -> Select<Entity> {
        let mut rows = Entity::find().filter(Column::ParkedId.is_not_null());
        if let Some(state) = self.state {
            let (handled, reason) = (Expr::col(Column::HandledAt), Expr::col(Column::ParkedReason));
            rows = match state {
                State::Parked => rows.filter(handled.is_null()).filter(reason.is_not_null()),
                State::Waiting => rows.filter(handled.is_null()).filter(reason.is_null()),
                State::Done => rows.filter(handled.is_not_null()).filter(reason.is_null()),
                State::Dropped => rows.filter(handled.is_not_null()).filter(reason.is_not_null()),
            };
        }
        if let Some(plugin) = &self.plugin {
            rows = rows.filter(Column::PluginId.eq(plugin.as_str()));
        }
        match self.ticks {
            Some(true) => rows.filter(Column::Name.eq(tick)),
            Some(false) => rows.filter(Column::Name.ne(tick)),
            None => rows,
        }
    }
}

/// A job by its name.
///
/// # Errors
/// What the database reports.
pub async fn find(conn: &impl ConnectionTrait, job: Uuid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::ParkedId.eq(job)).one(conn).await?)
}

/// A job, held for this transaction.
///
/// # Errors
/// [`StoreError::NotFound`], or what the database reports.
pub async fn hold(tx: &Tx, job: Uuid) -> Result<Model, StoreError> {
    let found = Entity::find().filter(Column::ParkedId.eq(job)).lock_exclusive().one(tx).await?;
    found.ok_or(StoreError::NotFound { what: "job" })
}

/// So many of these jobs, held for this transaction.
///
/// # Errors
/// What the database reports.
pub async fn hold_some(tx: &Tx, rows: Select<Entity>, limit: u64) -> Result<Vec<Model>, StoreError> {
    Ok(rows.order_by_asc(Column::ParkedId).limit(limit).lock_exclusive().all(tx).await?)
}

/// Gives a held job back to be handled, as if it had never been tried.
///
/// # Errors
/// What the database reports.
pub async fn release(tx: &Tx, row: &Model) -> Result<Model, StoreError> {
    let after =
        Model { parked_reason: None, lease_until: None, attempts: 0, fence: row.fence + 1, handled_at: None, ..row.clone() };
    put(tx, &after).await?;
    Ok(after)
}

/// Gives a held job's event another payload.
///
/// # Errors
/// What the database reports.
pub async fn set_payload(tx: &Tx, event: Uuid, payload: serde_json::Value) -> Result<(), StoreError> {
    let row = ActiveModel { id: Set(event), payload: Set(payload.into()), ..Default::default() };
    Entity::update(row).exec(tx).await?;
    Ok(())
}

/// Decides that a held job shall not be handled.
///
/// # Errors
/// What the database reports.
pub async fn drop_job(tx: &Tx, row: &Model, now: i64) -> Result<Model, StoreError> {
    let after = Model { handled_at: Some(now), lease_until: None, fence: row.fence + 1, ..row.clone() };
    put(tx, &after).await?;
    Ok(after)
}

/// Takes its name from a job whose event goes on as another row, so that the name can go with it.
///
/// # Errors
/// What the database reports.
pub async fn unname(tx: &Tx, row: &Model) -> Result<(), StoreError> {
    let nameless = Entity::update_many().col_expr(Column::ParkedId, Expr::value(None::<Uuid>)).filter(Column::Id.eq(row.id));
    nameless.exec(tx).await?;
    Ok(())
}

async fn put(tx: &Tx, row: &Model) -> Result<(), StoreError> {
    let update = Entity::update_many()
        .col_expr(Column::ParkedReason, Expr::value(row.parked_reason.clone()))
        .col_expr(Column::HandledAt, Expr::value(row.handled_at))
        .col_expr(Column::LeaseUntil, Expr::value(row.lease_until))
        .col_expr(Column::Attempts, Expr::value(row.attempts))
        .col_expr(Column::Fence, Expr::value(row.fence))
        .filter(Column::Id.eq(row.id));
    update.exec(tx).await?;
    Ok(())
}

/// Whether anything is put aside at present.
///
/// # Errors
/// What the database reports.
pub async fn any_parked(conn: &impl ConnectionTrait) -> Result<bool, StoreError> {
    let parked = Filter { state: Some(State::Parked), ..Filter::default() }.select("");
    Ok(parked.select_only().column(Column::Id).limit(1).into_tuple::<Uuid>().one(conn).await?.is_some())
}

/// How much there is to do, of everything together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Not tried yet.
    pub waiting: u64,
    /// Claimed by a node, or waiting for the next attempt.
    pub under_way: u64,
    /// Claimed by a node that let its lease run out; taken over with the next claim.
    pub lapsed: u64,
    /// Of all these, those that were tried more than once.
    pub repeated: u64,
    /// Put aside.
    pub parked: u64,
    /// When the oldest happened that is not handled.
    pub since: Option<i64>,
}

/// How much there is to do at `now`.
///
/// # Errors
/// What the database reports.
pub async fn load(conn: &impl ConnectionTrait, now: i64) -> Result<Load, StoreError> {
    let open = || Entity::find().filter(Column::HandledAt.is_null()).filter(Column::ParkedReason.is_null());
    let tried = || open().filter(Column::Attempts.gt(0));
    let parked = Filter { state: Some(State::Parked), ..Filter::default() }.select("");
    let oldest = open().select_only().column(Column::At).order_by_asc(Column::At).limit(1);
    Ok(Load {
        waiting: open().filter(Column::Attempts.eq(0)).count(conn).await?,
        under_way: tried().filter(Column::LeaseUntil.gt(now)).count(conn).await?,
        lapsed: tried().filter(Column::LeaseUntil.is_null().or(Column::LeaseUntil.lte(now))).count(conn).await?,
        repeated: open().filter(Column::Attempts.gt(1)).count(conn).await?,
        parked: parked.count(conn).await?,
        since: oldest.into_tuple().one(conn).await?,
    })
}
