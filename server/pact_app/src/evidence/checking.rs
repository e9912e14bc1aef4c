//! Whether the stored log is the one that was written: every column of every row follows from the entries, or is hashed or signed.
//!
//! Who can write to the database can also write a whole other log; that is found by the key, which is not in the database, and by checkpoints that auditors
//! and witnesses keep.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pact_core::role::Role;
use pact_core::time::Instant;
use pact_evidence::act::Pseudonym;
use pact_evidence::tile::{HEIGHT, is_kept};
use pact_evidence::tree::leaf_hash;
use pact_evidence::{Checkpoint, Entry, Frontier, Hash, Note, PolicyAct, Verifier};
use pact_store::entity::evidence_entry;
use pact_store::evidence as store;
use uuid::Uuid;

use crate::messages::{Message, send};
use crate::{App, Refusal};

/// Rows that are read at once.
const ROWS_AT_ONCE: u64 = 500;
/// The most faults that are told.
const MAX_FAULTS: usize = 100;

/// What a self-check found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// When it was made.
    pub at: Instant,
    /// How many entries there are.
    pub size: u64,
    /// What is wrong, in words; nothing when all is as it was written.
    pub faults: Vec<String>,
}

/// What is built up while the entries are read.
#[derive(Default)]
struct Check {
    tree: Frontier,
    nodes: BTreeMap<(i64, i64), String>,
    sizes: BTreeSet<u64>,
    roots: BTreeMap<u64, Hash>,
    origin: String,
    keys: Vec<Verifier>,
    texts: BTreeSet<String>,
    names: BTreeSet<String>,
    faults: Vec<String>,
}

/// Checks the stored log, remembers what was found, and tells admins and auditors when something is.
///
/// # Errors
/// A store that does not answer.
pub async fn check(app: &App) -> Result<Arc<Checked>, Refusal> {
    let mut check = Check::default();
    check.run(app).await?;
    let checked = Arc::new(Checked { at: app.clock.now(), size: check.tree.size(), faults: check.faults });
    let before = app.evidence.checked.swap(Some(checked.clone()));
    if !checked.faults.is_empty() && before.is_none_or(|before| before.faults != checked.faults) {
        tell(app, &checked).await?;
    }
    Ok(checked)
}

/// Says in the server's log and to those who must know that the log was changed.
async fn tell(app: &App, checked: &Checked) -> Result<(), Refusal> {
    for fault in &checked.faults {
        tracing::error!(fault, "the stored audit log is not the one that was written");
    }
    let snapshot = app.organisation();
    let concerned = |role: Role| matches!(role, Role::Admin | Role::Auditor);
    let members = snapshot.people.values().filter(|member| member.row.active && concerned(member.role));
    let to: Vec<_> = members.map(|member| member.row.id).collect();
    let at = checked.at;
    let first = checked.faults.first().cloned().unwrap_or_default();
    let text = format!(
        "The stored audit log is not the one that was written: {first}. Run `pact audit check`, and compare with a checkpoint that you kept."
    );
    app.store
        .write(async move |tx| {
            for person in &to {
                let text = text.clone();
                send(tx, Message { to: *person, kind: "notice", record_kind: "audit_log", record: Uuid::nil(), text, at });
            }
            Ok::<_, Refusal>(())
        })
        .await
}

impl Check {
    async fn run(&mut self, app: &App) -> Result<(), Refusal> {
        let conn = app.store.read();
        // Before the head, so that none is over more entries than are read.
        let checkpoints = store::checkpoints(conn).await?;
        let head = store::head(conn).await?;
        let size = head.as_ref().map_or(0, |head| head.size);
        self.sizes = checkpoints.iter().filter_map(|row| u64::try_from(row.size).ok()).collect();
        let mut from = i64::MIN;
        loop {
            let rows = store::entries(conn, from, ROWS_AT_ONCE).await?;
            let Some(last) = rows.last() else { break };
            from = last.number.saturating_add(1);
            // What was appended since the head was read is the next check's.
            rows.iter().filter(|row| row.number < size).for_each(|row| self.entry(row));
            if from >= size {
                break;
            }
        }
        if let Some(head) = head {
            let peaks: Vec<String> = self.tree.peaks().iter().map(Hash::to_string).collect();
            self.expect(head.origin == self.origin, || "the log's name is not the one of its first entry".to_owned());
            let there = self.tree.size();
            self.expect(i64::try_from(there) == Ok(head.size), || {
                format!("the head says {} entries, and there are {there}", head.size)
            });
            self.expect(head.peaks.0 == peaks, || "the hashes of the head are not those of the entries".to_owned());
        } else if !store::entries(conn, i64::MIN, 1).await?.is_empty() {
            self.faults.push("the head of the log is missing".to_owned());
        }
        for row in store::nodes(conn).await? {
            let known = self.nodes.remove(&(row.level, row.number));
            // What is complete since the head was read is the next check's.
            let is_later = known.is_none() && is_after(row.level, row.number, size);
            self.expect(is_later || known.is_some_and(|known| known == row.hash), || {
                format!("the hash {} at level {} is not that of the entries", row.number, row.level)
            });
        }
        let missing: Vec<(i64, i64)> = self.nodes.keys().copied().collect();
        for (level, number) in missing {
            self.faults.push(format!("the hash {number} at level {level} is missing"));
        }
        for row in checkpoints {
            self.checkpoint(row.size, &row.note);
        }
        self.beside(app).await?;
        self.faults.truncate(MAX_FAULTS);
        Ok(())
    }

