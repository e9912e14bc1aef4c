//! Cards: what customers say, do, want, promise or complain of.

use chrono::NaiveDate;
use pact_core::event::EventName;
use pact_core::role::Right;
use pact_core::text::{TEXT, WORD};
use pact_store::entity::{card, contact};
use pact_store::{Notice, Tx, record, search};
use uuid::Uuid;

use super::customer::subject::{Subject, excerpt};
use super::guard::{maybe_text, same_revision, text};
use crate::events;
use crate::messages::{self, Message};
use crate::ops::lead::Scene;
use crate::{Actor, App, Refusal};

/// Write a card.
#[derive(Clone, Debug)]
pub struct WriteCard {
    /// The customer.
    pub customer_id: Uuid,
    /// A lead of this customer that the card belongs to.
    pub lead_id: Option<Uuid>,
    /// What sort of card: "complaint", "wish", "news", "promise", "praise", or a word of your own.
    pub kind: String,
    /// The product that it is about.
    pub about: Option<String>,
    /// The theme, such as "delivery" or "price".
    pub theme: Option<String>,
    /// What the customer said, in words.
    pub text: String,
    /// The contact who said it.
    pub said_by_id: Option<Uuid>,
    /// The day on which it was said; today when nothing is said.
    pub said_on: Option<NaiveDate>,
}

/// Correct a card; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug)]
pub struct ChangeCard {
    /// The card.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// What sort of card.
    pub kind: Option<String>,
    /// The product that it is about.
    pub about: Option<Option<String>>,
    /// The theme.
    pub theme: Option<Option<String>>,
    /// What the customer said, in words.
    pub text: Option<String>,
    /// The contact who said it.
    pub said_by_id: Option<Option<Uuid>>,
    /// The day on which it was said.
    pub said_on: Option<NaiveDate>,
}

/// Writes a card: the customer's record has it, its owner is told, and neither customer nor lead is quiet any more.
///
/// # Errors
/// A customer, lead or contact that does not exist or does not belong together, a text that cannot be taken, or a day in the future.
pub async fn write_card(app: &App, actor: &Actor, command: WriteCard) -> Result<card::Model, Refusal> {
    let scene = app.scene(actor);
    let row = card::Model {
        lead_id: command.lead_id,
        about: maybe_text(WORD, "about", command.about.as_deref())?,
        theme: maybe_text(WORD, "theme", command.theme.as_deref())?,
        said_by_id: command.said_by_id,
        said_on: said_on(&scene, command.said_on)?.to_string(),
        author_id: actor.person_id(),
        by_plugin: None,
        ..by_plugin(&scene, command.customer_id, kind(&command.kind)?, text(TEXT, "text", &command.text)?)
    };
    app.store.write(async move |tx| write(tx, &scene, row.clone()).await).await
}

/// Corrects a card.
///
/// # Errors
/// A revision that is not the present one, somebody else's card, or values as [`write_card`] refuses them.
pub async fn change_card(app: &App, actor: &Actor, command: ChangeCard) -> Result<card::Model, Refusal> {
    let scene = app.scene(actor);
    let kind = command.kind.as_deref().map(kind).transpose()?;
    let about = command.about.as_ref().map(|given| maybe_text(WORD, "about", given.as_deref())).transpose()?;
    let theme = command.theme.as_ref().map(|given| maybe_text(WORD, "theme", given.as_deref())).transpose()?;
    let words = command.text.as_deref().map(|given| text(TEXT, "text", given)).transpose()?;
    let said_on = command.said_on.map(|day| said_on(&scene, Some(day))).transpose()?;
    app.store
        .write(async move |tx| {
            let before = record::hold::<card::Model>(tx, command.id).await?;
            same_revision(&before, &command.revision)?;
            own(&scene.actor, &before)?;
            let mut after = before.clone();
            after.kind = kind.clone().unwrap_or(after.kind);
            after.about = about.clone().unwrap_or(after.about);
            after.theme = theme.clone().unwrap_or(after.theme);
            after.text = words.clone().unwrap_or(after.text);
            after.said_by_id = command.said_by_id.unwrap_or(after.said_by_id);
            after.said_on = said_on.map_or(after.said_on, |day| day.to_string());
            check_said_by(tx, &after).await?;
            let saved = record::save(tx, &before, after).await?;
            index(tx, &saved).await?;
            tx.after_commit(Notice::RecordChanged { kind: "card", id: saved.id });
            Ok(saved)
        })
        .await
}

