//! What nobody signed does not run.

use std::process::Command;

use pact_app::ops::pact::{Demands, check_covered};
use pact_tests::process::{Place, pact_binary, test_plugins};
use pact_tests::server::Db;
use rstest::rstest;
use sea_orm::{ConnectionTrait, Statement};

use super::House;

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn settings_that_nobody_signed_do_not_run(#[case] db: Db) {
    let mut house = House::on(db).await;
    let covered = async |demands: Demands| check_covered(&house.server.app, demands).await.map_err(|refusal| refusal.to_string());
    covered(Demands::default()).await.unwrap();
    write(&house.server.app.store, "UPDATE organisation SET k = 4").await;
    let said = covered(Demands::default()).await.unwrap_err();
    assert!(said.contains("k is 4 in the database, and the pact that PACT brings along says 5"), "{said}");
    write(&house.server.app.store, "UPDATE organisation SET k = 5").await;
    house.found().await;
    house.propose(&house.version(7)).await;

    let covered = async |demands: Demands| check_covered(&house.server.app, demands).await.map_err(|refusal| refusal.to_string());
    covered(Demands { k: Some(7), retention_days: Some(30) }).await.unwrap();
    // (what the configuration demands, what is said)
    let cases = [
        (Demands { k: Some(3), retention_days: None }, "k is 3 in the configuration, and version 2 of the pact says 7"),
        (Demands { k: Some(9), retention_days: None }, "k is 9 in the configuration"),
        (
            Demands { k: None, retention_days: Some(365) },
            "note_retention_days is 365 in the configuration, and version 2 of the pact says 30",
        ),
    ];
    for (demands, wanted) in cases {
        let said = covered(demands).await.unwrap_err();
        assert!(said.contains(wanted) && said.contains("propose a version"), "{said}");
    }
    // What somebody wrote into the database is not what the log says came into force.
    write(
        &house.server.app.store,
        "UPDATE pact_versions SET settings = REPLACE(settings, '\"k\":7', '\"k\":3') WHERE number = 2",
    )
    .await;
    let said = covered(Demands::default()).await.unwrap_err();
    assert!(said.contains("version 2 with other words or settings"), "{said}");
    write(&house.server.app.store, "UPDATE pact_versions SET in_force_at = NULL").await;
    let said = covered(Demands::default()).await.unwrap_err();
    assert!(said.contains("version 2 of the pact is in force, and the database holds none"), "{said}");
    house.server.stop().await;
}

async fn write(store: &pact_store::Store, sql: &'static str) {
    let done: Result<u64, pact_store::StoreError> = store
        .write(async move |tx| {
            let backend = tx.get_database_backend();
            Ok(tx.execute_raw(Statement::from_string(backend, sql)).await?.rows_affected())
        })
        .await;
    assert!(done.unwrap() > 0, "{sql}");
}

#[tokio::test]
async fn the_server_does_not_start_with_settings_that_nobody_signed() {
    let place = Place::on(Db::Sqlite);
    drop(place.launch(&test_plugins("mini")).start());
    let serve = |k: Option<&str>| {
        let mut command = Command::new(pact_binary());
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", &place.url]).current_dir(place.folder());
        if let Some(k) = k {
            command.env("PACT_K", k);
        }
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (started, said) = serve(Some("3"));
    assert!(!started && said.contains("k is 3 in the configuration"), "{said}");
    let store = pact_store::Store::open(&place.url).await.unwrap();
    write(&store, "UPDATE organisation SET k = 3").await;
    store.close().await;
    let (started, said) = serve(None);
    assert!(!started && said.contains("settings that nobody signed"), "{said}");
}
