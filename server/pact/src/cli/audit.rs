//! `pact audit`: the log of policy acts, exported, checked and signed; `verify` needs no server and no database.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};
use pact_app::app::SystemClock;
use pact_app::evidence::relint::ThisLinter;
use pact_app::evidence::{checking, export, signing};
use pact_app::{Actor, App};
use pact_evidence::verify::{Proven, Reading};
use pact_evidence::{Note, Verifier};
use tokio::sync::mpsc;

use super::config::{Common, Configuration, Listening};
use super::witness;

/// Something is not as it was written or signed.
const WRONG: u8 = 1;
/// It could not be checked.
const NOT_CHECKED: u8 = 2;
/// Parts of the file that may wait for the disk.
const PARTS_WAITING: usize = 4;

#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write one file with everything that somebody needs to check the log without this server.
    Export {
        #[command(flatten)]
        common: Common,
        /// The file to write; one that exists is not overwritten.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check an evidence file, offline: 0 when it proves what it says, 1 when it does not, 2 when it could not be checked.
    Verify {
        /// The evidence file.
        file: PathBuf,
        /// A key that you trust: the log's, as `pact audit key` prints it, and witnesses'; or a file with one on each line.
        #[arg(long = "key", required = true, value_name = "KEY|FILE")]
        keys: Vec<String>,
        /// A checkpoint that you kept from an earlier visit: the log must continue it.
        #[arg(long, value_name = "FILE")]
        since: Option<PathBuf>,
        /// Writes the newest checkpoint into a file, to be kept for the next visit.
        #[arg(long, value_name = "FILE")]
        keep: Option<PathBuf>,
    },
    /// Check the stored log: whether any byte of it is another than was written.
    Check {
        #[command(flatten)]
        common: Common,
    },
    /// Print the public key of the log.
    Key {
        #[command(flatten)]
        common: Common,
    },
    /// Print the public key of a witness; its private key is made when there is none.
    WitnessKey {
        /// The file with the witness's key.
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// The witness's name, such as works-council.
        #[arg(long)]
        name: String,
    },
    /// As a witness: sign the newest checkpoint of a server, if it continues the one that was seen last.
    Cosign {
        /// The server's address.
        #[arg(long, value_name = "URL")]
        server: String,
        /// The environment variable that holds an auditor's API key with the scope audit_read.
        #[arg(long, default_value = "PACT_API_KEY", value_name = "NAME")]
        api_key_env: String,
        /// The log's key, as `pact audit key` prints it.
        #[arg(long, value_name = "KEY")]
        log_key: String,
        /// The file with the witness's key.
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// The witness's name, under which it is registered.
        #[arg(long)]
        name: String,
        /// The file with the checkpoint that was seen last, written anew each time.
        #[arg(long, value_name = "FILE")]
        seen: PathBuf,
    },
    /// Let another key sign the log; the entry that says so is signed by both.
    RotateKey {
        #[command(flatten)]
        common: Common,
    },
}

/// Runs the command.
pub(super) fn run(audit: Audit) -> ExitCode {
    let done = match audit.action {
        Action::Verify { file, keys, since, keep } => verify(&file, &keys, since.as_deref(), keep.as_deref()),
        Action::Export { common, out } => with_app(common, async |app| write_out(app, &out).await),
        Action::Check { common } => with_app(common, async |app| check(app).await),
        Action::Key { common } => with_app(common, async |app| {
            let key = signing::verifier(app).await?.context("nothing was recorded yet, so there is no key")?;
            println!("{key}");
            Ok(0)
        }),
        Action::WitnessKey { key_file, name } => witness::key(&key_file, &name).map(|key| {
            println!("{key}");
            0
        }),
        Action::Cosign { server, api_key_env, log_key, key_file, name, seen } => {
            let (server, api_key_env, log_key) = (&server, &api_key_env, &log_key);
            let wish = witness::Wish { server, api_key_env, log_key, key_file: &key_file, name: &name, seen: &seen };
            actix_web::rt::System::new().block_on(witness::cosign(&wish)).map(|checkpoint| {
                println!("The log with {} entries continues what was seen, and is signed.", checkpoint.size);
                0
            })
        }
        Action::RotateKey { common } => with_app(common, async |app| {
            println!("{}", signing::rotate(app).await?);
            Ok(0)
        }),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("pact audit: {error:#}");
            ExitCode::from(NOT_CHECKED)
        }
    }
}

fn with_app(common: Common, work: impl AsyncFnOnce(&App) -> anyhow::Result<u8>) -> anyhow::Result<u8> {
    let configuration = Configuration::read(common, Listening::default())?;
    configuration.start_log()?;
    actix_web::rt::System::new().block_on(async {
        let store = configuration.open_store().await?;
        let app = App::new(store, Arc::new(SystemClock), Arc::default(), None).await?;
        let app = configuration.with_places(app);
        let done = work(&app).await;
        app.store.close().await;
        done
    })
}

