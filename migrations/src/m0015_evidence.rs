//! The log of policy acts: its entries, the hashes of its tree that are kept, its checkpoints, and what stands beside it.
//!
//! Everything but `evidence_names` follows from the entries or is hashed in them, so a change of any column is found. No row is ever changed but the one of
//! `evidence_head`; `evidence_names` says whom a pseudonym stands for, and its rows may be erased.

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
        Shape::bare("evidence_head").text("origin").int("size").text("peaks").key(["origin"]).create(manager).await?;
        Shape::bare("evidence_entries")
            .int("number")
            .text("kind")
            .text("body")
            .text("leaf")
            .key(["number"])
            .index(["kind", "number"])
            .create(manager)
            .await?;
        Shape::bare("evidence_nodes").int("level").int("number").text("hash").key(["level", "number"]).create(manager).await?;
        Shape::bare("evidence_checkpoints").int("size").text("note").key(["size"]).create(manager).await?;
        Shape::bare("evidence_texts").text("hash").text("body").key(["hash"]).create(manager).await?;
        Shape::bare("evidence_names").text("pseudonym").text("salt").uuid("person_id").key(["pseudonym"]).create(manager).await
    }
}
