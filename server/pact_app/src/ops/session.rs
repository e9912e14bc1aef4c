//! Sessions: signing in, staying signed in, signing out.
//!
//! A session is a family of refresh tokens. Each is used once, for an access token and the next refresh token. A token that comes a
//! second time was stolen, from the person or by them from whoever came first: the whole family ends, and both sign in again.

use pact_core::security::Happened;
use pact_core::time::Instant;
use pact_store::entity::person;
use pact_store::entity::refresh_token::{self, Column, Entity};
use pact_store::{StoreError, Tx, record};
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use secrecy::SecretString;
use uuid::Uuid;

use super::security::records::{CalledFrom, Happening, note_refused};
use crate::access::{By, SignInMethod, fresh_secret, hash_secret};
use crate::{App, Refusal};

/// How long a session lasts without being used.
pub const IDLE_DAYS: i64 = 14;
/// How long a session lasts however much it is used.
pub const SESSION_DAYS: i64 = 90;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Somebody wants to sign in.
#[derive(Debug)]
pub struct SignIn {
    /// How they show who they are.
    pub method: SignInMethod,
    /// Where they call from, for the limits on attempts and their security records.
    pub from: CalledFrom,
}

/// A session as its owner gets it.
#[derive(Debug)]
pub struct Session {
    /// The session.
    pub id: Uuid,
    /// Who is signed in.
    pub person: person::Model,
    /// Good for requests.
    pub access_token: SecretString,
    /// When the access token ends.
    pub access_until: Instant,
    /// Good for the next access token, once.
    pub refresh_token: SecretString,
    /// When the refresh token ends.
    pub refresh_until: Instant,
}

/// Signs somebody in.
///
/// # Errors
/// [`Refusal::Throttled`] after too many attempts; one and the same [`Refusal::Unauthenticated`] whatever else is wrong.
pub async fn sign_in(app: &App, command: SignIn) -> Result<Session, Refusal> {
    let account = command.method.account();
    let from = command.from;
    app.access.throttle.attempt(&account, &from.address).map_err(|retry_after_s| Refusal::Throttled { retry_after_s })?;
    let person = match command.method.person(app).await {
        Err(refused @ Refusal::Unauthenticated { .. }) => {
            tokio::spawn(note_refused(app.clone(), account, from));
            return Err(refused);
        }
        shown => shown?,
    };
    let now = app.clock.now();
    let (token, row) = next(person.id, pact_core::id::random(), now, now)?;
    let (id, until) = (row.family, Instant::from_millis(row.expires_at));
    app.store
        .write(async move |tx| {
            Happening { from: Some(&from), ..Happening::new(row.person_id, Happened::SignedIn, now) }.keep(tx).await?;
            record::insert(tx, row.clone()).await
        })
        .await
        .map_err(|error: StoreError| Refusal::from(error))?;
    let (access_token, access_until) = app.access.sign(app, person.id, id).await?;
    Ok(Session { id, person, access_token, access_until, refresh_token: token, refresh_until: until })
}

/// What came of using a refresh token.
enum Used {
    Next(Box<refresh_token::Model>, Box<person::Model>),
    Reused(Uuid),
    Refused,
}

/// Gives the next access token and refresh token for a refresh token.
///
/// # Errors
/// [`Refusal::Unauthenticated`] when it is unknown, over, or was used before; in the last case the session ends.
pub async fn refresh_session(app: &App, token: &SecretString, from: CalledFrom) -> Result<Session, Refusal> {
    let now = app.clock.now();
    let hash = hash_secret(token);
    let (new_token, draft) = next(Uuid::nil(), Uuid::nil(), now, now)?;
    let used = app.store.write(async move |tx| use_token(tx, &hash, draft.clone(), now, &from).await).await?;
    match used {
        Used::Next(row, person) => {
            let (access_token, access_until) = app.access.sign(app, person.id, row.family).await?;
            Ok(Session {
                id: row.family,
                person: *person,
                access_token,
                access_until,
                refresh_token: new_token,
                refresh_until: Instant::from_millis(row.expires_at),
            })
        }
        Used::Reused(family) => {
            app.access.forget(By::Session(family));
            tracing::warn!("a refresh token came twice; its session was ended");
            Err(sign_in_again("This refresh token was used before, so its session was ended for safety."))
        }
        Used::Refused => Err(sign_in_again("This refresh token is not valid (any more).")),
    }
}

