//! `pact import`: brings in a file of leads, by a server or on its database, with a progress bar and a report.
//!
//! It ends with 0 when every row entered, with 1 when rows were refused, and with 2 when it could not run or was stopped.

mod local;
mod remote;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use pact_app::import::Mapping;
use serde_json::Value;
use uuid::Uuid;

use super::place::Place;
use local::Local;
use remote::There;
use show::Bar;

/// How often an import is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The exit code when rows were refused.
const SOME_REFUSED: u8 = 1;
/// The exit code when it could not run to its end.
const COULD_NOT_RUN: u8 = 2;

#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(subcommand)]
    command: ImportCommand,
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Import a file of leads: CSV or NDJSON, any column names, encoding and delimiter.
    ///
    /// Ends with 0 when every row entered, 1 when rows were refused (they are in a file beside FILE, with their reasons), 2 when it could not run or
    /// was stopped.
    Leads(Leads),
    /// Go on with an import that was stopped.
    Resume(Resume),
}

#[derive(Debug, Args)]
struct Leads {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    options: Options,
    /// Show how the file would be read, and import nothing
    #[arg(long)]
    preview: bool,
}

#[derive(Debug, Args)]
struct Resume {
    /// The import's id
    #[arg(value_name = "ID")]
    id: Uuid,
    #[command(flatten)]
    place: Place,
}

/// What is said about a file beside it.
#[derive(Clone, Debug, Default, Args)]
struct Options {
    /// The source of leads whose row names none [default: import]
    #[arg(long)]
    source: Option<String>,
    /// The product of leads whose row names none
    #[arg(long)]
    product: Option<String>,
    /// The currency of values that name none, such as EUR
    #[arg(long)]
    currency: Option<String>,
    /// What the columns say: a file with a mapping as JSON, or the name of a saved mapping; guessed when it is left out
    #[arg(long, value_name = "FILE|NAME")]
    mapping: Option<String>,
    /// The file's encoding, such as windows-1252; found from the file when it is left out
    #[arg(long)]
    encoding: Option<String>,
}

/// What columns say, as the command line gives it.
enum MappingGiven {
    /// A mapping in a file.
    Here(Box<Mapping>),
    /// The name of a saved one.
    Saved(String),
}

/// How far an import is.
#[derive(Clone, Debug)]
struct State {
    id: Uuid,
    status: String,
    total: Option<u64>,
    done: u64,
    accepted: u64,
    merged: u64,
    refused: u64,
    failure: Option<String>,
}

/// Where an import runs.
enum Door {
    Local(Local),
    Remote(There),
}

impl Import {
    pub(super) fn run(self) -> ExitCode {
        let done = actix_web::rt::System::new().block_on(async {
            match self.command {
                ImportCommand::Leads(leads) => leads.run().await,
                ImportCommand::Resume(resume) => resume.run().await,
            }
        });
        match done {
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                eprintln!("pact: {error:#}");
                ExitCode::from(COULD_NOT_RUN)
            }
        }
    }
}

impl Leads {
    async fn run(self) -> anyhow::Result<u8> {
        let mapping = self.options.mapping.as_deref().map(MappingGiven::read).transpose()?;
        let mut door = open(&self.place).await?;
        if self.preview {
            let preview = door.preview(&self.file, &self.options, mapping).await?;
            show::preview(&preview);
            door.close().await;
            return Ok(0);
        }
        let state = door.start(&self.file, &self.options, mapping).await?;
        watch(door, state, &self.file.with_extension("refused.csv"), &self.place).await
    }
}

impl Resume {
    async fn run(self) -> anyhow::Result<u8> {
        let mut door = open(&self.place).await?;
        let state = door.resume(self.id).await?;
        let refused = PathBuf::from(format!("{}.refused.csv", self.id));
        watch(door, state, &refused, &self.place).await
    }
}

