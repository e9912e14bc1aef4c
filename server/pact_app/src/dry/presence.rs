//! People with their presence at another moment.

use std::sync::Arc;

use pact_core::time::Instant;
use pact_script::facts::Organisation;
use pact_store::organisation::{Everything, everything};
use pact_store::{Store, StoreError};

use crate::organisation::{Snapshot, for_scripts};

/// Presence is looked at again after so long, in milliseconds: working hours begin and end at a quarter of an hour, and so do days in every zone.
const LOOK_AGAIN_MS: i64 = 15 * 60_000;

/// The organisation of today, with the presence of another moment by the calendars of today.
pub(super) struct Presence {
    rows: Everything,
    snapshot: Arc<Snapshot>,
    known: Option<(i64, Arc<Organisation>)>,
}

impl Presence {
    pub(super) async fn read(store: &Store, snapshot: Arc<Snapshot>) -> Result<Self, StoreError> {
        Ok(Self { rows: everything(store.read()).await?, snapshot, known: None })
    }

    /// The organisation at a moment; the very same where nothing differs, so that no worker is told twice.
    pub(super) fn at(&mut self, now: i64) -> Arc<Organisation> {
        let quarter = now.div_euclid(LOOK_AGAIN_MS);
        if let Some((known, organisation)) = &self.known
            && *known == quarter
        {
            return Arc::clone(organisation);
        }
        let fresh = for_scripts(&self.rows, &self.snapshot.people, Instant::from_millis(now));
        let same = |other: &Organisation| {
            (&other.people, &other.teams, &other.territories) == (&fresh.people, &fresh.teams, &fresh.territories)
        };
        let known = self.known.take().map(|(_, known)| known).filter(|known| same(known));
        let today = Some(&self.snapshot.for_scripts).filter(|today| same(today)).cloned();
        let organisation = known.or(today).unwrap_or_else(|| Arc::new(fresh));
        self.known = Some((quarter, Arc::clone(&organisation)));
        organisation
    }
}
