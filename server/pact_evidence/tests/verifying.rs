//! Evidence files through the reader: what holds, and what is found in each that does not.
#![expect(clippy::unwrap_used, reason = "a test that unwraps says where it fails")]

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use pact_evidence::act::{Change, Found, Verdict};
use pact_evidence::file::Line;
use pact_evidence::note::Kind;
use pact_evidence::tree::leaf_hash;
use pact_evidence::verify::{Again, Fault, Linter, Proven, Reading};
use pact_evidence::{By, Checkpoint, Entry, Frontier, Hash, Note, PolicyAct, Signer};

const ORIGIN: &str = "log.example/pact";

fn key(number: u8) -> Signer {
    Signer::new(ORIGIN, SigningKey::from_bytes(&[number; 32])).unwrap()
}

/// A linter that reports what it was given.
struct Parrot;

impl Linter for Parrot {
    fn interface(&self) -> String {
        "interface 1".to_owned()
    }

    fn rules(&self) -> String {
        "rules 1".to_owned()
    }

    fn judge(&mut self, again: &Again<'_>) -> Result<String, String> {
        Ok(format!("{again:?}"))
    }
}

#[derive(Default)]
struct Log {
    tree: Frontier,
    entries: Vec<String>,
    texts: BTreeMap<Hash, String>,
    checkpoints: Vec<Note>,
}

impl Log {
    fn add(&mut self, act: PolicyAct) {
        let entry =
            Entry { index: self.tree.size(), at: format!("2026-11-24T09:{:02}:00Z", self.tree.size()), by: By::system(), act };
        let text = serde_json::to_string(&entry).unwrap();
        self.tree.push(leaf_hash(text.as_bytes()), |_, _| {});
        self.entries.push(text);
    }

    fn text(&mut self, text: &str) -> Hash {
        self.texts.insert(Hash::of(text), text.to_owned());
        Hash::of(text)
    }

    fn sign(&mut self, keys: &[&Signer]) -> Note {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: self.tree.size(), root: self.tree.root() };
        self.checkpoints.push(checkpoint.sign(keys));
        self.checkpoints.last().cloned().unwrap()
    }

    fn lines(&self) -> Vec<String> {
        let checkpoints = self.checkpoints.iter().map(|note| Line::Checkpoint(note.to_string()));
        let entries = self.entries.iter().map(|entry| Line::Entry(entry));
        let texts = self.texts.values().map(|text| Line::Text(text.clone()));
        let all = std::iter::once(Line::Head).chain(checkpoints).chain(entries).chain(texts).chain([Line::End]);
        all.map(|line| line.write().trim_end_matches('\n').to_owned()).collect()
    }
}

fn verdict(again: &Again<'_>, findings: Vec<Found>) -> Verdict {
    let report = Hash::of(Parrot.judge(again).unwrap());
    Verdict { interface: Parrot.interface(), rules: Parrot.rules(), report, findings }
}

fn read(lines: &[String], keys: &[&Signer], since: Option<Note>) -> Proven {
    let mut reading = Reading::new(keys.iter().map(|key| key.verifier(Kind::Log)).collect(), since);
    lines.iter().for_each(|line| reading.line(line));
    reading.end(Some(&mut Parrot))
}

/// A log with two plugins, a field, a refusal and a key that followed another.
fn log() -> Log {
    let mut log = Log::default();
    log.add(PolicyAct::LogOpened { origin: ORIGIN.to_owned() });
    let (a, b, field) = (log.text("plugin a"), log.text("plugin b"), log.text("field"));
    let install = |plugin: &str, sources, verdict| PolicyAct::PluginInstalled {
        plugin: plugin.to_owned(),
        version: "1".to_owned(),
        sources,
        replaces: None,
        verdict,
    };
    log.add(install(
        "a",
        a,
        verdict(&Again::Plugin { sources: "plugin a", plugin: "a", others: vec![], fields: vec![] }, vec![]),
    ));
    log.add(install(
        "b",
        b,
        verdict(&Again::Plugin { sources: "plugin b", plugin: "b", others: vec!["plugin a"], fields: vec![] }, vec![]),
    ));
    log.sign(&[&key(1)]);
    let again = Again::Field { sources: "field", plugins: vec!["plugin a", "plugin b"], fields: vec![] };
    let name = "customer.visits".to_owned();
    log.add(PolicyAct::FieldDefined {
        field: name,
        change: Change::Made,
        sources: field,
        about: Some("customer".to_owned()),
        verdict: verdict(&again, vec![]),
    });
    log.add(PolicyAct::LogKeyChanged {
        from: Some(key(1).verifier(Kind::Log).to_string()),
        to: key(2).verifier(Kind::Log).to_string(),
    });
    log.sign(&[&key(1), &key(2)]);
    let again = Again::Plugin {
        sources: "plugin b",
        plugin: "c",
        others: vec!["plugin a", "plugin b"],
        fields: vec![("customer.visits", "field")],
    };
    log.text(&Parrot.judge(&again).unwrap());
    let found = Found { rule: "no-activity-metric".to_owned(), file: "c.rhai".to_owned(), line: 3 };
    log.add(PolicyAct::PluginRefused {
        plugin: "c".to_owned(),
        version: "1".to_owned(),
        sources: b,
        verdict: verdict(&again, vec![found]),
    });
    let other = Verdict { rules: "rules 0".to_owned(), ..verdict(&again, vec![]) };
    log.add(install("d", b, other));
    log.sign(&[&key(2)]);
    log
}

