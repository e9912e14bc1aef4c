//! The relay: what leaves PACT, leaves after the commit, and visibly.
//!
//! An operation writes a row into the outbox in the transaction of what causes it, so nothing leaves of what was rolled back, and nothing is forgotten
//! that was committed. The relay claims rows with a lease and a fence, as [`jobs`](crate::jobs) claims events, so several nodes share the work and a
//! row whose node died is taken over when its lease is over. While something is being sent its lease is prolonged; who lost it stops.
//!
//! # What holds
//! - **At least once.** A row is done when the other side said so and that is written. Between these two a crash makes it leave again, with the same
//!   `webhook-id` or `Message-ID`, by which the receiver knows the repetition. No protocol between two machines gives more.
//! - **Doubt is known.** `handing_at` is written before the content of a mail is handed over, and taken back by any answer. A row that is claimed
//!   with it may have arrived already; [`InDoubt`](mail::InDoubt) says whether it is sent again or put aside.
//! - **Failures wait.** Each attempt waits three times as long as the one before, with jitter, up to [`LONGEST_WAIT`]; after [`MAX_ATTEMPTS`]
//!   the row is put aside, where an admin sees and releases it. What the other side refuses for good is not tried again.

mod backoff;
pub mod mail;
mod outcome;
pub mod reach;
mod settings;
pub mod signature;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use pact_store::StoreError;
use pact_store::entity::outbox;
use pact_store::outbox::{self as store, Kind, State};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

pub use backoff::{LONGEST_WAIT, MAX_ATTEMPTS};
pub use settings::Outgoing;

use self::outcome::Outcome;
use crate::App;

/// Messages to webhooks that a process sends at the same time.
pub const WEBHOOKS_IN_FLIGHT: usize = 32;
/// Mail that a process hands over at the same time: mail servers do not like many connections.
pub const MAIL_IN_FLIGHT: usize = 4;
/// How long a claim holds, in milliseconds; it is prolonged while the row is being sent.
pub const LEASE_MS: i64 = 20_000;
/// How often a claim is prolonged.
const PROLONG_EVERY: Duration = Duration::from_secs(5);
/// How long to wait before looking again without having been woken.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long what is being sent may take to end when the server stops; after that another node, or the next start, takes it over.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often what is over is forgotten.
const TEND_EVERY: Duration = Duration::from_secs(3_600);
/// Rows that are forgotten in one transaction at most.
const FORGOTTEN_AT_ONCE: u64 = 1_000;
/// How long a row is kept that waits for nothing, in milliseconds: its addresses and times are nobody's business later.
pub const KEPT_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// Sends one kind of what leaves until `stop` says so.
pub(crate) async fn work_off(app: App, kind: Kind, mut stop: watch::Receiver<bool>) {
    let Some(ways) = Ways::of(&app, kind) else { return };
    let in_flight = ways.in_flight();
    let (ways, room) = (Arc::new(ways), Arc::new(Semaphore::new(in_flight)));
    while !*stop.borrow() {
        let free = if ways.is_paused(app.clock.now().millis()) { 0 } else { room.available_permits() };
        let claimed = claim(&app, kind, free as u64).await.unwrap_or_else(|error| {
            tracing::warn!(%error, %kind, "what waits to leave could not be claimed; trying again");
            Vec::new()
        });
        let none_left = free == 0 || claimed.len() < free;
        for row in claimed {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let (app, ways) = (app.clone(), Arc::clone(&ways));
            tokio::spawn(async move {
                ways.send_and_record(&app, &row).await;
                drop(permit);
            });
        }
        if none_left {
            tokio::select! {
                _ = timeout(LOOK_AGAIN, waker(&app, kind).notified()) => {}
                _ = stop.changed() => {}
            }
        }
        if room.available_permits() == 0 {
            // Somebody has to finish before more can be claimed.
            drop(room.acquire().await);
        }
    }
    drop(timeout(PATIENCE, room.acquire_many(u32::try_from(in_flight).unwrap_or(u32::MAX))).await);
}

fn waker(app: &App, kind: Kind) -> &Notify {
    let [mail, webhooks] = &*app.outbox_waits;
    match kind {
        Kind::Mail => mail,
        Kind::Webhook => webhooks,
    }
}

