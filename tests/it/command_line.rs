//! The commands that prepare and configure a server, as people type them.

use std::path::Path;
use std::process::{Command, Output};

use pact_tests::process::{Caller, PASSWORD, Place, pact_binary, test_plugins};
use pact_tests::server::Db;
use rstest::rstest;
use serde_json::Value;

/// Runs a command in a folder, with no setting from outside.
fn pact(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(pact_binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PACT_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[rstest]
#[tokio::test]
async fn the_first_admin_is_made_on_the_command_line(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let place = Place::on(db);
    let folder = place.folder();
    let migrated = pact(folder, &["migrate", "--database", &place.url], &[]);
    assert!(migrated.status.success(), "{}", said(&migrated));
    std::fs::write(folder.join("password"), format!("{PASSWORD}\nanother line\n")).unwrap();
    let create = ["admin", "create", "--database", &place.url, "--name", "Adam"];
    // (further arguments, environment, whether it works, what it says)
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], bool, &'a str);
    let cases: &[Case<'_>] = &[
        (&["--email", "adam@example.com", "--password-file", "password"], &[], true, "Adam <adam@example.com> is an admin"),
        (&["--email", "eve@example.com"], &[("PACT_ADMIN_PASSWORD", PASSWORD)], true, "eve@example.com"),
        (&["--email", "adam@example.com", "--password-file", "password"], &[], false, "already a person with this email"),
        (&["--email", "bea@example.com", "--password-file", "nowhere"], &[], false, "nowhere cannot be read"),
        (&["--email", "bea@example.com"], &[("PACT_ADMIN_PASSWORD", "short")], false, "at least 12 characters"),
        (&["--email", "bea"], &[("PACT_ADMIN_PASSWORD", PASSWORD)], false, "no e-mail address"),
    ];
    for (more, environment, works, wanted) in cases {
        let output = pact(folder, &[&create[..], more].concat(), environment);
        assert_eq!(output.status.success(), *works, "{more:?}: {}", said(&output));
        assert!(said(&output).contains(wanted), "{more:?}: {}", said(&output));
        assert!(!said(&output).contains(PASSWORD), "a password is never shown");
    }
    // Somebody exists, so the environment of the server makes nobody.
    let server = place.launch(&test_plugins("mini")).start();
    let adam = Caller::sign_in(&server.base, "adam@example.com").await;
    let people = adam.get("/api/v1/persons?fields=email").await;
    assert_eq!(people["items"].as_array().map(Vec::len), Some(2), "{}", people);
}

#[test]
fn a_setting_that_does_not_exist_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pact.toml"), "databse = \"a.db\"\n").unwrap();
    // (arguments, environment, what it says)
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let cases: &[Case<'_>] = &[
        (&["serve", "--config", "pact.toml"], &[], "unknown field `databse`"),
        (&["migrate", "--config", "nowhere.toml"], &[], "nowhere.toml cannot be read"),
        (&["migrate", "--database", "mysql://localhost/pact"], &[], "cannot use this database address"),
        (&["migrate", "--log", "pact=loud"], &[], "the log filter cannot be read"),
        (&["serve", "--listen", "nowhere"], &[], "cannot listen on nowhere"),
        (&["serve", "--listen", "127.0.0.1:0"], &[("PACT_ADMIN_EMAIL", "a@example.com")], "PACT_ADMIN_PASSWORD is not"),
    ];
    for (arguments, environment, wanted) in cases {
        let output = pact(folder.path(), arguments, environment);
        assert!(!output.status.success() && said(&output).contains(wanted), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn the_document_is_printed_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let printed = pact(folder.path(), &["openapi"], &[]);
    let document: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(document["info"]["title"], "PACT");
}

/// A script that writes how many plans each person has into the log.
const COUNTS: &str = "//! id = \"counts\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"Counts\"\n//! summary = \"Counts plans.\"\n\
     //! reads = [\"plan\", \"person\"]\n//!\n//! [[schedule]]\n//! call = \"weekly\"\n//! cron = \"0 7 * * MON\"\n\
     fn weekly() { for person in people.all() { log(`${person.name}: ${plans.of_person(person).len()}`); } }\n";

/// A script that lists plans one by one, to the person whose they are.
const LISTS: &str = "//! id = \"lists\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"Lists\"\n//! summary = \"Lists plans.\"\n\
     //! reads = [\"plan\", \"person\"]\n//! may = [\"digest\"]\n//!\n//! [[schedule]]\n//! call = \"morning\"\n\
     //! cron = \"0 7 * * *\"\n//! zone = \"person\"\n//! for_each = \"person\"\n\
     fn morning(person) { let d = digest(person, \"Plans\"); for plan in plans.of_person(person) { d.say(plan.objective); } send(d); }\n";

/// What is no script is named, whatever it is, and what lies beside it is judged.
#[test]
fn lint_names_what_it_cannot_read_and_judges_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let head = COUNTS.split("fn ").next().unwrap();
    let script = |body: &str| format!("{head}{body}").into_bytes();
    // (file, bytes, what is said of it)
    let files: [(&str, Vec<u8>, &str); 8] = [
        ("binary.rhai", (0..=255_u8).cycle().take(4096).collect(), "no UTF-8 text"),
        ("long.rhai", vec![b'a'; 10 * 1024 * 1024], "10485760 bytes"),
        ("empty.rhai", Vec::new(), "manifest"),
        ("deep.rhai", script(&format!("fn f() {{ {}1{} }}", "(".repeat(9_000), ")".repeat(9_000))), "cannot be read"),
        ("chain.rhai", script(&format!("fn f(lead) {{ lead{} }}", ".owner\n".repeat(30_000))), "cannot be read"),
        ("closures.rhai", script(&format!("fn f() {{ {} 1 }}", "|x|\n".repeat(30_000))), "cannot be read"),
        ("cut.rhai", script("fn f(lead) { log(`${lead."), "cannot be read"),
        ("wide.rhai", script(&format!("fn f() {{ \"{}\" }}", "a".repeat(30_000))), "characters"),
    ];
    for (name, bytes, _) in &files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    std::fs::write(folder.path().join("odd.rhai"), script("fn f(lead) { log(\"to\u{202e}ni\"); }")).unwrap();
    std::fs::write(folder.path().join("counts.rhai"), COUNTS).unwrap();
    let output = pact(folder.path(), &["lint", "."], &[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    for (name, _, wanted) in &files {
        let line = said(&output).lines().find(|line| line.contains(&format!("cannot be judged: ./{name}:"))).map(str::to_owned);
        assert!(line.as_ref().is_some_and(|line| line.contains(wanted)), "{name} is not said to be {wanted}: {line:?}");
    }
    assert!(said(&output).contains("error[no-activity-metric]") && said(&output).contains("counts.rhai"), "{}", said(&output));
    assert!(said(&output).contains("U+202E"), "what hides text is refused where it stands: {}", said(&output));
    let json = pact(folder.path(), &["lint", "--format", "json", "."], &[]);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["unreadable"].as_array().map(Vec::len), Some(files.len()), "{report}");
}

#[test]
fn lint_proves_its_verdicts_by_running_scripts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("counts.rhai"), COUNTS).unwrap();
    std::fs::write(folder.path().join("lists.rhai"), LISTS).unwrap();
    // (further arguments, exit code, what it says)
    type Case<'a> = (&'a [&'a str], i32, &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (&["lists.rhai"], 0, &["lists morning: passes, and does not differ (16 worlds", "Oracle, seed 1:", "0 of them differ"]),
        (
            &["counts.rhai"],
            1,
            &[
                "counts weekly: is refused, and this pair of worlds shows the leak",
                "one world",
                "log: ",
                "The worlds differ only in who",
            ],
        ),
        (&["counts.rhai", "lists.rhai", "--seed", "9"], 1, &["seed 9", "for 1 of them a pair of worlds shows the leak"]),
    ];
    for (more, code, wanted) in cases {
        let output = pact(folder.path(), &[&["lint", "--prove", "--worlds", "16"], *more].concat(), &[]);
        assert_eq!(output.status.code(), Some(*code), "{more:?}: {}", said(&output));
        for wanted in *wanted {
            assert!(said(&output).contains(wanted), "{more:?} does not say {wanted:?}: {}", said(&output));
        }
    }
    let output = pact(folder.path(), &["lint", "--prove", "--worlds", "16", "--format", "json", "counts.rhai"], &[]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let entry = &json["proof"]["entries"][0];
    assert_eq!((&entry["function"], &entry["refused"]), (&Value::from("weekly"), &Value::from(true)), "{json}");
    let difference = &entry["difference"];
    assert!(
        difference["one"] != difference["other"] && difference["acts"].as_array().is_some_and(|acts| !acts.is_empty()),
        "{json}"
    );
    assert_eq!(json["proof"]["statistics"]["refused_witnessed"], 1);
    let again = pact(folder.path(), &["lint", "--prove", "--worlds", "16", "--format", "json", "counts.rhai"], &[]);
    assert_eq!(output.stdout, again.stdout, "the same seed finds the same");
}
