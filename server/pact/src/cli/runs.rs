//! `pact runs`: follows the runs of scripts while they happen, and shows one, by a server or on its database.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use pact_app::ops::run::called_by_acts;
use pact_store::entity::run;
use pact_store::plugin::runs_since;
use pact_store::{Scope, list};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use super::place::Place;
use super::remote::{Remote, sent};
use crate::http::run::{Run, RunShown};

/// What a key must be good for.
const SCOPE: &str = "plugins_read";
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
    /// Show one run: what it wanted, its log and, where it failed, the script around the line with the values in scope.
    Show(Show),
}

#[derive(Debug, Args)]
struct Follow {
    /// Only runs of this plugin
    #[arg(long, value_name = "ID")]
    plugin: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Show {
    /// The run
    #[arg(value_name = "ID")]
    id: Uuid,
    #[command(flatten)]
    place: Place,
}

impl Runs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        actix_web::rt::System::new().block_on(async {
            let doing = async {
                match self.command {
                    RunsCommand::Follow(follow) => follow.follow().await,
                    RunsCommand::Show(show) => show.show().await,
                }
            };
            tokio::select! {
                done = doing => done,
                pressed = tokio::signal::ctrl_c() => pressed.context("Ctrl-C cannot be heard"),
            }
        })
    }
}

impl Show {
    async fn show(&self) -> anyhow::Result<()> {
        let run = match self.place.remote(SCOPE)? {
            Some(server) => server.get(&format!("/runs/{}", self.id)).await?.good()?.body,
            None => self.look().await?,
        };
        println!("{}", whole(&run));
        Ok(())
    }

    /// The same without a server; the lines of digests are shown to nobody here.
    async fn look(&self) -> anyhow::Result<Value> {
        let app = self.place.app(None).await?;
        let row = list::find_in::<run::Model>(app.store.read(), &Scope::System, self.id).await?;
        let row = row.with_context(|| format!("there is no run {}", self.id))?;
        Ok(serde_json::to_value(RunShown::of(&app, Uuid::nil(), row).await?)?)
    }
}

impl Follow {
    async fn follow(&self) -> anyhow::Result<()> {
        match self.place.remote(SCOPE)? {
            Some(server) => self.listen(&server).await,
            None => self.look().await,
        }
    }

    /// Hears a server's stream; it ends every quarter of an hour, and is opened again.
    async fn listen(&self, server: &Remote) -> anyhow::Result<()> {
        let of = self.plugin.as_ref().map(|plugin| format!("?plugin_id={plugin}")).unwrap_or_default();
        loop {
            let mut answer = sent(server.request(Method::GET, &format!("/runs/stream{of}"))).await?;
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
        let store = self.place.store().await?;
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

/// A run with everything that is known of it.
fn whole(shown: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut lines = vec![one(&shown["run"])];
    lines.extend(list(&shown["log"]).iter().map(|line| format!("  log: {}", text(line))));
    lines.extend(list(&shown["effects"]).iter().map(|placed| format!("  wanted, line {}: {}", placed["line"], placed["effect"])));
    let script = list(&shown["script"]);
    if !script.is_empty() {
        lines.push(String::new());
    }
    for line in script {
        let mark = if line["failed"] == true { ">" } else { " " };
        lines.push(format!("{mark} {:>4} | {}", line["number"].as_u64().unwrap_or_default(), text(&line["text"])));
    }
    for scope in list(&shown["scope"]) {
        let function = scope["function"].as_str().unwrap_or("a closure");
        lines.push(format!("\nin {function}, {} line {}:", text(&scope["file"]), scope["line"]));
        for variable in list(&scope["variables"]) {
            let name = text(&variable["name"]);
            lines.push(match variable["withheld"] == true {
                true => format!("  {name}: withheld, since the policy would not let the script log it"),
                false => format!("  {name} = {}", text(&variable["value"])),
            });
        }
    }
    lines.join("\n")
}
