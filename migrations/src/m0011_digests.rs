//! Digests once a tick, what mail people want, the key of links in mail, and the addresses of calendars.

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
        if !manager.has_column("digests", "tick").await? {
            manager.get_connection().execute_unprepared("ALTER TABLE digests ADD COLUMN tick TEXT").await?;
        }
        let once = "CREATE UNIQUE INDEX IF NOT EXISTS digests_once ON digests (person_id, tick) WHERE tick IS NOT NULL";
        manager.get_connection().execute_unprepared(once).await?;
        Shape::bare("mail_settings")
            .part_of("person_id", "persons")
            .yes_no("digests")
            .yes_no("pushes")
            .key(["person_id"])
            .create(manager)
            .await?;
        Shape::bare("link_keys").text("name").text("key").int("created_at").key(["name"]).create(manager).await?;
        Shape::bare("calendar_feeds")
            .part_of("person_id", "persons")
            .text("address_hash")
            .int("made_at")
            .maybe_text("content_hash")
            .int("changed_at")
            .key(["person_id"])
            .unique(["address_hash"])
            .create(manager)
            .await
    }
}
