//! The walls around a worker, tried from inside: this test binary goes behind them and then knocks at each.

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};

use pact_script::limits;
use pact_script::sandbox::Walls;

const PROBE: &str = "PACT_SCRIPT_TEST_PROBE";

/// What is tried, and whether the wall let it through.
type Knock = (&'static str, fn() -> bool);

/// What is tried behind the walls; each gives whether the wall let it through.
const KNOCKS: &[Knock] = &[
    ("reading a file", || File::open("/etc/passwd").is_ok()),
    ("writing a file", || File::create("/tmp/pact-script-probe").is_ok()),
    ("listing a folder", || std::fs::read_dir("/").is_ok()),
    ("listening on TCP", || TcpListener::bind("127.0.0.1:0").is_ok()),
    ("connecting by TCP", || std::net::TcpStream::connect("127.0.0.1:22").is_ok()),
    ("sending by UDP", || std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
    ("listening on a path", || UnixListener::bind("/tmp/pact-script-probe.sock").is_ok()),
    ("a pair of sockets", || UnixStream::pair().is_ok()),
    ("starting a program", || Command::new("/bin/true").status().is_ok()),
    ("starting a thread", || std::thread::Builder::new().spawn(|| ()).is_ok()),
    ("another user", || nix::unistd::setuid(nix::unistd::Uid::from_raw(65_534)).is_ok()),
    ("ending the parent", || nix::sys::signal::kill(nix::unistd::getppid(), None).is_ok()),
    ("more memory than the limit", || Vec::<u8>::new().try_reserve_exact((limits::MEMORY_MIB as usize + 1) << 20).is_ok()),
    ("raising the limits", || nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 1, 1).is_ok()),
];

/// Not a test by itself: what [`nothing_gets_through`] starts.
#[test]
fn probe() {
    if std::env::var_os(PROBE).is_none() {
        return;
    }
    let mut out = std::io::stderr();
    let walls = Walls::begin().unwrap();
    walls.close().unwrap();
    for (name, knock) in KNOCKS {
        writeln!(out, "{}: {name}", if knock() { "through" } else { "held" }).unwrap();
    }
    // Memory within the limit, locks and talking still work.
    let kept = Vec::<u8>::with_capacity((limits::MEMORY_MIB as usize / 2) << 20);
    let resident = walls.resident().unwrap();
    writeln!(out, "inside: {} {}", kept.capacity() > 0, resident > 0).unwrap();
    std::process::exit(0);
}

#[test]
fn nothing_gets_through() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["walls::probe", "--exact", "--nocapture", "--test-threads=1"])
        .env(PROBE, "1")
        .env("MALLOC_ARENA_MAX", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    for (name, _) in KNOCKS {
        assert!(said.contains(&format!("held: {name}\n")), "{name} got through, or the worker died of it:\n{said}");
    }
    assert!(said.contains("inside: true true"), "{said}");
}
