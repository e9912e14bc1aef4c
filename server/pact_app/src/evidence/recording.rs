//! One entry more, in the transaction of the act that it records.

use pact_core::role::Role;
use pact_core::time::Instant;
use pact_evidence::act::Pseudonym;
use pact_evidence::tile::{HEIGHT, MAX_ENTRY_BYTES, is_kept};
use pact_evidence::tree::leaf_hash;
use pact_evidence::{By, Entry, Frontier, Hash, PolicyAct};
use pact_store::entity::{evidence_entry, evidence_head, evidence_node};
use pact_store::{AsJson, Tx, evidence as store};
use uuid::Uuid;

use super::sources::Sources;
use crate::access::{hex, random};
use crate::formulas::name_of;
use crate::judging::Definition;
use crate::{Actor, Refusal};

/// Bytes of chance in the salt of a pseudonym.
const SALT_BYTES: usize = 16;

/// Writes a policy act into the log, with the commit of `tx`.
///
/// # Errors
/// What the store reports; then the act itself is not done either.
pub(crate) async fn record(tx: &Tx, actor: &Actor, now: Instant, act: PolicyAct) -> Result<(), Refusal> {
    Recording::by(actor, now)?.write(tx, act).await
}

/// An entry that is being made, with what stands beside the log for it.
pub(crate) struct Recording {
    at: Instant,
    by: By,
    names: Vec<(Pseudonym, String, Uuid)>,
    texts: Vec<(Hash, String)>,
}

impl Recording {
    /// An entry about something that `actor` does.
    ///
    /// # Errors
    /// A machine without a source of chance.
    pub(crate) fn by(actor: &Actor, now: Instant) -> Result<Self, Refusal> {
        match actor {
            Actor::Person(caller) => Self::by_person(caller.person_id, Some(caller.role), now),
            Actor::Plugin { .. } | Actor::Form { .. } | Actor::Import { .. } | Actor::System => {
                Ok(Self { at: now, by: By::system(), names: Vec::new(), texts: Vec::new() })
            }
        }
    }

    /// An entry about something that a person does.
    ///
    /// # Errors
    /// A machine without a source of chance.
    pub(crate) fn by_person(person: Uuid, role: Option<Role>, now: Instant) -> Result<Self, Refusal> {
        let mut recording = Self { at: now, by: By::system(), names: Vec::new(), texts: Vec::new() };
        let who = recording.person(person)?;
        recording.by = By { kind: "person".to_owned(), role: role.map(|role| role.to_string()), who: Some(who) };
        Ok(recording)
    }

    /// A person whom the entry names, by a pseudonym of its own.
    ///
    /// # Errors
    /// A machine without a source of chance.
    pub(crate) fn person(&mut self, person: Uuid) -> Result<Pseudonym, Refusal> {
        let salt = random::<SALT_BYTES>()?;
        let pseudonym = Pseudonym::of(&salt, person.as_bytes());
        self.names.push((pseudonym, hex(&salt), person));
        Ok(pseudonym)
    }

    /// A text that the entry names by its hash.
    pub(crate) fn text(&mut self, text: String) -> Hash {
        let hash = Hash::of(&text);
        self.texts.push((hash, text));
        hash
    }

    /// Writes the entry. The log is begun with what is installed when nothing was recorded yet.
    ///
    /// # Errors
    /// What the store reports.
    pub(crate) async fn write(self, tx: &Tx, act: PolicyAct) -> Result<(), Refusal> {
        let head = match store::hold_head(tx).await? {
            Some(head) => head,
            None => begin(tx, self.at).await?,
        };
        for (hash, text) in self.texts {
            store::keep_text(tx, hash.to_string(), text).await?;
        }
        for (pseudonym, salt, person) in self.names {
            store::keep_name(tx, pseudonym.0.to_string(), salt, person).await?;
        }
        append(tx, head, self.at, self.by, act).await?;
        Ok(())
    }
}

/// The log's first entries: its name, and the plugins that were there before it.
async fn begin(tx: &Tx, now: Instant) -> Result<evidence_head::Model, Refusal> {
    let origin = format!("pact/{}", pact_core::id::random());
    let mut head = store::open(tx, origin.clone()).await?;
    head = append(tx, head, now, By::system(), PolicyAct::LogOpened { origin }).await?;
    for plugin in pact_store::plugin::all(tx).await? {
        let Some(version) = pact_store::plugin::newest_version(tx, &plugin.id).await? else { continue };
        let text = Sources::stored(&version).map_err(Refusal::defect)?.text();
        let sources = Hash::of(&text);
        store::keep_text(tx, sources.to_string(), text).await?;
        let act = PolicyAct::PluginFound { plugin: plugin.id, version: version.version, sources };
        head = append(tx, head, now, By::system(), act).await?;
    }
    for field in pact_store::field::all(tx).await?.iter().filter(|field| field.plugin_id.is_none()) {
        let text = Definition::of(field)?.text;
        let sources = Hash::of(&text);
        store::keep_text(tx, sources.to_string(), text).await?;
        head = append(tx, head, now, By::system(), PolicyAct::FieldFound { field: name_of(field), sources }).await?;
    }
    Ok(head)
}

/// The tree as the head has it.
///
/// # Errors
/// A head that makes no sense: somebody changed it.
pub(super) fn frontier(head: &evidence_head::Model) -> Result<Frontier, Refusal> {
    let peaks: Option<Vec<Hash>> = head.peaks.iter().map(|peak| peak.parse().ok()).collect();
    let tree = u64::try_from(head.size).ok().zip(peaks).and_then(|(size, peaks)| Frontier::of(size, peaks));
    tree.ok_or_else(|| Refusal::defect("the head of the audit log was changed: `pact audit check` says more"))
}

async fn append(
    tx: &Tx,
    head: evidence_head::Model,
    now: Instant,
    by: By,
    act: PolicyAct,
) -> Result<evidence_head::Model, Refusal> {
    let mut tree = frontier(&head)?;
    let kind = act.kind().to_owned();
    let at = serde_json::to_value(now).ok().and_then(|at| at.as_str().map(str::to_owned)).unwrap_or_default();
    let entry = Entry { index: tree.size(), at, by, act };
    let body = serde_json::to_string(&entry).map_err(Refusal::defect)?;
    if body.len() > MAX_ENTRY_BYTES {
        return Err(Refusal::defect("an entry of the audit log is longer than a bundle holds"));
    }
    let leaf = leaf_hash(body.as_bytes());
    let mut nodes = Vec::new();
    tree.push(leaf, |node, hash| {
        if is_kept(node) && node.level > 0 {
            let number = i64::try_from(node.index).unwrap_or(i64::MAX);
            nodes.push(evidence_node::Model { level: (node.level / HEIGHT).into(), number, hash: hash.to_string() });
        }
    });
    let row = evidence_entry::Model { number: head.size, kind, body, leaf: leaf.to_string() };
    let peaks = AsJson(tree.peaks().iter().map(Hash::to_string).collect());
    let after = evidence_head::Model { origin: head.origin, size: head.size + 1, peaks };
    store::append(tx, row, nodes, after.clone()).await?;
    Ok(after)
}
