//! The script host, through the boundary that the server uses: real worker processes, plugins and cases as data.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

mod archives;
mod corpus;
mod coverage;
mod hostile;
mod language;
mod oracle;
mod plugins;
mod pool;
mod random;
mod seen;
mod support;
mod walls;

/// The worker of all tests: this very test binary, started by a pool with the name of this test and a variable.
#[test]
fn worker_entry() -> std::process::ExitCode {
    let is = |name| std::env::var_os(name).is_some();
    match (is(support::WORKER), is(pact_script::pool::COVERAGE)) {
        (true, true) => pact_script::worker::main_with_coverage(),
        (true, false) => pact_script::worker::main(),
        (false, _) => std::process::ExitCode::SUCCESS,
    }
}
