//! Plans: what a person announces they intend with a customer. Announcing a plan is what makes it happen; nobody ticks it off.

use chrono::NaiveDate;
use pact_core::event::EventName;
use pact_core::text::{OPTIONAL_TEXT, TITLE};
use pact_core::time::Instant;
use pact_store::entity::{pack, plan};
use pact_store::{Notice, Tx, record};
use uuid::Uuid;

use super::customer::subject::Subject;
use super::guard::{maybe_text, same_revision, text};
use crate::events;
use crate::messages::{self, Message};
use crate::ops::lead::Scene;
use crate::{Actor, App, Refusal};

/// Plans whose day is over that are looked at with one query.
const PLANS_PER_LOOK: u64 = 500;

/// Announce a plan.
#[derive(Clone, Debug)]
pub struct AnnouncePlan {
    /// The customer.
    pub customer_id: Uuid,
    /// A lead of this customer that it is about.
    pub lead_id: Option<Uuid>,
    /// What is to be reached with the customer.
    pub objective: String,
    /// The day.
    pub on_day: NaiveDate,
    /// A pack that is taken along.
    pub pack_id: Option<Uuid>,
    /// What else is brought.
    pub bring: Option<String>,
}

/// Change a plan; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug)]
pub struct ChangePlan {
    /// The plan.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// What is to be reached with the customer.
    pub objective: Option<String>,
    /// The day.
    pub on_day: Option<NaiveDate>,
    /// A pack that is taken along.
    pub pack_id: Option<Option<Uuid>>,
    /// What else is brought.
    pub bring: Option<Option<String>>,
}

/// Announces a plan: colleagues see it, and neither customer nor lead is quiet any more.
///
/// # Errors
/// Nobody who could carry it out, a customer, lead or pack that does not exist or does not belong together, or a day that has passed.
pub async fn announce_plan(app: &App, actor: &Actor, command: AnnouncePlan) -> Result<plan::Model, Refusal> {
    let scene = app.scene(actor);
    let Some(person_id) = actor.person_id() else {
        return Err(Refusal::forbidden("Only a person announces plans, because they carry them out."));
    };
    let row = plan::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        customer_id: command.customer_id,
        lead_id: command.lead_id,
        person_id,
        objective: text(TITLE, "objective", &command.objective)?,
        on_day: on_day(&scene, command.on_day)?,
        pack_id: command.pack_id,
        bring: maybe_text(OPTIONAL_TEXT, "bring", command.bring.as_deref())?,
        withdrawn: false,
        announced_at: scene.now.millis(),
    };
    app.store.write(async move |tx| write(tx, &scene, row.clone()).await).await
}

async fn write(tx: &Tx, scene: &Scene, row: plan::Model) -> Result<plan::Model, Refusal> {
    let subject = Subject::hold(tx, row.customer_id, row.lead_id).await?;
    check_pack(tx, row.pack_id).await?;
    record::insert(tx, row.clone()).await?;
    events::raise(tx, scene, EventName::PlanAnnounced, "plan", row.id, serde_json::Value::Null);
    tell_owner(tx, scene, &subject, &row);
    expect_day(tx, scene, &row).await?;
    subject.happened(tx, scene).await?;
    tx.after_commit(Notice::RecordChanged { kind: "plan", id: row.id });
    Ok(row)
}

/// Changes one's own plan.
///
/// # Errors
/// A revision that is not the present one, somebody else's plan, one that was withdrawn, or values as [`announce_plan`] refuses them.
pub async fn change_plan(app: &App, actor: &Actor, command: ChangePlan) -> Result<plan::Model, Refusal> {
    let scene = app.scene(actor);
    let objective = command.objective.as_deref().map(|given| text(TITLE, "objective", given)).transpose()?;
    let day = command.on_day.map(|day| on_day(&scene, day)).transpose()?;
    let bring = command.bring.as_ref().map(|given| maybe_text(OPTIONAL_TEXT, "bring", given.as_deref())).transpose()?;
    app.store
        .write(async move |tx| {
            let before = own(tx, &scene.actor, command.id, &command.revision).await?;
            let mut after = before.clone();
            after.objective = objective.clone().unwrap_or(after.objective);
            after.on_day = day.clone().unwrap_or(after.on_day);
            after.pack_id = command.pack_id.unwrap_or(after.pack_id);
            after.bring = bring.clone().unwrap_or(after.bring);
            if after.pack_id != before.pack_id {
                check_pack(tx, after.pack_id).await?;
            }
            let saved = record::save(tx, &before, after).await?;
            if saved.on_day != before.on_day {
                expect_day(tx, &scene, &saved).await?;
            }
            tx.after_commit(Notice::RecordChanged { kind: "plan", id: saved.id });
            Ok(saved)
        })
        .await
}

