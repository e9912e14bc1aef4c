//! The keys that sign access tokens, and how they follow one another.
//!
//! A new key is published before it signs, so that whoever caches the public keys knows it in time; an old key stays published
//! until the last token that it signed has ended. What is to be done is [`plan`], a pure function of the keys and the time.

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{DecodingKey, EncodingKey};
use pact_core::time::Instant;
use pact_store::entity::signing_key;
use serde_json::{Value, json};

use super::{ACCESS_TOKEN_S, secret};
use crate::Refusal;

const SECOND_MS: i64 = 1_000;
/// How long a key is published before it signs.
const PUBLISHED_AHEAD_S: i64 = 3_600;
/// How long a key signs.
const SIGNS_FOR_S: i64 = 30 * 24 * 3_600;
/// How much longer than its last token an old key is published, for clocks that differ.
const SLACK_S: i64 = 300;

/// What is to be done with the keys.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The key that signs now; none only when there is no key at all.
    pub(crate) signs: Option<String>,
    /// Whether a further key is to be made.
    pub(crate) make: bool,
    /// Keys whose last token ends, with when they go.
    pub(crate) retire: Vec<(String, Instant)>,
    /// Keys that go.
    pub(crate) drop: Vec<String>,
}

/// What is to be done with these keys now.
pub(crate) fn plan(keys: &[signing_key::Model], now: Instant) -> Plan {
    let mut keys: Vec<&signing_key::Model> = keys.iter().collect();
    keys.sort_by(|a, b| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)));
    let now_ms = now.millis();
    let is_gone = |key: &signing_key::Model| key.retires_at.is_some_and(|at| at <= now_ms);
    let drop = keys.iter().filter(|key| is_gone(key)).map(|key| key.kid.clone()).collect();
    keys.retain(|key| !is_gone(key));
    let is_known =
        |key: &&&signing_key::Model| key.retires_at.is_none() && key.created_at + PUBLISHED_AHEAD_S * SECOND_MS <= now_ms;
    // The newest one that is known everywhere; the very first one signs at once, for nobody can have cached anything.
    let signs = keys.iter().rev().find(is_known).or_else(|| keys.iter().find(|key| key.retires_at.is_none()));
    let retires = Instant::from_millis(now_ms + (i64::from(ACCESS_TOKEN_S) + SLACK_S) * SECOND_MS);
    let retire = keys
        .iter()
        .filter(|key| key.retires_at.is_none() && signs.is_some_and(|signs| key.created_at < signs.created_at))
        .map(|key| (key.kid.clone(), retires))
        .collect();
    let make =
        keys.last().is_none_or(|newest| newest.retires_at.is_some() || newest.created_at + SIGNS_FOR_S * SECOND_MS <= now_ms);
    Plan { signs: signs.map(|key| key.kid.clone()), make, retire, drop }
}

/// A new key.
///
/// # Errors
/// A machine without a source of chance.
pub(crate) fn make(now: Instant) -> Result<signing_key::Model, Refusal> {
    let seed = secret::random::<32>()?;
    let public = SigningKey::from_bytes(&seed).verifying_key();
    Ok(signing_key::Model {
        kid: secret::hex(&secret::random::<8>()?),
        seed: BASE64_STANDARD.encode(seed).into(),
        public: BASE64_URL_SAFE_NO_PAD.encode(public.as_bytes()),
        created_at: now.millis(),
        retires_at: None,
    })
}

/// The keys as they are used: one signs, all verify.
pub(crate) struct Ring {
    /// The id of the key that signs.
    pub(crate) kid: String,
    /// The key that signs.
    pub(crate) signs: EncodingKey,
    /// The keys that verify, by their ids.
    pub(crate) verify: HashMap<String, DecodingKey>,
    /// The public keys, as RFC 7517 writes them.
    pub(crate) public: Value,
}

