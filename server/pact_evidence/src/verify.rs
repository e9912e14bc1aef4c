//! Whether an evidence file proves what it claims. The reader is fed line by line, so a file of any length takes little memory.
//!
//! Trust begins with the key that the auditor brings. A checkpoint that it signed covers all entries before it; so an entry before it that names the next
//! key makes that key trusted too, and so on.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Entry, Installed, PolicyAct};
use crate::file::Line;
use crate::holds::Holds;
use crate::note::{Kind, Note};
use crate::tree::{Frontier, Hash, leaf_hash};
use crate::{Checkpoint, Verifier};

/// The most faults that are told one by one.
pub const MAX_FAULTS: usize = 100;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A line that is none of an evidence file, or in the wrong place.
    #[error("line {0} cannot be read, or is in the wrong place")]
    Line(u64),
    /// The last line is missing.
    #[error("the file was cut off: its last line is missing")]
    CutOff,
    /// There is no checkpoint.
    #[error("there is no signed checkpoint in the file")]
    NoCheckpoint,
    /// A checkpoint that cannot be read.
    #[error("a checkpoint cannot be read: {0}")]
    Checkpoint(String),
    /// A checkpoint of another log.
    #[error("a checkpoint is of the log \"{0}\", and this log is \"{1}\"")]
    Origin(String, String),
    /// An entry that cannot be read.
    #[error("entry {0} cannot be read: {1}")]
    Entry(u64, String),
    /// An entry that stands elsewhere than it says.
    #[error("entry {0} says that it is number {1}")]
    Index(u64, u64),
    /// The root over the entries is not the one that was signed.
    #[error("the first {0} entries are not those that the checkpoint was signed for: an entry was changed, added or taken away")]
    Root(u64),
    /// A checkpoint that is for more entries than there are.
    #[error("a checkpoint is for {0} entries, and the file has {1}")]
    TooFew(u64, u64),
    /// Entries after the newest checkpoint.
    #[error("{0} entries stand after the newest checkpoint, so nobody signed them")]
    Unsigned(u64),
    /// The newest checkpoint is not signed by a trusted key.
    #[error("the newest checkpoint is not signed by the key that you gave, nor by one that it handed over to")]
    Signature,
    /// The older checkpoint that the auditor has is not signed by a trusted key.
    #[error("the earlier checkpoint that you gave is not signed by the key that you gave, nor by one that it handed over to")]
    Since,
    /// A text that an entry names is not there.
    #[error("entry {0} names a text with the hash {1}, which the file does not have")]
    Text(u64, Hash),
    /// The same sources get another verdict.
    #[error("entry {0}: judged again, the same sources get another verdict than the log says")]
    Verdict(u64),
    /// Sources that cannot be judged again.
    #[error("entry {0}: the sources cannot be judged again: {1}")]
    Unjudged(u64, String),
}

/// What is to be judged again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again<'a> {
    /// A plugin, together with all others that were installed.
    Plugin {
        /// Its sources.
        sources: &'a str,
        /// Its id.
        plugin: &'a str,
        /// The sources of the others, in the order of their ids.
        others: Vec<&'a str>,
        /// The fields that admins had defined: record and name, and the definition.
        fields: Vec<(&'a str, &'a str)>,
    },
    /// Everything that was installed.
    All {
        /// The sources, in the order of their ids.
        plugins: Vec<&'a str>,
        /// The fields that admins had defined: record and name, and the definition.
        fields: Vec<(&'a str, &'a str)>,
    },
    /// The definition of a field, together with everything that was installed.
    Field {
        /// The definition.
        sources: &'a str,
        /// The sources of plugins, in the order of their ids.
        plugins: Vec<&'a str>,
        /// The other fields that admins had defined: record and name, and the definition.
        fields: Vec<(&'a str, &'a str)>,
    },
}

