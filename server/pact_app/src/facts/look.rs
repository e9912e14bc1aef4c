//! How a dry run looks at the data: at another moment, and without leaving anything behind.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pact_policy::table::Kind;
use pact_script::facts::Organisation;
use pact_script::value::Record;
use pact_store::StoreError;
use pact_store::entity::{customer, lead, push};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{RunFacts, records};
use crate::organisation::Turns;
use crate::past::{Decided, Moment, Past, Seen};
use crate::refusal::Refusal;

/// How a dry run looks.
#[derive(Clone)]
pub(crate) struct Look {
    /// Turns of its own: whose turn it would be, and nobody else hears of it.
    pub(crate) turns: Arc<Turns>,
    /// People with their presence at the moment.
    pub(crate) organisation: Arc<Organisation>,
    /// The past, when it looks at that.
    pub(crate) past: Option<InThePast>,
    /// Whether what is read is kept by reference: a replay compares it.
    pub(crate) records: bool,
    /// Whom rotations gave when the run really happened, for a replay.
    pub(crate) given_turns: Arc<Mutex<VecDeque<Option<Uuid>>>>,
}

impl Look {
    /// Whom a rotation gave then; the outer nothing means that it is asked anew.
    pub(super) fn given_turn(&self) -> Option<Option<Uuid>> {
        self.given_turns.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// A moment of the past, and what is known of it.
#[derive(Clone)]
pub(crate) struct InThePast {
    /// The moment.
    pub(crate) moment: Moment,
    /// What was read for this event and its neighbours.
    pub(crate) near: Arc<Past>,
    /// Every lead, once a script asks for leads.
    pub(crate) whole: Arc<Whole>,
    /// What the dry run itself decided about leads so far.
    pub(crate) decided: Arc<RwLock<HashMap<Uuid, Decided>>>,
}

/// Every lead until the end of a stretch, read when it is asked for first.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    /// The end of the stretch.
    pub(crate) until: i64,
    read: OnceCell<Past>,
}

impl Whole {
    /// Everything until an instant.
    pub(crate) fn until(until: i64) -> Self {
        Self { until, read: OnceCell::new() }
    }

    /// Every lead.
    ///
    /// # Errors
    /// What the database reports.
    pub(crate) async fn read(&self, store: &pact_store::Store) -> Result<&Past, StoreError> {
        self.read.get_or_try_init(|| Past::whole(store, self.until.saturating_add(1))).await
    }
}

impl InThePast {
    /// What it decided about a lead.
    pub(crate) fn decided(&self, lead: Uuid) -> Option<Decided> {
        self.decided.read().unwrap_or_else(PoisonError::into_inner).get(&lead).cloned()
    }

    /// A lead as it was.
    async fn lead(&self, facts: &RunFacts, id: Uuid) -> Result<Option<lead::Model>, Refusal> {
        let own = self.decided(id);
        let row = |past: &Past| past.leads.get(&id).map(|lead| lead.at(self.moment, own.as_ref()).as_ref().map(Seen::row));
        Ok(match row(&self.near) {
            Some(row) => row,
            None => row(&Past::of(&facts.app.store, &[id], &[]).await?).flatten(),
        })
    }

    async fn customer(&self, facts: &RunFacts, id: Uuid) -> Result<Option<customer::Model>, Refusal> {
        let row = |past: &Past| past.customers.get(&id).map(|customer| customer.at(self.moment.at));
        Ok(match row(&self.near) {
            Some(row) => row,
            None => row(&Past::of(&facts.app.store, &[], &[id]).await?).flatten(),
        })
    }

    /// Customers as they were.
    pub(super) async fn customers(&self, facts: &RunFacts, rows: Vec<customer::Model>) -> Result<Vec<customer::Model>, Refusal> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let past = Past::of(&facts.app.store, &[], &ids).await?;
        Ok(ids.iter().filter_map(|id| past.customers.get(id)?.at(self.moment.at)).collect())
    }

    /// The pushes of a lead as they were.
    pub(crate) async fn pushes(&self, facts: &RunFacts, lead: Uuid) -> Result<Vec<push::Model>, Refusal> {
        let pushes = |past: &Past| past.leads.get(&lead).map(|lead| lead.pushes_at(self.moment));
        Ok(match pushes(&self.near) {
            Some(pushes) => pushes,
            None => pushes(&Past::of(&facts.app.store, &[lead], &[]).await?).unwrap_or_default(),
        })
    }

    /// A record as it was; the outer nothing means that this kind is taken as it is today.
    pub(super) async fn record(&self, facts: &RunFacts, kind: Kind, id: Uuid) -> Result<Option<Option<Record>>, Refusal> {
        let lens = facts.lens();
        Ok(match kind {
            Kind::Lead => Some(self.lead(facts, id).await?.map(|row| lens.lead(&row))),
            Kind::Customer => Some(self.customer(facts, id).await?.map(|row| lens.customer(&row))),
            Kind::Contact => self.near.contacts.get(&id).map(|row| Some(records::contact(row))),
            Kind::Push => {
                let row = pact_store::past::push(facts.app.store.read(), id).await?;
                let Some(row) = row else { return Ok(Some(None)) };
                let pushes = self.pushes(facts, row.lead_id).await?;
                Some(pushes.iter().find(|push| push.id == id).map(records::push))
            }
            Kind::LeadEvent
            | Kind::Card
            | Kind::Plan
            | Kind::Request
            | Kind::Person
            | Kind::Team
            | Kind::Territory
            | Kind::Pack
            | Kind::Goal
            | Kind::Period
            | Kind::Act => None,
        })
    }
}
