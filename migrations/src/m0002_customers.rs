//! Customers, their contacts, the leads on them, and how each lead is pushed.

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
        customers(manager).await?;
        Shape::record("contacts")
            .part_of("customer_id", "customers")
            .text("name")
            .text("name_key")
            .maybe_text("title")
            .maybe_text("email")
            .maybe_text("phone")
            .maybe_text("language")
            .int("created_at")
            .yes_no("erased")
            .index(["customer_id", "name_key"])
            .index(["email"])
            .index(["phone"])
            .index(["name", "id"])
            .index(["created_at", "id"])
            .create(manager)
            .await?;
        leads(manager).await?;
        Shape::new("pushes")
            .part_of("lead_id", "leads")
            .link("person_id", "persons")
            .text("reason")
            .int("pushed_at")
            .text("answer")
            .maybe_text("answer_reason")
            .maybe_int("answered_at")
            .int("answer_by_at")
            .maybe_uuid("run_id")
            .index(["lead_id", "pushed_at"])
            .index(["person_id", "answer"])
            .index(["answer", "answer_by_at"])
            .create(manager)
            .await?;
        Shape::new("lead_events")
            .part_of("lead_id", "leads")
            .text("what")
            .text("text")
            .maybe_link("by_person_id", "persons")
            .maybe_text("by_plugin")
            .int("at")
            .index(["lead_id", "at"])
            .create(manager)
            .await
    }
}

async fn customers(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    Shape::record("customers")
        .text("name")
        .text("name_key")
        .maybe_text("domain")
        .maybe_text("phone")
        .maybe_text("street")
        .maybe_text("postcode")
        .maybe_text("city")
        .maybe_text("country")
        .maybe_text("segment")
        .maybe_text("industry")
        .maybe_int("employees")
        .maybe_link("owner_id", "persons")
        .maybe_link("territory_id", "territories")
        .int("last_event_at")
        .maybe_link("merged_into_id", "customers")
        .int("created_at")
        .index(["name", "id"])
        .index(["name_key"])
        .index(["domain"])
        .index(["phone"])
        .index(["owner_id"])
        .index(["territory_id"])
        .index(["last_event_at", "id"])
        .index(["created_at", "id"])
        .create(manager)
        .await
}

async fn leads(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    Shape::record("leads")
        .text("title")
        .text("source")
        .maybe_text("product")
        .text("state")
        .text("stage")
        .maybe_int("value_minor")
        .maybe_text("value_currency")
        .link("customer_id", "customers")
        .maybe_link("contact_id", "contacts")
        .maybe_link("owner_id", "persons")
        .maybe_link("territory_id", "territories")
        .int("escalation")
        .int("attempt")
        .yes_no("highlighted")
        .maybe_text("highlight_reason")
        .maybe_text("expected_on")
        .maybe_text("message")
        .int("last_event_at")
        .int("created_at")
        .maybe_int("closed_at")
        .maybe_text("lost_reason")
        .maybe_link("merged_into_id", "leads")
        .maybe_uuid("near_match_id")
        .maybe_text("external_key")
        .text("entered_by")
        .index(["created_at", "id"])
        .index(["state", "created_at", "id"])
        .index(["state", "last_event_at"])
        .index(["state", "closed_at"])
        .index(["owner_id", "state"])
        .index(["territory_id", "state"])
        .index(["customer_id", "state"])
        .index(["contact_id"])
        .unique(["external_key"])
        .create(manager)
        .await
}
