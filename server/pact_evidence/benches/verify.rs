//! How long it takes to check a log with a million entries: every entry read, hashed and followed, the root compared with what was signed.
//!
//! `cargo bench -p pact_evidence`; fails when it takes longer than [`TARGET_S`].
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

use std::time::Instant;

use ed25519_dalek::SigningKey;
use pact_evidence::act::{Pseudonym, Verdict};
use pact_evidence::file::Line;
use pact_evidence::note::Kind;
use pact_evidence::tree::leaf_hash;
use pact_evidence::verify::Reading;
use pact_evidence::{By, Checkpoint, Entry, Frontier, Hash, PolicyAct, Signer};

/// Entries of the log.
const ENTRIES: u64 = 1_000_000;
/// What issue 6 asks for, in seconds.
const TARGET_S: f64 = 10.0;
const ORIGIN: &str = "log.example/pact";

fn act(number: u64) -> PolicyAct {
    let sources = Hash::of(b"the same sources");
    match number % 4 {
        0 => PolicyAct::RoleChanged {
            person: Pseudonym::of(&number.to_be_bytes(), b"ann"),
            from: None,
            to: Some("rep".to_owned()),
        },
        1 => PolicyAct::PluginSwitched { plugin: "lead-push".to_owned(), enabled: number % 8 == 1 },
        2 => PolicyAct::EvidenceExported { size: number },
        _ => PolicyAct::PluginInstalled {
            plugin: format!("plugin-{}", number % 5_000),
            version: "1.0.0".to_owned(),
            sources,
            replaces: None,
            verdict: Verdict {
                interface: Hash::of(b"interface").to_string(),
                rules: Hash::of(b"rules").to_string(),
                report: sources,
                findings: Vec::new(),
            },
        },
    }
}

fn main() {
    let key = Signer::new(ORIGIN, SigningKey::from_bytes(&[1; 32])).unwrap();
    let began = Instant::now();
    let (mut tree, mut file) = (Frontier::default(), String::new());
    for index in 0..ENTRIES {
        let act = if index == 0 { PolicyAct::LogOpened { origin: ORIGIN.to_owned() } } else { act(index) };
        let by = By {
            kind: "person".to_owned(),
            role: Some("admin".to_owned()),
            who: Some(Pseudonym::of(&index.to_be_bytes(), b"eve")),
        };
        let entry = serde_json::to_string(&Entry { index, at: "2026-11-24T09:10:00.000Z".to_owned(), by, act }).unwrap();
        tree.push(leaf_hash(entry.as_bytes()), |_, _| {});
        file.push_str(&Line::Entry(&entry).write());
    }
    let note = Checkpoint { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() }.sign(&[&key]);
    let head = [Line::Head.write(), Line::Checkpoint(note.to_string()).write()].concat();
    file = [head, file, Line::Text("the same sources".to_owned()).write(), Line::End.write()].concat();
    println!("a log of {ENTRIES} entries, {} MiB, written in {:.2} s", file.len() >> 20, began.elapsed().as_secs_f64());

    let began = Instant::now();
    let mut reading = Reading::new(vec![key.verifier(Kind::Log)], None);
    file.lines().for_each(|line| reading.line(line));
    let proven = reading.end(None);
    let took = began.elapsed().as_secs_f64();
    assert_eq!((proven.faults.as_slice(), proven.size), (&[][..], ENTRIES));
    println!("checked in {took:.2} s (to be under {TARGET_S} s)");
    assert!(took < TARGET_S, "it takes too long");
}
