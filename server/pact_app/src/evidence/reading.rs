//! Entries with their proofs, and the tiles that tools for transparency logs read.

use pact_evidence::tile::{self, HEIGHT, Place, kept};
use pact_evidence::tree::{Node, complete, fold};
use pact_evidence::{Checkpoint, Hash, Note, proof};
use pact_store::entity::evidence_entry;
use pact_store::evidence as store;
use sea_orm::ConnectionTrait;

use super::signing::sign;
use crate::{App, Refusal};

/// The most entries that are listed at once.
pub const MAX_ENTRIES: u64 = 1_000;

/// An entry, and the proof that the newest checkpoint covers it.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The entry.
    pub entry: evidence_entry::Model,
    /// How many entries the checkpoint covers.
    pub size: u64,
    /// The hashes of the proof, from the leaf to the root.
    pub proof: Vec<Hash>,
    /// The checkpoint, as a signed note.
    pub checkpoint: String,
}

/// Entries from a place on, of one kind of act or of all.
///
/// # Errors
/// A store that does not answer.
pub async fn entries(app: &App, kind: Option<&str>, from: u64, limit: u64) -> Result<Vec<evidence_entry::Model>, Refusal> {
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    Ok(store::entries_of(app.store.read(), kind, from, limit.min(MAX_ENTRIES)).await?)
}

/// An entry with its proof.
///
/// # Errors
/// There is no such entry, or a store that does not answer.
pub async fn entry(app: &App, index: u64) -> Result<Proven, Refusal> {
    let missing = || Refusal::NotFound { what: "entry" };
    let (note, checkpoint) = newest(app).await?;
    let parts = proof::inclusion(index, checkpoint.size).ok_or_else(missing)?;
    let proof = hashes(app.store.read(), parts).await?;
    let row = entries(app, None, index, 1).await?.pop().filter(|row| u64::try_from(row.number) == Ok(index));
    Ok(Proven { entry: row.ok_or_else(missing)?, size: checkpoint.size, proof, checkpoint: note })
}

/// The proof that the log with `to` entries begins with that with `from`.
///
/// # Errors
/// Sizes that the log does not have, or a store that does not answer.
pub async fn consistency(app: &App, from: u64, to: u64) -> Result<Vec<Hash>, Refusal> {
    let (_, checkpoint) = newest(app).await?;
    let wrong =
        |field: &str| Refusal::invalid(field, format!("the log has {} entries; ask for 0 <= from <= to.", checkpoint.size));
    if to > checkpoint.size {
        return Err(wrong("to"));
    }
    let parts = proof::consistency(from, to).ok_or_else(|| wrong("from"))?;
    hashes(app.store.read(), parts).await
}

/// The newest checkpoint as it is signed.
///
/// # Errors
/// A log without entries, or a store that does not answer.
pub async fn newest(app: &App) -> Result<(String, Checkpoint), Refusal> {
    let row = sign(app).await?.ok_or(Refusal::NotFound { what: "checkpoint" })?;
    let note: Note = row.note.parse().map_err(Refusal::defect)?;
    Ok((row.note, note.text.parse().map_err(Refusal::defect)?))
}

/// A tile of hashes.
///
/// # Errors
/// The signed log does not have it (yet).
pub async fn tile(app: &App, level: u8, place: Place) -> Result<Vec<u8>, Refusal> {
    let hashes = kept_hashes(app.store.read(), level, checked(app, level, place).await?, place.width).await?;
    Ok(tile::tile(&hashes))
}

/// A bundle of entries.
///
/// # Errors
/// The signed log does not have it (yet).
pub async fn bundle(app: &App, place: Place) -> Result<Vec<u8>, Refusal> {
    let rows = entries(app, None, checked(app, 0, place).await?, place.width).await?;
    Ok(tile::bundle(rows.iter().map(|row| row.body.as_bytes())))
}

/// The first hash of a piece that the signed log has.
async fn checked(app: &App, level: u8, place: Place) -> Result<u64, Refusal> {
    let (_, checkpoint) = newest(app).await?;
    let first = place.first().filter(|_| place.is_in(level, checkpoint.size));
    first.ok_or(Refusal::NotFound { what: "tile" })
}

async fn hashes(conn: &impl ConnectionTrait, parts: Vec<Vec<Node>>) -> Result<Vec<Hash>, Refusal> {
    let mut hashes = Vec::with_capacity(parts.len());
    for part in parts {
        let mut peaks = Vec::with_capacity(part.len());
        for node in part {
            let (level, first, count) = kept(node);
            let below = kept_hashes(conn, level, first, count).await?;
            peaks.push(complete(below).ok_or_else(changed)?);
        }
        hashes.push(fold(&peaks));
    }
    Ok(hashes)
}

async fn kept_hashes(conn: &impl ConnectionTrait, level: u8, first: u64, count: u64) -> Result<Vec<Hash>, Refusal> {
    debug_assert!(level < u8::MAX / HEIGHT, "a level that a tree can have");
    let (first, wanted) = (i64::try_from(first).unwrap_or(i64::MAX), i64::try_from(count).unwrap_or(i64::MAX));
    let rows = store::hashes(conn, level.into(), first, wanted).await?;
    let hashes: Option<Vec<Hash>> = rows.iter().map(|hash| hash.parse().ok()).collect();
    hashes.filter(|hashes| hashes.len() as u64 == count).ok_or_else(changed)
}

fn changed() -> Refusal {
    Refusal::defect("the stored audit log was changed: `pact audit check` says more")
}
