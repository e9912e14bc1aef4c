//! When plugins' functions are due, and which quiet leads plugins were told of.

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
        Shape::new("schedules")
            .text("plugin_id")
            .text("call")
            .text("cron")
            .text("zone")
            .int("next_at")
            .unique(["plugin_id", "call", "cron", "zone"])
            .index(["next_at"])
            .create(manager)
            .await?;
        Shape::bare("quiet_marks")
            .part_of("lead_id", "leads")
            .text("plugin_id")
            .int("last_event_at")
            .key(["lead_id", "plugin_id"])
            .create(manager)
            .await?;
        Shape::bare("quiet_sweeps")
            .text("plugin_id")
            .int("after_minutes")
            .int("swept_until")
            .key(["plugin_id"])
            .create(manager)
            .await
    }
}
