//! A company at work in this process: real workers run its scripts, jobs run, callers speak HTTP, and the test holds the clock.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant as Moment};

use actix_web::dev::ServerHandle;
use pact::http::{Settings, server};
use pact_app::app::Clock;
use pact_app::jobs::{self, Jobs};
use pact_app::ops::organisation::found_organisation;
use pact_app::ops::person::{CreatePerson, create_person};
use pact_app::ops::plugin::install_plugin;
use pact_app::relay::Outgoing;
use pact_app::{Actor, App};
use pact_core::role::Role;
use pact_core::time::Instant;
use pact_script::plugin::load_all;
use pact_script::pool::{Pool, PoolOptions};
use pact_store::Store;
use pact_tests::process::{ADMIN, Caller, PASSWORD, pact_binary};
use serde_json::{Value, json};

use crate::store::{Fresh, On};

/// Tuesday 24 November 2026, 10:00 in Amsterdam.
const STARTS_MS: i64 = 1_795_510_800_000;
/// How long anything may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// A clock that tests move.
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A company at work.
pub struct House {
    pub admin: Caller,
    base: String,
    clock: Arc<HandClock>,
    /// What its operations work on.
    pub app: App,
    /// Kept while the company works.
    _jobs: Jobs,
    pool: Pool,
    handle: ServerHandle,
    fresh: Fresh,
}

/// Another node on the database of a company, with workers and without jobs of its own.
pub struct Node {
    pub admin: Caller,
    base: String,
    handle: ServerHandle,
}

/// A person who is signed in.
pub struct Member {
    pub id: String,
    pub name: String,
    pub caller: Caller,
}

impl House {
    /// A company with these plugins and one admin.
    pub async fn on(on: On, plugins: &Path) -> Self {
        Self::sending(on, plugins, Outgoing::default()).await
    }

