//! What an author of automations types: a new plugin, its cases, what they say when something differs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use pact_policy::table::ENTRY_POINTS;
use pact_tests::process::pact_binary;

use crate::junit;

fn pact(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(pact_binary()).current_dir(folder).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Every kind of new plugin passes its cases and the policy, all of them judged together.
#[test]
fn a_new_plugin_is_complete_whatever_calls_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("plugins")).unwrap();
    for entry in &ENTRY_POINTS {
        let made = pact(at, &["plugin", "new", &format!("on-{}", entry.event.replace('_', "-")), "--on", entry.event]);
        assert!(made.status.success(), "{}: {}", entry.event, said(&made));
    }
    let made = pact(at, &["plugin", "new", "by-the-clock", "--schedule"]);
    assert!(made.status.success() && said(&made).contains("pact plugin test plugins/by-the-clock"), "{}", said(&made));
    let files: Vec<_> = ["plugin.toml", "by-the-clock.rhai", "README.md", "cases/acts.toml", "cases/leaves-alone.toml"]
        .map(|file| at.join("plugins/by-the-clock").join(file).is_file())
        .to_vec();
    assert_eq!(files, [true; 5]);
    let tested = pact(at, &["plugin", "test", "plugins"]);
    assert_eq!(tested.status.code(), Some(0), "{}", said(&tested));
    assert!(said(&tested).contains(&format!("{} passed, 0 failed", 2 * (ENTRY_POINTS.len() + 1))), "{}", said(&tested));
    let linted = pact(at, &["lint", "plugins"]);
    assert_eq!(linted.status.code(), Some(0), "{}", said(&linted));
    // (arguments, what it says)
    for (arguments, wanted) in [
        (&["by-the-clock"][..], "is there already"),
        (&["Thank You"], "may hold a-z, 0-9 and - only"),
        (&["fine", "--on", "lead_sneezed"], "There are lead_created, push_declined"),
        (&["fine", "--on", "lead_won", "--schedule"], "cannot be used with"),
    ] {
        let refused = pact(at, &[&["plugin", "new"][..], arguments].concat());
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(said(&refused).contains(wanted), "{}", said(&refused));
    }
    assert!(!at.join("plugins/Thank You").exists() && !at.join("plugins/fine").exists());
}

const SCRIPT: &str = r#"
fn on_lead_created(lead) {
    notify(lead.customer.owner, `${lead.customer.name} asks`, lead);
    highlight(lead, "new");
}
fn on_lead_won(lead) {
    push(lead, lead.customer.owner);
}
fn on_lead_lost(lead) {
    lead.title.no_such_function();
}
"#;

/// The world and the call of a case that names an event.
fn case(event: &str, expect: &str) -> String {
    format!(
        "now = \"2026-11-24T09:00:00Z\"\nevent = \"{event}\"\nwith = {{ lead = \"pumps\" }}\n{expect}\n[[world.person]]\nid = \"ann\"\n\
         [[world.customer]]\nid = \"hooli\"\nname = \"Hooli\"\nowner = \"ann\"\n[[world.lead]]\nid = \"pumps\"\ncustomer = \"hooli\"\n"
    )
}

/// A single script with its cases beside it.
fn greeter(at: &Path, cases: &[(&str, String)]) {
    let manifest = "//! id = \"greeter\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"Greeter\"\n//! may = [\"notify\", \"highlight\"]\n";
    fs::write(at.join("greeter.rhai"), format!("{manifest}{SCRIPT}")).unwrap();
    let folder = at.join("cases/greeter");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in cases {
        fs::write(folder.join(format!("{name}.toml")), text).unwrap();
    }
}

#[test]
fn what_differs_stands_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let both = "[[expect]]\ndo = \"notify\"\nperson = \"ann\"\ntext = \"Hooli asks\"\n[[expect]]\ndo = \"highlight\"\n";
    let other = both.replace("Hooli asks", "Hooli calls");
    let one_more = "[[expect]]\ndo = \"highlight\"\nlead = \"pumps\"\n[[expect]]\ndo = \"unhighlight\"\n";
    greeter(
        at,
        &[
            ("a-holds", case("lead_created", both)),
            ("b-another-text", case("lead_created", &other)),
            ("c-in-other-places", case("lead_created", one_more)),
            ("d-declared-nowhere", case("lead_won", "error = \"Add \\\"push\\\" to `may`\"\n")),
            ("e-fails", case("lead_lost", "")),
            ("f-no-error", case("lead_created", "error = \"no room\"\n")),
        ],
    );
    let tested = pact(at, &["plugin", "test", "greeter.rhai"]);
    assert_eq!(tested.status.code(), Some(1), "{}", said(&tested));
    let said = said(&tested);
    let wanted = "\
greeter 1.0.0
  ok      a-holds: a-holds
  differs b-another-text: b-another-text
          - expected + came
            effects
              notify person = \"ann\" (line 8)
          -     text = \"Hooli calls\"
          +     text = \"Hooli asks\"
              highlight
  differs c-in-other-places: c-in-other-places
          - expected + came
            effects
          +   notify kind = \"lead\", person = \"ann\", record = \"pumps\", text = \"Hooli asks\" (line 8)
              highlight lead = \"pumps\"
          -   unhighlight
  ok      d-declared-nowhere: d-declared-nowhere
