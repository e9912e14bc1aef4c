//! Leads as they were: what a dry run over the past sees instead of today.
//!
//! The store holds what is, and each lead's history. Each step of a history says what it left the lead as ([`LeftAs`]), and each card, plan and request says
//! when it was written; so owner, stage, state, attempts, escalation, highlight, pushes and the quiet clock of a lead are known for every instant. What no history
//! tells is taken as it is today: title, value, customer, territory, custom fields, the people with their calendars, plugins' settings.
//! `server/ARCHITECTURE.md` has the list.

mod lead;

use std::collections::HashMap;

use pact_core::lead::LeadFacts;
use pact_core::time::Instant;
use pact_store::entity::{contact, customer};
use pact_store::past as store;
use pact_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use self::lead::{Decided, PastLead, Seen, Step};

/// How many leads are held at most when a script asks for leads of the past.
pub(crate) const MAX_LEADS_HELD: u64 = 250_000;

/// A moment among the steps of a lead's history: an instant, and of steps at that instant the last that had happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// The instant.
    pub(crate) at: i64,
    /// The last step of this instant that counts.
    pub(crate) step: Uuid,
}

impl Moment {
    /// An instant with everything that happened at it.
    pub(crate) const fn end_of(at: i64) -> Self {
        Self { at, step: Uuid::max() }
    }
}

/// What a step left a lead as: what decides, and nothing that names who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftAs {
    /// Where it stands.
    pub(crate) state: String,
    /// How far the sale is.
    pub(crate) stage: String,
    /// Who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<Uuid>,
    /// How many times it was pushed.
    #[serde(default)]
    pub(crate) attempt: i32,
    /// How far it is escalated.
    #[serde(default)]
    pub(crate) escalation: i32,
    /// Why it is shown, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) highlight: Option<String>,
    /// Since when it is quiet.
    pub(crate) quiet_since: i64,
    /// When it was won or lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closed_at: Option<i64>,
}

impl LeftAs {
    /// What a lead is now.
    pub(crate) fn of(facts: &LeadFacts, quiet_since: i64) -> Self {
        Self {
            state: facts.state.to_string(),
            stage: facts.stage.to_string(),
            owner: facts.owner,
            attempt: facts.attempt,
            escalation: facts.escalation,
            highlight: facts.highlight.clone(),
            quiet_since,
            closed_at: facts.closed_at.map(Instant::millis),
        }
    }

    /// As it is stored.
    pub(crate) fn written(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }
}

/// Leads with their histories, customers and contacts, read at once for a handful of events or for a whole past.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Leads by id.
    pub(crate) leads: HashMap<Uuid, PastLead>,
    /// Customers by id.
    pub(crate) customers: HashMap<Uuid, PastCustomer>,
    /// Contacts by id.
    pub(crate) contacts: HashMap<Uuid, contact::Model>,
    /// The leads in the order in which they entered.
    pub(crate) order: Vec<Uuid>,
}

/// A customer, and when something happened with it.
#[derive(Debug)]
pub(crate) struct PastCustomer {
    row: customer::Model,
    stirs: Vec<i64>,
}

impl PastCustomer {
    /// The customer as it was. One that is younger than its lead (others were merged into it) is there all the same: lists alone leave it out.
    pub(crate) fn at(&self, at: i64) -> Option<customer::Model> {
        let row = &self.row;
        let stirred = last_until(&self.stirs, at).unwrap_or(row.created_at.min(at));
        // What happened last with it may be told by nothing but its clock.
        let last_event_at = if row.last_event_at <= at { row.last_event_at } else { stirred };
        Some(customer::Model { last_event_at, ..row.clone() })
    }
}

impl Past {
    /// Reads leads, these customers beside those of the leads, their other leads, and what happened on all of them.
    ///
    /// # Errors
    /// What the database reports.
    pub(crate) async fn of(store: &Store, leads: &[Uuid], customers: &[Uuid]) -> Result<Self, StoreError> {
        let conn = store.read();
        let asked = store::leads(conn, leads).await?;
        let mut wanted: Vec<Uuid> = asked.iter().map(|row| row.customer_id).chain(customers.iter().copied()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        // What happens on a lead happens with its customer, so a customer's clock is known by all its leads.
        let rows = store::leads_of(conn, &wanted).await?;
        let leads: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let leads = leads.as_slice();
        let mut contacts: Vec<Uuid> = rows.iter().filter_map(|row| row.contact_id).collect();
        contacts.sort_unstable();
        contacts.dedup();
        let mut past = Self {
            leads: rows.into_iter().map(|row| (row.id, PastLead::of(row))).collect(),
            customers: store::customers(conn, &wanted)
                .await?
                .into_iter()
                .map(|row| (row.id, PastCustomer { row, stirs: Vec::new() }))
                .collect(),
            contacts: store::contacts(conn, &contacts).await?.into_iter().map(|row| (row.id, row)).collect(),
            order: Vec::new(),
        };
        for step in store::steps(conn, leads).await? {
            if let Some(lead) = past.leads.get_mut(&step.lead_id) {
                lead.add_step(step);
            }
        }
        for push in store::pushes(conn, leads).await? {
            if let Some(lead) = past.leads.get_mut(&push.lead_id) {
                lead.pushes.push(push);
            }
        }
        for (customer, lead, at) in store::stirs(conn, &wanted).await? {
            if let Some(lead) = lead.and_then(|lead| past.leads.get_mut(&lead)) {
                lead.stirs.push(at);
            }
            if let Some(customer) = past.customers.get_mut(&customer) {
                customer.stirs.push(at);
            }
        }
        past.sort();
        Ok(past)
    }

    /// Reads every lead that entered before an instant, in pieces.
    ///
    /// # Errors
    /// What the database reports.
    pub(crate) async fn whole(store: &Store, until: i64) -> Result<Self, StoreError> {
        /// Leads that are read at once.
        const PIECE: usize = 5_000;
        let ids = store::leads_before(store.read(), until, MAX_LEADS_HELD).await?;
        let mut whole = Self::default();
        for some in ids.chunks(PIECE) {
            let piece = Self::of(store, some, &[]).await?;
            whole.leads.extend(piece.leads);
            whole.customers.extend(piece.customers);
            whole.contacts.extend(piece.contacts);
        }
        whole.sort();
        Ok(whole)
    }

    fn sort(&mut self) {
        for lead in self.leads.values_mut() {
            lead.sort();
        }
        // A customer hears of what happened on its leads, but for what scripts did.
        for lead in self.leads.values() {
            if let Some(customer) = self.customers.get_mut(&lead.row.customer_id) {
                customer.stirs.extend(lead.clocks_by_people());
            }
        }
        for customer in self.customers.values_mut() {
            customer.stirs.sort_unstable();
        }
        self.order = self.leads.keys().copied().collect();
        self.order.sort_unstable_by_key(|id| self.leads.get(id).map(|lead| (lead.row.created_at, lead.row.id)));
    }
}

/// The last of sorted instants that is not after another.
fn last_until(sorted: &[i64], at: i64) -> Option<i64> {
    sorted.partition_point(|one| *one <= at).checked_sub(1).and_then(|last| sorted.get(last)).copied()
}