/// Who judges again: the linter of some release.
pub trait Linter {
    /// The hash of its interface table.
    fn interface(&self) -> String;
    /// The hash of its rules.
    fn rules(&self) -> String;
    /// Its report, word for word.
    ///
    /// # Errors
    /// Why it cannot judge.
    fn judge(&mut self, again: &Again<'_>) -> Result<String, String>;
}

/// What a file proves, once it was read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    /// What is wrong; nothing when all holds.
    pub faults: Vec<Fault>,
    /// The log's name.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root over them.
    pub root: Option<Hash>,
    /// How many entries of each kind.
    pub kinds: BTreeMap<String, u64>,
    /// The same, of entries after the earlier checkpoint.
    pub new_kinds: BTreeMap<String, u64>,
    /// The instants of the first and the last entry.
    pub from_until: Option<(String, String)>,
    /// Checkpoints that hold.
    pub checkpoints: usize,
    /// Names of witnesses that cosigned the newest checkpoint, with keys that the auditor brought.
    pub witnesses: Vec<String>,
    /// Keys that the first trusted key handed over to.
    pub handed_to: Vec<String>,
    /// Verdicts that were given again, word for word.
    pub judged: usize,
    /// Verdicts of other rules or another interface, which this linter cannot give again.
    pub other_rules: usize,
}

/// A file that is being read.
#[derive(Debug)]
pub struct Reading {
    keys: Vec<Verifier>,
    since: Option<Note>,
    line: u64,
    ended: bool,
    checkpoints: Vec<(Note, Checkpoint)>,
    sizes: BTreeSet<u64>,
    roots: BTreeMap<u64, Hash>,
    since_size: u64,
    tree: Frontier,
    handovers: Vec<(u64, Verifier)>,
    /// Installations and verdicts, to be gone through again once the texts are known.
    acts: Vec<(u64, PolicyAct)>,
    named: BTreeMap<Hash, u64>,
    texts: BTreeMap<Hash, String>,
    proven: Proven,
}

impl Reading {
    /// Begins: with the keys that the auditor trusts, the log's and witnesses', and the checkpoint that he has from an earlier visit.
    #[must_use]
    pub fn new(keys: Vec<Verifier>, since: Option<Note>) -> Self {
        let mut reading = Self {
            keys,
            since: None,
            line: 0,
            ended: false,
            checkpoints: Vec::new(),
            sizes: BTreeSet::new(),
            roots: BTreeMap::new(),
            since_size: 0,
            tree: Frontier::default(),
            handovers: Vec::new(),
            acts: Vec::new(),
            named: BTreeMap::new(),
            texts: BTreeMap::new(),
            proven: Proven::default(),
        };
        if let Some(note) = since {
            match note.text.parse::<Checkpoint>() {
                Ok(checkpoint) => {
                    reading.since_size = checkpoint.size;
                    reading.sizes.insert(checkpoint.size);
                    reading.since = Some(note);
                }
                Err(error) => reading.fault(Fault::Checkpoint(error.to_string())),
            }
        }
        reading
    }

    /// The checkpoint over the most entries so far.
    #[must_use]
    pub fn newest(&self) -> Option<&Note> {
        self.checkpoints.iter().max_by_key(|(_, checkpoint)| checkpoint.size).map(|(note, _)| note)
    }

    /// Reads one line, without its line break.
    pub fn line(&mut self, line: &str) {
        self.line += 1;
        let read = Line::read(line);
        match read {
            Ok(Line::Head) if self.line == 1 => {}
            Ok(_) | Err(_) if self.line == 1 || self.ended => self.fault(Fault::Line(self.line)),
            // The sizes of checkpoints must be known before the tree grows past them.
            Ok(Line::Checkpoint(note)) if self.tree.size() == 0 => self.checkpoint(&note),
            Ok(Line::Entry(bytes)) if self.texts.is_empty() => self.entry(bytes),
            Ok(Line::Text(text)) => self.text(text),
            Ok(Line::End) => self.ended = true,
            Ok(Line::Head | Line::Checkpoint(_) | Line::Entry(_)) | Err(_) => self.fault(Fault::Line(self.line)),
        }
    }

    fn checkpoint(&mut self, note: &str) {
        let parsed = note.parse::<Note>().map_err(|error| error.to_string());
        let parsed = parsed.and_then(|note| match note.text.parse::<Checkpoint>() {
            Ok(checkpoint) => Ok((note, checkpoint)),
            Err(error) => Err(error.to_string()),
        });
        match parsed {
            Ok((note, checkpoint)) => {
                self.sizes.insert(checkpoint.size);
                self.checkpoints.push((note, checkpoint));
            }
            Err(why) => self.fault(Fault::Checkpoint(why)),
        }
    }

