//! The log of policy acts: what is written into it, how it is signed, shown, checked and taken home.
//!
//! An operation that is a policy act calls [`record`] (or [`Recording`], when the entry names a person or a text) in its own transaction, so the log holds
//! what was done and nothing else. Whoever appends holds the head of the log until the commit: numbers have no gaps, on however many nodes.
//! What the entries hash to is `pact_evidence`'s; the rows are `pact_store::evidence`'s.
//!
//! | module | holds |
//! |---|---|
//! | [`recording`] | one entry more |
//! | [`signing`] | the log's key, its checkpoints, and the cosignatures of witnesses |
//! | [`reading`] | entries with their proofs, tiles |
//! | [`checking`] | whether the stored log is the one that was written |
//! | [`export`] | the evidence file |
//! | [`sources`], [`relint`] | what a verdict was given on, and the linter that gives it again |

pub mod checking;
pub mod export;
pub mod reading;
mod recording;
pub mod relint;
pub mod signing;
pub(crate) mod sources;

use std::path::PathBuf;

use arc_swap::ArcSwapOption;

pub(crate) use recording::{Recording, record};

/// What the log needs beside the store.
#[derive(Debug, Default)]
pub struct Evidence {
    /// The file of the log's key; beside the folder of files when it is left out.
    pub key_file: Option<PathBuf>,
    /// What the last self-check found.
    pub checked: ArcSwapOption<checking::Checked>,
}
