//! Nodes of one PostgreSQL tell each other what they committed, with `NOTIFY`, so that none waits for its next look into the database.
//!
//! A node tells after its commit, through a connection of its own: a transaction that notifies holds a lock of the whole database until its commit is on
//! disk, and then no two writers would commit at the same time. What was committed meanwhile is told together. A node that is killed between
//! commit and telling has told nothing; so a notice is a hint here as it is within a process, and whoever must not miss it looks into the database
//! from time to time. Whoever lost the connection hears [`Notice::Missed`] when it is back.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::sqlx;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, oneshot, watch};
use tokio::time::sleep;
use uuid::Uuid;

use crate::notice::Notice;

/// The channel on which nodes tell each other. Channels belong to one database.
const CHANNEL: &str = "pact_nodes";
/// Bytes of one notification; PostgreSQL refuses 8,000 and more.
const PAYLOAD_BYTES: usize = 7_800;
/// How long to wait before listening or telling is tried again after it failed.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);
/// Nouns of records that another node may name.
const MOST_NOUNS: usize = 64;

/// Tells whoever listens in this process, and the other nodes.
#[derive(Clone, Debug)]
pub(crate) struct Heralds {
    /// To this process: what it committed, and what others did.
    pub(crate) here: broadcast::Sender<Notice>,
    /// To the other nodes: what this process committed; none on a database without others.
    pub(crate) elsewhere: Option<broadcast::Sender<Notice>>,
}

impl Heralds {
    pub(crate) fn tell(&self, notice: Notice) {
        if let Some(elsewhere) = &self.elsewhere {
            // Nobody hears it while the connection is being made again; then the others are told that they missed something.
            let _ = elsewhere.send(notice.clone());
        }
        // Nobody may be listening.
        let _ = self.here.send(notice);
    }
}

/// What travels: as few letters as are needed, since many travel together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Told {
    #[serde(rename = "e")]
    Events,
    #[serde(rename = "o")]
    Outbox,
    #[serde(rename = "m")]
    Message(Uuid, Uuid),
    #[serde(rename = "g")]
    Organisation(i64),
    #[serde(rename = "p")]
    Plugins,
    #[serde(rename = "w")]
    Webhooks,
    #[serde(rename = "r")]
    Record(String, Uuid),
    #[serde(rename = "l")]
    Load(Option<Uuid>, Option<Uuid>),
    #[serde(rename = "x")]
    Missed,
}

impl Told {
    /// What the others need to know of a notice.
    fn of(notice: &Notice) -> Option<Self> {
        match notice {
            // Which it is does not matter: whoever is woken claims what waits.
            Notice::EventAppended { .. } => Some(Self::Events),
            Notice::OutboxAppended { .. } => Some(Self::Outbox),
            Notice::MessageAppended { id, person_id } => Some(Self::Message(*id, *person_id)),
            Notice::OrganisationChanged { version } => Some(Self::Organisation(*version)),
            Notice::PluginsChanged => Some(Self::Plugins),
            Notice::WebhooksChanged => Some(Self::Webhooks),
            Notice::RecordChanged { kind, id } => Some(Self::Record((*kind).to_owned(), *id)),
            Notice::LoadMoved { from, to } => Some(Self::Load(*from, *to)),
            // A promise of this node's own.
            Notice::TurnTaken { .. } => None,
            Notice::Missed => Some(Self::Missed),
        }
    }

    fn notice(self) -> Option<Notice> {
        Some(match self {
            Self::Events => Notice::EventAppended { id: Uuid::nil(), lane: 0 },
            Self::Outbox => Notice::OutboxAppended { id: Uuid::nil() },
            Self::Message(id, person_id) => Notice::MessageAppended { id, person_id },
            Self::Organisation(version) => Notice::OrganisationChanged { version },
            Self::Plugins => Notice::PluginsChanged,
            Self::Webhooks => Notice::WebhooksChanged,
            Self::Record(kind, id) => Notice::RecordChanged { kind: noun(&kind)?, id },
            Self::Load(from, to) => Notice::LoadMoved { from, to },
            Self::Missed => Notice::Missed,
        })
    }
}

