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

impl Child {
    /// One call, with the answers to its questions.
    pub(super) async fn run(&mut self, run: &Run, facts: &impl Facts) -> Result<Ended, Broken> {
        self.runs += 1;
        let mut left = Duration::from_millis(limits::WALL_MS + limits::KILL_GRACE_MS);
        let (frames, news) = self.opening(run, facts)?;
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
                }
                FromWorker::Done { outcome, retire, reached } => {
                    line.close()?;
                    return Ok(Ended { outcome, retire, reached });
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

    /// What the worker does not know yet, and the call; whether there was anything new.
    fn opening(&mut self, run: &Run, facts: &impl Facts) -> Result<(Vec<u8>, bool), Broken> {
        let mut frames = Vec::new();
        let organisation = facts.organisation();
        if !self.organisation.as_ref().is_some_and(|known| Arc::ptr_eq(known, &organisation)) {
            frames = encode(&ToWorkerRef::Organisation(&organisation), frames)?;
            self.organisation = Some(organisation);
        }
        if !self.sets.contains(&run.scripts.hash) {
            frames = encode(&ToWorkerRef::Scripts(&run.scripts), frames)?;
            // The worker forgets at the same moment.
            if self.sets.len() >= limits::COMPILED_SETS {
                self.sets.clear();
            }
            self.sets.insert(run.scripts.hash);
        }
        let news = !frames.is_empty();
        let job = JobRef {
            scripts: run.scripts.hash,
            call: &run.call,
            args: &run.args,
            now: run.now,
            today: run.today,
            zone: run.zone,
            settings: &run.settings,
            seed: run.seed,
            given: &run.given,
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
