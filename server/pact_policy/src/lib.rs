//! What is refused: the script interface as one table, and the linter that judges scripts by its labels.
//!
//! This crate is pure: it does no input or output, knows no clock and no database. Only its lowering knows Rhai's syntax tree.

pub mod manifest;
pub mod table;
