//! The life of plugins: what lies in the folder and waits, what is switched off and why, how often runs failed, and what effects they may have.

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
        Shape::bare("automation")
            .text("name")
            .yes_no("running")
            .maybe_text("because")
            .int("changed_at")
            .int("max_failures")
            .int("within_minutes")
            .key(["name"])
            .create(manager)
            .await?;
        Shape::bare("scripts_off").text("plugin_id").text("file").int("at").key(["plugin_id", "file"]).create(manager).await?;
        Shape::bare("plugins_off").text("plugin_id").text("because").int("at").key(["plugin_id"]).create(manager).await?;
        Shape::bare("plugin_failures").text("plugin_id").int("in_row").int("since").key(["plugin_id"]).create(manager).await?;
        Shape::bare("plugin_arrivals")
            .text("name")
            .maybe_text("plugin_id")
            .maybe_text("version")
            .text("state")
            .text("why")
            .maybe_text("content")
            .text("hash")
            .int("seen_at")
            .key(["name"])
            .create(manager)
            .await?;
        Shape::bare("effect_limits")
            .text("plugin_id")
            .text("capability")
            .int("an_hour")
            .key(["plugin_id", "capability"])
            .create(manager)
            .await?;
        Shape::bare("effect_counts")
            .text("plugin_id")
            .text("capability")
            .int("since")
            .int("count")
            .key(["plugin_id", "capability", "since"])
            .create(manager)
            .await?;
        // One row, so that whoever commits effects can hold it, and a stop waits for them.
        let begin = "INSERT INTO automation (name, running, changed_at, max_failures, within_minutes) \
             VALUES ('all', TRUE, 0, 20, 60) ON CONFLICT DO NOTHING";
        manager.get_connection().execute_unprepared(begin).await.map(drop)
    }
}
