//! Sealing for a public key, and wrapping with a secret key; both by crates, nothing of it is our own.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal};
use zeroize::Zeroizing;

use crate::Refusal;
use crate::access::random;

/// Bytes of a key of any kind here.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of the nonce of AES-256-GCM.
const NONCE_BYTES: usize = 12;

/// A secret of 32 bytes, which leaves no trace in memory when it is done with.
pub(crate) type Key = Zeroizing<[u8; KEY_BYTES]>;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type Encapped = <X25519HkdfSha256 as Kem>::EncappedKey;

/// A new key pair: the private half, and the public one as the store keeps it.
///
/// # Errors
/// A machine without a source of chance.
pub(crate) fn new_pair() -> Result<(Key, String), Refusal> {
    let seed = Zeroizing::new(random::<KEY_BYTES>()?);
    let (private, public) = X25519HkdfSha256::derive_keypair(seed.as_slice());
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    private.write_exact(key.as_mut_slice());
    Ok((key, BASE64_STANDARD.encode(public.to_bytes())))
}

/// Seals a text for whoever has the private half of a public key; `about` must be said again to open it.
///
/// # Errors
/// A public key that is none.
pub(crate) fn seal(public: &str, about: &str, text: &str) -> Result<String, Refusal> {
    let public = BASE64_STANDARD.decode(public).map_err(Refusal::defect)?;
    let public = PublicKey::from_bytes(&public).map_err(Refusal::defect)?;
    let (encapped, sealed) = single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        about.as_bytes(),
        text.as_bytes(),
        &[],
    )
    .map_err(Refusal::defect)?;
    Ok(BASE64_STANDARD.encode([encapped.to_bytes().as_slice(), &sealed].concat()))
}

/// Opens what was sealed for a private key; nothing when it was sealed for another, or was changed.
pub(crate) fn open(private: &Key, about: &str, sealed: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(sealed).ok()?;
    let (encapped, sealed) = bytes.split_at_checked(KEY_BYTES)?;
    let private = PrivateKey::from_bytes(private.as_slice()).ok()?;
    let encapped = Encapped::from_bytes(encapped).ok()?;
    let text = single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &encapped,
        about.as_bytes(),
        sealed,
        &[],
    );
    String::from_utf8(text.ok()?).ok()
}

/// Wraps a key with another; `about` must be said again to unwrap it.
///
/// # Errors
/// A machine without a source of chance.
pub(crate) fn wrap(with: &Key, about: &str, key: &Key) -> Result<String, Refusal> {
    let nonce = random::<NONCE_BYTES>()?;
    let payload = Payload { msg: key.as_slice(), aad: about.as_bytes() };
    let cipher = Aes256Gcm::new_from_slice(with.as_slice()).map_err(Refusal::defect)?;
    let wrapped = cipher.encrypt(&Nonce::from(nonce), payload).map_err(Refusal::defect)?;
    Ok(BASE64_STANDARD.encode([nonce.as_slice(), &wrapped].concat()))
}

/// Unwraps a key; nothing when it was wrapped with another, or was changed.
pub(crate) fn unwrap(with: &Key, about: &str, wrapped: &str) -> Option<Key> {
    let bytes = BASE64_STANDARD.decode(wrapped).ok()?;
    let (nonce, wrapped) = bytes.split_at_checked(NONCE_BYTES)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let cipher = Aes256Gcm::new_from_slice(with.as_slice()).ok()?;
    let key = Zeroizing::new(cipher.decrypt(&Nonce::from(nonce), Payload { msg: wrapped, aad: about.as_bytes() }).ok()?);
    <[u8; KEY_BYTES]>::try_from(key.as_slice()).ok().map(Zeroizing::new)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_by_the_other_half_alone() {
        let ((private, public), (other, _)) = (new_pair().unwrap(), new_pair().unwrap());
        let sealed = seal(&public, "note 1", "Ask before you offer.").unwrap();
        assert_eq!(open(&private, "note 1", &sealed).as_deref(), Some("Ask before you offer."));
        assert_eq!(open(&other, "note 1", &sealed), None, "another key");
        assert_eq!(open(&private, "note 2", &sealed), None, "another note");
        assert_ne!(sealed, seal(&public, "note 1", "Ask before you offer.").unwrap(), "the same twice looks like two");
        let mut bytes = BASE64_STANDARD.decode(&sealed).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_eq!(open(&private, "note 1", &BASE64_STANDARD.encode(&bytes)), None, "byte {at} was changed");
            bytes[at] ^= 1;
        }
    }

    #[test]
    fn what_is_wrapped_is_unwrapped_by_the_same_key_alone() {
        let [with, other, key] = [1, 2, 3].map(|byte| Zeroizing::new([byte; KEY_BYTES]));
        let wrapped = wrap(&with, "ann", &key).unwrap();
        assert_eq!(unwrap(&with, "ann", &wrapped), Some(key));
        assert_eq!(unwrap(&other, "ann", &wrapped), None);
        assert_eq!(unwrap(&with, "bo", &wrapped), None);
        assert_eq!(unwrap(&with, "ann", "AAAA"), None);
    }
}
