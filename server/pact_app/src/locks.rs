//! Keys that are worked on one at a time in this process.

use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::{Mutex, MutexGuard};

/// So many that the keys of a chunk of an import hardly ever meet those of a lead that somebody enters meanwhile.
const STRIPES: usize = 16_384;

/// A fixed number of locks; a key always falls on the same one.
#[derive(Debug)]
pub(crate) struct KeyLocks {
    stripes: Vec<Mutex<()>>,
}

impl Default for KeyLocks {
    fn default() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Mutex::new(())).collect() }
    }
}

impl KeyLocks {
    /// Holds the locks of all keys until the result is dropped; they are taken in one order, so nobody waits in a circle.
    pub(crate) async fn hold<'a, 'k>(&'a self, keys: impl Iterator<Item = &'k str>) -> Vec<MutexGuard<'a, ()>> {
        let mut numbers: Vec<usize> = keys.map(stripe).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut held = Vec::with_capacity(numbers.len());
        for number in numbers {
            held.push(self.stripes[number].lock().await);
        }
        held
    }
}

fn stripe(key: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    (hasher.finish() % STRIPES as u64) as usize
}
