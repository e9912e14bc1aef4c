//! Who did something, by pseudonym.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::tree::Hash;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct By {
    /// `person`, or `system`: PACT itself, and whoever has its machine.
    pub kind: String,
    /// The role in which a person did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The person, by a pseudonym of this entry alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Pseudonym>,
}

impl By {
    /// PACT itself.
    #[must_use]
    pub fn system() -> Self {
        Self { kind: "system".to_owned(), role: None, who: None }
    }
}

/// A person, in one place of one entry: a hash over a random salt and the person's id.
///
/// Equal persons have different pseudonyms wherever they are mentioned, so nobody can count by them. Who keeps the salt can show who it was; once the salt
/// is erased, nobody can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pseudonym(pub Hash);

impl Pseudonym {
    /// The pseudonym of the person with this id under a salt.
    #[must_use]
    pub fn of(salt: &[u8], person: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update("pact/pseudonym/1\0");
        hash.update((salt.len() as u64).to_be_bytes());
        hash.update(salt);
        hash.update(person);
        Self(Hash(hash.finalize().into()))
    }
}
