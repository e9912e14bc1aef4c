//! One binary for all tests that need the real thing.

mod architecture;
mod store;
