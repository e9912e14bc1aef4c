//! Certificates through the boundary: what was judged runs, what somebody changed in the store does not, and whoever raises a
//! field's label is refused by what its readers would then do.

use std::path::Path;
use std::time::{Duration, Instant};

use pact_store::Store;
use pact_tests::process::{ADMIN, Caller, Place, Process};
use pact_tests::server::Db;
use rstest::rstest;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

/// How long a run may take to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A plugin that notes each new customer in its run's log.
fn notes(id: &str) -> Value {
    let manifest = format!(
        "id = \"{id}\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Notes\"\nreads = [\"customer\", \"plan\", \"person\"]\n[[script]]\nfile = \"notes.rhai\"\n"
    );
    json!({"manifest": manifest, "files": {"notes.rhai": "fn on_customer_created(customer) { log(customer.name); }"}})
}

/// A plugin of the worked corpus, as it is sent.
fn worked(folder: &str, script: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/worked/refuse-together/added-up-at-night").join(folder);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    json!({"manifest": read("plugin.toml"), "files": {script: read(script)}})
}

struct Company {
    place: Place,
    server: Option<Process>,
    admin: Option<Caller>,
    customers: usize,
}

impl Company {
    async fn on(db: Db) -> Self {
        let mut company = Self { place: Place::on(db), server: None, admin: None, customers: 0 };
        company.start().await;
        company
    }

    async fn start(&mut self) {
        let plugins = self.place.folder().join("plugins");
        std::fs::create_dir_all(&plugins).unwrap();
        let server = self.place.launch(&plugins).start();
        self.admin = Some(Caller::sign_in(&server.base, ADMIN).await);
        self.server = Some(server);
    }

    /// Stops the server, changes the database behind its back, and starts it again.
    async fn change(&mut self, sql: &str) {
        self.server = None;
        let store = Store::open(&self.place.url).await.unwrap();
        let sql = sql.to_owned();
        let changed: Result<u64, pact_store::StoreError> = store
            .write(async move |tx| {
                let backend: DbBackend = tx.get_database_backend();
                Ok(tx.execute_raw(Statement::from_string(backend, sql.clone())).await?.rows_affected())
            })
            .await;
        assert_eq!(changed.unwrap(), 1, "nothing was changed");
        store.close().await;
        self.start().await;
    }

    fn admin(&self) -> &Caller {
        self.admin.as_ref().unwrap()
    }

    async fn install(&self, plugin: &Value) {
        let answer = self.admin().post("/api/v1/plugins", plugin).await;
        assert!((200..300).contains(&answer.status), "{}", answer.body);
    }

