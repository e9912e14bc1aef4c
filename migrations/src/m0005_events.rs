//! Events to handle, mail and webhooks to send, messages, digests and the cursors of rotations.

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
        Shape::new("events")
            .text("name")
            .text("record_kind")
            .uuid("record_id")
            .text("payload")
            .int("lane")
            .int("at")
            .maybe_int("handled_at")
            .maybe_int("lease_until")
            .int("fence")
            .int("attempts")
            .maybe_text("parked_reason")
            .index(["at"])
            .create(manager)
            .await?;
        Shape::new("outbox")
            .text("kind")
            .text("address")
            .text("payload")
            .text("idempotency_key")
            .int("created_at")
            .int("next_at")
            .int("attempts")
            .maybe_int("sent_at")
            .maybe_text("parked_reason")
            .maybe_uuid("record_id")
            .unique(["idempotency_key"])
            .create(manager)
            .await?;
        Shape::new("messages")
            .part_of("person_id", "persons")
            .text("kind")
            .text("record_kind")
            .uuid("record_id")
            .text("text")
            .int("at")
            .maybe_int("read_at")
            .index(["person_id", "at", "id"])
            .create(manager)
            .await?;
        Shape::new("digests")
            .part_of("person_id", "persons")
            .text("title")
            .text("body")
            .int("made_at")
            .index(["person_id", "made_at", "id"])
            .create(manager)
            .await?;
        Shape::bare("rotations")
            .text("name")
            .part_of("person_id", "persons")
            .int("given_seq")
            .key(["name", "person_id"])
            .create(manager)
            .await?;
        waiting(manager).await
    }
}

/// What waits is a handful of rows among millions that are done, so the indexes that find it hold these rows only.
async fn waiting(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for sql in [
        "CREATE INDEX IF NOT EXISTS events_waiting ON events (lane, id) WHERE handled_at IS NULL AND parked_reason IS NULL",
        "CREATE INDEX IF NOT EXISTS events_parked ON events (id) WHERE parked_reason IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (next_at) WHERE sent_at IS NULL AND parked_reason IS NULL",
        "CREATE INDEX IF NOT EXISTS messages_unread ON messages (person_id) WHERE read_at IS NULL",
    ] {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}