async fn write_out(app: &App, out: &Path) -> anyhow::Result<u8> {
    let mut file = std::fs::File::create_new(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let (parts, mut written) = mpsc::channel::<String>(PARTS_WAITING);
    let writing = tokio::task::spawn_blocking(move || {
        while let Some(part) = written.blocking_recv() {
            file.write_all(part.as_bytes())?;
        }
        file.sync_all()
    });
    let exported = export::export(app, &Actor::System, &parts).await;
    drop(parts);
    writing.await?.with_context(|| format!("{} cannot be written", out.display()))?;
    exported?;
    println!("{} holds the whole log. Check it with: pact audit verify {} --key KEY", out.display(), out.display());
    check(app).await
}

async fn check(app: &App) -> anyhow::Result<u8> {
    let checked = checking::check(app).await?;
    if checked.faults.is_empty() {
        println!("The stored log is the one that was written: {} entries.", checked.size);
        return Ok(0);
    }
    println!("The stored log is NOT the one that was written:");
    checked.faults.iter().for_each(|fault| println!("  - {fault}"));
    Ok(WRONG)
}

fn keys_of(given: &[String]) -> anyhow::Result<Vec<Verifier>> {
    let mut keys = Vec::new();
    for given in given {
        let from_file = std::fs::read_to_string(given);
        let text = from_file.as_deref().unwrap_or(given);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            keys.push(line.parse().with_context(|| format!("\"{line}\" is no key, and no file with keys"))?);
        }
    }
    Ok(keys)
}

fn verify(file: &Path, keys: &[String], since: Option<&Path>, keep: Option<&Path>) -> anyhow::Result<u8> {
    let keys = keys_of(keys)?;
    let since = since
        .map(|path| {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            text.parse::<Note>().with_context(|| format!("{} holds no checkpoint", path.display()))
        })
        .transpose()?;
    let has_since = since.is_some();
    let opened = std::fs::File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut lines = BufReader::new(opened);
    let mut reading = Reading::new(keys, since);
    let mut line = String::new();
    let mut newest = None;
    while lines.read_line(&mut line).with_context(|| format!("{} cannot be read", file.display()))? > 0 {
        let text = line.strip_suffix('\n').unwrap_or(&line);
        reading.line(text);
        newest = reading.newest().map(ToString::to_string).or(newest);
        line.clear();
    }
    let proven = reading.end(Some(&mut ThisLinter));
    print!("{}", words(&proven, has_since));
    if !proven.faults.is_empty() {
        return Ok(WRONG);
    }
    if let (Some(path), Some(note)) = (keep, newest) {
        std::fs::write(path, note).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(0)
}

/// What a file proves, and what it does not.
fn words(proven: &Proven, has_since: bool) -> String {
    let mut out = String::new();
    let mut say = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    let count = |kinds: &std::collections::BTreeMap<String, u64>| {
        kinds.iter().map(|(kind, number)| format!("{number} {}", kind.replace('_', " "))).collect::<Vec<_>>().join(", ")
    };
    say(format!("Log {}: {} entries", proven.origin, proven.size));
    if let Some((from, until)) = &proven.from_until {
        say(format!("  from {from} until {until}"));
    }
    say(format!("  {}", count(&proven.kinds)));
    if has_since {
        let new = count(&proven.new_kinds);
        say(format!("  since your checkpoint: {}", if new.is_empty() { "nothing".to_owned() } else { new }));
    }
    if !proven.faults.is_empty() {
        say("\nThis file does NOT prove what it says:".to_owned());
        proven.faults.iter().for_each(|fault| say(format!("  - {fault}.")));
        return out;
    }
    say("\nProven:".to_owned());
    say("  - Every entry is the one that was signed, none is missing, and they stand in the order in which they were written."
        .to_owned());
    if has_since {
        say("  - The log continues the one of your checkpoint: nothing that you saw then was changed or taken away.".to_owned());
    }
    for key in &proven.handed_to {
        say(format!("  - The key that you gave handed over to {key}."));
    }
    for witness in &proven.witnesses {
        say(format!("  - The witness {witness} saw this same log."));
    }
    say(format!("  - {} verdicts were given again from the same sources, word for word.", proven.judged));
    say("Not proven:".to_owned());
    if proven.other_rules > 0 {
        say(format!("  - {} verdicts were given by another release's rules. That release gives them again.", proven.other_rules));
    }
    if !has_since {
        say("  - That this log continues an earlier one: give a checkpoint that you kept, with --since.".to_owned());
    }
    if proven.witnesses.is_empty() {
        say("  - That everybody is shown the same log: give the key of a witness, or compare checkpoints with others.".to_owned());
    }
    say("  - That everything was recorded: the log shows what PACT was asked to do, not what somebody did beside it, in the database or on the machine.".to_owned());
    say("  - Who somebody is: people stand in it under pseudonyms.".to_owned());
    out
}
