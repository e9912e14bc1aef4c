//! Configuration: from arguments, else the environment (`PACT_…`), else a file, else what suits most.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use pact_app::ops::pact::Demands;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::sending::{self, MailFile, Sending, SendingFile};

/// Where the data is, when nothing says otherwise.
const DATABASE: &str = "data/pact.db";
/// Where the server listens, when nothing says otherwise: for this machine only.
const LISTEN: &str = "127.0.0.1:8080";
/// Where plugins are, when nothing says otherwise and there is such a folder.
const PLUGINS: &str = "plugins";
/// What the log says, when nothing says otherwise.
const LOG: &str = "info";

/// What every command needs.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Common {
    /// A file with the settings that are not given as arguments or in the environment.
    #[arg(long, env = "PACT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database: a path (SQLite, made on first start) or postgres://… [default: data/pact.db]
    #[arg(long, env = "PACT_DATABASE", value_name = "PATH|URL", hide_env_values = true)]
    database: Option<String>,
    /// The folder for files that wait to be worked on, such as imports [default: files, beside the database]
    #[arg(long, env = "PACT_FILES", value_name = "FOLDER")]
    files: Option<PathBuf>,
    /// The file of the audit log's key, made on first start; nodes that share a database share it [default: evidence.key, beside the files]
    #[arg(long, env = "PACT_EVIDENCE_KEY", value_name = "FILE")]
    evidence_key: Option<PathBuf>,
    /// What the log says: error, warn, info, debug, trace, or a filter such as pact=debug,warn [default: info]
    #[arg(long, env = "PACT_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How the log is written [default: text]
    #[arg(long, env = "PACT_LOG_FORMAT", value_enum)]
    log_format: Option<LogFormat>,
}

impl Common {
    /// The arguments by which the same database and files are found again.
    pub(super) fn again(&self) -> String {
        let text = |name: &str, value: Option<String>| value.map_or_else(String::new, |value| format!(" --{name} {value}"));
        let path = |value: &Option<PathBuf>| value.as_ref().map(|path| path.display().to_string());
        // An address of a database server can hold a password, which is not repeated on a terminal.
        let database = self.database.clone().map(|database| if database.contains("://") { "…".to_owned() } else { database });
        [text("config", path(&self.config)), text("database", database), text("files", path(&self.files))].concat()
    }
}

/// What the server needs beside that.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Listening {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, env = "PACT_LISTEN", value_name = "ADDRESS")]
    listen: Option<String>,
    /// Origins whose pages may call from a browser, separated by commas [default: none]
    #[arg(long, env = "PACT_CORS_ORIGINS", value_delimiter = ',', value_name = "ORIGIN")]
    cors_origins: Option<Vec<String>>,
    /// Believe the Forwarded and X-Forwarded-For headers of a proxy in front
    #[arg(long, env = "PACT_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Let the refresh cookie travel without TLS
    #[arg(long, env = "PACT_INSECURE_COOKIES")]
    insecure_cookies: bool,
    /// How many threads answer requests [default: one for each core]
    #[arg(long, env = "PACT_THREADS", value_name = "NUMBER")]
    threads: Option<usize>,
    /// The folder whose plugins are installed, at start and when they are dropped there; what asks for more waits for an admin [default: plugins, or, where there is no such folder, those that PACT brings along]
    #[arg(long, env = "PACT_PLUGINS", value_name = "FOLDER")]
    plugins: Option<PathBuf>,
    /// How many days runs of scripts are kept [default: 90]
    #[arg(long, env = "PACT_KEEP_RUNS", value_name = "DAYS")]
    keep_runs: Option<u32>,
    /// How many effects at once an admin must confirm before a plugin is switched on [default: 10]
    #[arg(long, env = "PACT_CONFIRM_ABOVE", value_name = "NUMBER")]
    confirm_above: Option<u64>,
    /// Install what lies in the folder of plugins without asking an admin what it may do: whoever may write there decides
    #[arg(long, env = "PACT_TRUST_PLUGINS")]
    trust_plugins: bool,
    /// How many people must contribute before a measure over acts shows a group; it must be what the pact in force says [default: that]
    #[arg(long, env = "PACT_K", value_name = "NUMBER")]
    k: Option<u32>,
    /// How long notes of coaching periods are kept, in days; it must be what the pact in force says [default: that]
    #[arg(long, env = "PACT_NOTE_RETENTION_DAYS", value_name = "DAYS")]
    note_retention_days: Option<u32>,
    #[command(flatten)]
    sending: Sending,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(super) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The file; every setting may be left out, an unknown one is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    database: Option<String>,
    files: Option<PathBuf>,
    evidence_key: Option<PathBuf>,
    log: Option<String>,
    log_format: Option<LogFormat>,
    listen: Option<String>,
    cors_origins: Option<Vec<String>>,
    behind_proxy: bool,
    insecure_cookies: bool,
    threads: Option<usize>,
    plugins: Option<PathBuf>,
    trust_plugins: bool,
    mail: MailFile,
    webhook_networks: Option<Vec<String>>,
    retry_first_ms: Option<u64>,
    public_url: Option<String>,
    digest_wait_ms: Option<u64>,
    keep_runs: Option<u32>,
    confirm_above: Option<u64>,
    k: Option<u32>,
    note_retention_days: Option<u32>,
}

