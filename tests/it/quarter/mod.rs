//! A quarter in little time: random people, customers, leads, answers, absences and jumps of the clock over ninety days, through the real operations, the
//! real jobs and the real script workers, on SQLite, with a clock that is played. After every step, what must always hold is looked at.
//!
//! Everything that is random comes from one seed, ids of people among it; nothing happens by itself ([`ByHand`](pact_app::jobs::ByHand)); and each look at
//! the clock takes a millisecond, so that no two things happen at one instant and no tie is broken by an id. So a seed plays the same quarter again:
//!
//! ```sh
//! PACT_SIM_SEED=17 cargo nextest run -p pact_tests quarter::any_quarter --no-capture
//! ```
//!
//! The workers are real, since a run costs less than the commit that follows it, and what scripts want is half of what happens. The file lies in memory
//! where the machine has such a place: what a disk costs is not the question here, and what it keeps is asked by `crash`.

mod company;
mod deeds;
mod rules;

use std::collections::VecDeque;
use std::time::Instant as Moment;

use self::company::Company;

/// Days that are played.
const DAYS: i64 = 90;
/// Days that the test of the replay plays twice.
const REPLAYED_DAYS: i64 = 12;
/// How often that is tried on a machine with much to do.
const REPLAYS: usize = 4;
/// Steps that are printed when something does not hold.
const LAST_STEPS: usize = 25;

/// What happened, in words, and what it came to.
struct Story {
    seed: u64,
    last: VecDeque<String>,
    steps: usize,
    /// Of everything that happened, so that two plays can be compared.
    hash: u64,
}

impl Story {
    fn tells(&mut self, what: String) {
        for byte in what.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.last.len() == LAST_STEPS {
            self.last.pop_front();
        }
        self.last.push_back(what);
        self.steps += 1;
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The last steps:");
            self.last.iter().for_each(|step| eprintln!("  {step}"));
            eprintln!(
                "Play it again: PACT_SIM_SEED={} cargo nextest run -p pact_tests quarter::any_quarter --no-capture",
                self.seed
            );
        }
    }
}

/// Plays so many days from a seed, and returns what they came to; nothing when the machine was too busy to play what the seed says.
async fn play(seed: u64, days: i64) -> Option<u64> {
    println!("seed {seed}, {days} days");
    let begun = Moment::now();
    let mut story = Story { seed, last: VecDeque::new(), steps: 0, hash: 0xcbf2_9ce4_8422_2325 };
    let mut company = Company::found(seed).await;
    let end = company.clock.millis() + days * 24 * 3_600_000;
    while company.clock.millis() < end {
        let did = deeds::something(&mut company).await;
        story.tells(format!("{} {did}", company.clock.text()));
        for happened in company.work_off().await {
            story.tells(format!("{}   {happened}", company.clock.text()));
        }
        rules::always(&mut company).await;
    }
    rules::at_the_end(&company).await;
    println!("{} steps in {:.1} s: {}", story.steps, begun.elapsed().as_secs_f64(), company.figures().await);
    let disturbed = company.was_disturbed().await;
    company.close().await;
    (!disturbed).then_some(story.hash)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_quarter() {
    play(1, DAYS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_quarter() {
    play(20_261_124, DAYS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_quarter() {
    let seed = match std::env::var("PACT_SIM_SEED") {
        Ok(seed) => seed.parse().expect("PACT_SIM_SEED is a whole number"),
        Err(_) => u64::from(uuid::Uuid::new_v4().as_fields().0),
    };
    play(seed, DAYS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seed_plays_the_same_again() {
    for _ in 0..REPLAYS {
        let (first, second) = (play(7, REPLAYED_DAYS).await, play(7, REPLAYED_DAYS).await);
        if let (Some(first), Some(second)) = (first, second) {
            assert_eq!(first, second, "something random does not come from the seed");
            assert_ne!(Some(first), play(8, REPLAYED_DAYS).await, "the seed decides nothing");
            return;
        }
    }
    println!("the machine is too busy to play the same twice");
}