/// Takes one's own plan back: it will not happen.
///
/// # Errors
/// A revision that is not the present one, somebody else's plan, or one that was withdrawn before.
pub async fn withdraw_plan(app: &App, actor: &Actor, id: Uuid, revision: String) -> Result<plan::Model, Refusal> {
    let actor = actor.clone();
    app.store
        .write(async move |tx| {
            let before = own(tx, &actor, id, &revision).await?;
            let saved = record::save(tx, &before, plan::Model { withdrawn: true, ..before.clone() }).await?;
            pact_store::plan::forget_day(tx, id, None).await?;
            tx.after_commit(Notice::RecordChanged { kind: "plan", id });
            Ok(saved)
        })
        .await
}

/// Restarts the quiet clocks of what plans were about whose day is over: a plan that was not withdrawn was carried out, and nobody ticks it off.
///
/// # Errors
/// A store that does not answer.
pub async fn carry_out_plans(app: &App) -> Result<(), Refusal> {
    let now = app.clock.now();
    loop {
        let over = pact_store::plan::days_over(app.store.read(), now.millis(), PLANS_PER_LOOK).await?;
        let is_last = (over.len() as u64) < PLANS_PER_LOOK;
        for day in over {
            app.store.write(async move |tx| carried_out(tx, day.plan_id, day.over_at).await).await?;
        }
        if is_last {
            return Ok(());
        }
    }
}

async fn carried_out(tx: &Tx, plan: Uuid, over_at: i64) -> Result<(), Refusal> {
    // Of two nodes that look at the same moment one takes the row away.
    if !pact_store::plan::forget_day(tx, plan, Some(over_at)).await? {
        return Ok(());
    }
    let row: plan::Model = record::get(tx, plan).await?;
    match Subject::hold(tx, row.customer_id, row.lead_id).await {
        Ok(subject) => subject.happened_at(tx, Instant::from_millis(over_at)).await,
        // The customer was merged into another meanwhile, or the lead went to one: their own clocks tell more.
        Err(Refusal::NotNow { .. } | Refusal::Invalid { .. }) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Writes down when the day of a plan is over, on the clock of who carries it out.
async fn expect_day(tx: &Tx, scene: &Scene, row: &plan::Model) -> Result<(), Refusal> {
    let zone = scene.snapshot.calendar_of(Some(row.person_id)).zone;
    let next_day = row.on_day.parse::<NaiveDate>().ok().and_then(|day| day.succ_opt());
    match next_day {
        Some(next_day) => Ok(pact_store::plan::expect_day(tx, row.id, Instant::start_of(next_day, zone).millis()).await?),
        None => Ok(()),
    }
}

/// One's own plan, held; it was not withdrawn.
async fn own(tx: &Tx, actor: &Actor, id: Uuid, revision: &str) -> Result<plan::Model, Refusal> {
    let row = record::hold::<plan::Model>(tx, id).await?;
    same_revision(&row, revision)?;
    if actor.person_id() != Some(row.person_id) {
        return Err(Refusal::forbidden("Only who announced a plan changes it or takes it back. Ask them."));
    }
    if row.withdrawn {
        return Err(Refusal::NotNow { why: "This plan was withdrawn. Announce a new one.".into() });
    }
    Ok(row)
}

/// Tells the customer's owner what a colleague intends there.
fn tell_owner(tx: &Tx, scene: &Scene, subject: &Subject, row: &plan::Model) {
    let Some(owner) = subject.customer.owner_id.filter(|owner| *owner != row.person_id) else { return };
    let text =
        format!("{}, {}: {} plans: {}", subject.customer.name, row.on_day, scene.snapshot.name_of(row.person_id), row.objective);
    messages::send(tx, Message { to: owner, kind: "plan", record_kind: "plan", record: row.id, text, at: scene.now });
}

/// A plan is for today or later, on the clock of who announces it.
fn on_day(scene: &Scene, day: NaiveDate) -> Result<String, Refusal> {
    let zone = scene.snapshot.calendar_of(scene.actor.person_id()).zone;
    if day < scene.now.day_in(zone) {
        return Err(Refusal::invalid(
            "on_day",
            "this day has passed, and a plan is for what is to come. What the customer said then is a card.",
        ));
    }
    Ok(day.to_string())
}

async fn check_pack(tx: &Tx, pack: Option<Uuid>) -> Result<(), Refusal> {
    let Some(pack) = pack else { return Ok(()) };
    match record::find::<pack::Model>(tx, pack).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::invalid("pack_id", "there is no pack with this id. Choose one from GET /api/v1/packs, or none.")),
    }
}
