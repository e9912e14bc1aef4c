//! A database of another release: widened, it is worked with; narrowed, it is refused, and left as it is.

use std::process::Command;

use pact_store::{Store, StoreError};
use pact_tests::process::pact_binary;
use rstest::rstest;

use crate::store::{Fresh, On};

async fn sql(fresh: &Fresh, sql: &'static str) {
    let run = async move |tx: &pact_store::Tx| {
        sea_orm::ConnectionTrait::execute_unprepared(tx, sql).await.map(drop).map_err(StoreError::from)
    };
    fresh.write(run).await;
}

/// What a newer release did, and what this one says to it; nothing when it works.
const CASES: &[(&[&str], &str)] = &[
    (&["INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9000_wider', 0)"], ""),
    // Narrowed after a widening that this release knows.
    (
        &[
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9001_narrower', 0)",
            "INSERT INTO schema_needs (migration, because) VALUES ('m0013_nodes', 'leads have no x any more')",
        ],
        "",
    ),
    (
        &[
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9000_wider', 0)",
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9001_narrower', 0)",
            "INSERT INTO schema_needs (migration, because) VALUES ('m9000_wider', 'leads have no source any more.')",
        ],
        "this database is of a newer PACT: it needs m9000_wider (leads have no source any more)",
    ),
    (
        &[
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9000_other', 0)",
            "DELETE FROM seaql_migrations WHERE version = 'm0013_nodes'",
        ],
        "it has m9000_other, and lacks m0013_nodes",
    ),
];

#[rstest]
#[tokio::test]
async fn a_node_knows_whether_it_may_work_on_a_newer_database(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[values(0, 1, 2, 3)] case: usize,
) {
    let (statements, says) = CASES[case];
    let fresh = on.fresh().await;
    for statement in statements {
        sql(&fresh, statement).await;
    }
    let store = Store::open(&fresh.url).await.unwrap();
    let migrated = store.migrate().await;
    store.close().await;
    match says {
        "" => migrated.unwrap(),
        says => assert!(migrated.unwrap_err().to_string().contains(says)),
    }
    let url = fresh.url.clone();
    let command = move || Command::new(pact_binary()).args(["migrate", "--database", &url]).output().unwrap();
    let done = tokio::task::spawn_blocking(command).await.unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.success(), says.is_empty(), "{said}");
    assert!(said.contains(says), "{said}");
}
