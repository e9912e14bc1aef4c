//! Access tokens: JSON Web Tokens signed with EdDSA, good for a quarter of an hour (RFC 9068).

use jsonwebtoken::{Algorithm, Header, Validation};
use pact_core::time::Instant;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ACCESS_TOKEN_S;
use super::keys::Ring;
use crate::Refusal;

/// Who made the token, and for whom.
const ISSUER: &str = "pact";

/// What a token says: who, in which session, until when. What they may do is looked up, so that it can change meanwhile.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    aud: String,
    /// The person.
    pub(crate) sub: Uuid,
    /// The session.
    pub(crate) sid: Uuid,
    jti: Uuid,
    iat: i64,
    exp: i64,
}

impl Claims {
    /// When the token ends.
    pub(crate) fn expires(&self) -> Instant {
        Instant::from_millis(self.exp.saturating_mul(1_000))
    }
}

/// Signs a token for a person in a session.
///
/// # Errors
/// A key that cannot sign.
pub(crate) fn sign(ring: &Ring, person: Uuid, session: Uuid, now: Instant) -> Result<(SecretString, Instant), Refusal> {
    let iat = now.millis().div_euclid(1_000);
    let claims = Claims {
        iss: ISSUER.into(),
        aud: ISSUER.into(),
        sub: person,
        sid: session,
        jti: Uuid::new_v4(),
        iat,
        exp: iat + i64::from(ACCESS_TOKEN_S),
    };
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(ring.kid.clone());
    header.typ = Some("at+jwt".into());
    let token = jsonwebtoken::encode(&header, &claims, &ring.signs).map_err(Refusal::defect)?;
    Ok((token.into(), claims.expires()))
}

/// Why a token is not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// It is signed with a key that is not (or no longer, or not yet) known here.
    UnknownKey,
    /// It is no token of ours.
    Invalid,
    /// Its time is over.
    Expired,
}

/// What a token says, if it is ours and its time is not over.
pub(crate) fn verify(ring: &Ring, token: &str, now: Instant) -> Result<Claims, BadToken> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken::Invalid)?;
    let key = header.kid.and_then(|kid| ring.verify.get(&kid)).ok_or(BadToken::UnknownKey)?;
    if header.typ.as_deref() != Some("at+jwt") {
        return Err(BadToken::Invalid);
    }
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[ISSUER]);
    // The end is checked below, by the application's clock.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).map_err(|_| BadToken::Invalid)?.claims;
    if claims.expires() <= now { Err(BadToken::Expired) } else { Ok(claims) }
}