    /// The same with a way out for what leaves.
    pub async fn sending(on: On, plugins: &Path, outgoing: Outgoing) -> Self {
        let fresh = on.fresh().await;
        found_organisation(&fresh.store, "Initech").await.unwrap();
        let options = PoolOptions {
            program: pact_binary(),
            args: vec!["script-worker".to_owned()],
            env: Vec::new(),
            workers: 2,
            recycle_runs: 1_000,
        };
        let pool = tokio::task::spawn_blocking(|| Pool::start(options)).await.unwrap().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(STARTS_MS)));
        let app = App::new(fresh.store.clone(), clock.clone(), Arc::default(), Some(Arc::new(pool.clone())));
        let app = app.await.unwrap().with_outgoing(outgoing);
        let admin = CreatePerson { password: Some(PASSWORD.into()), ..CreatePerson::new("Adam", ADMIN, Role::Admin) };
        create_person(&app, &Actor::System, admin).await.unwrap();
        let std = pact::standard::modules();
        for (path, loaded) in load_all(plugins, &std) {
            let plugin = loaded.unwrap_or_else(|error| panic!("{}: {error}", path.display())).plugin;
            install_plugin(&app, &Actor::System, plugin, &std).await.unwrap();
        }
        app.refresh_plugins().await.unwrap();
        app.refresh_organisation().await.unwrap();
        let working = jobs::start(&app).await.unwrap();
        let (base, handle) = served(app.clone());
        let admin = Caller::sign_in(&base, ADMIN).await;
        Self { admin, base, clock, app, _jobs: working, pool, handle, fresh }
    }

    /// Another node on the same database, at the same clock.
    pub async fn another_node(&self) -> Node {
        let store = Store::open(&self.fresh.url).await.unwrap();
        let pool = Some(Arc::new(self.pool.clone()));
        let app = App::new(store, self.clock.clone(), Arc::default(), pool).await.unwrap();
        let (base, handle) = served(app);
        Node { admin: Caller::sign_in(&base, ADMIN).await, base, handle }
    }

    /// The address of the database.
    pub fn database(&self) -> &str {
        &self.fresh.url
    }

    /// Lets time pass.
    pub fn pass(&self, minutes: i64) {
        self.pass_s(minutes * 60);
    }

    /// Lets seconds pass.
    pub fn pass_s(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// Somebody who signs in again: who was signed in hours ago is not any more.
    pub async fn sign_in(&self, name: &str) -> Caller {
        Caller::sign_in(&self.base, &format!("{}@example.com", name.to_lowercase())).await
    }

    /// A new person of whom more is known than name and role, signed in.
    pub async fn person_with(&self, name: &str, role: &str, more: Value) -> Member {
        let email = format!("{}@example.com", name.to_lowercase());
        let mut body = json!({"name": name, "email": email, "role": role, "password": PASSWORD});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.admin.make("/api/v1/persons", &body).await;
        let caller = Caller::sign_in(&self.base, &email).await;
        Member { id: made["id"].as_str().unwrap().to_owned(), name: name.to_owned(), caller }
    }

    /// Gives a plugin settings.
    pub async fn set(&self, plugin: &str, settings: Value) {
        let path = format!("/api/v1/plugins/{plugin}");
        let read = self.admin.send("GET", &path, &[], None).await.unwrap();
        let etag = read.headers["etag"].to_str().unwrap().to_owned();
        let change = json!({"settings": settings});
        let set = self.admin.send("PATCH", &path, &[("if-match", &etag)], Some(&change)).await.unwrap();
        assert_eq!(set.status, 200, "{}", set.body);
    }

    /// Gives a record's custom field a value.
    pub async fn set_value(&self, kind: &str, record: &str, field: &str, value: Value) {
        let path = format!("/api/v1/values/{kind}/{record}");
        let read = self.admin.send("GET", &path, &[], None).await.unwrap();
        let etag = read.headers["etag"].to_str().unwrap().to_owned();
        let change = json!({"values": {field: value}});
        let set = self.admin.send("PATCH", &path, &[("if-match", &etag)], Some(&change)).await.unwrap();
        assert_eq!(set.status, 200, "{}", set.body);
    }

    /// What a list holds once something is so of it.
    pub async fn items(&self, path: &str, what: &str, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let until = Moment::now() + PATIENCE;
        loop {
            let page = self.admin.get(path).await;
            let items = page["items"].as_array().unwrap().clone();
            if is_so(&items) {
                return items;
            }
            assert!(Moment::now() < until, "{what} did not happen: {items:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the runs of a plugin's function wanted done, once there are so many runs; each must have ended well.
    pub async fn effects_of(&self, plugin: &str, call: &str, count: usize) -> Vec<Value> {
        let mut effects = Vec::new();
        for run in self.runs_of(plugin, call, count).await {
            assert_eq!(run["outcome"], "done", "{run}");
            let shown = self.admin.get(&format!("/api/v1/runs/{}", run["id"].as_str().unwrap())).await;
            effects.extend(shown["effects"].as_array().unwrap().iter().cloned());
        }
        effects
    }

    /// A stream of the admin, whose pieces are read as they come.
    pub async fn follow(&self, path: &str) -> reqwest::Response {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let body = json!({"method": "password", "email": ADMIN, "password": PASSWORD});
        let session = http.post(format!("{}/api/v1/session", self.base)).json(&body).send().await.unwrap();
        let session: Value = session.json().await.unwrap();
        let token = session["access_token"].as_str().unwrap();
        http.get(format!("{}{path}", self.base)).bearer_auth(token).send().await.unwrap()
    }

    /// Lets days pass; whoever was signed in has to do so again, and the admin does.
    pub async fn pass_days(&mut self, days: i64) {
        self.pass(days * 24 * 60);
        self.admin = Caller::sign_in(&self.base, ADMIN).await;
    }

    /// Somebody signs in again: their token is too old.
    pub async fn again(&self, email: &str) -> Caller {
        Caller::sign_in(&self.base, email).await
    }

    /// Waits until the schedules of every plugin that runs are known.
    pub async fn scheduled(&self) {
        let until = Moment::now() + PATIENCE;
        let known = async |plugin: &str| {
            let all = pact_store::schedule::all(self.fresh.store.read()).await.unwrap();
            all.iter().any(|schedule| schedule.plugin_id == plugin)
        };
        let plugins = self.app.plugins();
        for plugin in plugins.iter().filter(|plugin| !plugin.manifest.schedules.is_empty()) {
            while !known(&plugin.id).await {
                assert!(Moment::now() < until, "nothing of {} is scheduled", plugin.id);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// The runs of a plugin's function once there are so many: how each ended, with its error.
    pub async fn runs_of(&self, plugin: &str, call: &str, count: usize) -> Vec<Value> {
        let until = Moment::now() + PATIENCE;
        loop {
            let runs = self.admin.get(&format!("/api/v1/runs?plugin_id={plugin}&limit=200")).await;
            let runs: Vec<Value> = runs["items"].as_array().unwrap().iter().filter(|run| run["call"] == call).cloned().collect();
            if runs.len() >= count {
                return runs;
            }
            assert!(Moment::now() < until, "{call} ran {} times: {runs:?}", runs.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A new person, signed in, who can carry so many leads.
    pub async fn person(&self, name: &str, role: &str, capacity: Option<i64>) -> Member {
        let email = format!("{}@example.com", name.to_lowercase());
        let body = json!({"name": name, "email": email, "role": role, "password": PASSWORD, "capacity": capacity});
        let made = self.admin.make("/api/v1/persons", &body).await;
        let caller = Caller::sign_in(&self.base, &email).await;
        Member { id: made["id"].as_str().unwrap().to_owned(), name: name.to_owned(), caller }
    }

    /// A lead of a customer that nobody knew.
    pub async fn enter(&self, customer: &str) -> String {
        let body = json!({"source": "trade fair", "product": "heat-pump", "customer": {"name": customer, "country": "NL"}});
        let entered = self.admin.make("/api/v1/leads", &body).await;
        assert_eq!((&entered["entered_as"], &entered["lead"]["state"]), (&json!("new"), &json!("waiting")));
        entered["lead"]["id"].as_str().unwrap().to_owned()
    }

    /// A lead once something is so.
    pub async fn once(&self, lead: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let until = Moment::now() + PATIENCE;
        loop {
            let found = self.admin.get(&format!("/api/v1/leads/{lead}")).await;
            if is_so(&found) {
                return found;
            }
            assert!(Moment::now() < until, "{what} did not happen: {found}; {:#?}", self.history(lead).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The person to whom a lead is offered, once it is offered to none of these.
    pub async fn offered<'a>(&self, lead: &str, people: &'a [Member], tried: &[&Member]) -> &'a Member {
        let person = |lead: &Value| lead["open_push"]["person_id"].as_str().map(str::to_owned);
        let found =
            self.once(lead, "an offer", |lead| person(lead).is_some_and(|id| tried.iter().all(|tried| tried.id != id))).await;
        let id = person(&found).unwrap();
        people.iter().find(|member| member.id == id).unwrap()
    }

    /// The sentences on a lead, once one holds these words.
    pub async fn history_with(&self, lead: &str, words: &str) -> Vec<String> {
        let until = Moment::now() + PATIENCE;
        loop {
            let history = self.history(lead).await;
            if history.iter().any(|sentence| sentence.contains(words)) {
                return history;
            }
            assert!(Moment::now() < until, "no sentence says {words:?}: {history:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The sentences on a lead, oldest first.
    pub async fn history(&self, lead: &str) -> Vec<String> {
        let page = self.admin.get(&format!("/api/v1/leads/{lead}/history")).await;
        page["items"].as_array().unwrap().iter().map(|step| step["text"].as_str().unwrap().to_owned()).collect()
    }

    /// The pushes of a lead, oldest first: to whom, and what became of each.
    pub async fn pushes(&self, lead: &str) -> Vec<(String, String)> {
        let page = self.admin.get(&format!("/api/v1/leads/{lead}/pushes")).await;
        let text = |push: &Value, name: &str| push[name].as_str().unwrap().to_owned();
        page["items"].as_array().unwrap().iter().map(|push| (text(push, "person_id"), text(push, "answer"))).collect()
    }

    /// The runs about a record: outcome and what went wrong.
    pub async fn runs(&self, record: &str) -> Vec<(String, String)> {
        let page = self.admin.get(&format!("/api/v1/runs?record_id={record}")).await;
        let runs = page["items"].as_array().unwrap().iter();
        runs.map(|run| {
            (run["outcome"].as_str().unwrap().to_owned(), run["error"]["message"].as_str().unwrap_or_default().to_owned())
        })
        .collect()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl Node {
    /// The admin signs in again.
    pub async fn sign_in(&self) -> Caller {
        Caller::sign_in(&self.base, ADMIN).await
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// A server in this process: where it answers, and how it is stopped.
fn served(app: App) -> (String, ServerHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serving = server::start(app, Settings { workers: 1, ..Settings::default() }, listener).unwrap();
    let handle = serving.handle();
    tokio::spawn(serving);
    (base, handle)
}

impl Member {
    /// Answers the push that is open to them.
    pub async fn answer(&self, lead: &str, how: &str, because: Option<&str>) -> Value {
        let path = format!("/api/v1/leads/{lead}/{how}");
        let body = because.map(|because| json!({"because": because}));
        let answer = self.caller.send("POST", &path, &[], body.as_ref()).await.unwrap();
        assert_eq!(answer.status, 200, "{how}: {}", answer.body);
        answer.body
    }

    /// Their messages: kind and text, oldest first.
    pub async fn messages(&self) -> Vec<(String, String)> {
        messages(&self.caller).await
    }
}

/// Somebody's messages: kind and text, oldest first.
pub async fn messages(caller: &Caller) -> Vec<(String, String)> {
    let page = caller.get("/api/v1/messages").await;
    let mut items = page["items"].as_array().unwrap().clone();
    items.sort_by_key(|message| (message["at"].as_str().unwrap().to_owned(), message["id"].as_str().unwrap().to_owned()));
    let text = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
    items.iter().map(|message| (text(message, "kind"), text(message, "text"))).collect()
}
