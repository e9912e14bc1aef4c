//! `pact lint`: judges scripts, plugins and fields, all paths together.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pact_lint::workspace::Workspace;
use pact_policy::report::Format;
use pact_policy::{Report, explain};

/// What is judged, and how the verdict is shown.
#[derive(Debug, Args)]
pub(super) struct Lint {
    /// A `.rhai` file, a plugin's folder, or a folder of them; all are judged together.
    #[arg(required_unless_present = "explain")]
    paths: Vec<PathBuf>,
    /// How findings are shown.
    #[arg(long, value_enum, default_value_t = Shown::Text)]
    format: Shown,
    /// Explains a rule and judges nothing.
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// Judges again whenever a file changes.
    #[arg(long)]
    watch: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shown {
    Text,
    Json,
    Sarif,
    Github,
}

const REFUSED: u8 = 1;
const NOT_RUN: u8 = 2;

/// How often files are looked at for changes.
const WATCH_EVERY: Duration = Duration::from_millis(300);

/// Runs the command: 0 when nothing is refused, 1 when something is, 2 when something could not be judged.
pub(super) fn run(args: &Lint) -> ExitCode {
    if let Some(rule) = &args.explain {
        let Some(page) = explain(rule) else {
            let known: Vec<_> = pact_policy::Rule::ALL.iter().map(|rule| rule.id()).collect();
            eprintln!("pact lint: there is no rule \"{rule}\"; there are {}", known.join(", "));
            return ExitCode::from(NOT_RUN);
        };
        return print(&page, 0);
    }
    let mut workspace = Workspace::new(args.paths.clone());
    if !args.watch {
        return judge(args, &mut workspace);
    }
    workspace.refresh();
    judge(args, &mut workspace);
    loop {
        std::thread::sleep(WATCH_EVERY);
        if workspace.refresh() {
            judge(args, &mut workspace);
        }
    }
}

fn judge(args: &Lint, workspace: &mut Workspace) -> ExitCode {
    let report = workspace.judge();
    let format = match args.format {
        Shown::Text => Format::Text,
        Shown::Json => Format::Json,
        Shown::Sarif => Format::Sarif,
        Shown::Github => Format::Github,
    };
    let styled = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if !matches!(args.format, Shown::Text) {
        for it in &report.unreadable {
            eprintln!("pact lint: {}:{}:{}: {}", it.file, it.line, it.column, it.message);
        }
    }
    print(&report.render(format, &workspace.texts(), styled), code_of(&report))
}

fn code_of(report: &Report) -> u8 {
    if !report.unreadable.is_empty() {
        NOT_RUN
    } else if !report.findings.is_empty() {
        REFUSED
    } else {
        0
    }
}

/// Prints to standard output; a reader that has gone is no failure of ours.
fn print(text: &str, code: u8) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("pact lint: the report cannot be written: {error}");
            ExitCode::from(NOT_RUN)
        }
        _ => ExitCode::from(code),
    }
}
