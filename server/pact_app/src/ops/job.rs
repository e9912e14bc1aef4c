//! Jobs, as admins see them: events that were put aside, and what an admin decides about each; how much waits; and when schedules are due.
//!
//! Many events are acts of a member of staff, so a list of events with their times would be a count of acts (`policy.md` §6). What is shown is what was put
//! aside, under a random name, with the day on which that happened; of an event that an act fires, not on which record. How much waits is one figure
//! for everything together.

use pact_policy::manifest::{CatchUp, ForEach};
use pact_policy::table::EntryPoint;
use pact_store::entity::{event, schedule};
use pact_store::job::{self as store, By, Filter, Load, State};
use pact_store::schedule::By as ScheduleBy;
use pact_store::{Ask, Notice, Page, Sort, StoreError, Tx};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use crate::events::{TICK, released};
use crate::messages::{self, Message};
use crate::ops::lead::Scene;
use crate::{Actor, App, Refusal};

/// The noun of jobs in messages.
pub(crate) const KIND: &str = "job";

/// A job as it is shown.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its random name.
    pub id: Uuid,
    /// Whether it is a tick of a schedule.
    pub is_tick: bool,
    /// The event's name; of a tick, the function that is called.
    pub name: String,
    /// The only plugin that is called, if it is not every one that asks.
    pub plugin: Option<String>,
    /// The lead, customer or other record that it is about; none where that would show an act of a member of staff, or a person.
    pub record: Option<(String, Uuid)>,
    /// What becomes of it.
    pub state: State,
    /// Why it was put aside.
    pub reason: Option<String>,
    /// The day on which it was put aside last.
    pub parked_on: String,
    /// How often it was tried since it was raised or released.
    pub attempts: i64,
}

/// A schedule of a plugin with what its manifest says.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// The row.
    pub row: schedule::Model,
    /// For whom it is called: `none` or `person`; nothing when the plugin has no such schedule any more.
    pub for_each: Option<&'static str>,
    /// What becomes of missed ticks: `skip` or `once`.
    pub catch_up: Option<&'static str>,
}

/// Events that were put aside, by day.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_jobs(app: &App, filter: &Filter, sort: Sort<By>, ask: &Ask) -> Result<Page<Job>, StoreError> {
    let page = pact_store::list::page(app.store.read(), filter.select(TICK), event::Column::ParkedId, sort, ask).await?;
    Ok(Page { items: page.items.into_iter().map(shown).collect(), next: page.next })
}

/// One event that was put aside.
///
/// # Errors
/// There is none with this name.
pub async fn read_job(app: &App, id: Uuid) -> Result<Job, Refusal> {
    let found = store::find(app.store.read(), id).await?;
    found.map(shown).ok_or(Refusal::NotFound { what: "job" })
}

/// How much there is to do; the oldest instant is told in whole minutes.
///
/// # Errors
/// What the store reports.
pub async fn read_load(app: &App) -> Result<Load, StoreError> {
    const MINUTE_MS: i64 = 60_000;
    let load = store::load(app.store.read(), app.clock.now().millis()).await?;
    Ok(Load { since: load.since.map(|at| at - at.rem_euclid(MINUTE_MS)), ..load })
}

/// When schedules are due next.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_schedules(
    app: &App,
    plugin: Option<String>,
    sort: Sort<ScheduleBy>,
    ask: &Ask,
) -> Result<Page<Scheduled>, StoreError> {
    let mut rows = schedule::Entity::find();
    if let Some(plugin) = plugin {
        rows = rows.filter(schedule::Column::PluginId.eq(plugin));
    }
    let page = pact_store::list::page(app.store.read(), rows, schedule::Column::Id, sort, ask).await?;
    let plugins = app.plugins();
    let planned = |row: schedule::Model| {
        let plugin = plugins.iter().find(|plugin| plugin.id == row.plugin_id);
        let own = plugin.and_then(|plugin| {
            plugin.manifest.schedules.iter().find(|schedule| schedule.call == row.call && schedule.cron == row.cron)
        });
        let for_each = own.map(|schedule| match schedule.for_each {
            ForEach::None => "none",
            ForEach::Person => "person",
        });
        let catch_up = own.map(|schedule| match schedule.catch_up {
            CatchUp::Skip => "skip",
            CatchUp::Once => "once",
        });
        Scheduled { row, for_each, catch_up }
    };
    Ok(Page { items: page.items.into_iter().map(planned).collect(), next: page.next })
}

/// Gives a job back to be handled, as if it had never been tried.
///
/// # Errors
/// It is not put aside any more.
pub async fn release_job(app: &App, _actor: &Actor, id: Uuid) -> Result<Job, Refusal> {
    // Whoever mended a plugin a moment ago means that version.
    app.refresh_plugins().await?;
    decide(app, id, async |tx, row| {
        tx.after_commit(Notice::EventAppended { id: row.id, lane: row.lane });
        if let Some(payload) = released(row) {
            store::set_payload(tx, row.id, payload).await?;
        }
        store::release(tx, row).await
    })
    .await
}

