//! `pact serve`: starts the server.

use std::net::TcpListener;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use pact_app::ops::organisation::found_organisation;
use pact_app::{App, idempotency, ops};

use super::config::{Common, Configuration, Listening};
use crate::running::Running;

/// How often keys, sessions and kept answers are looked after.
const TEND_EVERY: Duration = Duration::from_secs(3_600);

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    listening: Listening,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let configuration = Configuration::read(self.common, self.listening)?;
        configuration.start_log()?;
        actix_web::rt::System::new().block_on(serve(configuration))
    }
}

async fn serve(configuration: Configuration) -> anyhow::Result<()> {
    // First, so that an address in use is reported before anything is done.
    let listener =
        TcpListener::bind(&configuration.listen).with_context(|| format!("cannot listen on {}", configuration.listen))?;
    let store = configuration.open_store().await?;
    found_organisation(&store, "Our company").await?;
    let demands = configuration.demands;
    let running = Running::start(store, configuration.settings, demands, listener, configuration.plugins.as_deref()).await?;
    super::admin::first_admin_from_environment(&running.app).await?;
    running.app.access.tend_keys(&running.app).await?;
    let tending = tokio::spawn(tend(running.app.clone(), configuration.keep_runs_days));
    let address = running.address;
    println!("PACT listens on http://{address}/ (interactive description at http://{address}/docs/).");
    let served = running.serve().await;
    tending.abort();
    served
}

/// Lets signing keys follow one another, and drops sessions, kept answers and runs whose time is over.
async fn tend(app: App, keep_runs_days: u32) {
    let mut every = tokio::time::interval(TEND_EVERY);
    loop {
        every.tick().await;
        let done = async {
            app.access.tend_keys(&app).await?;
            ops::session::sweep_sessions(&app).await?;
            idempotency::sweep(&app).await?;
            ops::run::prune_runs(&app, keep_runs_days).await.map(drop)
        };
        if let Err(reason) = done.await {
            tracing::error!(%reason, "keys and sessions could not be looked after; the next hour tries again");
        }
    }
}
