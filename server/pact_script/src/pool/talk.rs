//! The conversation of one run with its worker.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::child::Child;
use crate::coverage::Reached;
use crate::facts::{Answer, Ask, Facts};
use crate::limits;
use crate::run::{Outcome, Run, ScriptError, Scripts};
use crate::seen::Seen;
use crate::seen::marks::hash_of;
use crate::wire::{FromWorker, JobRef, ToWorkerRef, WireError, encode};

/// Milliseconds that a worker may take in addition when it gets a new organisation or has scripts to compile.
const SETTING_UP_MS: u64 = 3_000;
const READ_BYTES: usize = 16 * 1024;

/// Why a conversation ended early.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The worker took longer than its wall time.
    TooLong,
    /// Our own answers took too long.
    HostSlow,
    /// The worker is gone, or talks nonsense.
    Lost(WireError),
}

/// How a conversation ended.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    /// Whether the worker must be replaced.
    pub(super) retire: bool,
    pub(super) reached: Reached,
    /// What marks saw, in a run that was done once more.
    pub(super) seen: Vec<Seen>,
}

/// How one call is done.
#[derive(Default)]
pub(super) struct How<'a> {
    /// Where its answers are put, for whoever may want to do it once more.
    pub(super) answers: Option<&'a mut Vec<Answer>>,
    /// It is done once more, with marks: the operation at which it failed.
    pub(super) failed_at: Option<u64>,
}

impl From<WireError> for Broken {
    fn from(error: WireError) -> Self {
        Self::Lost(error)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Lost(error.into())
    }
}

/// What became of the first runs of several.
pub(crate) struct Ran {
    /// The outcomes of those that ended, in order.
    pub(crate) outcomes: Vec<Outcome>,
    /// Whether the worker must be replaced, so that the rest belongs to another one.
    pub(crate) retire: bool,
    /// What befell the run after these, if the conversation broke.
    pub(crate) broken: Option<Broken>,
}

impl Child {
    /// Several calls in one go: all are sent at once, and the worker does them in order. Ends early where the worker must not go on.
    pub(super) async fn run_many<F: Facts>(&mut self, runs: &[(Run, F)]) -> Ran {
        let mut outcomes = Vec::with_capacity(runs.len());
        let talked = self.talk(runs, &mut outcomes).await;
        let (retire, broken) = match talked {
            Ok(retire) => (retire, None),
            Err(broken) => (true, Some(broken)),
        };
        Ran { outcomes, retire, broken }
    }

    async fn talk<F: Facts>(&mut self, runs: &[(Run, F)], outcomes: &mut Vec<Outcome>) -> Result<bool, Broken> {
        let (mut frames, mut news) = (Vec::new(), false);
        for (run, facts) in runs {
            let (more, new) = self.opening(run, facts, frames, None)?;
            (frames, news) = (more, news | new);
        }
        let setting_up = if news { Duration::from_millis(SETTING_UP_MS) } else { Duration::ZERO };
        self.runs += runs.len() as u64;
        let mut line = self.line()?;
        let mut left = Duration::from_millis(limits::WALL_MS + limits::KILL_GRACE_MS) + setting_up;
        // The worker reads while it works only as far as its questions go, so what is sent may wait: sending and hearing go on side by side.
        let mut unsent = frames.as_slice();
        for (_, facts) in runs {
            let mut answers = Duration::from_millis(limits::ANSWERS_MS);
            loop {
                match line.exchange(&mut unsent, &mut left).await? {
                    FromWorker::Ask(ask) => {
                        line.send(std::mem::take(&mut unsent), &mut left).await?;
                        let answer = answer(facts, ask, &mut answers).await?;
                        line.send(&encode(&ToWorkerRef::Answer(&answer), Vec::new())?, &mut left).await?;
                    }
                    FromWorker::Done { outcome, retire, .. } => {
                        outcomes.push(outcome);
                        if retire {
                            return Ok(true);
                        }
                        break;
                    }
                    FromWorker::Ready { .. } | FromWorker::Checked(_) => return Err(WireError::Gone.into()),
                }
            }
            left = Duration::from_millis(limits::WALL_MS + limits::KILL_GRACE_MS);
        }
        line.close()?;
        Ok(false)
    }

    /// One call, with the answers to its questions.
    pub(super) async fn run(&mut self, run: &Run, facts: &impl Facts, how: How<'_>) -> Result<Ended, Broken> {
        self.runs += 1;
        let mut left = Duration::from_millis(limits::WALL_MS + limits::KILL_GRACE_MS);
        let How { answers: mut kept, failed_at } = how;
        let (frames, news) = self.opening(run, facts, Vec::new(), failed_at)?;
        if news {
            left += Duration::from_millis(SETTING_UP_MS);
        }
        let mut line = self.line()?;
        line.send(&frames, &mut left).await?;
        let mut answers = Duration::from_millis(limits::ANSWERS_MS);
        loop {
            match line.receive(&mut left).await? {
                FromWorker::Ask(ask) => {
                    let answer = answer(facts, ask, &mut answers).await?;
                    line.send(&encode(&ToWorkerRef::Answer(&answer), Vec::new())?, &mut left).await?;
                    if let Some(kept) = &mut kept {
                        kept.push(answer);
                    }
                }
                FromWorker::Done { outcome, retire, reached, seen } => {
                    line.close()?;
                    return Ok(Ended { outcome, retire, reached, seen });
                }
                FromWorker::Ready { .. } | FromWorker::Checked(_) => return Err(WireError::Gone.into()),
            }
        }
    }

