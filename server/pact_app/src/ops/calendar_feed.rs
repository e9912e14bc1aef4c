//! A person's calendar for other programs: their announced plans and the requests that wait for them, under a secret address (RFC 5545).
//!
//! Whoever has the address reads the calendar, so it is random, known here by its hash, and can be renewed. All items carry one time stamp: when the
//! calendar was first read with its present content. Programs see that something is newer than what they have, and nobody learns from it which plan was
//! edited, when, or how often; a `SEQUENCE` would count edits and is left out. A calendar that says the same is the same byte for byte.

mod ics;

use chrono::Days;
use pact_core::time::Instant;
use pact_store::calendar_feed as store;
use pact_store::entity::calendar_feed;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use self::ics::Content;
use crate::access::{fresh_secret, hash_secret};
use crate::organisation::Member;
use crate::texts::Texts;
use crate::{App, Caller, Refusal};

/// How many days back the calendar goes.
const DAYS_BACK: Days = Days::new(30);
/// How many days ahead it goes.
const DAYS_AHEAD: Days = Days::new(366);
/// The most plans, and the most requests, in it.
const MAX_ITEMS: u64 = 1_000;

/// A calendar as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The text, as RFC 5545 has it.
    pub text: String,
    /// A tag that is the same as long as the text is.
    pub tag: String,
    /// When it was first read with this content.
    pub changed_at: Instant,
}

/// The caller's calendar, if it has an address.
///
/// # Errors
/// A store that does not answer.
pub async fn read_calendar_feed(app: &App, caller: &Caller) -> Result<Option<calendar_feed::Model>, Refusal> {
    Ok(store::of_person(app.store.read(), caller.person_id).await?)
}

/// Gives the caller's calendar a new address, which is told here and nowhere else. The one that it had leads nowhere from then on.
///
/// # Errors
/// A store that does not answer, or a machine without a source of chance.
pub async fn renew_calendar_feed(app: &App, caller: &Caller) -> Result<SecretString, Refusal> {
    let (address, now) = (fresh_secret()?, app.clock.now().millis());
    let row = calendar_feed::Model {
        person_id: caller.person_id,
        address_hash: hash_secret(&address).into(),
        made_at: now,
        content_hash: None,
        changed_at: now,
    };
    app.store.write(async move |tx| -> Result<(), Refusal> { Ok(store::put(tx, row.clone()).await?) }).await?;
    Ok(address)
}

/// Takes the address away; nobody reads the calendar from then on. A second time changes nothing.
///
/// # Errors
/// A store that does not answer.
pub async fn end_calendar_feed(app: &App, caller: &Caller) -> Result<(), Refusal> {
    let person = caller.person_id;
    app.store.write(async move |tx| -> Result<(), Refusal> { Ok(store::remove(tx, person).await?) }).await
}

/// The calendar under an address.
///
/// # Errors
/// [`Refusal::NotFound`]: there is none (any more), or its person has left.
pub async fn read_calendar(app: &App, address: &str) -> Result<Calendar, Refusal> {
    let gone = || Refusal::NotFound { what: "calendar" };
    let feed = store::at_address(app.store.read(), &hash_secret(&address.to_owned().into())).await?.ok_or_else(gone)?;
    let snapshot = app.organisation();
    let member = snapshot.people.get(&feed.person_id).filter(|member| member.row.active).ok_or_else(gone)?;
    let now = app.clock.now();
    let content = content(app, member, now).await?;
    let hash = content.hash();
    let changed_at = if feed.content_hash.as_deref() == Some(hash.as_str()) {
        feed.changed_at
    } else {
        note_change(app, feed.person_id, hash, now).await?;
        now.millis()
    };
    let changed_at = Instant::from_millis(changed_at);
    let text = content.text(changed_at);
    let tag = hash_secret(&SecretString::from(text.clone())).chars().take(32).collect();
    Ok(Calendar { text, tag, changed_at })
}

async fn note_change(app: &App, person: Uuid, hash: String, now: Instant) -> Result<(), Refusal> {
    let at = now.millis();
    app.store.write(async move |tx| -> Result<(), Refusal> { Ok(store::changed(tx, person, &hash, at).await?) }).await
}

async fn content(app: &App, member: &Member, now: Instant) -> Result<Content, Refusal> {
    let today = now.day_in(member.calendar.zone);
    let from = today.checked_sub_days(DAYS_BACK).unwrap_or(today).to_string();
    let until = today.checked_add_days(DAYS_AHEAD).unwrap_or(today).to_string();
    let (conn, person, days) = (app.store.read(), member.row.id, (from.as_str(), until.as_str()));
    let plans = store::plans(conn, person, days, MAX_ITEMS).await?;
    let requests = store::requests(conn, person, days, MAX_ITEMS).await?;
    let texts = Texts::of(&member.row.languages).map_err(Refusal::defect)?;
    let mut content = Content::new(texts, member.calendar.zone, app.outgoing.public_url.clone());
    content.load_names(conn, &plans, &requests).await?;
    plans.iter().for_each(|plan| content.plan(plan));
    requests.iter().for_each(|request| content.request(request));
    Ok(content)
}

/// The path of a calendar's address, without the server's own.
pub fn calendar_path(address: &SecretString) -> String {
    format!("/calendars/{}.ics", address.expose_secret())
}