impl Ring {
    /// The ring of these keys.
    ///
    /// # Errors
    /// A key that cannot be read, or none that signs.
    pub(crate) fn new(keys: &[signing_key::Model], now: Instant) -> Result<Self, Refusal> {
        let signs = plan(keys, now).signs;
        let signer = keys.iter().find(|key| Some(&key.kid) == signs.as_ref());
        let signer = signer.ok_or_else(|| Refusal::defect("no key signs access tokens"))?;
        let mut verify = HashMap::new();
        for key in keys {
            verify.insert(key.kid.clone(), DecodingKey::from_ed_components(&key.public).map_err(Refusal::defect)?);
        }
        let public = keys
            .iter()
            .map(|key| json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid, "x": key.public}))
            .collect();
        Ok(Self { kid: signer.kid.clone(), signs: encoding_key(signer)?, verify, public: json!({"keys": Value::Array(public)}) })
    }
}

fn encoding_key(key: &signing_key::Model) -> Result<EncodingKey, Refusal> {
    let seed = BASE64_STANDARD.decode(&key.seed.0).ok().and_then(|seed| <[u8; 32]>::try_from(seed).ok());
    let seed = seed.ok_or_else(|| Refusal::defect("a signing key cannot be read"))?;
    let der = SigningKey::from_bytes(&seed).to_pkcs8_der().map_err(Refusal::defect)?;
    Ok(EncodingKey::from_ed_der(der.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kid: &str, created_s: i64, retires_s: Option<i64>) -> signing_key::Model {
        signing_key::Model {
            kid: kid.into(),
            seed: String::new().into(),
            public: String::new(),
            created_at: created_s * SECOND_MS,
            retires_at: retires_s.map(|at| at * SECOND_MS),
        }
    }

    #[test]
    fn keys_follow_one_another() {
        const T: i64 = 1_000_000;
        const END: i64 = T + SIGNS_FOR_S;
        const GONE: i64 = ACCESS_TOKEN_S as i64 + SLACK_S;
        // (keys, now, who signs, whether one is made, who retires, who goes)
        type Case<'a> = (&'a str, Vec<signing_key::Model>, i64, Option<&'a str>, bool, &'a [&'a str], &'a [&'a str]);
        let cases: &[Case<'_>] = &[
            ("no key yet", vec![], T, None, true, &[], &[]),
            ("the first signs at once", vec![key("a", T, None)], T, Some("a"), false, &[], &[]),
            ("its time is over: the next is made", vec![key("a", T, None)], END, Some("a"), true, &[], &[]),
            (
                "the next is published, not used",
                vec![key("a", T, None), key("b", END, None)],
                END + 60,
                Some("a"),
                false,
                &[],
                &[],
            ),
            (
                "the next signs",
                vec![key("a", T, None), key("b", END, None)],
                END + PUBLISHED_AHEAD_S,
                Some("b"),
                false,
                &["a"],
                &[],
            ),
            (
                "the old one is kept",
                vec![key("a", T, Some(END + 9)), key("b", END - 9_999, None)],
                END,
                Some("b"),
                false,
                &[],
                &[],
            ),
            ("the old one goes", vec![key("a", T, Some(END)), key("b", END - 9_999, None)], END, Some("b"), false, &[], &["a"]),
            ("all are gone", vec![key("a", T, Some(END))], END, None, true, &[], &["a"]),
        ];
        for (what, keys, now, signs, make, retire, drop) in cases {
            let plan = plan(keys, Instant::from_millis(now * SECOND_MS));
            let retires = Instant::from_millis((now + GONE) * SECOND_MS);
            assert_eq!(plan.signs.as_deref(), *signs, "{what}");
            assert_eq!(plan.make, *make, "{what}");
            assert_eq!(plan.retire, retire.iter().map(|kid| ((*kid).to_owned(), retires)).collect::<Vec<_>>(), "{what}");
            assert_eq!(plan.drop, *drop, "{what}");
        }
    }
}
