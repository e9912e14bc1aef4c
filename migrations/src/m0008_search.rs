//! What search finds: one row for each record, its words indexed by the database's own means (FTS5; tsvector and GIN).
//!
//! `title`, `body` and `grams` come folded from Rust (accents gone, lower case, words with one space between), so that both databases
//! index the same words and need no extension. `grams` are the three-letter pieces of the title's words: they forgive typing errors.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements: &[&str] = match manager.get_database_backend() {
            DbBackend::Postgres => &POSTGRES,
            _ => &SQLITE,
        };
        for sql in statements {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

const SQLITE: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS search_docs (
        doc INTEGER PRIMARY KEY, kind TEXT NOT NULL, record_id uuid_text NOT NULL,
        title TEXT NOT NULL, body TEXT NOT NULL, grams TEXT NOT NULL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS search_docs_by_record ON search_docs (record_id)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_words USING fts5(
        title, body, grams, content='search_docs', content_rowid='doc', tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER IF NOT EXISTS search_docs_in AFTER INSERT ON search_docs BEGIN
        INSERT INTO search_words(rowid, title, body, grams) VALUES (new.doc, new.title, new.body, new.grams); END",
    "CREATE TRIGGER IF NOT EXISTS search_docs_out AFTER DELETE ON search_docs BEGIN
        INSERT INTO search_words(search_words, rowid, title, body, grams) VALUES ('delete', old.doc, old.title, old.body, old.grams); END",
    "CREATE TRIGGER IF NOT EXISTS search_docs_new AFTER UPDATE ON search_docs BEGIN
        INSERT INTO search_words(search_words, rowid, title, body, grams) VALUES ('delete', old.doc, old.title, old.body, old.grams);
        INSERT INTO search_words(rowid, title, body, grams) VALUES (new.doc, new.title, new.body, new.grams); END",
];

const POSTGRES: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS search_docs (
        kind TEXT NOT NULL, record_id UUID NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, grams TEXT NOT NULL,
        words TSVECTOR GENERATED ALWAYS AS (
            setweight(to_tsvector('simple'::regconfig, title), 'A') || setweight(to_tsvector('simple'::regconfig, body), 'B')) STORED,
        pieces TSVECTOR GENERATED ALWAYS AS (array_to_tsvector(array_remove(string_to_array(grams, ' '), ''))) STORED)",
    "CREATE UNIQUE INDEX IF NOT EXISTS search_docs_by_record ON search_docs (record_id)",
    "CREATE INDEX IF NOT EXISTS search_docs_words ON search_docs USING GIN (words)",
    "CREATE INDEX IF NOT EXISTS search_docs_pieces ON search_docs USING GIN (pieces)",
];
