//! What a run is given, and what it gives back.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::effect::Placed;
use crate::value::{Record, Value};

/// A script set: the files of one version of one plugin, compiled once by each worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scripts {
    /// Hash over everything below; workers cache what they compiled under it.
    pub hash: [u8; 32],
    /// The plugin's id.
    pub plugin: String,
    /// File names and sources, in the manifest's order.
    pub files: Vec<(String, String)>,
    /// Modules of `std/` that the files import, by name (`std/text`).
    pub modules: Vec<(String, String)>,
}

/// One run: which function, with what.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The script set.
    pub scripts: Arc<Scripts>,
    /// The function to call.
    pub call: String,
    /// Its arguments.
    pub args: Vec<Value>,
    /// The moment of the run, in UTC milliseconds.
    pub now: i64,
    /// The day of the run, in the zone of the schedule or the organisation.
    pub today: NaiveDate,
    /// The zone of that day, by whose clock hours are told.
    pub zone: Tz,
    /// The plugin's settings.
    pub settings: Arc<BTreeMap<String, Value>>,
    /// What `pick` is seeded by: the event.
    pub seed: Uuid,
    /// Records that travel along, so that the script need not ask for them.
    pub given: Vec<Record>,
}

/// What a run gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The effects, in order; empty when the run failed.
    pub effects: Vec<Placed>,
    /// Lines that the script logged, also when it failed.
    pub log: Vec<String>,
    /// Operations of the engine.
    pub operations: u64,
    /// Rows that queries brought.
    pub rows_read: u64,
    /// Memory that its worker held after it beyond what it keeps on purpose, in KiB.
    pub memory_kib: u64,
    /// What went wrong, if anything did.
    pub error: Option<ScriptError>,
}

/// Why a run failed: what, where, why, and which limit it met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ScriptError {
    /// What happened and what to do next, in words.
    pub message: String,
    /// The script's file, when known.
    pub file: Option<String>,
    /// Line and column, from 1, when known.
    pub at: Option<(u32, u32)>,
    /// The limit that was met, when one was.
    pub limit: Option<Limit>,
}

/// A limit of the host, each named with its unit in [`crate::limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is documented by its constant")]
pub enum Limit {
    Operations,
    CallDepth,
    ExpressionDepth,
    StringSize,
    ArraySize,
    MapSize,
    Variables,
    Functions,
    Modules,
    ScriptSize,
    Memory,
    Stack,
    WallTime,
    Effects,
    Rows,
    LogLines,
}
