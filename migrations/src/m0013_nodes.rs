//! Several nodes: what a node must know to work with this database, and events that were put aside as admins see them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::shape::Shape;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Shape::bare("schema_needs").text("migration").text("because").key(["migration"]).create(manager).await?;
        event_columns(manager).await
    }
}

/// An event that was put aside has an id of its own, which is random: an event's id tells when it happened, and many are acts (`policy.md` §6). For
/// the same reason it has the day, and no instant.
async fn event_columns(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.has_column("events", "parked_id").await? {
        return Ok(());
    }
    let random = match manager.get_database_backend() {
        DbBackend::Postgres => "gen_random_uuid()",
        _ => "randomblob(16)",
    };
    let name_those_parked =
        format!("UPDATE events SET parked_id = {random}, parked_on = '1970-01-01' WHERE parked_reason IS NOT NULL");
    for sql in [
        "ALTER TABLE events ADD COLUMN plugin_id TEXT",
        "ALTER TABLE events ADD COLUMN parked_id UUID",
        "ALTER TABLE events ADD COLUMN parked_on TEXT",
        name_those_parked.as_str(),
        "CREATE UNIQUE INDEX IF NOT EXISTS events_by_parked_id ON events (parked_id) WHERE parked_id IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS events_by_parked_on ON events (parked_on, parked_id) WHERE parked_id IS NOT NULL",
    ] {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}
