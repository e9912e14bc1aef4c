//! What is refused: the script interface as one table, and the linter that judges scripts by its labels.
//!
//! This crate is pure: it does no input or output, knows no clock and no database. Only its lowering knows Rhai's syntax tree.
//!
//! [`lint()`] judges once; a [`Judge`] keeps what it found out and, after an edit, does again only what the edit touches.
//! `cargo bench -p pact_policy --bench judging` prints what judging costs beside parsing, for a thousand plugins together, for one
//! edit among them and by the length of a script, each beside its target.

pub mod certificate;
pub mod engine;
pub mod fields;
pub mod finding;
mod flow;
pub mod formula;
mod ir;
pub mod judge;
pub mod lint;
mod lower;
pub mod manifest;
mod modules;
mod read;
pub mod report;
pub mod rules;
mod structure;
pub mod table;
mod text;
pub mod transfer;
pub mod view;
mod words;

pub use finding::{Finding, Severity, Step};
pub use judge::Judge;
pub use lint::{NotRead, Report, Source, lint};
pub use rules::{Rule, explain};
