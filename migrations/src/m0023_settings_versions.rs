//! What plugins were set to: every change of settings is kept, with its author and time.

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
        Shape::new("settings_versions")
            .text("plugin_id")
            .text("settings")
            .text("how")
            .int("created_at")
            .maybe_link("created_by_id", "persons")
            .index(["plugin_id", "created_at"])
            .create(manager)
            .await
    }
}
