//! Schemathesis reads the server's own description and tries to break the server with it: no 5xx, no answer that the description does not know.

use std::path::Path;
use std::process::Command;

use pact_tests::process::{ADMIN, Caller, Place, test_plugins};
use pact_tests::server::Db;
use serde_json::json;

/// Where `.ci/test` puts Schemathesis.
const SCHEMATHESIS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/bin/schemathesis");
/// The folder with its settings.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/it/fuzz");
/// Arguments for a longer hunt than the settings ask for, such as `--seed 7 --max-time 900`.
const MORE: &str = "PACT_FUZZ";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_breaks_the_server_or_its_description() {
    assert!(Path::new(SCHEMATHESIS).exists(), "There is no {SCHEMATHESIS}. Run .ci/test once: it installs Schemathesis there.");
    let place = Place::on(Db::Sqlite);
    let server = place.launch(&test_plugins("mini")).with("PACT_WEBHOOK_NETWORKS", "127.0.0.0/8").start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    some_records(&admin).await;
    let (base, token, folder) = (server.base.clone(), admin.token.clone(), place.folder().to_owned());
    let done = tokio::task::spawn_blocking(move || {
        Command::new(SCHEMATHESIS)
            .arg("--config-file")
            .arg(Path::new(SETTINGS).join("schemathesis.toml"))
            .args(["run", "--no-color", "--warnings", "off"])
            .args(std::env::var(MORE).unwrap_or_default().split_whitespace())
            .arg(format!("{base}/openapi.json"))
            .env("PACT_BASE", &base)
            .env("PACT_TOKEN", token)
            .env("PYTHONPATH", SETTINGS)
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("NO_PROXY", "127.0.0.1")
            .current_dir(folder)
            .output()
    });
    let done = done.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains("Stateful"), "{said}");
    let defects: Vec<String> = server.log().lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect();
    assert_eq!(defects, Vec::<String>::new(), "the server reported defects");
}

/// One record of most nouns, so that requests meet more than empty lists.
async fn some_records(admin: &Caller) {
    let rep = admin.person("Ann Rep", "rep").await;
    let mia = admin.person("Mia Manager", "manager").await;
    admin.make("/api/v1/teams", &json!({"name": "Nordics", "manager_id": mia["id"]})).await;
    for company in ["Globex", "Umbrella", "Hooli"] {
        let customer = json!({"name": company, "country": "NL", "city": "Utrecht"});
        let contact = json!({"name": "Femke de Boer", "email": format!("femke@{}.example", company.to_lowercase())});
        let lead = json!({"source": "trade fair", "product": "heat-pump", "customer": customer, "contact": contact});
        let entered = admin.make("/api/v1/leads", &lead).await;
        let customer = entered["lead"]["customer_id"].clone();
        let card = json!({"customer_id": customer, "kind": "wish", "text": "They want cooling without noise."});
        admin.make("/api/v1/cards", &card).await;
        let webhook = json!({"name": company, "url": "http://127.0.0.1:1/hook", "events": ["lead_created"]});
        admin.make("/api/v1/webhooks", &webhook).await;
        let request = json!({"customer_id": customer, "to_id": rep["id"], "text": "When can they have the second unit?"});
        admin.make("/api/v1/requests", &request).await;
    }
}
