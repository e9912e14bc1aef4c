//! `pact automation stop|start|state`: the switch for all automation, on the command line.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::remote::Server;

#[derive(Debug, Args)]
pub(super) struct Automation {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Stop all automation: when this ends, nothing that a script wants is done any more.
    Stop {
        #[command(flatten)]
        server: Server,
        /// Why, for whoever looks at it next
        #[arg(long, value_name = "TEXT")]
        because: Option<String>,
    },
    /// Start all automation again.
    Start {
        #[command(flatten)]
        server: Server,
        /// What becomes of events that happened meanwhile
        #[arg(long, value_enum, default_value = "work-off")]
        waiting: Waiting,
    },
    /// Show whether automation runs, what is switched off, and how many effects there may be.
    State {
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Waiting {
    /// Scripts are called for them.
    WorkOff,
    /// They are over.
    Skip,
}

impl Automation {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.action.run())
    }
}

impl Action {
    async fn run(self) -> anyhow::Result<()> {
        let state = match self {
            Self::Stop { server, because } => server.open()?.post("/automation/stop", &json!({ "because": because })).await?,
            Self::Start { server, waiting } => {
                let word = match waiting {
                    Waiting::WorkOff => "work_off",
                    Waiting::Skip => "skip",
                };
                server.open()?.post("/automation/start", &json!({ "waiting": word })).await?
            }
            Self::State { server } => server.open()?.get("/automation").await?,
        };
        show(&state.good()?.body);
        Ok(())
    }
}

fn show(state: &Value) {
    let because = state["because"].as_str().map_or_else(String::new, |why| format!(": {why}"));
    let since = state["changed_at"].as_str().unwrap_or_default();
    match state["running"] == true {
        true => println!("Automation runs."),
        false => println!("Automation is stopped since {since}{because}"),
    }
    for off in state["off"].as_array().into_iter().flatten() {
        let (plugin, file) = (off["plugin_id"].as_str().unwrap_or_default(), off["file"].as_str());
        let what = file.map_or_else(|| plugin.to_owned(), |file| format!("{plugin}/{file}"));
        let because = off["because"].as_str().map_or_else(String::new, |why| format!(": {why}"));
        println!("{what} is switched off{because}");
    }
    println!(
        "A plugin is switched off when {} of its runs fail in a row within {} minutes.",
        state["max_failures"], state["within_minutes"]
    );
    let limited = state["limits"].as_object().into_iter().flatten().filter(|(_, limit)| limit.is_i64());
    let limits: Vec<String> = limited.map(|(word, limit)| format!("{word} {limit}")).collect();
    println!("Effects of one plugin in an hour: {}.", limits.join(", "));
}
