//! What leaves: states, leases and attempts of the outbox, and the webhooks to which it posts.

use sea_orm_migration::prelude::*;

use crate::shape::Shape;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Shape::record("webhooks")
            .text("name")
            .text("url")
            .text("events")
            .text("secret")
            .maybe_text("old_secret")
            .maybe_int("old_secret_until")
            .yes_no("active")
            .maybe_text("disabled_reason")
            .maybe_int("held_until")
            .int("created_at")
            .unique(["name"])
            .create(manager)
            .await?;
        outbox_columns(manager).await?;
        Shape::new("outbox_attempts")
            .part_of("outbox_id", "outbox")
            .int("at")
            .int("took_ms")
            .text("outcome")
            .maybe_int("status")
            .maybe_text("answer")
            .index(["outbox_id", "at", "id"])
            .create(manager)
            .await
    }
}

/// Instead of `parked_reason`, a row says in which state it is and why; a claim has a lease and a fence of its own.
async fn outbox_columns(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if !manager.has_column("outbox", "parked_reason").await? {
        return Ok(());
    }
    for sql in [
        "DROP INDEX IF EXISTS outbox_waiting",
        "ALTER TABLE outbox ADD COLUMN state TEXT NOT NULL DEFAULT 'waiting'",
        "ALTER TABLE outbox ADD COLUMN reason TEXT",
        "ALTER TABLE outbox ADD COLUMN lease_until BIGINT",
        "ALTER TABLE outbox ADD COLUMN fence BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE outbox ADD COLUMN handing_at BIGINT",
        "ALTER TABLE outbox ADD COLUMN webhook_id UUID",
        "UPDATE outbox SET state = 'sent' WHERE sent_at IS NOT NULL",
        "UPDATE outbox SET state = 'parked', reason = parked_reason WHERE parked_reason IS NOT NULL",
        "ALTER TABLE outbox DROP COLUMN parked_reason",
        "CREATE INDEX IF NOT EXISTS outbox_due ON outbox (kind, next_at) WHERE state = 'waiting'",
        "CREATE INDEX IF NOT EXISTS outbox_by_created_at_id ON outbox (created_at, id)",
        "CREATE INDEX IF NOT EXISTS outbox_by_webhook_id ON outbox (webhook_id, created_at) WHERE webhook_id IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS outbox_unsent ON outbox (state, created_at) WHERE state <> 'sent'",
    ] {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}