    /// How many runs of each plugin there are, once a new customer was handled by `last`.
    async fn runs_after_a_customer<const N: usize>(&mut self, plugins: [&str; N], last: &str) -> [usize; N] {
        let before = self.runs(last).await;
        self.customers += 1;
        self.admin().make("/api/v1/customers", &json!({"name": format!("Customer {}", self.customers)})).await;
        let until = Instant::now() + PATIENCE;
        while self.runs(last).await == before {
            assert!(Instant::now() < until, "{last} does not run: {}", self.server.as_ref().unwrap().log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut runs = [0; N];
        for (count, plugin) in runs.iter_mut().zip(plugins) {
            *count = self.runs(plugin).await;
        }
        runs
    }

    async fn runs(&self, plugin: &str) -> usize {
        let page = self.admin().get(&format!("/api/v1/runs?plugin_id={plugin}")).await;
        page["items"].as_array().unwrap().len()
    }

    async fn certificate(&self, plugin: &str) -> Value {
        let versions = self.admin().get(&format!("/api/v1/plugins/{plugin}/versions")).await;
        let newest = versions["items"][0]["id"].as_str().unwrap().to_owned();
        self.admin().get(&format!("/api/v1/plugins/{plugin}/versions/{newest}")).await["certificate"].clone()
    }

    fn log(&self) -> String {
        self.server.as_ref().unwrap().log()
    }
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn only_certified_bytes_run(#[case] db: Db) {
    let mut company = Company::on(db).await;
    company.install(&notes("a-notes")).await;
    company.install(&notes("b-notes")).await;
    let certificate = company.certificate("a-notes").await;
    for hash in ["scripts", "interface", "rules", "fields"] {
        assert_eq!(certificate[hash].as_str().unwrap().len(), 64, "{certificate}");
    }
    assert_eq!(company.runs_after_a_customer(["a-notes", "b-notes"], "b-notes").await, [1, 1]);

    // One word of a script is changed in the store: it does not run, and others do.
    let altered =
        "UPDATE script_versions SET files = REPLACE(files, 'customer.name', 'customer.city') WHERE plugin_id = 'a-notes'";
    company.change(altered).await;
    assert_eq!(company.runs_after_a_customer(["a-notes", "b-notes"], "b-notes").await, [1, 2]);
    assert!(company.log().contains("its scripts are not those that were judged"), "{}", company.log());

    // Whoever may install it again.
    company.install(&notes("a-notes")).await;
    assert_eq!(company.runs_after_a_customer(["a-notes", "b-notes"], "b-notes").await, [2, 3]);
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn what_was_judged_by_other_rules_is_judged_again_at_start(#[case] db: Db) {
    let mut company = Company::on(db).await;
    company.install(&notes("a-notes")).await;
    company.install(&notes("b-notes")).await;
    let certificate = company.certificate("a-notes").await;
    let other_rules =
        format!("UPDATE script_versions SET certificate = REPLACE(certificate, '{}', 'other') WHERE plugin_id = 'a-notes'", {
            certificate["rules"].as_str().unwrap()
        });
    company.change(&other_rules).await;
    assert_eq!(company.certificate("a-notes").await, certificate, "it was judged again and passes");
    assert_eq!(company.runs_after_a_customer(["a-notes", "b-notes"], "b-notes").await, [1, 1]);

    // Never judged, and it would not pass: it is left out with what was found.
    let counts = "fn on_customer_created(customer) { for p in people.all() { log(`${plans.of_person(p).len()}`); } }";
    let smuggled = format!(
        "UPDATE script_versions SET certificate = NULL, files = '{}' WHERE plugin_id = 'a-notes'",
        json!({"notes.rhai": counts})
    );
    company.change(&smuggled).await;
    assert_eq!(company.runs_after_a_customer(["a-notes", "b-notes"], "b-notes").await, [1, 2]);
    assert!(company.log().contains("no-activity-metric"), "{}", company.log());
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn whoever_raises_a_label_is_judged_together_with_the_readers(#[case] db: Db) {
    let company = Company::on(db).await;
    company.install(&worked("depth-of-talks", "nightly.rhai")).await;
    let before = company.certificate("depth-of-talks").await;
    let refused = company.admin().post("/api/v1/plugins", &worked("topic-days", "topic.rhai")).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let said = refused.body.to_string();
    assert!(said.contains("depth-of-talks/nightly.rhai") && said.contains("no-activity-tally"), "{said}");
    assert_eq!(company.certificate("depth-of-talks").await, before, "what is refused changes nothing");
    assert_eq!(company.admin().send("GET", "/api/v1/plugins/topic-days", &[], None).await.unwrap().status, 404);
}

#[rstest]
#[case::sqlite(Db::Sqlite)]
#[case::postgres(Db::Postgres)]
#[tokio::test]
async fn readers_that_still_pass_get_a_certificate_on_the_new_label(#[case] db: Db) {
    let company = Company::on(db).await;
    let mut reader = worked("depth-of-talks", "nightly.rhai");
    reader["files"]["nightly.rhai"] =
        json!("fn nightly() { for lead in leads.open() { log(`${lead.title}: ${lead.field(\"topic_on\")}`); } }");
    company.install(&reader).await;
    let before = company.certificate("depth-of-talks").await;
    company.install(&worked("topic-days", "topic.rhai")).await;
    let after = company.certificate("depth-of-talks").await;
    assert_eq!(before["scripts"], after["scripts"]);
    assert_ne!(before["fields"], after["fields"]);
    let label = after["labels"]["lead.topic_on"].as_str().unwrap();
    assert!(label.contains("trace"), "{label}");
}