";
    assert!(said.starts_with(wanted), "{said}");
    for wanted in ["no_such_function", "(greeter.rhai:15:", "-   no room", "2 passed, 4 failed\n"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

#[test]
fn exit_codes_and_junit_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let holds = case("lead_created", "[[expect]]\ndo = \"notify\"\n[[expect]]\ndo = \"highlight\"\n");
    // (cases, exit code, what the document says)
    for (cases, code, counts) in [
        (vec![("a", holds.clone())], 0, "tests=\"1\" failures=\"0\" errors=\"0\""),
        (vec![("a", holds.clone()), ("b", case("lead_created", ""))], 1, "tests=\"2\" failures=\"1\" errors=\"0\""),
        (vec![("a", holds.clone()), ("c", "event = <&>".to_owned())], 2, "tests=\"2\" failures=\"0\" errors=\"1\""),
    ] {
        let _ = fs::remove_dir_all(at.join("cases"));
        greeter(at, &cases);
        let tested = pact(at, &["plugin", "test", "greeter.rhai", "--junit", "results.xml"]);
        assert_eq!(tested.status.code(), Some(code), "{}", said(&tested));
        let xml = fs::read_to_string(at.join("results.xml")).unwrap();
        assert!(xml.contains(counts), "{xml}");
        junit::read(&xml).unwrap_or_else(|why| panic!("{why}: {xml}"));
    }
    let nowhere = pact(at, &["plugin", "test", "nowhere"]);
    assert_eq!(nowhere.status.code(), Some(2), "{}", said(&nowhere));
    fs::write(at.join("greeter.rhai"), "fn (").unwrap();
    let broken = pact(at, &["plugin", "test", "greeter.rhai", "--junit", "results.xml"]);
    assert_eq!(broken.status.code(), Some(2), "{}", said(&broken));
    let xml = fs::read_to_string(at.join("results.xml")).unwrap();
    assert!(xml.contains("tests=\"1\" failures=\"0\" errors=\"1\"") && xml.contains("type=\"cannot be run\""), "{xml}");
    junit::read(&xml).unwrap_or_else(|why| panic!("{why}: {xml}"));
}

/// Names, texts and failures that would break a document which is put together carelessly.
#[test]
fn whatever_cases_say_the_document_holds_to_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let hostile = [
        "\\\" name=\\\"x",
        "]]> <![CDATA[ <!-- & &amp; &#0; ?>",
        "a\\nline\\tand a \\u0001 \\u0000 \\u001B \\u007F sign",
        "\\uFFFE \\uFFFF \\u0085 \\u2028 \\U0001F600 é 漢",
        "</testcase></testsuite>",
        " ",
    ];
    let cases: Vec<(String, String)> = hostile
        .iter()
        .enumerate()
        .flat_map(|(at, words)| {
            let expect = format!("[[expect]]\ndo = \"notify\"\ntext = \"{words}\"\n");
            let differs = format!("title = \"{words}\"\n{}", case("lead_created", &expect));
            // What cannot be read says so in its own words.
            [(format!("{at}-differs"), differs), (format!("{at}-unreadable"), format!("event = \"{words}\"\n"))]
        })
        .collect();
    let named: Vec<(&str, String)> = cases.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    greeter(at, &named);
    let tested = pact(at, &["plugin", "test", "greeter.rhai", "--junit", "results.xml"]);
    assert_eq!(tested.status.code(), Some(2), "{}", said(&tested));
    let xml = fs::read_to_string(at.join("results.xml")).unwrap();
    let root = junit::read(&xml).unwrap_or_else(|why| panic!("{why}: {xml}"));
    let suite = &root.children[0];
    assert_eq!((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("12", "6", "6"), "{xml}");
    // What XML can hold comes out as it went in, in attributes too.
    let names: Vec<&str> = suite.all("testcase").map(|case| case.get("name")).collect();
    for name in [
        "0-differs: \" name=\"x",
        "1-differs: ]]> <![CDATA[ <!-- & &amp; &#0; ?>",
        "2-differs: a\nline\tand a ? ? ? ? sign",
        "4-differs: </testcase></testsuite>",
    ] {
        assert!(names.contains(&name), "{name:?}: {names:?}");
    }
    let differs = suite.all("testcase").find(|case| case.get("name").starts_with("1-differs")).unwrap();
    assert!(differs.children[0].text.contains("]]> <![CDATA[ <!-- & &amp; &#0; ?>"), "{differs:?}");
}

