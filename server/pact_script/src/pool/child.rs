//! A worker process, as its parent holds it.

use std::collections::HashSet;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::{PoolError, PoolOptions};
use crate::facts::Organisation;
use crate::limits;
use crate::run::Limit;
use crate::wire::{FromWorker, Inbox};

/// Time in which a worker must be behind its walls.
const READY: Duration = Duration::from_secs(20);
/// Bytes that are read of what a dead worker wrote on standard error.
const LAST_WORDS_BYTES: u64 = 2_000;

/// How often, and how long each time, a worker that closed its socket is given time to die.
const DYING_STEPS: u32 = 200;
const DYING_STEP: Duration = Duration::from_millis(1);

/// Who ends a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It closed its socket.
    ByItself,
    /// It overstayed its time or talks nonsense.
    ByUs,
}

/// A worker process and what it knows already.
pub(crate) struct Child {
    process: std::process::Child,
    pub(super) socket: Option<UnixStream>,
    pub(super) inbox: Inbox,
    /// Script sets that the worker has compiled.
    pub(super) sets: HashSet<[u8; 32]>,
    /// The organisation that the worker has; held, so that its address stays its own.
    pub(super) organisation: Option<Arc<Organisation>>,
    pub(super) runs: u64,
}

/// Of what a worker died.
#[derive(Debug, Default)]
pub(crate) struct Cause {
    pub(crate) limit: Option<Limit>,
    pub(crate) last_words: String,
}

impl Child {
    /// Starts a worker. Ends with the thread that calls this, because that is what the kernel takes for the parent.
    pub(super) fn spawn(options: &PoolOptions) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let process = Command::new(&options.program)
            .args(&options.args)
            .env_clear()
            .envs(options.env.iter().cloned())
            // One arena: a second one would map 64 MiB at once, which is the whole bound.
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let inbox = Inbox::new(limits::FRAME_TO_PARENT_BYTES);
        Ok(Self { process, socket: Some(ours), inbox, sets: HashSet::new(), organisation: None, runs: 0 })
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until the worker is behind its walls.
    pub(super) fn wait_ready(&mut self) -> Result<(), PoolError> {
        let Some(mut socket) = self.socket.as_ref() else { return Err(PoolError::Refused("it has no socket".to_owned())) };
        socket.set_read_timeout(Some(READY))?;
        let mut chunk = [0; 256];
        loop {
            match self.inbox.next() {
                Ok(Some(FromWorker::Ready { landlock })) => {
                    if !landlock {
                        tracing::warn!(
                            "the kernel has no landlock; script workers are held by their system-call filter and limits alone"
                        );
                    }
                    socket.set_nonblocking(true)?;
                    return Ok(());
                }
                Ok(None) => {}
                Ok(Some(_)) | Err(_) => return Err(PoolError::Refused("its first words were no greeting".to_owned())),
            }
            match socket.read(&mut chunk) {
                Ok(length @ 1..) => self.inbox.push(&chunk[..length]),
                Ok(0) | Err(_) => return Err(PoolError::Refused(self.bury(End::ByItself).last_words)),
            }
        }
    }

    /// Ends the process, if it does not end by itself, and tells of what it died.
    pub(super) fn bury(&mut self, end: End) -> Cause {
        let mut status = None;
        for _ in 0..DYING_STEPS {
            status = self.process.try_wait().ok().flatten();
            if status.is_some() || end == End::ByUs {
                break;
            }
            // Its socket closes a moment before the kernel has its status.
            thread::sleep(DYING_STEP);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let mut words = Vec::new();
        if let Some(stderr) = self.process.stderr.take() {
            let _ = stderr.take(LAST_WORDS_BYTES).read_to_end(&mut words);
        }
        let last_words = String::from_utf8_lossy(&words).trim().to_owned();
        Cause { limit: status.and_then(|status| limit_of(status, &last_words)), last_words }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn limit_of(status: ExitStatus, last_words: &str) -> Option<Limit> {
    let signal = status.signal().and_then(|signal| Signal::try_from(signal).ok())?;
    match signal {
        Signal::SIGABRT if last_words.contains("memory allocation") => Some(Limit::Memory),
        Signal::SIGABRT if last_words.contains("overflowed its stack") => Some(Limit::Stack),
        // Beyond the guard page in one step.
        Signal::SIGSEGV | Signal::SIGBUS => Some(Limit::Stack),
        Signal::SIGXCPU => Some(Limit::WallTime),
        // Not by us: the kernel was short of memory.
        Signal::SIGKILL => Some(Limit::Memory),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_are_told_apart() {
        let died = |raw, words| limit_of(ExitStatus::from_raw(raw), words);
        let abort = Signal::SIGABRT as i32;
        assert_eq!(died(abort, "memory allocation of 65536 bytes failed"), Some(Limit::Memory));
        assert_eq!(died(abort, "thread 'script' has overflowed its stack"), Some(Limit::Stack));
        assert_eq!(died(abort, "something else"), None);
        assert_eq!(died(Signal::SIGSEGV as i32, ""), Some(Limit::Stack));
        assert_eq!(died(Signal::SIGXCPU as i32, ""), Some(Limit::WallTime));
        assert_eq!(died(Signal::SIGKILL as i32, ""), Some(Limit::Memory));
        // An exit with a code is no signal.
        assert_eq!(died(1 << 8, "script worker: no filter"), None);
    }
}
