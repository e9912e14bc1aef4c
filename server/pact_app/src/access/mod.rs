//! Access: who somebody is, and how they show it.
//!
//! | module | holds |
//! |---|---|
//! | [`method`] | the ways to sign in; the place for OpenID Connect and second factors |
//! | [`password`] | what passwords must be, and argon2id |
//! | [`throttle`] | how often somebody may try |
//! | [`token`], [`keys`] | access tokens and the keys that sign them |
//! | [`rights`] | whether a caller may do something |
//! | [`api_key`] | personal keys for scripts and clients |
//! | [`link`] | links in mail that do something without sign-in |
//! | [`verified`] | what was checked a moment ago |
//!
//! What they may do is `pact_core::role`; signing in and out are operations (`ops::session`).

pub mod api_key;
mod keys;
pub mod link;
pub mod method;
pub mod password;
pub mod rights;
mod rows;
mod secret;
pub mod throttle;
mod token;
mod verified;

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jsonwebtoken::crypto::rust_crypto;
use pact_core::role::Scope;
use pact_core::time::Instant;
use secrecy::SecretString;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{App, Caller, Refusal};

use token::BadToken;

pub(crate) use api_key::make as new_api_key;
pub(crate) use link::LinkKey;
pub use method::SignInMethod;
pub(crate) use secret::{fresh as fresh_secret, hash as hash_secret, hex, random};

/// How long an access token is good for.
pub const ACCESS_TOKEN_S: u32 = 15 * 60;
/// How often the keys are read again because a token names one that is not known here.
const REREAD_KEYS_MS: i64 = 10_000;

/// By what somebody is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An access token of this session.
    Session(Uuid),
    /// This API key.
    ApiKey(Uuid),
}

/// Somebody who presented a valid token or key.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Who, and what they may do.
    pub caller: Caller,
    /// By what.
    pub by: By,
}

/// What access control keeps in memory; everything else is in the store.
pub struct Access {
    /// Hashes passwords.
    pub hasher: password::Hasher,
    /// Counts attempts to sign in.
    pub throttle: throttle::Throttle,
    ring: ArcSwapOption<(keys::Ring, Instant)>,
    verified: verified::Verified,
    link_key: OnceCell<LinkKey>,
}

impl Default for Access {
    fn default() -> Self {
        // Explicitly: another crate's features could otherwise leave the choice open, which panics at the first use.
        // It fails when it is installed already, which is as good.
        let _ = rust_crypto::DEFAULT_PROVIDER.install_default();
        Self {
            hasher: password::Hasher::default(),
            throttle: throttle::Throttle::default(),
            ring: ArcSwapOption::empty(),
            verified: verified::Verified::default(),
            link_key: OnceCell::new(),
        }
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access")
    }
}

impl Access {
    /// Who presents this token or key.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] when it is not valid (any more), with what to do.
    pub async fn presented(&self, app: &App, credential: &str) -> Result<Presented, Refusal> {
        let digest = secret::digest(credential);
        let now = app.clock.now();
        if let Some(known) = self.verified.get(&digest, now) {
            return Ok(known);
        }
        let (presented, expires) = if api_key::is_key(credential) {
            self.by_key(app, credential, now).await?
        } else {
            self.by_token(app, credential, now).await?
        };
        self.verified.put(digest, presented.clone(), expires, now);
        Ok(presented)
    }

    /// Forgets what a person presented: they changed, or left.
    pub fn forget_person(&self, person: Uuid) {
        self.verified.forget_person(person);
    }

    /// Forgets what a session or key presented: it ended.
    pub fn forget(&self, by: By) {
        self.verified.forget(by);
    }

