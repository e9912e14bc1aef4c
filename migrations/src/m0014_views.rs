//! Saved views and reports, and who gets them by mail.

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
        Shape::record("views")
            .text("name")
            .text("title")
            .text("source")
            .text("definition")
            .text("verdict")
            .maybe_text("plugin_id")
            .maybe_link("made_by_id", "persons")
            .int("created_at")
            .unique(["name"])
            .create(manager)
            .await?;
        Shape::new("view_subscriptions")
            .part_of("view_id", "views")
            .part_of("person_id", "persons")
            .text("every")
            .int("next_at")
            .unique(["view_id", "person_id"])
            .index(["next_at"])
            .create(manager)
            .await
    }
}
