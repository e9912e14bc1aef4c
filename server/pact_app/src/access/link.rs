//! Links in mail that do something without sign-in: signed, bound to one purpose, one record and one person.
//!
//! A link holds what it is for and a signature (HMAC-SHA256) by a key of this server; nothing of it is stored, so that mail that is sent again is the
//! same word for word, and nobody finds a link by reading the database without its key. A link that answers a push works once, because a push is answered
//! once; it ends when the time to answer does.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use pact_core::time::Instant;
use pact_store::entity::link_key;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use uuid::Uuid;

use super::secret;
use crate::{App, Refusal};

/// The name of the key in the store.
const KEY: &str = "mail links";
/// Bytes of chance in the key.
const KEY_BYTES: usize = 32;
/// Bytes of what is said: purpose, record, person and end.
const SAID_BYTES: usize = 1 + 16 + 16 + 8;
/// Bytes of the signature.
const SIGNATURE_BYTES: usize = 32;
/// What is signed before what is said, so that no other signature of this server passes for one of a link.
const CONTEXT: &[u8] = b"pact mail link 1";

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Accepting a push.
    Accept,
    /// Declining a push.
    Decline,
    /// Ending mail with digests.
    EndDigests,
    /// Ending mail about pushes.
    EndPushes,
}

/// What a link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is for.
    pub purpose: Purpose,
    /// The push, or the person whose mail ends.
    pub record: Uuid,
    /// The person in whose name it acts.
    pub person: Uuid,
    /// From when on it does nothing; the end of a push's time to answer.
    pub ends_at: Option<Instant>,
}

/// The key that signs links.
#[derive(Clone)]
pub(crate) struct LinkKey(SecretSlice<u8>);

impl Purpose {
    const ALL: [Self; 4] = [Self::Accept, Self::Decline, Self::EndDigests, Self::EndPushes];

    const fn byte(self) -> u8 {
        match self {
            Self::Accept => 1,
            Self::Decline => 2,
            Self::EndDigests => 3,
            Self::EndPushes => 4,
        }
    }
}

impl LinkKey {
    /// The key of this server, made where there is none.
    ///
    /// # Errors
    /// A store that does not answer, or a key that cannot be read.
    pub(super) async fn load(app: &App) -> Result<Self, Refusal> {
        let row = match pact_store::mail::link_key(app.store.read(), KEY).await? {
            Some(row) => row,
            None => {
                let key = BASE64_STANDARD.encode(secret::random::<KEY_BYTES>()?).into();
                let made = link_key::Model { name: KEY.to_owned(), key, created_at: app.clock.now().millis() };
                app.store.write(async move |tx| pact_store::mail::keep_link_key(tx, made.clone()).await).await?
            }
        };
        let bytes = BASE64_STANDARD.decode(&row.key.0).map_err(|_| Refusal::defect("the key of mail links cannot be read"))?;
        Ok(Self(bytes.into()))
    }

    #[cfg(test)]
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec().into())
    }

    fn mac(&self, said: &[u8]) -> Result<Hmac<Sha256>, Refusal> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).map_err(Refusal::defect)?;
        mac.update(CONTEXT);
        mac.update(said);
        Ok(mac)
    }

    /// The link as text.
    ///
    /// # Errors
    /// A key that cannot sign, which is a defect.
    pub(crate) fn sign(&self, link: &Link) -> Result<String, Refusal> {
        let mut bytes = Vec::with_capacity(SAID_BYTES + SIGNATURE_BYTES);
        bytes.push(link.purpose.byte());
        bytes.extend(link.record.as_bytes());
        bytes.extend(link.person.as_bytes());
        bytes.extend(link.ends_at.map_or(0, Instant::millis).to_be_bytes());
        let signature = self.mac(&bytes)?.finalize().into_bytes();
        bytes.extend(signature);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a link says, if this server signed it.
    pub(crate) fn read(&self, text: &str) -> Option<Link> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == SAID_BYTES + SIGNATURE_BYTES)?;
        let (said, signature) = bytes.split_at(SAID_BYTES);
        self.mac(said).ok()?.verify_slice(signature).ok()?;
        let (purpose, rest) = said.split_first()?;
        let (record, rest) = rest.split_at(16);
        let (person, ends_at) = rest.split_at(16);
        let ends_at = i64::from_be_bytes(ends_at.try_into().ok()?);
        Some(Link {
            purpose: Purpose::ALL.into_iter().find(|known| known.byte() == *purpose)?,
            record: Uuid::from_slice(record).ok()?,
            person: Uuid::from_slice(person).ok()?,
            ends_at: (ends_at != 0).then(|| Instant::from_millis(ends_at)),
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    #[test]
    fn what_this_server_signed_is_read_and_nothing_else() {
        let (key, other) = (LinkKey::of_bytes(&[7; 32]), LinkKey::of_bytes(&[8; 32]));
        for (purpose, ends_at) in [
            (Purpose::Accept, Some(Instant::from_millis(1_795_511_400_000))),
            (Purpose::Decline, Some(Instant::from_millis(-1))),
            (Purpose::EndDigests, None),
            (Purpose::EndPushes, None),
        ] {
            let link = Link { purpose, record: Uuid::from_u128(3), person: Uuid::from_u128(4), ends_at };
            let text = key.sign(&link).unwrap();
            assert_eq!(key.read(&text), Some(link));
            assert_eq!(other.read(&text), None, "signed by another server");
            let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&text).unwrap();
            for at in 0..bytes.len() {
                bytes[at] ^= 1;
                assert_eq!(key.read(&BASE64_URL_SAFE_NO_PAD.encode(&bytes)), None, "byte {at} was changed");
                bytes[at] ^= 1;
            }
            for wrong in [&text[1..], "", "a", &format!("{text}A"), &text.to_uppercase()] {
                assert_eq!(key.read(wrong), None, "{wrong}");
            }
        }
    }
}
