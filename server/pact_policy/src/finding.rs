//! Findings: what is refused, where, how it came about, and what to do instead.

use serde::{Deserialize, Serialize};

use crate::rules::Rule;

/// Something that a rule refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that refuses it.
    pub rule: Rule,
    /// How grave it is; everything that is found is refused.
    pub severity: Severity,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The last line.
    pub end_line: u32,
    /// The column behind the last character.
    pub end_column: u32,
    /// What is refused, in one sentence.
    pub message: String,
    /// Why, in one sentence.
    pub why: String,
    /// What to do instead.
    pub instead: String,
    /// The steps from source to sink, oldest first.
    pub path: Vec<Step>,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is refused.
    Error,
}

/// A step from source to sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What happens there.
    pub what: String,
}
