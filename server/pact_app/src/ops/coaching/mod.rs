//! Coaching periods (`policy.md` §5): proposed by the coach, signed by both, ended by either or by time, erased afterwards.
//!
//! Every operation is for one of the two, and for everybody else there is no such period. What the log holds is that a period was.
//!
//! | part | holds |
//! |---|---|
//! | [`days`] | scripts that run when a day of a period is over |
//! | [`keys`] | the keys with which notes are read |
//! | [`notes`] | notes, written, read and shared with a new key |
//! | [`tend`] | periods that end by themselves, and what is erased |

pub(crate) mod days;
pub mod keys;
pub mod notes;
pub mod tend;

use chrono::NaiveDate;
use chrono_tz::Tz;
use pact_core::coaching::{Reason, State, Window, check};
use pact_core::pact::Settings;
use pact_core::role::Role;
use pact_core::text::REASON;
use pact_core::time::Instant;
use pact_evidence::act::CoachingStep;
use pact_evidence::{Hash, PolicyAct};
use pact_store::entity::{coaching_period, person};
use pact_store::{Tx, coaching as store, record};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::guard::text;
use super::pact::settings;
use crate::access::{hex, random};
use crate::evidence::Recording;
use crate::messages::{self, Message};
use crate::{App, Caller, Refusal};

/// The most periods that somebody is shown.
pub const MAX_PERIODS: u64 = 200;
/// Bytes of chance in what both sign, so that nobody can guess it from its hash.
const CHANCE_BYTES: usize = 16;

const WHAT: &str = "coaching period";

/// Propose a period.
#[derive(Clone, Debug)]
pub struct Propose {
    /// Who is to be coached.
    pub person_id: Uuid,
    /// Why.
    pub reason: Reason,
    /// What it is for, in words.
    pub purpose: String,
    /// Its days, on the clock of who is coached.
    pub window: Window,
}

/// A period, as one of the two sees it.
#[derive(Clone, Debug)]
pub struct Period {
    /// The period.
    pub row: coaching_period::Model,
    /// Its days, both ends included.
    pub window: Window,
    /// How it stands.
    pub state: State,
    /// Whether notes can be written today.
    pub is_open: bool,
    /// The fingerprint of the coach's key, as notes are sealed for it.
    pub coach_fingerprint: Option<String>,
    /// The fingerprint of the other's key, as notes are sealed for it.
    pub person_fingerprint: Option<String>,
    /// Whether one of them has another key by now than the one for which notes are sealed.
    pub is_key_replaced: bool,
}

/// The period of a caller who is one of the two.
async fn found(conn: &impl ConnectionTrait, id: Uuid, caller: &Caller) -> Result<coaching_period::Model, Refusal> {
    store::period(conn, id, caller.person_id).await?.ok_or(Refusal::NotFound { what: WHAT })
}

/// The day on somebody's clock.
async fn today_of(conn: &impl ConnectionTrait, person: Uuid, now: Instant) -> Result<NaiveDate, Refusal> {
    let row = record::get::<person::Model>(conn, person).await?;
    Ok(now.day_in(row.time_zone.parse::<Tz>().unwrap_or(Tz::UTC)))
}

fn day(text: &str) -> Result<NaiveDate, Refusal> {
    text.parse().map_err(|error| Refusal::defect(format!("a day of a coaching period cannot be read: {error}")))
}

fn window(row: &coaching_period::Model) -> Result<Window, Refusal> {
    Ok(Window { first: day(&row.first_on)?, last: day(&row.last_on)? })
}

fn state(row: &coaching_period::Model) -> Result<State, Refusal> {
    Ok(row.state.parse()?)
}

/// The period as the log names it.
fn name(period: Uuid) -> Hash {
    Hash::of(format!("pact/coaching-period/1\0{period}"))
}