/// Shows an import until it is at its end, or until somebody presses Ctrl-C.
async fn watch(mut door: Door, mut state: State, refused: &Path, place: &Place) -> anyhow::Result<u8> {
    let bar = Bar::rows();
    let stopping = tokio::signal::ctrl_c();
    tokio::pin!(stopping);
    let mut stopped = false;
    while matches!(state.status.as_str(), "queued" | "running") {
        bar.show(&state);
        tokio::select! {
            pressed = &mut stopping, if !stopped => {
                pressed.context("Ctrl-C cannot be heard")?;
                stopped = true;
                bar.say("Stopping after the row at hand …");
                door.stop(state.id).await?;
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        state = door.state(state.id).await?;
        if stopped && door.let_go(&state) {
            break;
        }
    }
    bar.clear();
    let code = report(&mut door, &state, refused, &place.again()).await;
    door.close().await;
    code
}

/// Says what became of the rows, and writes the refused ones into a file.
async fn report(door: &mut Door, state: &State, path: &Path, again: &str) -> anyhow::Result<u8> {
    println!("{}", show::summary(state));
    if state.refused > 0 {
        door.write_refused(state.id, path).await?;
        println!("The refused rows are in {}, each with its reason. Mend them there, and import that file.", path.display());
    }
    match state.status.as_str() {
        "done" if state.refused > 0 => Ok(SOME_REFUSED),
        "done" => {
            if let Some(word) = door.afterwards() {
                println!("{word}");
            }
            Ok(0)
        }
        "failed" => bail!("the import failed: {}", state.failure.as_deref().unwrap_or("the server's log says why")),
        _ => {
            println!("It was stopped after row {}. Go on with: pact import resume {}{again}", state.done, state.id);
            Ok(COULD_NOT_RUN)
        }
    }
}

/// The place where leads go, opened.
async fn open(place: &Place) -> anyhow::Result<Door> {
    match place.remote("imports_write")? {
        Some(remote) => Ok(Door::Remote(There(remote))),
        None => Ok(Door::Local(Local::open(&place.configuration()?).await?)),
    }
}

impl MappingGiven {
    /// A file, if there is one of this name; else the name of a saved mapping.
    fn read(given: &str) -> anyhow::Result<Self> {
        if !Path::new(given).is_file() {
            return Ok(Self::Saved(given.to_owned()));
        }
        let text = std::fs::read_to_string(given).with_context(|| format!("{given} cannot be read"))?;
        let mapping = serde_json::from_str(&text)
            .with_context(|| format!("{given} is no mapping; write {{\"columns\": {{\"Company\": \"customer.name\"}}}}"))?;
        Ok(Self::Here(mapping))
    }
}

impl Door {
    async fn preview(&mut self, file: &Path, options: &Options, mapping: Option<MappingGiven>) -> anyhow::Result<Value> {
        match self {
            Self::Local(local) => local.preview(file, options, mapping).await,
            Self::Remote(remote) => remote.preview(file, options, mapping).await,
        }
    }

    async fn start(&mut self, file: &Path, options: &Options, mapping: Option<MappingGiven>) -> anyhow::Result<State> {
        match self {
            Self::Local(local) => local.start(file, options, mapping).await,
            Self::Remote(remote) => remote.start(file, options, mapping).await,
        }
    }

    async fn resume(&mut self, id: Uuid) -> anyhow::Result<State> {
        match self {
            Self::Local(local) => local.resume(id).await,
            Self::Remote(remote) => remote.resume(id).await,
        }
    }

    async fn state(&mut self, id: Uuid) -> anyhow::Result<State> {
        match self {
            Self::Local(local) => local.state(id).await,
            Self::Remote(remote) => remote.state(id).await,
        }
    }

    async fn stop(&mut self, id: Uuid) -> anyhow::Result<()> {
        match self {
            Self::Local(local) => local.stop(id).await,
            Self::Remote(remote) => remote.stop(id).await,
        }
    }

    /// Whether nobody works on it any more after it was stopped.
    fn let_go(&self, state: &State) -> bool {
        match self {
            Self::Local(local) => local.let_go(),
            Self::Remote(_) => state.status == "stopped",
        }
    }

    async fn write_refused(&mut self, id: Uuid, path: &Path) -> anyhow::Result<()> {
        match self {
            Self::Local(local) => local.write_refused(id, path).await,
            Self::Remote(remote) => remote.write_refused(id, path).await,
        }
    }

    /// What to know when every row entered.
    fn afterwards(&self) -> Option<&'static str> {
        match self {
            Self::Local(_) => Some("The new leads are pushed as soon as a server runs on this database."),
            Self::Remote(_) => None,
        }
    }

    async fn close(self) {
        match self {
            Self::Local(local) => local.close().await,
            Self::Remote(_) => {}
        }
    }
}
