//! `pact plugin`: what an admin does with plugins at a desk, one file a command.

mod coverage;
mod junit;
mod new;
mod record;
mod suite;
mod test;
mod watch;

use std::process::ExitCode;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(super) struct PluginCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a plugin that is complete: manifest, script, cases and a page; it passes the policy and its cases.
    New(new::New),
    /// Run the cases of plugins and scripts, and say what differs. Exit code 0: all hold; 1: some differ; 2: something cannot be run.
    Test(test::Test),
}

impl PluginCommand {
    pub(super) fn run(self) -> ExitCode {
        match self.action {
            Action::New(command) => command.run(),
            Action::Test(command) => command.run(),
        }
    }
}