#[test]
fn a_whole_file_proves_all_of_it() {
    let log = log();
    let proven = read(&log.lines(), &[&key(1)], Some(log.checkpoints[0].clone()));
    assert_eq!(proven.faults, []);
    assert_eq!((proven.size, proven.checkpoints, proven.judged, proven.other_rules), (7, 3, 4, 1));
    assert_eq!(proven.handed_to, [key(2).verifier(Kind::Log).to_string()]);
    assert_eq!(proven.kinds["plugin_installed"], 3);
    assert_eq!(proven.new_kinds.values().sum::<u64>(), 4);
    assert_eq!(proven.from_until, Some(("2026-11-24T09:00:00Z".to_owned(), "2026-11-24T09:06:00Z".to_owned())));
}

#[test]
fn the_newest_key_alone_is_enough_for_the_newest_checkpoint() {
    assert_eq!(read(&log().lines(), &[&key(2)], None).faults, []);
}

#[test]
fn another_key_proves_nothing() {
    let log = log();
    assert_eq!(read(&log.lines(), &[&key(3)], None).faults, [Fault::Signature]);
    assert_eq!(read(&log.lines(), &[], None).faults, [Fault::Signature]);
    let since = log.checkpoints[0].clone();
    assert_eq!(
        read(&log.lines(), &[&key(2)], Some(since)).faults,
        [Fault::Since],
        "the earlier one was signed by the earlier key"
    );
}

#[test]
fn a_key_that_took_over_without_the_earlier_one_is_not_trusted() {
    let mut log = log();
    log.checkpoints.remove(1);
    // The first checkpoint was signed before the entry that names the second key.
    assert_eq!(read(&log.lines(), &[&key(1)], None).faults, [Fault::Signature]);
}

#[test]
fn a_log_that_forked_is_found_by_the_earlier_checkpoint() {
    let mut other = Log::default();
    other.add(PolicyAct::LogOpened { origin: ORIGIN.to_owned() });
    other.add(PolicyAct::PluginRemoved { plugin: "a".to_owned() });
    other.add(PolicyAct::PluginRemoved { plugin: "b".to_owned() });
    other.sign(&[&key(1)]);
    let seen = log().checkpoints[0].clone();
    assert_eq!(read(&other.lines(), &[&key(1)], Some(seen.clone())).faults, [Fault::Root(3)]);
    let mut shorter = Log::default();
    shorter.add(PolicyAct::LogOpened { origin: ORIGIN.to_owned() });
    shorter.sign(&[&key(1)]);
    assert_eq!(read(&shorter.lines(), &[&key(1)], Some(seen)).faults, [Fault::TooFew(3, 1)]);
}

#[test]
fn the_same_sources_with_another_verdict_are_found() {
    let mut log = Log::default();
    log.add(PolicyAct::LogOpened { origin: ORIGIN.to_owned() });
    let sources = log.text("plugin a");
    // Judged as if nothing else were installed, and something is.
    log.add(PolicyAct::PluginFound { plugin: "z".to_owned(), version: "1".to_owned(), sources });
    let verdict = verdict(&Again::Plugin { sources: "plugin a", plugin: "a", others: vec![], fields: vec![] }, vec![]);
    log.add(PolicyAct::PluginInstalled { plugin: "a".to_owned(), version: "1".to_owned(), sources, replaces: None, verdict });
    log.sign(&[&key(1)]);
    assert_eq!(read(&log.lines(), &[&key(1)], None).faults, [Fault::Verdict(2)]);
}

#[test]
fn every_change_of_a_line_is_found() {
    let log = log();
    let lines = log.lines();
    for at in 0..lines.len() {
        let mut without = lines.clone();
        let gone = without.remove(at);
        if gone != lines[1] {
            // An earlier checkpoint may be left out, if no key followed in it.
            assert!(!read(&without, &[&key(1)], None).faults.is_empty(), "without line {}: {gone}", at + 1);
        }
        let mut twice = lines.clone();
        twice.insert(at, lines[at].clone());
        if !gone.starts_with("checkpoint") && !gone.starts_with("text") {
            assert!(!read(&twice, &[&key(1)], None).faults.is_empty(), "line {} twice", at + 1);
        }
        for byte in 0..lines[at].len() {
            let mut bytes = lines[at].clone().into_bytes();
            bytes[byte] ^= 1;
            let Ok(line) = String::from_utf8(bytes) else { continue };
            let mut changed = lines.clone();
            changed[at] = line;
            // The second key's own signature of the entry that names it says nothing that the first key's does not.
            if at == 2 && byte > lines[at].rfind('\u{2014}').unwrap() {
                continue;
            }
            let checked = read(&changed, &[&key(1)], None);
            assert!(!checked.faults.is_empty() || checked.checkpoints < 3, "byte {byte} of line {}: {}", at + 1, changed[at]);
        }
    }
}
