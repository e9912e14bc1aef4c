//! The outbox, as admins see it: what waits to leave, what did not, and what an admin decides about it.

use pact_core::time::Instant;
use pact_store::entity::outbox::{Column, Model};
use pact_store::entity::outbox_attempt;
use pact_store::outbox::{self as store, By, Filter, Kind, State};
use pact_store::{Ask, Notice, Page, Sort, StoreError};
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use crate::messages::{self, Message};
use crate::relay::mail::{Action, Template, read_bounce, to_person};
use crate::{Actor, App, Refusal};

/// The most attempts that are shown of one row.
pub const MAX_ATTEMPTS_SHOWN: u64 = 200;

/// How the outbox is, of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Which kind.
    pub kind: Kind,
    /// Whether it can leave at all: a mail server is configured.
    pub has_way: bool,
    /// Rows that wait.
    pub waiting: u64,
    /// When the one was written that has waited longest.
    pub since: Option<Instant>,
    /// Rows that were put aside.
    pub parked: u64,
    /// Rows that the other side refused.
    pub refused: u64,
}

/// Rows of the outbox.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_outbox(app: &App, filter: Filter, sort: Sort<By>, ask: &Ask) -> Result<Page<Model>, StoreError> {
    pact_store::list::page(app.store.read(), filter.select(), Column::Id, sort, ask).await
}

/// A row of the outbox with the attempts to send it.
///
/// # Errors
/// There is none with this id.
pub async fn read_outbox(app: &App, id: Uuid) -> Result<(Model, Vec<outbox_attempt::Model>), Refusal> {
    let conn = app.store.read();
    let found = pact_store::entity::outbox::Entity::find_by_id(id).one(conn).await.map_err(StoreError::from)?;
    let row = found.ok_or(Refusal::NotFound { what: "message" })?;
    Ok((row, store::attempts(conn, id, MAX_ATTEMPTS_SHOWN).await?))
}

/// How the outbox is, kind by kind.
///
/// # Errors
/// What the store reports.
pub async fn read_outbox_state(app: &App) -> Result<Vec<Waiting>, StoreError> {
    let conn = app.store.read();
    let mut all = Vec::new();
    for kind in Kind::ALL.iter().copied() {
        all.push(Waiting {
            kind,
            has_way: match kind {
                Kind::Mail => app.outgoing.mail.is_some(),
                Kind::Webhook => true,
            },
            waiting: store::count(conn, kind, State::Waiting).await?,
            since: store::waiting_since(conn, kind).await?.map(Instant::from_millis),
            parked: store::count(conn, kind, State::Parked).await?,
            refused: store::count(conn, kind, State::Refused).await?,
        });
    }
    Ok(all)
}

/// Writes mail to the caller that says nothing, to see whether mail arrives. It goes to nobody else.
///
/// # Errors
/// The caller is no person.
pub async fn send_test_mail(app: &App, actor: &Actor) -> Result<Model, Refusal> {
    let snapshot = app.organisation();
    let person = actor.person_id().and_then(|id| snapshot.people.get(&id)).ok_or(Refusal::NotFound { what: "person" })?;
    let row = to_person(&person.row, Template::Test, json!({}), app.clock.now(), None);
    let row = row.ok_or(Refusal::NotFound { what: "person" })?;
    app.store
        .write(async move |tx| {
            tx.append(row.clone());
            Ok(row.clone())
        })
        .await
}

/// Sends a row now, whatever became of it before: with the id that it always had, so that the receiver knows a repetition.
///
/// # Errors
/// It is mail that was sent, or it is for a webhook that does not exist.
pub async fn release_outbox(app: &App, _actor: &Actor, id: Uuid) -> Result<Model, Refusal> {
    let now = app.clock.now().millis();
    app.store
        .write(async move |tx| {
            let row = store::hold(tx, id).await?;
            let refused = |why: &str| Err(Refusal::NotNow { why: why.to_owned() });
            if row.kind == Kind::Mail.as_str() && row.state == State::Sent.as_str() {
                return refused("This mail was taken by the mail server. Nobody wants it twice.");
            }
            if row.kind == Kind::Webhook.as_str() && row.webhook_id.is_none() {
                return refused("No webhook has this name. Make one; what was posted to the name then leaves.");
            }
            if is_under_way(&row, now) {
                return refused("It is being sent at this moment. Look again in a minute.");
            }
            let released = store::release(tx, &row, now).await?;
            tx.after_commit(Notice::OutboxAppended { id });
            Ok(released)
        })
        .await
}

/// Takes a report about mail that came back (RFC 3464), and writes down what it says about which mail.
///
/// # Errors
/// It is no such report, or about mail that is not in the outbox (any more).
pub async fn take_bounce(app: &App, _actor: &Actor, mail: &[u8]) -> Result<Model, Refusal> {
    let bounce = read_bounce(mail).ok_or_else(|| {
        Refusal::invalid(
            "body",
            "this is no delivery report (RFC 3464) about mail that PACT sent. Send the whole mail, as it arrived.",
        )
    })?;
    let (now, snapshot) = (app.clock.now(), app.organisation());
    app.store
        .write(async move |tx| {
            let row = store::hold(tx, bounce.row).await?;
            if row.kind != Kind::Mail.as_str() {
                return Err(Refusal::NotFound { what: "mail" });
            }
            tx.append(outbox_attempt::Model {
                id: pact_core::id::ordered(),
                outbox_id: row.id,
                at: now.millis(),
                took_ms: 0,
                outcome: match bounce.action {
                    Action::Failed => "came_back",
                    Action::Delayed => "delayed",
                    Action::WentOn => "went_on",
                }
                .to_owned(),
                status: None,
                answer: Some(bounce.said.clone()),
            });
            if bounce.action != Action::Failed {
                return Ok(row);
            }
            let reason = format!("It came back: {}", bounce.said);
            let after = store::came_back(tx, &row, &reason).await?;
            if row.state != State::Refused.as_str() && store::count(tx, Kind::Mail, State::Refused).await? == 1 {
                for to in snapshot.admins() {
                    let text =
                        format!("Mail was refused: {}. Look into the outbox, which may hold more.", reason.trim_end_matches('.'));
                    messages::send(tx, Message { to, kind: "outbox", record_kind: "outbox", record: row.id, text, at: now });
                }
            }
            Ok(after)
        })
        .await
}

/// Decides that a row shall not leave.
///
/// # Errors
/// It has left, or is being sent at this moment.
pub async fn drop_outbox(app: &App, _actor: &Actor, id: Uuid) -> Result<Model, Refusal> {
    let now = app.clock.now().millis();
    app.store
        .write(async move |tx| {
            let row = store::hold(tx, id).await?;
            if row.state == State::Sent.as_str() {
                return Err(Refusal::NotNow { why: "It has left already. What has left cannot be called back.".to_owned() });
            }
            if is_under_way(&row, now) {
                return Err(Refusal::NotNow { why: "It is being sent at this moment. Look again in a minute.".to_owned() });
            }
            Ok(store::drop_row(tx, &row, "An admin decided that it shall not leave.").await?)
        })
        .await
}

fn is_under_way(row: &Model, now: i64) -> bool {
    row.state == State::Waiting.as_str() && row.lease_until.is_some_and(|until| until > now)
}
