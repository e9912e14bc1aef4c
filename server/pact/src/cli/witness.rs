//! `pact audit cosign`: a witness looks at the log from outside, and signs what continues what it saw before.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use pact_app::evidence::signing;
use pact_evidence::note::Kind;
use pact_evidence::proof::continues;
use pact_evidence::{Checkpoint, Hash, Note, Verifier};
use reqwest::Method;
use serde_json::{Value, json};

use super::remote::{Remote, key_from, sent};

const EVIDENCE: &str = "/evidence";
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a witness needs.
pub(super) struct Wish<'a> {
    /// The server's address.
    pub(super) server: &'a str,
    /// The environment variable with an auditor's API key.
    pub(super) api_key_env: &'a str,
    /// The log's key.
    pub(super) log_key: &'a str,
    /// The file with the witness's key.
    pub(super) key_file: &'a Path,
    /// The witness's name.
    pub(super) name: &'a str,
    /// The file with the checkpoint that was seen last.
    pub(super) seen: &'a Path,
}

/// The public key of a witness; its private key is made when there is none.
pub(super) fn key(file: &Path, name: &str) -> anyhow::Result<Verifier> {
    Ok(signing::signer(file, name)?.verifier(Kind::Witness))
}

/// Fetches the newest checkpoint, compares it with the one that was seen last, signs it, and remembers it.
pub(super) async fn cosign(wish: &Wish<'_>) -> anyhow::Result<Checkpoint> {
    let key = key_from(wish.api_key_env, "--email AUDITOR --scope audit_read")?;
    let server = Remote::nobody(wish.server)?.with(key);
    let asked = |method, path: &str| server.request(method, &format!("{EVIDENCE}/{path}")).timeout(TIMEOUT);
    let get = async |path: &str| anyhow::Ok(sent(asked(Method::GET, path)).await?.text().await?);

    let note: Note = get("checkpoint").await?.parse()?;
    let now: Checkpoint = note.text.parse()?;
    let log: Verifier = wish.log_key.parse()?;
    ensure!(note.is_signed_by(&log), "the checkpoint is not signed by the key that you gave; nothing was signed");
    if let Ok(text) = std::fs::read_to_string(wish.seen) {
        let seen = text.parse::<Note>()?.text.parse::<Checkpoint>()?;
        ensure!(seen.origin == now.origin, "this is another log than the one that was seen last; nothing was signed");
        let answer: Value = serde_json::from_str(&get(&format!("consistency?from={}&to={}", seen.size, now.size)).await?)?;
        let proof: Vec<Hash> = serde_json::from_value(answer["proof"].clone()).context("the server answered no proof")?;
        if !continues((seen.size, seen.root), (now.size, now.root), &proof) {
            bail!(
                "the log does NOT continue the one with {} entries that was seen last; nothing was signed. Keep {} and {note}",
                seen.size,
                wish.seen.display()
            );
        }
    }
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let signature = signing::signer(wish.key_file, wish.name)?.cosign(&note.text, seconds).to_string();
    let body = json!({"size": now.size, "signature": signature});
    sent(asked(Method::POST, "cosignatures").json(&body)).await?;
    std::fs::write(wish.seen, note.to_string()).with_context(|| format!("{} cannot be written", wish.seen.display()))?;
    Ok(now)
}
