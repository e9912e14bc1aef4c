//! Coaching periods: what both signed, their notes as only these two can read them, and the keys of people who read notes.

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
        Shape::bare("note_keys")
            .part_of("person_id", "persons")
            .text("public")
            .text("salt")
            .text("by_password")
            .text("by_recovery")
            .int("made_at")
            .key(["person_id"])
            .create(manager)
            .await?;
        Shape::bare("note_openings")
            .uuid("session_id")
            .part_of("person_id", "persons")
            .text("wrapped")
            .int("until_at")
            .key(["session_id"])
            .index(["until_at"])
            .create(manager)
            .await?;
        Shape::new("coaching_periods")
            .link("coach_id", "persons")
            .link("person_id", "persons")
            .text("state")
            .text("first_on")
            .text("last_on")
            .int("retention_days")
            .maybe_text("reason")
            .maybe_text("purpose")
            .maybe_text("words")
            .text("document")
            .maybe_text("coach_key")
            .maybe_text("person_key")
            .int("proposed_at")
            .maybe_int("signed_at")
            .maybe_text("ended_on")
            .index(["person_id", "first_on"])
            .index(["coach_id", "first_on"])
            .index(["state"])
            .create(manager)
            .await?;
        Shape::new("coaching_notes")
            .part_of("period_id", "coaching_periods")
            .text("written_by")
            .int("at")
            .text("for_coach")
            .text("for_person")
            .index(["period_id", "at"])
            .create(manager)
            .await
    }
}
