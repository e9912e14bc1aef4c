//! What travels between a worker and its parent: frames of a length (four bytes, little endian) and a postcard message.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::coverage::Reached;
use crate::engine::runner::Job;
use crate::facts::{Answer, Ask, Organisation};
use crate::run::{Outcome, ScriptError, Scripts};
use crate::seen::Seen;

/// From the parent to a worker. The worker answers [`Self::Run`] and [`Self::Check`], in order.
#[derive(Debug, Deserialize)]
pub(crate) enum ToWorker {
    Organisation(Organisation),
    Scripts(Scripts),
    Check(Scripts),
    Run(Box<Job>),
    Answer(Answer),
    /// To be kept with marks.
    Marked(Scripts),
}

/// [`ToWorker`] without taking what it holds; the order of variants is the same.
#[derive(Debug, Serialize)]
pub(crate) enum ToWorkerRef<'a> {
    Organisation(&'a Organisation),
    Scripts(&'a Scripts),
    Check(&'a Scripts),
    Run(&'a JobRef<'a>),
    Answer(&'a Answer),
    Marked(&'a Scripts),
}

/// [`Job`] without taking what it holds; the order of fields is the same.
#[derive(Debug, Serialize)]
pub(crate) struct JobRef<'a> {
    pub(crate) scripts: [u8; 32],
    pub(crate) call: &'a str,
    pub(crate) args: &'a [crate::value::Value],
    pub(crate) now: i64,
    pub(crate) today: chrono::NaiveDate,
    pub(crate) zone: chrono_tz::Tz,
    pub(crate) settings: &'a std::collections::BTreeMap<String, crate::value::Value>,
    pub(crate) seed: uuid::Uuid,
    pub(crate) given: &'a [crate::value::Record],
    pub(crate) failed_at: Option<u64>,
}

/// From a worker to the parent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FromWorker {
    /// The worker is behind its walls.
    Ready {
        /// Whether the kernel holds the wall around files; where it lacks landlock, the filter of system calls still does.
        landlock: bool,
    },
    Ask(Ask),
    Done {
        outcome: Outcome,
        /// Whether the worker must be replaced: it kept memory, or its engine failed.
        retire: bool,
        /// What probes told, in a worker that counts coverage.
        reached: Reached,
        /// What marks saw.
        seen: Vec<Seen>,
    },
    Checked(Result<Vec<(String, usize)>, ScriptError>),
}

/// Why a frame cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("the other side is gone")]
    Gone,
    #[error("a frame of {0} bytes is longer than the limit")]
    TooLong(usize),
    #[error("a frame cannot be read: {0}")]
    Unreadable(#[from] postcard::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

const HEAD: usize = 4;

/// Appends a frame.
pub(crate) fn encode<T: Serialize>(message: &T, mut out: Vec<u8>) -> Result<Vec<u8>, WireError> {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    let mut out = postcard::to_extend(message, out)?;
    let length = out.len() - start - HEAD;
    let head = u32::try_from(length).map_err(|_| WireError::TooLong(length))?;
    out[start..start + HEAD].copy_from_slice(&head.to_le_bytes());
    Ok(out)
}

/// Bytes that came in and are not read yet.
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    limit: usize,
}

impl Inbox {
    pub(crate) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message, if it is there.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, WireError> {
        let Some(head) = self.bytes.first_chunk::<HEAD>() else { return Ok(None) };
        let length = u32::from_le_bytes(*head) as usize;
        if length > self.limit {
            return Err(WireError::TooLong(length));
        }
        let Some(body) = self.bytes.get(HEAD..HEAD + length) else { return Ok(None) };
        let message = postcard::from_bytes(body)?;
        if self.bytes.len() == HEAD + length {
            self.bytes.clear();
            self.bytes.shrink_to(64 * 1024);
        } else {
            self.bytes.drain(..HEAD + length);
        }
        Ok(Some(message))
    }
}
