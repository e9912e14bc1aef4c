//! The worker: a process that does nothing but run scripts, one at a time, behind walls.
//!
//! The parent starts it with a socket as standard input. Questions of a run go out over the same socket and their answers come
//! back, so a worker needs nothing else from the world.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::desk::Asker;
use crate::engine::runner::Runner;
use crate::facts::{Answer, Ask};
use crate::limits;
use crate::run::Outcome;
use crate::sandbox::{SandboxError, Walls};
use crate::wire::{FromWorker, Inbox, ToWorker, WireError, encode};

const MIB: u64 = 1024 * 1024;
const READ_BYTES: usize = 64 * 1024;

/// Why a worker ended before its parent did.
#[derive(Debug, thiserror::Error)]
enum WorkerError {
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("the thread that runs scripts failed")]
    Thread,
}

/// Serves the parent at standard input until it goes away.
pub fn main() -> ExitCode {
    run(false)
}

/// The same, for scripts with probes: counts which of them are reached.
pub fn main_with_coverage() -> ExitCode {
    run(true)
}

fn run(coverage: bool) -> ExitCode {
    match serve(coverage) {
        Ok(()) | Err(WorkerError::Wire(WireError::Gone)) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the parent's way to learn why; nothing else is open.
            let _ = writeln!(io::stderr(), "script worker: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(coverage: bool) -> Result<(), WorkerError> {
    let socket = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let walls = Walls::begin()?;
    let thread = std::thread::Builder::new().name("script".to_owned()).stack_size(limits::STACK_MIB << 20);
    thread.spawn(move || work(socket, &walls, coverage))?.join().map_err(|_| WorkerError::Thread)?
}

fn work(socket: File, walls: &Walls, coverage: bool) -> Result<(), WorkerError> {
    let link = Arc::new(Mutex::new(Link::new(socket)));
    let mut runner = if coverage { Runner::with_probes() } else { Runner::new() };
    walls.close()?;
    send(&link, &FromWorker::Ready { landlock: walls.landlock() })?;
    // What the worker keeps on purpose; more than that was left behind by scripts.
    let mut kept = walls.resident()?;
    loop {
        let message = next(&link)?;
        let before = walls.resident()?;
        match message {
            ToWorker::Organisation(organisation) => {
                runner.set_organisation(organisation);
                kept = (kept + walls.resident()?).saturating_sub(before);
            }
            ToWorker::Scripts(scripts) => {
                runner.add(&scripts);
                kept = (kept + walls.resident()?).saturating_sub(before);
            }
            ToWorker::Marked(scripts) => {
                runner.add_marked(&scripts);
                kept = (kept + walls.resident()?).saturating_sub(before);
            }
            ToWorker::Check(scripts) => send(&link, &FromWorker::Checked(runner.check(&scripts)))?,
            ToWorker::Run(job) => {
                let ran = runner.run(*job, Box::new(Line(link.clone())));
                let held = walls.resident()?;
                let retire = !ran.sound || held > kept + limits::KEPT_MIB * MIB;
                let outcome = Outcome { memory_kib: held.saturating_sub(kept) / 1024, ..ran.outcome };
                send(&link, &FromWorker::Done { outcome, retire, reached: ran.reached, seen: ran.seen })?;
            }
            // An answer that nobody waits for: the parent and the worker disagree about where they are.
            ToWorker::Answer(_) => return Err(WireError::Gone.into()),
        }
    }
}

struct Link {
    socket: File,
    inbox: Inbox,
    chunk: Vec<u8>,
    /// What came while a run waited for an answer: a parent with many runs sends several at once.
    waiting: VecDeque<ToWorker>,
}

impl Link {
    fn new(socket: File) -> Self {
        Self { socket, inbox: Inbox::new(limits::FRAME_TO_WORKER_BYTES), chunk: vec![0; READ_BYTES], waiting: VecDeque::new() }
    }

    fn receive(&mut self) -> Result<ToWorker, WireError> {
        loop {
            if let Some(message) = self.inbox.next()? {
                return Ok(message);
            }
            match self.socket.read(&mut self.chunk)? {
                0 => return Err(WireError::Gone),
                length => self.inbox.push(&self.chunk[..length]),
            }
        }
    }

    fn send(&mut self, message: &FromWorker) -> Result<(), WireError> {
        let frame = encode(message, Vec::new())?;
        Ok(self.socket.write_all(&frame)?)
    }
}

fn send(link: &Mutex<Link>, message: &FromWorker) -> Result<(), WireError> {
    link.lock().unwrap_or_else(PoisonError::into_inner).send(message)
}

/// The next message to work on: one that came early, else what comes now.
fn next(link: &Mutex<Link>) -> Result<ToWorker, WireError> {
    let mut link = link.lock().unwrap_or_else(PoisonError::into_inner);
    match link.waiting.pop_front() {
        Some(message) => Ok(message),
        None => link.receive(),
    }
}

/// The next answer; what comes before it waits for its turn.
fn answered(link: &Mutex<Link>) -> Result<Answer, WireError> {
    let mut link = link.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match link.receive()? {
            ToWorker::Answer(answer) => return Ok(answer),
            other => link.waiting.push_back(other),
        }
    }
}

/// The line over which a run asks.
struct Line(Arc<Mutex<Link>>);

impl Asker for Line {
    fn ask(&mut self, ask: Ask) -> Option<Answer> {
        send(&self.0, &FromWorker::Ask(ask)).ok()?;
        answered(&self.0).ok()
    }
}
