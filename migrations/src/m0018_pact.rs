//! The pact: its versions, and who signed which.

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
        Shape::new("pact_versions")
            .int("number")
            .text("words")
            .text("settings")
            .text("document")
            .text("weaker")
            .int("proposed_at")
            .maybe_int("in_force_at")
            .unique(["number"])
            .create(manager)
            .await?;
        Shape::bare("pact_signatures")
            .part_of("version_id", "pact_versions")
            .part_of("person_id", "persons")
            .text("document")
            .int("signed_at")
            .maybe_int("withdrawn_at")
            .key(["version_id", "person_id"])
            .create(manager)
            .await
    }
}
