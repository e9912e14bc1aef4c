//! Who stood behind a token or key when it was last checked, so that a signature is not checked at every request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pact_core::time::Instant;
use uuid::Uuid;

use super::{By, Presented};

/// How long a check holds. Signing out, changing a person and revoking a key on this node are seen at once; on another node
/// after this time at the latest.
const CHECK_HOLDS_MS: i64 = 30_000;
/// How many tokens and keys are remembered.
const MAX_REMEMBERED: usize = 20_000;

#[derive(Debug)]
struct Entry {
    presented: Presented,
    until: Instant,
}

/// Tokens and keys that were checked, by their hash.
#[derive(Debug, Default)]
pub(super) struct Verified(Mutex<HashMap<[u8; 32], Entry>>);

impl Verified {
    /// Who stood behind it, if the check still holds.
    pub(super) fn get(&self, digest: &[u8; 32], now: Instant) -> Option<Presented> {
        self.lock().get(digest).filter(|entry| now < entry.until).map(|entry| entry.presented.clone())
    }

    /// Remembers a check; `expires` is when the token or key itself ends.
    pub(super) fn put(&self, digest: [u8; 32], presented: Presented, expires: Option<Instant>, now: Instant) {
        let holds = Instant::from_millis(now.millis() + CHECK_HOLDS_MS);
        let until = expires.map_or(holds, |expires| expires.min(holds));
        let mut entries = self.lock();
        if entries.len() >= MAX_REMEMBERED {
            entries.retain(|_, entry| now < entry.until);
        }
        if entries.len() >= MAX_REMEMBERED {
            entries.clear();
        }
        entries.insert(digest, Entry { presented, until });
    }

    /// Forgets everything that a person presented.
    pub(super) fn forget_person(&self, id: Uuid) {
        self.lock().retain(|_, entry| entry.presented.caller.person_id != id);
    }

    /// Forgets what a session or an API key presented.
    pub(super) fn forget(&self, by: By) {
        self.lock().retain(|_, entry| entry.presented.by != by);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
