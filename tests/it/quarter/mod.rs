//! A quarter in little time: random people, customers, leads, answers, absences and jumps of the clock over ninety days, through the real operations, the
//! real jobs and the real script workers, on SQLite, with a clock that is played. After every step, what must always hold is looked at.
//!
//! Everything that is random comes from one seed, ids of records among it ([`pact_core::id::play_from`]); nothing happens by itself
//! ([`ByHand`](pact_app::jobs::ByHand)); and each look at the clock takes a millisecond, so that no two things happen at one instant. So a seed tells
//! the same story again, to the last row (`the_same_seed_tells_the_same_story`):
//!
//! ```sh
//! PACT_SIM_SEED=17 cargo nextest run -p pact_tests quarter::any_quarter --run-ignored only --no-capture
//! ```
//!
//! The workers are real, since a run costs less than the commit that follows it, and what scripts want is half of what happens. The file lies in memory
//! where the machine has such a place: what a disk costs is not the question here, and what it keeps is asked by `crash`.

mod company;
mod deeds;
mod rules;

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant as Moment;

use self::company::Company;

/// Days that are played.
const DAYS: i64 = 90;
/// Days that are played twice.
const REPEATED_DAYS: i64 = 12;
/// Steps that are printed when something does not hold.
const LAST_STEPS: usize = 25;

/// What happened, in words.
struct Story {
    seed: u64,
    last: VecDeque<String>,
    steps: usize,
    /// Of every step, in their order.
    digest: DefaultHasher,
}

impl Story {
    fn tells(&mut self, what: String) {
        if self.last.len() == LAST_STEPS {
            self.last.pop_front();
        }
        what.hash(&mut self.digest);
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
                "Play it again: PACT_SIM_SEED={} cargo nextest run -p pact_tests quarter::any_quarter --run-ignored only --no-capture",
                self.seed
            );
        }
    }
}

/// How a play went: the digest of its steps, and every row that it left, by table.
type Course = (u64, BTreeMap<String, Vec<String>>);

/// Plays so many days from a seed.
async fn play(seed: u64, days: i64) -> Course {
    println!("seed {seed}, {days} days");
    let begun = Moment::now();
    let mut story = Story { seed, last: VecDeque::new(), steps: 0, digest: DefaultHasher::new() };
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
    let course = (story.digest.finish(), company.rows().await);
    company.close().await;
    course
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_quarter() {
    play(1, DAYS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_tells_the_same_story() {
    let (told, rows) = play(2, REPEATED_DAYS).await;
    let (told_again, rows_again) = play(2, REPEATED_DAYS).await;
    for (table, once) in &rows {
        for (n, (row, again)) in once.iter().zip(&rows_again[table]).enumerate() {
            assert_eq!(row, again, "row {n} of {table}");
        }
        assert_eq!(once.len(), rows_again[table].len(), "rows of {table}");
    }
    assert_eq!(told, told_again);
}

#[ignore = "plays PACT_SIM_SEED, or a seed by chance; run it with --run-ignored only"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_quarter() {
    let seed = match std::env::var("PACT_SIM_SEED") {
        Ok(seed) => seed.parse().expect("PACT_SIM_SEED is a whole number"),
        Err(_) => u64::from(uuid::Uuid::new_v4().as_fields().0),
    };
    play(seed, DAYS).await;
}
