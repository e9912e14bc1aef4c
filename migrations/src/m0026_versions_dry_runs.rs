//! Versions of plugins and of their settings are numbered, and results of dry runs are kept where every node finds them.
//!
//! The database counts: whoever writes a version leaves its number at zero, and a trigger gives it the next one of its plugin. So no operation can forget
//! it, and what a release before this one writes has its number too. Of versions that are older than the numbers the order is the one that held until now.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::shape::Shape;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Tables with versions of plugins.
const NUMBERED: [&str; 2] = ["script_versions", "settings_versions"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in NUMBERED {
            number(manager, table).await?;
        }
        Shape::new("dry_runs")
            .text("told")
            .maybe_text("asked")
            .yes_no("cancelled")
            .int("seen_at")
            .maybe_int("ended_at")
            .create(manager)
            .await?;
        Shape::bare("dry_run_lines")
            .part_of("dry_run_id", "dry_runs")
            .int("first")
            .text("lines")
            .key(["dry_run_id", "first"])
            .create(manager)
            .await
    }
}

async fn number(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    if !manager.has_column(table, "number").await? {
        run(manager, &format!("ALTER TABLE {table} ADD COLUMN number BIGINT NOT NULL DEFAULT 0")).await?;
        let earlier = format!(
            "UPDATE {table} SET number = (SELECT COUNT(*) FROM {table} AS other WHERE other.plugin_id = {table}.plugin_id \
             AND (other.created_at < {table}.created_at OR (other.created_at = {table}.created_at AND other.id <= {table}.id)))"
        );
        run(manager, &earlier).await?;
    }
    run(manager, &format!("CREATE UNIQUE INDEX IF NOT EXISTS {table}_by_plugin_id_number ON {table} (plugin_id, number)"))
        .await?;
    let next = format!("(SELECT COALESCE(MAX(number), 0) + 1 FROM {table} WHERE plugin_id = NEW.plugin_id)");
    match manager.get_database_backend() {
        DbBackend::Postgres => {
            let function = format!(
                "CREATE OR REPLACE FUNCTION {table}_number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 NEW.number := {next}; RETURN NEW; END $$"
            );
            run(manager, &function).await?;
            run(manager, &format!("DROP TRIGGER IF EXISTS {table}_number ON {table}")).await?;
            let trigger = format!(
                "CREATE TRIGGER {table}_number BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.number = 0) EXECUTE FUNCTION {table}_number()"
            );
            run(manager, &trigger).await
        }
        _ => {
            let trigger = format!(
                "CREATE TRIGGER IF NOT EXISTS {table}_number AFTER INSERT ON {table} WHEN NEW.number = 0 BEGIN \
                 UPDATE {table} SET number = {next} WHERE id = NEW.id; END"
            );
            run(manager, &trigger).await
        }
    }
}

async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}
