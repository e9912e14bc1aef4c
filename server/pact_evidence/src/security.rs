//! What the log says when security records are opened: each step, for which reason, by an admin and an auditor. Never what they read.

use serde::{Deserialize, Serialize};

use crate::who::Pseudonym;

/// What is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Opened {
    /// The security records of one person.
    Records {
        /// The person.
        person: Pseudonym,
        /// The first day.
        first_on: String,
        /// The last day.
        last_on: String,
    },
    /// Whom one pseudonym of this log stands for.
    Name {
        /// The entry in which it stands.
        entry: u64,
        /// The pseudonym, as it stands there.
        pseudonym: Pseudonym,
    },
}

/// A step on the way to opening them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum SecurityStep {
    /// An admin or an auditor asked.
    Asked {
        /// For what.
        opens: Opened,
        /// The security reason, in their words. It names nobody.
        reason: String,
    },
    /// One of the other role agreed, and the person concerned was told.
    Agreed {
        /// Until when the two may read.
        until: String,
    },
    /// One of the two read it, for the first time.
    Read,
    /// One of the two took it back, or one of the other role declined.
    Withdrawn,
    /// Nobody agreed in time, or the time to read is over.
    Ended,
}

impl SecurityStep {
    /// The pseudonym that the step itself has, beside that of who took it.
    #[must_use]
    pub fn person(&self) -> Option<Pseudonym> {
        match self {
            Self::Asked { opens: Opened::Records { person, .. }, .. } => Some(*person),
            Self::Asked { opens: Opened::Name { .. }, .. } | Self::Agreed { .. } | Self::Read | Self::Withdrawn | Self::Ended => {
                None
            }
        }
    }
}
