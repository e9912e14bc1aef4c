//! What a lead was after each step of its history, and what a run read, so that runs can be looked at over the past, and again.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, kind) in
            [("lead_events", "left_as", "TEXT"), ("runs", "memory_kib", "BIGINT"), ("runs", "facts", "TEXT")]
        {
            if !manager.has_column(table, column).await? {
                let sql = format!("ALTER TABLE {table} ADD COLUMN {column} {kind}");
                manager.get_connection().execute_unprepared(&sql).await?;
            }
        }
        for sql in [
            "CREATE INDEX IF NOT EXISTS runs_by_event ON runs (event_id) WHERE event_id IS NOT NULL",
            "CREATE INDEX IF NOT EXISTS runs_by_start ON runs (started_at)",
            "CREATE INDEX IF NOT EXISTS events_by_name ON events (name, at)",
            "CREATE INDEX IF NOT EXISTS lead_events_by_what ON lead_events (what, at)",
        ] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
