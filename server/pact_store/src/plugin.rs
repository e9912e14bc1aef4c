//! Plugins, the versions of their scripts, and their runs.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::entity::{plugin, run, run_subject, script_version};
use crate::error::StoreError;
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;
use crate::tx::Tx;

/// Every installed plugin, by id.
///
/// # Errors
/// What the database reports.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<plugin::Model>, StoreError> {
    Ok(plugin::Entity::find().order_by_asc(plugin::Column::Id).all(conn).await?)
}

/// The versions of a plugin, newest first.
///
/// # Errors
/// What the database reports.
pub async fn versions(conn: &impl ConnectionTrait, plugin: &str, limit: u64) -> Result<Vec<script_version::Model>, StoreError> {
    let versions = script_version::Entity::find().filter(script_version::Column::PluginId.eq(plugin));
    Ok(versions.order_by_desc(script_version::Column::Number).limit(limit).all(conn).await?)
}

/// The version that a plugin runs: the newest.
///
/// # Errors
/// What the database reports.
pub async fn newest_version(conn: &impl ConnectionTrait, plugin: &str) -> Result<Option<script_version::Model>, StoreError> {
    Ok(versions(conn, plugin, 1).await?.pop())
}

/// A version by its id.
///
/// # Errors
/// What the database reports.
pub async fn version(conn: &impl ConnectionTrait, id: Uuid) -> Result<Option<script_version::Model>, StoreError> {
    Ok(script_version::Entity::find_by_id(id).one(conn).await?)
}

/// The version of the same plugin that came before this one.
///
/// # Errors
/// What the database reports.
pub async fn version_before(
    conn: &impl ConnectionTrait,
    version: &script_version::Model,
) -> Result<Option<script_version::Model>, StoreError> {
    use script_version::Column;
    let before = script_version::Entity::find().filter(Column::PluginId.eq(version.plugin_id.as_str()));
    let before = before.filter(Column::Number.lt(version.number)).order_by_desc(Column::Number);
    Ok(before.one(conn).await?)
}

/// Gives a version its certificate; nothing else of a version ever changes.
///
/// # Errors
/// What the database reports.
pub async fn certify(tx: &Tx, version: Uuid, certificate: serde_json::Value) -> Result<(), StoreError> {
    let given =
        script_version::ActiveModel { id: Set(version), certificate: Set(Some(certificate.into())), ..Default::default() };
    script_version::Entity::update(given).exec(tx).await?;
    Ok(())
}

/// Which runs.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Of this plugin.
    pub plugin: Option<String>,
    /// That ended so: `done`, `failed`, `limit`.
    pub outcome: Option<String>,
    /// About this lead, customer or other record.
    pub record: Option<Uuid>,
    /// For this event.
    pub event: Option<Uuid>,
    /// Started at or after this instant.
    pub started_since: Option<i64>,
    /// Of this function.
    pub call: Option<String>,
    /// Whose log holds this text, however it is spelled.
    pub text: Option<String>,
    /// Not of these functions.
    pub not_of: Vec<String>,
}

sorts! {
    /// The orders in which runs are listed.
    RunBy of run {
        StartedAt = "started_at",
    }
}

impl Listed for run::Model {
    type Filter = RunFilter;
    type By = RunBy;
    const ID: run::Column = run::Column::Id;

    fn within(select: Select<run::Entity>, scope: &Scope) -> Select<run::Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(_) => select.filter(run::Column::Id.is_null()),
        }
    }

    fn narrow(mut select: Select<run::Entity>, _: &Scope, filter: &RunFilter) -> Select<run::Entity> {
        narrow!(select, filter, run: plugin => PluginId.eq, outcome => Outcome.eq, event => EventId.eq, started_since => StartedAt.gte, call => Call.eq);
        if let Some(text) = &filter.text {
            let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let log = Expr::expr(Func::lower(Expr::col((run::Entity, run::Column::Log))));
            select = select.filter(log.like(LikeExpr::new(format!("%{escaped}%")).escape('\\')));
        }
        if !filter.not_of.is_empty() {
            select = select.filter(run::Column::Call.is_not_in(filter.not_of.iter().cloned()));
        }
        if let Some(record) = filter.record {
            let about = Query::select()
                .column(run_subject::Column::RunId)
                .from(run_subject::Entity)
                .and_where(run_subject::Column::RecordId.eq(record))
                .to_owned();
            select = select.filter(run::Column::Id.in_subquery(about));
        }
        select
    }
}

/// The records that a run was about.
///
/// # Errors
/// What the database reports.
pub async fn subjects(conn: &impl ConnectionTrait, run: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let subjects = run_subject::Entity::find().select_only().column(run_subject::Column::RecordId);
    Ok(subjects.filter(run_subject::Column::RunId.eq(run)).into_tuple().all(conn).await?)
}

/// Removes runs that started before an instant.
///
/// # Errors
/// What the database reports.
pub async fn forget_runs(tx: &Tx, before: i64) -> Result<u64, StoreError> {
    Ok(run::Entity::delete_many().filter(run::Column::StartedAt.lt(before)).exec(tx).await?.rows_affected)
}

/// Removes some of the runs that started before an instant, the oldest first, so that nobody waits long for the writer.
///
/// # Errors
/// What the database reports.
pub async fn forget_some_runs(tx: &Tx, before: i64, limit: u64) -> Result<u64, StoreError> {
    let old = run::Entity::find().select_only().column(run::Column::Id).filter(run::Column::StartedAt.lt(before));
    let some: Vec<Uuid> = old.order_by_asc(run::Column::StartedAt).limit(limit).into_tuple().all(tx).await?;
    let mut gone = 0;
    for some in some.chunks(crate::IDS_PER_QUERY) {
        gone += run::Entity::delete_many().filter(run::Column::Id.is_in(some.iter().copied())).exec(tx).await?.rows_affected;
    }
    Ok(gone)
}

/// Runs that began at an instant or later, but for those of some functions; the oldest first.
///
/// # Errors
/// What the database reports.
pub async fn runs_since(
    conn: &impl ConnectionTrait,
    since: i64,
    not_of: &[&str],
    limit: u64,
) -> Result<Vec<run::Model>, StoreError> {
    let select =
        run::Entity::find().filter(run::Column::StartedAt.gte(since)).filter(run::Column::Call.is_not_in(not_of.iter().copied()));
    Ok(select.order_by_asc(run::Column::StartedAt).order_by_asc(run::Column::Id).limit(limit).all(conn).await?)
}
