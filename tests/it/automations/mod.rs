//! The plugins that PACT brings along, walked through the real server: real workers run them, and the test holds the clock.

mod contracts;
mod handing_over;
mod launching;
mod nights;
mod writing;

use std::path::Path;

/// The plugins of the repository.
fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins"))
}