/// Ends a session.
///
/// # Errors
/// A store that does not answer.
pub async fn sign_out(app: &App, session: Uuid) -> Result<(), Refusal> {
    let now = app.clock.now();
    app.store
        .write(async move |tx| {
            let own = Entity::find().filter(Column::Family.eq(session)).filter(Column::RevokedAt.is_null()).one(tx).await?;
            if let Some(token) = own {
                Happening::new(token.person_id, Happened::SignedOut, now).keep(tx).await?;
            }
            end(tx, session, now).await
        })
        .await
        .map_err(|error: StoreError| Refusal::from(error))?;
    app.access.forget(By::Session(session));
    Ok(())
}

/// Ends every session of a person but one: after a new password, or when they leave.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn end_sessions(tx: &Tx, person: Uuid, but: Option<Uuid>, now: Instant) -> Result<(), StoreError> {
    let mut ending = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.millis()))
        .filter(Column::PersonId.eq(person))
        .filter(Column::RevokedAt.is_null());
    if let Some(session) = but {
        ending = ending.filter(Column::Family.ne(session));
    }
    ending.exec(tx).await?;
    Ok(())
}

/// Drops refresh tokens whose time is over.
///
/// # Errors
/// A store that does not answer.
pub async fn sweep_sessions(app: &App) -> Result<(), Refusal> {
    let before = app.clock.now().millis() - DAY_MS;
    app.store
        .write(async move |tx| {
            Entity::delete_many().filter(Column::ExpiresAt.lte(before)).exec(tx).await.map_err(StoreError::from)?;
            Ok::<_, Refusal>(())
        })
        .await
}

/// A refresh token and its row; the session began at `began`.
fn next(person_id: Uuid, family: Uuid, began: Instant, now: Instant) -> Result<(SecretString, refresh_token::Model), Refusal> {
    let token = fresh_secret()?;
    let row = refresh_token::Model {
        id: pact_core::id::random(),
        person_id,
        family,
        token_hash: hash_secret(&token).into(),
        issued_at: now.millis(),
        expires_at: until(began, now),
        used_at: None,
        revoked_at: None,
    };
    Ok((token, row))
}

fn until(began: Instant, now: Instant) -> i64 {
    (now.millis() + IDLE_DAYS * DAY_MS).min(began.millis() + SESSION_DAYS * DAY_MS)
}

async fn use_token(tx: &Tx, hash: &str, draft: refresh_token::Model, now: Instant, from: &CalledFrom) -> Result<Used, Refusal> {
    let found = Entity::find().filter(Column::TokenHash.eq(hash)).one(tx).await.map_err(StoreError::from)?;
    let Some(token) = found else { return Ok(Used::Refused) };
    if token.revoked_at.is_some() || token.expires_at <= now.millis() {
        return Ok(Used::Refused);
    }
    let person = record::find::<person::Model>(tx, token.person_id).await?;
    let Some(person) = person.filter(|person| person.active) else { return Ok(Used::Refused) };
    // In one statement, so that of two that come at once, on two nodes, one is first.
    let marked = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now.millis()))
        .filter(Column::Id.eq(token.id))
        .filter(Column::UsedAt.is_null())
        .exec(tx)
        .await
        .map_err(StoreError::from)?;
    if marked.rows_affected == 0 {
        Happening { from: Some(from), ..Happening::new(token.person_id, Happened::TokenReused, now) }.keep(tx).await?;
        end(tx, token.family, now).await?;
        return Ok(Used::Reused(token.family));
    }
    let first = Entity::find().filter(Column::Family.eq(token.family)).order_by_asc(Column::IssuedAt).one(tx).await;
    let began = first.map_err(StoreError::from)?.map_or(now, |first| Instant::from_millis(first.issued_at));
    let row = refresh_token::Model { person_id: person.id, family: token.family, expires_at: until(began, now), ..draft };
    record::insert(tx, row.clone()).await?;
    Ok(Used::Next(Box::new(row), Box::new(person)))
}

async fn end(tx: &Tx, family: Uuid, now: Instant) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.millis()))
        .filter(Column::Family.eq(family))
        .filter(Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

fn sign_in_again(what: &str) -> Refusal {
    Refusal::Unauthenticated { why: format!("{what} Sign in again at POST /api/v1/session.") }
}