/// A noun that another node names, kept once; nothing when there are more than there are nouns.
fn noun(name: &str) -> Option<&'static str> {
    static NOUNS: LazyLock<Mutex<BTreeSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut nouns = NOUNS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = nouns.get(name) {
        return Some(known);
    }
    if nouns.len() >= MOST_NOUNS {
        return None;
    }
    let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
    nouns.insert(kept);
    Some(kept)
}

/// Listens to the other nodes and tells them, until the store closes; `ready` is answered when it listens.
pub(crate) async fn speak(
    conn: DatabaseConnection,
    url: String,
    here: broadcast::Sender<Notice>,
    own: broadcast::Receiver<Notice>,
    mut closing: watch::Receiver<bool>,
    ready: oneshot::Sender<()>,
) {
    let node = Uuid::new_v4();
    tokio::select! {
        () = listen(&url, node, here, ready) => {}
        () = tell(&conn, node, own) => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
    if let Err(error) = conn.close().await {
        tracing::warn!(%error, "the connection that tells other nodes did not close well");
    }
}

/// Listens for as long as the store is open, over as many connections as it takes.
async fn listen(url: &str, node: Uuid, here: broadcast::Sender<Notice>, ready: oneshot::Sender<()>) {
    let mut ready = Some(ready);
    loop {
        match listener(url).await {
            Ok(mut listener) => {
                // Whoever opened the store reads it after this, and misses nothing; later, something may have been missed.
                match ready.take() {
                    Some(ready) => drop(ready.send(())),
                    None => drop(here.send(Notice::Missed)),
                }
                let error = heard_until_lost(&mut listener, node, &here).await;
                tracing::warn!(%error, "the connection on which other nodes are heard was lost; making it again");
            }
            Err(error) => {
                // Nobody waits longer for this: the looks into the database suffice.
                ready = None;
                tracing::warn!(%error, "other nodes cannot be heard; trying again, and looking into the database meanwhile");
            }
        }
        sleep(AFTER_TROUBLE).await;
    }
}

async fn heard_until_lost(listener: &mut PgListener, node: Uuid, here: &broadcast::Sender<Notice>) -> sqlx::Error {
    loop {
        match listener.try_recv().await {
            Ok(Some(heard)) => hear(heard.payload(), node, here),
            // It is back already, and something may have been said in between.
            Ok(None) => drop(here.send(Notice::Missed)),
            Err(error) => return error,
        }
    }
}

/// A connection that listens from now on.
async fn listener(url: &str) -> Result<PgListener, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    let pool = pool.connect_with(options.application_name("pact-nodes")).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    // The pool belongs to this listener alone.
    listener.ignore_pool_close_event(true);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

fn hear(payload: &str, node: Uuid, here: &broadcast::Sender<Notice>) {
    // A node of a newer release may say what this one does not understand: then it looks for itself.
    let Ok((from, told)) = serde_json::from_str::<(Uuid, Vec<Told>)>(payload) else {
        let _ = here.send(Notice::Missed);
        return;
    };
    if from != node {
        told.into_iter().filter_map(Told::notice).for_each(|notice| drop(here.send(notice)));
    }
}

async fn tell(conn: &DatabaseConnection, node: Uuid, mut own: broadcast::Receiver<Notice>) {
    // A notification lost with a server that loses its power is missed by nobody: all connections are lost with it.
    let mut ready = false;
    loop {
        let Some(told) = gather(&mut own).await else { return };
        loop {
            if !ready {
                ready = conn.execute_unprepared("SET synchronous_commit = off").await.is_ok();
            }
            match notify(conn, node, &told).await {
                Ok(()) => break,
                Err(error) => {
                    tracing::warn!(%error, "other nodes cannot be told; trying again, and they look into the database meanwhile");
                    ready = false;
                    sleep(AFTER_TROUBLE).await;
                }
            }
        }
    }
}

/// Waits for something to tell and takes what else there is, each once.
async fn gather(own: &mut broadcast::Receiver<Notice>) -> Option<Vec<Told>> {
    let mut told = Vec::new();
    let mut seen = BTreeSet::new();
    let mut take = |one: Option<Told>| {
        if let Some(one) = one
            && (matches!(one, Told::Load(..)) || seen.insert(one.clone()))
        {
            told.push(one);
        }
    };
    match own.recv().await {
        Ok(notice) => take(Told::of(&notice)),
        Err(RecvError::Lagged(_)) => take(Some(Told::Missed)),
        Err(RecvError::Closed) => return None,
    }
    loop {
        match own.try_recv() {
            Ok(notice) => take(Told::of(&notice)),
            Err(TryRecvError::Lagged(_)) => take(Some(Told::Missed)),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(told),
        }
    }
}

async fn notify(conn: &DatabaseConnection, node: Uuid, told: &[Told]) -> Result<(), sea_orm::DbErr> {
    for payload in payloads(node, told) {
        let statement =
            Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_notify($1, $2)", [CHANNEL.into(), payload.into()]);
        conn.execute_raw(statement).await?;
    }
    Ok(())
}

/// As few notifications as hold everything.
fn payloads(node: Uuid, told: &[Told]) -> Vec<String> {
    let mut payloads = Vec::new();
    let mut part: Vec<String> = Vec::new();
    let mut bytes = 0;
    let close = |part: &mut Vec<String>| format!("[\"{node}\",[{}]]", std::mem::take(part).join(","));
    for one in told.iter().filter_map(|one| serde_json::to_string(one).ok()) {
        if bytes + one.len() + 64 > PAYLOAD_BYTES {
            payloads.push(close(&mut part));
            bytes = 0;
        }
        bytes += one.len() + 1;
        part.push(one);
    }
    if !part.is_empty() {
        payloads.push(close(&mut part));
    }
    payloads
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    fn every() -> Vec<Notice> {
        let id = Uuid::new_v4();
        vec![
            Notice::EventAppended { id: Uuid::nil(), lane: 0 },
            Notice::OutboxAppended { id: Uuid::nil() },
            Notice::MessageAppended { id, person_id: id },
            Notice::OrganisationChanged { version: 7 },
            Notice::PluginsChanged,
            Notice::WebhooksChanged,
            Notice::RecordChanged { kind: "lead", id },
            Notice::LoadMoved { from: None, to: Some(id) },
            Notice::Missed,
        ]
    }

    #[tokio::test]
    async fn what_is_told_is_heard_by_others_and_not_by_oneself() {
        let (sender, mut own) = broadcast::channel(4_096);
        let every = every();
        for notice in every.clone().into_iter().chain((0..2_000).map(|_| Notice::EventAppended { id: Uuid::new_v4(), lane: 1 })) {
            sender.send(notice).unwrap();
        }
        sender.send(Notice::TurnTaken { person: Uuid::new_v4() }).unwrap();
        let node = Uuid::new_v4();
        let told = gather(&mut own).await.unwrap();
        let (here, mut heard) = broadcast::channel(4_096);
        for payload in payloads(node, &told) {
            hear(&payload, node, &here);
            assert_eq!(heard.try_recv(), Err(TryRecvError::Empty));
            hear(&payload, Uuid::new_v4(), &here);
        }
        let mut notices = Vec::new();
        while let Ok(notice) = heard.try_recv() {
            notices.push(notice);
        }
        assert_eq!(notices, every, "each once, however often events were appended");
        hear("[\"from a newer release\"]", node, &here);
        assert_eq!(heard.try_recv(), Ok(Notice::Missed));
    }

    #[test]
    fn much_is_told_in_parts_that_the_database_takes() {
        let told: Vec<Told> = (0..1_000).map(|_| Told::Message(Uuid::new_v4(), Uuid::new_v4())).collect();
        let payloads = payloads(Uuid::new_v4(), &told);
        assert!(payloads.iter().all(|payload| payload.len() < 8_000), "PostgreSQL refuses more");
        let read = |payload: &String| serde_json::from_str::<(Uuid, Vec<Told>)>(payload).unwrap().1;
        assert_eq!(payloads.iter().flat_map(read).collect::<Vec<_>>(), told);
    }
}
