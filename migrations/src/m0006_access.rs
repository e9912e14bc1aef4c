//! Access: tokens, keys of people, forms and signatures, and the keys that make a POST safe to repeat.

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
        Shape::new("refresh_tokens")
            .part_of("person_id", "persons")
            .uuid("family")
            .text("token_hash")
            .int("issued_at")
            .int("expires_at")
            .maybe_int("used_at")
            .maybe_int("revoked_at")
            .unique(["token_hash"])
            .index(["family"])
            .index(["person_id"])
            .index(["expires_at"])
            .create(manager)
            .await?;
        Shape::new("api_keys")
            .part_of("person_id", "persons")
            .text("name")
            .text("prefix")
            .text("key_hash")
            .text("scopes")
            .int("created_at")
            .maybe_int("expires_at")
            .maybe_int("revoked_at")
            .unique(["key_hash"])
            .index(["person_id", "created_at"])
            .create(manager)
            .await?;
        Shape::bare("signing_keys")
            .text("kid")
            .text("seed")
            .text("public")
            .int("created_at")
            .maybe_int("retires_at")
            .key(["kid"])
            .create(manager)
            .await?;
        Shape::record("form_keys")
            .text("name")
            .text("key_hash")
            .text("prefix")
            .text("source")
            .maybe_text("product")
            .text("allowed_origins")
            .yes_no("active")
            .int("created_at")
            .unique(["key_hash"])
            .index(["created_at", "id"])
            .create(manager)
            .await?;
        Shape::bare("idempotency_keys")
            .text("scope")
            .text("key")
            .text("request_hash")
            .maybe_int("status")
            .maybe_text("body")
            .maybe_text("headers")
            .int("created_at")
            .key(["scope", "key"])
            .index(["created_at"])
            .create(manager)
            .await
    }
}
