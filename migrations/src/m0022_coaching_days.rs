//! Of which days of a coaching period scripts were told.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.has_column("coaching_periods", "told_on").await? {
            return Ok(());
        }
        manager.get_connection().execute_unprepared("ALTER TABLE coaching_periods ADD COLUMN told_on TEXT").await.map(drop)
    }
}
