//! `pact demo`: a made-up company with a quarter of history, a server, and fresh leads that are pushed before your eyes.
//!
//! Nothing is played: the leads enter through the public doors over HTTP, scripts push them by the same rules as anywhere, and what the terminal says is
//! read from the leads' histories.

mod client;
mod company;
mod doors;
mod followed;
mod tour;
mod voice;

use std::io::stderr;
use std::net::TcpListener;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use pact_app::ops::organisation::found_organisation;
use tracing_subscriber::EnvFilter;

use self::client::Client;
use self::company::Demo;
use self::voice::Voice;
use super::config::{Common, Configuration, Listening, usual_plugins};
use crate::running::Running;

/// Where the demo listens when nothing says otherwise; another port is taken when this one is in use.
const LISTEN: &str = "127.0.0.1:8080";
/// Any free port of this machine.
const ANY_PORT: &str = "127.0.0.1:0";

#[derive(Debug, Args)]
pub(super) struct DemoCommand {
    /// Keep the demo's database in this folder [default: a new folder that goes when the demo ends]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8080, or a free port if that is in use]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The number from which the company is made: the same seed and day make the same company
    #[arg(long, default_value_t = 7, value_name = "NUMBER")]
    seed: u64,
    /// The folder of plugins [default: plugins, or, where there is no such folder, those that PACT brings along]
    #[arg(long, env = "PACT_PLUGINS", value_name = "FOLDER")]
    plugins: Option<PathBuf>,
    /// Stop when the tour is over, instead of serving until Ctrl-C
    #[arg(long)]
    exit_after_tour: bool,
    /// Serve until Ctrl-C, as is usual
    #[arg(long, conflicts_with = "exit_after_tour")]
    keep_running: bool,
}

impl DemoCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        start_log()?;
        actix_web::rt::System::new().block_on(self.show())
    }

    async fn show(self) -> anyhow::Result<()> {
        let plugins = self.plugins.or_else(usual_plugins);
        if let Some(folder) = plugins.as_deref().filter(|folder| !folder.is_dir()) {
            bail!(
                "there is no folder {}: leads are pushed by a plugin, so name a folder that has one, or none for those that PACT brings along",
                folder.display()
            );
        }
        let voice = Voice::of_this_terminal();
        let listener = listen(self.listen.as_deref())?;
        let home = Home::of(self.dir)?;
        let mut configuration = Configuration::read(Common::default(), Listening::default())?;
        configuration.database = home.database();
        // The demo is served without TLS, for this machine.
        configuration.settings.secure_cookies = false;
        // Who shows the demo chose the plugins.
        configuration.settings.trust_plugins = true;
        let store = configuration.open_store().await?;
        found_organisation(&store, "The demo").await?;
        let running = Running::start(store, configuration.settings, configuration.demands, listener, plugins.as_deref()).await?;
        let demo = Demo::prepare(&running.app, self.seed, &voice).await?;
        running.app.access.tend_keys(&running.app).await?;
        home.say(&voice);

        let handle = running.handle();
        let base = format!("http://{}", running.address);
        let served = actix_web::rt::spawn(running.serve());
        let told = async {
            let admin = Client::new(&base)?.sign_in(&demo.admin, &demo.password).await?;
            let open = tour::show(&admin, &demo, &voice).await?;
            demo.say_goodbye(&base, open, &voice, self.exit_after_tour);
            anyhow::Ok(())
        };
        let told = told.await;
        if told.is_err() || self.exit_after_tour {
            handle.stop(true).await;
        }
        served.await.context("the server ended in a defect")??;
        told
    }
}

/// The demo speaks itself; the log says only what went wrong, unless `PACT_LOG` asks for more.
fn start_log() -> anyhow::Result<()> {
    // What a machine cannot do for script workers is told by `pact serve`; here it would stand before the first sentence.
    let filter = EnvFilter::try_from_env("PACT_LOG").unwrap_or_else(|_| EnvFilter::new("warn,pact_script::pool=error"));
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(voice::shows_colours(&stderr()));
    log.compact().try_init().map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
}

/// Listens where it is said; by default at the usual port, or at a free one.
fn listen(address: Option<&str>) -> anyhow::Result<TcpListener> {
    match address {
        Some(address) => TcpListener::bind(address).with_context(|| format!("cannot listen on {address}")),
        None => TcpListener::bind(LISTEN).or_else(|_| TcpListener::bind(ANY_PORT)).context("no port of this machine is free"),
    }
}

/// Where the demo's database is.
enum Home {
    /// A folder that stays.
    Kept(PathBuf),
    /// A folder that goes with the demo.
    Passing(tempfile::TempDir),
}

impl Home {
    fn of(folder: Option<PathBuf>) -> anyhow::Result<Self> {
        match folder {
            Some(folder) => Ok(Self::Kept(folder)),
            None => Ok(Self::Passing(tempfile::Builder::new().prefix("pact-demo-").tempdir()?)),
        }
    }

    fn database(&self) -> String {
        let folder = match self {
            Self::Kept(folder) => folder.as_path(),
            Self::Passing(folder) => folder.path(),
        };
        folder.join("pact.db").display().to_string()
    }

    fn say(&self, voice: &Voice) {
        let fate = match self {
            Self::Kept(_) => "it stays there",
            Self::Passing(_) => "it goes when the demo ends; --dir keeps it",
        };
        voice.aside(&format!("The database is {}: {fate}.", self.database()));
    }
}
