//! Search: customers, contacts, leads, cards and packs, found by words at their beginnings, names also with typing errors; customers, contacts and leads
//! also by the texts of custom fields that the reader reads.

use std::collections::HashMap;

use pact_core::role::{Right, Role};
use pact_store::entity::{card, contact, customer, lead, pack};
use pact_store::record::{self, Record};
use pact_store::search;
use uuid::Uuid;

use super::customer::subject::excerpt;
use super::field::searched_fields;
use crate::{App, Refusal};

/// The most records that one search finds.
pub const MAX_FOUND: u64 = 100;

/// What can be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searched {
    /// Customers, by name, domain, number, place, segment and industry.
    Customer,
    /// Contacts, by name, title, address and number.
    Contact,
    /// Leads, by title, product, customer and what the customer wrote.
    Lead,
    /// Cards, by text, kind, product and theme.
    Card,
    /// Packs, by title, product, themes and summary.
    Pack,
}

/// A record that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it is.
    pub kind: Searched,
    /// Its id.
    pub id: Uuid,
    /// Its name or title; of a card its kind.
    pub title: String,
    /// What helps to recognise it.
    pub text: Option<String>,
    /// The customer that it belongs to.
    pub customer_id: Option<Uuid>,
}

impl Searched {
    /// Everything that can be searched for.
    pub const ALL: [Self; 5] = [Self::Customer, Self::Contact, Self::Lead, Self::Card, Self::Pack];

    /// The word in the index and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Contact => "contact",
            Self::Lead => "lead",
            Self::Card => "card",
            Self::Pack => "pack",
        }
    }

    /// What it takes to find it.
    pub const fn right(self) -> Right {
        match self {
            Self::Customer | Self::Contact => Right::ReadCustomers,
            Self::Lead => Right::ReadLeads,
            Self::Card => Right::ReadCards,
            Self::Pack => Right::ReadPacks,
        }
    }
}

/// Finds records of these kinds that have every word, best first; those in which some word stands only in a custom field that this role reads come after.
///
/// # Errors
/// A store that does not answer.
pub async fn find_records(app: &App, role: Role, kinds: &[Searched], words: &str, limit: u64) -> Result<Vec<Found>, Refusal> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let fields = searched_fields(app, role, &names).await?;
    let hits = search::find_with(app.store.read(), &names, &fields, words, limit.clamp(1, MAX_FOUND)).await?;
    let mut found: HashMap<Uuid, Found> = HashMap::new();
    for kind in kinds {
        let ids: Vec<Uuid> = hits.iter().filter(|hit| hit.kind == kind.as_str()).map(|hit| hit.id).collect();
        if !ids.is_empty() {
            found.extend(load(app, *kind, ids).await?.into_iter().map(|one| (one.id, one)));
        }
    }
    Ok(hits.iter().filter_map(|hit| found.remove(&hit.id)).collect())
}

/// The ids of records of one kind that have every word, as somebody with this role finds them.
///
/// # Errors
/// A store that does not answer.
pub async fn find_ids(app: &App, role: Role, kind: Searched, words: &str) -> Result<Vec<Uuid>, Refusal> {
    let fields = searched_fields(app, role, &[kind.as_str()]).await?;
    Ok(search::ids_with(app.store.read(), kind.as_str(), &fields, words).await?)
}

async fn load(app: &App, kind: Searched, ids: Vec<Uuid>) -> Result<Vec<Found>, Refusal> {
    async fn rows<M: Record<Id = Uuid>>(app: &App, ids: Vec<Uuid>, found: impl Fn(M) -> Found) -> Result<Vec<Found>, Refusal> {
        Ok(record::many::<M>(app.store.read(), ids).await?.into_iter().map(found).collect())
    }
    let of = |id, title, text, customer_id| Found { kind, id, title, text, customer_id };
    match kind {
        Searched::Customer => rows(app, ids, |row: customer::Model| of(row.id, row.name, row.city, None)).await,
        Searched::Contact => rows(app, ids, |row: contact::Model| of(row.id, row.name, row.title, Some(row.customer_id))).await,
        Searched::Lead => rows(app, ids, |row: lead::Model| of(row.id, row.title, row.product, Some(row.customer_id))).await,
        Searched::Card => {
            rows(app, ids, |row: card::Model| of(row.id, row.kind, Some(excerpt(&row.text)), Some(row.customer_id))).await
        }
        Searched::Pack => rows(app, ids, |row: pack::Model| of(row.id, row.title, row.product, None)).await,
    }
}
