//! `pact lint --format sarif` holds by the official schema, for the whole corpus and for what cannot be read.
//!
//! The judge is `jsonschema_rs`, which comes with Schemathesis (`.ci/test` installs it); the schema lies beside this file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pact_tests::process::pact_binary;
use serde_json::Value;

/// Where `.ci/test` puts Python with the libraries that tests use.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/bin/python");

/// Says what breaks the schema, a line each.
const JUDGE: &str = "
import json, sys, jsonschema_rs
with open(sys.argv[1]) as file:
    # The pattern of languages has a bracket too many, which makes it no pattern; PACT names no language.
    schema = json.loads(file.read().replace(']?$\"', '?$\"'))
validator = jsonschema_rs.validator_for(schema, validate_formats=True)
for error in validator.iter_errors(json.load(sys.stdin)):
    print('/'.join(map(str, error.instance_path)), error.message[:300])
";

fn broken(sarif: &Value) -> String {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/sarif/sarif-2.1.0-rtm.5.json");
    let mut judge = Command::new(PYTHON)
        .args(["-c", JUDGE, &schema.display().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{PYTHON} cannot be run ({error}): .ci/test installs it"));
    judge.stdin.take().unwrap().write_all(sarif.to_string().as_bytes()).unwrap();
    let output = judge.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn lint(folder: &Path, paths: &[String], code: i32) -> Value {
    let output =
        Command::new(pact_binary()).current_dir(folder).args(["lint", "--format", "sarif"]).args(paths).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_is_found_in_the_corpus_is_valid_sarif() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let below = |folder: &str| -> Vec<PathBuf> {
        std::fs::read_dir(corpus.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let mut folders: Vec<PathBuf> = below("techniques").into_iter().map(|technique| technique.join("refuse")).collect();
    folders.extend(["worked/refuse", "own/refuse"].map(|folder| corpus.join(folder)));
    folders.sort();
    let relative = |path: &PathBuf| path.strip_prefix(&corpus).unwrap().display().to_string();
    let paths: Vec<String> = folders.iter().filter(|folder| folder.is_dir()).map(relative).collect();
    let sarif = lint(&corpus, &paths, 1);
    assert_eq!(broken(&sarif), "");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > 300, "{}", results.len());
    let mut prints: Vec<&str> = Vec::new();
    for result in results {
        let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
        let last = &steps[steps.len() - 1]["location"]["physicalLocation"];
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(last["artifactLocation"], place["artifactLocation"], "a path ends where the finding is");
        assert_eq!(last["region"]["startLine"], place["region"]["startLine"]);
        prints.push(result["partialFingerprints"]["pactSink/v1"].as_str().unwrap());
    }
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), results.len(), "two findings have one fingerprint");
}

#[test]
fn what_cannot_be_read_is_valid_sarif() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ein Ordner")).unwrap();
    std::fs::write(folder.path().join("ein Ordner/übel #1%.rhai"), [0xff; 32]).unwrap();
    let sarif = lint(folder.path(), &[".".to_owned()], 2);
    assert_eq!(broken(&sarif), "");
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().map(Vec::len), Some(1), "{invocation}");
    // A schema that holds of everything would show nothing.
    let mut wrong = sarif;
    wrong["runs"][0]["columnKind"] = "letters".into();
    assert!(broken(&wrong).contains("letters"));
}
