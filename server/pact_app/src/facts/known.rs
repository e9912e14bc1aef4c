//! What the runs of a few events will surely ask for, read at once: the leads and customers that the events are about, their customers and contacts.

use std::collections::HashMap;
use std::hash::Hash;

use pact_store::entity::{contact, customer, event, lead};
use pact_store::{Store, StoreError, record};
use uuid::Uuid;

/// Rows that were read before the runs began, so that each run need not ask for them by itself.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Leads by their ids.
    pub(crate) leads: HashMap<Uuid, lead::Model>,
    /// Customers by their ids.
    pub(crate) customers: HashMap<Uuid, customer::Model>,
    /// Contacts by their ids.
    pub(crate) contacts: HashMap<Uuid, contact::Model>,
}

impl Known {
    /// Reads what events are about.
    ///
    /// # Errors
    /// What the database reports.
    pub(crate) async fn of(store: &Store, events: &[event::Model]) -> Result<Self, StoreError> {
        let about =
            |kind: &'static str| events.iter().filter(move |event| event.record_kind == kind).map(|event| event.record_id);
        let leads: Vec<lead::Model> = record::many(store.read(), unique(about("lead"))).await?;
        let customers = about("customer").chain(leads.iter().map(|lead| lead.customer_id));
        let customers: Vec<customer::Model> = record::many(store.read(), unique(customers)).await?;
        let contacts: Vec<contact::Model> =
            record::many(store.read(), unique(leads.iter().filter_map(|lead| lead.contact_id))).await?;
        Ok(Self {
            leads: leads.into_iter().map(|row| (row.id, row)).collect(),
            customers: customers.into_iter().map(|row| (row.id, row)).collect(),
            contacts: contacts.into_iter().map(|row| (row.id, row)).collect(),
        })
    }

    /// Whether a lead was never pushed, as far as is known.
    pub(crate) fn is_never_pushed(&self, lead: Uuid) -> bool {
        self.leads.get(&lead).is_some_and(|row| row.attempt == 0)
    }
}

fn unique<T: Eq + Hash>(ids: impl Iterator<Item = T>) -> std::collections::HashSet<T> {
    ids.collect()
}
