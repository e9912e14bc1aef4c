//! The server as people run it: the binary `pact serve` in a process of its own, which tests may kill.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pg::{TestDatabase, TestPg};
use crate::server::Db;

/// The first admin's address; the server makes the account from its environment.
pub const ADMIN: &str = "admin@example.com";
/// The password of everybody whom tests make.
pub const PASSWORD: &str = "four words in a row";
/// How long a server may take to say where it listens.
const START: Duration = Duration::from_secs(60);
/// What a server says once it listens.
const LISTENS: &str = "PACT listens on http://";

/// A database of one test, in a place that goes with it.
#[derive(Debug)]
pub struct Place {
    /// Its address, as `--database` takes it.
    pub url: String,
    folder: TempDir,
    _database: Option<TestDatabase>,
}

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The address of the database.
    pub database: String,
    /// The folder of plugins.
    pub plugins: PathBuf,
    /// The file for what the server says on standard error.
    pub log: PathBuf,
    /// What the log holds.
    pub filter: &'static str,
    /// Settings from the environment.
    pub environment: Vec<(&'static str, String)>,
}

/// A server in a process of its own; killed when dropped.
#[derive(Debug)]
pub struct Process {
    /// Where it answers: `http://127.0.0.1:PORT`.
    pub base: String,
    /// How long it took from its start until it said where it listens.
    pub started_in: Duration,
    child: Child,
    log: PathBuf,
    /// Kept open, so that the server may write to it.
    _said: Option<BufReader<ChildStdout>>,
}

impl Place {
    /// A database without tables.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn on(db: Db) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (url, database) = match db {
            Db::Sqlite => (folder.path().join("pact.db").display().to_string(), None),
            Db::Postgres => {
                let database = TestPg::shared().fresh();
                (database.url().to_owned(), Some(database))
            }
        };
        Self { url, folder, _database: database }
    }

    /// A launch of a server on it, with these plugins.
    pub fn launch(&self, plugins: &Path) -> Launch {
        Launch {
            database: self.url.clone(),
            plugins: plugins.to_owned(),
            log: self.folder.path().join("server.log"),
            filter: "info",
            environment: Vec::new(),
        }
    }

    /// A folder beside the database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Launch {
    /// The same with a setting from the environment.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Starts the server and waits until it listens.
    ///
    /// # Panics
    /// When it ends, or does not listen in time; with what it said.
    pub fn start(&self) -> Process {
        let log = File::options().create(true).append(true).open(&self.log).expect("a file for the log");
        let begun = Instant::now();
        let mut child = Command::new(pact_binary())
            .args(["serve", "--listen", "127.0.0.1:0", "--database", &self.database, "--log", self.filter, "--plugins"])
            .arg(&self.plugins)
            .env("PACT_ADMIN_EMAIL", ADMIN)
            .env("PACT_ADMIN_PASSWORD", PASSWORD)
            // Most tests are not about consent: who starts the server agrees to what lies in the folder.
            .env("PACT_TRUST_PLUGINS", "true")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.log.parent().expect("a folder"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut said = BufReader::new(child.stdout.take().expect("its standard output"));
        let (sender, listens) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while said.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                if let Some(address) = line.strip_prefix(LISTENS).and_then(|rest| rest.split('/').next()) {
                    // Nobody waits any more: the test has failed already.
                    let _ = sender.send((begun.elapsed(), format!("http://{address}"), said));
                    return;
                }
                line.clear();
            }
        });
        match listens.recv_timeout(START) {
            Ok((started_in, base, said)) => Process { base, started_in, child, log: self.log.clone(), _said: Some(said) },
            Err(reason) => {
                let _ = child.kill();
                panic!("the server did not start ({reason}): {}", fs::read_to_string(&self.log).unwrap_or_default())
            }
        }
    }
}

impl Process {
    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as a power cut would, and waits until it is gone.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child may be killed");
        self.child.wait().expect("and waited for");
    }

    /// The processes that it started and that live: its script workers.
    pub fn workers(&self) -> Vec<u32> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|id| parent_of(*id) == Some(self.id()))
            .collect()
    }

    /// Resident memory in KiB: of the server, and of its workers together.
    pub fn resident_kib(&self) -> (u64, u64) {
        (resident_kib(self.id()), self.workers().into_iter().map(resident_kib).sum())
    }

    /// What it wrote into its log.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a process lives.
pub fn lives(id: u32) -> bool {
    parent_of(id).is_some()
}

fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before the last parenthesis may hold anything.
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    let state = fields.next()?;
    fields.next()?.parse().ok().filter(|_| state != "Z")
}

fn resident_kib(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The binary `pact` that was built with these tests.
///
/// # Panics
/// When it was not built.
pub fn pact_binary() -> PathBuf {
    let ours = std::env::current_exe().expect("a running program has a path");
    let profile = ours.parent().and_then(Path::parent).expect("a folder of the profile above deps");
    let binary = profile.join("pact");
    let hint = if profile.ends_with("release") { "cargo build --release -p pact" } else { "cargo build -p pact" };
    assert!(
        binary.exists(),
        "There is no {}. Tests that start the server need it: run `{hint}` first, as .ci/test does.",
        binary.display()
    );
    binary
}

/// A folder under `tests/it/plugins`.
pub fn test_plugins(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("it/plugins").join(name)
}

/// Somebody who calls a server.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Where the server answers.
    pub base: String,
    /// The access token.
    pub token: String,
    /// The connections.
    pub http: reqwest::Client,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl Caller {
    /// Signs in at a server.
    ///
    /// # Panics
    /// When that fails.
    pub async fn sign_in(base: &str, email: &str) -> Self {
        // The client is built without a provider of cryptography, and asks for one even where nothing is encrypted.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("an HTTP client");
        let nobody = Self { base: base.to_owned(), token: String::new(), http };
        let body = json!({"method": "password", "email": email, "password": PASSWORD});
        let answer = nobody.send("POST", "/api/v1/session", &[], Some(&body)).await.expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.body);
        Self { token: answer.body["access_token"].as_str().unwrap_or_default().to_owned(), ..nobody }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// No answer comes.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> reqwest::Result<Answer> {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        Ok(Answer { status, headers, body: serde_json::from_str(&text).unwrap_or_default() })
    }

    /// A `GET` that must succeed; its body.
    ///
    /// # Panics
    /// When it does not.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, &[], None).await.expect("an answer");
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        answer.body
    }

    /// A `POST`, whatever comes of it. Who sends a plugin without a word on consent agrees to whatever it asks for.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let mut answer = self.send("POST", path, &[], Some(body)).await.expect("an answer");
        if path == "/api/v1/plugins" && answer.body["type"] == "/problems/consent-needed" && body.get("consent").is_none() {
            let mut agreed = body.clone();
            agreed["consent"] = answer.body["consent"].clone();
            answer = self.send("POST", path, &[], Some(&agreed)).await.expect("an answer");
        }
        answer
    }

    /// A `POST` that must make something; its body.
    ///
    /// # Panics
    /// When it does not.
    pub async fn make(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 201, "POST {path}: {}", answer.body);
        answer.body
    }

    /// A person with working hours round the clock on every day, so that it does not matter when tests run.
    ///
    /// # Panics
    /// When the caller may not make people.
    pub async fn person(&self, name: &str, role: &str) -> Value {
        let hours: Vec<Value> = (1..=7).map(|day| json!({"day": day, "from": "00:00", "to": "24:00"})).collect();
        let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
        let body = json!({"name": name, "email": email, "role": role, "password": PASSWORD, "working_hours": hours});
        self.make("/api/v1/persons", &body).await
    }
}
