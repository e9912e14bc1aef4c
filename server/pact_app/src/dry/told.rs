//! What a dry run tells: what it is, how far it is, and what came of it, as it is read on every node.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ask::StartDryRun;
use super::compare::{Difference, Line};

/// What a dry run is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    /// The plugin.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
    /// The function that is called.
    pub call: String,
    /// Whether acts of staff fire the event, so that how many there are is not said.
    pub by_acts: bool,
    /// Whether its words may name people: its manifest reads them.
    pub names_people: bool,
}

/// A dry run as somebody reads it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub about: About,
    /// How far it is, and what came of it so far.
    pub progress: Progress,
}

/// What was asked of a dry run that looks at one event: enough to do it once more and write it down as a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    /// The same, with its version, its settings and its clock said.
    pub(super) command: StartDryRun,
    /// Whether anything is looked at as it was, instead of as it is.
    pub(super) looks_back: bool,
    /// Whether it is an act of somebody that happened at that instant.
    pub(super) is_act: bool,
}

/// Where a dry run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Others are before it.
    #[default]
    Waiting,
    /// It is under way.
    Running,
    /// It came to its end.
    Done,
    /// Somebody stopped it.
    Cancelled,
    /// It could not go on; the failure says why.
    Failed,
}

impl Status {
    /// As one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will come.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Running => false,
            Self::Done | Self::Cancelled | Self::Failed => true,
        }
    }
}

/// How many effects of one kind there are, by what they are to what really happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Happened then, and would happen now.
    pub same: u64,
    /// Would happen only now.
    pub now: u64,
    /// Happened only then.
    pub then: u64,
    /// Would be refused.
    pub refused: u64,
}

/// How far a dry run is, and what came of it so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Where it stands.
    pub status: Status,
    /// How many events there are to look at.
    pub total: u64,
    /// How many it has looked at.
    pub done: u64,
    /// Runs that failed.
    pub failed: u64,
    /// Leads that were taken as they are today, because their history does not tell what they were.
    pub untold: u64,
    /// What would happen, by effect.
    pub sums: BTreeMap<String, Sum>,
    /// Lines that came after the last that is kept.
    pub cut: u64,
    /// Why it could not go on.
    pub failure: Option<String>,
    /// How long it has worked.
    pub took: Duration,
}

impl Progress {
    /// Counts a line among the effects.
    pub(super) fn count(&mut self, line: &Line) {
        let of: fn(&mut Sum) -> &mut u64 = match line.difference {
            Difference::Same => |sum| &mut sum.same,
            Difference::Now => |sum| &mut sum.now,
            Difference::Then => |sum| &mut sum.then,
            Difference::Refused => |sum| &mut sum.refused,
            Difference::Logged | Difference::Failed => return,
        };
        *of(self.sums.entry(line.what.clone()).or_default()) += 1;
    }
}
