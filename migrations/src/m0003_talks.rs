//! What customers say and what persons intend: cards, plans, requests, packs, goals.

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
        Shape::record("packs")
            .text("title")
            .maybe_text("product")
            .maybe_text("summary")
            .text("documents")
            .text("themes")
            .text("segments")
            .int("created_at")
            .index(["created_at", "id"])
            .create(manager)
            .await?;
        Shape::record("cards")
            .link("customer_id", "customers")
            .maybe_link("lead_id", "leads")
            .text("kind")
            .maybe_text("about")
            .maybe_text("theme")
            .text("text")
            .maybe_link("said_by_id", "contacts")
            .text("said_on")
            .maybe_link("author_id", "persons")
            .maybe_text("by_plugin")
            .int("written_at")
            .index(["customer_id", "said_on"])
            .index(["lead_id"])
            .index(["about", "said_on"])
            .index(["said_on", "id"])
            .index(["author_id"])
            .create(manager)
            .await?;
        Shape::record("plans")
            .link("customer_id", "customers")
            .maybe_link("lead_id", "leads")
            .link("person_id", "persons")
            .text("objective")
            .text("on_day")
            .maybe_link("pack_id", "packs")
            .maybe_text("bring")
            .yes_no("withdrawn")
            .int("announced_at")
            .index(["customer_id", "on_day"])
            .index(["person_id", "on_day"])
            .index(["lead_id"])
            .index(["pack_id"])
            .index(["on_day", "id"])
            .create(manager)
            .await?;
        Shape::record("requests")
            .link("customer_id", "customers")
            .maybe_link("lead_id", "leads")
            .maybe_link("from_id", "persons")
            .link("to_id", "persons")
            .text("text")
            .maybe_text("due_on")
            .int("asked_at")
            .maybe_text("answer")
            .maybe_int("answered_at")
            .index(["to_id", "answered_at"])
            .index(["from_id", "answered_at"])
            .index(["customer_id", "asked_at"])
            .index(["lead_id"])
            .index(["due_on"])
            .index(["asked_at", "id"])
            .create(manager)
            .await?;
        Shape::record("goals")
            .text("title")
            .text("measure")
            .int("target")
            .int("reached")
            .maybe_text("ends_on")
            .int("created_at")
            .index(["created_at", "id"])
            .create(manager)
            .await
    }
}
