//! The command line: `pact <command>`, one file a command.

mod admin;
mod audit;
mod automation;
mod config;
mod demo;
mod import;
mod key;
mod lint;
mod lsp;
mod migrate;
mod openapi;
mod place;
mod plugin;
mod prove;
mod remote;
mod run;
mod runs;
mod script;
mod sending;
mod serve;
mod statement;
mod witness;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Planning, automation and communication for a sales organisation, without a meter on its people.
#[derive(Debug, Parser)]
#[command(name = "pact", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server.
    Serve(serve::Serve),
    /// Bring the database up to date and stop.
    Migrate(migrate::Migrate),
    /// Manage admins.
    Admin(admin::Admin),
    /// Sign in and make an API key, for the commands that speak with a server.
    Key(key::KeyCommand),
    /// Export, check and sign the log of policy acts.
    Audit(audit::Audit),
    /// Judge scripts, plugins and fields by the policy.
    Lint(lint::Lint),
    /// Serve an editor over standard input and output: what is refused as you type, what can stand where, where it is defined.
    Lsp,
    /// Stop all automation of a server, start it again, or see how it stands.
    Automation(automation::Automation),
    /// Try a script or plugin: show what it would do, or would have done, without doing it.
    Run(run::Run),
    /// Follow the runs of scripts.
    Runs(runs::Runs),
    /// Make plugins, try them, make one file of them, install, set and remove them.
    Plugin(plugin::PluginCommand),
    /// Write what scripts can say: the reference page, and definitions for editors.
    Script(script::ScriptCommand),
    /// Bring in leads from a file.
    Import(import::Import),
    /// Show PACT in a made-up company: leads come in and are pushed while you watch.
    Demo(demo::DemoCommand),
    /// Print what this system does and does not compute, made from what is installed.
    Statement(statement::Statement),
    /// Print the OpenAPI document.
    Openapi,
    /// Run scripts for a server that started this process.
    #[command(hide = true)]
    ScriptWorker {
        /// Counts what probes tell.
        #[arg(long)]
        coverage: bool,
    },
}

/// Runs the command of this process's arguments.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Admin(command) => command.run(),
        Command::Key(command) => command.run(),
        Command::Audit(command) => return audit::run(command),
        Command::Lint(command) => return lint::run(&command),
        Command::Lsp => lsp::run(),
        Command::Automation(command) => command.run(),
        Command::Run(command) => return command.run(),
        Command::Runs(command) => command.run(),
        Command::Plugin(command) => return command.run(),
        Command::Script(command) => command.run(),
        Command::Import(command) => return command.run(),
        Command::Demo(command) => command.run(),
        Command::Statement(command) => command.run(),
        Command::Openapi => openapi::run(),
        Command::ScriptWorker { coverage: false } => return pact_script::worker::main(),
        Command::ScriptWorker { coverage: true } => return pact_script::worker::main_with_coverage(),
    };
    code_of(outcome)
}

/// Says what went wrong, if anything did.
fn code_of(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pact: {error:#}");
            ExitCode::FAILURE
        }
    }
}
