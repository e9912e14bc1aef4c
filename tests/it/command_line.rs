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
