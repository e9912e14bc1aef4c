//! What is proven: the log of policy acts as a Merkle tree, its signed checkpoints, and the file with which auditors check both offline.
//!
//! The log holds policy acts only: verdicts, installations, definitions of fields, roles, keys, exports. No act of daily work is in it, and
//! nothing by which somebody could count what a person does. People are named by pseudonyms, another one in each entry ([`act::Pseudonym`]).
//!
//! | module | holds |
//! |---|---|
//! | [`tree`] | hashes of leaves and nodes (RFC 6962), and the few that a growing tree needs |
//! | [`proof`] | proofs of inclusion and of consistency: what they are made of, and whether they hold (RFC 9162) |
//! | [`note`] | signed notes and cosignatures (C2SP signed-note, tlog-cosignature) |
//! | [`checkpoint`] | what a checkpoint says (C2SP tlog-checkpoint) |
//! | [`tile`] | how hashes and entries are cut into files (C2SP tlog-tiles) |
//! | [`act`], [`coaching`], [`security`], [`verdict`] | what an entry of the log says |
//! | [`installed`] | what is installed, as the entries say it |
//! | [`who`] | who did it, by pseudonym |
//! | [`file`](mod@file) | the evidence file: lines of entries, checkpoints and sources |
//! | [`verify`] | whether an evidence file proves what it claims |
//!
//! # Invariants
//! - This crate does no input or output, knows no clock, no database and no other crate of PACT: whoever doubts the others can read this one alone.
//! - An entry is its bytes. They are hashed as they stand; nothing is written anew before it is checked.

pub mod act;
pub mod checkpoint;
pub mod coaching;
pub mod file;
pub mod holds;
pub mod installed;
pub mod note;
pub mod proof;
pub mod security;
pub mod tile;
pub mod tree;
pub mod verdict;
pub mod verify;
pub mod who;

pub use act::{By, Entry, PolicyAct};
pub use checkpoint::Checkpoint;
pub use holds::Holds;
pub use note::{Note, Signer, Verifier};
pub use tree::{Frontier, Hash};
