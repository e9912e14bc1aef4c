//! How often somebody may try to sign in.
//!
//! Three limits hold at once: one account from one address (guessing a password), one account from anywhere (guessing from many
//! addresses; wide enough that a stranger cannot lock somebody out quickly), and one address for any account (trying a list).
//! They are kept in memory, for each node of the server by itself.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::secret::digest;

/// After so many attempts of one address at one account …
const PAIR_BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// … there is one more in this time.
const PAIR_EVERY: Duration = Duration::from_secs(60);
/// The same for one account from anywhere.
const ACCOUNT_BURST: NonZeroU32 = NonZeroU32::new(50).unwrap();
/// The time for one more of these.
const ACCOUNT_EVERY: Duration = Duration::from_secs(20);
/// The same for one address at any account; an office can share an address.
const ADDRESS_BURST: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// The time for one more of these.
const ADDRESS_EVERY: Duration = Duration::from_secs(5);
/// How many keys are kept before those that are free again are dropped.
const MAX_KEYS: usize = 10_000;

/// A limit by key; keys are hashes, so that neither addresses nor accounts stay in memory.
pub(crate) struct Limit(DefaultKeyedRateLimiter<[u8; 32]>);

/// The limits on signing in.
pub struct Throttle {
    pair: Limit,
    account: Limit,
    address: Limit,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            pair: Limit::new(PAIR_EVERY, PAIR_BURST),
            account: Limit::new(ACCOUNT_EVERY, ACCOUNT_BURST),
            address: Limit::new(ADDRESS_EVERY, ADDRESS_BURST),
        }
    }
}

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Throttle")
    }
}

impl Throttle {
    /// Counts an attempt, or says in how many seconds there may be another one.
    ///
    /// # Errors
    /// The seconds to wait.
    pub fn attempt(&self, account: &str, address: &str) -> Result<(), u64> {
        self.address.attempt(address)?;
        self.pair.attempt(&format!("{account}\n{address}"))?;
        self.account.attempt(account)
    }
}

impl Limit {
    /// So many at once, and then one more in this time.
    pub(crate) fn new(every: Duration, burst: NonZeroU32) -> Self {
        let quota = Quota::with_period(every).unwrap_or(Quota::per_minute(NonZeroU32::MIN));
        Self(RateLimiter::keyed(quota.allow_burst(burst)))
    }

    /// Counts an attempt, or says in how many seconds there may be another one.
    pub(crate) fn attempt(&self, key: &str) -> Result<(), u64> {
        if self.0.len() > MAX_KEYS {
            self.0.retain_recent();
        }
        self.0.check_key(&digest(key)).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            wait.as_secs().saturating_add(1)
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

    use super::*;

    #[test]
    fn one_guess_too_many_from_one_address_waits_and_others_do_not() {
        let throttle = Throttle::default();
        for _ in 0..PAIR_BURST.get() {
            assert_eq!(throttle.attempt("ann@example.com", "192.0.2.1"), Ok(()));
        }
        let wait = throttle.attempt("ann@example.com", "192.0.2.1").unwrap_err();
        assert!((1..=PAIR_EVERY.as_secs() + 1).contains(&wait), "{wait}");
        assert_eq!(throttle.attempt("ann@example.com", "192.0.2.2"), Ok(()), "Ann herself, from elsewhere");
        assert_eq!(throttle.attempt("bo@example.com", "192.0.2.1"), Ok(()), "a colleague behind the same address");
    }
}