    fn entry(&mut self, bytes: &str) {
        let index = self.tree.size();
        self.tree.push(leaf_hash(bytes.as_bytes()), |_, _| {});
        if self.sizes.contains(&self.tree.size()) {
            self.roots.insert(self.tree.size(), self.tree.root());
        }
        let entry: Entry = match serde_json::from_str(bytes) {
            Ok(entry) => entry,
            Err(error) => return self.fault(Fault::Entry(index, error.to_string())),
        };
        if entry.index != index {
            self.fault(Fault::Index(index, entry.index));
        }
        *self.proven.kinds.entry(entry.act.kind().to_owned()).or_default() += 1;
        if index >= self.since_size {
            *self.proven.new_kinds.entry(entry.act.kind().to_owned()).or_default() += 1;
        }
        match &mut self.proven.from_until {
            Some((_, until)) => *until = entry.at,
            None => self.proven.from_until = Some((entry.at.clone(), entry.at)),
        }
        self.act(index, entry.act);
    }

    fn act(&mut self, index: u64, act: PolicyAct) {
        for text in act.texts() {
            self.named.entry(text).or_insert(index);
        }
        if let PolicyAct::LogOpened { origin } = &act
            && index == 0
        {
            self.proven.origin.clone_from(origin);
        }
        if let PolicyAct::LogKeyChanged { to, .. } = &act {
            match to.parse() {
                Ok(key) => self.handovers.push((index, key)),
                Err(_) => self.fault(Fault::Entry(index, "its key cannot be read".to_owned())),
            }
        }
        if Installed::is_followed_by(&act) || act.verdict().is_some() {
            self.acts.push((index, act));
        }
    }

    fn text(&mut self, text: String) {
        self.texts.insert(Hash::of(&text), text);
    }

    fn fault(&mut self, fault: Fault) {
        if self.proven.faults.len() < MAX_FAULTS {
            self.proven.faults.push(fault);
        }
    }

    /// Ends: compares what was built with what was signed, and judges again.
    pub fn end(mut self, linter: Option<&mut dyn Linter>) -> Proven {
        if !self.ended {
            self.fault(Fault::CutOff);
        }
        self.proven.size = self.tree.size();
        self.proven.root = Some(self.tree.root());
        self.roots.insert(0, crate::tree::fold(&[]));
        self.signatures();
        let missing: Vec<(u64, Hash)> =
            self.named.iter().filter(|(hash, _)| !self.texts.contains_key(hash)).map(|(hash, index)| (*index, *hash)).collect();
        for (index, hash) in missing {
            self.fault(Fault::Text(index, hash));
        }
        if let Some(linter) = linter {
            self.judge_all(linter);
        }
        self.proven
    }

    /// Whether a checkpoint is of this log, and its root is the one that was built.
    fn agrees(&mut self, checkpoint: &Checkpoint) -> bool {
        let before = self.proven.faults.len();
        if checkpoint.origin != self.proven.origin {
            self.fault(Fault::Origin(checkpoint.origin.clone(), self.proven.origin.clone()));
        }
        match self.roots.get(&checkpoint.size) {
            Some(root) if *root == checkpoint.root => {}
            Some(_) => self.fault(Fault::Root(checkpoint.size)),
            None => self.fault(Fault::TooFew(checkpoint.size, self.tree.size())),
        }
        self.proven.faults.len() == before
    }

