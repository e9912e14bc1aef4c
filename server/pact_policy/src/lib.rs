//! What is refused: the script interface as one table, and the linter that judges scripts by its labels.
//!
//! This crate is pure: it does no input or output, knows no clock and no database. Only its lowering knows Rhai's syntax tree.

pub mod engine;
pub mod fields;
pub mod finding;
mod flow;
mod ir;
pub mod lint;
mod lower;
pub mod manifest;
pub mod report;
pub mod rules;
pub mod table;
mod text;
pub mod transfer;

pub use finding::{Finding, Severity, Step};
pub use lint::{NotRead, Report, Source, lint};
pub use rules::{Rule, explain};
