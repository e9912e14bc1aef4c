//! `pact plugin test`: runs cases in real script workers, shows what differs, and writes it down for other programs.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use pact_script::cases::{Differences, Mark};
use pact_script::plugin::Std;
use pact_script::pool::{Pool, PoolOptions};

use super::suite::{Counts, Suite, Tested, Verdict, Workers};
use super::watch::{EVERY, Seen};
use super::{coverage, junit, record};

/// Run the cases of plugins and scripts, and say what differs.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Plugin folders, single scripts, or folders of them. A script's cases are in `cases/NAME` beside it.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder of modules that scripts import as std/NAME.
    #[arg(long, default_value = "scripts/std", value_name = "FOLDER")]
    std: PathBuf,
    /// Writes the results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Says which lines and branches no case reaches.
    #[arg(long)]
    coverage: bool,
    /// Writes what the cases reach as a trace of lcov.
    #[arg(long, value_name = "FILE")]
    lcov: Option<PathBuf>,
    /// Completes cases with what comes of them now: those that say nothing of what is expected, or the case of this name, whatever it says.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", conflicts_with = "watch")]
    record: Option<String>,
    /// Runs again whenever a file changes.
    #[arg(long)]
    watch: bool,
}

/// Some cases differ.
const DIFFERS: u8 = 1;
/// Something cannot be run.
const NOT_RUN: u8 = 2;

impl Test {
    pub(super) fn run(self) -> ExitCode {
        let result = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match result.context("no runtime").and_then(|runtime| runtime.block_on(self.rounds())) {
            Ok(code) => ExitCode::from(code),
            Err(error) => {
                eprintln!("pact plugin test: {error:#}");
                ExitCode::from(NOT_RUN)
            }
        }
    }

    /// One round, or one after each change.
    async fn rounds(&self) -> anyhow::Result<u8> {
        let options = PoolOptions { workers: 1, ..PoolOptions::of_this_binary()? };
        let probed = self.coverage || self.lcov.is_some();
        let probed = if probed { Some(Pool::start(options.clone().with_coverage())?) } else { None };
        let workers = Workers { plain: Pool::start(options)?, probed };
        loop {
            let seen = self.seen();
            let code = match self.round(&workers).await {
                Ok(code) => code,
                // While somebody edits, a folder may be gone for a moment.
                Err(error) if self.watch => {
                    eprintln!("pact plugin test: {error:#}");
                    NOT_RUN
                }
                Err(error) => return Err(error),
            };
            if !self.watch {
                return Ok(code);
            }
            println!("\nwaiting for a change");
            while self.seen() == seen {
                tokio::time::sleep(EVERY).await;
            }
        }
    }

    fn seen(&self) -> Seen {
        // The cases of a single script are in a folder beside it.
        let cases = self.paths.iter().filter(|path| path.is_file()).map(|path| pact_script::plugin::case_folder(path));
        let cases: Vec<PathBuf> = cases.collect();
        Seen::now(self.paths.iter().chain(&cases).chain([&self.std]).map(PathBuf::as_path))
    }

    async fn round(&self, workers: &Workers) -> anyhow::Result<u8> {
        let std = if self.std.is_dir() { Std::load(&self.std)? } else { crate::standard::modules() };
        if let Some(name) = &self.record {
            record::cases(&workers.plain, &self.paths, &std, Some(name.as_str()).filter(|name| !name.is_empty())).await?;
        }
        let suite = Suite::run(workers, &self.paths, &std).await?;
        let styled = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        print(&text(&suite, styled))?;
        if self.coverage {
            print(&coverage::text(&suite))?;
        }
        if let Some(file) = &self.junit {
            let stamp = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S").to_string();
            write(file, &junit::xml(&suite, &stamp))?;
        }
        if let Some(file) = &self.lcov {
            write(file, &coverage::lcov(&suite))?;
        }
        Ok(code(suite.counts()))
    }
}

fn code(counts: Counts) -> u8 {
    match counts {
        Counts { broken: 1.., .. } => NOT_RUN,
        Counts { failed: 1.., .. } => DIFFERS,
        _ => 0,
    }
}

/// Prints to standard output; a reader that has gone is no failure of ours.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

/// The results as people read them.
fn text(suite: &Suite, styled: bool) -> String {
    let paint = Paint(styled);
    let mut text = String::new();
    for tested in &suite.tested {
        text += &format!("{}\n", paint.strong(&tested.name));
        plugin(&mut text, tested, paint);
    }
    let Counts { passed, failed, broken } = suite.counts();
    text += &format!("{passed} passed, {failed} failed");
    if broken > 0 {
        text += &format!(", {broken} cannot be run");
    }
    text + "\n"
}

fn plugin(text: &mut String, tested: &Tested, paint: Paint) {
    if let Some(why) = &tested.broken {
        *text += &format!("  {} {why}\n", paint.red("cannot be run"));
    }
    for case in &tested.cases {
        let (sign, more) = match &case.result {
            Verdict::Holds => (paint.green("ok     "), String::new()),
            Verdict::Differs(differences) => (paint.red("differs"), rows(differences, paint)),
            Verdict::Unreadable(why) => {
                (paint.red("cannot be read"), format!("          {}\n", why.trim_end().replace('\n', "\n          ")))
            }
        };
        *text += &format!("  {sign} {}: {}\n{more}", case.name, case.title);
    }
    if tested.broken.is_none() && tested.cases.is_empty() {
        *text += "  has no cases\n";
    }
}

fn rows(differences: &Differences, paint: Paint) -> String {
    let row = |row: &pact_script::cases::Row| {
        let line = format!("{} {}", row.mark.sign(), row.text);
        let line = match row.mark {
            Mark::Same => line,
            Mark::Expected => paint.red(&line),
            Mark::Got => paint.green(&line),
        };
        format!("          {line}\n")
    };
    let legend = format!("          {} {}\n", paint.red("- expected"), paint.green("+ came"));
    differences.rows().iter().map(row).fold(legend, |all, row| all + row.as_str())
}

/// Colours, on a terminal alone.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    fn green(self, text: &str) -> String {
        self.with("32", text)
    }
}
