//! Killed under load, several times, and started again on the same store: nothing that was acknowledged is lost, nothing is done twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use pact_store::{Store, StoreError};
use pact_tests::process::{ADMIN, Answer, Caller, Launch, Place, Process, lives, test_plugins};
use pact_tests::server::Db;
use rstest::rstest;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

/// People who get the leads.
const REPS: usize = 6;
/// Clients that enter leads.
const ENTERING: usize = 12;
/// Leads that all of them enter at most, so that what follows is bounded.
const LEADS_AT_MOST: u32 = 1_500;
/// How often the server is killed.
const KILLS: usize = 5;
/// Leads that must have entered before the load ends, so that it tested something; and how long that may take once the last server runs.
const LEADS_AT_LEAST: usize = 200;
const LAST_LOAD: Duration = Duration::from_secs(20);
/// Time in which what was under way must be over: longer than the lease of an event.
const DRAIN: Duration = Duration::from_secs(50);
/// How uneven turns may be: what was promised to runs that died is given again.
const UNFAIR: f64 = 1.25;

/// What the clients share while servers come and go.
pub struct Load {
    /// Where living servers answer.
    pub bases: RwLock<Vec<String>>,
    pub over: AtomicBool,
    pub begun: AtomicU32,
    /// Title to id of leads whose answer came.
    pub acknowledged: Mutex<HashMap<String, Uuid>>,
    /// Requests of which the server says that it does not know what came of them.
    pub unresolved: Mutex<Vec<Entering>>,
    /// How many these were.
    pub unknown: AtomicU32,
    /// Leads that somebody was told they own, with who.
    pub accepted: Mutex<HashMap<Uuid, Uuid>>,
}

/// A lead that a client enters.
#[derive(Clone, Debug)]
pub struct Entering {
    title: String,
    key: String,
    body: Value,
}

impl Load {
    /// A load on servers that answer there.
    pub fn on(bases: Vec<String>) -> Arc<Self> {
        Arc::new(Self {
            bases: RwLock::new(bases),
            over: AtomicBool::new(false),
            begun: AtomicU32::new(0),
            acknowledged: Mutex::default(),
            unresolved: Mutex::default(),
            unknown: AtomicU32::new(0),
            accepted: Mutex::default(),
        })
    }

    /// The same person at any of the servers.
    pub fn caller(&self, as_whom: &Caller) -> Caller {
        let bases = self.bases.read().unwrap();
        let any = Uuid::new_v4().as_u128() as usize % bases.len();
        Caller { base: bases[any].clone(), ..as_whom.clone() }
    }

