//! Names are compared with their neighbours in the alphabet from the index alone: it holds the id, and whether the customer was merged into another.
//!
//! The index that it replaces holds nothing that this one does not, so a release before this one works on as well.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let steps = [
            "CREATE INDEX IF NOT EXISTS customers_by_name_key_merged_into_id_id ON customers (name_key, merged_into_id, id)",
            "DROP INDEX IF EXISTS customers_by_name_key",
        ];
        for step in steps {
            manager.get_connection().execute_unprepared(step).await?;
        }
        Ok(())
    }
}
