//! `pact demo` as a newcomer runs it: the real command, without a terminal, at whatever hour the test runs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::path::Path;
use std::process::{Command, Output};

/// Where PACT's own plugins are.
const PLUGINS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins");

fn demo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pact"))
        .args(["demo", "--exit-after-tour", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .env_remove("PACT_LOG")
        .env_remove("PACT_PLUGINS")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn leads_are_matched_pushed_accepted_and_declined_at_any_hour() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let kept = kept.to_str().unwrap();
    let shown = demo(&["--dir", kept, "--plugins", PLUGINS]);
    let (said, logged) = (text(&shown.stdout), text(&shown.stderr));
    assert!(shown.status.success(), "{said}\n{logged}");
    for sentence in [
        "Nordlicht Climate",
        "A known customer writes through the web form",
        "Matched to the customer",
        "Pushed to",
        "A list from a trade fair comes in as a file",
        "6 rows: 4 became leads, 1 attached to an open lead, 1 refused.",
        "Line 6: Column \"E-Mail\"",
        "Accepted by",
        "Declined by",
        "It came back",
        "That was the tour.",
    ] {
        assert!(said.contains(sentence), "\"{sentence}\" is not said:\n{said}\n{logged}");
    }
    assert!(!said.contains("Nothing more happens"), "{said}");
    assert!(!said.contains('\u{1b}'), "colours without a terminal: {said:?}");
    assert!(!said.contains("FAILED") && logged.is_empty(), "{logged}");

    let again = demo(&["--dir", kept, "--plugins", PLUGINS]);
    let said = text(&again.stdout);
    assert!(again.status.success(), "{said}\n{}", text(&again.stderr));
    assert!(said.contains("from an earlier demo") && said.contains("so this is attached to it"), "{said}");
    assert!(Path::new(kept).join("pact.db").is_file());
}

#[test]
fn what_cannot_be_shown_is_refused_in_one_sentence() {
    let refused = demo(&["--plugins", "/no/such/folder"]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("name a folder that has one"), "{}", text(&refused.stderr));
    assert!(refused.stdout.is_empty());
}
