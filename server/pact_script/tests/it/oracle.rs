//! The oracle over the corpus: what the linter lets pass does not differ, and what it refuses leaks where it can be seen.

use std::path::{Path, PathBuf};

use pact_policy::manifest::File;
use pact_policy::{Source, lint};
use pact_script::oracle::{Judged, Options, Proof, prove};
use pact_script::plugin::{Loaded, Std, load_all};

use crate::support::{pool, repository};

/// Folders with scripts that pass and scripts that are refused: the worked corpus and our own; with `PACT_ORACLE_CORPUS=all` also
/// one for each technique.
fn folders() -> Vec<(PathBuf, bool)> {
    let mut all: Vec<PathBuf> = ["tests/corpus/worked", "tests/corpus/own"].map(repository).to_vec();
    if std::env::var("PACT_ORACLE_CORPUS").is_ok_and(|which| which == "all") {
        let techniques = std::fs::read_dir(repository("tests/corpus/techniques")).unwrap();
        all.extend(techniques.map(|entry| entry.unwrap().path()));
    }
    all.sort();
    let both = all.iter().flat_map(|folder| [(folder.join("pass"), true), (folder.join("refuse"), false)]);
    both.filter(|(folder, _)| folder.is_dir()).collect()
}

/// Worlds for each entry point; `PACT_ORACLE_WORLDS` asks for more.
const WORLDS: u32 = 3;
/// The least part of the refused entry points, in percent, for which a pair of worlds is found: less means that worlds or
/// perturbations have become blunt.
const WITNESSED_PERCENT: u64 = 60;

fn worlds() -> u32 {
    std::env::var("PACT_ORACLE_WORLDS").ok().and_then(|worlds| worlds.parse().ok()).unwrap_or(WORLDS)
}

/// A script with the modules that it may import.
fn sources(loaded: &Loaded, std: &Std) -> Vec<Source> {
    let module = |(name, text): (&str, &str)| {
        let file = File { name: format!("{name}.rhai"), text: text.to_owned() };
        Source::Module { name: name.to_owned(), file, of: None }
    };
    let script = Source::Plugin(Box::new(loaded.plugin.clone()));
    std::iter::once(script).chain(std.modules().map(module)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_scripts_of_the_corpus_do_not_differ_and_refused_ones_leak() {
    let pool = pool(2);
    let std = Std::load(&repository("scripts/std")).unwrap();
    let mut proof = Proof { seed: 1, ..Proof::default() };
    for (folder, passes) in folders() {
        for (path, loaded) in load_all(&folder, &std) {
            let name = path.file_name().map(Path::new).unwrap_or(&path).display();
            // What cannot even be loaded is refused, and there is nothing to run.
            let Ok(loaded) = loaded else { continue };
            let report = lint(&sources(&loaded, &std));
            assert_eq!(report.findings.is_empty(), passes, "{}/{name}: {:?}", folder.display(), report.findings);
            let judged = Judged { plugin: &loaded, refused: !passes };
            proof.entries.extend(prove(&pool, &[judged], Options { seed: 1, worlds: worlds(), smallest: passes }).await.entries);
        }
    }
    let sums = proof.statistics();
    println!("{}", proof.text());
    assert_eq!(sums.accepted_differing, 0, "{}", defects(proof));
    assert!(sums.accepted > 100 && sums.refused > 100, "{sums:?}");
    assert!(sums.refused_witnessed * 100 >= sums.refused * WITNESSED_PERCENT, "{sums:?}");
}

fn defects(proof: Proof) -> String {
    let defects = proof.entries.into_iter().filter(pact_script::oracle::EntryProof::is_defect).collect();
    Proof { entries: defects, ..proof }.text()
}

/// A set of the corpus, loaded, with whether the linter refuses each of its plugins.
fn set(name: &str) -> Vec<(Loaded, bool)> {
    let std = Std::load(&repository("scripts/std")).unwrap();
    let folder = repository("tests/corpus").join(name);
    let loaded: Vec<Loaded> = load_all(&folder, &std).into_iter().map(|(_, loaded)| loaded.unwrap()).collect();
    let report = lint(&loaded.iter().flat_map(|loaded| sources(loaded, &std)).collect::<Vec<_>>());
    let refused = |loaded: &Loaded| {
        let own = |file: &str| file == loaded.plugin.manifest_file.name || loaded.plugin.files.contains_key(file);
        report.findings.iter().any(|finding| own(&finding.file))
    };
    loaded.into_iter().map(|loaded| (refused(&loaded), loaded)).map(|(refused, loaded)| (loaded, refused)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plugins_that_leak_only_together_are_shown_together() {
    let pool = pool(2);
    let options = Options { seed: 1, worlds: 6, smallest: true };
    let plugins = set("held-out-6/refuse-together/writer-then-count");
    let judged: Vec<Judged<'_>> = plugins.iter().map(|(plugin, refused)| Judged { plugin, refused: *refused }).collect();
    for alone in &plugins {
        let proof = prove(&pool, &[Judged { plugin: &alone.0, refused: false }], options).await;
        assert!(proof.entries.iter().all(|entry| entry.difference.is_none()), "alone: {}", proof.text());
    }
    let proof = prove(&pool, &judged, options).await;
    let sums = proof.statistics();
    assert_eq!((sums.accepted_differing, sums.refused_witnessed), (0, 1), "{}", proof.text());
    assert!(proof.text().contains("each time after runs of heard-by"), "{}", proof.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lawful_plugins_that_share_fields_do_not_differ_together() {
    let pool = pool(2);
    let plugins = set("held-out-6/pass-together/complaints-then-count");
    let judged: Vec<Judged<'_>> = plugins.iter().map(|(plugin, refused)| Judged { plugin, refused: *refused }).collect();
    assert!(judged.iter().all(|judged| !judged.refused));
    let proof = prove(&pool, &judged, Options { seed: 1, worlds: 6, smallest: true }).await;
    assert_eq!(proof.statistics().accepted_differing, 0, "{}", proof.text());
}
