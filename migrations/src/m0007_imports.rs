//! Imports of leads: how far each is, what was refused, and saved mappings of columns.

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
        Shape::new("imports")
            .text("name")
            .text("status")
            .text("format")
            .maybe_text("encoding")
            .maybe_text("delimiter")
            .text("mapping")
            .maybe_int("total")
            .int("next_row")
            .int("accepted")
            .int("merged")
            .int("refused")
            .int("created_at")
            .maybe_int("finished_at")
            .maybe_link("created_by_id", "persons")
            .text("file_path")
            .maybe_text("failure")
            .index(["created_at", "id"])
            .index(["status"])
            .create(manager)
            .await?;
        Shape::bare("import_rows_refused")
            .part_of("import_id", "imports")
            .int("line")
            .text("reason")
            .text("raw")
            .key(["import_id", "line"])
            .create(manager)
            .await?;
        Shape::new("import_mappings").text("name").text("mapping").unique(["name"]).create(manager).await
    }
}
