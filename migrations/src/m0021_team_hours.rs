//! When a team works.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.has_column("teams", "working_hours").await? {
            return Ok(());
        }
        manager.get_connection().execute_unprepared("ALTER TABLE teams ADD COLUMN working_hours TEXT").await.map(drop)
    }
}