async fn claim(app: &App, kind: Kind, limit: u64) -> Result<Vec<outbox::Model>, StoreError> {
    let now = app.clock.now().millis();
    if limit == 0 || !store::any_due(app.store.read(), kind, now).await? {
        return Ok(Vec::new());
    }
    app.store.write(async move |tx| store::claim(tx, kind, now, limit, LEASE_MS).await).await
}

/// How one kind of what leaves is sent.
enum Ways {
    Webhooks(webhook::Poster),
    Mail(Box<mail::Mailer>),
}

impl Ways {
    /// The way for a kind; none for mail without a mail server: it waits.
    fn of(app: &App, kind: Kind) -> Option<Self> {
        match kind {
            Kind::Webhook => Some(Self::Webhooks(webhook::Poster::new(&app.outgoing))),
            Kind::Mail => match mail::Mailer::new(app.outgoing.mail.clone()?) {
                Ok(mailer) => Some(Self::Mail(Box::new(mailer))),
                Err(error) => {
                    tracing::error!(error, "mail cannot be composed; it waits in the outbox");
                    None
                }
            },
        }
    }

    const fn in_flight(&self) -> usize {
        match self {
            Self::Webhooks(_) => WEBHOOKS_IN_FLIGHT,
            Self::Mail(_) => MAIL_IN_FLIGHT,
        }
    }

    fn is_paused(&self, now: i64) -> bool {
        match self {
            Self::Webhooks(_) => false,
            Self::Mail(mailer) => mailer.is_paused(now),
        }
    }

    async fn send(&self, app: &App, row: &outbox::Model) -> Outcome {
        match self {
            Self::Webhooks(poster) => poster.post(app, row).await,
            Self::Mail(mailer) => mailer.send(app, row).await,
        }
    }

    async fn send_and_record(&self, app: &App, row: &outbox::Model) {
        let began = app.clock.now();
        let started = tokio::time::Instant::now();
        let Some(outcome) = while_ours(app, row, self.send(app, row)).await else {
            tracing::warn!(row = %row.id, "the claim on what was being sent was lost; somebody else decides about it");
            return;
        };
        let took_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        if let Err(error) = outcome.record(app, row, began, took_ms).await {
            tracing::error!(row = %row.id, %error, "what came of sending could not be written; it leaves again when its lease is over");
        }
    }
}

/// Prolongs the claim while something is done; nothing comes of it when the claim is lost.
async fn while_ours<T>(app: &App, row: &outbox::Model, work: impl Future<Output = T>) -> Option<T> {
    let mut prolong = interval(PROLONG_EVERY);
    prolong.set_missed_tick_behavior(MissedTickBehavior::Delay);
    prolong.tick().await;
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Some(done),
            _ = prolong.tick() => {
                let (claimed, until) = (row.clone(), app.clock.now().millis() + LEASE_MS);
                match app.store.write(async move |tx| store::extend(tx, &claimed, until).await).await {
                    Ok(true) => {}
                    Ok(false) => return None,
                    Err(error) => tracing::warn!(%error, "a claim could not be prolonged; trying again"),
                }
            }
        }
    }
}

/// Forgets what is over, and says when mail waits without a way out, until `stop` says so.
pub(crate) async fn tend(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = look_after(&app).await {
            tracing::warn!(%error, "the outbox could not be looked after; the next hour tries again");
        }
        drop(timeout(TEND_EVERY, stop.changed()).await);
    }
}

async fn look_after(app: &App) -> Result<(), StoreError> {
    let before = app.clock.now().millis() - KEPT_MS;
    while app.store.write(async move |tx| store::forget(tx, before, FORGOTTEN_AT_ONCE).await).await? == FORGOTTEN_AT_ONCE {}
    if app.outgoing.mail.is_none() {
        let waiting = store::count(app.store.read(), Kind::Mail, State::Waiting).await?;
        if waiting > 0 {
            tracing::warn!(
                waiting,
                "mail waits in the outbox, because no mail server is configured ([mail] in the file of settings)"
            );
        }
    }
    Ok(())
}
