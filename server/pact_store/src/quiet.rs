//! Quiet leads: found by what happened last, told to each plugin once a quiet spell.
//!
//! A sweep looks only at leads on which something happened since the last sweep's horizon, so it costs what became quiet, not what is stored.

use std::collections::HashSet;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::entity::{lead, quiet_mark, quiet_sweep};
use crate::error::StoreError;
use crate::tx::Tx;

/// How far a plugin's leads were looked through.
///
/// # Errors
/// What the database reports.
pub async fn sweep_of(conn: &impl ConnectionTrait, plugin: &str) -> Result<Option<quiet_sweep::Model>, StoreError> {
    Ok(quiet_sweep::Entity::find_by_id(plugin.to_owned()).one(conn).await?)
}

/// Notes how far a plugin's leads were looked through.
///
/// # Errors
/// What the database reports.
pub async fn swept(tx: &Tx, row: quiet_sweep::Model) -> Result<(), StoreError> {
    use quiet_sweep::{Column, Entity};
    let again = OnConflict::column(Column::PluginId).update_columns([Column::AfterMinutes, Column::SweptUntil]).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// An open lead of whose quiet spell nobody was told: no more of it than says since when it is whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Untold {
    /// The lead.
    pub id: Uuid,
    /// Who owns it.
    pub owner_id: Option<Uuid>,
    /// When something happened on it last.
    pub last_event_at: i64,
}

/// Open leads on which something happened last between two instants (`since` excluded), and of whose present quiet spell a plugin was not told.
///
/// # Errors
/// What the database reports.
pub async fn untold(
    conn: &impl ConnectionTrait,
    plugin: &str,
    states: &[&str],
    since: i64,
    until: i64,
    limit: u64,
) -> Result<Vec<Untold>, StoreError> {
    let told = Query::select()
        .expr(Expr::value(1))
        .from(quiet_mark::Entity)
        .and_where(Expr::col((quiet_mark::Entity, quiet_mark::Column::LeadId)).equals((lead::Entity, lead::Column::Id)))
        .and_where(quiet_mark::Column::PluginId.eq(plugin))
        .and_where(
            Expr::col((quiet_mark::Entity, quiet_mark::Column::LastEventAt)).equals((lead::Entity, lead::Column::LastEventAt)),
        )
        .to_owned();
    let quiet = lead::Entity::find()
        .select_only()
        .columns([lead::Column::Id, lead::Column::OwnerId, lead::Column::LastEventAt])
        .filter(lead::Column::State.is_in(states.iter().copied()))
        .filter(lead::Column::LastEventAt.gt(since))
        .filter(lead::Column::LastEventAt.lte(until))
        .filter(Expr::exists(told).not());
    let quiet = quiet.order_by_asc(lead::Column::LastEventAt).order_by_asc(lead::Column::Id).limit(limit);
    Ok(quiet.into_model::<Untold>().all(conn).await?)
}

/// Marks quiet spells as told; returns the leads of which nobody had told the plugin before.
///
/// # Errors
/// What the database reports.
pub async fn mark(tx: &Tx, rows: Vec<quiet_mark::Model>) -> Result<HashSet<Uuid>, StoreError> {
    use quiet_mark::{Column, Entity};
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let new = Expr::col((Entity, Column::LastEventAt)).ne(Expr::col(("excluded", Column::LastEventAt)));
    let mut again = OnConflict::columns([Column::LeadId, Column::PluginId]);
    again.update_column(Column::LastEventAt).action_and_where(new);
    let marked = Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model)).on_conflict(again);
    let told: Vec<quiet_mark::Model> = marked.exec_with_returning(tx).await?;
    Ok(told.into_iter().map(|row| row.lead_id).collect())
}
