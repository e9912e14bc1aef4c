//! The heartbeat: a tick each second wakes what is due; the database decides what that is.

use std::sync::Arc;

use pact_store::outbox::Kind;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::{events, evidence, expiry, formulas, import, quiet, schedule, views};
use crate::dry::forget_results;
use crate::ops::coaching::tend::tend as tend_coaching;
use crate::ops::field::{look_at_words, purge_removed};
use crate::ops::pact::come_into_force;
use crate::ops::plan::carry_out_plans;
use crate::ops::request::raise_overdue;
use crate::ops::security::tend::tend as tend_security;
use crate::{App, Refusal, relay};

/// Jobs that are under way.
pub struct Jobs {
    stop: watch::Sender<bool>,
    working: JoinHandle<()>,
    importing: JoinHandle<()>,
    computing: JoinHandle<()>,
    relaying: [JoinHandle<()>; 3],
    evidence: JoinHandle<()>,
    listening: JoinHandle<()>,
    ticking: JobScheduler,
}

/// Starts working off events, sending what leaves, ending pushes, and keeping the snapshot of the organisation up to date.
///
/// # Errors
/// The scheduler does not start.
pub async fn start(app: &App) -> Result<Jobs, JobSchedulerError> {
    let (stop, stopped) = watch::channel(false);
    let listening = tokio::spawn(app.clone().listen());
    let importing = tokio::spawn(import::work_off(app.clone(), stopped.clone()));
    let computing = tokio::spawn(formulas::work_off(app.clone(), stopped.clone()));
    let relaying = [
        tokio::spawn(relay::work_off(app.clone(), Kind::Mail, stopped.clone())),
        tokio::spawn(relay::work_off(app.clone(), Kind::Webhook, stopped.clone())),
        tokio::spawn(relay::tend(app.clone(), stopped.clone())),
    ];
    let evidence = tokio::spawn(evidence::tend(app.clone(), stopped.clone()));
    let working = tokio::spawn(events::work_off(app.clone(), stopped));
    let ticking = JobScheduler::new().await?;
    let each_second = (app.clone(), Arc::new(Mutex::new(Looked::default())));
    ticking
        .add(Job::new_async("* * * * * *", move |_, _| {
            let (app, looked) = each_second.clone();
            Box::pin(async move {
                // A look that takes longer than a second is not joined by the next.
                if let Ok(mut looked) = looked.try_lock() {
                    tick(&app, &mut looked).await;
                }
            })
        })?)
        .await?;
    ticking.start().await?;
    Ok(Jobs { stop, working, importing, computing, relaying, evidence, listening, ticking })
}

/// The minutes in which what costs more than a look was done last.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// What is held in memory was read again.
    read: Option<i64>,
    /// Leads were looked through for quiet ones.
    swept: Option<i64>,
}

/// One look at what is due.
pub(super) async fn tick(app: &App, looked: &mut Looked) {
    const MINUTE_MS: i64 = 60_000;
    let minute = app.clock.now().millis().div_euclid(MINUTE_MS);
    // Presence belongs to the minute; and what another node changed and could not tell is seen here at the latest.
    if looked.read != Some(minute) {
        match app.catch_up().await {
            Ok(()) => looked.read = Some(minute),
            Err(error) => tracing::warn!(%error, "what is held in memory could not be read anew; trying again"),
        }
    }
    expiry::expire_pushes(app).await;
    schedule::raise_ticks(app).await;
    if looked.swept.replace(minute) != Some(minute) {
        try_again("plans whose day is over", carry_out_plans(app).await);
        try_again("overdue requests", raise_overdue(app).await);
        try_again("a version of the pact that comes into force", come_into_force(app).await);
        try_again("coaching periods", tend_coaching(app).await);
        try_again("requests to open security records", tend_security(app).await);
        quiet::tell_of_quiet_leads(app).await;
        views::write_mails(app).await;
        try_again("fields that were removed long ago", purge_removed(app).await);
        try_again("values of fields that search has not looked at", look_at_words(app).await);
        try_again("results of dry runs", forget_results(app).await);
    }
}

/// Says what could not be looked through; the next minute does it again.
fn try_again<T>(what: &str, done: Result<T, Refusal>) {
    if let Err(refusal) = done {
        tracing::warn!(%refusal, what, "something could not be looked through; trying again");
    }
}

impl Jobs {
    /// Takes no more events, finishes those under way, and stops the heartbeat.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = self.ticking.shutdown().await {
            tracing::warn!(%error, "the heartbeat did not stop well");
        }
        if let Err(error) = self.importing.await {
            tracing::error!(%error, "working off imports ended in a defect");
        }
        if let Err(error) = self.computing.await {
            tracing::error!(%error, "computing formulas ended in a defect");
        }
        if let Err(error) = self.working.await {
            tracing::error!(%error, "working off events ended in a defect");
        }
        for relaying in self.relaying {
            if let Err(error) = relaying.await {
                tracing::error!(%error, "sending what leaves ended in a defect");
            }
        }
        if let Err(error) = self.evidence.await {
            tracing::error!(%error, "looking after the audit log ended in a defect");
        }
        self.listening.abort();
    }
}