async fn shown(app: &App, row: coaching_period::Model) -> Result<Period, Refusal> {
    let conn = app.store.read();
    let (window, state) = (window(&row)?, state(&row)?);
    let today = today_of(conn, row.person_id, app.clock.now()).await?;
    let mut is_key_replaced = false;
    for (person, sealed_for) in [(row.coach_id, &row.coach_key), (row.person_id, &row.person_key)] {
        let present = store::key(conn, person).await?.map(|key| key.public);
        is_key_replaced |= sealed_for.is_some() && present.as_ref() != sealed_for.as_ref();
    }
    let fingerprint = |key: &Option<String>| key.as_deref().map(crate::coaching::keys::fingerprint);
    Ok(Period {
        window,
        state,
        is_open: state == State::Signed && window.contains(today),
        coach_fingerprint: fingerprint(&row.coach_key),
        person_fingerprint: fingerprint(&row.person_key),
        is_key_replaced,
        row,
    })
}

/// The caller's own periods, as coach and as who is coached, the latest first.
///
/// # Errors
/// A store that does not answer.
pub async fn periods(app: &App, caller: &Caller) -> Result<Vec<Period>, Refusal> {
    let mut periods = Vec::new();
    for row in store::periods(app.store.read(), caller.person_id, MAX_PERIODS).await? {
        periods.push(shown(app, row).await?);
    }
    Ok(periods)
}

/// One of the caller's own periods.
///
/// # Errors
/// There is none with this id whose coach or coached person the caller is.
pub async fn period(app: &App, caller: &Caller, id: Uuid) -> Result<Period, Refusal> {
    shown(app, found(app.store.read(), id, caller).await?).await
}

/// Proposes a period as its coach, whose signature this is.
///
/// # Errors
/// Days that the pact does not allow, a person who cannot be coached, or a coach without a key for notes.
pub async fn propose(app: &App, caller: &Caller, command: Propose) -> Result<Period, Refusal> {
    let purpose = text(REASON, "purpose", &command.purpose)?;
    let (now, by) = (app.clock.now(), caller.clone());
    let chance = hex(&random::<CHANCE_BYTES>()?);
    let row = app
        .store
        .write(async move |tx| {
            store::hold(tx).await?;
            let coached = record::find::<person::Model>(tx, command.person_id).await?;
            let coached = coached.filter(|it| it.active && it.id != by.person_id && it.role != Role::Partner.as_str());
            let coached = coached.ok_or_else(|| {
                Refusal::invalid(
                    "person_id",
                    "there is no other active person of the company with this id. Choose from GET /api/v1/persons.",
                )
            })?;
            let key = store::key(tx, by.person_id).await?.ok_or_else(no_key)?;
            let settings = settings(tx).await?;
            allowed(tx, command.window, coached.id, None, &settings, now).await?;
            let id = Uuid::new_v4();
            let words = agreement(id, &by.name, &coached.name, &command, &purpose, &settings, &chance);
            let row = coaching_period::Model {
                id,
                coach_id: by.person_id,
                person_id: coached.id,
                state: State::Proposed.to_string(),
                first_on: command.window.first.to_string(),
                last_on: command.window.last.to_string(),
                retention_days: settings.retention_days.into(),
                reason: Some(command.reason.to_string()),
                purpose: Some(purpose.clone()),
                document: Hash::of(&words).to_string(),
                words: Some(words),
                coach_key: Some(key.public),
                person_key: None,
                proposed_at: now.millis(),
                signed_at: None,
                ended_on: None,
                told_on: None,
            };
            record::insert(tx, row.clone()).await?;
            tell(tx, coached.id, id, "A coaching period is proposed to you. Nothing begins unless you sign it.", now);
            Ok::<_, Refusal>(row)
        })
        .await?;
    shown(app, row).await
}

fn no_key() -> Refusal {
    Refusal::not_now("You have no key for notes yet. Make it at POST /api/v1/coaching/key.")
}

fn tell(tx: &Tx, to: Uuid, period: Uuid, text: &str, at: Instant) {
    let (kind, record_kind) = ("coaching", "coaching_period");
    messages::send(tx, Message { to, kind, record_kind, record: period, text: text.to_owned(), at });
}

