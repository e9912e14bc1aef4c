//! Requests: questions and jobs about a customer for a colleague, supplier or partner, answered on the customer's record.

use chrono::{Days, NaiveDate};
use pact_core::event::EventName;
use pact_core::role::Right;
use pact_core::text::TEXT;
use pact_store::entity::{event, request};
use pact_store::{Notice, StoreError, Tx, record};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::customer::subject::{Subject, excerpt};
use super::guard::{same_revision, text};
use crate::events;
use crate::messages::{self, Message};
use crate::ops::lead::Scene;
use crate::{Actor, App, Refusal};

/// Requests that are looked at with one query.
const OVERDUE_PER_LOOK: u64 = 500;
/// How many days after its due day a request still becomes overdue: a server may have stood still for so long.
const OVERDUE_DAYS: Days = Days::new(31);

/// Ask somebody something about a customer.
#[derive(Clone, Debug)]
pub struct AskRequest {
    /// The customer.
    pub customer_id: Uuid,
    /// A lead of this customer that it is about.
    pub lead_id: Option<Uuid>,
    /// Who is asked.
    pub to_id: Uuid,
    /// What is asked.
    pub text: String,
    /// The day by which an answer is needed.
    pub due_on: Option<NaiveDate>,
}

/// Change a request that is not answered yet; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// The request.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// Who is asked.
    pub to_id: Option<Uuid>,
    /// What is asked.
    pub text: Option<String>,
    /// The day by which an answer is needed.
    pub due_on: Option<Option<NaiveDate>>,
}

/// Answer a request.
#[derive(Clone, Debug)]
pub struct AnswerRequest {
    /// The request.
    pub id: Uuid,
    /// The revision that the answer is based on, where the caller read one.
    pub seen: Option<String>,
    /// The answer.
    pub answer: String,
}

/// Asks a colleague, supplier or partner something about a customer.
///
/// # Errors
/// A customer, lead or person that does not exist or does not belong together, a text that cannot be taken, or a day that has passed.
pub async fn ask_request(app: &App, actor: &Actor, command: AskRequest) -> Result<request::Model, Refusal> {
    let scene = app.scene(actor);
    let row = request::Model {
        lead_id: command.lead_id,
        from_id: actor.person_id(),
        due_on: due_on(&scene, command.due_on)?,
        ..asked(&scene, command.customer_id, command.to_id, text(TEXT, "text", &command.text)?)
    };
    app.store.write(async move |tx| write(tx, &scene, row.clone()).await).await
}

/// Changes what is asked, of whom or by when, as long as it is not answered.
///
/// # Errors
/// A revision that is not the present one, somebody else's request, one that is answered, or values as [`ask_request`] refuses them.
pub async fn change_request(app: &App, actor: &Actor, command: ChangeRequest) -> Result<request::Model, Refusal> {
    let scene = app.scene(actor);
    let words = command.text.as_deref().map(|given| text(TEXT, "text", given)).transpose()?;
    let due = command.due_on.map(|given| due_on(&scene, given)).transpose()?;
    app.store
        .write(async move |tx| {
            let before = record::hold::<request::Model>(tx, command.id).await?;
            same_revision(&before, &command.revision)?;
            asked_by(&scene.actor, &before)?;
            unanswered(&before)?;
            let mut after = before.clone();
            after.to_id = command.to_id.unwrap_or(after.to_id);
            after.text = words.clone().unwrap_or(after.text);
            after.due_on = due.clone().unwrap_or(after.due_on);
            can_be_asked(&scene, &after)?;
            let saved = record::save(tx, &before, after).await?;
            tx.after_commit(Notice::RecordChanged { kind: "request", id: saved.id });
            if saved.to_id != before.to_id {
                tell_asked(tx, &scene, &saved);
            }
            Ok(saved)
        })
        .await
}

