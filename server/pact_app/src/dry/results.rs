//! Results of dry runs, kept where every node finds them, for an hour after their end.
//!
//! The node that does a dry run notes each half second how far it is, adds the lines that came since, and hears whether somebody cancelled it on another
//! node. That is all that a dry run writes: two tables of its own, which nothing but this file reads, and in which nothing is left when the hour is over. Data,
//! events, runs, logs and the outbox know nothing of it.

use std::sync::Arc;
use std::time::Duration;

use pact_core::time::Instant;
use pact_store::dry_run::{self as store, Step};
use pact_store::entity::{dry_run, dry_run_line};
use serde_json::json;
use uuid::Uuid;

use super::compare::{Difference, Line};
use super::kept::DryRun;
use super::told::{About, Asked, Progress, Shown, Status};
use super::work::{self, Task};
use crate::{App, Refusal};

/// Dry runs that are kept at most, those under way included.
const KEPT: u64 = 16;
/// How long the result of one is kept after its end.
const KEPT_FOR_MS: i64 = 3_600_000;
/// How often the node that does one notes how far it is.
const NOTED_EVERY: Duration = Duration::from_millis(500);
/// After how long without a note its node is taken for gone.
const LOST_AFTER_MS: i64 = 30_000;
/// Lines that are stored as one piece.
const PIECE: usize = 500;

/// What stands in place of words that may name people, once a reader was shown enough of them today.
const TOO_MANY_PLACES: &str = "In more places a day it is not shown who did what. Look at the lead itself, or go on tomorrow.";

/// A dry run.
///
/// # Errors
/// There is none with this id, or its result is not kept any more.
pub async fn dry_run(app: &App, id: Uuid) -> Result<Shown, Refusal> {
    match app.dry_runs.get(id) {
        Some(run) => Ok(run.shown()),
        None => shown(&found(app, id).await?, app.clock.now()),
    }
}

/// Stops a dry run, and waits so long for that, if it is under way here; what came of it so far stays. One that is over stays as it is.
///
/// # Errors
/// There is none with this id.
pub async fn cancel_dry_run(app: &App, id: Uuid, longest: Duration) -> Result<Shown, Refusal> {
    if let Some(run) = app.dry_runs.get(id) {
        run.cancel();
        run.wait(longest).await;
        return Ok(run.shown());
    }
    let row = found(app, id).await?;
    if row.ended_at.is_none() {
        app.store.write(async move |tx| store::cancel(tx, id).await).await?;
    }
    shown(&row, app.clock.now())
}

/// Lines of a dry run for a reader, from a place on, those of one difference if one is named; also the place of the next, if there are more.
///
/// Where a script's words may name people, they are shown in a day's places, as on the leads themselves ([`crate::places`]): a script that lists who did what on
/// each lead would otherwise be read by a program at once.
///
/// # Errors
/// There is none with this id, or a store that does not answer.
pub async fn lines_for(
    app: &App,
    reader: Uuid,
    id: Uuid,
    difference: Option<Difference>,
    from: usize,
    limit: usize,
) -> Result<(Vec<Line>, Option<usize>), Refusal> {
    let (names_people, (mut lines, next)) = match app.dry_runs.get(id) {
        Some(run) => (run.about().names_people, run.lines(difference, from, limit)),
        None => {
            let about = shown(&found(app, id).await?, app.clock.now())?.about;
            (about.names_people, stored_lines(app, id, difference, from, limit).await?)
        }
    };
    if names_people {
        for line in &mut lines {
            let of_effect = || line.effect.as_ref()?.get("lead")?.as_str()?.parse().ok();
            let place = line.record.as_ref().map(|(_, id)| *id).or_else(of_effect).unwrap_or(line.place);
            if !app.shows_people(reader, place) {
                line.effect = None;
                line.because = Some(TOO_MANY_PLACES.to_owned());
            }
        }
    }
    Ok((lines, next))
}

/// The function that a dry run called, and what was asked of it, if that is one event.
pub(super) async fn asked(app: &App, id: Uuid) -> Result<(String, Option<Asked>), Refusal> {
    if let Some(run) = app.dry_runs.get(id) {
        return Ok((run.about().call.clone(), run.asked.clone()));
    }
    let row = found(app, id).await?;
    let call = shown(&row, app.clock.now())?.about.call;
    let asked = row.asked.map(|asked| serde_json::from_value(asked.0)).transpose().map_err(Refusal::defect)?;
    Ok((call, asked))
}

/// Makes room for a dry run that is about to begin.
///
/// # Errors
/// As many as may be are under way, or a store that does not answer.
pub(super) async fn begin(app: &App, run: &DryRun) -> Result<(), Refusal> {
    let now = app.clock.now().millis();
    let row = dry_run::Model {
        id: run.id,
        told: told(&run.shown()),
        asked: run.asked.as_ref().map(|asked| json!(asked).into()),
        cancelled: false,
        seen_at: now,
        ended_at: None,
    };
    let begun = app
        .store
        .write(async move |tx| {
            store::forget_before(tx, now - KEPT_FOR_MS).await?;
            store::begin(tx, row.clone(), KEPT, now - LOST_AFTER_MS).await
        })
        .await?;
    match begun {
        true => Ok(()),
        false => {
            let why = format!("{KEPT} dry runs are under way. Wait until one has ended, or cancel one.");
            Err(Refusal::NotNow { why })
        }
    }
}

