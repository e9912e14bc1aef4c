//! Checkpoints: which log, how many entries, and the root over them (C2SP tlog-checkpoint); signed as a note.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::note::Signer;
use crate::{Hash, Note};

/// What a log commits itself to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name; it never changes.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A text that is no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no checkpoint: it has three lines, the log's name, its size, and its root in base64")]
pub struct NoCheckpoint;

impl Checkpoint {
    /// The checkpoint as a note with the signatures of these keys.
    #[must_use]
    pub fn sign(&self, keys: &[&Signer]) -> Note {
        let text = self.to_string();
        let signatures = keys.iter().map(|key| key.sign(&text)).collect();
        Note { text, signatures }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\n{}\n{}\n", self.origin, self.size, self.root.base64())
    }
}

impl FromStr for Checkpoint {
    type Err = NoCheckpoint;

    /// Reads the text of a note; further lines are extensions, which this log does not have.
    fn from_str(text: &str) -> Result<Self, NoCheckpoint> {
        let mut lines = text.strip_suffix('\n').ok_or(NoCheckpoint)?.split('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next()) else {
            return Err(NoCheckpoint);
        };
        let number: u64 = size.parse().map_err(|_| NoCheckpoint)?;
        let root = BASE64_STANDARD.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(NoCheckpoint)?;
        if origin.is_empty() || number.to_string() != size {
            return Err(NoCheckpoint);
        }
        Ok(Self { origin: origin.to_owned(), size: number, root: Hash(root) })
    }
}
