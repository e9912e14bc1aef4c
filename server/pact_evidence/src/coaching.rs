//! What the log says of a coaching period: that it was, when it ended, and that nothing is left of it. Never what was in it.

use serde::{Deserialize, Serialize};

use crate::tree::Hash;
use crate::who::Pseudonym;

/// What became of a coaching period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum CoachingStep {
    /// Both have signed. Who did this is the person who is coached: they signed last.
    Opened {
        /// The coach.
        coach: Pseudonym,
        /// Hash of the text that both signed. The text holds chance, so nobody can guess it from the hash.
        agreement: Hash,
        /// The first day.
        first_on: String,
        /// The last day.
        last_on: String,
    },
    /// It is over.
    Ended {
        /// Its last day.
        on: String,
        /// Whether one of the two ended it before that was agreed.
        early: bool,
    },
    /// One of the two lost their key, and the other sealed the notes for their next one.
    Shared {
        /// How many notes.
        notes: u64,
    },
    /// Nothing is left of it but that it was.
    Erased {
        /// How many notes there were.
        notes: u64,
        /// Hash over the hashes of what was erased, as it was sealed: who has a copy can show that it was this.
        erased: Hash,
    },
}

impl CoachingStep {
    /// The pseudonym that the step itself has.
    #[must_use]
    pub fn coach(&self) -> Option<Pseudonym> {
        match self {
            Self::Opened { coach, .. } => Some(*coach),
            Self::Ended { .. } | Self::Shared { .. } | Self::Erased { .. } => None,
        }
    }
}