    fn expect(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds && self.faults.len() < MAX_FAULTS {
            self.faults.push(fault());
        }
    }

    fn entry(&mut self, row: &evidence_entry::Model) {
        let number = self.tree.size();
        self.expect(u64::try_from(row.number) == Ok(number), || format!("entry {number} is missing, or stands elsewhere"));
        let leaf = leaf_hash(row.body.as_bytes());
        self.expect(leaf.to_string() == row.leaf, || format!("entry {number} is not the one whose hash was kept"));
        let nodes = &mut self.nodes;
        self.tree.push(leaf, |node, hash| {
            if is_kept(node) && node.level > 0 {
                let key = ((node.level / HEIGHT).into(), i64::try_from(node.index).unwrap_or(i64::MAX));
                nodes.insert(key, hash.to_string());
            }
        });
        if self.sizes.contains(&self.tree.size()) {
            self.roots.insert(self.tree.size(), self.tree.root());
        }
        let Ok(entry) = serde_json::from_str::<Entry>(&row.body) else {
            return self.faults.push(format!("entry {number} cannot be read"));
        };
        self.expect(entry.index == number, || format!("entry {number} says that it is number {}", entry.index));
        self.expect(entry.act.kind() == row.kind, || format!("entry {number} is listed as another kind of act than it is"));
        self.texts.extend(entry.act.texts().iter().map(Hash::to_string));
        self.names.extend(entry.by.who.into_iter().chain(entry.act.pseudonym()).map(|name| name.0.to_string()));
        if let PolicyAct::LogOpened { origin } = &entry.act
            && number == 0
        {
            self.origin.clone_from(origin);
        }
        if let PolicyAct::LogKeyChanged { to: key, .. } | PolicyAct::WitnessRegistered { key } = &entry.act {
            self.keys.extend(key.parse::<Verifier>().ok());
        }
    }

    fn checkpoint(&mut self, size: i64, note: &str) {
        let read = note.parse::<Note>().ok().and_then(|note| note.text.parse::<Checkpoint>().ok().map(|it| (note, it)));
        let Some((note, checkpoint)) = read else {
            return self.faults.push(format!("the checkpoint for {size} entries cannot be read"));
        };
        let root = self.roots.get(&checkpoint.size).copied();
        let is_ours = i64::try_from(checkpoint.size) == Ok(size) && checkpoint.origin == self.origin;
        self.expect(is_ours && root == Some(checkpoint.root), || {
            format!("the checkpoint for {size} entries is not over the entries that are there")
        });
        for signature in &note.signatures {
            let holds = self.keys.iter().any(|key| key.holds(&note.text, signature));
            self.expect(holds, || {
                format!("the checkpoint for {size} entries has a signature of {} that does not hold", signature.name)
            });
        }
    }

    /// Texts and names beside the log.
    async fn beside(&mut self, app: &App) -> Result<(), Refusal> {
        let conn = app.store.read();
        let (mut after, mut there) = (String::new(), BTreeSet::new());
        loop {
            let rows = store::texts(conn, &after, ROWS_AT_ONCE).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.hash);
            for row in rows {
                self.expect(Hash::of(&row.body).to_string() == row.hash, || format!("the text {} is another one", row.hash));
                there.insert(row.hash);
            }
        }
        let missing: Vec<String> = self.texts.difference(&there).cloned().collect();
        for hash in missing {
            self.expect(false, || format!("the text {hash}, which an entry names, is missing"));
        }
        let mut after = String::new();
        loop {
            let rows = store::names(conn, &after, ROWS_AT_ONCE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after.clone_from(&last.pseudonym);
            for row in rows {
                let salt = unhex(&row.salt.0).unwrap_or_default();
                let is_it = Pseudonym::of(&salt, row.person_id.as_bytes()).0.to_string() == row.pseudonym;
                self.expect(is_it, || format!("the pseudonym {} stands for somebody else", row.pseudonym));
            }
        }
    }
}

/// Whether a kept hash is over entries that a log of this size does not all have.
fn is_after(level: i64, number: i64, size: i64) -> bool {
    let width = u32::try_from(level).ok().and_then(|level| 256_i64.checked_pow(level));
    let end = width.and_then(|width| number.checked_add(1)?.checked_mul(width));
    level > 0 && number >= 0 && end.is_none_or(|end| end > size)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let is_lower = !bytes.iter().any(u8::is_ascii_uppercase) && bytes.len().is_multiple_of(2);
    is_lower.then(|| bytes.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()).flatten()
}
