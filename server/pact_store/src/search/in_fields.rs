//! What search finds in custom fields: records whose every word stands in their names and texts or in a field of the reader's, at least one in a field.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use uuid::Uuid;

use super::{Hit, Index, fts5, tsquery};
use crate::error::StoreError;

/// A statement that is being put together, with the values that it names in their order.
struct Asking {
    is_postgres: bool,
    values: Vec<Value>,
}

impl Asking {
    /// The place of one more value.
    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        if self.is_postgres { format!("${}", self.values.len()) } else { "?".to_owned() }
    }

    fn places<T: Into<Value> + Clone>(&mut self, values: &[T]) -> String {
        values.iter().map(|value| self.place(value.clone())).collect::<Vec<_>>().join(", ")
    }

    /// Records one of whose values in these fields has one of the words.
    fn with_value(&mut self, fields: &[Uuid], words: &[String]) -> String {
        if self.is_postgres {
            let asked = self.place(tsquery(Index::AnyWord, words));
            let fields = self.places(fields);
            return format!(
                "SELECT value.record_id FROM custom_values AS value \
                 WHERE value.words <> '' AND value.found @@ CAST({asked} AS tsquery) AND value.field_id IN ({fields})"
            );
        }
        let terms: Vec<String> = words.iter().map(|word| format!("\"{word}\"*")).collect();
        let asked = self.place(terms.join(" OR "));
        let fields = self.places(fields);
        format!(
            "SELECT value.record_id FROM search_value_words JOIN search_values AS value ON value.doc = search_value_words.rowid \
             WHERE search_value_words MATCH {asked} AND value.field_id IN ({fields})"
        )
    }

    /// Whether the record's name or text has the word.
    fn in_text(&mut self, word: &str) -> String {
        let word = [word.to_owned()];
        if self.is_postgres {
            let asked = self.place(tsquery(Index::Words, &word));
            return format!("record.words @@ CAST({asked} AS tsquery)");
        }
        let asked = self.place(fts5(Index::Words, &word));
        format!("record.doc IN (SELECT rowid FROM search_words WHERE search_words MATCH {asked})")
    }
}

/// Records of these kinds whose every word stands in their names and texts or in one of these fields, at least one of them in a field; in the order of
/// their titles, which depends on nothing that a reader could not see.
pub(super) async fn find(
    conn: &impl ConnectionTrait,
    kinds: &[&str],
    fields: &[Uuid],
    words: &[String],
    limit: u64,
) -> Result<Vec<Hit>, StoreError> {
    let backend = conn.get_database_backend();
    let mut asking = Asking { is_postgres: backend == DbBackend::Postgres, values: Vec::new() };
    let kinds = asking.places(kinds);
    let mut sql = format!(
        r#"SELECT record.kind AS kind, record.record_id AS record_id FROM "search_docs" AS record
           WHERE record.kind IN ({kinds}) AND record.record_id IN ({})"#,
        asking.with_value(fields, words)
    );
    // With one word alone, that was it.
    for word in words.iter().filter(|_| words.len() > 1) {
        let in_text = asking.in_text(word);
        let in_value = asking.with_value(fields, std::slice::from_ref(word));
        sql += &format!(" AND ({in_text} OR record.record_id IN ({in_value}))");
    }
    let limit = asking.place(i64::try_from(limit).unwrap_or(i64::MAX));
    sql += &format!(" ORDER BY record.title, record.record_id LIMIT {limit}");
    let rows = conn.query_all_raw(Statement::from_sql_and_values(backend, sql, asking.values)).await?;
    let hit = |row: &QueryResult| -> Result<Hit, DbErr> {
        Ok(Hit { kind: row.try_get("", "kind")?, id: row.try_get("", "record_id")? })
    };
    Ok(rows.iter().map(hit).collect::<Result<_, _>>()?)
}
