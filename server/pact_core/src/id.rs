//! Ids of records: random, so that nothing can be read from them; those that must sort by when they were made are ordered.
//!
//! A simulation plays them from a seed ([`play_from`]), so that the same seed tells the same story, ties that are broken by ids among it. Secrets
//! never come from here.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use uuid::Uuid;

static PLAYED: OnceLock<Mutex<Played>> = OnceLock::new();

/// An id that tells nothing: UUID version 4 (RFC 9562).
#[must_use]
pub fn random() -> Uuid {
    played().map_or_else(Uuid::new_v4, |mut played| played.random())
}

/// An id that sorts by when it was made: UUID version 7 (RFC 9562). It tells the instant, so it stands only where that may be known.
#[must_use]
pub fn ordered() -> Uuid {
    played().map_or_else(Uuid::now_v7, |mut played| played.ordered())
}

/// Makes every id of this process from a seed, from now on: for simulations, whose ids are nobody's.
pub fn play_from(seed: u64) {
    let from_seed = || Played { state: seed, made: 0 };
    *locked(PLAYED.get_or_init(|| Mutex::new(from_seed()))) = from_seed();
}

fn played() -> Option<MutexGuard<'static, Played>> {
    PLAYED.get().map(locked)
}

fn locked(played: &'static Mutex<Played>) -> MutexGuard<'static, Played> {
    played.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a play of ids stands.
#[derive(Clone, Debug)]
struct Played {
    state: u64,
    made: u64,
}

impl Played {
    fn random(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// The number of ids before it stands where the instant would.
    fn ordered(&mut self) -> Uuid {
        self.made += 1;
        let [_, _, _, _, _, _, random @ ..] = self.bytes();
        uuid::Builder::from_unix_timestamp_millis(self.made, &random).into_uuid()
    }

    fn bytes(&mut self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }

    /// `SplitMix64`: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_play_repeats_itself_and_its_ordered_ids_ascend() {
        let mut one = Played { state: 7, made: 0 };
        let mut other = one.clone();
        let ids: Vec<Uuid> = (0..100).map(|_| one.ordered()).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| *id == other.ordered() && id.get_version_num() == 7));
        assert_eq!(one.random(), other.random());
        assert_ne!(one.random(), one.random());
        assert_eq!(one.random().get_version_num(), 4);
    }
}
