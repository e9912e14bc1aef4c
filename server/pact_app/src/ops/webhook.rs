//! Webhooks: named addresses to which PACT posts what scripts say, and events for which they ask.

use std::fmt;

use pact_core::text::NAME;
use pact_evidence::PolicyAct;
use pact_evidence::act::Change;
use pact_store::entity::outbox;
use pact_store::entity::webhook::{self, Column, Entity};
use pact_store::outbox as store;
use pact_store::webhook::By;
use pact_store::{AsJson, Ask, Notice, Page, Sort, StoreError, Tx, record};
use sea_orm::PaginatorTrait;
use sea_orm::entity::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use super::guard::{same_revision, taken, text};
use crate::app::Held;
use crate::evidence::record as record_act;
use crate::relay::reach::check_url;
use crate::relay::signature::new_secret;
use crate::subscriptions::{body, message, offered};
use crate::{Actor, App, Refusal};

/// The most webhooks.
pub const MAX_WEBHOOKS: u64 = 100;
/// How long the secret before the last one still signs, in hours.
pub const OLD_SECRET_HOURS: i64 = 24;

/// A webhook that is to be made.
#[derive(Clone)]
pub struct CreateWebhook {
    /// The name by which scripts post to it.
    pub name: String,
    /// The address.
    pub url: String,
    /// Events for which it asks.
    pub events: Vec<String>,
}

/// What is to be changed on a webhook; `None` stays as it is.
#[derive(Clone)]
pub struct ChangeWebhook {
    /// The webhook.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// The name by which scripts post to it.
    pub name: Option<String>,
    /// The address.
    pub url: Option<String>,
    /// Events for which it asks.
    pub events: Option<Vec<String>>,
    /// Whether anything is sent.
    pub active: Option<bool>,
}

impl fmt::Debug for CreateWebhook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("CreateWebhook").field("name", &self.name).field("events", &self.events).finish_non_exhaustive()
    }
}

impl fmt::Debug for ChangeWebhook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ChangeWebhook").field("id", &self.id).field("events", &self.events).finish_non_exhaustive()
    }
}

/// The webhooks.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_webhooks(app: &App, sort: Sort<By>, ask: &Ask) -> Result<Page<webhook::Model>, StoreError> {
    pact_store::list::page(app.store.read(), Entity::find(), Column::Id, sort, ask).await
}

/// Makes a webhook; its secret is returned here and nowhere else. What scripts posted to its name before leaves now.
///
/// # Errors
/// An address that may not be reached, an event that is not offered, a name that is taken, or too many webhooks.
pub async fn create_webhook(app: &App, actor: &Actor, command: CreateWebhook) -> Result<(webhook::Model, SecretString), Refusal> {
    let secret = new_secret()?;
    let now = app.clock.now();
    let row = webhook::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        name: text(NAME, "name", &command.name)?,
        url: address(app, &command.url)?,
        events: AsJson(events(&command.events)?),
        secret: secret.expose_secret().to_owned().into(),
        old_secret: None,
        old_secret_until: None,
        active: true,
        disabled_reason: None,
        held_until: None,
        created_at: now.millis(),
    };
    let actor = actor.clone();
    let made = app
        .change(Held::Webhooks, async move |tx| {
            if Entity::find().count(tx).await.map_err(StoreError::from)? >= MAX_WEBHOOKS {
                return Err(Refusal::NotNow {
                    why: format!("There are {MAX_WEBHOOKS} webhooks already. Remove those that nothing needs any more."),
                });
            }
            record::insert(tx, row.clone()).await.map_err(|error| taken(error, "webhook", "name"))?;
            record_act(tx, &actor, now, act(&row, Change::Made)).await?;
            store::give_to(tx, &row, now.millis()).await?;
            tx.after_commit(Notice::WebhooksChanged);
            Ok(row.clone())
        })
        .await?;
    Ok((made, secret))
}

/// Changes a webhook. One that is switched on again, or gets another address, is tried at once.
///
/// # Errors
/// A revision that is not the present one, or values as [`create_webhook`] refuses them.
pub async fn change_webhook(app: &App, actor: &Actor, command: ChangeWebhook) -> Result<webhook::Model, Refusal> {
    let name = command.name.as_deref().map(|given| text(NAME, "name", given)).transpose()?;
    let url = command.url.as_deref().map(|given| address(app, given)).transpose()?;
    let asked = command.events.as_deref().map(events).transpose()?;
    let (now, actor) = (app.clock.now(), actor.clone());
    app.change(Held::Webhooks, async move |tx| {
        let before = hold(tx, command.id, &command.revision).await?;
        let mut after = before.clone();
        after.name = name.clone().unwrap_or(after.name);
        after.url = url.clone().unwrap_or(after.url);
        after.events = asked.clone().map_or(after.events, AsJson);
        after.active = command.active.unwrap_or(after.active);
        if after.active {
            after.disabled_reason = None;
            after.held_until = None;
        }
        let saved = record::save(tx, &before, after).await.map_err(|error| taken(error, "webhook", "name"))?;
        record_act(tx, &actor, now, act(&saved, Change::Changed)).await?;
        store::give_to(tx, &saved, now.millis()).await?;
        tx.after_commit(Notice::WebhooksChanged);
        Ok(saved)
    })
    .await
}

