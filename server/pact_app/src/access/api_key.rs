//! API keys: `pact_<prefix>_<secret>`, shown once, known by their hash.

use secrecy::{ExposeSecret, SecretString};

use super::secret;
use crate::Refusal;

/// What every key starts with, so that scanners find one that leaked.
pub const MARK: &str = "pact_";

/// Bytes of chance in the prefix, by which people tell their keys apart.
const PREFIX_BYTES: usize = 4;

/// A key that was just made.
pub struct NewKey {
    /// The whole key, shown once.
    pub key: SecretString,
    /// Its prefix, shown in lists.
    pub prefix: String,
    /// What the store keeps.
    pub hash: String,
}

/// Makes a key.
///
/// # Errors
/// A machine without a source of chance.
pub(crate) fn make() -> Result<NewKey, Refusal> {
    let prefix = secret::hex(&secret::random::<PREFIX_BYTES>()?);
    let key = SecretString::from(format!("{MARK}{prefix}_{}", secret::fresh()?.expose_secret()));
    Ok(NewKey { hash: secret::hash(&key), prefix, key })
}

/// Whether a credential looks like a key.
pub(crate) fn is_key(credential: &str) -> bool {
    credential.starts_with(MARK)
}
