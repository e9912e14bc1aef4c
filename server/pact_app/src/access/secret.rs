//! Random secrets, and the hashes by which they are known in the store.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Refusal;

/// Bytes of chance in a token or key: more than anybody can try.
const SECRET_BYTES: usize = 32;

/// So many random bytes.
///
/// # Errors
/// A machine without a source of chance.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Refusal::defect(format!("the machine gives no random numbers: {error}")))?;
    Ok(bytes)
}

/// A new secret of letters, digits, `-` and `_`.
///
/// # Errors
/// A machine without a source of chance.
pub(crate) fn fresh() -> Result<SecretString, Refusal> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random::<SECRET_BYTES>()?).into())
}

/// What the store keeps of a secret: SHA-256 in hexadecimal. Secrets are random and long, so no slow hash is needed.
pub(crate) fn hash(secret: &SecretString) -> String {
    hex(&digest(secret.expose_secret()))
}

/// SHA-256 of a text.
pub(crate) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