/// Gives a webhook another secret, returned here and nowhere else; the one before signs as well for [`OLD_SECRET_HOURS`], so that the
/// receiver can change over without losing a message.
///
/// # Errors
/// A revision that is not the present one.
pub async fn rotate_webhook_secret(
    app: &App,
    _actor: &Actor,
    id: Uuid,
    revision: String,
) -> Result<(webhook::Model, SecretString), Refusal> {
    const HOUR_MS: i64 = 3_600_000;
    let secret = new_secret()?;
    let kept: pact_store::Secret = secret.expose_secret().to_owned().into();
    let until = app.clock.now().millis() + OLD_SECRET_HOURS * HOUR_MS;
    let saved = app
        .store
        .write(async move |tx| {
            let before = hold(tx, id, &revision).await?;
            let after = webhook::Model {
                secret: kept.clone(),
                old_secret: Some(before.secret.clone()),
                old_secret_until: Some(until),
                ..before.clone()
            };
            Ok::<_, Refusal>(record::save(tx, &before, after).await?)
        })
        .await?;
    Ok((saved, secret))
}

/// Removes a webhook; what waits for it is refused.
///
/// # Errors
/// A revision that is not the present one.
pub async fn delete_webhook(app: &App, actor: &Actor, id: Uuid, revision: String) -> Result<(), Refusal> {
    let (now, actor) = (app.clock.now(), actor.clone());
    app.change(Held::Webhooks, async move |tx| {
        let before = hold(tx, id, &revision).await?;
        record_act(tx, &actor, now, act(&before, Change::Removed)).await?;
        tx.after_commit(Notice::WebhooksChanged);
        Ok(record::remove(tx, &before).await?)
    })
    .await
}

/// Writes a message that says nothing, to see whether the other side takes it.
///
/// # Errors
/// There is no such webhook, or it is switched off.
pub async fn test_webhook(app: &App, _actor: &Actor, id: Uuid) -> Result<outbox::Model, Refusal> {
    let now = app.clock.now();
    app.store
        .write(async move |tx| {
            let webhook = record::hold::<webhook::Model>(tx, id).await?;
            if !webhook.active {
                return Err(Refusal::NotNow { why: "This webhook is switched off. Switch it on first.".to_owned() });
            }
            let data = json!({ "webhook": webhook.name });
            let row = message(Some(webhook.id), &webhook.name, body("test", now, data), now, None);
            tx.append(row.clone());
            Ok(row)
        })
        .await
}

/// What the audit log says of a webhook: where it posts and what it asks for, not its secret.
fn act(row: &webhook::Model, change: Change) -> PolicyAct {
    let host = reqwest::Url::parse(&row.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    PolicyAct::WebhookChanged { webhook: row.id.to_string(), change, host, events: row.events.0.clone(), active: row.active }
}

async fn hold(tx: &Tx, id: Uuid, revision: &str) -> Result<webhook::Model, Refusal> {
    let row = record::hold::<webhook::Model>(tx, id).await?;
    same_revision(&row, revision)?;
    Ok(row)
}

fn address(app: &App, given: &str) -> Result<String, Refusal> {
    check_url(given.trim(), &app.outgoing.networks).map(String::from).map_err(|error| Refusal::invalid("url", error.to_string()))
}

/// The events, each once and in order.
fn events(given: &[String]) -> Result<Vec<String>, Refusal> {
    let mut events = Vec::with_capacity(given.len());
    for (at, event) in given.iter().enumerate() {
        if !offered().any(|offered| offered == event) {
            let offered: Vec<&str> = offered().collect();
            let why = format!(
                "a webhook may ask for {}. What an act of a member of staff fires leaves PACT only where a script posts what the customer \
                 said: a stream of acts with their times would be a count of them (no-activity-export).",
                offered.join(", ")
            );
            return Err(Refusal::invalid(format!("events[{at}]"), why));
        }
        events.push(event.clone());
    }
    events.sort_unstable();
    events.dedup();
    Ok(events)
}
