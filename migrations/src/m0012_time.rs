//! What time does: plans whose day is over, and handover texts.

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
        // One row for each plan whose day is not over yet: what is due is found by one index, and gone afterwards.
        Shape::bare("plan_days")
            .part_of("plan_id", "plans")
            .int("over_at")
            .key(["plan_id"])
            .index(["over_at"])
            .create(manager)
            .await?;
        Shape::new("handovers")
            .part_of("lead_id", "leads")
            .maybe_link("person_id", "persons")
            .text("text")
            .maybe_text("by_plugin")
            .int("made_at")
            .index(["lead_id", "made_at"])
            .create(manager)
            .await
    }
}
