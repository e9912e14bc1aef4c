//! What this system does and does not compute, said in people's languages from what is installed.

use std::process::Command;

use pact_core::role::Role;
use pact_tests::process::{Place, pact_binary, test_plugins};
use pact_tests::server::Db;
use rstest::rstest;
use serde_json::json;

use super::House;

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn the_statement_is_made_from_what_is_agreed_and_defined(#[case] db: Db) {
    let mut house = House::on(db).await;
    let field = json!({"on_record": "customer", "name": "boilers", "label": "Boilers", "type": "number", "helps": "sale", "because": "Offers depend on it", "about": "customer"});
    let made = house.admin.post("/api/v1/fields", &field).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let read =
        async |client: &pact_tests::server::Client, query: &str| client.get(&format!("/api/v1/pact/statement{query}")).await;
    let page = read(&house.rob, "").await;
    assert!(page.header("content-type").starts_with("text/html") && page.text.contains("<html lang=\"en\">"), "{}", page.text);
    assert!(page.text.contains("The version that PACT brings along is in force"), "{}", page.text);
    assert!(page.text.contains("Boilers (customer) helps the sale: Offers depend on it"), "{}", page.text);
    house.found().await;
    // (the language, a sentence)
    let cases = [
        ("de", "Version 1 gilt seit 2026-12-08."),
        ("en", "For staff, all of these sign: rob, sue. For management, one of these: max."),
        ("es", "al menos 5 personas"),
        ("fr", "30 jours après la fin"),
        ("it", "90 giorni al massimo"),
        ("nl", "Van zo'n run wordt niets vastgelegd."),
        ("pt", "14 dias"),
        ("en", "is kept for 90 days and shown to that person"),
    ];
    for (language, wanted) in cases {
        let said = read(&house.sue, &format!("?language={language}&format=text")).await;
        assert!(said.status == 200 && said.text.contains(wanted), "{language}: {}", said.text);
        assert!(!said.text.contains('{'), "{language}: {}", said.text);
    }
    assert_eq!(read(&house.sue, "?language=xx").await.problem(), "invalid-parameter");
    let partner = house.server.person("pat", Role::Partner).await;
    assert_eq!(read(&partner, "").await.status, 200, "everybody who is signed in");
    assert_eq!(read(&house.server.nobody(), "").await.status, 401);
    house.server.stop().await;
}

#[test]
fn the_command_line_prints_it() {
    let place = Place::on(Db::Sqlite);
    drop(place.launch(&test_plugins("mini")).start());
    let output = Command::new(pact_binary())
        .args(["statement", "--language", "de", "--database", &place.url])
        .current_dir(place.folder())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("Es berechnet nicht") && said.contains("Es darf: "), "{said}");
}
