//! Whose turn it is, and how much each person carries: kept by the host, never shown to scripts.
//!
//! The durable truth is in the store (`rotations`, and the leads themselves). Here stands what the next moment needs without asking it:
//! turns that were promised to runs still under way, so that two leads at the same moment go to two people, and open leads per person.
//! A turn that is promised and not committed is given back.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pact_core::rotation::{self, Candidate, Filters};
use pact_core::time::Instant;
use pact_store::{Kind, Store, StoreError};
use uuid::Uuid;

/// How long what another node wrote may stay unseen.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// How often loads are counted anew even when no other node writes.
const RECOUNT_AFTER: Duration = Duration::from_secs(60);

/// Turns and loads of everybody.
#[derive(Debug, Default)]
pub struct Turns {
    inner: Mutex<Inner>,
    /// Whether what was read once holds, at whatever clock: those of a dry run.
    still: bool,
}

#[derive(Debug, Default)]
struct Inner {
    given: HashMap<String, Rotation>,
    open: HashMap<Uuid, i64>,
    /// Turns that were promised to runs that have not committed yet: they count as load, or a burst would overfill people.
    promised: HashMap<Uuid, i64>,
    loaded_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Rotation {
    seq: HashMap<Uuid, i64>,
    read_at: Option<Instant>,
}

/// A turn that was promised to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The rotation.
    pub rotation: String,
    /// Whose turn it is.
    pub person: Uuid,
    /// Its number in the order of giving.
    pub seq: i64,
    before: Option<i64>,
}

/// A candidate as a rotation's question names them.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The person.
    pub id: Uuid,
    /// Whether their calendar has them at work.
    pub on_duty: bool,
    /// How many open leads they can carry.
    pub capacity: Option<i64>,
    /// Milliseconds until their working hours begin, where that is asked.
    pub starts_in_ms: Option<i64>,
}

impl Turns {
    /// Turns and loads as they stand in the store when they are asked for first: a dry run looks at many instants, and waits for nobody else.
    pub(crate) fn still() -> Self {
        Self { still: true, ..Self::default() }
    }

    /// Promises the next turn of a rotation, or nothing when nobody is left.
    pub async fn promise(
        &self,
        store: &Store,
        now: Instant,
        name: &str,
        asked: &[Asked],
        filters: &Filters,
    ) -> Result<Option<Turn>, StoreError> {
        self.refresh_rotation(store, now, name).await?;
        self.refresh_loads(store, now).await?;
        let mut inner = self.lock();
        let Inner { given, open, promised, .. } = &mut *inner;
        let rotation = given.entry(name.to_owned()).or_default();
        let candidates: Vec<Candidate> = asked
            .iter()
            .map(|person| Candidate {
                id: person.id,
                on_duty: person.on_duty,
                open: open.get(&person.id).copied().unwrap_or(0) + promised.get(&person.id).copied().unwrap_or(0),
                capacity: person.capacity,
                starts_in_ms: person.starts_in_ms,
                given_seq: rotation.seq.get(&person.id).copied().unwrap_or(0),
            })
            .collect();
        let Some(person) = rotation::next(&candidates, filters) else { return Ok(None) };
        let seq = rotation.seq.values().copied().max().unwrap_or(0) + 1;
        let before = rotation.seq.insert(person, seq);
        *promised.entry(person).or_default() += 1;
        Ok(Some(Turn { rotation: name.to_owned(), person, seq, before }))
    }

    /// Gives back a turn whose run did not commit, unless a later one was promised to the same person.
    pub fn give_back(&self, turn: &Turn) {
        self.taken(turn.person);
        let mut inner = self.lock();
        let Some(rotation) = inner.given.get_mut(&turn.rotation) else { return };
        if rotation.seq.get(&turn.person) == Some(&turn.seq) {
            match turn.before {
                Some(before) => rotation.seq.insert(turn.person, before),
                None => rotation.seq.remove(&turn.person),
            };
        }
    }

    /// A promise to this person is kept or void; what it brought is counted as load from now on.
    pub fn taken(&self, person: Uuid) {
        let mut inner = self.lock();
        if let Entry::Occupied(mut promised) = inner.promised.entry(person) {
            *promised.get_mut() -= 1;
            if *promised.get() <= 0 {
                promised.remove();
            }
        }
    }

    /// How many open leads a person owns or is offered.
    pub async fn open(&self, store: &Store, now: Instant, person: Uuid) -> Result<i64, StoreError> {
        self.refresh_loads(store, now).await?;
        Ok(self.lock().open.get(&person).copied().unwrap_or(0))
    }

    /// Forgets what everybody carries; the next question counts anew.
    pub fn forget_loads(&self) {
        self.lock().loaded_at = None;
    }

    /// Counts a lead that moved from one person's load to another's.
    pub fn moved(&self, from: Option<Uuid>, to: Option<Uuid>) {
        let mut inner = self.lock();
        if let Some(from) = from {
            *inner.open.entry(from).or_default() -= 1;
        }
        if let Some(to) = to {
            *inner.open.entry(to).or_default() += 1;
        }
    }

    async fn refresh_rotation(&self, store: &Store, now: Instant, name: &str) -> Result<(), StoreError> {
        let read_at = self.lock().given.get(name).and_then(|rotation| rotation.read_at);
        let stale = if self.still || is_alone(store) { read_at.is_none() } else { is_older(read_at, now, STALE_AFTER) };
        if !stale {
            return Ok(());
        }
        let stored = pact_store::rotation::of_name(store.read(), name).await?;
        let mut inner = self.lock();
        let rotation = inner.given.entry(name.to_owned()).or_default();
        for row in stored {
            let seq = rotation.seq.entry(row.person_id).or_default();
            *seq = row.given_seq.max(*seq);
        }
        rotation.read_at = Some(now);
        Ok(())
    }

    async fn refresh_loads(&self, store: &Store, now: Instant) -> Result<(), StoreError> {
        let loaded_at = self.lock().loaded_at;
        if self.still && loaded_at.is_some() {
            return Ok(());
        }
        if !is_older(loaded_at, now, if is_alone(store) { RECOUNT_AFTER } else { STALE_AFTER }) {
            return Ok(());
        }
        let open = pact_store::lead::open_by_carrier(store.read()).await?;
        let mut inner = self.lock();
        inner.open = open.into_iter().collect();
        inner.loaded_at = Some(now);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_alone(store: &Store) -> bool {
    store.kind() == Kind::Sqlite
}

fn is_older(at: Option<Instant>, now: Instant, than: Duration) -> bool {
    at.is_none_or(|at| i128::from(now.millis() - at.millis()) > than.as_millis() as i128)
}