    /// An access token for a person in a session, and when it ends.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn sign(&self, app: &App, person: Uuid, session: Uuid) -> Result<(SecretString, Instant), Refusal> {
        let ring = self.ring(app).await?;
        token::sign(&ring.0, person, session, app.clock.now())
    }

    /// The public keys, as RFC 7517 writes them.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn public_keys(&self, app: &App) -> Result<serde_json::Value, Refusal> {
        Ok(self.ring(app).await?.0.public.clone())
    }

    /// The key that signs links in mail.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(crate) async fn link_key(&self, app: &App) -> Result<&LinkKey, Refusal> {
        self.link_key.get_or_try_init(|| LinkKey::load(app)).await
    }

    /// A link as it stands in mail, without the server's address and path.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn sign_link(&self, app: &App, link: &link::Link) -> Result<String, Refusal> {
        self.link_key(app).await?.sign(link)
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// What it says instead.
    pub async fn ready(&self, app: &App) -> Result<(), Refusal> {
        rows::ping(app).await
    }

    /// Reads the keys, lets new ones follow and old ones go. Call it every hour or so; it does nothing when nothing is due.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn tend_keys(&self, app: &App) -> Result<(), Refusal> {
        let now = app.clock.now();
        let mut rows = rows::signing_keys(app).await?;
        let plan = keys::plan(&rows, now);
        if plan.make || !plan.retire.is_empty() || !plan.drop.is_empty() {
            let new = plan.make.then(|| keys::make(now)).transpose()?;
            rows::follow(app, plan, new).await?;
            rows = rows::signing_keys(app).await?;
        }
        let ring = keys::Ring::new(&rows, now)?;
        self.ring.store(Some(Arc::new((ring, now))));
        Ok(())
    }
}

impl Access {
    async fn by_token(&self, app: &App, token: &str, now: Instant) -> Result<(Presented, Option<Instant>), Refusal> {
        let claims = self.claims(app, token, now).await?;
        let caller = rows::caller(app, claims.sub).await?.ok_or_else(|| sign_in("The account is not active any more."))?;
        if !rows::session_is_open(app, claims.sid).await? {
            return Err(sign_in("This session has ended."));
        }
        let presented = Presented { caller, by: By::Session(claims.sid) };
        Ok((presented, Some(claims.expires())))
    }

    async fn claims(&self, app: &App, token: &str, now: Instant) -> Result<token::Claims, Refusal> {
        let ring = self.ring(app).await?;
        let verified = match token::verify(&ring.0, token, now) {
            // Another node may have made a key meanwhile; ask the store, but not for every token that somebody invents.
            Err(BadToken::UnknownKey) if now.millis() - ring.1.millis() >= REREAD_KEYS_MS => {
                self.tend_keys(app).await?;
                token::verify(&self.ring(app).await?.0, token, now)
            }
            verified => verified,
        };
        verified.map_err(|bad| match bad {
            BadToken::Expired => sign_in("The access token has expired."),
            BadToken::UnknownKey | BadToken::Invalid => sign_in("This is no access token of this server."),
        })
    }

    async fn by_key(&self, app: &App, key: &str, now: Instant) -> Result<(Presented, Option<Instant>), Refusal> {
        let refused = || Refusal::Unauthenticated {
            why: "This API key is not valid (any more). Sign in and make another at POST /api/v1/api-keys.".into(),
        };
        let hash = secret::hash(&SecretString::from(key));
        let row = rows::key_by_hash(app, &hash).await?.ok_or_else(refused)?;
        let expires = row.expires_at.map(Instant::from_millis);
        let ended = row.revoked_at.is_some() || expires.is_some_and(|expires| expires <= now);
        if ended || !secret::same(&row.key_hash.0, &hash) {
            return Err(refused());
        }
        let mut caller = rows::caller(app, row.person_id).await?.ok_or_else(refused)?;
        // A scope that this version does not know gives nothing.
        caller.scopes = Some(row.scopes.iter().filter_map(|scope| scope.parse::<Scope>().ok()).collect());
        Ok((Presented { caller, by: By::ApiKey(row.id) }, expires))
    }

    async fn ring(&self, app: &App) -> Result<Arc<(keys::Ring, Instant)>, Refusal> {
        if self.ring.load().is_none() {
            self.tend_keys(app).await?;
        }
        self.ring.load_full().ok_or_else(|| Refusal::defect("there are no signing keys"))
    }
}

fn sign_in(what: &str) -> Refusal {
    Refusal::Unauthenticated {
        why: format!("{what} Get a new token at POST /api/v1/session/refresh, or sign in again at POST /api/v1/session."),
    }
}
