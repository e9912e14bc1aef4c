//! The one binary, `pact`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pact::cli::run()
}
