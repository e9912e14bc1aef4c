//! A real PostgreSQL for tests: one throw-away cluster for each user of the machine, shared by all test processes that run, and gone soon after the last.
//!
//! Test runners start a process for each test, and a cluster takes a second to make, so the processes share it. Each holds a shared lock on a file for
//! as long as it lives, however it ends; a small shell watches the server, and when it gets that lock alone it stops the server and removes its files.
//! `PACT_TEST_POSTGRES=postgres://…` uses a running server instead; its user must be allowed to create databases.

use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::account::{Account, our_user};

/// How long the server may take to start, in seconds.
const START_SECONDS: u64 = 60;
/// How long the server outlives the last test, in seconds, in case another test follows.
const LINGER_SECONDS: u32 = 5;

/// Watches the server: arguments are the lock file, the file with the address, the folder, the linger in seconds, and the command that runs the server.
const WATCH: &str = r#"
lock=$1 address=$2 dir=$3 linger=$4; shift 4
exec 9<"$lock"
"$@" >"$dir/server.log" 2>&1 </dev/null 9<&- &
server=$!
trap 'kill -INT $server; wait $server; rm -rf "$dir"; exit' INT TERM HUP
while :; do
  flock -x 9; flock -u 9; sleep "$linger" 9<&-
  if flock -n -x 9; then
    rm -f "$address"; kill -INT $server; wait $server; rm -rf "$dir"; exit
  fi
done
"#;

/// The server that tests use.
#[derive(Debug)]
pub struct TestPg {
    /// `postgres://USER@HOST:PORT`, without a database.
    server: String,
    psql: PathBuf,
    /// Held while this process lives.
    _alive: Option<File>,
}

/// A database of one test, dropped when the test ends.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestPg {
    /// The server of this process, started if no other test has started it.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start: a test that needs it must not pass without it.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<TestPg> = OnceLock::new();
        SERVER.get_or_init(|| match std::env::var("PACT_TEST_POSTGRES") {
            Ok(server) => Self { server: server.trim_end_matches('/').to_owned(), psql: program("psql"), _alive: None },
            Err(_) => Self::start(),
        })
    }

    /// A new, empty database.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn fresh(&self) -> TestDatabase {
        let name = format!("t{}", uuid::Uuid::new_v4().simple());
        self.sql(&format!("CREATE DATABASE {name}"));
        TestDatabase { url: format!("{}/{name}", self.server), name }
    }

    /// A new database with all tables, and nothing in them: a copy of one that is made once for this test binary, which is quicker than making them.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn with_tables(&self) -> TestDatabase {
        let template = format!("tables_{:016x}", this_binary());
        let making = lock_file(&base().with_extension("tables"));
        making.lock().expect("a lock to make the tables");
        if self.sql(&format!("SELECT 1 FROM pg_database WHERE datname = '{template}'")).is_empty() {
            let unfinished = self.fresh();
            let store = pact_store::Store::open(unfinished.url()).await.expect("the store opens");
            store.migrate().await.expect("the tables are made");
            store.close().await;
            self.sql(&format!("ALTER DATABASE {} RENAME TO {template}", unfinished.name));
        }
        drop(making);
        let name = format!("t{}", uuid::Uuid::new_v4().simple());
        self.sql(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        TestDatabase { url: format!("{}/{name}", self.server), name }
    }

    fn sql(&self, sql: &str) -> String {
        let done = Command::new(&self.psql)
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, &format!("{}/postgres", self.server)])
            .output()
            .expect("psql runs");
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn start() -> Self {
        let base = base();
        let alive = lock_file(&base.with_extension("alive"));
        alive.lock_shared().expect("a lock that says that a test runs");
        let starting = lock_file(&base.with_extension("starting"));
        starting.lock().expect("a lock to start the server");
        // An address may be left over from a machine that lost its power.
        let address = base.with_extension("address");
        let running = fs::read_to_string(&address).ok().filter(|server| is_ready(server));
        let server = running.unwrap_or_else(|| {
            let server = start_cluster(&base.with_extension(std::process::id().to_string()));
            fs::write(&address, &server).expect("the address of the server is written down");
            server
        });
        Self { server, psql: program("psql"), _alive: Some(alive) }
    }
}

impl TestDatabase {
    /// Where it is: `postgres://…`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        TestPg::shared().sql(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// Where the cluster of this user is; files beside it are locks.
fn base() -> PathBuf {
    std::env::temp_dir().join(format!("pact-test-postgres-{}", our_user()))
}

/// A number that changes when the test binary, and with it perhaps the tables, changes.
fn this_binary() -> u64 {
    let path = std::env::current_exe().expect("a running program has a path");
    let about = fs::metadata(&path).expect("and a file");
    let mut hasher = DefaultHasher::new();
    (path, about.len(), about.mtime(), about.mtime_nsec()).hash(&mut hasher);
    hasher.finish()
}

fn lock_file(path: &Path) -> File {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .expect("a lock file in the folder for temporary files")
}

/// Makes a cluster, starts it with its watcher, and returns its address.
fn start_cluster(folder: &Path) -> String {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir(folder).expect("a folder for the cluster");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("a folder that the server may enter");
    let account = Account::of_server();
    let (data, sockets) = (folder.join("data"), folder.join("sockets"));
    for part in [&data, &sockets] {
        fs::create_dir(part).expect("a folder of the cluster");
        account.give(part);
    }
    let made = account
        .command(&program("initdb"))
        .args(["-U", "pact", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions", "-D"])
        .arg(&data)
        .current_dir(folder)
        .output()
        .expect("initdb runs");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    let port = free_port();
    watch(folder, &account, &data, &sockets, port);
    let server = format!("postgres://pact@127.0.0.1:{port}");
    wait_until_ready(folder, &server);
    server
}

/// Starts the server under its watcher, in a session of its own and without our files, so that it outlives this process.
fn watch(folder: &Path, account: &Account, data: &Path, sockets: &Path, port: u16) {
    let server = account.command(&program("postgres"));
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={}", sockets.display()),
        "max_connections=400".to_owned(),
        "shared_buffers=64MB".to_owned(),
        "fsync=on".to_owned(),
        "full_page_writes=on".to_owned(),
    ];
    let mut command = Command::new("setsid");
    command
        .args(["--fork", "sh", "-c", WATCH, "pact-test-postgres"])
        .arg(base().with_extension("alive"))
        .arg(base().with_extension("address"))
        .arg(folder)
        .arg(LINGER_SECONDS.to_string());
    command.arg(server.get_program()).args(server.get_args()).arg("-D").arg(data);
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let forked = command.status().expect("the server's watcher starts");
    assert!(forked.success(), "the server's watcher did not start: {forked}");
}

fn wait_until_ready(folder: &Path, server: &str) {
    let until = Instant::now() + Duration::from_secs(START_SECONDS);
    while !is_ready(server) {
        let log = || fs::read_to_string(folder.join("server.log")).unwrap_or_default();
        assert!(Instant::now() < until, "PostgreSQL did not start within {START_SECONDS} s: {}", log());
        sleep(Duration::from_millis(50));
    }
}

fn is_ready(server: &str) -> bool {
    let asked = Command::new(program("pg_isready")).arg("-q").arg("-d").arg(format!("{server}/postgres")).status();
    asked.is_ok_and(|status| status.success())
}

/// A port that nothing uses at this moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its number").port()
}

/// A program of PostgreSQL, of the newest version that is installed, or the one that the shell would find.
pub fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin").join(name))))
        .filter(|(_, path)| path.exists())
        .max();
    newest.map_or_else(|| PathBuf::from(name), |(_, path)| path)
}
