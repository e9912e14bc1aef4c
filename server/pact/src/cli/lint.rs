//! `pact lint`: judges scripts, plugins and fields, all paths together.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use pact_lint::workspace::Workspace;
use pact_policy::report::Format;
use pact_policy::{Report, explain};
use pact_script::oracle::{Options, Proof};

use super::prove::proof;

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
    #[arg(long, conflicts_with = "prove")]
    watch: bool,
    /// Also runs each entry point in worlds that differ in acts alone, and compares what it does; exit code 3 says that a script
    /// passes and yet differs, which is a defect of the linter.
    #[arg(long)]
    prove: bool,
    /// The seed of the worlds: the same seed finds the same.
    #[arg(long, default_value_t = 1, requires = "prove")]
    seed: u64,
    /// How many worlds are made for each entry point.
    #[arg(long, default_value_t = 64, value_name = "N", requires = "prove")]
    worlds: u32,
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
const DIFFERS: u8 = 3;

/// How often files are looked at for changes.
const WATCH_EVERY: Duration = Duration::from_millis(300);

/// Runs the command: 0 when nothing is refused, 1 when something is, 2 when something could not be judged, 3 when a script is not
/// refused and the oracle sees it leak.
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
    if !args.prove {
        return print(&report.render(format, &workspace.texts(), styled), code_of(&report));
    }
    let proof = match proof(workspace.sources(), &report, Options { seed: args.seed, worlds: args.worlds, smallest: true }) {
        Ok(proof) => proof,
        Err(error) => {
            eprintln!("pact lint: the scripts cannot be run: {error:#}");
            return ExitCode::from(NOT_RUN);
        }
    };
    let code = if proof.statistics().accepted_differing > 0 { DIFFERS } else { code_of(&report) };
    match args.format {
        Shown::Text => {
            print(&format!("{}\n{}", report.render(format, &workspace.texts(), styled).trim_end(), proof.text()), code)
        }
        Shown::Json => print(&with_proof(&report, &proof), code),
        // Formats that have no place for it: the proof is for whoever looks on.
        Shown::Sarif | Shown::Github => {
            eprint!("{}", proof.text());
            print(&report.render(format, &workspace.texts(), styled), code)
        }
    }
}

/// The report's JSON with the proof in it.
fn with_proof(report: &Report, proof: &Proof) -> String {
    let mut all = serde_json::json!(report);
    if let Some(all) = all.as_object_mut() {
        let mut proof_json = serde_json::json!(proof);
        if let Some(inner) = proof_json.as_object_mut() {
            inner.insert("statistics".to_owned(), serde_json::json!(proof.statistics()));
        }
        all.insert("proof".to_owned(), proof_json);
    }
    format!("{all:#}\n")
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
