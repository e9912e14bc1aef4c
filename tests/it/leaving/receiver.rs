//! A web server that takes webhooks, in a process of its own: Python's, with the independent `standardwebhooks` library.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Where `.ci/test` puts Python with the libraries that tests use.
pub const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/bin/python");
/// The server.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/it/leaving/receiver.py");

/// A server that takes webhooks; ended when dropped.
pub struct Receiver {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Receiver {
    /// Starts it.
    pub fn start() -> Self {
        assert!(Path::new(PYTHON).exists(), "There is no {PYTHON}. Run .ci/test once: it makes it.");
        let folder = tempfile::tempdir().unwrap();
        let mut child =
            Command::new(PYTHON).arg(SCRIPT).arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().expect("a port"), folder }
    }

    /// An address at which it answers in a way of `receiver.py`.
    pub fn url(&self, how: &str) -> String {
        format!("http://127.0.0.1:{}/{how}", self.port)
    }

    /// Tells it the secrets with which messages may be signed.
    pub fn knows(&self, secrets: &[&str]) {
        std::fs::write(self.file("secrets"), secrets.join("\n")).unwrap();
    }

    /// What came, in order.
    pub fn received(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.file("received")).unwrap_or_default();
        // The last line may be under way.
        text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What came to a path, in order.
    pub fn at(&self, path: &str) -> Vec<Value> {
        self.received().into_iter().filter(|came| came["path"] == path).collect()
    }

    /// Whether the other side left while an endless answer was being given.
    pub fn was_hung_up_on(&self) -> bool {
        self.file("hung_up").exists()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
