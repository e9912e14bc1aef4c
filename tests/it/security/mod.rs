//! Security records through the boundary: everybody sees their own; an admin and an auditor together see those of one person, for a reason, for a day.

mod names;
mod own;
mod together;

use pact_app::ops::security::tend::tend;
use pact_core::role::Role;
use pact_tests::server::{Client, Db, PASSWORD, Reply, TestServer};
use serde_json::{Value, json};

const DAY_S: i64 = 24 * 3_600;
const ACCESSES: &str = "/api/v1/security/accesses";
const RECORDS: &str = "/api/v1/security/records";
/// A reason that names nobody.
const REASON: &str = "A customer got mail from our server at night that nobody here wrote.";

/// Adam runs PACT and Audrey audits it, both for a week; Ann sells.
struct House {
    server: TestServer,
    adam: Client,
    audrey: Client,
    ann: Client,
}

impl House {
    async fn on(db: Db) -> Self {
        let server = TestServer::on(db).await;
        for (name, role) in [("adam", Role::Admin), ("audrey", Role::Auditor), ("ann", Role::Rep)] {
            server.person(name, role).await;
        }
        server.pass_s(7 * DAY_S);
        let again = async |name: &str| server.sign_in(&format!("{name}@example.com"), PASSWORD).await;
        let (adam, audrey, ann) = (again("adam").await, again("audrey").await, again("ann").await);
        server.pass_s(60);
        Self { server, adam, audrey, ann }
    }

    /// Days pass, what happens by itself has happened, and everybody signs in again.
    async fn pass_days(&mut self, days: i64) {
        self.server.pass_s(days * DAY_S);
        tend(&self.server.app).await.unwrap();
        for client in [&mut self.adam, &mut self.audrey, &mut self.ann] {
            assert_eq!(client.get("/api/v1/session").await.status, 401, "access tokens end");
        }
        self.adam = self.again("adam").await;
        self.audrey = self.again("audrey").await;
        self.ann = self.again("ann").await;
    }

    async fn again(&self, name: &str) -> Client {
        self.server.sign_in(&format!("{name}@example.com"), PASSWORD).await
    }

    /// A newcomer.
    async fn newcomer(&self, name: &str, role: Role) -> Client {
        self.server.person(name, role).await
    }

    /// What an admin asks of Ann's records: those of the last week.
    fn of_ann(&self) -> Value {
        let (first_on, last_on) = ("2026-11-24", "2026-12-01");
        json!({"opens": "records", "person_id": self.ann.id, "first_on": first_on, "last_on": last_on, "reason": REASON})
    }

    async fn asked(&self, by: &Client) -> String {
        let answer = by.post(ACCESSES, &self.of_ann()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.id().to_string()
    }

    /// What the log says of opening, one step after the other: what, and by which role.
    async fn steps(&self) -> Vec<(String, String)> {
        let page = self.audrey.get("/api/v1/evidence/entries?type=security_access_changed&limit=1000").await;
        let items = page.body["items"].as_array().unwrap().iter().map(|item| &item["entry"]);
        let word = |value: &Value| value.as_str().unwrap_or("system").to_owned();
        items.map(|entry| (word(&entry["act"]["step"]["what"]), word(&entry["by"]["role"]))).collect()
    }
}

async fn act(client: &Client, access: &str, what: &str) -> Reply {
    client.send(client.request("POST", &format!("{ACCESSES}/{access}/{what}"))).await
}

async fn opened(client: &Client, access: &str) -> Reply {
    client.get(&format!("{ACCESSES}/{access}/records")).await
}

/// Records in the order of their instants; those of one instant in the order of their words.
fn items(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut items = reply.body["items"].as_array().unwrap().clone();
    items.sort_by_key(|item| (item["at"].to_string(), item["what"].to_string()));
    items
}

/// The words of what happened.
fn whats(reply: &Reply) -> Vec<String> {
    items(reply).iter().map(|item| item["what"].as_str().unwrap().to_owned()).collect()
}
