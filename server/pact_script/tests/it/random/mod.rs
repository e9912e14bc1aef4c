//! Random scripts against the linter: one that it lets pass and that leaks fails the build, with the script and the worlds made small.

mod expressions;
mod generate;
mod tree;

use std::path::PathBuf;

use fastrand::Rng;
use pact_policy::manifest::Plugin;
use pact_policy::manifest::plugin::File;
use pact_policy::{Source, lint};
use pact_script::oracle::{Judged, Options, Proof, prove};
use pact_script::plugin::{Loaded, Std, ready};
use pact_script::pool::Pool;

use self::tree::Script;
use crate::support::pool;

/// Scripts that are made in every build; `PACT_RANDOM_SCRIPTS` asks for more, `PACT_RANDOM_SEED` for others.
const SCRIPTS: u64 = 300;
const SEED: u64 = 20_261_122;
/// Worlds in which a script that passes is run.
const WORLDS: u32 = 4;
/// Attempts at making a script that leaks smaller.
const ATTEMPTS: usize = 600;

fn asked(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// The script, if the linter can read it, and whether it passes.
fn judged(script: &Script) -> Option<(Loaded, bool)> {
    let file = File::checked("random.rhai", script.text()).ok()?;
    let plugin = Plugin::from_script(file).unwrap();
    let report = lint(&[Source::Plugin(Box::new(plugin.clone()))]);
    assert_eq!(report.unreadable, Vec::new(), "{}", script.text());
    Some((ready(PathBuf::from("random.rhai"), plugin, &Std::default()), report.findings.is_empty()))
}

/// Whether the script reads anything that shows an act: others cannot leak.
fn is_interesting(text: &str) -> bool {
    const ACTS: [&str; 12] = [
        "plans",
        "requests",
        "cards",
        "pushes",
        "history",
        ".author",
        ".written_at",
        ".person",
        ".to",
        ".from",
        "on_card_written",
        "plan",
    ];
    ACTS.iter().any(|word| text.contains(word))
}

async fn proof(pool: &Pool, loaded: &Loaded, seed: u64, smallest: bool) -> Proof {
    prove(pool, &[Judged { plugin: loaded, refused: false }], Options { seed, worlds: WORLDS, smallest }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_scripts_that_pass_do_not_leak() {
    let pool = pool(2);
    let (seed, count) = (asked("PACT_RANDOM_SEED", SEED), asked("PACT_RANDOM_SCRIPTS", SCRIPTS));
    let (mut refused, mut ran, mut runs, mut failed) = (0, 0, 0, 0);
    let mut leaks = Vec::new();
    for at in 0..count {
        let script = generate::script(&mut Rng::with_seed(seed.wrapping_add(at)));
        let Some((loaded, passes)) = judged(&script) else { continue };
        if !passes {
            refused += 1;
            continue;
        }
        if !is_interesting(&script.text()) {
            continue;
        }
        let found = proof(&pool, &loaded, at, false).await;
        let sums = found.statistics();
        ran += 1;
        runs += sums.runs;
        failed += sums.failed_runs;
        if sums.accepted_differing > 0 {
            leaks.push(shrunk(&pool, script, at).await);
        }
    }
    println!(
        "{count} scripts, seed {seed}: {refused} refused, {ran} that pass were run {runs} times, {failed} runs ended with an error"
    );
    assert!(ran * 20 > count && failed * 2 < runs, "the generator has become blunt");
    assert!(leaks.is_empty(), "{} scripts pass the linter and leak:\n\n{}", leaks.len(), leaks.join("\n\n"));
}

/// The smallest script that still passes and leaks, with its pair of worlds.
async fn shrunk(pool: &Pool, mut script: Script, seed: u64) -> String {
    let mut left = ATTEMPTS;
    'smaller: loop {
        for smaller in script.smaller() {
            if left == 0 {
                break 'smaller;
            }
            left -= 1;
            let Some((loaded, true)) = judged(&smaller) else { continue };
            if proof(pool, &loaded, seed, false).await.statistics().accepted_differing > 0 {
                script = smaller;
                continue 'smaller;
            }
        }
        break;
    }
    let text = match judged(&script) {
        Some((loaded, _)) => proof(pool, &loaded, seed, true).await.text(),
        None => String::new(),
    };
    let code: Vec<_> = script.text().lines().filter(|line| !line.starts_with("//!")).map(str::to_owned).collect();
    format!("seed {seed}:\n{}\n{text}", code.join("\n"))
}
