//! One open stream: what it listens to, and what it tells.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::{Stream, stream};
use pact_app::access::rights;
use pact_app::ops::message as ops;
use pact_app::{App, Caller, Refusal};
use pact_core::role::Right;
use pact_core::time::Instant;
use pact_store::entity::{message, request};
use pact_store::{Notice, Scope, list};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval_at, timeout_at};
use uuid::Uuid;

use super::MAX_STREAMS_PER_PERSON;
use crate::http::message::Message;

/// How often something is said when nothing happens, so that nobody in between closes the line.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How long a stream lives: as long as an access token.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// How far back a heartbeat looks for messages of which nobody told, in milliseconds.
const LOOK_BACK_MS: i64 = 60_000;
/// The most messages that one look tells.
const MESSAGES_PER_LOOK: u64 = 200;

/// Streams that are open, by person.
static OPEN: LazyLock<Mutex<HashMap<Uuid, usize>>> = LazyLock::new(Mutex::default);

/// A place among a person's streams, given back when the stream ends.
struct Place(Uuid);

impl Place {
    fn take(person: Uuid) -> Option<Self> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(person).or_default();
        if *count >= MAX_STREAMS_PER_PERSON {
            return None;
        }
        *count += 1;
        Some(Self(person))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.0);
            }
        }
    }
}

/// One open stream.
pub(super) struct Feed {
    app: App,
    caller: Caller,
    committed: Receiver<Notice>,
    heartbeat: Interval,
    ends: tokio::time::Instant,
    /// A server that stops waits for its requests, and a stream would never end.
    stops: Option<Signal>,
    /// What waits to be told.
    waiting: VecDeque<Bytes>,
    /// Messages that were told, of the time that heartbeats look back to.
    told: HashMap<Uuid, i64>,
    began_at: Instant,
    _place: Place,
}

impl Feed {
    /// Opens a stream that begins after a message; `None` when the person has too many.
    pub(super) async fn open(app: App, caller: Caller, after: Option<Uuid>) -> Result<Option<Self>, Refusal> {
        let Some(place) = Place::take(caller.person_id) else { return Ok(None) };
        let now = tokio::time::Instant::now();
        let mut heartbeat = interval_at(now + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Listening begins before looking, so that nothing falls between.
        let mut feed = Self {
            committed: app.store.committed(),
            began_at: app.clock.now(),
            app,
            caller,
            heartbeat,
            ends: now + LIFE,
            stops: signal(SignalKind::terminate()).ok(),
            waiting: VecDeque::from([Bytes::from_static(b": listening\n\n")]),
            told: HashMap::new(),
            _place: place,
        };
        if let Some(after) = after {
            let missed =
                pact_store::message::since(feed.app.store.read(), feed.caller.person_id, after, MESSAGES_PER_LOOK).await?;
            if missed.len() as u64 == MESSAGES_PER_LOOK {
                feed.tell_missed();
            }
            missed.into_iter().for_each(|row| feed.tell(row));
        }
        Ok(Some(feed))
    }

    /// The events, until the stream's life is over or the server stops.
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut feed| async move { feed.next().await.map(|bytes| (Ok(bytes), feed)) })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            let (ends, heartbeat, committed, stops) = (self.ends, &mut self.heartbeat, &mut self.committed, &mut self.stops);
            let heard = timeout_at(ends, async {
                tokio::select! {
                    notice = committed.recv() => Some(notice),
                    _ = heartbeat.tick() => None,
                    () = stopping(stops) => Some(Err(RecvError::Closed)),
                }
            });
            match heard.await {
                Err(_) | Ok(Some(Err(RecvError::Closed))) => return None,
                Ok(Some(Ok(notice))) => self.hear(notice).await,
                Ok(Some(Err(RecvError::Lagged(_)))) => {
                    self.tell_missed();
                    self.look().await;
                }
                Ok(None) => {
                    self.waiting.push_back(Bytes::from_static(b":\n\n"));
                    self.look().await;
                }
            }
        }
    }

    async fn hear(&mut self, notice: Notice) {
        match notice {
            Notice::MessageAppended { id, person_id } if person_id == self.caller.person_id => {
                match ops::own_message(&self.app, &self.caller, id).await {
                    Ok(Some(row)) => self.tell(row),
                    Ok(None) => {}
                    Err(refusal) => {
                        tracing::warn!(%refusal, "a message could not be read for a stream; the next heartbeat looks again")
                    }
                }
            }
            Notice::RecordChanged { kind, id } if self.may_see(kind, id).await => {
                self.waiting.push_back(event("record", None, &json!({ "kind": kind, "id": id })));
            }
            Notice::Missed => {
                self.tell_missed();
                self.look().await;
            }
            Notice::MessageAppended { .. }
            | Notice::RecordChanged { .. }
            | Notice::EventAppended { .. }
            | Notice::OutboxAppended { .. }
            | Notice::OrganisationChanged { .. }
            | Notice::PluginsChanged
            | Notice::WebhooksChanged
            | Notice::LoadMoved { .. }
            | Notice::TurnTaken { .. } => {}
        }
    }

    /// Looks for messages that were not heard of here: another node wrote them, and was killed before it said so.
    async fn look(&mut self) {
        let since = self.app.clock.now().millis().saturating_sub(LOOK_BACK_MS).max(self.began_at.millis());
        match ops::recent_messages(&self.app, &self.caller, Instant::from_millis(since), MESSAGES_PER_LOOK).await {
            Ok(rows) => rows.into_iter().for_each(|row| self.tell(row)),
            Err(refusal) => {
                tracing::warn!(%refusal, "messages could not be looked up for a stream; the next heartbeat tries again")
            }
        }
        self.told.retain(|_, at| *at >= since);
    }

    fn tell(&mut self, row: message::Model) {
        if self.told.insert(row.id, row.at).is_none() {
            let id = row.id;
            self.waiting.push_back(event("message", Some(id), &json!(Message::from(row))));
        }
    }

    fn tell_missed(&mut self) {
        self.waiting.push_back(event("missed", None, &json!({})));
    }

    async fn may_see(&self, kind: &str, id: Uuid) -> bool {
        let right = match kind {
            "customer" | "contact" => Right::ReadCustomers,
            "lead" => Right::ReadLeads,
            "pack" => Right::ReadPacks,
            "goal" => Right::ReadGoals,
            "run" => Right::ReadRuns,
            "request" => return self.concerns(id).await,
            _ => return false,
        };
        rights::may(&self.caller, right)
    }

    /// Whether the person asks this request or is asked it.
    async fn concerns(&self, id: Uuid) -> bool {
        let scope = Scope::Partner(self.caller.person_id);
        let found = list::find_in::<request::Model>(self.app.store.read(), &scope, id).await;
        found
            .inspect_err(|error| tracing::warn!(%error, "a request could not be read for a stream"))
            .is_ok_and(|found| found.is_some())
    }
}

/// Ends when the process is told to stop.
async fn stopping(stops: &mut Option<Signal>) {
    match stops {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// An event as it travels; JSON has no line breaks, so the data is one line.
fn event(name: &str, id: Option<Uuid>, data: &serde_json::Value) -> Bytes {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n"))
}