    /// Repeats a request until a living server answers.
    async fn insist(&self, as_whom: &Caller, path: &str, key: &str, body: Option<&Value>) -> Answer {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            assert!(Instant::now() < until, "no server answered {path}");
            match self.caller(as_whom).send("POST", path, &[("idempotency-key", key)], body).await {
                Ok(answer) if answer.status == 503 => {}
                Ok(answer) => return answer,
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// One client: enters leads one after the other; a lost answer is asked for again with the same key.
    pub async fn enter(&self, admin: &Caller, client: usize, pause: Duration) {
        for n in 0.. {
            tokio::time::sleep(pause).await;
            if self.over.load(Ordering::Relaxed) || self.begun.fetch_add(1, Ordering::Relaxed) >= LEADS_AT_MOST {
                return;
            }
            let title = format!("lead {client}-{n}");
            let customer = json!({"name": format!("Company {} of {client}", spelled(n)), "country": "NL"});
            let contact = json!({"name": "Jo Doe", "email": format!("jo@c{client}-{n}.example")});
            let body = json!({"title": title, "source": "crash test", "customer": customer, "contact": contact});
            let entering = Entering { title, key: Uuid::new_v4().to_string(), body };
            let answer = self.insist(admin, "/api/v1/leads", &entering.key, Some(&entering.body)).await;
            match (answer.status, answer.body["type"].as_str().unwrap_or_default()) {
                (201, _) => self.acknowledge(&entering, &answer),
                // The server died over it and cannot tell yet.
                (409, "/problems/idempotency-in-flight" | "/problems/idempotency-outcome-unknown") => {
                    self.unknown.fetch_add(1, Ordering::Relaxed);
                    self.unresolved.lock().unwrap().push(entering);
                }
                _ => panic!("{}: {answer:?}", entering.title),
            }
        }
    }

    fn acknowledge(&self, entering: &Entering, answer: &Answer) {
        assert_eq!(answer.body["entered_as"], "new", "{}: {}", entering.title, answer.body);
        let id = answer.body["lead"]["id"].as_str().unwrap().parse().unwrap();
        let before = self.acknowledged.lock().unwrap().insert(entering.title.clone(), id);
        assert_eq!(before, None);
    }

    /// One rep: takes every second lead and declines the others.
    pub async fn answer(&self, rep: &Caller, id: Uuid) {
        let mut answered = 0;
        while !self.over.load(Ordering::Relaxed) {
            let open = self.caller(rep).send("GET", "/api/v1/pushes?limit=20", &[], None).await;
            let items = open.ok().and_then(|open| open.body["items"].as_array().cloned());
            for push in items.unwrap_or_default() {
                let lead = push["lead_id"].as_str().unwrap();
                answered += 1;
                let (how, body) =
                    if answered % 2 == 0 { ("accept", None) } else { ("decline", Some(json!({"because": "Too far away."}))) };
                let path = format!("/api/v1/leads/{lead}/{how}");
                let done = self.insist(rep, &path, &Uuid::new_v4().to_string(), body.as_ref()).await;
                match (done.status, how) {
                    (200, "accept") => drop(self.accepted.lock().unwrap().insert(lead.parse().unwrap(), id)),
                    // Done before its answer was lost, or not known to be done.
                    (200 | 409, _) => {}
                    _ => panic!("{path}: {done:?}"),
                }
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}

/// A number in letters, each far from the next, so that no company looks like another.
fn spelled(n: usize) -> String {
    let digits = ["kwar", "luna", "besto", "gimp", "dravo", "shuy", "fenk", "ortiz", "quell", "umbra"];
    n.to_string().chars().map(|digit| digits[digit.to_digit(10).unwrap() as usize]).collect()
}

#[rstest]
#[case(Db::Sqlite)]
#[case(Db::Postgres)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_done_twice(#[case] db: Db) {
    let place = Place::on(db);
    let launch = place.launch(&test_plugins("mini"));
    let server = launch.start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    admin.person("Mia Manager", "manager").await;
    let mut reps = Vec::new();
    for n in 0..REPS {
        let name = format!("Rep {n}");
        let made = admin.person(&name, "rep").await;
        let id: Uuid = made["id"].as_str().unwrap().parse().unwrap();
        reps.push((id, Caller::sign_in(&server.base, &format!("rep.{n}@example.com")).await));
    }

    let load = Load::on(vec![server.base.clone()]);
    let mut clients = Vec::new();
    for client in 0..ENTERING {
        let (load, admin) = (load.clone(), admin.clone());
        clients.push(tokio::spawn(async move { load.enter(&admin, client, Duration::ZERO).await }));
    }
    for (id, rep) in &reps {
        let (load, id, rep) = (load.clone(), *id, rep.clone());
        clients.push(tokio::spawn(async move { load.answer(&rep, id).await }));
    }
    let server = kill_and_start_again(&launch, server, &load).await;
    let until = Instant::now() + LAST_LOAD;
    while load.acknowledged.lock().unwrap().len() < LEADS_AT_LEAST && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    load.over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }

    let admin = load.caller(&admin);
    let store = Store::open(&place.url).await.unwrap();
    resolve(&load, &admin, &store).await;
    drain(&store, &server).await;
    drop(server);
    judge(&load, &store, db).await;
    store.close().await;
}

/// Kills the server at moments that nobody chose, and starts the next on the same store.
async fn kill_and_start_again(launch: &Launch, mut server: Process, load: &Load) -> Process {
    for _ in 0..KILLS {
        let moment = 200 + Uuid::new_v4().as_u128() as u64 % 900;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        let workers = server.workers();
        assert!(!workers.is_empty(), "the server has script workers");
        server.kill();
        let again = launch.clone();
        server = tokio::task::spawn_blocking(move || again.start()).await.unwrap();
        *load.bases.write().unwrap() = vec![server.base.clone()];
        let until = Instant::now() + Duration::from_secs(10);
        while workers.iter().any(|worker| lives(*worker)) {
            assert!(Instant::now() < until, "script workers outlive their server");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    server
}

/// Does what the problem's page tells a caller to do: look whether it was done, and if not, send it with a new key.
pub async fn resolve(load: &Load, admin: &Caller, store: &Store) {
    let unresolved = std::mem::take(&mut *load.unresolved.lock().unwrap());
    // Two minutes pass, after which the server no longer hopes that somebody still works on them.
    let let_time_pass = async |tx: &pact_store::Tx| {
        let sql = "UPDATE idempotency_keys SET created_at = created_at - 121000 WHERE status IS NULL";
        tx.execute_unprepared(sql).await.map(drop).map_err(StoreError::from)
    };
    store.write(let_time_pass).await.unwrap();
    for mut entering in unresolved {
        let again = load.insist(admin, "/api/v1/leads", &entering.key, Some(&entering.body)).await;
        assert_eq!(again.body["type"], "/problems/idempotency-outcome-unknown", "{again:?}");
        let known = rows(store, &format!("SELECT id FROM leads WHERE title = '{}'", entering.title)).await;
        assert!(known.len() <= 1, "{} is there twice", entering.title);
        match known.first() {
            Some(row) => drop(load.acknowledged.lock().unwrap().insert(entering.title, row.try_get("", "id").unwrap())),
            None => {
                entering.key = Uuid::new_v4().to_string();
                let answer = load.insist(admin, "/api/v1/leads", &entering.key, Some(&entering.body)).await;
                assert_eq!(answer.status, 201, "{answer:?}");
                load.acknowledge(&entering, &answer);
            }
        }
    }
}

/// Waits until every event is handled.
async fn drain(store: &Store, server: &Process) {
    let until = Instant::now() + DRAIN;
    while count(store, "SELECT COUNT(*) AS n FROM events WHERE handled_at IS NULL").await > 0 {
        assert!(Instant::now() < until, "events are not handled:\n{}", server.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What must be none, as a sentence and a query that counts what is against it.
pub const NONE_OF: &[(&str, &str)] = &[
    ("a lead is there twice", "SELECT COUNT(*) AS n FROM (SELECT title FROM leads GROUP BY title HAVING COUNT(*) > 1) AS twice"),
    ("an event was put aside", "SELECT COUNT(*) AS n FROM events WHERE parked_reason IS NOT NULL"),
    (
        "an event that the plugin asks for was not run exactly once",
        "SELECT COUNT(*) AS n FROM events AS e WHERE e.name IN ('lead_created', 'push_declined', 'push_expired') \
         AND (SELECT COUNT(*) FROM runs AS r WHERE r.event_id = e.id AND r.plugin_id = 'push') <> 1",
    ),
    (
        "an event that nobody asks for was run",
        "SELECT COUNT(*) AS n FROM runs AS r WHERE r.plugin_id = 'push' AND NOT EXISTS (SELECT 1 FROM events AS e WHERE e.id = r.event_id \
         AND e.name IN ('lead_created', 'push_declined', 'push_expired'))",
    ),
    // One that took too long on a machine with much to do was tried again.
    ("a run failed", "SELECT COUNT(*) AS n FROM runs WHERE outcome = 'failed'"),
    (
        "a lead has two open pushes",
        "SELECT COUNT(*) AS n FROM (SELECT lead_id FROM pushes WHERE answer = 'waiting' GROUP BY lead_id HAVING COUNT(*) > 1) AS twice",
    ),
    (
        "a lead was pushed to the same person twice",
        "SELECT COUNT(*) AS n FROM (SELECT lead_id FROM pushes GROUP BY lead_id, person_id HAVING COUNT(*) > 1) AS twice",
    ),
    ("a run pushed twice", "SELECT COUNT(*) AS n FROM (SELECT run_id FROM pushes GROUP BY run_id HAVING COUNT(*) > 1) AS twice"),
    (
        "a lead is offered without an open push, or has one without being offered",
        "SELECT COUNT(*) AS n FROM leads AS l WHERE (l.state = 'offered') <> \
         EXISTS (SELECT 1 FROM pushes AS p WHERE p.lead_id = l.id AND p.answer = 'waiting')",
    ),
    (
        "a lead is owned without exactly one accepted push",
        "SELECT COUNT(*) AS n FROM leads AS l WHERE l.state = 'owned' AND \
         (SELECT COUNT(*) FROM pushes AS p WHERE p.lead_id = l.id AND p.answer = 'accepted' AND p.person_id = l.owner_id) <> 1",
    ),
    (
        "a lead did not enter exactly once",
        "SELECT COUNT(*) AS n FROM leads AS l WHERE (SELECT COUNT(*) FROM lead_events AS h WHERE h.lead_id = l.id AND h.what = 'entered') <> 1",
    ),
    (
        "the history tells of other pushes than there are",
        "SELECT COUNT(*) AS n FROM leads AS l WHERE (SELECT COUNT(*) FROM lead_events AS h WHERE h.lead_id = l.id AND h.what = 'pushed') <> \
         (SELECT COUNT(*) FROM pushes AS p WHERE p.lead_id = l.id)",
    ),
    (
        "somebody was not told exactly once of a push",
        "SELECT COUNT(*) AS n FROM pushes AS p WHERE (SELECT COUNT(*) FROM messages AS m WHERE m.kind = 'push' \
         AND m.record_id = p.lead_id AND m.person_id = p.person_id) <> 1",
    ),
    (
        "a customer has no lead",
        "SELECT COUNT(*) AS n FROM customers AS c WHERE NOT EXISTS (SELECT 1 FROM leads AS l WHERE l.customer_id = c.id)",
    ),
    (
        "a contact has no lead",
        "SELECT COUNT(*) AS n FROM contacts AS c WHERE NOT EXISTS (SELECT 1 FROM leads AS l WHERE l.contact_id = c.id)",
    ),
    (
        "an event is about no lead and no customer",
        "SELECT COUNT(*) AS n FROM events AS e WHERE e.name <> 'tick' AND NOT EXISTS (SELECT 1 FROM leads AS l WHERE l.id = e.record_id) \
         AND NOT EXISTS (SELECT 1 FROM customers AS c WHERE c.id = e.record_id)",
    ),
    (
        "a lead that entered raised no event, or several",
        "SELECT COUNT(*) AS n FROM leads AS l WHERE (SELECT COUNT(*) FROM events AS e WHERE e.record_id = l.id AND e.name = 'lead_created' AND e.plugin_id IS NULL) <> 1",
    ),
    (
        "a decline raised no event, or several",
        "SELECT COUNT(*) AS n FROM leads AS l WHERE (SELECT COUNT(*) FROM events AS e WHERE e.record_id = l.id AND e.name = 'push_declined' AND e.plugin_id IS NULL) <> \
         (SELECT COUNT(*) FROM pushes AS p WHERE p.lead_id = l.id AND p.answer = 'declined')",
    ),
];

/// What holds however many servers there were and however often they were killed.
pub async fn judge_leads(load: &Load, store: &Store) {
    for (what, sql) in NONE_OF {
        assert_eq!(count(store, sql).await, 0, "{what}");
    }
    let leads: HashMap<String, Uuid> = rows(store, "SELECT title, id FROM leads")
        .await
        .iter()
        .map(|row| (row.try_get("", "title").unwrap(), row.try_get("", "id").unwrap()))
        .collect();
    let acknowledged = load.acknowledged.lock().unwrap().clone();
    let (unknown, pushes) = (load.unknown.load(Ordering::Relaxed), count(store, "SELECT COUNT(*) AS n FROM pushes").await);
    println!("{} leads and {pushes} pushes; of {unknown} requests the server did not know the outcome", acknowledged.len());
    assert!(acknowledged.len() > LEADS_AT_LEAST / 4, "only {} leads were entered: this tested nothing", acknowledged.len());
    assert_eq!(leads, acknowledged, "every acknowledged lead is there with its id, and no other");
    let owners: HashMap<Uuid, Uuid> = rows(store, "SELECT id, owner_id FROM leads WHERE state = 'owned'")
        .await
        .iter()
        .map(|row| (row.try_get("", "id").unwrap(), row.try_get("", "owner_id").unwrap()))
        .collect();
    for (lead, person) in &*load.accepted.lock().unwrap() {
        assert_eq!(owners.get(lead), Some(person), "who was told that they own it, owns it");
    }
}

async fn judge(load: &Load, store: &Store, db: Db) {
    judge_leads(load, store).await;
    let turns: Vec<i64> = rows(store, "SELECT COUNT(*) AS n FROM pushes GROUP BY person_id")
        .await
        .iter()
        .map(|row| row.try_get("", "n").unwrap())
        .collect();
    let (least, most) = (turns.iter().min().unwrap(), turns.iter().max().unwrap());
    assert_eq!(turns.len(), REPS, "everybody got some: {turns:?}");
    assert!(*most as f64 <= *least as f64 * UNFAIR + REPS as f64, "turns are uneven: {turns:?}");
    if matches!(db, Db::Sqlite) {
        let sound = rows(store, "PRAGMA integrity_check").await;
        assert_eq!(sound[0].try_get::<String>("", "integrity_check").unwrap(), "ok");
        assert!(rows(store, "PRAGMA foreign_key_check").await.is_empty());
    }
}

pub async fn count(store: &Store, sql: &str) -> i64 {
    rows(store, sql).await[0].try_get("", "n").unwrap()
}

pub async fn rows(store: &Store, sql: &str) -> Vec<sea_orm::QueryResult> {
    let backend: DbBackend = store.read().get_database_backend();
    store.read().query_all_raw(Statement::from_string(backend, sql.to_owned())).await.unwrap()
}
