//! Three nodes share the work and are killed at random, for a minute, under load: nothing is lost, nothing is done twice, and what a killed one held is
//! taken over when its lease is over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;
use pact_app::jobs::LEASE_MS;
use pact_store::Store;
use pact_store::entity::outbox;
use pact_tests::exim::Exim;
use pact_tests::process::{ADMIN, Caller, Launch, Place, Process, test_plugins};
use pact_tests::server::Db;
use sea_orm::EntityTrait;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::crash::{Load, count, judge_leads, resolve, rows};
use crate::leaving::mail::by_exim;

/// Nodes.
const NODES: usize = 3;
/// How long they are killed.
const LENGTH: Duration = Duration::from_secs(60);
/// How long a node lives until one is killed, and how long it is away, in milliseconds: chosen anew each time, up to these.
const LIVES_MS: u64 = 4_000;
const AWAY_MS: u64 = 1_500;
/// Clients that enter leads, and how long each waits between two.
const ENTERING: usize = 4;
const PAUSE: Duration = Duration::from_millis(250);
/// People who get the leads.
const REPS: usize = 5;
/// Zones in which something ticks each minute: each is a schedule of its own.
const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Amsterdam",
    "Asia/Kolkata",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "America/St_Johns",
];
/// How long anything may take that no lease holds up, in milliseconds: the machine has much to do.
const BUSY_MS: i64 = 30_000;
/// Time in which all must be done after the last kill.
const DRAIN: Duration = Duration::from_secs(150);

const TELL: &str = r#"
fn on_lead_created(lead) {
    for person in people.with_role("manager") {
        notify(person, `${lead.customer.name} asked.`, lead);
    }
}
"#;

/// The plugin that pushes, one that mails the manager of each lead, and one that ticks.
fn plugins() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |id: &str, rest: &str, script: &str| {
        let plugin = folder.path().join(id);
        fs::create_dir(&plugin).unwrap();
        let manifest = format!(
            "id = \"{id}\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"{id}\"\nsummary = \"Tests.\"\nlicense = \"Apache-2.0\"\n{rest}"
        );
        fs::write(plugin.join("plugin.toml"), manifest).unwrap();
        fs::write(plugin.join("script.rhai"), script).unwrap();
    };
    let script = "[[script]]\nfile = \"script.rhai\"\n";
    write("tell", &format!("reads = [\"lead\", \"customer\", \"person\"]\nmay = [\"notify\"]\n{script}"), TELL);
    let schedule =
        |zone: &str| format!("[[schedule]]\ncall = \"beat\"\ncron = \"* * * * *\"\nzone = \"{zone}\"\ncatch_up = \"once\"\n");
    let schedules: String = ZONES.iter().map(|zone| schedule(zone)).collect();
    write("beat", &format!("{script}{schedules}"), "fn beat() { log(\"beat\"); }\n");
    copy(&test_plugins("mini").join("push"), &folder.path().join("push"));
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A number below this one that nobody can foresee.
fn below(end: u64) -> u64 {
    Uuid::new_v4().as_u128() as u64 % end
}

/// Kills nodes at moments that nobody chose, and starts each again; all of them at the end, and how often.
async fn kill_at_random(launch: &Launch, mut nodes: Vec<Process>, load: &Load) -> (Vec<Process>, usize) {
    let (end, mut kills) = (Instant::now() + LENGTH, 0);
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(500 + below(LIVES_MS))).await;
        let at = below(NODES as u64) as usize;
        nodes[at].kill();
        kills += 1;
        tokio::time::sleep(Duration::from_millis(below(AWAY_MS))).await;
        let again = launch.clone();
        nodes[at] = tokio::task::spawn_blocking(move || again.start()).await.unwrap();
        load.bases.write().unwrap()[at].clone_from(&nodes[at].base);
    }
    (nodes, kills)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_killed_at_random_lose_nothing_and_do_nothing_twice() {
    let (place, exim, plugins) = (Place::on(Db::Postgres), Exim::start(), plugins());
    let mut launch = by_exim(place.launch(plugins.path()), &exim, "starttls")
        .with("PACT_MAIL_SENDER", "pact@acme.example")
        .with("PACT_RETRY_FIRST_MS", "500")
        .with("PACT_FILES", place.folder().join("files").display().to_string());
    launch.filter = "warn";
    // The first makes the tables, the admin and the key that signs.
    let first = launch.start();
    let admin = Caller::sign_in(&first.base, ADMIN).await;
    admin.person("Mia Manager", "manager").await;
    let mut reps = Vec::new();
    for n in 0..REPS {
        let made = admin.person(&format!("Rep {n}"), "rep").await;
        let id: Uuid = made["id"].as_str().unwrap().parse().unwrap();
        reps.push((id, Caller::sign_in(&first.base, &format!("rep.{n}@example.com")).await));
    }
    let mut nodes = vec![first];
    while nodes.len() < NODES {
        let another = launch.clone();
        nodes.push(tokio::task::spawn_blocking(move || another.start()).await.unwrap());
    }
    let load = Load::on(nodes.iter().map(|node| node.base.clone()).collect());
    let mut clients = Vec::new();
    for client in 0..ENTERING {
        let (load, admin) = (load.clone(), admin.clone());
        clients.push(tokio::spawn(async move { load.enter(&admin, client, PAUSE).await }));
    }
    for (id, rep) in &reps {
        let (load, id, rep) = (load.clone(), *id, rep.clone());
        clients.push(tokio::spawn(async move { load.answer(&rep, id).await }));
    }
    let (nodes, kills) = kill_at_random(&launch, nodes, &load).await;
    load.over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let store = Store::open(&place.url).await.unwrap();
    resolve(&load, &load.caller(&admin), &store).await;
    drain(&store, &nodes[0]).await;
    judge_leads(&load, &store).await;
    ticks_once(&store).await;
    nothing_held_up(&store).await;
    mail_once(&store, &exim).await;
    println!("{NODES} nodes, {kills} kills in {LENGTH:?}");
    store.close().await;
}

