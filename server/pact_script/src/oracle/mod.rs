//! The two-run oracle: a second opinion on the linter's verdict, from running scripts instead of reading them.
//!
//! `policy.md` §3 says what a lawful script is: in two worlds that are equal in everything but *who* did the acts, and so how many
//! each person did, it has the same effects, up to single acts that it lists and tallies that the host released. The oracle makes
//! such worlds from a seed, runs every entry point in them through the real script host, and compares.
//!
//! **How single acts are told from measures.** Not by patterns of text: by arithmetic. Two groups of acts are moved from those who
//! did them to others, each alone and both together, which makes four worlds. What lists acts one by one is a sum over acts, so
//! what the first and the last world show is what the two between show. A count, a threshold, an order or a test for absence is no
//! such sum ([`compare`]). What the host decides by its own counts, a rotation's next person and a tally's groups, is decided once
//! for all four ([`calls`]).
//!
//! **Sets of plugins.** What none of them makes alone, several may make together. So those that store what another reads run before
//! it, in each world, with fields carried from one to the next ([`earlier`]).
//!
//! **What it can show.** It falsifies, it does not verify: a leak that needs `count == 17 && day == …` may never be met, and a
//! measure over the *subjects* of a person (complaints of Ann's customers) does not depend on who did an act, so it is the linter's
//! alone. For refused scripts it looks further, in worlds with fewer acts, other times and other quiet clocks ([`wide`]), for a pair
//! that explains the refusal.

mod acts;
mod atoms;
mod calls;
mod compare;
mod earlier;
mod pairs;
mod report;
mod wide;
mod words;
mod worlds;

#[cfg(test)]
mod tests;

use fastrand::Rng;
use uuid::Uuid;

use self::calls::{Call, Called, Subject};
use self::earlier::Earlier;
use self::pairs::{Bench, Smaller, Trial, Work};
use self::wide::Wide;
use self::words::Words;
use self::worlds::Maker;
use crate::plugin::Loaded;
use crate::pool::Pool;

pub use self::report::{Difference, EntryProof, Proof, Statistics};

/// How long the oracle looks, and where it begins.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The same seed makes the same worlds.
    pub seed: u64,
    /// Worlds for each entry point.
    pub worlds: u32,
    /// Whether pairs that differ are made as small as they can be, which takes hundreds of runs each.
    pub smallest: bool,
}

/// A plugin and what the linter said of it.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// The plugin.
    pub plugin: &'a Loaded,
    /// Whether the linter refused it.
    pub refused: bool,
}

/// Runs every entry point of these plugins in worlds that differ in acts alone, each after the others that store what it reads.
pub async fn prove(pool: &Pool, all: &[Judged<'_>], options: Options) -> Proof {
    let mut proof = Proof { seed: options.seed, ..Proof::default() };
    for judged in all {
        let linked = earlier::linked(all, judged.plugin);
        for called in Called::all(judged.plugin) {
            proof.entries.push(Search::new(pool, judged, &linked, called, options).entry().await);
        }
    }
    proof
}

/// The search for two worlds that one entry point tells apart.
struct Search<'a> {
    pool: &'a Pool,
    judged: &'a Judged<'a>,
    /// Plugins whose stored fields lead to this one, and their entry points.
    linked: &'a [&'a Loaded],
    earlier: Vec<Earlier>,
    called: Called,
    options: Options,
    words: Words,
    subject: Subject,
    entry: EntryProof,
    work: Work,
}

impl<'a> Search<'a> {
    fn new(pool: &'a Pool, judged: &'a Judged<'a>, linked: &'a [&'a Loaded], called: Called, options: Options) -> Self {
        let scripts = linked.iter().chain([&judged.plugin]).map(|plugin| &plugin.scripts);
        let texts = scripts.flat_map(|it| it.files.iter().chain(&it.modules)).map(|(_, text)| text.as_str());
        let mut entry = EntryProof::new(judged.plugin.plugin.id(), called.name(), judged.refused);
        entry.after = linked.iter().map(|it| it.plugin.id().to_owned()).collect();
        let earlier = Earlier::all(linked);
        let (words, subject) = (Words::of(texts), Subject::of(judged.plugin));
        Self { pool, judged, linked, earlier, called, options, words, subject, entry, work: Work::default() }
    }

    async fn entry(mut self) -> EntryProof {
        for at in 0..self.options.worlds {
            if self.world(at, false).await {
                break;
            }
        }
        if self.judged.refused && self.entry.difference.is_none() {
            for at in 0..self.options.worlds {
                if self.world(at, true).await {
                    break;
                }
            }
        }
        self.entry.runs = self.work.runs;
        self.entry.failed_runs = self.work.failed;
        self.entry.failure = self.work.failure;
        self.entry
    }

    /// One world with its pairs; whether a difference was found.
    async fn world(&mut self, at: u32, wide: bool) -> bool {
        let seed = mix(self.options.seed, u64::from(at) + if wide { 1 << 32 } else { 0 });
        let mut rng = Rng::with_seed(seed);
        let fields = earlier::fields(self.judged.plugin, self.linked);
        let base = Maker { words: &self.words, fields, complete: at % 2 == 1 }.world(rng.u64(..));
        let args = self.called.args(&base, &mut rng);
        let function = self.called.name().to_owned();
        let call = Call { subject: self.subject.clone(), function, args, seed: Uuid::from_u64_pair(seed, seed) };
        self.entry.worlds += 1;
        let trials = if wide { wider(&base, &mut rng) } else { self.trials(&base, at, &mut rng) };
        for trial in trials {
            self.entry.pairs += 1;
            let bench = Bench { pool: self.pool, call: &call, earlier: &self.earlier };
            if let Some(seen) = bench.tell(&base, &trial, &mut self.work).await {
                let found = Smaller::new(bench, base.clone(), trial, seen);
                let small = if self.options.smallest { found.shrink(&mut self.work).await } else { found };
                self.entry.difference = Some(Difference::of(&small, at));
                return true;
            }
        }
        false
    }

    fn trials(&self, base: &crate::cases::World, at: u32, rng: &mut Rng) -> Vec<Trial> {
        let ways = acts::Way::ALL;
        let mut trials = Vec::new();
        for n in 0..WAYS_PER_WORLD {
            let way = ways[(at as usize * WAYS_PER_WORLD + n) % ways.len()];
            trials.extend((0..4).find_map(|_| acts::groups(base, way, rng)).map(Trial::Who));
        }
        if self.called.by_act() && !self.subject.coaching {
            trials.push(Trial::Twice);
        }
        if self.subject.coaching {
            trials.push(Trial::Other(Wide::Coaching, wide::changes(base, Wide::Coaching, rng)));
        }
        trials
    }
}

/// Ways of moving acts that are tried in one world.
const WAYS_PER_WORLD: usize = 2;

fn wider(base: &crate::cases::World, rng: &mut Rng) -> Vec<Trial> {
    Wide::ALL.iter().map(|wide| Trial::Other(*wide, wide::changes(base, *wide, rng))).collect()
}

/// The finaliser of splitmix64: seeds that follow one another make worlds that do not.
fn mix(seed: u64, at: u64) -> u64 {
    let mut z = seed.wrapping_add(at.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
