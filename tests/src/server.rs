//! A whole server in this process, on either database, with a clock that tests move, and callers who speak to it over HTTP.
//!
//! ```no_run
//! # async fn test() {
//! use pact_tests::server::{Db, TestServer};
//! let server = TestServer::on(Db::Sqlite).await;
//! let admin = server.admin().await;
//! let team = admin.post("/api/v1/teams", &serde_json::json!({"name": "Benelux"})).await;
//! assert_eq!(team.status, 201);
//! # }
//! ```

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::dev::ServerHandle;
use pact::http::{Settings, server};
use pact_app::app::Clock;
use pact_app::ops::organisation::found_organisation;
use pact_app::ops::person::{CreatePerson, create_person};
use pact_app::{Actor, App};
use pact_core::role::Role;
use pact_core::time::Instant;
use pact_store::Store;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::pg::{TestDatabase, TestPg};

/// The password of everybody whom the harness makes.
pub const PASSWORD: &str = "four words in a row";

/// Tuesday 24 November 2026, 09:10 UTC: the instant at which a server starts.
pub const STARTS_MS: i64 = 1_795_511_400_000;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum Db {
    /// A file in a folder of its own.
    Sqlite,
    /// A database of its own.
    Postgres,
}

/// A clock that tests move.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A server that is running.
pub struct TestServer {
    /// The application behind it.
    pub app: App,
    /// Where it answers: `http://127.0.0.1:PORT`.
    pub base: String,
    /// The address of its database.
    pub url: String,
    clock: Arc<HandClock>,
    handle: ServerHandle,
    client: reqwest::Client,
    _folder: TempDir,
    _database: Option<TestDatabase>,
}

/// Somebody who calls the server; signed in, or nobody.
#[derive(Clone, Debug)]
pub struct Client {
    /// The person; nil for nobody.
    pub id: Uuid,
    /// The access token or key; empty for nobody.
    pub token: String,
    /// The refresh token; empty for nobody.
    pub refresh: String,
    base: String,
    client: reqwest::Client,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl TestServer {
    /// A server with an organisation and nobody in it.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn on(db: Db) -> Self {
        Self::with(db, Settings { workers: 1, ..Settings::default() }).await
    }

    /// The same with settings of one's own.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn with(db: Db, settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (url, database) = match db {
            Db::Sqlite => (folder.path().join("pact.db").display().to_string(), None),
            Db::Postgres => {
                let database = TestPg::shared().with_tables().await;
                (database.url().to_owned(), Some(database))
            }
        };
        let store = Store::open(&url).await.expect("the store opens");
        store.migrate().await.expect("the tables are made");
        found_organisation(&store, "Acme Heating").await.expect("an organisation");
        let clock = Arc::new(HandClock(AtomicI64::new(STARTS_MS)));
        Self::start(store, url, clock, settings, folder, database).await
    }

    /// Another node on the same database, with the same clock.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn beside(&self) -> Self {
        let store = Store::open(&self.url).await.expect("the store opens");
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings { workers: 1, ..Settings::default() };
        Self::start(store, self.url.clone(), self.clock.clone(), settings, folder, None).await
    }

    async fn start(
        store: Store,
        url: String,
        clock: Arc<HandClock>,
        settings: Settings,
        folder: TempDir,
        database: Option<TestDatabase>,
    ) -> Self {
        let app = App::new(store, clock.clone(), Arc::default(), None)
            .await
            .expect("an application")
            .with_files(folder.path().join("files"))
            .with_outgoing(settings.outgoing.clone());
        tokio::spawn(app.clone().listen());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        let running = server::start(app.clone(), settings, listener).expect("the server starts");
        let handle = running.handle();
        tokio::spawn(running);
        Self { app, base, url, clock, handle, client: client(), _folder: folder, _database: database }
    }

    /// Lets time pass.
    pub fn pass_s(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Client {
        let (token, refresh) = (String::new(), String::new());
        Client { id: Uuid::nil(), token, refresh, base: self.base.clone(), client: self.client.clone() }
    }

    /// Somebody who presents this token or key.
    pub fn with_token(&self, token: &str) -> Client {
        Client { token: token.to_owned(), ..self.nobody() }
    }

    /// A new person of this role, signed in; their address is `NAME@example.com`, their password [`PASSWORD`].
    ///
    /// # Panics
    /// When that fails.
    pub async fn person(&self, name: &str, role: Role) -> Client {
        let email = format!("{name}@example.com");
        let command = CreatePerson { password: Some(PASSWORD.into()), ..CreatePerson::new(name, &email, role) };
        create_person(&self.app, &Actor::System, command).await.expect("a person");
        self.sign_in(&email, PASSWORD).await
    }

    /// The admin Adam, signed in.
    ///
    /// # Panics
    /// When that fails.
    pub async fn admin(&self) -> Client {
        self.person("adam", Role::Admin).await
    }

    /// Whoever has this address, signed in.
    ///
    /// # Panics
    /// When that fails.
    pub async fn sign_in(&self, email: &str, password: &str) -> Client {
        let body = json!({"method": "password", "email": email, "password": password});
        let reply = self.nobody().post("/api/v1/session", &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let text = |name: &str| reply.body[name].as_str().unwrap_or_default().to_owned();
        let id = text("person_id").parse().expect("an id");
        Client { id, token: text("access_token"), refresh: text("refresh_token"), ..self.nobody() }
    }

    /// Stops the server and closes the database.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        self.app.store.close().await;
    }
}

