//! The heartbeat: a tick each second wakes what is due; the database decides what that is.

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::{events, expiry, import};
use crate::App;

/// Jobs that are under way.
pub struct Jobs {
    stop: watch::Sender<bool>,
    working: JoinHandle<()>,
    importing: JoinHandle<()>,
    listening: JoinHandle<()>,
    ticking: JobScheduler,
}

/// Starts working off events, ending pushes, and keeping the snapshot of the organisation up to date.
///
/// # Errors
/// The scheduler does not start.
pub async fn start(app: &App) -> Result<Jobs, JobSchedulerError> {
    let (stop, stopped) = watch::channel(false);
    let listening = tokio::spawn(app.clone().listen());
    let importing = tokio::spawn(import::work_off(app.clone(), stopped.clone()));
    let working = tokio::spawn(events::work_off(app.clone(), stopped));
    let ticking = JobScheduler::new().await?;
    let each_second = app.clone();
    ticking
        .add(Job::new_async("* * * * * *", move |_, _| {
            let app = each_second.clone();
            Box::pin(async move { tick(&app).await })
        })?)
        .await?;
    ticking.start().await?;
    Ok(Jobs { stop, working, importing, listening, ticking })
}

async fn tick(app: &App) {
    const MINUTE_MS: i64 = 60_000;
    if app.clock.now().millis().div_euclid(MINUTE_MS) != app.organisation().minute
        && let Err(error) = app.catch_up().await
    {
        tracing::warn!(%error, "presence and plugins could not be read anew; trying again");
    }
    expiry::expire_pushes(app).await;
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
        if let Err(error) = self.working.await {
            tracing::error!(%error, "working off events ended in a defect");
        }
        self.listening.abort();
    }
}
