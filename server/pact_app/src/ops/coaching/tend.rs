//! What happens to periods by itself: they end, and are erased. And how many each coach has had, for auditors.

use chrono::NaiveDate;
use pact_core::coaching::{State, erased_from};
use pact_core::time::Instant;
use pact_evidence::act::CoachingStep;
use pact_evidence::{Hash, PolicyAct};
use pact_store::entity::{coaching_period, person};
use pact_store::{Tx, coaching as store, record};
use uuid::Uuid;

use super::notes::MAX_NOTES;
use super::{day, days, name, state, today_of, window};
use crate::evidence::Recording;
use crate::ops::pact::settings;
use crate::{Actor, App, Refusal};

/// How many periods a coach has had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coach {
    /// The coach.
    pub person_id: Uuid,
    /// Their name.
    pub name: String,
    /// Periods that both had signed, those that are over too.
    pub periods: i64,
}

/// How many periods each coach has had: all that anybody but the two learns of them.
///
/// # Errors
/// A store that does not answer.
pub async fn coaches(app: &App) -> Result<Vec<Coach>, Refusal> {
    let conn = app.store.read();
    let counted = store::by_coach(conn).await?;
    let people = record::many::<person::Model>(conn, counted.iter().map(|(id, _)| *id)).await?;
    let named = |id: Uuid| people.iter().find(|person| person.id == id).map(|person| person.name.clone()).unwrap_or_default();
    let mut coaches: Vec<Coach> =
        counted.into_iter().map(|(person_id, periods)| Coach { person_id, name: named(person_id), periods }).collect();
    coaches.sort_by(|a, b| (&a.name, a.person_id).cmp(&(&b.name, b.person_id)));
    Ok(coaches)
}

/// Tells scripts of days that are over, ends periods whose last day is over or of which somebody left, forgets proposals whose first day passed, and erases what has been kept long enough.
///
/// # Errors
/// A store that does not answer.
pub async fn tend(app: &App) -> Result<(), Refusal> {
    let now = app.clock.now();
    let living = [State::Proposed, State::Signed, State::Ended].map(State::as_str);
    for seen in store::in_states(app.store.read(), &living).await? {
        // Scripts hold up neither the end of a period nor other periods.
        if let Err(refusal) = days::tell(app, &seen, now).await {
            tracing::warn!(%refusal, "scripts could not be told of a day of a coaching period; trying again");
        }
        if due(app.store.read(), &seen, now).await?.is_none() {
            continue;
        }
        app.store
            .write(async move |tx| {
                store::hold(tx).await?;
                // Another node, or one of the two, may have been first.
                let Some(row) = store::period(tx, seen.id, seen.coach_id).await? else { return Ok(()) };
                match due(tx, &row, now).await? {
                    Some(Due::Forgotten) => Ok(store::remove_period(tx, row.id).await?),
                    Some(Due::Ended(on)) => close(tx, Recording::by(&Actor::System, now)?, row, on).await,
                    Some(Due::Erased) => erase(tx, row, now).await,
                    None => Ok(()),
                }
            })
            .await?;
    }
    app.store.write(async move |tx| store::sweep_openings(tx, now.millis()).await.map_err(Refusal::from)).await
}

/// What is due for a period.
enum Due {
    Forgotten,
    Ended(NaiveDate),
    Erased,
}

async fn due(conn: &impl sea_orm::ConnectionTrait, row: &coaching_period::Model, now: Instant) -> Result<Option<Due>, Refusal> {
    let (today, days) = (today_of(conn, row.person_id, now).await?, window(row)?);
    Ok(match state(row)? {
        State::Proposed => (days.first < today).then_some(Due::Forgotten),
        State::Signed if days.last < today => Some(Due::Ended(days.last)),
        State::Signed => {
            let both = record::many::<person::Model>(conn, [row.coach_id, row.person_id]).await?;
            both.iter().any(|person| !person.active).then_some(Due::Ended(today))
        }
        State::Ended => {
            let ended = day(row.ended_on.as_deref().unwrap_or(&row.last_on))?;
            let agreed = u32::try_from(row.retention_days).unwrap_or(0);
            (erased_from(ended, agreed, &settings(conn).await?) <= today).then_some(Due::Erased)
        }
        State::Erased => None,
    })
}

/// Ends a signed period on a day.
pub(super) async fn close(tx: &Tx, recording: Recording, row: coaching_period::Model, on: NaiveDate) -> Result<(), Refusal> {
    let step = CoachingStep::Ended { on: on.to_string(), early: on < window(&row)?.last };
    recording.write(tx, PolicyAct::CoachingChanged { period: name(row.id), step }).await?;
    let row = coaching_period::Model { state: State::Ended.to_string(), ended_on: Some(on.to_string()), ..row };
    Ok(store::keep_period(tx, row).await?)
}

/// Erases everything of a period but that it was: its days, who the two were, and the hash of what they signed.
async fn erase(tx: &Tx, row: coaching_period::Model, now: Instant) -> Result<(), Refusal> {
    let notes = store::notes(tx, row.id, MAX_NOTES).await?;
    let hashes: String =
        notes.iter().flat_map(|note| [&note.for_coach, &note.for_person]).map(|sealed| Hash::of(&sealed.0).to_string()).collect();
    let step = CoachingStep::Erased { notes: notes.len() as u64, erased: Hash::of(hashes) };
    let act = PolicyAct::CoachingChanged { period: name(row.id), step };
    Recording::by(&Actor::System, now)?.write(tx, act).await?;
    store::erase_notes(tx, row.id).await?;
    let row = coaching_period::Model {
        state: State::Erased.to_string(),
        reason: None,
        purpose: None,
        words: None,
        coach_key: None,
        person_key: None,
        ..row
    };
    Ok(store::keep_period(tx, row).await?)
}
