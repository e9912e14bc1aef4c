//! A judge that remembers says what judging everything from scratch says, whatever was edited before.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use std::path::Path;

use pact_policy::manifest::{File, Plugin};
use pact_policy::{Judge, Source, lint};

/// Numbers that look drawn: the same seed draws the same.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// Plugins of the corpus that store for each other, and single scripts.
fn corpus() -> Vec<Source> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let mut sources = Vec::new();
    for folder in ["own/refuse-together", "own/pass-together", "worked/refuse-together"] {
        for set in below(&corpus.join(folder)) {
            for folder in below(&set).into_iter().filter(|path| path.join("plugin.toml").is_file()) {
                let scripts = below(&folder).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rhai"));
                let scripts = scripts.map(|path| read(&path)).collect();
                sources.push(Source::Plugin(Box::new(Plugin::from_folder(read(&folder.join("plugin.toml")), scripts).unwrap())));
            }
        }
    }
    for path in below(&corpus.join("worked/refuse")).into_iter().chain(below(&corpus.join("worked/pass"))) {
        sources.push(Source::Plugin(Box::new(Plugin::from_script(read(&path)).unwrap())));
    }
    for path in below(&corpus.join("../../scripts/std"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "rhai"))
    {
        let name = format!("std/{}", path.file_stem().unwrap().to_string_lossy());
        sources.push(Source::Module { name, file: read(&path), of: None });
    }
    sources
}

fn below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> File {
    File::from_bytes(&path.display().to_string(), std::fs::read(path).unwrap()).unwrap()
}

/// An edit: a line taken out, a line doubled, a character taken out, or nothing but a space more.
fn edited(draw: &mut Draw, source: &Source) -> Source {
    let change = |draw: &mut Draw, text: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        let at = draw.below(lines.len().max(1)).min(lines.len().saturating_sub(1));
        match draw.below(4) {
            0 if !lines.is_empty() => drop(lines.remove(at)),
            1 if !lines.is_empty() => lines.insert(at, lines[at]),
            2 => return text.chars().enumerate().filter(|(n, _)| *n != at * 7).map(|(_, c)| c).collect(),
            _ => return format!("{text} "),
        }
        lines.join("\n")
    };
    let mut edited = source.clone();
    match &mut edited {
        Source::Plugin(plugin) => {
            let nth = draw.below(plugin.files.len().max(1));
            if let Some(text) = plugin.files.values_mut().nth(nth) {
                *text = change(draw, text);
            }
            if draw.below(4) == 0 {
                plugin.manifest.may.pop();
            }
            if draw.below(4) == 0 {
                plugin.manifest.fields.pop();
            }
        }
        Source::Module { file, .. } => file.text = change(draw, &file.text),
        Source::Fields { .. } | Source::Views { .. } => {}
    }
    edited
}

#[test]
fn what_is_remembered_changes_no_verdict() {
    let all = corpus();
    assert!(all.len() > 60, "{}", all.len());
    for seed in 1..=4 {
        let mut draw = Draw(seed);
        let mut judge = Judge::default();
        for turn in 0..40 {
            // Most edits change what is there; some bring a plugin, take one out, or bring it back as it was.
            let source = &all[draw.below(all.len())];
            match draw.below(6) {
                0 => drop(judge.remove(source.name())),
                1 | 2 => judge.set(source.clone()),
                _ => judge.set(edited(&mut draw, source)),
            }
            if turn % 3 == 0 {
                let sources: Vec<Source> = judge.sources().cloned().collect();
                assert_eq!(judge.judge(), lint(&sources), "seed {seed}, turn {turn}");
            }
        }
    }
}

/// The order in which sources come decides nothing.
#[test]
fn the_order_of_sources_changes_no_verdict() {
    let all = corpus();
    let forwards = lint(&all);
    let backwards: Vec<Source> = all.into_iter().rev().collect();
    assert!(!forwards.findings.is_empty());
    assert_eq!(forwards, lint(&backwards));
}
