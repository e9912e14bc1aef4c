//! `pact plugin`: what an admin does with plugins at a desk, one file a command.

mod test;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(super) struct PluginCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run the cases of plugins, and say what differs.
    Test(test::Test),
}

impl PluginCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Test(command) => command.run(),
        }
    }
}
