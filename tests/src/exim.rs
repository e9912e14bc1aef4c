//! A real mail server for tests: Debian's Exim, without root, on loopback, with encryption and sign-in, that keeps what it takes in a folder.
//!
//! `.ci/test` unpacks it beside the other tools, so that the machine's own mail server, if it has one, stays as it is. The program insists on a user
//! named as its package would make it; `nss_wrapper` says that this is us.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::account::Account;
use crate::pg::free_port;

/// Where `.ci/test` puts the program.
const EXIM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/exim4");
/// The user that the program insists on.
const USER: &str = "Debian-exim";
/// The account at the server.
pub const ACCOUNT: &str = "pact";
/// Its password.
pub const PASSWORD: &str = "a password with spaces";
/// How long the server may take to start.
const START: Duration = Duration::from_secs(20);

/// Takes mail for everybody; but nobody is called `gone`, `later` is told to come back while there is a file `busy`, and `full` is refused when the
/// content has arrived; what goes to `lost.example` comes back.
const SETTINGS: &str = r#"
exim_path = DIR/exim4
primary_hostname = localhost
local_interfaces = 127.0.0.1
daemon_smtp_ports = STARTTLS : TLS
tls_on_connect_ports = TLS
tls_advertise_hosts = *
tls_certificate = DIR/cert.pem
tls_privatekey = DIR/key.pem
spool_directory = DIR/spool
log_file_path = DIR/log/%slog
pid_file_path = DIR/spool/exim.pid
deliver_drop_privilege = true
auth_advertise_hosts = ${if def:tls_in_cipher{*}{}}
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 0
smtp_accept_queue_per_connection = 0
never_users =
untrusted_set_sender = *
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
acl_smtp_rcpt = rcpt
acl_smtp_data = data

begin acl
rcpt:
  deny !authenticated = *
       message = sign in first
  deny local_parts = gone
       message = no such person here
  defer local_parts = later
        condition = ${if exists{DIR/busy}}
        message = come back later
  accept
data:
  deny condition = ${if eq{$recipients}{full@example.com}}
       message = the mailbox is full
  accept

begin routers
lost:
  driver = redirect
  domains = lost.example
  data = :fail: nobody is here
  allow_fail
all:
  driver = accept
  transport = box

begin transports
box:
  driver = appendfile
  directory = DIR/mail
  maildir_format
  create_directory
  return_path_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{pact}}{eq{$auth3}{a password with spaces}}}}
  server_set_id = $auth2
"#;

/// A mail server; ended when dropped.
#[derive(Debug)]
pub struct Exim {
    /// The port on which encryption begins with STARTTLS.
    pub starttls: u16,
    /// The port on which everything is encrypted.
    pub tls: u16,
    child: Child,
    folder: TempDir,
}

