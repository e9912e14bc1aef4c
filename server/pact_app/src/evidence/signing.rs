//! The log's key, its checkpoints, and the cosignatures of witnesses.
//!
//! The key is a file beside the database, not a row in it: who can write to the database cannot sign. Nodes that share a database share the file.
//! A checkpoint is signed after the acts that it covers were committed; the entry that names another key is covered by a checkpoint of the key before.

use std::io::Write;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use pact_evidence::note::{Kind, NoteSignature};
use pact_evidence::{Checkpoint, Entry, Note, PolicyAct, Signer, Verifier};
use pact_store::entity::{evidence_checkpoint, evidence_head};
use pact_store::{StoreError, Tx, evidence as store};

use super::recording::{frontier, record};
use crate::access::random;
use crate::{Actor, App, Refusal};

/// What the key's file is called when nothing says otherwise.
const KEY_FILE: &str = "evidence.key";

impl App {
    /// Where the log's key is.
    pub fn evidence_key_file(&self) -> PathBuf {
        let beside = || self.files.parent().unwrap_or(Path::new("")).join(KEY_FILE);
        self.evidence.key_file.clone().unwrap_or_else(beside)
    }
}

/// The key in a file under a name, such as the log's; it is made when there is none.
///
/// # Errors
/// A file that holds no key, or cannot be made; or a name that no key may have.
pub fn signer(file: &Path, name: &str) -> Result<Signer, Refusal> {
    let cannot =
        |error: &dyn std::fmt::Display| Refusal::defect(format!("the key in {} cannot be used: {error}", file.display()));
    let key = match std::fs::read_to_string(file) {
        Ok(pem) => SigningKey::from_pkcs8_pem(&pem).map_err(|error| cannot(&error))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = SigningKey::from_bytes(&random::<32>()?);
            write_key(file, &key).map_err(|error| cannot(&error))?;
            key
        }
        Err(error) => return Err(cannot(&error)),
    };
    Signer::new(name, key).map_err(|error| cannot(&error))
}

/// Writes a key that nobody else on the machine can read; one that is there already is never written over.
fn write_key(file: &Path, key: &SigningKey) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(std::io::Error::other)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file)?;
    out.write_all(pem.as_bytes())?;
    out.sync_all()
}

/// The newest checkpoint; what was recorded since is signed first. Nothing before the first entry.
///
/// # Errors
/// A key that cannot be read or made, or a store that does not answer.
pub async fn sign(app: &App) -> Result<Option<evidence_checkpoint::Model>, Refusal> {
    let Some(head) = store::head(app.store.read()).await? else { return Ok(None) };
    let newest = store::checkpoint(app.store.read()).await?;
    if newest.as_ref().is_some_and(|newest| newest.size == head.size) {
        return Ok(newest);
    }
    let key = signer(&app.evidence_key_file(), &head.origin)?;
    let now = app.clock.now();
    let signed = app
        .store
        .write(async move |tx| {
            let to = key.verifier(Kind::Log).to_string();
            let from = present_key(tx).await?;
            if from.as_ref() != Some(&to) {
                record(tx, &Actor::System, now, PolicyAct::LogKeyChanged { from, to }).await?;
            }
            sign_head(tx, &[&key]).await
        })
        .await?;
    Ok(Some(signed))
}

/// Lets another key follow: the entry that names it is signed by both, then the file holds the new one.
///
/// # Errors
/// A key that cannot be read or written, or a store that does not answer.
pub async fn rotate(app: &App) -> Result<Verifier, Refusal> {
    sign(app).await?;
    let head = store::head(app.store.read()).await?.ok_or(Refusal::NotFound { what: "audit log" })?;
    let file = app.evidence_key_file();
    let next = file.with_extension("next");
    let (old, new) = (signer(&file, &head.origin)?, signer(&next, &head.origin)?);
    let (verifier, now) = (new.verifier(Kind::Log), app.clock.now());
    let to = verifier.to_string();
    app.store
        .write(async move |tx| {
            let from = Some(old.verifier(Kind::Log).to_string());
            record(tx, &Actor::System, now, PolicyAct::LogKeyChanged { from, to: to.clone() }).await?;
            sign_head(tx, &[&old, &new]).await
        })
        .await?;
    std::fs::rename(&next, &file)
        .map_err(|error| Refusal::defect(format!("the new key stays in {}: {error}", next.display())))?;
    Ok(verifier)
}

/// The public key of the log, and its name.
///
/// # Errors
/// As [`sign`].
pub async fn verifier(app: &App) -> Result<Option<Verifier>, Refusal> {
    sign(app).await?;
    let Some(head) = store::head(app.store.read()).await? else { return Ok(None) };
    Ok(Some(signer(&app.evidence_key_file(), &head.origin)?.verifier(Kind::Log)))
}