/// The settings that hold.
#[derive(Debug)]
pub(super) struct Configuration {
    /// The database's address.
    pub(super) database: String,
    /// Where to listen.
    pub(super) listen: String,
    /// How the server is set up.
    pub(super) settings: crate::http::Settings,
    /// What is said here about settings of the pact.
    pub(super) demands: Demands,
    /// The folder whose plugins are installed at start; those that PACT brings along when there is none.
    pub(super) plugins: Option<PathBuf>,
    /// How many days runs are kept.
    pub(super) keep_runs_days: u32,
    log: String,
    log_format: LogFormat,
}

impl Configuration {
    /// Reads the settings that hold.
    ///
    /// # Errors
    /// A file that cannot be read, or a setting in it that does not exist.
    pub(super) fn read(common: Common, listening: Listening) -> anyhow::Result<Self> {
        let file = common.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let sending = SendingFile {
            mail: file.mail,
            webhook_networks: file.webhook_networks,
            retry_first_ms: file.retry_first_ms,
            public_url: file.public_url,
            digest_wait_ms: file.digest_wait_ms,
        };
        let outgoing = sending::read(listening.sending, sending)?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            database: common.database.or(file.database).unwrap_or_else(|| DATABASE.to_owned()),
            listen: listening.listen.or(file.listen).unwrap_or_else(|| LISTEN.to_owned()),
            settings: crate::http::Settings {
                cors_origins: listening.cors_origins.or(file.cors_origins).unwrap_or_default(),
                behind_proxy: listening.behind_proxy || file.behind_proxy,
                secure_cookies: !(listening.insecure_cookies || file.insecure_cookies),
                workers: listening.threads.or(file.threads).unwrap_or(cores),
                files: common.files.or(file.files),
                evidence_key: common.evidence_key.or(file.evidence_key),
                outgoing,
                confirm_above: listening
                    .confirm_above
                    .or(file.confirm_above)
                    .unwrap_or(pact_app::ops::plugin_forecast::CONFIRM_ABOVE),
                trust_plugins: listening.trust_plugins || file.trust_plugins,
            },
            demands: Demands {
                k: listening.k.or(file.k),
                retention_days: listening.note_retention_days.or(file.note_retention_days),
            },
            plugins: listening.plugins.or(file.plugins).or_else(usual_plugins),
            keep_runs_days: listening.keep_runs.or(file.keep_runs).unwrap_or(pact_app::ops::run::KEEP_RUNS_DAYS),
            log: common.log.or(file.log).unwrap_or_else(|| LOG.to_owned()),
            log_format: common.log_format.or(file.log_format).unwrap_or_default(),
        })
    }

    /// The application with the places that the settings name.
    pub(super) fn with_places(&self, app: pact_app::App) -> pact_app::App {
        self.settings.with_places(app)
    }

    /// Starts the log, on standard error.
    ///
    /// # Errors
    /// A filter that cannot be read.
    pub(super) fn start_log(&self) -> anyhow::Result<()> {
        // What the libraries say below a warning is about their insides; that a caller speaks no HTTP is no error of ours.
        let filter =
            format!("warn,actix_http::h1::dispatcher=off,pact={0},pact_app={0},pact_store={0},pact_script={0}", self.log);
        let filter = if self.log.contains(['=', ',']) { self.log.clone() } else { filter };
        let filter = EnvFilter::try_new(filter).context("the log filter cannot be read")?;
        let colours = std::io::stderr().is_terminal();
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
        let started = match self.log_format {
            LogFormat::Text => log.compact().try_init(),
            LogFormat::Json => log.json().flatten_event(true).try_init(),
        };
        started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
    }

    /// Opens the database, makes the folder of a file, and brings the tables up to date.
    ///
    /// # Errors
    /// A database that cannot be opened.
    pub(super) async fn open_store(&self) -> anyhow::Result<pact_store::Store> {
        let path = self.database.strip_prefix("sqlite://").unwrap_or(&self.database);
        if !path.contains("://")
            && let Some(folder) = Path::new(path).parent()
            && !folder.as_os_str().is_empty()
        {
            std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        }
        let store = pact_store::Store::open(&self.database).await?;
        store.migrate().await?;
        Ok(store)
    }
}

/// The folder of plugins beside which PACT was started, if there is one.
pub(super) fn usual_plugins() -> Option<PathBuf> {
    Some(PathBuf::from(PLUGINS)).filter(|folder| folder.is_dir())
}

impl File {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} holds a setting that cannot be taken", path.display()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    #[test]
    fn an_argument_goes_before_the_file_and_the_file_before_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pact.toml");
        std::fs::write(&path, "listen = \"0.0.0.0:80\"\ndatabase = \"a.db\"\ncors_origins = [\"https://crm.example\"]\n")
            .unwrap();
        let common = Common { config: Some(path.clone()), database: Some("b.db".into()), ..Common::default() };
        let read = Configuration::read(common.clone(), Listening::default()).unwrap();
        assert_eq!((read.database.as_str(), read.listen.as_str(), read.log.as_str()), ("b.db", "0.0.0.0:80", "info"));
        assert_eq!(read.settings.cors_origins, ["https://crm.example"]);
        assert!(read.settings.secure_cookies);

        std::fs::write(&path, "lisen = \"0.0.0.0:80\"\n").unwrap();
        let refused = format!("{:#}", Configuration::read(common, Listening::default()).unwrap_err());
        assert!(refused.contains("unknown field `lisen`"), "{refused}");
    }
}
