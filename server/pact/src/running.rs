//! A whole PACT in one process: store, script workers, jobs and the HTTP door, started in this order and stopped in the other.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use anyhow::Context;
use pact_app::App;
use pact_app::app::SystemClock;
use pact_app::jobs::{self, Jobs};
use pact_app::ops::pact::{Demands, check_covered};
use pact_script::pool::{Pool, PoolOptions};
use pact_store::Store;
use tokio::task::JoinHandle;

use crate::dropped::Dropped;
use crate::http::{self, Settings};

/// How long scripts that run may take to end when the server stops.
const PATIENCE: Duration = Duration::from_secs(2);

/// Everything that a running PACT consists of.
pub struct Running {
    /// The application.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    pool: Pool,
    jobs: Jobs,
    watching: JoinHandle<()>,
    server: Server,
}

impl Running {
    /// Starts everything over a migrated store, and installs the plugins of a folder, or those that PACT brings along when none is given. What somebody drops
    /// into the folder later is seen by itself.
    ///
    /// # Errors
    /// Settings that no signed version of the pact covers, workers that cannot be started, a listener that cannot be used, or a store that does not answer.
    /// A bad plugin is reported in the log, and stops nothing.
    pub async fn start(
        store: Store,
        settings: Settings,
        demands: Demands,
        listener: TcpListener,
        plugins: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let pool = start_pool().await?;
        let app = App::new(store, Arc::new(SystemClock), Arc::default(), Some(Arc::new(pool.clone()))).await?;
        let app = app.with_outgoing(settings.outgoing.clone()).with_confirm_above(settings.confirm_above);
        let app = settings.with_places(app);
        check_covered(&app, demands).await?;
        let dropped = Dropped { folder: plugins.map(Path::to_owned), trusted: settings.trust_plugins };
        dropped.look(&app).await?;
        let watching = tokio::spawn(dropped.watch(app.clone()));
        let jobs = jobs::start(&app).await.context("the heartbeat cannot be started")?;
        let address = listener.local_addr()?;
        let server = http::server::start(app.clone(), settings, listener)?;
        Ok(Self { app, address, pool, jobs, watching, server })
    }

    /// Serves until the process is told to stop; then lets requests, events and scripts that are under way end.
    ///
    /// # Errors
    /// A server that failed.
    pub async fn serve(self) -> anyhow::Result<()> {
        let served = self.server.await;
        self.watching.abort();
        self.jobs.stop().await;
        self.pool.stop(PATIENCE).await;
        self.app.store.close().await;
        Ok(served?)
    }

    /// Stops a server that was spawned with [`Running::serve`] by its handle.
    pub fn handle(&self) -> actix_web::dev::ServerHandle {
        self.server.handle()
    }
}

/// Starts the script workers: this very binary, sandboxed.
async fn start_pool() -> anyhow::Result<Pool> {
    // Starting waits for the first worker, so it must not hold up the runtime.
    let started = tokio::task::spawn_blocking(|| Ok::<_, anyhow::Error>(Pool::start(PoolOptions::of_this_binary()?)?)).await?;
    started.context("script workers cannot be started")
}
