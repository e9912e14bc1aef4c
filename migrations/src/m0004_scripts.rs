//! Custom fields, plugins, the versions of their scripts and the runs of these.

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
        fields(manager).await?;
        Shape::bare("plugins")
            .text("id")
            .text("revision")
            .text("title")
            .text("summary")
            .text("version")
            .yes_no("enabled")
            .text("settings")
            .int("installed_at")
            .key(["id"])
            .create(manager)
            .await?;
        Shape::new("script_versions")
            .text("plugin_id")
            .text("version")
            .text("manifest")
            .text("files")
            .text("hash")
            .maybe_text("certificate")
            .int("created_at")
            .maybe_link("created_by_id", "persons")
            .index(["plugin_id", "created_at"])
            .create(manager)
            .await?;
        Shape::new("runs")
            .text("plugin_id")
            .maybe_link("script_version_id", "script_versions")
            .maybe_uuid("event_id")
            .text("call")
            .int("started_at")
            .int("duration_us")
            .int("operations")
            .int("rows_read")
            .text("outcome")
            .text("effects")
            .text("log")
            .maybe_text("error")
            .index(["plugin_id", "started_at"])
            .index(["outcome", "started_at"])
            .create(manager)
            .await?;
        Shape::bare("run_subjects")
            .part_of("run_id", "runs")
            .uuid("record_id")
            .key(["run_id", "record_id"])
            .index(["record_id", "run_id"])
            .create(manager)
            .await
    }
}

/// `lookup` is the first part of `text_value`: an index over whole long texts would meet PostgreSQL's limit for one index entry.
async fn fields(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    Shape::record("custom_fields")
        .text("on_record")
        .text("name")
        .text("label")
        .text("type")
        .text("helps")
        .text("because")
        .maybe_text("about")
        .maybe_text("help")
        .text("options")
        .yes_no("required")
        .maybe_text("kind")
        .maybe_text("formula")
        .maybe_text("plugin_id")
        .unique(["on_record", "name"])
        .create(manager)
        .await?;
    Shape::bare("custom_values")
        .uuid("record_id")
        .part_of("field_id", "custom_fields")
        .maybe_text("text_value")
        .maybe_text("lookup")
        .maybe_double("number_value")
        .int("updated_at")
        .key(["record_id", "field_id"])
        .index(["field_id", "lookup"])
        .index(["field_id", "number_value"])
        .create(manager)
        .await
}
