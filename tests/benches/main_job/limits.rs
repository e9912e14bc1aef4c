//! What the database does on this disk without PACT: rows committed one by one, and many in one transaction.

use std::process::Command;
use std::time::{Duration, Instant};

use pact_tests::pg::program;
use pact_tests::process::Place;
use pact_tests::server::Db;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement, TransactionTrait};
use uuid::Uuid;

use crate::table::Table;
use crate::{CONNECTIONS, Plan};

/// What a row holds beside its key, in bytes: about as much as a lead.
const TEXT_BYTES: usize = 300;
/// Rows of one transaction when they are batched.
const BATCH: usize = 100;

/// Measures the limits, and returns rows a second of single-row commits on one connection.
pub(crate) async fn measure(plan: &Plan, name: &str, db: Db, table: &mut Table) -> f64 {
    let place = Place::on(db);
    match db {
        Db::Sqlite => sqlite(plan, name, &place, table).await,
        Db::Postgres => postgres(plan, name, &place, table).await,
    }
}

async fn sqlite(plan: &Plan, name: &str, place: &Place, table: &mut Table) -> f64 {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", place.url));
    options.max_connections(1).sqlx_logging(false);
    let conn = Database::connect(options).await.expect("a connection");
    for sql in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
        conn.execute_unprepared(sql).await.expect("a setting");
    }
    conn.execute_unprepared("CREATE TABLE t (id BLOB PRIMARY KEY, text TEXT NOT NULL)").await.expect("a table");
    let single = rows_a_second(plan.seconds / 2, async || {
        insert(&conn, &conn, 1).await;
        1
    })
    .await;
    table.rate(name, "raw: one row a transaction, synchronous = FULL, 1 conn.", single, "");
    let batched = rows_a_second(plan.seconds / 2, async || {
        let tx = conn.begin().await.expect("a transaction");
        insert(&tx, &conn, BATCH).await;
        tx.commit().await.expect("a commit");
        BATCH
    })
    .await;
    table.rate(name, &format!("raw: {BATCH} rows a transaction, 1 conn."), batched, "");
    single
}

async fn insert(on: &impl ConnectionTrait, conn: &DatabaseConnection, rows: usize) {
    let text = "x".repeat(TEXT_BYTES);
    for _ in 0..rows {
        let values: [sea_orm::Value; 2] = [Uuid::new_v4().into(), text.clone().into()];
        let insert =
            Statement::from_sql_and_values(conn.get_database_backend(), "INSERT INTO t (id, text) VALUES (?, ?)", values);
        on.execute_raw(insert).await.expect("an insert");
    }
}

async fn rows_a_second(time: Duration, once: impl AsyncFn() -> usize) -> f64 {
    let begun = Instant::now();
    let mut rows = 0;
    while begun.elapsed() < time {
        rows += once().await;
    }
    rows as f64 / begun.elapsed().as_secs_f64()
}

/// Single-row commits and batches by pgbench, PostgreSQL's own measure.
async fn postgres(plan: &Plan, name: &str, place: &Place, table: &mut Table) -> f64 {
    let conn = Database::connect(&place.url).await.expect("a connection");
    conn.execute_unprepared("CREATE TABLE t (id uuid PRIMARY KEY, text text NOT NULL)").await.expect("a table");
    let row = format!("INSERT INTO t (id, text) VALUES (gen_random_uuid(), repeat('x', {TEXT_BYTES}));\n");
    let single = place.folder().join("single.sql");
    std::fs::write(&single, &row).expect("a script");
    let mut alone = 0.0;
    for connections in CONNECTIONS {
        let rate = pgbench(&place.url, &single, connections, plan.seconds / 2);
        table.rate(name, &format!("pgbench: one row a transaction, {connections} conn."), rate, "");
        alone = if connections == 1 { rate } else { alone };
    }
    let many = place.folder().join("many.sql");
    std::fs::write(&many, format!("BEGIN;\n{}COMMIT;\n", row.repeat(BATCH))).expect("a script");
    let rate = pgbench(&place.url, &many, 1, plan.seconds / 2) * BATCH as f64;
    table.rate(name, &format!("pgbench: {BATCH} rows a transaction, 1 conn."), rate, "");
    alone
}

/// Transactions a second.
fn pgbench(url: &str, script: &std::path::Path, connections: usize, time: Duration) -> f64 {
    let done = Command::new(program("pgbench"))
        .args(["-n", "-j", "1", "-c", &connections.to_string(), "-T", &time.as_secs().max(1).to_string(), "-f"])
        .arg(script)
        .arg(url)
        .output()
        .expect("pgbench runs");
    let said = String::from_utf8_lossy(&done.stdout);
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.unwrap_or_else(|| panic!("pgbench said: {said}{}", String::from_utf8_lossy(&done.stderr)))
}
