//! Ticks: the scheduled functions of plugins, called when they are due, each once, on however many nodes.
//!
//! A tick is an event, so what keeps events safe (lease, fence, retries, parking, one commit) keeps ticks safe. A row says when each schedule is due
//! next; whoever moves it forward writes the tick's events in the same transaction, and nobody else can. The row lives in the database and the pattern
//! in the manifest; a schedule whose pattern changed is another one.
//!
//! Clocks that jump: forward, all ticks in between are one missed tick, which is skipped or caught up; back, no tick is repeated. What is local time is
//! read on the clocks of the schedule's zone each time anew, so changes of clocks shift nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use pact_core::role::Role;
use pact_core::time::Instant;
use pact_policy::manifest::{CatchUp, ForEach, Schedule};
use pact_store::entity::{plugin, schedule};
use pact_store::{Tx, record};
use serde_json::json;
use uuid::Uuid;

use crate::events::{self, Lane};
use crate::ops::lead::Scene;
use crate::organisation::{Member, Snapshot};
use crate::plugins::Plugins;
use crate::{Actor, App, Refusal};

/// A tick that is later than this was missed, in milliseconds.
const LATE_MS: i64 = 60_000;
/// Missed ticks that are stepped through at most, before the schedule starts anew from now.
const MAX_MISSED: usize = 10_000;

/// How much later than the pattern says a tick may be planned before that is taken for the work of a wrong clock, in milliseconds.
const AHEAD_MS: i64 = 2 * 24 * 3_600 * 1_000;

/// A schedule of a plugin, in one zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    plugin: String,
    call: String,
    cron: String,
    zone: String,
}

impl Key {
    fn of(row: &schedule::Model) -> Self {
        Self { plugin: row.plugin_id.clone(), call: row.call.clone(), cron: row.cron.clone(), zone: row.zone.clone() }
    }
}

/// Raises every tick that is due.
pub(super) async fn raise_ticks(app: &App) {
    // While automation is stopped ticks are missed, as while a server is down.
    if app.pool.is_none() || app.plugins().are_stopped() {
        return;
    }
    if let Err(refusal) = keep_time(app).await {
        tracing::warn!(%refusal, "schedules could not be looked through; trying again");
    }
}

async fn keep_time(app: &App) -> Result<(), Refusal> {
    let now = app.clock.now();
    let (plugins, snapshot) = (app.plugins(), app.organisation());
    let wanted = wanted(&plugins, &snapshot);
    let rows = pact_store::schedule::all(app.store.read()).await?;
    let known: BTreeSet<Key> = rows.iter().map(Key::of).collect();
    let new: Vec<schedule::Model> = wanted
        .iter()
        .filter(|(key, _)| !known.contains(*key))
        .filter_map(|(key, planned)| first_tick(key, planned, now))
        .collect();
    let gone: Vec<schedule::Model> = rows.iter().filter(|row| !wanted.contains_key(&Key::of(row))).cloned().collect();
    if !new.is_empty() || !gone.is_empty() {
        app.store
            .write(async move |tx| -> Result<(), Refusal> {
                for row in &new {
                    pact_store::schedule::add(tx, row.clone()).await?;
                }
                for row in &gone {
                    if is_gone(tx, row, &plugins, &snapshot).await? {
                        pact_store::schedule::remove(tx, row.id).await?;
                    }
                }
                Ok(())
            })
            .await?;
    }
    for row in &rows {
        let Some(planned) = wanted.get(&Key::of(row)) else { continue };
        if row.next_at <= now.millis() {
            raise(app, row, planned, now).await?;
        } else if let Some(next) = sooner(row, planned, now) {
            let (id, from) = (row.id, row.next_at);
            app.store.write(async move |tx| pact_store::schedule::advance(tx, id, from, next).await).await?;
        }
    }
    Ok(())
}

/// Whether nobody wants a schedule any more that this node does not want: it may only not have heard yet of what another node installed, or could not
/// make a plugin ready that others can. A schedule that is removed and added again would lose the tick that falls between.
async fn is_gone(tx: &Tx, row: &schedule::Model, plugins: &Plugins, snapshot: &Snapshot) -> Result<bool, Refusal> {
    let installed = record::find::<plugin::Model>(tx, row.plugin_id.clone()).await?;
    if installed.is_none_or(|plugin| !plugin.enabled) {
        return Ok(true);
    }
    let Some(ours) = plugins.iter().find(|plugin| plugin.id == row.plugin_id) else { return Ok(false) };
    let newest = pact_store::plugin::newest_version(tx, &row.plugin_id).await?;
    Ok(newest.is_some_and(|newest| newest.id == ours.version) && pact_store::organisation::version(tx).await? == snapshot.version)
}

/// The next tick by the pattern where it lies more than [`AHEAD_MS`] before the one that is planned: whoever planned that had a clock that went far wrong. A
/// clock that goes back by less repeats no tick; the schedule waits until the time comes again.
fn sooner(row: &schedule::Model, planned: &Planned, now: Instant) -> Option<i64> {
    planned.schedule.next_after(planned.zone, now.millis()).filter(|next| row.next_at - next > AHEAD_MS)
}

/// What a plugin planned, in a zone.
#[derive(Clone, Debug)]
struct Planned {
    schedule: Schedule,
    zone: Tz,
}

