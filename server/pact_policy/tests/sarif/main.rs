//! SARIF output is valid by the official schema, for the whole corpus and for what cannot be read.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use pact_policy::manifest::{File, Plugin};
use pact_policy::report::{Format, Texts};
use pact_policy::{NotRead, Report, Source, lint};
use serde_json::Value;

const SCHEMA: &str = include_str!("sarif-2.1.0-rtm.5.json");

fn schema() -> Validator {
    jsonschema::options().should_validate_formats(true).build(&serde_json::from_str(SCHEMA).unwrap()).unwrap()
}

/// The report as SARIF, once nothing of it breaks the schema.
fn valid(schema: &Validator, report: &Report, texts: &Texts) -> Value {
    let sarif: Value = serde_json::from_str(&report.render(Format::Sarif, texts, false)).unwrap();
    let broken: Vec<String> = schema.iter_errors(&sarif).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    sarif
}

/// Scripts of the corpus that are refused; with their folders' names, so that two of one name are told apart.
fn refused() -> Vec<File> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rhai") && path.components().any(|part| part.as_os_str() == "refuse") {
                found.push(path);
            }
        }
    }
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let mut paths = Vec::new();
    below(&corpus, &mut paths);
    paths.sort();
    let name = |path: &Path| path.strip_prefix(&corpus).unwrap().display().to_string();
    paths.iter().map(|path| File::from_bytes(&name(path), std::fs::read(path).unwrap()).unwrap()).collect()
}

#[test]
fn every_finding_of_the_corpus_is_valid_sarif() {
    let files = refused();
    let texts: Texts = files.iter().map(|file| (file.name.clone(), file.text.clone())).collect();
    let sources: Vec<Source> =
        files.into_iter().filter_map(|file| Plugin::from_script(file).ok()).map(|plugin| Source::Plugin(Box::new(plugin))).collect();
    let mut report = lint(&sources);
    assert!(report.findings.len() > 200, "{}", report.findings.len());
    let message = "the file is no UTF-8 text; save the script as UTF-8".to_owned();
    report.unreadable.push(NotRead { file: "ein Ordner/übel #1%.rhai".to_owned(), line: 3, column: 1, message });
    let sarif = valid(&schema(), &report, &texts);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings.len());
    let mut prints: Vec<&str> =
        results.iter().map(|result| result["partialFingerprints"]["pactSink/v1"].as_str().unwrap()).collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), results.len(), "two findings have one fingerprint");
    for (result, finding) in results.iter().zip(&report.findings) {
        let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
        assert_eq!(steps.len(), finding.path.len(), "the whole path of {finding:?}");
    }
}

#[test]
fn a_report_of_nothing_is_valid_sarif() {
    let sarif = valid(&schema(), &Report::default(), &Texts::new());
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(0));
}

/// A schema that holds of everything would show nothing.
#[test]
fn the_schema_refuses_what_is_no_sarif() {
    let mut sarif = valid(&schema(), &Report::default(), &Texts::new());
    sarif["runs"][0]["columnKind"] = "letters".into();
    assert!(!schema().is_valid(&sarif));
}
