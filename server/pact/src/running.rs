//! A whole PACT in one process: store, script workers, jobs and the HTTP door, started in this order and stopped in the other.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use anyhow::Context;
use pact_app::app::SystemClock;
use pact_app::jobs::{self, Jobs};
use pact_app::ops::plugin::install_plugin;
use pact_app::{Actor, App};
use pact_script::plugin::{Loaded, Std, load_all};
use pact_script::pool::{Pool, PoolOptions};
use pact_store::Store;

use crate::http::{self, Settings};
use crate::standard;

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
    server: Server,
}

impl Running {
    /// Starts everything over a migrated store, and installs the plugins of a folder, or those that PACT brings along when none is given.
    ///
    /// # Errors
    /// Workers that cannot be started, a listener that cannot be used, or a store that does not answer. A bad plugin is reported in the log, and
    /// stops nothing.
    pub async fn start(store: Store, settings: Settings, listener: TcpListener, plugins: Option<&Path>) -> anyhow::Result<Self> {
        let pool = start_pool().await?;
        let app = App::new(store, Arc::new(SystemClock), Arc::default(), Some(Arc::new(pool.clone()))).await?;
        let app = app.with_outgoing(settings.outgoing.clone()).with_confirm_above(settings.confirm_above);
        let app = settings.with_places(app);
        match plugins {
            Some(folder) => install_folder(&app, folder).await?,
            None => install_standard(&app).await?,
        }
        let jobs = jobs::start(&app).await.context("the heartbeat cannot be started")?;
        let address = listener.local_addr()?;
        let server = http::server::start(app.clone(), settings, listener)?;
        Ok(Self { app, address, pool, jobs, server })
    }

    /// Serves until the process is told to stop; then lets requests, events and scripts that are under way end.
    ///
    /// # Errors
    /// A server that failed.
    pub async fn serve(self) -> anyhow::Result<()> {
        let served = self.server.await;
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

/// Installs the plugins that PACT brings along.
///
/// # Errors
/// A store that does not answer.
async fn install_standard(app: &App) -> anyhow::Result<()> {
    let std = standard::modules();
    for plugin in standard::plugins()? {
        let id = plugin.id().to_owned();
        if let Err(refusal) = install_plugin(app, &Actor::System, plugin, &std).await {
            tracing::error!(plugin = id, why = %refusal, "a plugin is not installed; the others are");
        }
    }
    Ok(app.refresh_plugins().await?)
}

/// Installs every plugin of a folder; modules that scripts import are in `scripts/std` beside it.
///
/// # Errors
/// A store that does not answer.
async fn install_folder(app: &App, folder: &Path) -> anyhow::Result<()> {
    if !folder.is_dir() {
        tracing::info!(folder = %folder.display(), "there is no folder of plugins; none is installed");
        return Ok(());
    }
    let modules = folder.parent().unwrap_or(Path::new("")).join("scripts/std");
    let std = if modules.is_dir() { Std::load(&modules)? } else { standard::modules() };
    for (path, loaded) in load_all(folder, &std) {
        let installed = match loaded {
            Ok(Loaded { plugin, .. }) => {
                install_plugin(app, &Actor::System, plugin, &std).await.map(drop).map_err(|refusal| refusal.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = installed {
            tracing::error!(plugin = %path.display(), why, "a plugin is not installed; the others are");
        }
    }
    app.refresh_plugins().await?;
    Ok(())
}