/// Gives back everything that is put aside and that the filter leaves, as after a plugin was mended; returns how many. What is held because its plugin may
/// not have so many effects goes on only within that limit: an admin's word to go beyond it is given one by one.
///
/// # Errors
/// What the store reports; what was released until then stays so.
pub async fn release_jobs(app: &App, _actor: &Actor, filter: Filter) -> Result<u64, Refusal> {
    /// Jobs that one transaction releases, so that others get their turn.
    const TOGETHER: u64 = 200;
    app.refresh_plugins().await?;
    let parked = Filter { state: Some(State::Parked), ..filter };
    // What is held again meanwhile is not released once more.
    let at_first = parked.select(TICK).count(app.store.read()).await.map_err(StoreError::from)?;
    let mut released = 0;
    loop {
        let parked = parked.clone();
        let some: u64 = app
            .store
            .write(async move |tx| -> Result<u64, StoreError> {
                let rows = store::hold_some(tx, parked.select(TICK), TOGETHER).await?;
                for row in &rows {
                    tx.after_commit(Notice::EventAppended { id: row.id, lane: row.lane });
                    store::release(tx, row).await?;
                }
                Ok(rows.len() as u64)
            })
            .await?;
        released += some;
        if some < TOGETHER || released >= at_first {
            return Ok(released);
        }
    }
}

/// Decides that a job shall not be handled; it can still be released.
///
/// # Errors
/// It is not put aside any more.
pub async fn drop_job(app: &App, _actor: &Actor, id: Uuid) -> Result<Job, Refusal> {
    let now = app.clock.now().millis();
    decide(app, id, async move |tx, row| match State::of(row) {
        State::Dropped => Ok(row.clone()),
        State::Parked | State::Waiting | State::Done => store::drop_job(tx, row, now).await,
    })
    .await
}

async fn decide<F>(app: &App, id: Uuid, decision: F) -> Result<Job, Refusal>
where
    F: AsyncFn(&Tx, &event::Model) -> Result<event::Model, StoreError> + Send + 'static,
{
    app.store
        .write(async move |tx| {
            let row = store::hold(tx, id).await?;
            match State::of(&row) {
                State::Parked | State::Dropped => Ok(shown(decision(tx, &row).await?)),
                State::Waiting => {
                    Err(Refusal::NotNow { why: "It was released, and is handled soon. Look again in a minute.".to_owned() })
                }
                State::Done => {
                    Err(Refusal::NotNow { why: "It was released, and is handled. There is nothing left to decide.".to_owned() })
                }
            }
        })
        .await
}

/// Puts a claimed event aside and tells the admins; false when it is no longer ours.
///
/// # Errors
/// What the store reports.
pub(crate) async fn park_event(app: &App, claimed: &event::Model, reason: String) -> Result<bool, Refusal> {
    let (scene, claimed) = (app.scene(&Actor::System), claimed.clone());
    app.store
        .write(async move |tx| {
            let named = event::Model { parked_id: Some(claimed.parked_id.unwrap_or_else(Uuid::new_v4)), ..claimed.clone() };
            tell_admins(tx, &scene, "parked", &named, &reason).await?;
            Ok(pact_store::event::park(tx, &named, &reason, &day(&scene)).await?)
        })
        .await
}

/// Tells the admins that something was put aside: once, until nothing is.
pub(crate) async fn tell_admins(tx: &Tx, scene: &Scene, kind: &str, parked: &event::Model, what: &str) -> Result<(), Refusal> {
    let Some(name) = parked.parked_id else { return Ok(()) };
    if store::any_parked(tx).await? {
        return Ok(());
    }
    for to in scene.snapshot.admins() {
        let text = format!("{what} It was put aside. Look into the jobs, which may hold more.");
        messages::send(tx, Message { to, kind, record_kind: KIND, record: name, text, at: scene.now });
    }
    Ok(())
}

/// The day on the organisation's clock.
pub(crate) fn day(scene: &Scene) -> String {
    scene.snapshot.today(scene.now).to_string()
}

fn shown(row: event::Model) -> Job {
    let is_tick = row.name == TICK;
    let called = row.payload.get("call").and_then(|call| call.as_str()).filter(|_| is_tick).map(str::to_owned);
    let of_an_act = EntryPoint::of_event(&row.name).is_some_and(|point| point.entry().act);
    Job {
        id: row.parked_id.unwrap_or_default(),
        is_tick,
        record: (!is_tick && !of_an_act && row.record_kind != "person").then(|| (row.record_kind.clone(), row.record_id)),
        state: State::of(&row),
        name: called.unwrap_or(row.name),
        plugin: row.plugin_id,
        reason: row.parked_reason,
        parked_on: row.parked_on.unwrap_or_default(),
        attempts: row.attempts,
    }
}