/// Answers a request; the answer stands on the customer's record.
///
/// # Errors
/// Somebody who was not asked, or a request that is answered already.
pub async fn answer_request(app: &App, actor: &Actor, command: AnswerRequest) -> Result<request::Model, Refusal> {
    let scene = app.scene(actor);
    let answer = text(TEXT, "answer", &command.answer)?;
    app.store
        .write(async move |tx| {
            let before = record::hold::<request::Model>(tx, command.id).await?;
            if actor_is_neither(&scene.actor, &before) {
                return Err(Refusal::NotFound { what: "request" });
            }
            if let Some(seen) = &command.seen {
                same_revision(&before, seen)?;
            }
            if scene.actor.person_id() != Some(before.to_id) {
                return Err(Refusal::forbidden(format!(
                    "Only {} was asked, so only they answer it. Ask somebody else with a new request.",
                    scene.snapshot.name_of(before.to_id)
                )));
            }
            unanswered(&before)?;
            let subject = Subject::hold(tx, before.customer_id, before.lead_id).await?;
            let after = request::Model { answer: Some(answer.clone()), answered_at: Some(scene.now.millis()), ..before.clone() };
            let saved = record::save(tx, &before, after).await?;
            tell_asker(tx, &scene, &subject, &saved);
            tx.after_commit(Notice::RecordChanged { kind: "request", id: saved.id });
            subject.happened(tx, &scene).await?;
            Ok(saved)
        })
        .await
}

/// Raises the event of each request that was not answered by its due day; once for each due day, however often it is asked to.
///
/// # Errors
/// A store that does not answer.
pub async fn raise_overdue(app: &App) -> Result<(), Refusal> {
    let scene = app.scene(&Actor::System);
    let today = scene.snapshot.today(scene.now);
    let Some(since) = today.checked_sub_days(OVERDUE_DAYS) else { return Ok(()) };
    let mut after = Uuid::nil();
    loop {
        let rows = newly_overdue(app, since, today, after).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        let ids: Vec<Uuid> = rows.iter().map(overdue_event).collect();
        let raised =
            event::Entity::find().filter(event::Column::Id.is_in(ids)).all(app.store.read()).await.map_err(StoreError::from)?;
        for row in rows.into_iter().filter(|row| raised.iter().all(|event| event.id != overdue_event(row))) {
            let scene = scene.clone();
            app.store.write(async move |tx| raise_one(tx, &scene, row.id).await).await?;
        }
    }
}

/// Requests whose due day passed not long ago without an answer, in the order of their ids.
async fn newly_overdue(app: &App, since: NaiveDate, today: NaiveDate, after: Uuid) -> Result<Vec<request::Model>, Refusal> {
    let overdue = request::Entity::find()
        .filter(request::Column::AnsweredAt.is_null())
        .filter(request::Column::DueOn.gte(since.to_string()))
        .filter(request::Column::DueOn.lt(today.to_string()))
        .filter(request::Column::Id.gt(after));
    let rows = overdue.order_by_asc(request::Column::Id).limit(OVERDUE_PER_LOOK).all(app.store.read()).await;
    Ok(rows.map_err(StoreError::from)?)
}

async fn raise_one(tx: &Tx, scene: &Scene, id: Uuid) -> Result<(), Refusal> {
    // Held, so that of two nodes that look at the same moment one raises it.
    let row = record::hold::<request::Model>(tx, id).await?;
    let event = overdue_event(&row);
    let known = event::Entity::find_by_id(event).one(tx).await.map_err(StoreError::from)?;
    if row.answered_at.is_none() && known.is_none() {
        events::raise_as(tx, scene, event, EventName::RequestOverdue, "request", row.id, serde_json::Value::Null);
    }
    Ok(())
}

