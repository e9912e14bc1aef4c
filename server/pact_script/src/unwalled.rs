//! The engine in this very process, without walls: to measure what the walls cost. Never for scripts that anybody else wrote.

use crate::engine::desk::Asker;
use crate::engine::runner::{Job, Runner};
use crate::facts::{Answer, Ask, Organisation};
use crate::run::{Outcome, Run, Scripts};

/// An engine with its caches.
#[expect(missing_debug_implementations, reason = "an engine has nothing to show")]
pub struct Unwalled(Runner);

struct Answers<F>(F);

impl<F: FnMut(Ask) -> Answer + Send> Asker for Answers<F> {
    fn ask(&mut self, ask: Ask) -> Option<Answer> {
        Some((self.0)(ask))
    }
}

impl Unwalled {
    /// An engine that knows this organisation and this script set.
    pub fn new(organisation: Organisation, scripts: &Scripts) -> Self {
        let mut runner = Runner::new();
        runner.set_organisation(organisation);
        runner.add(scripts);
        Self(runner)
    }

    /// One run.
    pub fn run(&mut self, run: &Run, answer: impl FnMut(Ask) -> Answer + Send + 'static) -> Outcome {
        let job = Job {
            scripts: run.scripts.hash,
            call: run.call.clone(),
            args: run.args.clone(),
            now: run.now,
            today: run.today,
            zone: run.zone,
            settings: (*run.settings).clone(),
            seed: run.seed,
            given: run.given.clone(),
            failed_at: None,
        };
        self.0.run(job, Box::new(Answers(answer))).outcome
    }
}
