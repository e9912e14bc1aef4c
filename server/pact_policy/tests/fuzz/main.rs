//! Fuzzing on stable Rust: the corpus with its tokens shuffled, scripts made by a grammar, and scripts that grow.
//!
//! No input may make the linter fail, hang, or say something else when it judges an edit than when it judges anew. What is counted
//! is work in steps, never time. The same seed draws the same inputs:
//!
//! `PROPTEST_CASES=20000 PACT_FUZZ_SEED=7 cargo nextest run -p pact_policy --test fuzz`

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod grammar;
mod growth;
mod mutate;

use std::path::{Path, PathBuf};

use pact_policy::manifest::{File, Plugin};
use pact_policy::report::{Format, Texts};
use pact_policy::{Judge, Report, Source, lint};
use proptest::test_runner::{Config, RngSeed};

/// The most steps that judging one script may take, whatever it says: the budget of the analysis, and what reading it costs.
const MOST_WORK: u64 = 1_500_000;

/// The manifest of scripts that have none of their own.
const HEAD: &str = "//! id = \"x\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"X\"\n//! reads = [\"lead\", \"customer\", \"person\", \"plan\", \"card\", \"request\"]\n//! may = [\"highlight\", \"set\", \"notify\", \"digest\", \"push\"]\n\n";

/// So many cases, or as many as `PROPTEST_CASES` says, from a fixed seed or from that of `PACT_FUZZ_SEED`.
fn config(cases: u32) -> Config {
    let number = |name: &str| std::env::var(name).ok().and_then(|given| given.parse::<u32>().ok());
    Config {
        cases: number("PROPTEST_CASES").unwrap_or(cases),
        rng_seed: RngSeed::Fixed(u64::from(number("PACT_FUZZ_SEED").unwrap_or(1))),
        failure_persistence: None,
        ..Config::default()
    }
}

/// Every script of the corpus, worked examples and techniques alike.
fn corpus() -> Vec<String> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rhai") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus"), &mut paths);
    paths.sort();
    let scripts: Vec<String> = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    assert!(scripts.len() > 500, "{} scripts", scripts.len());
    scripts
}

/// The text as a source, where it is a text with a manifest; under one name, whatever it says.
fn source(text: &[u8]) -> Option<Source> {
    let file = File::from_bytes("fuzz.rhai", text.to_vec()).ok()?;
    Plugin::from_script(file).ok().map(|plugin| Source::Plugin(Box::new(plugin)))
}

/// Judges a text and holds what must hold of every text; gives the report and how much was done.
fn judged(text: &str) -> Option<(Report, u64)> {
    let source = source(text.as_bytes())?;
    let mut judge = Judge::default();
    judge.set(source);
    let report = judge.judge();
    whole(&report, text);
    assert!(judge.work() <= MOST_WORK, "{} steps for {} bytes:\n{text}", judge.work(), text.len());
    Some((report, judge.work()))
}

/// A report is whole where the linter did not fail, its places are in the text, and every format renders.
fn whole(report: &Report, text: &str) {
    assert!(report.unreadable.iter().all(|it| !it.file.is_empty()), "the linter failed on:\n{text}");
    let lines = u32::try_from(text.lines().count().max(1)).unwrap() + 1;
    for finding in &report.findings {
        assert!(finding.line >= 1 && finding.end_line <= lines, "{finding:?} in\n{text}");
        assert!((finding.line, finding.column) <= (finding.end_line, finding.end_column), "{finding:?} in\n{text}");
    }
    let texts = Texts::from([("fuzz.rhai".to_owned(), text.to_owned())]);
    for format in [Format::Text, Format::Json, Format::Sarif, Format::Github] {
        assert!(!report.render(format, &texts, true).is_empty() || report.findings.is_empty());
    }
}

/// What is said of an edit is what is said of the text from scratch.
fn same_as_anew(before: &str, after: &str) {
    let (Some(before), Some(after)) = (source(before.as_bytes()), source(after.as_bytes())) else { return };
    let mut judge = Judge::default();
    judge.set(before);
    judge.judge();
    judge.set(after.clone());
    assert_eq!(judge.judge(), lint(&[after]));
}
