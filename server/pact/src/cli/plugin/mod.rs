//! `pact plugin`: what an admin does with plugins at a desk, one file a command.

mod coverage;
mod junit;
mod life;
mod new;
mod record;
mod settings;
mod suite;
mod test;
mod watch;

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::code_of;

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
    /// Make one file of a plugin's folder, or of a single script with its cases: always the same for the same files, with a checksum of each.
    Pack(life::Pack),
    /// Install a plugin on a server, from its folder, a single script or an archive: first it is shown what it asks for, and what is other.
    Install(life::Install),
    /// Show what a plugin on a server is set to, set it, and bring back what it was set to.
    Settings(settings::Settings),
    /// Remove a plugin from a server.
    Remove(life::Remove),
}

impl PluginCommand {
    pub(super) fn run(self) -> ExitCode {
        match self.action {
            Action::New(command) => command.run(),
            Action::Test(command) => command.run(),
            Action::Pack(command) => code_of(command.run()),
            Action::Install(command) => code_of(on_a_server(command.run())),
            Action::Settings(command) => code_of(on_a_server(command.run())),
            Action::Remove(command) => code_of(on_a_server(command.run())),
        }
    }
}

fn on_a_server(doing: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(doing)
}

/// Says what would be done at once, if anything.
fn say_at_once(effects: impl IntoIterator<Item = (impl Display, impl Display)>) {
    let words: Vec<String> = effects.into_iter().map(|(what, count)| format!("{count} × {what}")).collect();
    if !words.is_empty() {
        println!("It would do this at once: {}", words.join(", "));
    }
}

/// Asks on the terminal; without one, nobody agrees.
fn agreed(question: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("{question} [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
