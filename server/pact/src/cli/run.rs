//! `pact run`: tries a script or an installed plugin, over chosen records or over a stretch of the past, and shows what it would do.
//!
//! It ends with 0 when the dry run came to its end, with 1 when runs failed or effects would be refused, and with 2 when it could not run.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use pact_app::app::SystemClock;
use pact_app::{App, dry};
use pact_core::role::Role;
use pact_script::plugin::{Std, load};
use pact_script::pool::{Pool, PoolOptions};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use super::config::{Common, Configuration, Listening};
use crate::http::dry_run::{DryRun, DryRunEffect, NewDryRun};

/// How often a dry run is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Effects that are read at once.
const PAGE: usize = 200;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const DRY_RUNS: &str = "/api/v1/dry-runs";
/// The exit code when runs failed or effects would be refused.
const SOME_FAILED: u8 = 1;
/// The exit code when it could not run.
const COULD_NOT_RUN: u8 = 2;

#[derive(Debug, Args)]
pub(super) struct Run {
    /// A script (`.rhai`), a plugin's folder, or the id of an installed plugin
    #[arg(value_name = "SCRIPT|PLUGIN")]
    what: String,
    /// The event, such as lead_created, or a function that a schedule calls
    #[arg(long, value_name = "EVENT")]
    on: String,
    /// Do nothing, and show what would be done; there is no other way yet, so say it
    #[arg(long, required = true)]
    dry_run: bool,
    /// A version of the installed plugin; the one that runs when it is left out
    #[arg(long, value_name = "ID")]
    version: Option<Uuid>,
    /// Over everything that happened from this day on
    #[arg(long, value_name = "DAY", conflicts_with_all = ["record", "event_id", "now"])]
    from: Option<NaiveDate>,
    /// Until this day; today when it is left out
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<NaiveDate>,
    /// As if it happened to this record; may be given several times
    #[arg(long, value_name = "ID")]
    record: Vec<Uuid>,
    /// Over one event that happened
    #[arg(long, value_name = "ID")]
    event_id: Option<Uuid>,
    /// The clock, such as 2026-11-24T09:00:00Z
    #[arg(long, value_name = "INSTANT")]
    now: Option<String>,
    /// A setting in place of the one that an admin chose
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Show only effects of this difference: same, now, then, refused, failed, logged
    #[arg(long, value_name = "WORD")]
    only: Option<String>,
    /// How many effects to show at most
    #[arg(long, default_value_t = 50)]
    show: usize,
    /// Write what it did as a case, for `pact plugin test`, into this file, such as cases/big-deal.toml; - for standard output
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    case: Option<PathBuf>,
    /// The folder of modules that scripts import as std/NAME
    #[arg(long, default_value = "scripts/std", value_name = "FOLDER")]
    std: PathBuf,
    #[command(flatten)]
    common: Common,
    /// The server to ask, such as `https://pact.example.com`; without it, the database is read here
    #[arg(long, value_name = "URL", env = "PACT_SERVER")]
    server: Option<String>,
    /// The environment variable that holds the API key for the server
    #[arg(long, value_name = "NAME", default_value = "PACT_API_KEY")]
    key_env: String,
}

/// Where a dry run is done.
enum Door {
    Local(Box<App>),
    Remote { http: reqwest::Client, base: String, key: SecretString },
}