/// The key that the log's newest entry about keys names.
async fn present_key(tx: &Tx) -> Result<Option<String>, Refusal> {
    let newest = store::newest_of(tx, "log_key_changed").await?;
    let entry: Option<Entry> = newest.and_then(|row| serde_json::from_str(&row.body).ok());
    Ok(match entry.map(|entry| entry.act) {
        Some(PolicyAct::LogKeyChanged { to, .. }) => Some(to),
        _ => None,
    })
}

async fn sign_head(tx: &Tx, keys: &[&Signer]) -> Result<evidence_checkpoint::Model, Refusal> {
    let head = store::hold_head(tx).await?.ok_or(Refusal::NotFound { what: "audit log" })?;
    let row = evidence_checkpoint::Model { size: head.size, note: checkpoint(&head)?.sign(keys).to_string() };
    store::keep_checkpoint(tx, row.clone()).await?;
    Ok(row)
}

fn checkpoint(head: &evidence_head::Model) -> Result<Checkpoint, Refusal> {
    let tree = frontier(head)?;
    Ok(Checkpoint { origin: head.origin.clone(), size: tree.size(), root: tree.root() })
}

/// Registers a witness: it may cosign checkpoints from now on, and the log says so.
///
/// # Errors
/// A key that is none of a witness.
pub async fn register_witness(app: &App, actor: &Actor, key: &str) -> Result<Verifier, Refusal> {
    let wrong = "this is no key of a witness. It is NAME+ID+KEY, as `pact audit witness-key` prints it.";
    let verifier: Verifier = key.parse().map_err(|_| Refusal::invalid("key", wrong))?;
    if verifier.kind() != Kind::Witness {
        return Err(Refusal::invalid("key", wrong));
    }
    if witnesses(app).await?.contains(&verifier) {
        return Err(Refusal::Duplicate { what: "witness", field: "key" });
    }
    let (now, actor, key) = (app.clock.now(), actor.clone(), verifier.to_string());
    app.store.write(async move |tx| record(tx, &actor, now, PolicyAct::WitnessRegistered { key: key.clone() }).await).await?;
    Ok(verifier)
}

/// The witnesses that the log names.
///
/// # Errors
/// A store that does not answer.
pub async fn witnesses(app: &App) -> Result<Vec<Verifier>, Refusal> {
    /// More witnesses than anybody has.
    const MOST: u64 = 1_000;
    let rows = store::entries_of(app.store.read(), Some("witness_registered"), 0, MOST).await?;
    let keys = rows.iter().filter_map(|row| match serde_json::from_str::<Entry>(&row.body).ok()?.act {
        PolicyAct::WitnessRegistered { key } => key.parse().ok(),
        _ => None,
    });
    Ok(keys.collect())
}

/// Adds a witness's signature to the checkpoint for so many entries.
///
/// # Errors
/// There is no such checkpoint, or the signature is no registered witness's over it.
pub async fn cosign(app: &App, size: u64, line: &str) -> Result<evidence_checkpoint::Model, Refusal> {
    let wrong = "this is no signature of a registered witness over this checkpoint. Sign its text as it is, as C2SP tlog-cosignature says.";
    let signature: NoteSignature = line.trim_end_matches('\n').parse().map_err(|_| Refusal::invalid("signature", wrong))?;
    let keys = witnesses(app).await?;
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    app.store
        .write(async move |tx| {
            let row = store::hold_checkpoint(tx, size).await?.ok_or(Refusal::NotFound { what: "checkpoint" })?;
            let mut note: Note = row.note.parse().map_err(Refusal::defect)?;
            let Some(key) = keys.iter().find(|key| key.holds(&note.text, &signature)) else {
                return Err(Refusal::invalid("signature", wrong));
            };
            // One signature of each witness: a later one of the same key says nothing more.
            note.signatures.retain(|known| !key.is_named_by(known));
            note.signatures.push(signature.clone());
            let row = evidence_checkpoint::Model { note: note.to_string(), ..row };
            store::keep_checkpoint(tx, row.clone()).await?;
            Ok(row)
        })
        .await
}

/// Whether anything was recorded that no checkpoint covers yet: a cheap question before [`sign`].
///
/// # Errors
/// A store that does not answer.
pub async fn is_behind(app: &App) -> Result<bool, StoreError> {
    let head = store::head(app.store.read()).await?;
    let newest = store::checkpoint(app.store.read()).await?;
    Ok(head.is_some_and(|head| newest.is_none_or(|newest| newest.size < head.size)))
}