/// Does a dry run to its end, and notes how far it is.
pub(super) async fn keep_up(app: App, task: Task) {
    let run = Arc::clone(&task.run);
    let worker = app.clone();
    let mut working = tokio::spawn(async move { work::work_through(&worker, &task).await });
    let mut noted = 0;
    let outcome = loop {
        tokio::select! {
            done = &mut working => break done.unwrap_or_else(|error| Err(Refusal::defect(error))),
            () = tokio::time::sleep(NOTED_EVERY) => match note(&app, &run, &mut noted, run.shown()).await {
                Ok(true) => run.cancel(),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "how far a dry run is could not be noted; trying again"),
            },
        }
    };
    let over = run.over(outcome);
    let last = note(&app, &run, &mut noted, over.clone()).await;
    run.ends(over.progress);
    if let Err(error) = last {
        tracing::warn!(%error, "the result of a dry run could not be kept; this node alone knows it");
        tokio::time::sleep(Duration::from_millis(KEPT_FOR_MS.unsigned_abs())).await;
    }
    app.dry_runs.forget(run.id);
}

/// Notes how far a dry run is, with the lines that came since; says whether somebody cancelled it.
async fn note(app: &App, run: &DryRun, noted: &mut usize, shown: Shown) -> Result<bool, Refusal> {
    let (lines, _) = run.lines(None, *noted, usize::MAX);
    let piece = |(at, lines): (usize, &[Line])| dry_run_line::Model {
        dry_run_id: run.id,
        first: (*noted + at * PIECE) as i64,
        lines: json!(lines).into(),
    };
    let step = Step {
        id: run.id,
        told: told(&shown),
        pieces: lines.chunks(PIECE).enumerate().map(piece).collect(),
        at: app.clock.now().millis(),
        is_over: shown.progress.status.is_over(),
    };
    let cancelled = app.store.write(async move |tx| store::go_on(tx, step.clone()).await).await?;
    *noted += lines.len();
    Ok(cancelled)
}

/// Forgets results whose hour is over.
///
/// # Errors
/// A store that does not answer.
pub async fn forget_results(app: &App) -> Result<(), Refusal> {
    let before = app.clock.now().millis() - KEPT_FOR_MS;
    if store::is_any_before(app.store.read(), before).await? {
        app.store.write(async move |tx| store::forget_before(tx, before).await).await?;
    }
    Ok(())
}

/// A dry run that is kept and whose hour is not over.
async fn found(app: &App, id: Uuid) -> Result<dry_run::Model, Refusal> {
    let before = app.clock.now().millis() - KEPT_FOR_MS;
    let row = store::find(app.store.read(), id).await?.filter(|row| row.seen_at >= before);
    row.ok_or(Refusal::NotFound { what: "dry run" })
}

fn told(shown: &Shown) -> pact_store::AsJson<serde_json::Value> {
    json!((&shown.about, &shown.progress)).into()
}

fn shown(row: &dry_run::Model, now: Instant) -> Result<Shown, Refusal> {
    let (about, mut progress): (About, Progress) = serde_json::from_value(row.told.0.clone()).map_err(Refusal::defect)?;
    if row.ended_at.is_none() && row.seen_at + LOST_AFTER_MS < now.millis() {
        progress.status = Status::Failed;
        progress.failure = Some("The node that did it is not heard of any more. Begin it again.".to_owned());
    }
    Ok(Shown { id: row.id, about, progress })
}

/// The same as [`DryRun::lines`], from the store.
async fn stored_lines(
    app: &App,
    id: Uuid,
    difference: Option<Difference>,
    from: usize,
    limit: usize,
) -> Result<(Vec<Line>, Option<usize>), Refusal> {
    let conn = app.store.read();
    let mut page = Vec::new();
    let mut piece = store::piece_with(conn, id, i64::try_from(from).unwrap_or(i64::MAX)).await?;
    while let Some(dry_run_line::Model { first, lines, .. }) = piece {
        let lines: Vec<Line> = serde_json::from_value(lines.0).map_err(Refusal::defect)?;
        let begins = usize::try_from(first).map_err(Refusal::defect)?;
        let wanted = |(at, line): &(usize, Line)| *at >= from && difference.is_none_or(|one| line.difference == one);
        for (at, line) in (begins..).zip(lines).filter(wanted) {
            if page.len() == limit {
                return Ok((page, Some(at)));
            }
            page.push(line);
        }
        piece = store::piece_after(conn, id, first).await?;
    }
    Ok((page, None))
}
