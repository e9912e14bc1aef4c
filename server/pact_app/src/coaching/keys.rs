//! Somebody's key for notes: made, opened with the password, kept when the password changes, recovered when it was lost.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use pact_core::time::Instant;
use pact_store::coaching as store;
use pact_store::entity::{note_key, note_opening};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::seal::{self, Key};
use crate::access::{fresh_secret, hex, random};
use crate::{App, Refusal};

/// How long an opened key stays open.
pub(crate) const OPEN_MS: i64 = 3_600 * 1_000;
/// Bytes of the salt with which a key is derived from a password.
const SALT_BYTES: usize = 16;
/// Digits of a fingerprint: enough to read out, and more than anybody can forge.
const FINGERPRINT_DIGITS: usize = 32;

/// A public key's fingerprint, to be compared by telephone.
#[must_use]
pub(crate) fn fingerprint(public: &str) -> String {
    let digits = hex(&Sha256::digest(format!("pact/note-key/1\0{public}")));
    digits.chars().take(FINGERPRINT_DIGITS).collect()
}

/// A key of a secret that is random and long, so that no slow hash is needed.
fn of_secret(secret: &SecretString, what: &str) -> Key {
    let mut hash = Sha256::new();
    hash.update(format!("pact/note-key/{what}/1\0"));
    hash.update(secret.expose_secret().as_bytes());
    Zeroizing::new(hash.finalize().into())
}

async fn of_password(app: &App, password: SecretString, salt: &str) -> Result<Key, Refusal> {
    let salt = BASE64_STANDARD.decode(salt).map_err(Refusal::defect)?;
    app.access.hasher.derive(password, salt).await
}

/// A private key as its row keeps it, and the recovery code, which is kept nowhere.
async fn kept(
    app: &App,
    person: Uuid,
    (private, public): (Key, String),
    password: SecretString,
) -> Result<(note_key::Model, SecretString), Refusal> {
    let salt = BASE64_STANDARD.encode(random::<SALT_BYTES>()?);
    let code = fresh_secret()?;
    let about = person.to_string();
    let row = note_key::Model {
        person_id: person,
        by_password: seal::wrap(&of_password(app, password, &salt).await?, &about, &private)?.into(),
        by_recovery: seal::wrap(&of_secret(&code, "recovery"), &about, &private)?.into(),
        salt,
        public,
        made_at: app.clock.now().millis(),
    };
    Ok((row, code))
}

/// A new key of a person, and its recovery code.
///
/// # Errors
/// A server that is busy, or a machine without a source of chance.
pub(crate) async fn make(app: &App, person: Uuid, password: SecretString) -> Result<(note_key::Model, SecretString), Refusal> {
    kept(app, person, seal::new_pair()?, password).await
}

/// The same key under another password, and with another recovery code, by the code that was kept.
///
/// # Errors
/// A code that does not open it.
pub(crate) async fn recover(
    app: &App,
    row: note_key::Model,
    code: &SecretString,
    password: SecretString,
) -> Result<(note_key::Model, SecretString), Refusal> {
    let private = seal::unwrap(&of_secret(code, "recovery"), &row.person_id.to_string(), &row.by_recovery.0);
    let private = private.ok_or_else(|| Refusal::invalid("recovery_code", "this code does not open your key."))?;
    let made_at = row.made_at;
    let (row, code) = kept(app, row.person_id, (private, row.public), password).await?;
    Ok((note_key::Model { made_at, ..row }, code))
}

/// The private key, by the password; nothing when the key was made under another one.
///
/// # Errors
/// A server that is busy.
async fn by_password(app: &App, row: &note_key::Model, password: SecretString) -> Result<Option<Key>, Refusal> {
    let with = of_password(app, password, &row.salt).await?;
    Ok(seal::unwrap(&with, &row.person_id.to_string(), &row.by_password.0))
}

/// The row of a person's key when they change their password themselves; nothing when they have none, or one that the present password does not open.
///
/// # Errors
/// A server that is busy.
pub(crate) async fn under_new_password(
    app: &App,
    person: Uuid,
    present: SecretString,
    new: SecretString,
) -> Result<Option<note_key::Model>, Refusal> {
    let Some(row) = store::key(app.store.read(), person).await? else { return Ok(None) };
    let Some(private) = by_password(app, &row, present).await? else { return Ok(None) };
    let with = of_password(app, new, &row.salt).await?;
    let by_password = seal::wrap(&with, &person.to_string(), &private)?.into();
    Ok(Some(note_key::Model { by_password, ..row }))
}

/// Opens a key for a session: the secret for the caller, the row for the store, and until when it is good.
///
/// # Errors
/// A key that was made under another password.
pub(crate) async fn open(
    app: &App,
    row: &note_key::Model,
    session: Uuid,
    password: SecretString,
) -> Result<(SecretString, note_opening::Model), Refusal> {
    let private = by_password(app, row, password).await?.ok_or_else(|| Refusal::NotNow {
        why: "Your key for notes was made under another password, which an admin has replaced since. Open it with your recovery code \
              (POST /api/v1/coaching/key/recover), or make another one (…/key/replace) and ask the other of the two to share the notes with it."
            .into(),
    })?;
    let secret = fresh_secret()?;
    let opening = note_opening::Model {
        session_id: session,
        person_id: row.person_id,
        wrapped: seal::wrap(&of_secret(&secret, "opening"), &session.to_string(), &private)?.into(),
        until_at: app.clock.now().millis() + OPEN_MS,
    };
    Ok((secret, opening))
}

/// The private key that was opened in a session, by the caller's secret.
///
/// # Errors
/// Nothing is open in this session, or not by this secret.
pub(crate) async fn opened(app: &App, person: Uuid, session: Uuid, secret: &SecretString) -> Result<Key, Refusal> {
    let now: Instant = app.clock.now();
    let row = store::opening(app.store.read(), session, now.millis()).await?.filter(|row| row.person_id == person);
    let key = row.and_then(|row| seal::unwrap(&of_secret(secret, "opening"), &session.to_string(), &row.wrapped.0));
    key.ok_or_else(|| {
        Refusal::forbidden(
            "Your key for notes is not open in this session. Open it with your password at POST /api/v1/coaching/key/open, and send what you get \
             as Pact-Note-Key.",
        )
    })
}