impl Client {
    /// A request, to be completed and given to [`Client::send`].
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.client.request(method, format!("{}{path}", self.base));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// Sends a request.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("its body");
        let body = serde_json::from_str(&text).unwrap_or_default();
        Reply { status, headers, text, body }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path)).await
    }

    /// `POST` with a JSON body. Who sends a plugin without a word on consent agrees to whatever it asks for.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        let mut reply = self.send(self.request("POST", path).json(body)).await;
        if path == "/api/v1/plugins" && reply.problem() == "consent-needed" && body.get("consent").is_none() {
            let mut agreed = body.clone();
            agreed["consent"] = reply.body["consent"].clone();
            reply = self.send(self.request("POST", path).json(&agreed)).await;
        }
        reply
    }

    /// `POST` with a JSON body and an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.send(self.request("POST", path).header("idempotency-key", key).json(body)).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request("PUT", path).json(body)).await
    }

    /// `PATCH` with a JSON body and the `ETag` that it is based on.
    pub async fn patch(&self, path: &str, etag: &str, body: &Value) -> Reply {
        self.send(self.request("PATCH", path).header("if-match", etag).json(body)).await
    }

    /// `DELETE` with the `ETag` that it is based on.
    pub async fn delete(&self, path: &str, etag: &str) -> Reply {
        self.send(self.request("DELETE", path).header("if-match", etag)).await
    }

    /// Reads a record and changes it.
    pub async fn change(&self, path: &str, body: &Value) -> Reply {
        let etag = self.get(path).await.header("etag");
        self.patch(path, &etag, body).await
    }
}

impl Reply {
    /// A header, empty when it is not there.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// The slug of the problem's type; empty when the answer is no problem.
    pub fn problem(&self) -> &str {
        self.body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/")).unwrap_or_default()
    }

    /// The first field that is to blame.
    pub fn field(&self) -> &str {
        self.body["errors"][0]["field"].as_str().unwrap_or_default()
    }

    /// The record's id.
    ///
    /// # Panics
    /// When the answer has none.
    pub fn id(&self) -> Uuid {
        self.body["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .unwrap_or_else(|| panic!("no id in {}: {}", self.status, self.text))
    }
}

fn client() -> reqwest::Client {
    // The client is built with TLS that leaves its cryptography open; nothing here uses it. It may be chosen already.
    drop(rustls::crypto::ring::default_provider().install_default());
    // No proxy of the machine, and no waiting for a name server: the server is here.
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("an HTTP client")
}
