//! What an entry says of a verdict: on what it was given, and which it was.

use serde::{Deserialize, Serialize};

use crate::tree::Hash;

/// The most findings that an entry lists; the verdict beside the log has all.
pub const MAX_FINDINGS: usize = 40;

/// On what a verdict was given, and which it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Hash of the interface table.
    pub interface: String,
    /// Hash of the rules: the linter's own sources.
    pub rules: String,
    /// Hash of the report, word for word.
    pub report: Hash,
    /// What was found; nothing when it was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Found>,
}

/// A finding, without its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The rule that was broken.
    pub rule: String,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}