/// Waits until every event is handled and all mail has left.
async fn drain(store: &Store, node: &Process) {
    let until = Instant::now() + DRAIN;
    loop {
        let events = count(store, "SELECT COUNT(*) AS n FROM events WHERE handled_at IS NULL").await;
        let mail = count(store, "SELECT COUNT(*) AS n FROM outbox WHERE state <> 'sent'").await;
        if (events, mail) == (0, 0) {
            return;
        }
        assert!(Instant::now() < until, "{events} events and {mail} mails wait:\n{}", node.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Each schedule ticked each minute, once, and each tick was run once.
async fn ticks_once(store: &Store) {
    let mut due: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    // A run that took too long on a machine with much to do was tried again: what counts is what was done.
    let done = "SELECT e.payload AS payload FROM events AS e JOIN runs AS r ON r.event_id = e.id \
                WHERE e.name = 'tick' AND r.plugin_id = 'beat' AND r.outcome = 'done'";
    for row in rows(store, done).await {
        let payload: Value = serde_json::from_str(&row.try_get::<String>("", "payload").unwrap()).unwrap();
        due.entry(payload["zone"].as_str().unwrap().to_owned()).or_default().push(payload["due_at"].as_i64().unwrap());
    }
    assert_eq!(due.len(), ZONES.len(), "every schedule ticked");
    for (zone, ticks) in &mut due {
        ticks.sort_unstable();
        let minutes: Vec<i64> = ticks.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(minutes.iter().all(|passed| *passed == 60_000), "a tick is missing or there twice in {zone}: {ticks:?}");
    }
    let wrong = "SELECT COUNT(*) AS n FROM events AS e WHERE e.name = 'tick' AND \
                 (SELECT COUNT(*) FROM runs AS r WHERE r.event_id = e.id) <> 1";
    assert_eq!(count(store, wrong).await, 0, "a tick was not run once");
    println!("{} ticks", due.values().map(Vec::len).sum::<usize>());
}

/// What was claimed once was done soon; each claim by a node that was killed held it up for its lease.
async fn nothing_held_up(store: &Store) {
    let late = "SELECT attempts, MAX(handled_at - at) AS n, COUNT(*) AS m FROM events GROUP BY attempts ORDER BY attempts";
    for row in rows(store, late).await {
        let (attempts, took, events): (i64, i64, i64) =
            (row.try_get("", "attempts").unwrap(), row.try_get("", "n").unwrap(), row.try_get("", "m").unwrap());
        let claims_lost = (attempts - 1).max(0);
        println!("{events} events were claimed {attempts} times; the slowest took {took} ms");
        assert!(took <= claims_lost * LEASE_MS + BUSY_MS, "an event that was claimed {attempts} times took {took} ms");
    }
}

/// Each lead was mailed about once; what arrived twice is known by its id.
async fn mail_once(store: &Store, exim: &Exim) {
    let written = outbox::Entity::find().all(store.read()).await.unwrap();
    let about: BTreeSet<Option<Uuid>> = written.iter().map(|row| row.record_id).collect();
    let runs = "SELECT COUNT(*) AS n FROM runs WHERE plugin_id = 'tell' AND outcome = 'done'";
    assert_eq!((about.len(), written.len() as i64), (written.len(), count(store, runs).await), "one mail for each run");
    let ids: BTreeSet<String> = written.iter().map(|row| format!("{}@acme.example", row.id)).collect();
    let until = Instant::now() + DRAIN;
    let (arrived, mails) = loop {
        let mail = exim.mail();
        let of = |mail: &Vec<u8>| Some(MessageParser::default().parse(mail)?.message_id()?.to_owned());
        let arrived: BTreeSet<String> = mail.iter().filter_map(of).collect();
        if arrived.len() >= ids.len() || Instant::now() > until {
            break (arrived, mail.len());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(arrived, ids, "every mail arrived, and none of what was not committed");
    println!("{} mails arrived as {mails}", ids.len());
}