impl Exim {
    /// Starts it and waits until it answers.
    ///
    /// # Panics
    /// When it is not there or does not start.
    pub fn start() -> Self {
        assert!(Path::new(EXIM).exists(), "There is no {EXIM}. Run .ci/test once: it unpacks Exim there.");
        let folder = tempfile::tempdir().expect("a folder");
        let (dir, account) = (folder.path(), Account::of_server());
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).expect("a folder that the server may enter");
        fs::copy(EXIM, dir.join("exim4")).expect("a copy where everybody may enter");
        certificates(dir);
        let (starttls, tls) = (free_port(), free_port());
        let settings = SETTINGS
            .replace("DIR", &dir.display().to_string())
            .replace("= STARTTLS", &format!("= {starttls}"))
            .replace(": TLS", &format!(": {tls}"))
            .replace("ports = TLS", &format!("ports = {tls}"));
        fs::write(dir.join("exim.conf"), settings).expect("its settings");
        name_user(dir, &account);
        for part in ["spool", "log", "mail"] {
            fs::create_dir(dir.join(part)).expect("a folder of the server");
            account.give(&dir.join(part));
        }
        let child = command(dir, &account)
            .arg("-bdf")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.join("stderr")).expect("a file for what it says"))
            .spawn()
            .expect("Exim starts");
        let exim = Self { starttls, tls, child, folder };
        let until = Instant::now() + START;
        while !exim.answers() {
            assert!(Instant::now() < until, "Exim did not start: {}", exim.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        exim
    }

    /// The certificate of the authority that vouches for it, in PEM.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Whether `later` is told to come back.
    ///
    /// # Panics
    /// When the file system refuses.
    pub fn set_busy(&self, busy: bool) {
        let file = self.folder.path().join("busy");
        if busy { fs::write(file, "") } else { fs::remove_file(file) }.expect("a file that says so");
    }

    /// The mail that it has taken and delivered, in no order.
    pub fn mail(&self) -> Vec<Vec<u8>> {
        let entries = fs::read_dir(self.folder.path().join("mail/new")).into_iter().flatten().flatten();
        entries.filter_map(|entry| fs::read(entry.path()).ok()).collect()
    }

    /// Has it send mail to somebody at `lost.example`, where nobody is; the report that it writes to the sender.
    ///
    /// # Panics
    /// When it does not write one.
    pub fn bounce(&self, sender: &str, receiver: &str, mail: &[u8]) -> Vec<u8> {
        let dir = self.folder.path();
        let sending = command(dir, &Account::of_server()).args(["-oi", "-f", sender, receiver]).stdin(Stdio::piped()).spawn();
        let mut sending = sending.expect("Exim starts");
        sending.stdin.take().expect("its input").write_all(mail).expect("it reads the mail");
        sending.wait().expect("it takes the mail");
        let until = Instant::now() + START;
        loop {
            let is_report = |mail: &Vec<u8>| String::from_utf8_lossy(mail).contains("report-type=delivery-status");
            if let Some(report) = self.mail().into_iter().find(is_report) {
                return report;
            }
            assert!(Instant::now() < until, "Exim wrote no report: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it wrote into its logs.
    pub fn log(&self) -> String {
        let logs = ["log/mainlog", "log/paniclog", "stderr"].map(|log| fs::read_to_string(self.folder.path().join(log)));
        logs.into_iter().flatten().collect()
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.starttls)) else { return false };
        let limited = stream.set_read_timeout(Some(Duration::from_secs(5)));
        limited.is_ok() && stream.read(&mut [0; 3]).is_ok_and(|bytes| bytes > 0)
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with its settings, as the account.
fn command(dir: &Path, account: &Account) -> Command {
    let mut command = account.command(&dir.join("exim4"));
    command.arg("-C").arg(dir.join("exim.conf")).current_dir(dir);
    command.env("LD_PRELOAD", "libnss_wrapper.so");
    command.env("NSS_WRAPPER_PASSWD", dir.join("passwd")).env("NSS_WRAPPER_GROUP", dir.join("group"));
    command
}

/// Lists of users and groups in which the user that the program insists on is the account.
fn name_user(dir: &Path, account: &Account) {
    let (user, group) = account.ids();
    let users = fs::read_to_string("/etc/passwd").expect("the list of accounts");
    let groups = fs::read_to_string("/etc/group").expect("the list of groups");
    fs::write(dir.join("passwd"), format!("{users}{USER}:x:{user}:{group}::/:/bin/false\n")).expect("a list of accounts");
    fs::write(dir.join("group"), format!("{groups}{USER}:x:{group}:\n")).expect("a list of groups");
}

/// An authority, and a certificate for this machine that it vouches for.
fn certificates(dir: &Path) {
    let authority = ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Tests"];
    openssl(dir, &authority);
    let server = [
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ];
    openssl(dir, &server);
    fs::set_permissions(dir.join("key.pem"), fs::Permissions::from_mode(0o644)).expect("a key that the server may read");
}

fn openssl(dir: &Path, arguments: &[&str]) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
}
