//! A small company behind the real HTTP door, on either database.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pact::http::{Settings, server};
use pact_app::App;
use pact_app::app::Clock;
use pact_core::time::Instant;
use pact_store::entity::{person, refresh_token, team, territory};
use reqwest::{Client, Method, Response};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::store::{Fresh, On, organisation};

/// Tuesday 24 November 2026, 11:10 in Amsterdam.
pub const NOW_MS: i64 = 1_795_515_000_000;

/// A clock that tests move.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// The people: Ann and Bo sell in Benelux, Cy alone in his team; Mia leads, Adam runs PACT, Audrey audits, Pat is a partner, Gone has left.
const PEOPLE: [(&str, &str, &str); 8] = [
    ("ann", "rep", "Benelux"),
    ("bo", "rep", "Benelux"),
    ("cy", "rep", "Alone"),
    ("mia", "manager", "Benelux"),
    ("adam", "admin", "Benelux"),
    ("audrey", "auditor", ""),
    ("pat", "partner", ""),
    ("gone", "rep", "Benelux"),
];

/// The company, served.
pub struct World {
    pub app: App,
    pub clock: Arc<HandClock>,
    pub people: HashMap<&'static str, Uuid>,
    pub teams: HashMap<&'static str, Uuid>,
    pub territory: Uuid,
    tokens: HashMap<&'static str, String>,
    base: String,
    client: Client,
    stop: JoinHandle<std::io::Result<()>>,
    pub fresh: Fresh,
}

/// A request that is being put together.
pub struct Call<'a> {
    world: &'a World,
    request: reqwest::RequestBuilder,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub etag: String,
    pub location: String,
    pub content_type: String,
    pub body: Value,
}

impl World {
    /// The company on a fresh database.
    pub async fn on(on: On) -> Self {
        let fresh = on.fresh().await;
        let teams = HashMap::from([("Benelux", Uuid::new_v4()), ("Alone", Uuid::new_v4())]);
        let people: HashMap<&str, Uuid> = PEOPLE.iter().map(|(name, ..)| (*name, Uuid::new_v4())).collect();
        let territory = Uuid::new_v4();
        fresh.add(vec![organisation()]).await;
        fresh.add(teams.iter().map(|(name, id)| team_row(name, *id)).collect()).await;
        fresh.add(vec![territory_row(territory)]).await;
        fresh
            .add(PEOPLE.iter().map(|(name, role, team)| person_row(name, role, people[name], teams.get(team).copied())).collect())
            .await;
        let sessions: HashMap<&str, Uuid> = people.keys().map(|name| (*name, Uuid::new_v4())).collect();
        fresh.add(people.iter().map(|(name, id)| session_row(*id, sessions[name])).collect()).await;
        let clock = Arc::new(HandClock(AtomicI64::new(NOW_MS)));
        let app = App::new(fresh.store.clone(), clock.clone(), Arc::default(), None).await.unwrap();
        let mut tokens = HashMap::new();
        for (name, id) in &people {
            let (token, _) = app.access.sign(&app, *id, sessions[name]).await.unwrap();
            tokens.insert(*name, token.expose_secret().to_owned());
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings { workers: 1, ..Settings::default() };
        let stop = tokio::spawn(server::start(app.clone(), settings, listener).unwrap());
        Self { app, clock, people, teams, territory, tokens, base, client: client(), stop, fresh }
    }

    /// Moves the clock.
    pub fn pass(&self, milliseconds: i64) {
        self.clock.0.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// A request by a person, such as `("ann", "GET /customers")`; `nobody` presents nothing.
    pub fn call(&self, who: &str, what: &str) -> Call<'_> {
        let (method, path) = what.split_once(' ').unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.base));
        if let Some(token) = self.tokens.get(who) {
            request = request.bearer_auth(token);
        }
        Call { world: self, request }
    }

    /// A GET that must succeed.
    pub async fn get(&self, who: &str, path: &str) -> Value {
        let reply = self.call(who, &format!("GET {path}")).send().await;
        assert_eq!(reply.status, 200, "GET {path}: {reply:?}");
        reply.body
    }

    /// A POST that must make something; the answer is the record. Who sends a plugin without a word on consent agrees to whatever it asks for.
    pub async fn make(&self, who: &str, path: &str, body: Value) -> Value {
        let mut reply = self.call(who, &format!("POST {path}")).json(&body).send().await;
        if path == "/plugins" && reply.body["type"] == "/problems/consent-needed" && body.get("consent").is_none() {
            let mut agreed = body;
            agreed["consent"] = reply.body["consent"].clone();
            reply = self.call(who, &format!("POST {path}")).json(&agreed).send().await;
        }
        assert_eq!(reply.status, 201, "POST {path}: {reply:?}");
        assert!(reply.location.ends_with(reply.body["id"].as_str().unwrap()), "{reply:?}");
        assert!(!reply.etag.is_empty(), "{reply:?}");
        reply.body
    }

    /// The present ETag of a record.
    pub async fn etag(&self, who: &str, path: &str) -> String {
        let reply = self.call(who, &format!("GET {path}")).send().await;
        assert_eq!(reply.status, 200, "GET {path}: {reply:?}");
        reply.etag
    }

    /// A customer that Ann enters and `owner` owns.
    pub async fn customer(&self, name: &str, owner: &str) -> String {
        let owner = self.people.get(owner).copied();
        let made = self.make("ann", "/customers", json!({"name": name, "country": "NL", "owner_id": owner})).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// A lead of a customer, entered by Ann.
    pub async fn lead(&self, customer: &str, title: &str) -> String {
        let body = json!({"title": title, "source": "trade fair", "customer": {"id": customer}});
        let reply = self.call("ann", "POST /leads").json(&body).send().await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.body["lead"]["id"].as_str().unwrap().to_owned()
    }

    /// The texts of a person's messages of a kind, oldest first.
    pub async fn messages(&self, who: &str, kind: &str) -> Vec<String> {
        let page = self.get(who, "/messages").await;
        let items = page["items"].as_array().unwrap().iter();
        items.filter(|item| item["kind"] == kind).map(|item| item["text"].as_str().unwrap().to_owned()).collect()
    }

    /// Sends each request and compares status, problem and the field to blame.
    pub async fn refuses(&self, cases: &[(&str, &str, Option<Value>, u16, &str, &str)]) {
        for (who, what, body, status, slug, field) in cases {
            let mut call = self.call(who, what);
            if let Some(body) = body {
                call = call.json(body);
            }
            let reply = call.send().await;
            reply.is_problem(*status, slug, field, &format!("{who} {what} {body:?}"));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.abort();
    }
}

impl Call<'_> {
    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// A body that is no JSON.
    pub fn bytes(mut self, kind: &str, body: Vec<u8>) -> Self {
        self.request = self.request.header("content-type", kind).body(body);
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    /// Says that the present revision of the record at a path was read.
    pub async fn knowing(self, who: &str, path: &str) -> Self {
        let etag = self.world.etag(who, path).await;
        self.if_match(&etag)
    }

    pub async fn open(self) -> Response {
        self.request.send().await.unwrap()
    }

    pub async fn send(self) -> Reply {
        let response = self.open().await;
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let (status, etag, location, content_type) =
            (response.status().as_u16(), header("etag"), header("location"), header("content-type"));
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
        Reply { status, etag, location, content_type, body }
    }
}

impl Reply {
    /// The problem that it must be; an empty field asks for none.
    #[track_caller]
    pub fn is_problem(&self, status: u16, slug: &str, field: &str, about: &str) {
        assert_eq!(self.status, status, "{about}: {self:?}");
        assert_eq!(self.body["type"], format!("/problems/{slug}"), "{about}: {self:?}");
        assert_eq!(self.content_type, "application/problem+json", "{about}");
        assert!(!self.body["detail"].as_str().unwrap().is_empty(), "{about}");
        if !field.is_empty() {
            let fields: Vec<&str> =
                self.body["errors"].as_array().into_iter().flatten().filter_map(|e| e["field"].as_str()).collect();
            assert!(fields.contains(&field), "{about}: {self:?}");
        }
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }
}

/// The values of one field of a page's items.
pub fn each<'a>(page: &'a Value, field: &str) -> Vec<&'a Value> {
    page["items"].as_array().unwrap().iter().map(|item| &item[field]).collect()
}

