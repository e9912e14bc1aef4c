//! Copying what was committed from SQLite's log (WAL) into its file, beside the writer.
//!
//! By itself, SQLite does this in the commit that fills the log, and whoever waits for that commit waits for the copy as well. A passive checkpoint on a
//! connection of its own waits for nobody and makes nobody wait; what the writer has still to copy when the log is full is then little.
//! See <https://www.sqlite.org/wal.html#application_initiated_checkpoints>.

use std::path::PathBuf;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::watch;

/// How often the log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A log shorter than this is left to grow, in bytes.
const WORTH_BYTES: u64 = 4 << 20;

/// Copies whenever it is worth it, until the store closes.
pub(crate) async fn copy_beside(conn: DatabaseConnection, log: PathBuf, mut closing: watch::Receiver<bool>) {
    let mut copied_at = 0;
    loop {
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let bytes = std::fs::metadata(&log).map_or(0, |log| log.len());
        if bytes < WORTH_BYTES || bytes == copied_at {
            continue;
        }
        if let Err(error) = conn.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await {
            tracing::warn!(%error, "the log could not be copied into the file; the writer does it");
        }
        copied_at = bytes;
    }
    if let Err(error) = conn.close().await {
        tracing::warn!(%error, "the connection that copies the log did not close well");
    }
}
