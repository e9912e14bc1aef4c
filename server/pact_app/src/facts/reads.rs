//! What a run read, by reference: kinds, ids and a digest of what each record said, so that a replay can tell whether it still says the same.

use std::collections::BTreeSet;

use pact_script::facts::Answer;
use pact_script::value::Record;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::noun;

/// Records that are kept for one run, at most.
const KEPT: usize = 200;
/// Bytes of a digest: enough to see a difference, too few to find out what was said.
const DIGEST_BYTES: usize = 8;

/// What a run was given and read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// Records, in the order in which they were read first: noun, id, digest.
    pub records: Vec<(String, Uuid, String)>,
    /// Records that were read beyond those that are kept.
    #[serde(default)]
    pub more: u64,
    /// A digest over every answer, in order.
    pub all: String,
    /// Whom rotations gave, in order; nothing where nobody was left.
    #[serde(default)]
    pub turns: Vec<Option<Uuid>>,
}

/// What a run reads while it goes on.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    reads: Reads,
    known: BTreeSet<(&'static str, Uuid)>,
    all: Sha256,
}

impl Reading {
    /// A record that travelled along, or that was asked for.
    pub(crate) fn record(&mut self, record: &Record) {
        let digest = digest(record);
        self.all.update(digest.as_bytes());
        let key = (noun(record.kind), record.id);
        if self.known.contains(&key) {
            return;
        }
        if self.reads.records.len() >= KEPT {
            self.reads.more += 1;
            return;
        }
        self.known.insert(key);
        self.reads.records.push((key.0.to_owned(), record.id, digest));
    }

    /// What was answered.
    pub(crate) fn answer(&mut self, answer: &Answer) {
        match answer {
            Answer::Rows(rows) => rows.iter().for_each(|row| self.record(row)),
            Answer::Record(Some(record)) => self.record(record),
            Answer::Record(None) => self.all.update([0]),
            Answer::Count(count) => self.all.update(count.to_le_bytes()),
            Answer::Person(person) => self.reads.turns.push(*person),
            Answer::Groups(groups) => groups.iter().for_each(|(_, count)| self.all.update(count.to_le_bytes())),
            Answer::Refused(why) => self.all.update(why.as_bytes()),
        }
    }

    /// Everything that was read.
    pub(crate) fn done(&self) -> Reads {
        Reads { all: hex(&self.all.clone().finalize()), ..self.reads.clone() }
    }
}

/// A digest of what a record says to a script.
fn digest(record: &Record) -> String {
    let said = serde_json::to_vec(&(&record.values, &record.fields)).unwrap_or_default();
    hex(&Sha256::digest(said))
}

fn hex(hash: &[u8]) -> String {
    hash.iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect()
}
