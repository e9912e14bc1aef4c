//! The files of imports: they come in piece by piece, wait in a folder of their own, and go when their import is done.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::import::MAX_FILE_BYTES;
use crate::{App, Refusal};

/// The folder of imports in the folder for files.
const FOLDER: &str = "imports";
/// What the name of a file ends with while it comes in.
const PART: &str = "part";
/// A file that came in and belongs to no import goes after this time: whoever sent it has long hung up.
const ORPHANED_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// A file of leads while it comes in. Dropped before it is whole, it is gone.
#[derive(Debug)]
pub struct Incoming {
    file: tokio::fs::File,
    bytes: u64,
    received: Received,
}

/// A file of leads that came in. Dropped before an import has it, it is gone.
#[derive(Debug)]
pub struct Received {
    /// The id of the import that it is for.
    pub(super) id: Uuid,
    folder: PathBuf,
    kept: bool,
}

impl Incoming {
    /// Makes room for a file.
    ///
    /// # Errors
    /// A disk that does not take it.
    pub async fn begin(app: &App) -> Result<Self, Refusal> {
        let folder = folder(app);
        tokio::fs::create_dir_all(&folder).await.map_err(|error| disk(&error))?;
        let received = Received { id: pact_core::id::random(), folder, kept: false };
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create_new(true);
        // What customers wrote is for nobody else on this machine.
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(received.part()).await.map_err(|error| disk(&error))?;
        Ok(Self { file, bytes: 0, received })
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// A file larger than [`MAX_FILE_BYTES`], or a disk that does not take it.
    pub async fn add(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        self.bytes += piece.len() as u64;
        if self.bytes > MAX_FILE_BYTES {
            let why = format!("The file is larger than {} MiB. Cut it into several and send each.", MAX_FILE_BYTES / 1024 / 1024);
            return Err(Refusal::invalid("file", why));
        }
        self.file.write_all(piece).await.map_err(|error| disk(&error))
    }

    /// Ends the file; it is on disk then.
    ///
    /// # Errors
    /// A disk that does not take it.
    pub async fn finish(mut self) -> Result<Received, Refusal> {
        self.file.flush().await.map_err(|error| disk(&error))?;
        self.file.sync_all().await.map_err(|error| disk(&error))?;
        tokio::fs::rename(self.received.part(), self.received.path()).await.map_err(|error| disk(&error))?;
        Ok(self.received)
    }
}

impl Received {
    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(self.id.to_string())
    }

    fn part(&self) -> PathBuf {
        self.path().with_extension(PART)
    }

    /// An import has it now, and lets it go itself.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if !self.kept {
            forget(&self.part());
            forget(&self.path());
        }
    }
}

/// The folder in which files of imports wait.
pub(super) fn folder(app: &App) -> PathBuf {
    app.files.join(FOLDER)
}

/// The file of an import, held by this process alone; `None` when another one holds it, or when it is not on this machine.
///
/// # Errors
/// The disk's.
pub(super) fn hold(path: &Path) -> io::Result<Option<File>> {
    // Some file systems lock only what is open for writing.
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Removes a file that is not needed any more; one that stays only costs room, so that is no error.
pub(super) fn forget(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "the file of an import could not be removed")
        }
        Ok(()) | Err(_) => {}
    }
}

/// Removes files that came in a day ago and belong to none of these imports.
pub(super) fn forget_orphans(folder: &Path, wanted: &[Uuid]) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<Uuid>().ok());
        let changed = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let is_old =
            changed.and_then(|changed| SystemTime::now().duration_since(changed).ok()).is_some_and(|age| age > ORPHANED_AFTER);
        if is_old && id.is_some_and(|id| !wanted.contains(&id)) {
            forget(&path);
        }
    }
}

/// What the disk said, for the server's log.
fn disk(error: &io::Error) -> Refusal {
    Refusal::defect(format!("the folder for files does not take one: {error}"))
}