/// The schedules of every plugin; one on each person's own clock is one for each zone in which somebody lives.
fn wanted(plugins: &Plugins, snapshot: &Snapshot) -> BTreeMap<Key, Planned> {
    let mut wanted = BTreeMap::new();
    for plugin in plugins.iter() {
        for schedule in &plugin.manifest.schedules {
            let zones: BTreeSet<String> = match schedule.zone.as_str() {
                "person" => staff(snapshot).map(|member| member.calendar.zone.name().to_owned()).collect(),
                zone => BTreeSet::from([zone.to_owned()]),
            };
            for name in zones {
                let Ok(zone) = name.parse::<Tz>() else { continue };
                let key = Key { plugin: plugin.id.clone(), call: schedule.call.clone(), cron: schedule.cron.clone(), zone: name };
                wanted.insert(key, Planned { schedule: schedule.clone(), zone });
            }
        }
    }
    wanted
}

fn first_tick(key: &Key, planned: &Planned, now: Instant) -> Option<schedule::Model> {
    Some(schedule::Model {
        id: pact_core::id::random(),
        plugin_id: key.plugin.clone(),
        call: key.call.clone(),
        cron: key.cron.clone(),
        zone: key.zone.clone(),
        next_at: planned.schedule.next_after(planned.zone, now.millis())?,
    })
}

/// The last tick that is due, and the one after it; nothing when the pattern has no further tick.
fn due_and_next(row: &schedule::Model, planned: &Planned, now: Instant) -> Option<(i64, i64)> {
    let mut due = row.next_at;
    for _ in 0..MAX_MISSED {
        let next = planned.schedule.next_after(planned.zone, due)?;
        if next > now.millis() {
            return Some((due, next));
        }
        due = next;
    }
    Some((due, planned.schedule.next_after(planned.zone, now.millis())?))
}

async fn raise(app: &App, row: &schedule::Model, planned: &Planned, now: Instant) -> Result<(), Refusal> {
    let Some((due, next)) = due_and_next(row, planned, now) else { return Ok(()) };
    let missed = now.millis() - due > LATE_MS;
    let called_for: Vec<(&'static str, Uuid)> = match (planned.schedule.catch_up, planned.schedule.for_each) {
        (CatchUp::Skip, _) if missed => Vec::new(),
        (_, ForEach::None) => vec![("schedule", row.id)],
        (_, ForEach::Person) => {
            people(&app.organisation(), planned, Instant::from_millis(due)).map(|id| ("person", id)).collect()
        }
    };
    let scene = Scene { lane: Lane::Bulk, ..app.scene(&Actor::System) };
    let row = row.clone();
    app.store
        .write(async move |tx| -> Result<(), Refusal> {
            if !pact_store::schedule::advance(tx, row.id, row.next_at, next).await? {
                return Ok(());
            }
            for (kind, id) in &called_for {
                let payload = json!({ "plugin": row.plugin_id, "call": row.call, "zone": row.zone, "due_at": due });
                events::raise_tick(tx, &scene, kind, *id, payload);
            }
            Ok(())
        })
        .await
}

/// A tick of a schedule: when, for whom if it is called for each person, and on whose clock.
pub(crate) type Tick = (i64, Option<Uuid>, Tz);

/// The ticks of a schedule at `from` or later and before `until`, in order, `limit` at most in each zone: what a dry run calls instead of waiting.
pub(crate) fn ticks_between(snapshot: &Snapshot, schedule: &Schedule, (from, until): (i64, i64), limit: usize) -> Vec<Tick> {
    let zones: BTreeSet<String> = match schedule.zone.as_str() {
        "person" => staff(snapshot).map(|member| member.calendar.zone.name().to_owned()).collect(),
        zone => BTreeSet::from([zone.to_owned()]),
    };
    let mut ticks = Vec::new();
    for zone in zones.iter().filter_map(|zone| zone.parse::<Tz>().ok()) {
        let planned = Planned { schedule: schedule.clone(), zone };
        let mut at = from - 1;
        for _ in 0..limit {
            let Some(due) = schedule.next_after(zone, at).filter(|due| *due < until) else { break };
            match schedule.for_each {
                ForEach::None => ticks.push((due, None, zone)),
                ForEach::Person => {
                    ticks.extend(people(snapshot, &planned, Instant::from_millis(due)).map(|id| (due, Some(id), zone)));
                }
            }
            at = due;
        }
    }
    ticks.sort_by_key(|(due, person, _)| (*due, *person));
    ticks
}

fn staff(snapshot: &Snapshot) -> impl Iterator<Item = &Member> {
    snapshot.people.values().filter(|member| member.row.active && member.role != Role::Partner)
}

/// Everybody who is on duty at the tick or will be later on that day; for a schedule on each person's own clock, those of its zone.
fn people(snapshot: &Snapshot, planned: &Planned, due: Instant) -> impl Iterator<Item = Uuid> {
    let own_clock = planned.schedule.zone == "person";
    let works = move |member: &&Member| {
        let zone = member.calendar.zone;
        let starts = member.calendar.next_start(due);
        (!own_clock || zone == planned.zone) && starts.is_some_and(|at| at.day_in(zone) == due.day_in(zone))
    };
    staff(snapshot).filter(works).map(|member| member.row.id)
}

#[cfg(test)]
mod tests;