/// The id of the event that a request was not answered by its due day: made from both, so that it happens once.
fn overdue_event(row: &request::Model) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(row.id.as_bytes());
    hash.update(row.due_on.as_deref().unwrap_or_default().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A request by a plugin, ready for [`write()`]; its text is checked.
pub(crate) fn by_plugin(scene: &Scene, customer: Uuid, to: Uuid, text: String, due: NaiveDate) -> request::Model {
    request::Model { due_on: Some(due.to_string()), ..asked(scene, customer, to, text) }
}

/// Writes a request that was checked, and tells who is asked. A plugin's request leaves the quiet clocks running.
///
/// # Errors
/// A customer, lead or person that does not exist or does not belong together.
pub(crate) async fn write(tx: &Tx, scene: &Scene, row: request::Model) -> Result<request::Model, Refusal> {
    can_be_asked(scene, &row)?;
    let subject = Subject::hold(tx, row.customer_id, row.lead_id).await?;
    record::insert(tx, row.clone()).await?;
    let text = format!("{}: {}", subject.customer.name, excerpt(&row.text));
    send(tx, scene, row.to_id, "request", &row, text);
    tx.after_commit(Notice::RecordChanged { kind: "request", id: row.id });
    if scene.actor.plugin_id().is_none() {
        subject.happened(tx, scene).await?;
    }
    Ok(row)
}

fn asked(scene: &Scene, customer: Uuid, to: Uuid, text: String) -> request::Model {
    request::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        customer_id: customer,
        lead_id: None,
        from_id: None,
        to_id: to,
        text,
        due_on: None,
        asked_at: scene.now.millis(),
        answer: None,
        answered_at: None,
    }
}

fn send(tx: &Tx, scene: &Scene, to: Uuid, kind: &str, row: &request::Model, text: String) {
    if scene.actor.person_id() != Some(to) {
        messages::send(tx, Message { to, kind, record_kind: "request", record: row.id, text, at: scene.now });
    }
}

fn tell_asked(tx: &Tx, scene: &Scene, row: &request::Model) {
    send(tx, scene, row.to_id, "request", row, excerpt(&row.text));
}

fn tell_asker(tx: &Tx, scene: &Scene, subject: &Subject, row: &request::Model) {
    let (Some(asker), Some(answer)) = (row.from_id, &row.answer) else { return };
    let text = format!("{}: answered: {}", subject.customer.name, excerpt(answer));
    send(tx, scene, asker, "request_answered", row, text);
}

fn due_on(scene: &Scene, given: Option<NaiveDate>) -> Result<Option<String>, Refusal> {
    let zone = scene.snapshot.calendar_of(scene.actor.person_id()).zone;
    match given {
        Some(day) if day < scene.now.day_in(zone) => {
            Err(Refusal::invalid("due_on", "this day has passed. Choose today or a day ahead, or none."))
        }
        Some(day) => Ok(Some(day.to_string())),
        None => Ok(None),
    }
}

fn can_be_asked(scene: &Scene, row: &request::Model) -> Result<(), Refusal> {
    match scene.snapshot.people.get(&row.to_id) {
        Some(member) if member.row.active => Ok(()),
        Some(member) => Err(Refusal::invalid("to_id", format!("{} is not here any more. Ask somebody else.", member.row.name))),
        None => Err(Refusal::invalid("to_id", "there is no person with this id. Choose one from GET /api/v1/persons.")),
    }
}

fn asked_by(actor: &Actor, row: &request::Model) -> Result<(), Refusal> {
    match actor {
        Actor::System => Ok(()),
        Actor::Person(caller) if row.from_id == Some(caller.person_id) || caller.role.may(Right::ManageLeads) => Ok(()),
        Actor::Person(_) | Actor::Plugin { .. } | Actor::Form { .. } | Actor::Import { .. } => Err(Refusal::forbidden(
            "Only who asked, a manager or an admin may change what is asked. Ask them, or ask with a new request.",
        )),
    }
}

/// Whether a partner would learn of a request that does not concern them.
fn actor_is_neither(actor: &Actor, row: &request::Model) -> bool {
    match actor {
        Actor::Person(caller) => {
            !caller.role.may(Right::ReadRequests) && row.to_id != caller.person_id && row.from_id != Some(caller.person_id)
        }
        Actor::Plugin { .. } | Actor::Form { .. } | Actor::Import { .. } | Actor::System => false,
    }
}

fn unanswered(row: &request::Model) -> Result<(), Refusal> {
    match row.answered_at {
        Some(_) => Err(Refusal::NotNow {
            why: "This request is answered already. Ask with a new request if something is missing.".into(),
        }),
        None => Ok(()),
    }
}
