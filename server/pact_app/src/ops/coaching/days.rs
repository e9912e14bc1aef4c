//! Scripts inside a period: when one of its days is over, they may read what its person did in it, and write notes that only the two read.
//!
//! A day is told once, whichever node tells it: its notes and that it was told are one commit. Of these runs there is no record, no line in a log and no count,
//! because each would say what somebody did; what goes wrong stands in a note, for the two.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use pact_core::coaching::State;
use pact_core::text::TEXT;
use pact_core::time::Instant;
use pact_policy::table::{Capability, EntryPoint, Kind};
use pact_script::effect::{Effect, Placed};
use pact_script::pool::Pool;
use pact_script::run::Run;
use pact_script::value::Value;
use pact_store::entity::{coaching_note, coaching_period, person};
use pact_store::{coaching as store, record};
use uuid::Uuid;

use super::notes::{MAX_NOTES, sealed};
use super::{day, state, window};
use crate::facts::RunFacts;
use crate::facts::coached::Coached;
use crate::plugins::Installed;
use crate::{App, Refusal};

/// A day of a period that is over.
struct Day {
    day: NaiveDate,
    /// The last moment of it.
    end: Instant,
    zone: Tz,
    coached: Coached,
}

/// What a plugin has to say about a day.
struct Said {
    plugin: String,
    text: String,
}

/// Calls scripts for every day of a signed period that is over and of which they were not told. While automation is stopped, nothing is called; those days
/// are told when it starts again, if the period still stands.
///
/// # Errors
/// A store that does not answer.
pub(super) async fn tell(app: &App, seen: &coaching_period::Model, now: Instant) -> Result<(), Refusal> {
    let Some(pool) = &app.pool else { return Ok(()) };
    let plugins = app.plugins();
    if plugins.are_stopped() || state(seen)? != State::Signed {
        return Ok(());
    }
    let mut told = seen.told_on.clone();
    let zone = zone_of(app, seen.person_id).await?;
    while let Some(day) = next(seen, told.as_deref(), now.day_in(zone))? {
        let day = at_its_end(seen, day, zone)?;
        let mut notes = Vec::new();
        for plugin in plugins.asking_for(EntryPoint::CoachingDay) {
            notes.extend(of_plugin(app, pool, plugin, &day).await);
        }
        if !keep(app, seen.id, told, &day, notes).await? {
            return Ok(());
        }
        told = Some(day.day.to_string());
    }
    Ok(())
}

async fn zone_of(app: &App, person: Uuid) -> Result<Tz, Refusal> {
    let row = record::get::<person::Model>(app.store.read(), person).await?;
    Ok(row.time_zone.parse().unwrap_or(Tz::UTC))
}

/// The first day of a period that is over and was not told.
fn next(row: &coaching_period::Model, told: Option<&str>, today: NaiveDate) -> Result<Option<NaiveDate>, Refusal> {
    let days = window(row)?;
    let next = match told {
        Some(told) => day(told)?.checked_add_days(Days::new(1)),
        None => Some(days.first),
    };
    Ok(next.filter(|next| *next < today && days.contains(*next)))
}

fn at_its_end(row: &coaching_period::Model, day: NaiveDate, zone: Tz) -> Result<Day, Refusal> {
    let after = day.checked_add_days(Days::new(1)).ok_or_else(|| Refusal::defect("a coaching period without end"))?;
    let first = Instant::start_of(window(row)?.first, zone);
    let after = Instant::start_of(after, zone);
    let end = Instant::from_millis(after.millis() - 1);
    Ok(Day { day, end, zone, coached: Coached::until(row.clone(), first, after) })
}

/// What one plugin wants to be noted; that it failed, when it did.
async fn of_plugin(app: &App, pool: &Pool, plugin: &Arc<Installed>, day: &Day) -> Vec<Said> {
    let facts = RunFacts::new(app, day.end, &plugin.id, Arc::clone(&plugin.fields)).inside(day.coached.clone());
    let period = day.coached.record();
    let run = Run {
        scripts: Arc::clone(&plugin.scripts),
        call: EntryPoint::CoachingDay.entry().name.to_owned(),
        args: vec![Value::Ref(Kind::Period, period.id)],
        now: day.end.millis(),
        today: day.day,
        zone: day.zone,
        settings: Arc::clone(&plugin.settings),
        // Another day is another run, and the same day the same one on every node.
        seed: Uuid::from_u128(period.id.as_u128() ^ u128::from(day.end.millis().unsigned_abs())),
        given: vec![period],
    };
    let outcome = pool.run(&run, &facts).await;
    // Whatever a rotation promised is void: nobody was given anything.
    facts.give_back();
    let said = |text| Said { plugin: plugin.id.clone(), text };
    let why = match outcome.error {
        Some(error) => match error.at {
            Some((line, _)) => format!("line {line}: {error}"),
            None => error.to_string(),
        },
        None => match outcome.effects.into_iter().filter_map(|placed| note_of(plugin, run_period(&run), placed)).collect() {
            Ok::<Vec<String>, String>(texts) => return texts.into_iter().map(said).collect(),
            Err(why) => why,
        },
    };
    tracing::warn!(plugin = plugin.id, "a coaching script failed; the two whom it is for read why");
    vec![said(format!("The script failed for {} and wrote nothing else: {why}", day.day))]
}

fn run_period(run: &Run) -> Option<Uuid> {
    run.given.first().map(|period| period.id)
}

/// The text of a note; why there is none, for any other effect.
fn note_of(plugin: &Installed, inside: Option<Uuid>, placed: Placed) -> Option<Result<String, String>> {
    let line = placed.line;
    match placed.effect {
        Effect::Note { period, text } if Some(period) == inside && plugin.may.contains(&Capability::Coaching) => {
            Some(TEXT.check("text", &text).map_err(|error| format!("line {line}: {error}")))
        }
        Effect::Rotated { .. } => None,
        Effect::Note { .. } => {
            Some(Err(format!("line {line}: a note belongs to the period of its run, and needs `may = [\"coaching\"]`")))
        }
        other => {
            let what = other.capability().map_or("this", Capability::name);
            Some(Err(format!("line {line}: inside a coaching period a script may only write notes, not {what}")))
        }
    }
}

/// Seals what was said for the two, and keeps that the day was told; false when it was told by somebody else, or the period is over.
async fn keep(app: &App, period: Uuid, told: Option<String>, day: &Day, said: Vec<Said>) -> Result<bool, Refusal> {
    let (told_now, at, coach) = (day.day.to_string(), day.end, day.coached.period.coach_id);
    app.store
        .write(async move |tx| {
            store::hold(tx).await?;
            let Some(row) = store::period(tx, period, coach).await? else { return Ok(false) };
            if state(&row)? != State::Signed || row.told_on != told {
                return Ok(false);
            }
            let there = store::notes(tx, period, MAX_NOTES).await?.len();
            let room = usize::try_from(MAX_NOTES).unwrap_or(usize::MAX).saturating_sub(there);
            for Said { plugin, text } in said.iter().take(room) {
                let note: coaching_note::Model = sealed(&row, Uuid::new_v4(), plugin, at, text)?;
                record::insert(tx, note).await?;
            }
            store::keep_period(tx, coaching_period::Model { told_on: Some(told_now.clone()), ..row }).await?;
            Ok(true)
        })
        .await
}
