//! `pact run`: tries a script or an installed plugin, over chosen records or over a stretch of the past, and shows what it would do.
//!
//! It ends with 0 when the dry run came to its end, with 1 when runs failed or effects would be refused, and with 2 when it could not run.

mod say;
mod tried;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use clap::Args;
use pact_script::plugin::{Std, load};
use serde_json::{Value, json};
use uuid::Uuid;

use self::tried::Tried;
use super::place::Place;

/// How often a dry run is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
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
    place: Place,
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
        let (tried, mut shown) = Tried::begin(&self.place, self.body()?).await?;
        let bar = say::bar();
        let stopping = tokio::signal::ctrl_c();
        tokio::pin!(stopping);
        let mut stopped = false;
        while matches!(shown["status"].as_str(), Some("waiting" | "running")) {
            bar.set_position((shown["progress"].as_f64().unwrap_or_default() * 1_000.0) as u64);
            tokio::select! {
                pressed = &mut stopping, if !stopped => {
                    pressed.context("Ctrl-C cannot be heard")?;
                    stopped = true;
                    tried.cancel().await?;
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            shown = tried.read().await?;
        }
        bar.finish_and_clear();
        self.print_effects(&tried).await?;
        println!("{}", say::summary(&shown));
        if let Some(file) = &self.case {
            say::write_case(file, &tried.case(&say::title_of(file)).await?)?;
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

    async fn print_effects(&self, tried: &Tried) -> anyhow::Result<()> {
        let mut cursor: Option<String> = None;
        let mut printed = 0;
        loop {
            let page = tried.effects(cursor.as_deref(), self.only.as_deref()).await?;
            for effect in page["items"].as_array().into_iter().flatten() {
                if printed == self.show {
                    println!("… and more; --show says how many");
                    return Ok(());
                }
                println!("{}", say::one(effect));
                printed += 1;
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(()),
            }
        }
    }
}