    fn signatures(&mut self) {
        let mut checkpoints = std::mem::take(&mut self.checkpoints);
        let since = self.since.take();
        let of_since = since.and_then(|note| note.text.parse().ok().map(|checkpoint: Checkpoint| (note, checkpoint)));
        checkpoints.sort_by_key(|(_, checkpoint)| checkpoint.size);
        let newest = checkpoints.last().cloned();
        let mut all: Vec<(bool, (Note, Checkpoint))> = checkpoints.into_iter().map(|it| (false, it)).collect();
        all.extend(of_since.map(|it| (true, it)));
        all.sort_by_key(|(_, (_, checkpoint))| checkpoint.size);
        let mut trusted: Vec<Verifier> = self.keys.iter().filter(|key| key.kind() == Kind::Log).cloned().collect();
        let mut last_signed = None;
        for (is_since, (note, checkpoint)) in all {
            let agrees = self.agrees(&checkpoint);
            let signed = trusted.iter().any(|key| note.is_signed_by(key));
            if is_since && !signed {
                self.fault(Fault::Since);
            }
            if !(agrees && signed) {
                continue;
            }
            self.proven.checkpoints += usize::from(!is_since);
            last_signed = last_signed.max(Some(checkpoint.size));
            for (_, key) in self.handovers.iter().filter(|(index, _)| *index < checkpoint.size) {
                if !trusted.contains(key) {
                    self.proven.handed_to.push(key.to_string());
                    trusted.push(key.clone());
                }
            }
        }
        let Some((note, checkpoint)) = newest else { return self.fault(Fault::NoCheckpoint) };
        if last_signed < Some(checkpoint.size) && !trusted.iter().any(|key| note.is_signed_by(key)) {
            self.fault(Fault::Signature);
        }
        if checkpoint.size < self.tree.size() {
            self.fault(Fault::Unsigned(self.tree.size() - checkpoint.size));
        }
        let witnesses = self.keys.iter().filter(|key| key.kind() == Kind::Witness && note.is_signed_by(key));
        self.proven.witnesses = witnesses.map(|key| key.name().to_owned()).collect();
    }

    fn judge_all(&mut self, linter: &mut dyn Linter) {
        let (interface, rules) = (linter.interface(), linter.rules());
        let mut installed = Installed::default();
        for (index, act) in std::mem::take(&mut self.acts) {
            installed.follow(&act);
            let Some(verdict) = act.verdict() else { continue };
            if verdict.interface != interface || verdict.rules != rules {
                self.proven.other_rules += 1;
                continue;
            }
            let Some(again) = again(&act, &installed, &self.texts) else { continue };
            match linter.judge(&again) {
                Ok(report) if verdict.report == Hash::of(&report) => self.proven.judged += 1,
                Ok(_) => self.fault(Fault::Verdict(index)),
                Err(why) => self.fault(Fault::Unjudged(index, why)),
            }
        }
    }
}

/// What is to be judged again; nothing when a text is missing, which is a fault of its own.
fn again<'a>(act: &'a PolicyAct, installed: &'a Installed, texts: &'a BTreeMap<Hash, String>) -> Option<Again<'a>> {
    let text = |hash: &Hash| texts.get(hash).map(String::as_str);
    let fields = |but: Option<&str>| {
        let others = installed.fields.iter().filter(|(name, _)| Some(name.as_str()) != but);
        others.map(|(name, hash)| Some((name.as_str(), text(hash)?))).collect::<Option<Vec<_>>>()
    };
    let installed = &installed.plugins;
    match act.holds() {
        Holds::Plugin { plugin, sources, verdict: Some(_) } | Holds::PluginRefused { plugin, sources, .. } => {
            let others = installed.iter().filter(|(id, _)| *id != plugin).map(|(_, hash)| text(hash));
            Some(Again::Plugin {
                sources: text(&sources)?,
                plugin,
                others: others.collect::<Option<_>>()?,
                fields: fields(None)?,
            })
        }
        Holds::AllJudged { judged, .. } => {
            let plugins = judged.iter().map(|id| installed.get(id).and_then(text));
            Some(Again::All { plugins: plugins.collect::<Option<_>>()?, fields: fields(None)? })
        }
        Holds::Field { field, sources, verdict: Some(_) } | Holds::FieldRefused { field, sources, .. } => {
            let plugins = installed.values().map(text).collect::<Option<_>>()?;
            Some(Again::Field { sources: text(&sources)?, plugins, fields: fields(Some(field))? })
        }
        Holds::Plugin { verdict: None, .. }
        | Holds::Field { verdict: None, .. }
        | Holds::PluginGone { .. }
        | Holds::FieldGone { .. }
        | Holds::Text(_)
        | Holds::Person(_)
        | Holds::Words => None,
    }
}