/// Refuses days that the pact does not allow, with the other periods in which this person is or was coached.
async fn allowed(
    tx: &Tx,
    wanted: Window,
    person: Uuid,
    but: Option<Uuid>,
    settings: &Settings,
    now: Instant,
) -> Result<(), Refusal> {
    let mut others = Vec::new();
    for row in store::of_coached(tx, person).await?.into_iter().filter(|row| Some(row.id) != but) {
        let last = row.ended_on.as_deref().unwrap_or(&row.last_on);
        others.push(Window { first: day(&row.first_on)?, last: day(last)? });
    }
    let today = today_of(tx, person, now).await?;
    check(wanted, &others, settings, today).map_err(|why| Refusal::invalid(why.field(), why.to_string()))
}

/// What both sign, word for word.
fn agreement(id: Uuid, coach: &str, person: &str, wanted: &Propose, purpose: &str, settings: &Settings, chance: &str) -> String {
    let Propose { reason, window: Window { first, last }, .. } = wanted;
    let kept = settings.retention_days;
    format!(
        "Coaching period {id}\n\
         Coach: {coach}\n\
         Person: {person}\n\
         Reason: {reason}\n\
         Purpose: {purpose}\n\
         Days: {first} to {last}, on the person's clock; it is not renewed by itself.\n\
         It begins only when both have signed these words. Either may end it at any time.\n\
         Notes are text, sealed for these two; nobody else can read them. They are erased {kept} days after the end.\n\
         The audit log keeps that the period was, never what was in it.\n\
         {chance}\n"
    )
}

/// Signs a period as who is coached, by the hash of what was read: now both have signed.
///
/// # Errors
/// The coach, who has signed already; other words; days that the pact does not allow by now; or a person without a key for notes.
pub async fn sign(app: &App, caller: &Caller, id: Uuid, read: Hash) -> Result<Period, Refusal> {
    let (now, by) = (app.clock.now(), caller.clone());
    let row = app
        .store
        .write(async move |tx| {
            store::hold(tx).await?;
            let row = found(tx, id, &by).await?;
            if row.coach_id == by.person_id {
                return Err(Refusal::not_now(
                    "You are the coach and signed with the proposal. The other of the two signs now, or does not.",
                ));
            }
            if state(&row)? != State::Proposed {
                return Err(Refusal::not_now("This period waits for no signature: both have signed it, or it is over."));
            }
            if row.document != read.to_string() {
                return Err(Refusal::invalid(
                    "document",
                    "this is not the hash of the period's text. Read it again, and sign what it says.",
                ));
            }
            let key = store::key(tx, by.person_id).await?.ok_or_else(no_key)?;
            allowed(tx, window(&row)?, by.person_id, Some(id), &settings(tx).await?, now).await?;
            let mut recording = Recording::by_person(by.person_id, Some(by.role), now)?;
            let coach = recording.person(row.coach_id)?;
            let (first_on, last_on) = (row.first_on.clone(), row.last_on.clone());
            let step = CoachingStep::Opened { coach, agreement: read, first_on, last_on };
            recording.write(tx, PolicyAct::CoachingChanged { period: name(id), step }).await?;
            let row = coaching_period::Model {
                state: State::Signed.to_string(),
                person_key: Some(key.public),
                signed_at: Some(now.millis()),
                ..row
            };
            store::keep_period(tx, row.clone()).await?;
            tell(tx, row.coach_id, id, "A coaching period that you proposed is signed.", now);
            Ok(row)
        })
        .await?;
    shown(app, row).await
}

/// Ends a period as one of the two, without a reason. One that was not signed is forgotten, as if it had never been proposed.
///
/// # Errors
/// A period that is over.
pub async fn end(app: &App, caller: &Caller, id: Uuid) -> Result<(), Refusal> {
    let (now, by) = (app.clock.now(), caller.clone());
    app.store
        .write(async move |tx| {
            store::hold(tx).await?;
            let row = found(tx, id, &by).await?;
            match state(&row)? {
                State::Proposed => Ok(store::remove_period(tx, id).await?),
                State::Signed => {
                    let other = if row.coach_id == by.person_id { row.person_id } else { row.coach_id };
                    tell(tx, other, id, "A coaching period was ended.", now);
                    let today = today_of(tx, row.person_id, now).await?;
                    let recording = Recording::by_person(by.person_id, Some(by.role), now)?;
                    tend::close(tx, recording, row, today).await
                }
                State::Ended | State::Erased => Err(Refusal::not_now("This period is over already.")),
            }
        })
        .await
}