/// A card by a plugin, ready for [`write()`]; its kind and text are checked.
pub(crate) fn by_plugin(scene: &Scene, customer: Uuid, kind: String, text: String) -> card::Model {
    card::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        customer_id: customer,
        lead_id: None,
        kind,
        about: None,
        theme: None,
        text,
        said_by_id: None,
        said_on: scene.snapshot.today(scene.now).to_string(),
        author_id: None,
        by_plugin: scene.actor.plugin_id().map(str::to_owned),
        written_at: scene.now.millis(),
    }
}

/// Writes a card that was checked, and what follows from it.
///
/// A plugin's card leaves the quiet clocks running and raises no event: both are about people and customers, and a script that
/// writes cards about cards would never end.
///
/// # Errors
/// A customer, lead or contact that does not exist or does not belong together.
pub(crate) async fn write(tx: &Tx, scene: &Scene, row: card::Model) -> Result<card::Model, Refusal> {
    let subject = Subject::hold(tx, row.customer_id, row.lead_id).await?;
    check_said_by(tx, &row).await?;
    record::insert(tx, row.clone()).await?;
    index(tx, &row).await?;
    tx.after_commit(Notice::RecordChanged { kind: "card", id: row.id });
    tell_owner(tx, scene, &subject, &row);
    if row.by_plugin.is_none() {
        events::raise(tx, scene, EventName::CardWritten, "card", row.id, serde_json::Value::Null);
        subject.happened(tx, scene).await?;
    }
    Ok(row)
}

/// Puts what a card is found by into the search index.
async fn index(tx: &Tx, row: &card::Model) -> Result<(), Refusal> {
    let title: Vec<&str> =
        [Some(&row.kind), row.about.as_ref(), row.theme.as_ref()].into_iter().flatten().map(String::as_str).collect();
    Ok(search::index(tx, "card", row.id, &title.join(" "), &row.text).await?)
}

/// Tells the customer's owner what the customer said, unless they wrote it themselves.
fn tell_owner(tx: &Tx, scene: &Scene, subject: &Subject, row: &card::Model) {
    let Some(owner) = subject.customer.owner_id.filter(|owner| scene.actor.person_id() != Some(*owner)) else { return };
    let text = format!("{}: {}: {}", subject.customer.name, row.kind, excerpt(&row.text));
    messages::send(tx, Message { to: owner, kind: "card", record_kind: "card", record: row.id, text, at: scene.now });
}

/// A kind in lower case, so that "Complaint" and "complaint" are one.
fn kind(given: &str) -> Result<String, Refusal> {
    Ok(text(WORD, "kind", given)?.to_lowercase())
}

/// The day on which something was said, which cannot lie ahead anywhere on earth.
fn said_on(scene: &Scene, given: Option<NaiveDate>) -> Result<NaiveDate, Refusal> {
    let zone = scene.snapshot.calendar_of(scene.actor.person_id()).zone;
    let today = scene.now.day_in(zone);
    let day = given.unwrap_or(today);
    if Some(day) > today.succ_opt() {
        return Err(Refusal::invalid(
            "said_on",
            "this day lies ahead, so nobody can have said it then. Announce a plan instead.",
        ));
    }
    Ok(day)
}

/// A card is corrected by who wrote it, or by whoever leads.
fn own(actor: &Actor, row: &card::Model) -> Result<(), Refusal> {
    match actor {
        Actor::Person(caller) if row.author_id == Some(caller.person_id) || caller.role.may(Right::ManageLeads) => Ok(()),
        Actor::System => Ok(()),
        Actor::Person(_) | Actor::Plugin { .. } | Actor::Form { .. } | Actor::Import { .. } => Err(Refusal::forbidden(
            "Only who wrote a card, a manager or an admin may correct it. Write another card that says it better.",
        )),
    }
}

async fn check_said_by(tx: &Tx, row: &card::Model) -> Result<(), Refusal> {
    let Some(id) = row.said_by_id else { return Ok(()) };
    match record::find::<contact::Model>(tx, id).await? {
        Some(contact) if contact.customer_id == row.customer_id && !contact.erased => Ok(()),
        Some(_) | None => {
            Err(Refusal::invalid("said_by_id", "this customer has no such contact. Choose one of its contacts, or none."))
        }
    }
}