#[test]
fn a_case_is_completed_with_what_comes_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let read = |name: &str| fs::read_to_string(at.join("cases/greeter").join(name)).unwrap();
    let said_already = case("lead_created", "[[expect]]\ndo = \"unhighlight\"\n");
    greeter(at, &[("new", case("lead_created", "")), ("fails", case("lead_lost", "")), ("old", said_already.clone())]);
    let recorded = pact(at, &["plugin", "test", "greeter.rhai", "--record"]);
    assert_eq!(recorded.status.code(), Some(1), "{}", said(&recorded));
    assert!(said(&recorded).contains("2 passed, 1 failed"), "{}", said(&recorded));
    assert!(read("new.toml").starts_with(&case("lead_created", "")), "{}", read("new.toml"));
    assert!(
        read("new.toml").contains("[[expect]]\ndo = \"highlight\"\nbecause = \"new\"\nlead = \"pumps\"\n"),
        "{}",
        read("new.toml")
    );
    assert!(read("fails.toml").starts_with("error = "), "{}", read("fails.toml"));
    assert_eq!(read("old.toml"), said_already, "what says what it expects is left alone");
    let recorded = pact(at, &["plugin", "test", "greeter.rhai", "--record", "old"]);
    assert_eq!(recorded.status.code(), Some(0), "{}", said(&recorded));
    let old = read("old.toml");
    assert!(!old.contains("unhighlight") && old.contains("id = \"hooli\""), "{old}");
    let nobody = pact(at, &["plugin", "test", "greeter.rhai", "--record", "nobody"]);
    assert_eq!(nobody.status.code(), Some(2), "{}", said(&nobody));
}

#[test]
fn coverage_says_what_no_case_reaches() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    greeter(at, &[("a", case("lead_created", "[[expect]]\ndo = \"notify\"\n[[expect]]\ndo = \"highlight\"\n"))]);
    let tested = pact(at, &["plugin", "test", "greeter.rhai", "--coverage", "--lcov", "lcov.info"]);
    assert_eq!(tested.status.code(), Some(0), "{}", said(&tested));
    let said = said(&tested);
    let wanted = "coverage\n  greeter.rhai: 2 of 4 lines, 0 of 0 branches\n          never reached: lines 12 to 15\n";
    assert!(said.contains(wanted), "{said}");
    let lcov = fs::read_to_string(at.join("lcov.info")).unwrap();
    assert_eq!(lcov, "TN:\nSF:greeter.rhai\nBRF:0\nBRH:0\nDA:8,1\nDA:9,1\nDA:12,0\nDA:15,0\nLF:4\nLH:2\nend_of_record\n");
}

#[test]
fn watching_runs_the_cases_again() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    greeter(at, &[("a", case("lead_created", ""))]);
    let arguments = ["plugin", "test", "greeter.rhai", "--watch"];
    let mut watching =
        Command::new(pact_binary()).current_dir(at).args(arguments).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.by_ref().any(|line| line == "0 passed, 1 failed"));
    assert!(lines.by_ref().any(|line| line == "waiting for a change"));
    fs::write(
        at.join("cases/greeter/b.toml"),
        case("lead_created", "[[expect]]\ndo = \"notify\"\n[[expect]]\ndo = \"highlight\"\n"),
    )
    .unwrap();
    assert!(lines.by_ref().any(|line| line == "1 passed, 1 failed"));
    watching.kill().unwrap();
    watching.wait().unwrap();
}

/// `scripts/README.md` is what `pact script reference` writes now; every example on it was judged and run for that.
#[test]
fn the_reference_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let written = pact(&root, &["script", "reference"]);
    assert!(written.status.success(), "{}", said(&written));
    let kept = fs::read_to_string(root.join("scripts/README.md")).unwrap();
    let written = String::from_utf8(written.stdout).unwrap();
    let first = kept.lines().zip(written.lines()).find(|(kept, written)| kept != written);
    assert!(
        kept == written,
        "write it again with `pact script reference > scripts/README.md`; the first line that differs: {first:?}"
    );
}

/// The definitions can be read by the engine's own parser of comments and names as far as it has one: each line is a comment, blank, the
/// head, or one definition.
#[test]
fn definitions_are_written_for_editors() {
    let output = pact(Path::new("."), &["script", "definitions"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("// ") && text.contains("\nmodule static;\n"));
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("//") && *line != "module static;") {
        let sound = line.ends_with(';') && (line.starts_with("const ") || (line.starts_with("fn ") && line.contains(") -> ")));
        assert!(sound, "{line}");
    }
}
