//! What cards, plans and requests are about, and the quiet clocks that they wind.

use std::collections::HashMap;

use pact_store::entity::{customer, lead, plan};
use uuid::Uuid;

use super::customers::{Book, HomeOf};
use super::leads::Told;
use super::talks::{Talks, Teller};
use super::words::{Product, WordsError, known};

/// A customer about whom something is written, with a lead of theirs where there is one.
pub(super) struct Subject<'a> {
    pub(super) customer: &'a customer::Model,
    pub(super) home: &'a HomeOf,
    pub(super) lead: Option<&'a lead::Model>,
    pub(super) product: &'a Product,
}

/// Customers with their leads, so that more is told of those who ask more.
pub(super) struct Subjects {
    leads_of: HashMap<Uuid, Vec<usize>>,
}

impl Subjects {
    pub(super) fn of(book: &Book, told: &Told) -> Self {
        let mut leads_of: HashMap<Uuid, Vec<usize>> = book.customers.iter().map(|customer| (customer.id, Vec::new())).collect();
        for (at, lead) in told.leads.iter().enumerate() {
            leads_of.entry(lead.customer_id).or_default().push(at);
        }
        Self { leads_of }
    }

    /// A customer: two times in three one with a lead, of which it is then mostly about.
    pub(super) fn draw<'a>(&self, teller: &mut Teller<'a>, book: &'a Book, told: &'a Told) -> Result<Subject<'a>, WordsError> {
        let products = &teller.words.leads.product;
        let by_lead = teller.dice.chance(66).then(|| teller.dice.pick(&told.leads));
        let at = match by_lead {
            Some(lead) => book.customers.iter().position(|customer| customer.id == lead.customer_id).unwrap_or(0),
            None => usize::try_from(teller.dice.between(0, book.customers.len() as i64 - 1)).unwrap_or(0),
        };
        let (customer, home) = (&book.customers[at], &book.homes[at]);
        let others = self.leads_of.get(&customer.id).map_or(&[][..], Vec::as_slice);
        let lead = by_lead
            .or_else(|| others.first().map(|at| &told.leads[*at]))
            .filter(|lead| !lead.highlighted && teller.dice.chance(75));
        let product = match lead.and_then(|lead| lead.product.as_deref()) {
            Some(id) => known(products.iter().find(|product| product.id == id), "product", id)?,
            None => teller.dice.weighted(products, |product| product.weight),
        };
        Ok(Subject { customer, home, lead, product })
    }

    /// One customer, about none of their leads.
    pub(super) fn of_customer<'a: 'b, 'b>(at: usize, teller: &mut Teller<'a>, book: &'b Book) -> Subject<'b> {
        let product = teller.dice.weighted(&teller.words.leads.product, |product| product.weight);
        Subject { customer: &book.customers[at], home: &book.homes[at], lead: None, product }
    }
}

impl Subject<'_> {
    /// Since when there is something to say about it.
    pub(super) fn since(&self) -> i64 {
        self.lead.map_or(self.customer.created_at, |lead| lead.created_at)
    }
}

/// A card, a plan, and a plan's day that was over until now are something that happened: the clocks of their customer and of their open lead start anew.
pub(super) fn wind_quiet_clocks(book: &mut Book, told: &mut Told, talks: &Talks, until: i64) {
    let over: HashMap<Uuid, i64> = talks.plan_days.iter().map(|day| (day.plan_id, day.over_at)).collect();
    let carried_out = |plan: &plan::Model| over.get(&plan.id).copied().filter(|over_at| *over_at <= until);
    let cards = talks.cards.iter().map(|card| (card.customer_id, card.lead_id, card.written_at));
    let plans = talks.plans.iter().map(|plan| (plan.customer_id, plan.lead_id, carried_out(plan).unwrap_or(plan.announced_at)));
    let mut last: HashMap<Uuid, i64> = HashMap::new();
    let mut heard = |id: Uuid, at: i64| {
        let known = last.entry(id).or_insert(at);
        *known = at.max(*known);
    };
    for (customer, lead, at) in cards.chain(plans) {
        heard(customer, at);
        lead.into_iter().for_each(|lead| heard(lead, at));
    }
    for lead in &told.leads {
        heard(lead.customer_id, lead.last_event_at);
    }
    for customer in &mut book.customers {
        customer.last_event_at = last.get(&customer.id).copied().unwrap_or(0).max(customer.last_event_at);
    }
    for lead in told.leads.iter_mut().filter(|lead| lead.closed_at.is_none() && !lead.highlighted) {
        lead.last_event_at = last.get(&lead.id).copied().unwrap_or(0).max(lead.last_event_at);
    }
}
