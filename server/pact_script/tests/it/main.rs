//! The script host, through the boundary that the server uses: real worker processes, plugins and cases as data.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

mod archives;
mod corpus;
mod hostile;
mod language;
mod oracle;
mod plugins;
mod pool;
mod random;
mod support;
mod walls;

/// The worker of all tests: this very test binary, started by a pool with the name of this test and a variable.
#[test]
fn worker_entry() -> std::process::ExitCode {
    if std::env::var_os(support::WORKER).is_some() { pact_script::worker::main() } else { std::process::ExitCode::SUCCESS }
}
