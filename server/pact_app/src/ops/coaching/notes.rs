//! Notes of a period: written for both, read by each with their own key, shared with a key that followed a lost one.

use pact_core::coaching::State;
use pact_core::text::TEXT;
use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_evidence::act::CoachingStep;
use pact_store::entity::{coaching_note, coaching_period};
use pact_store::{coaching as store, record};
use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use uuid::Uuid;

use super::{found, name, state, today_of, window};
use crate::coaching::{keys, seal};
use crate::evidence::Recording;
use crate::ops::guard::text;
use crate::{App, Caller, Refusal};

/// The most notes of a period.
pub const MAX_NOTES: u64 = 500;

/// A note, as one of the two reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: Uuid,
    /// `coach`, `person`, or the plugin that wrote it.
    pub written_by: String,
    /// When.
    pub at: Instant,
    /// What it says; nothing when it is sealed for a key that the reader does not have any more.
    pub text: Option<String>,
}

/// Writes a note as one of the two. PACT can read it as little as anybody else afterwards.
///
/// # Errors
/// A period that is not open today, or full.
pub async fn write(app: &App, caller: &Caller, period: Uuid, words: &str) -> Result<Uuid, Refusal> {
    let words = text(TEXT, "text", words)?;
    let (now, by) = (app.clock.now(), caller.clone());
    app.store
        .write(async move |tx| {
            // Otherwise a note could be sealed for a key while the notes are shared with the next one.
            store::hold(tx).await?;
            let row = found(tx, period, &by).await?;
            let written_by = if row.coach_id == by.person_id { "coach" } else { "person" };
            if state(&row)? != State::Signed || !window(&row)?.contains(today_of(tx, row.person_id, now).await?) {
                return Err(Refusal::not_now("Notes are written inside the days of a period that both have signed."));
            }
            if store::notes(tx, period, MAX_NOTES).await?.len() as u64 >= MAX_NOTES {
                return Err(Refusal::not_now("This period has as many notes as it can hold."));
            }
            let note = sealed(&row, Uuid::new_v4(), written_by, now, &words)?;
            let id = note.id;
            record::insert(tx, note).await?;
            Ok(id)
        })
        .await
}

/// A note, sealed for both.
pub(super) fn sealed(
    period: &coaching_period::Model,
    id: Uuid,
    written_by: &str,
    at: Instant,
    words: &str,
) -> Result<coaching_note::Model, Refusal> {
    let about = about(period.id, id);
    let for_key = |key: &Option<String>| {
        let key = key.as_deref().ok_or_else(|| Refusal::defect("a signed coaching period has no key"))?;
        seal::seal(key, &about, words)
    };
    Ok(coaching_note::Model {
        id,
        period_id: period.id,
        written_by: written_by.to_owned(),
        at: at.millis(),
        for_coach: for_key(&period.coach_key)?.into(),
        for_person: for_key(&period.person_key)?.into(),
    })
}

/// What is said when a note is sealed and when it is opened, so that none can be put in another's place.
fn about(period: Uuid, note: Uuid) -> String {
    format!("pact/coaching-note/1 {period} {note}")
}

/// The notes of a period, as one of the two reads them with the key that is open in their session.
///
/// # Errors
/// No such period for the caller, or a key that is not open.
pub async fn read(app: &App, caller: &Caller, session: Uuid, secret: &SecretString, period: Uuid) -> Result<Vec<Note>, Refusal> {
    let conn = app.store.read();
    let row = found(conn, period, caller).await?;
    let key = keys::opened(app, caller.person_id, session, secret).await?;
    let notes = store::notes(conn, period, MAX_NOTES).await?;
    Ok(notes.into_iter().map(|note| opened(&row, note, caller.person_id, &key)).collect())
}

fn opened(period: &coaching_period::Model, note: coaching_note::Model, reader: Uuid, key: &seal::Key) -> Note {
    let sealed = if period.coach_id == reader { &note.for_coach } else { &note.for_person };
    let text = seal::open(key, &about(period.id, note.id), &sealed.0);
    Note { id: note.id, written_by: note.written_by, at: Instant::from_millis(note.at), text }
}

/// Seals the notes of a period anew for the other of the two, who lost their key and made another. What the caller cannot read stays as it is.
///
/// # Errors
/// No such period for the caller, a key that is not open, or nobody who made another.
pub async fn share(app: &App, caller: &Caller, session: Uuid, secret: &SecretString, period: Uuid) -> Result<u64, Refusal> {
    let key = keys::opened(app, caller.person_id, session, secret).await;
    // First whether there is such a period for the caller: others learn nothing from the order.
    found(app.store.read(), period, caller).await?;
    let (key, now, by) = (key?, app.clock.now(), caller.clone());
    app.store
        .write(async move |tx| {
            store::hold(tx).await?;
            let mut row = found(tx, period, &by).await?;
            let is_coach = row.coach_id == by.person_id;
            let other = if is_coach { row.person_id } else { row.coach_id };
            let next = next_key(tx, other, if is_coach { &row.person_key } else { &row.coach_key }).await?;
            let mut shared = 0;
            for mut note in store::notes(tx, period, MAX_NOTES).await? {
                let Some(text) = opened(&row, note.clone(), by.person_id, &key).text else { continue };
                let sealed = seal::seal(&next, &about(period, note.id), &text)?.into();
                if is_coach {
                    note.for_person = sealed
                } else {
                    note.for_coach = sealed
                }
                store::keep_note(tx, note).await?;
                shared += 1;
            }
            if is_coach {
                row.person_key = Some(next)
            } else {
                row.coach_key = Some(next)
            }
            store::keep_period(tx, row).await?;
            let act = PolicyAct::CoachingChanged { period: name(period), step: CoachingStep::Shared { notes: shared } };
            Recording::by_person(by.person_id, Some(by.role), now)?.write(tx, act).await?;
            Ok(shared)
        })
        .await
}

/// The key that followed the one for which notes are sealed.
async fn next_key(conn: &impl ConnectionTrait, person: Uuid, sealed_for: &Option<String>) -> Result<String, Refusal> {
    let present = store::key(conn, person).await?.map(|key| key.public);
    present.filter(|present| sealed_for.as_ref().is_some_and(|sealed_for| sealed_for != present)).ok_or_else(|| {
        Refusal::not_now("The other of the two reads these notes with the key that they have: there is nothing to share.")
    })
}
