//! Security records: what happened to an account, and the requests of an admin and an auditor to read those of one person.

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
        Shape::new("security_records")
            .part_of("person_id", "persons")
            .int("at")
            .text("what")
            .maybe_text("address")
            .maybe_text("agent")
            .maybe_text("detail")
            .index(["person_id", "at"])
            .index(["at"])
            .create(manager)
            .await?;
        Shape::new("security_accesses")
            .text("opens")
            .maybe_link("person_id", "persons")
            .maybe_int("entry_number")
            .maybe_text("pseudonym")
            .maybe_text("first_on")
            .maybe_text("last_on")
            .text("reason")
            .text("state")
            .link("asker_id", "persons")
            .text("asker_role")
            .int("asked_at")
            .maybe_link("other_id", "persons")
            .maybe_text("other_role")
            .maybe_int("agreed_at")
            .maybe_int("until_at")
            .maybe_int("asker_read_at")
            .maybe_int("other_read_at")
            .maybe_int("closed_at")
            .index(["state"])
            .index(["asker_id"])
            .index(["other_id"])
            .index(["person_id"])
            .create(manager)
            .await
    }
}
