//! The harness that starts the real thing.
#![expect(clippy::expect_used, reason = "a harness that cannot do its work must stop the test")]

mod account;
pub mod exim;
pub mod pg;
pub mod process;
pub mod server;
