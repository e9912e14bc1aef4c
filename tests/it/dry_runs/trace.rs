//! The whole content of a database as text, to be compared before and after.

use std::collections::BTreeMap;
use std::time::Duration;

use pact_store::{Kind, Store};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// Every row of every table, sorted, once nothing moves any more: jobs that what came before called for are over.
pub(super) async fn everything(store: &Store) -> BTreeMap<String, Vec<String>> {
    let mut last = dump(store).await;
    loop {
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let now = dump(store).await;
        if now == last {
            return now;
        }
        last = now;
    }
}

/// The tables that hold results of dry runs, for an hour.
const RESULTS: [&str; 2] = ["dry_runs", "dry_run_lines"];

/// Whatever was tried since then left its results and nothing else, in any table; and when these are forgotten, nothing at all.
pub(super) async fn nothing_else_since(store: &Store, before: &BTreeMap<String, Vec<String>>) {
    let now = everything(store).await;
    for (table, rows) in &now {
        if RESULTS.contains(&table.as_str()) {
            assert!(!rows.is_empty() && before[table].is_empty(), "{table}: what was tried can be read");
        } else {
            assert_eq!(rows, &before[table], "a dry run left something behind in {table}");
        }
    }
    assert_eq!(now.len(), before.len());
    store.write(async |tx| pact_store::dry_run::forget_before(tx, i64::MAX).await).await.unwrap();
    assert_eq!(&everything(store).await, before, "a dry run left something behind");
}

async fn dump(store: &Store) -> BTreeMap<String, Vec<String>> {
    let (backend, tables) = match store.kind() {
        Kind::Sqlite => (DbBackend::Sqlite, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"),
        Kind::Postgres => (DbBackend::Postgres, "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"),
    };
    let texts = async |sql: String| -> Vec<String> {
        let rows = store.read().query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<Option<String>>(0).unwrap().unwrap_or_default()).collect()
    };
    let mut found = BTreeMap::new();
    for table in texts(tables.to_owned()).await {
        let rows = match store.kind() {
            Kind::Postgres => texts(format!("SELECT row_to_json(t)::text FROM \"{table}\" t")).await,
            Kind::Sqlite => {
                let columns = texts(format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let columns: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
                texts(format!("SELECT {} FROM \"{table}\"", columns.join(" || '|' || "))).await
            }
        };
        let mut rows = rows;
        rows.sort();
        found.insert(table, rows);
    }
    assert!(found.len() > 20 && found.values().any(|rows| !rows.is_empty()), "this is no database of PACT");
    found
}
