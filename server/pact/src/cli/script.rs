//! `pact script`: what scripts can say, as a page and for editors.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use pact_script::pool::{Pool, PoolOptions};

use crate::reference;

#[derive(Debug, Args)]
pub(super) struct ScriptCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write the reference page: each function and member, with an example that was judged and run just now.
    Reference {
        /// The folder of scripts whose recipes and modules the page lists.
        #[arg(long, default_value = "scripts", value_name = "FOLDER")]
        scripts: PathBuf,
    },
    /// Write definitions for editors that read Rhai's own format.
    Definitions,
}

impl ScriptCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let text = match self.action {
            Action::Reference { scripts } => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                let pool = Pool::start(PoolOptions { workers: 1, ..PoolOptions::of_this_binary()? })?;
                runtime.block_on(reference::page(&pool, &scripts))?
            }
            Action::Definitions => reference::definitions(),
        };
        Ok(std::io::stdout().write_all(text.as_bytes())?)
    }
}
