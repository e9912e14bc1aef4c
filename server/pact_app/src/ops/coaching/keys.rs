//! The caller's key for notes: made once, opened for a session, recovered or replaced when it was lost.

use pact_core::time::Instant;
use pact_store::entity::{note_key, person};
use pact_store::{StoreError, coaching as store, record};
use secrecy::SecretString;
use uuid::Uuid;

use super::no_key;
use crate::coaching::keys;
use crate::{App, Caller, Refusal};

/// Somebody's key, as they see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    /// Its fingerprint, for comparing by telephone.
    pub fingerprint: String,
    /// When it was made.
    pub made_at: Instant,
}

/// A key that is open in a session.
#[derive(Debug)]
pub struct Opened {
    /// What the caller sends to read notes; it is kept nowhere.
    pub secret: SecretString,
    /// Until when it is good.
    pub until: Instant,
}

impl From<&note_key::Model> for NoteKey {
    fn from(row: &note_key::Model) -> Self {
        Self { fingerprint: keys::fingerprint(&row.public), made_at: Instant::from_millis(row.made_at) }
    }
}

/// The caller's key.
///
/// # Errors
/// They have none.
pub async fn key(app: &App, caller: &Caller) -> Result<NoteKey, Refusal> {
    Ok((&present(app, caller).await?).into())
}

async fn present(app: &App, caller: &Caller) -> Result<note_key::Model, Refusal> {
    store::key(app.store.read(), caller.person_id).await?.ok_or_else(no_key)
}

/// Makes the caller's key, and its recovery code.
///
/// # Errors
/// A wrong password, or a key that is there already.
pub async fn make(app: &App, caller: &Caller, password: SecretString) -> Result<(NoteKey, SecretString), Refusal> {
    if store::key(app.store.read(), caller.person_id).await?.is_some() {
        return Err(Refusal::NotNow {
            why: "You have a key for notes. Open it, recover it, or replace it if it is lost.".into(),
        });
    }
    replace(app, caller, password).await
}

/// Makes another key in place of the one that was lost. Notes that were sealed for that one stay closed until the other of the two shares them.
///
/// # Errors
/// A wrong password.
pub async fn replace(app: &App, caller: &Caller, password: SecretString) -> Result<(NoteKey, SecretString), Refusal> {
    prove(app, caller, password.clone()).await?;
    let (row, code) = keys::make(app, caller.person_id, password).await?;
    keep(app, row, code).await
}

/// Puts the same key under the present password by its recovery code, and gives another code.
///
/// # Errors
/// A wrong password or code, or no key.
pub async fn recover(
    app: &App,
    caller: &Caller,
    code: SecretString,
    password: SecretString,
) -> Result<(NoteKey, SecretString), Refusal> {
    prove(app, caller, password.clone()).await?;
    let (row, code) = keys::recover(app, present(app, caller).await?, &code, password).await?;
    keep(app, row, code).await
}

async fn keep(app: &App, row: note_key::Model, code: SecretString) -> Result<(NoteKey, SecretString), Refusal> {
    let shown = NoteKey::from(&row);
    let kept: Result<(), StoreError> = app.store.write(async move |tx| store::keep_key(tx, row.clone()).await).await;
    kept?;
    Ok((shown, code))
}

/// Opens the caller's key for this session.
///
/// # Errors
/// A wrong password, no key, or one that was made under another password.
pub async fn open(app: &App, caller: &Caller, session: Uuid, password: SecretString) -> Result<Opened, Refusal> {
    prove(app, caller, password.clone()).await?;
    let (secret, opening) = keys::open(app, &present(app, caller).await?, session, password).await?;
    let until = Instant::from_millis(opening.until_at);
    let kept: Result<(), StoreError> = app.store.write(async move |tx| store::keep_opening(tx, opening.clone()).await).await;
    kept?;
    Ok(Opened { secret, until })
}

/// Whoever asks for a key shows that they know the password: a device left open is not enough.
async fn prove(app: &App, caller: &Caller, password: SecretString) -> Result<(), Refusal> {
    let row = record::get::<person::Model>(app.store.read(), caller.person_id).await?;
    app.access.throttle.attempt(&row.email, "note key").map_err(|retry_after_s| Refusal::Throttled { retry_after_s })?;
    let hash = row.password_hash.map(|hash| hash.0);
    if app.access.hasher.verify(password, hash).await? {
        return Ok(());
    }
    Err(Refusal::invalid("password", "this is not your password. Write the one with which you sign in."))
}