impl Run {
    pub(super) fn run(self) -> ExitCode {
        let done = actix_web::rt::System::new().block_on(self.show_what_it_would_do());
        match done {
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                eprintln!("pact: {error:#}");
                ExitCode::from(COULD_NOT_RUN)
            }
        }
    }

    async fn show_what_it_would_do(self) -> anyhow::Result<u8> {
        let body = self.body()?;
        let door = self.door().await?;
        let mut shown = door.start(body).await?;
        let id = shown["id"].as_str().unwrap_or_default().to_owned();
        let bar = bar();
        let stopping = tokio::signal::ctrl_c();
        tokio::pin!(stopping);
        let mut stopped = false;
        while matches!(shown["status"].as_str(), Some("waiting" | "running")) {
            bar.set_position((shown["progress"].as_f64().unwrap_or_default() * 1_000.0) as u64);
            tokio::select! {
                pressed = &mut stopping, if !stopped => {
                    pressed.context("Ctrl-C cannot be heard")?;
                    stopped = true;
                    door.cancel(&id).await?;
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            shown = door.read(&id).await?;
        }
        bar.finish_and_clear();
        self.print_effects(&door, &id).await?;
        println!("{}", summary(&shown));
        if let Some(file) = &self.case {
            write_case(file, &door.case(&id, &title_of(file)).await?)?;
        }
        let refused = shown["effects"].as_object().into_iter().flatten().any(|(_, sum)| sum["refused"].as_u64() > Some(0));
        match shown["status"].as_str() {
            Some("failed") => bail!("it could not go on: {}", shown["failure"].as_str().unwrap_or_default()),
            _ if shown["failed"].as_u64() > Some(0) || refused => Ok(SOME_FAILED),
            _ => Ok(0),
        }
    }

    /// The request, as it goes over the public interface.
    fn body(&self) -> anyhow::Result<Value> {
        let mut body = json!({ "on": self.on, "records": self.record });
        let path = Path::new(&self.what);
        if path.exists() {
            let std = if self.std.is_dir() { Std::load(&self.std)? } else { crate::standard::modules() };
            let loaded = load(path, &std)?;
            let plugin = &loaded.plugin;
            let own = plugin.files.iter().map(|(name, text)| (name.clone(), text.clone()));
            let files: BTreeMap<String, String> = own.chain(loaded.scripts.modules.iter().cloned()).collect();
            let single = plugin.files.contains_key(&plugin.manifest_file.name);
            body["script"] = json!({ "manifest": (!single).then_some(&plugin.manifest_file.text), "files": files });
        } else {
            body["plugin_id"] = json!(self.what);
            body["version_id"] = json!(self.version);
        }
        let mut settings = serde_json::Map::new();
        for set in &self.set {
            let (name, value) = set.split_once('=').with_context(|| format!("{set}: write --set NAME=VALUE"))?;
            settings.insert(name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
        }
        body["settings"] = Value::Object(settings);
        body["event_id"] = json!(self.event_id);
        body["from"] = json!(self.from);
        body["to"] = json!(self.to);
        body["now"] = json!(self.now);
        Ok(body)
    }

    async fn door(&self) -> anyhow::Result<Door> {
        let Some(server) = &self.server else {
            let configuration = Configuration::read(self.common.clone(), Listening::default())?;
            configuration.start_log()?;
            let store = configuration.open_store().await?;
            let options = PoolOptions { workers: 1, ..PoolOptions::of_this_binary()? };
            let pool = tokio::task::spawn_blocking(|| Pool::start(options)).await??;
            let app = App::new(store, Arc::new(SystemClock), Arc::default(), Some(Arc::new(pool))).await?;
            return Ok(Door::Local(Box::new(app)));
        };
        let key = std::env::var(&self.key_env)
            .with_context(|| format!("the environment variable {} holds no API key", self.key_env))?;
        // It fails when another part of the process chose before, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).build()?;
        Ok(Door::Remote { http, base: server.trim_end_matches('/').to_owned(), key: key.trim().into() })
    }

    async fn print_effects(&self, door: &Door, id: &str) -> anyhow::Result<()> {
        let mut cursor: Option<String> = None;
        let mut printed = 0;
        loop {
            let page = door.effects(id, cursor.as_deref(), self.only.as_deref()).await?;
            for effect in page["items"].as_array().into_iter().flatten() {
                if printed == self.show {
                    println!("… and more; --show says how many");
                    return Ok(());
                }
                println!("{}", one(effect));
                printed += 1;
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(()),
            }
        }
    }
}

impl Door {
    async fn start(&self, body: Value) -> anyhow::Result<Value> {
        match self {
            Self::Local(app) => {
                let asked: NewDryRun = serde_json::from_value(body)?;
                let run = dry::start_dry_run(app, Uuid::nil(), asked.read()?).await?;
                Ok(serde_json::to_value(DryRun::from(&*run))?)
            }
            Self::Remote { .. } => self.ask(reqwest::Method::POST, "", Some(&body)).await,
        }
    }

    async fn read(&self, id: &str) -> anyhow::Result<Value> {
        match self {
            Self::Local(app) => Ok(serde_json::to_value(DryRun::from(&*dry::dry_run(app, id.parse()?)?))?),
            Self::Remote { .. } => self.ask(reqwest::Method::GET, &format!("/{id}"), None).await,
        }
    }

    async fn cancel(&self, id: &str) -> anyhow::Result<()> {
        match self {
            Self::Local(app) => drop(dry::cancel_dry_run(app, id.parse()?)?),
            Self::Remote { .. } => drop(self.ask(reqwest::Method::POST, &format!("/{id}/cancel"), None).await?),
        }
        Ok(())
    }

    async fn effects(&self, id: &str, cursor: Option<&str>, only: Option<&str>) -> anyhow::Result<Value> {
        match self {
            Self::Local(app) => {
                let run = dry::dry_run(app, id.parse()?)?;
                let only = only.map(|word| dry::Difference::of(word).with_context(|| format!("{word} is no difference")));
                let (lines, next) = dry::lines(&run, only.transpose()?, cursor.map_or(Ok(0), str::parse)?, PAGE);
                let items: Vec<DryRunEffect> = lines.into_iter().map(DryRunEffect::from).collect();
                Ok(json!({ "items": items, "next_cursor": next.map(|next| next.to_string()) }))
            }
            Self::Remote { .. } => {
                let mut path = format!("/{id}/effects?limit={PAGE}");
                for (name, value) in [("cursor", cursor), ("difference", only)] {
                    if let Some(value) = value {
                        path.push_str(&format!("&{name}={value}"));
                    }
                }
                self.ask(reqwest::Method::GET, &path, None).await
            }
        }
    }

    /// What it did, as a case.
    async fn case(&self, id: &str, title: &str) -> anyhow::Result<String> {
        match self {
            Self::Local(app) => Ok(dry::case_of(app, Uuid::nil(), Role::Admin, id.parse()?, Some(title.to_owned())).await?),
            Self::Remote { base, .. } => {
                let asked = reqwest::Url::parse_with_params(&format!("{base}/{id}/case"), [("title", title)])?;
                let path = format!("/{id}/case?{}", asked.query().unwrap_or_default());
                let shown = self.ask(reqwest::Method::GET, &path, None).await?;
                Ok(shown["case"].as_str().unwrap_or_default().to_owned())
            }
        }
    }

    async fn ask(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let Self::Remote { http, base, key } = self else { bail!("there is no server to ask") };
        let mut request = http.request(method, format!("{base}{DRY_RUNS}{path}")).bearer_auth(key.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.context("the server does not answer")?;
        let status = answer.status();
        let shown: Value = answer.json().await.unwrap_or_default();
        match shown["detail"].as_str() {
            _ if status.is_success() => Ok(shown),
            Some(detail) => bail!("{detail}"),
            None => bail!("the server answered {status}"),
        }
    }
}

/// What a case in this file is called: `big-deal.toml` is "Big deal".
fn title_of(file: &Path) -> String {
    let words = file.file_stem().map(|stem| stem.to_string_lossy().replace(['-', '_'], " ")).unwrap_or_default();
    let mut signs = words.trim().chars();
    match signs.next() {
        Some(first) => first.to_uppercase().chain(signs).collect(),
        None => "Recorded from a dry run".to_owned(),
    }
}

/// Writes a case; one that is there already stays.
fn write_case(file: &Path, case: &str) -> anyhow::Result<()> {
    if file == Path::new("-") {
        print!("{case}");
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut open = std::fs::File::create_new(file).with_context(|| format!("{} cannot be written", file.display()))?;
    open.write_all(case.as_bytes())?;
    println!("The case is in {}.", file.display());
    Ok(())
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(1_000);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent}% of the events, {eta} to go") {
        bar.set_style(style);
    }
    bar
}

/// One effect on one line.
fn one(effect: &Value) -> String {
    let text = |name: &str| effect[name].as_str().unwrap_or_default();
    let record = match effect["record_id"].as_str() {
        Some(id) => format!(" {} {id}", text("record_kind")),
        None => effect["effect"]["lead"].as_str().map(|id| format!(" lead {id}")).unwrap_or_default(),
    };
    let why = effect["because"].as_str().map(|because| format!(": {because}")).unwrap_or_default();
    let by = effect["by"].as_str().map(|by| format!(" (then by {by})")).unwrap_or_default();
    format!("{} {:8} {}{record}{why}{by}", text("at"), text("difference"), text("what"))
}

/// What came of it all.
fn summary(shown: &Value) -> String {
    let mut lines = Vec::new();
    for (what, sum) in shown["effects"].as_object().into_iter().flatten() {
        let count = |name: &str| sum[name].as_u64().unwrap_or_default();
        let (same, now, then, refused) = (count("same"), count("now"), count("then"), count("refused"));
        lines.push(format!("{what}: {same} as it was, {now} only now, {then} only then, {refused} refused"));
    }
    if lines.is_empty() {
        lines.push("It would do nothing.".to_owned());
    }
    if let Some(events) = shown["events_done"].as_u64() {
        lines.push(format!("{events} events in {} ms, {} runs failed", shown["took_ms"], shown["failed"]));
    }
    if let Some(leads) = shown["taken_as_today"].as_u64().filter(|leads| *leads > 0) {
        lines.push(format!("{leads} leads were taken as they are today: their history does not tell what they were."));
    }
    if shown["status"] == "cancelled" {
        lines.push("It was cancelled before its end.".to_owned());
    }
    lines.join("\n")
}