    /// Compiles a script set.
    pub(super) async fn check(&mut self, scripts: &Scripts) -> Result<Result<Vec<(String, usize)>, ScriptError>, Broken> {
        let mut left = Duration::from_millis(SETTING_UP_MS);
        let frame = encode(&ToWorkerRef::Check(scripts), Vec::new())?;
        let mut line = self.line()?;
        line.send(&frame, &mut left).await?;
        let FromWorker::Checked(checked) = line.receive(&mut left).await? else { return Err(WireError::Gone.into()) };
        line.close()?;
        Ok(checked)
    }

    /// Appends what the worker does not know yet, and the call; whether there was anything new.
    fn opening(
        &mut self,
        run: &Run,
        facts: &impl Facts,
        mut frames: Vec<u8>,
        failed_at: Option<u64>,
    ) -> Result<(Vec<u8>, bool), Broken> {
        let before = frames.len();
        let organisation = facts.organisation();
        if !self.organisation.as_ref().is_some_and(|known| Arc::ptr_eq(known, &organisation)) {
            frames = encode(&ToWorkerRef::Organisation(&organisation), frames)?;
            self.organisation = Some(organisation);
        }
        let hash = if failed_at.is_some() { hash_of(&run.scripts.hash) } else { run.scripts.hash };
        if !self.sets.contains(&hash) {
            let scripts = &*run.scripts;
            let set = if failed_at.is_some() { ToWorkerRef::Marked(scripts) } else { ToWorkerRef::Scripts(scripts) };
            frames = encode(&set, frames)?;
            // The worker forgets at the same moment.
            if self.sets.len() >= limits::COMPILED_SETS {
                self.sets.clear();
            }
            self.sets.insert(hash);
        }
        let news = frames.len() > before;
        let job = JobRef {
            scripts: hash,
            call: &run.call,
            args: &run.args,
            now: run.now,
            today: run.today,
            zone: run.zone,
            settings: &run.settings,
            seed: run.seed,
            given: &run.given,
            failed_at,
        };
        Ok((encode(&ToWorkerRef::Run(&job), frames)?, news))
    }

    fn line(&mut self) -> Result<Line<'_>, Broken> {
        let socket = self.socket.take().ok_or(WireError::Gone)?;
        Ok(Line { socket: UnixStream::from_std(socket)?, child: self })
    }
}

async fn answer(facts: &impl Facts, ask: Ask, left: &mut Duration) -> Result<Answer, Broken> {
    let since = Instant::now();
    let answer = timeout(*left, facts.ask(ask)).await.map_err(|_| Broken::HostSlow)?;
    *left = left.saturating_sub(since.elapsed());
    Ok(answer)
}

/// Which way bytes went.
enum Moved {
    In(usize),
    Out(usize),
}

/// The socket, registered with the runtime of this run for as long as it lasts.
struct Line<'a> {
    socket: UnixStream,
    child: &'a mut Child,
}

impl Line<'_> {
    async fn send(&mut self, frames: &[u8], left: &mut Duration) -> Result<(), Broken> {
        let since = Instant::now();
        timeout(*left, self.socket.write_all(frames)).await.map_err(|_| Broken::TooLong)??;
        *left = left.saturating_sub(since.elapsed());
        Ok(())
    }

    /// The next message; meanwhile what is not sent yet goes out as the worker takes it.
    async fn exchange(&mut self, unsent: &mut &[u8], left: &mut Duration) -> Result<FromWorker, Broken> {
        let since = Instant::now();
        let mut chunk = [0; READ_BYTES];
        loop {
            if let Some(message) = self.child.inbox.next()? {
                *left = left.saturating_sub(since.elapsed());
                return Ok(message);
            }
            let rest = left.saturating_sub(since.elapsed());
            let (mut from, mut to) = self.socket.split();
            let moved = timeout(rest, async {
                tokio::select! {
                    read = from.read(&mut chunk) => read.map(Moved::In),
                    written = to.write(unsent), if !unsent.is_empty() => written.map(Moved::Out),
                }
            });
            match moved.await.map_err(|_| Broken::TooLong)?? {
                Moved::In(0) => return Err(WireError::Gone.into()),
                Moved::In(length) => self.child.inbox.push(&chunk[..length]),
                Moved::Out(length) => *unsent = &unsent[length..],
            }
        }
    }

    async fn receive(&mut self, left: &mut Duration) -> Result<FromWorker, Broken> {
        let since = Instant::now();
        let mut chunk = [0; READ_BYTES];
        loop {
            if let Some(message) = self.child.inbox.next()? {
                *left = left.saturating_sub(since.elapsed());
                return Ok(message);
            }
            let rest = left.saturating_sub(since.elapsed());
            match timeout(rest, self.socket.read(&mut chunk)).await.map_err(|_| Broken::TooLong)?? {
                0 => return Err(WireError::Gone.into()),
                length => self.child.inbox.push(&chunk[..length]),
            }
        }
    }

    /// Gives the socket back for the next run, which may be on another runtime.
    fn close(self) -> Result<(), Broken> {
        self.child.socket = Some(self.socket.into_std()?);
        Ok(())
    }
}
