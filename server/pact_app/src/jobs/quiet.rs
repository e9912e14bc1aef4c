//! Quiet leads: plugins with `on_lead_quiet` are told of each lead that was quiet for their setting `quiet_after`, once a quiet spell.
//!
//! The quiet clock runs in the owner's working time, so when a lead crosses a threshold is known only with a calendar. Turned round it is cheap: for each
//! calendar, one instant before which the last event must lie ([`Calendar::sub`]). Leads between the last sweep's horizon and this one's are looked at,
//! and nothing else.

use std::collections::HashMap;

use pact_core::calendar::Calendar;
use pact_core::event::EventName;
use pact_core::time::{Instant, Span, WorkSpan};
use pact_policy::table::EntryPoint;
use pact_script::value::Value;
use pact_store::entity::{quiet_mark, quiet_sweep};
use pact_store::quiet::Untold;
use serde_json::json;
use uuid::Uuid;

use crate::events::{self, Lane};
use crate::ops::lead::Scene;
use crate::organisation::Snapshot;
use crate::plugins::Installed;
use crate::{Actor, App, Refusal};

/// The setting that says how long a lead must be quiet.
const SETTING: &str = "quiet_after";
/// States in which a lead can be quiet.
const OPEN: [&str; 3] = ["waiting", "offered", "owned"];
/// Leads that one sweep looks at, at most; the next goes on from there.
const LEADS_PER_SWEEP: u64 = 10_000;
/// Leads told of in one transaction.
const LEADS_AT_ONCE: usize = 500;

/// Tells every plugin that asks of the leads that became quiet.
pub(super) async fn tell_of_quiet_leads(app: &App) {
    for plugin in app.plugins().asking_for(EntryPoint::LeadQuiet) {
        if let Err(refusal) = sweep(app, plugin).await {
            tracing::warn!(plugin = plugin.id, %refusal, "leads could not be looked through for quiet ones; trying again");
        }
    }
}

async fn sweep(app: &App, plugin: &Installed) -> Result<(), Refusal> {
    let Some(after) = plugin.settings.get(SETTING).and_then(Quiet::of) else { return Ok(()) };
    let horizon = Horizon::of(&app.organisation(), after, app.clock.now());
    let earlier = pact_store::quiet::sweep_of(app.store.read(), &plugin.id).await?;
    let since = earlier.filter(|sweep| sweep.after_minutes == after.minutes()).map_or(i64::MIN, |sweep| sweep.swept_until);
    let found = pact_store::quiet::untold(app.store.read(), &plugin.id, &OPEN, since, horizon.latest, LEADS_PER_SWEEP).await?;
    let swept_until = match found.last() {
        Some(last) if found.len() as u64 == LEADS_PER_SWEEP => horizon.earliest.min(last.last_event_at - 1),
        Some(_) | None => horizon.earliest,
    };
    let quiet: Vec<Untold> = found.into_iter().filter(|row| horizon.is_quiet(row)).collect();
    for leads in quiet.chunks(LEADS_AT_ONCE) {
        tell(app, plugin, leads).await?;
    }
    if swept_until > since {
        let row = quiet_sweep::Model { plugin_id: plugin.id.clone(), after_minutes: after.minutes(), swept_until };
        app.store.write(async move |tx| pact_store::quiet::swept(tx, row.clone()).await).await?;
    }
    Ok(())
}

/// The leads of which a plugin would be told at once if it ran now, at most [`LEADS_PER_SWEEP`]; none where it does not ask for quiet leads. Nothing is written.
pub(crate) async fn would_be_told(app: &App, plugin: &Installed) -> Result<Vec<Uuid>, Refusal> {
    let asks = plugin.functions.contains(EntryPoint::LeadQuiet.entry().name);
    let Some(after) = plugin.settings.get(SETTING).and_then(Quiet::of).filter(|_| asks) else { return Ok(Vec::new()) };
    let horizon = Horizon::of(&app.organisation(), after, app.clock.now());
    let found = pact_store::quiet::untold(app.store.read(), &plugin.id, &OPEN, i64::MIN, horizon.latest, LEADS_PER_SWEEP).await?;
    Ok(found.iter().filter(|row| horizon.is_quiet(row)).map(|row| row.id).collect())
}

async fn tell(app: &App, plugin: &Installed, leads: &[Untold]) -> Result<(), Refusal> {
    let mark =
        |row: &Untold| quiet_mark::Model { lead_id: row.id, plugin_id: plugin.id.clone(), last_event_at: row.last_event_at };
    let marks: Vec<quiet_mark::Model> = leads.iter().map(mark).collect();
    let scene = Scene { lane: Lane::Bulk, ..app.scene(&Actor::System) };
    let payload = json!({ "plugin": plugin.id });
    app.store
        .write_in(pact_store::Lane::Bulk, async move |tx| -> Result<(), Refusal> {
            let untold = pact_store::quiet::mark(tx, marks.clone()).await?;
            // In the order of the leads, so that what has been quiet longest is told first.
            for mark in marks.iter().filter(|mark| untold.contains(&mark.lead_id)) {
                events::raise(tx, &scene, EventName::LeadQuiet, "lead", mark.lead_id, payload.clone());
            }
            Ok(())
        })
        .await
}

/// How long a lead must be quiet.
#[derive(Clone, Copy, Debug)]
enum Quiet {
    Work(WorkSpan),
    Clock(Span),
}

impl Quiet {
    fn of(setting: &Value) -> Option<Self> {
        match setting {
            Value::WorkSpan(minutes) => Some(Self::Work(WorkSpan::of_minutes(*minutes))),
            Value::Span(seconds) => Some(Self::Clock(Span::of_seconds(*seconds))),
            _ => None,
        }
    }

    /// As a number, by which a change of the setting is seen; clock time counts below zero.
    fn minutes(self) -> i64 {
        match self {
            Self::Work(span) => span.minutes(),
            Self::Clock(span) => -(span.seconds() / 60),
        }
    }

    /// The last instant whose quiet is long enough by now.
    fn before(self, calendar: &Calendar, now: Instant) -> i64 {
        let at = match self {
            Self::Work(span) => calendar.sub(now, span),
            Self::Clock(span) => now.checked_sub(span),
        };
        at.map_or(i64::MIN, Instant::millis)
    }
}

/// For each owner the instant before which the last event must lie.
struct Horizon {
    of_owner: HashMap<Uuid, i64>,
    of_nobody: i64,
    earliest: i64,
    latest: i64,
}

impl Horizon {
    fn of(snapshot: &Snapshot, after: Quiet, now: Instant) -> Self {
        let of_nobody = after.before(&snapshot.calendar, now);
        // Few different calendars exist, and each takes a search.
        let mut seen: Vec<(&Calendar, i64)> = vec![(&snapshot.calendar, of_nobody)];
        let mut of_owner = HashMap::new();
        for (id, member) in &snapshot.people {
            let calendar = member.quiet_calendar.calendar();
            let at = match seen.iter().find(|(known, _)| *known == calendar) {
                Some((_, at)) => *at,
                None => {
                    let at = after.before(calendar, now);
                    seen.push((calendar, at));
                    at
                }
            };
            of_owner.insert(*id, at);
        }
        let all = || seen.iter().map(|(_, at)| *at);
        Self { of_owner, of_nobody, earliest: all().min().unwrap_or(of_nobody), latest: all().max().unwrap_or(of_nobody) }
    }

    fn is_quiet(&self, row: &Untold) -> bool {
        let at = row.owner_id.and_then(|owner| self.of_owner.get(&owner)).unwrap_or(&self.of_nobody);
        row.last_event_at <= *at
    }
}
