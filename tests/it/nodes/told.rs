//! What one node commits, the other hears of. The clock stands still here, so that no look of the other's own can be the reason.

use std::time::Duration;

use futures_util::StreamExt;
use pact_core::role::Role;
use pact_store::{Notice, StoreError};
use pact_tests::server::{Client, Db, TestServer};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use uuid::Uuid;

/// How long what must be heard may take: much less than a stream's heartbeat, with which it looks for itself.
const PATIENCE: Duration = Duration::from_secs(10);

async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what} was not heard in {PATIENCE:?}"))
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    within(what, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// Hears until a notice is there.
async fn heard(notices: &mut Receiver<Notice>, what: &str, is_it: impl Fn(&Notice) -> bool) {
    within(what, async { while !is_it(&notices.recv().await.unwrap()) {} }).await;
}

/// A person's stream at a node; the text that comes is looked through for words.
struct Listening {
    body: std::pin::Pin<Box<dyn futures_util::Stream<Item = Vec<u8>> + Send>>,
    text: String,
}

impl Listening {
    async fn at(node: &TestServer, who: &Client) -> Self {
        let who = node.with_token(&who.token);
        let response = who.request("GET", "/api/v1/stream").send().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut listening =
            Self { body: Box::pin(response.bytes_stream().map(|bytes| bytes.unwrap().to_vec())), text: String::new() };
        listening.says(": listening").await;
        listening
    }

    async fn says(&mut self, words: &str) {
        within(words, async {
            while !self.text.contains(words) {
                let more = self.body.next().await.expect("an open stream");
                self.text.push_str(std::str::from_utf8(&more).unwrap());
            }
        })
        .await;
    }
}

async fn lead(at: &Client, company: &str, contact: usize) -> Uuid {
    let body = json!({
        "title": format!("{company} asks"), "source": "trade fair", "customer": {"name": company, "country": "NL"},
        "contact": {"name": "Jo Doe", "email": format!("jo{contact}@{}.example", company.to_lowercase().replace(' ', "-"))},
    });
    let reply = at.post("/api/v1/leads", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body["lead"]["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_one_node_commits_the_other_hears_of() {
    let here = TestServer::on(Db::Postgres).await;
    let there = here.beside().await;
    let mut notices = there.app.store.committed();
    let admin = here.admin().await;
    heard(&mut notices, "the organisation", |notice| matches!(notice, Notice::OrganisationChanged { .. })).await;
    let ann = here.person("ann", Role::Rep).await;
    until("the other's snapshot knows Ann", async || there.app.organisation().people.contains_key(&ann.id)).await;

    // Ann listens there, and is offered a lead here.
    let mut stream = Listening::at(&there, &ann).await;
    let globex = lead(&admin, "Globex", 0).await;
    heard(&mut notices, "an event", |notice| matches!(notice, Notice::EventAppended { .. })).await;
    let pushed =
        admin.post(&format!("/api/v1/leads/{globex}/push"), &json!({"person_id": ann.id, "because": "You know them."})).await;
    assert_eq!(pushed.status, 200, "{}", pushed.text);
    heard(&mut notices, "the load", |notice| *notice == Notice::LoadMoved { from: None, to: Some(ann.id) }).await;
    stream.says("event: message").await;
    stream.says("You know them.").await;
    // Records that others may be looking at.
    let customer = admin.get(&format!("/api/v1/leads/{globex}")).await.body["customer_id"].as_str().unwrap().to_owned();
    let changed = admin.change(&format!("/api/v1/customers/{customer}"), &json!({"city": "Delft"})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    stream.says("event: record").await;
    stream.says(&customer).await;
    drop(stream);

    // A webhook that is made here gets a message of what enters there.
    let hook = json!({"name": "desk", "url": "https://desk.example.com/", "events": ["lead_created"]});
    assert_eq!(admin.post("/api/v1/webhooks", &hook).await.status, 201);
    heard(&mut notices, "the webhook", |notice| *notice == Notice::WebhooksChanged).await;
    let far = there.with_token(&admin.token);
    let entered = std::sync::atomic::AtomicUsize::new(0);
    until("a message for the webhook", async || {
        let n = entered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        lead(&far, &format!("Company {}", Uuid::new_v4().simple()), n).await;
        !pact_store::entity::outbox::Entity::find().all(there.app.store.read()).await.unwrap().is_empty()
    })
    .await;

    let manifest = "id = \"greeter\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Greeter\"\nreads = [\"customer\"]\n[[script]]\nfile = \"greet.rhai\"\n";
    let files = json!({"greet.rhai": "fn on_customer_created(customer) { log(customer.name); }"});
    let installed = admin.post("/api/v1/plugins", &json!({"manifest": manifest, "files": files})).await;
    assert_eq!(installed.status, 201, "{}", installed.text);
    heard(&mut notices, "the plugin", |notice| *notice == Notice::PluginsChanged).await;
    there.stop().await;
    here.stop().await;
}

#[tokio::test]
async fn who_loses_the_connection_is_told_that_something_was_missed_and_hears_again() {
    let here = TestServer::on(Db::Postgres).await;
    let there = here.beside().await;
    let ann = here.person("ann", Role::Rep).await;
    until("the other's snapshot knows Ann", async || there.app.organisation().people.contains_key(&ann.id)).await;
    let mut stream = Listening::at(&there, &ann).await;
    let mut notices = there.app.store.committed();
    // What the database does when it is restarted, or a firewall forgets a connection.
    let cut = async |tx: &pact_store::Tx| {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pact-nodes' AND datname = current_database()";
        tx.execute_unprepared(sql).await.map(drop).map_err(StoreError::from)
    };
    here.app.store.write(cut).await.unwrap();
    heard(&mut notices, "that something was missed", |notice| *notice == Notice::Missed).await;
    stream.says("event: missed").await;
    drop(stream);
    let bo = here.person("bo", Role::Rep).await;
    until("the other's snapshot knows Bo", async || there.app.organisation().people.contains_key(&bo.id)).await;
    there.stop().await;
    here.stop().await;
}

#[tokio::test]
async fn a_file_has_one_node() {
    let server = TestServer::on(Db::Sqlite).await;
    let mut notices = server.app.store.committed();
    let admin = server.admin().await;
    heard(&mut notices, "the organisation", |notice| matches!(notice, Notice::OrganisationChanged { .. })).await;
    lead(&admin, "Globex", 0).await;
    heard(&mut notices, "an event, with its id", |notice| matches!(notice, Notice::EventAppended { id, .. } if !id.is_nil()))
        .await;
    server.stop().await;
}
