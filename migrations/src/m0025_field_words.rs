//! What search finds in custom fields: the folded words of each value, under its record and its field, so that a reader is found only what they may read.
//!
//! `words` come folded from Rust, as those of `search_docs` do; empty means that there is nothing to find, and null that nobody has looked at the value yet
//! (it is older than this column, or an older release wrote it). The index follows the values by itself, whichever way they are written.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Tables whose new records begin with the defaults of their fields, with the word for their kind (as `m0020` has them).
const WITH_FIELDS: [(&str, &str); 5] =
    [("customers", "customer"), ("contacts", "contact"), ("leads", "lead"), ("plans", "plan"), ("persons", "person")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_column("custom_values", "words").await? {
            run(manager, "ALTER TABLE custom_values ADD COLUMN words TEXT").await?;
            run(manager, "ALTER TABLE custom_fields ADD COLUMN default_words TEXT").await?;
        }
        run(manager, "CREATE INDEX IF NOT EXISTS custom_values_not_looked_at ON custom_values (record_id) WHERE words IS NULL")
            .await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => postgres(manager).await,
            _ => sqlite(manager).await,
        }
    }
}

async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}

/// What a new record begins with, its words included.
fn begin(kind: &str) -> String {
    format!(
        "INSERT INTO custom_values (record_id, field_id, text_value, lookup, number_value, words, updated_at) \
         SELECT NEW.id, id, default_text, default_lookup, default_number, default_words, 0 FROM custom_fields \
         WHERE on_record = '{kind}' AND default_text IS NOT NULL AND removed_at IS NULL ON CONFLICT (record_id, field_id) DO NOTHING"
    )
}

async fn postgres(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (table, kind) in WITH_FIELDS {
        let sql = format!(
            "CREATE OR REPLACE FUNCTION {table}_begin() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {}; RETURN NULL; END $$",
            begin(kind)
        );
        run(manager, &sql).await?;
    }
    if !manager.has_column("custom_values", "found").await? {
        let found = "ALTER TABLE custom_values ADD COLUMN found TSVECTOR \
                     GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, coalesce(words, ''))) STORED";
        run(manager, found).await?;
    }
    run(manager, "CREATE INDEX IF NOT EXISTS custom_values_found ON custom_values USING GIN (found) WHERE words <> ''").await
}

const SQLITE: [&str; 7] = [
    "CREATE TABLE IF NOT EXISTS search_values (
        doc INTEGER PRIMARY KEY, record_id uuid_text NOT NULL, field_id uuid_text NOT NULL, words TEXT NOT NULL,
        UNIQUE (record_id, field_id))",
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_value_words USING fts5(
        words, content='search_values', content_rowid='doc', tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER IF NOT EXISTS search_values_in AFTER INSERT ON search_values BEGIN
        INSERT INTO search_value_words(rowid, words) VALUES (new.doc, new.words); END",
    "CREATE TRIGGER IF NOT EXISTS search_values_out AFTER DELETE ON search_values BEGIN
        INSERT INTO search_value_words(search_value_words, rowid, words) VALUES ('delete', old.doc, old.words); END",
    "CREATE TRIGGER IF NOT EXISTS custom_values_found_insert AFTER INSERT ON custom_values WHEN NEW.words <> '' BEGIN
        INSERT INTO search_values (record_id, field_id, words) VALUES (NEW.record_id, NEW.field_id, NEW.words); END",
    "CREATE TRIGGER IF NOT EXISTS custom_values_found_update AFTER UPDATE OF record_id, field_id, words ON custom_values BEGIN
        DELETE FROM search_values WHERE record_id = OLD.record_id AND field_id = OLD.field_id;
        INSERT INTO search_values (record_id, field_id, words)
            SELECT NEW.record_id, NEW.field_id, NEW.words WHERE NEW.words <> ''; END",
    "CREATE TRIGGER IF NOT EXISTS custom_values_found_delete AFTER DELETE ON custom_values BEGIN
        DELETE FROM search_values WHERE record_id = OLD.record_id AND field_id = OLD.field_id; END",
];

async fn sqlite(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (table, kind) in WITH_FIELDS {
        run(manager, &format!("DROP TRIGGER IF EXISTS {table}_begin")).await?;
        run(manager, &format!("CREATE TRIGGER {table}_begin AFTER INSERT ON {table} WHEN TRUE BEGIN {}; END", begin(kind)))
            .await?;
    }
    for sql in SQLITE {
        run(manager, sql).await?;
    }
    Ok(())
}
