//! The walls around a worker: limits of the process, no files, no network, no new processes.
//!
//! Three walls overlap on purpose. Limits of the process bound memory, CPU and files; landlock takes the file system and the
//! network away where the kernel has it; a filter of system calls lets through only what an allocator, a lock and a pipe need,
//! and answers everything else with "not permitted". A worker without the first or the last refuses to start.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

use landlock::{ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope};
use nix::libc;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter_all_threads,
};

use crate::limits;

const MIB: u64 = 1024 * 1024;

/// Why a worker refuses to start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A limit of the process could not be set.
    #[error("the limit {0} of a script worker cannot be set: {1}")]
    Limit(&'static str, nix::Error),
    /// The filter of system calls could not be set.
    #[error("the system-call filter of a script worker cannot be set: {0}")]
    Filter(String),
    /// The kernel's account of the process could not be read.
    #[error("a script worker cannot read its own size: {0}")]
    Size(#[from] io::Error),
}

/// A process on its way behind the walls.
#[derive(Debug)]
pub struct Walls {
    landlock: bool,
    size: Size,
}

/// What the process takes of memory, as the kernel counts it.
#[derive(Debug)]
struct Size {
    statm: File,
    page_bytes: u64,
}

impl Walls {
    /// First step, before threads are made: what a process and all its later threads give up.
    pub fn begin() -> Result<Self, SandboxError> {
        let size = Size::open()?;
        prctl::set_no_new_privs().map_err(|error| SandboxError::Limit("no_new_privs", error))?;
        prctl::set_pdeathsig(Signal::SIGKILL).map_err(|error| SandboxError::Limit("death with the parent", error))?;
        limit("CPU", Resource::RLIMIT_CPU, limits::WORKER_CPU_SECONDS)?;
        limit("FSIZE", Resource::RLIMIT_FSIZE, 0)?;
        limit("CORE", Resource::RLIMIT_CORE, 0)?;
        limit("NOFILE", Resource::RLIMIT_NOFILE, 0)?;
        Ok(Self { landlock: no_files(), size })
    }

    /// Last step, on the thread that runs scripts, when all it needs is mapped: memory is bounded and system calls are filtered,
    /// for every thread of the process.
    pub fn close(&self) -> Result<(), SandboxError> {
        limit("AS", Resource::RLIMIT_AS, self.size.mapped()? + limits::MEMORY_MIB * MIB)?;
        let filter = filter().map_err(|error| SandboxError::Filter(error.to_string()))?;
        apply_filter_all_threads(&filter).map_err(|error| SandboxError::Filter(error.to_string()))
    }

    /// Whether landlock holds; where the kernel lacks it, the filter of system calls stands alone.
    pub fn landlock(&self) -> bool {
        self.landlock
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> io::Result<u64> {
        self.size.pages(1).map(|pages| pages * self.size.page_bytes)
    }
}

fn limit(name: &'static str, resource: Resource, value: u64) -> Result<(), SandboxError> {
    setrlimit(resource, value, value).map_err(|error| SandboxError::Limit(name, error))
}

impl Size {
    /// Opens the kernel's account while files can still be opened.
    fn open() -> io::Result<Self> {
        let statm = File::open("/proc/self/statm")?;
        let status = fs::read_to_string("/proc/self/status")?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmSize:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        let mut size = Self { statm, page_bytes: 1 };
        let pages = size.pages(0)?.max(1);
        let bytes = kib.map_or(4096, |kib| kib * 1024 / pages);
        // The two files are read one after the other; a page is a power of two.
        size.page_bytes = bytes.next_power_of_two().clamp(4096, 65_536);
        Ok(size)
    }

    fn pages(&self, column: usize) -> io::Result<u64> {
        let mut text = [0; 128];
        let length = self.statm.read_at(&mut text, 0)?;
        let number = std::str::from_utf8(&text[..length]).ok().and_then(|text| text.split_whitespace().nth(column)?.parse().ok());
        number.ok_or_else(|| io::Error::other("/proc/self/statm has another shape"))
    }

    fn mapped(&self) -> io::Result<u64> {
        self.pages(0).map(|pages| pages * self.page_bytes)
    }
}

/// Takes the file system, TCP and signals to others away; `false` where the kernel cannot.
fn no_files() -> bool {
    let abi = ABI::V6;
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(abi)))
        .and_then(|ruleset| ruleset.create())
        .and_then(|ruleset| ruleset.restrict_self());
    ruleset.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// System calls that allocating, locking, talking to the parent and dying need.
fn filter() -> Result<BpfProgram, Box<dyn std::error::Error>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let plain = [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_pread64,
        libc::SYS_close,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_clock_gettime,
        // Rhai waits a moment for the lock of a shared value.
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_restart_syscall,
        libc::SYS_getrandom,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    rules.extend(plain.map(|call| (call, Vec::new())));
    // No memory may become code.
    let no_code = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?;
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![SeccompRule::new(vec![no_code.clone()])?]);
    }
    // Aborting is a signal to oneself.
    let own = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, u64::from(std::process::id()))?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![own])?]);
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, refuse, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?;
    Ok(filter.try_into()?)
}