/// A client for this machine alone: no proxy, and the cryptography that it asks for although nothing here is encrypted.
fn client() -> Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    // A server closes what is idle for a while; a request that is sent at that moment would be lost.
    Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
}

fn team_row(name: &str, id: Uuid) -> team::Model {
    team::Model { id, revision: "1".into(), name: name.into(), region: None, manager_id: None, working_hours: None }
}

fn territory_row(id: Uuid) -> territory::Model {
    let rules = json!([{"countries": ["NL"], "postcodes": [], "segments": [], "products": []}]);
    territory::Model { id, revision: "1".into(), name: "Netherlands".into(), parent_id: None, priority: 0, rules: rules.into() }
}

fn person_row(name: &str, role: &str, id: Uuid, team: Option<Uuid>) -> person::Model {
    person::Model {
        id,
        revision: "1".into(),
        name: name.into(),
        email: format!("{name}@initech.example"),
        role: role.into(),
        jobs: vec![].into(),
        team_id: team,
        territory_id: None,
        manager_id: None,
        skills: vec![].into(),
        languages: vec![].into(),
        time_zone: "Europe/Amsterdam".into(),
        country: "NL".into(),
        region: None,
        capacity: None,
        working_hours: None,
        active: name != "gone",
        password_hash: None,
        created_at: NOW_MS,
    }
}

fn session_row(person: Uuid, family: Uuid) -> refresh_token::Model {
    refresh_token::Model {
        id: Uuid::new_v4(),
        person_id: person,
        family,
        token_hash: Uuid::new_v4().to_string().into(),
        issued_at: NOW_MS,
        expires_at: NOW_MS + 86_400_000,
        used_at: None,
        revoked_at: None,
    }
}
