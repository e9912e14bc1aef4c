//! The pact itself: what its settings are, which changes weaken it, and what a new version still lacks before it is in force.
//!
//! | part | holds |
//! |---|---|
//! | [`strength`] | the order of strength of each setting, as data |
//! | [`mod@lacks`] | the signatures and the time that a weaker version needs |

mod lacks;
mod strength;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use lacks::{Lacks, People, Signature, lacks};
pub use strength::{ORDERS, Order, Stronger, Weaker, weaker};

/// The most people who sign for staff, or for management.
pub const MAX_SIGNERS: usize = 50;

/// The settings that belong to the pact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How many people must contribute before a measure over acts shows a group.
    pub k: u32,
    /// How long notes of a coaching period are kept after its end, in days.
    pub retention_days: u32,
    /// How long a weaker version waits once it is signed, in days.
    pub waiting_days: u32,
    /// The longest coaching period, in days.
    pub coaching_days: u32,
    /// How many coaching periods one person may have that touch the same 365 days.
    pub coaching_per_year: u32,
    /// Who signs for staff: all of them.
    pub representatives: BTreeSet<Uuid>,
    /// Who signs for management: one of them.
    pub management: BTreeSet<Uuid>,
}

/// The numbers that a setting may have.
pub const K: (u32, u32) = (3, 1_000);
/// Days that notes may be kept.
pub const RETENTION_DAYS: (u32, u32) = (0, 365);
/// Days that a weaker version may wait.
pub const WAITING_DAYS: (u32, u32) = (1, 365);
/// Days that a coaching period may take; 90 is the policy's (`policy.md` §5).
pub const COACHING_DAYS: (u32, u32) = (1, 90);
/// Coaching periods that one person may have in a year.
pub const COACHING_PER_YEAR: (u32, u32) = (0, 4);

/// Settings that a pact cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSettings {
    /// A number that is too small or too large.
    #[error("it is {least} at least and {most} at most.")]
    Number {
        /// The setting.
        setting: &'static str,
        /// The smallest number.
        least: u32,
        /// The largest number.
        most: u32,
    },
    /// Nobody signs, or too many do.
    #[error("name one person at least, and {MAX_SIGNERS} at most.")]
    Signers {
        /// The setting.
        setting: &'static str,
    },
    /// One person signs for both sides.
    #[error("nobody signs for both sides. Take who is in both lists out of one.")]
    BothSides,
}

impl BadSettings {
    /// The setting that is to blame.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Number { setting, .. } | Self::Signers { setting } => setting,
            Self::BothSides => "management",
        }
    }
}

impl Settings {
    /// The settings that hold until a version is signed: those of the policy, with nobody named who could weaken them.
    #[must_use]
    pub fn built_in() -> Self {
        Self {
            k: 5,
            retention_days: 30,
            waiting_days: 14,
            coaching_days: 90,
            coaching_per_year: 2,
            representatives: BTreeSet::new(),
            management: BTreeSet::new(),
        }
    }

    /// Whether nobody is named who signs: these are the settings of the program.
    #[must_use]
    pub fn names_nobody(&self) -> bool {
        self.representatives.is_empty() && self.management.is_empty()
    }

    /// Refuses settings that a pact cannot have.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), BadSettings> {
        let numbers = [
            ("k", self.k, K),
            ("retention_days", self.retention_days, RETENTION_DAYS),
            ("waiting_days", self.waiting_days, WAITING_DAYS),
            ("coaching_days", self.coaching_days, COACHING_DAYS),
            ("coaching_per_year", self.coaching_per_year, COACHING_PER_YEAR),
        ];
        for (setting, number, (least, most)) in numbers {
            if !(least..=most).contains(&number) {
                return Err(BadSettings::Number { setting, least, most });
            }
        }
        for (setting, signers) in [("representatives", &self.representatives), ("management", &self.management)] {
            if !(1..=MAX_SIGNERS).contains(&signers.len()) {
                return Err(BadSettings::Signers { setting });
            }
        }
        if self.representatives.is_disjoint(&self.management) { Ok(()) } else { Err(BadSettings::BothSides) }
    }
}
