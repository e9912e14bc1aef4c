//! `pact runs`: follows the runs of scripts while they happen, by a server's stream or on its database.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use pact_app::ops::run::called_by_acts;
use pact_store::plugin::runs_since;
use serde_json::Value;
use uuid::Uuid;

use super::config::{Common, Configuration, Listening};
use crate::http::run::Run;

/// How often the database is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How far back each look goes, in milliseconds: a run is written a little after it began.
const LOOK_BACK_MS: i64 = 60_000;
/// Runs that one look shows at most.
const RUNS_PER_LOOK: u64 = 500;

#[derive(Debug, Args)]
pub(super) struct Runs {
    #[command(subcommand)]
    command: RunsCommand,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// Show each run as it ends, until Ctrl-C; those that acts of staff call are left out, since their instants would say when who works.
    Follow(Follow),
}

#[derive(Debug, Args)]
struct Follow {
    /// Only runs of this plugin
    #[arg(long, value_name = "ID")]
    plugin: Option<String>,
    #[command(flatten)]
    common: Common,
    /// The server to listen to, such as `https://pact.example.com`; without it, the database is looked at
    #[arg(long, value_name = "URL", env = "PACT_SERVER")]
    server: Option<String>,
    /// The environment variable that holds the API key for the server
    #[arg(long, value_name = "NAME", default_value = "PACT_API_KEY")]
    key_env: String,
}

impl Runs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let RunsCommand::Follow(follow) = self.command;
        actix_web::rt::System::new().block_on(async {
            tokio::select! {
                done = follow.follow() => done,
                pressed = tokio::signal::ctrl_c() => pressed.context("Ctrl-C cannot be heard"),
            }
        })
    }
}

impl Follow {
    async fn follow(&self) -> anyhow::Result<()> {
        match &self.server {
            Some(server) => self.listen(server.trim_end_matches('/')).await,
            None => self.look().await,
        }
    }

    /// Hears a server's stream; it ends every quarter of an hour, and is opened again.
    async fn listen(&self, server: &str) -> anyhow::Result<()> {
        let key = std::env::var(&self.key_env)
            .with_context(|| format!("the environment variable {} holds no API key", self.key_env))?;
        // It fails when another part of the process chose before, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().build()?;
        let of = self.plugin.as_ref().map(|plugin| format!("?plugin_id={plugin}")).unwrap_or_default();
        loop {
            let asked = http.get(format!("{server}/api/v1/runs/stream{of}")).bearer_auth(key.trim());
            let mut answer = asked.send().await.context("the server does not answer")?;
            if !answer.status().is_success() {
                bail!("the server answered {}", answer.status());
            }
            let mut heard = String::new();
            while let Some(piece) = answer.chunk().await? {
                heard.push_str(&String::from_utf8_lossy(&piece));
                while let Some((event, rest)) = heard.split_once("\n\n") {
                    for data in event.lines().filter_map(|line| line.strip_prefix("data: ")) {
                        println!("{}", one(&serde_json::from_str(data).unwrap_or_default()));
                    }
                    heard = rest.to_owned();
                }
            }
        }
    }

    /// Looks at the database.
    async fn look(&self) -> anyhow::Result<()> {
        let configuration = Configuration::read(self.common.clone(), Listening::default())?;
        configuration.start_log()?;
        let store = configuration.open_store().await?;
        let not_of: Vec<&str> = called_by_acts().collect();
        let began = chrono::Utc::now().timestamp_millis();
        let mut told: BTreeSet<Uuid> = BTreeSet::new();
        loop {
            let since = began.max(chrono::Utc::now().timestamp_millis() - LOOK_BACK_MS);
            let rows = runs_since(store.read(), since, &not_of, RUNS_PER_LOOK).await?;
            let seen: BTreeSet<Uuid> = rows.iter().map(|row| row.id).collect();
            for row in rows.into_iter().filter(|row| self.plugin.as_ref().is_none_or(|plugin| *plugin == row.plugin_id)) {
                if !told.contains(&row.id) {
                    println!("{}", one(&serde_json::to_value(Run::from(row))?));
                }
            }
            told = seen;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// One run on one line.
fn one(run: &Value) -> String {
    let text = |name: &str| run[name].as_str().unwrap_or_default();
    let why = run["error"]["message"].as_str().map(|why| format!(": {why}")).unwrap_or_default();
    let (plugin, call, outcome) = (text("plugin_id"), text("call"), text("outcome"));
    format!("{} {outcome:6} {plugin} {call} {} µs, {} operations{why}", text("started_at"), run["duration_us"], run["operations"])
}
