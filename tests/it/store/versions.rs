//! Versions of plugins and of their settings are numbered by the database: whoever writes them, and whenever they were written.

use pact_store::StoreError;
use pact_store::entity::{script_version, settings_version};
use rstest::rstest;
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use super::{Fresh, On};

fn script(plugin: &str, version: &str) -> script_version::Model {
    script_version::Model {
        id: Uuid::new_v4(),
        plugin_id: plugin.to_owned(),
        version: version.to_owned(),
        manifest: String::new(),
        files: json!({}).into(),
        hash: String::new(),
        certificate: None,
        created_at: 7,
        created_by_id: None,
        number: 0,
    }
}

fn settings(plugin: &str, how: &str) -> settings_version::Model {
    settings_version::Model {
        id: Uuid::new_v4(),
        plugin_id: plugin.to_owned(),
        settings: json!({}).into(),
        how: how.to_owned(),
        created_at: 7,
        created_by_id: None,
        number: 0,
    }
}

async fn sql(fresh: &Fresh, statements: Vec<String>) {
    let run = async move |tx: &pact_store::Tx| {
        for statement in &statements {
            tx.execute_unprepared(statement).await?;
        }
        Ok::<_, StoreError>(())
    };
    fresh.write(run).await;
}

/// Numbers and versions of a plugin, newest first.
async fn versions(fresh: &Fresh, plugin: &str) -> Vec<(i64, String)> {
    let rows = pact_store::plugin::versions(fresh.store.read(), plugin, 10).await.unwrap();
    rows.into_iter().map(|row| (row.number, row.version)).collect()
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn versions_of_one_instant_have_an_order(#[case] on: On) {
    let fresh = on.fresh().await;
    for version in ["1.0.0", "1.1.0", "1.0.0", "1.2.0"] {
        fresh.add(vec![script("a", version)]).await;
    }
    // Several at once, of two plugins.
    fresh.add(vec![script("b", "0.1.0"), script("a", "1.3.0"), script("b", "0.2.0")]).await;
    let numbered = |all: &[(i64, &str)]| all.iter().map(|(number, version)| (*number, (*version).to_owned())).collect::<Vec<_>>();
    let of_a = numbered(&[(5, "1.3.0"), (4, "1.2.0"), (3, "1.0.0"), (2, "1.1.0"), (1, "1.0.0")]);
    assert_eq!(versions(&fresh, "a").await, of_a);
    assert_eq!(versions(&fresh, "b").await, numbered(&[(2, "0.2.0"), (1, "0.1.0")]));
    let conn = fresh.store.read();
    let newest = pact_store::plugin::newest_version(conn, "a").await.unwrap().unwrap();
    assert_eq!(newest.version, "1.3.0");
    let mut back = vec![newest];
    while let Some(before) = pact_store::plugin::version_before(conn, back.last().unwrap()).await.unwrap() {
        back.push(before);
    }
    assert_eq!(back.iter().map(|row| row.number).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);

    for how in ["installed", "set", "restored"] {
        fresh.add(vec![settings("a", how)]).await;
    }
    let told = pact_store::settings_version::of_plugin(conn, "a", 2).await.unwrap();
    assert_eq!(told.iter().map(|row| (row.number, row.how.as_str())).collect::<Vec<_>>(), [(3, "restored"), (2, "set")]);
    // No two of a plugin have one number.
    let twice = script_version::Model { number: 5, ..script("a", "9.9.9") };
    let refused = fresh.store.write(async move |tx| pact_store::record::insert(tx, twice.clone()).await).await;
    assert!(matches!(refused, Err(StoreError::Taken { .. })), "{refused:?}");
}

/// A release that does not know of numbers goes on while another one works beside it.
#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test]
async fn what_an_older_release_wrote_and_writes_is_numbered(#[case] on: On) {
    let fresh = on.fresh().await;
    let id = |n: u32| match fresh.store.kind() {
        pact_store::Kind::Postgres => format!("'00000000-0000-4000-8000-00000000000{n}'"),
        pact_store::Kind::Sqlite => format!("X'0000000000004000800000000000000{n}'"),
    };
    let older = |n: u32, at: i64| {
        format!(
            "INSERT INTO script_versions (id, plugin_id, version, manifest, files, hash, created_at) \
             VALUES ({}, 'a', '1.{n}.0', '', '{{}}', '', {at})",
            id(n)
        )
    };
    // As it was before the migration.
    let trigger = match fresh.store.kind() {
        pact_store::Kind::Postgres => "DROP TRIGGER script_versions_number ON script_versions",
        pact_store::Kind::Sqlite => "DROP TRIGGER script_versions_number",
    };
    let before = ["DROP INDEX script_versions_by_plugin_id_number", trigger, "ALTER TABLE script_versions DROP COLUMN number"];
    let undone = "DELETE FROM seaql_migrations WHERE version = 'm0026_versions_dry_runs'";
    let mut statements: Vec<String> = before.into_iter().chain([undone]).map(str::to_owned).collect();
    // Two of one instant: until now the id decided.
    statements.extend([older(1, 10), older(3, 20), older(2, 20)]);
    sql(&fresh, statements).await;
    fresh.store.migrate().await.unwrap();
    sql(&fresh, vec![older(4, 20), older(5, 20)]).await;
    let numbers: Vec<(i64, String)> = (1..=5).rev().map(|n| (n, format!("1.{n}.0"))).collect();
    assert_eq!(versions(&fresh, "a").await, numbers);
}
