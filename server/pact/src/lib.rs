//! How PACT is reached: HTTP and the command line. Doors translate, call one operation, and render; they hold no rules.

pub mod cli;
mod dropped;
pub mod http;
pub mod reference;
pub mod running;
pub mod standard;
