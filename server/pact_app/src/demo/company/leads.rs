//! The leads of the quarter: who they came from, to whom they were pushed, what became of them.

use std::collections::HashMap;

use pact_core::lead::Stage;
use pact_store::entity::{customer, lead, lead_event, push};
use uuid::Uuid;

use super::customers::{Book, HomeOf};
use super::dice::Dice;
use super::staff::Staff;
use super::words::{Product, Words, WordsError, known};
use super::{Quarter, days_from};

/// How many leads the quarter brought.
const LEADS: usize = 430;

/// The leads with what happened to them.
pub(super) struct Told {
    pub(super) leads: Vec<lead::Model>,
    pub(super) pushes: Vec<push::Model>,
    pub(super) events: Vec<lead_event::Model>,
}

/// What all leads share while they are told.
pub(super) struct Teller<'a> {
    pub(super) words: &'a Words,
    pub(super) quarter: Quarter,
    pub(super) staff: &'a Staff,
    /// Open leads of each person at the end of the history.
    pub(super) open: HashMap<Uuid, i64>,
    pub(super) dice: Dice,
}

/// Tells every lead of the quarter.
pub(super) fn make(words: &Words, seed: u64, quarter: Quarter, staff: &Staff, book: &Book) -> Result<Told, WordsError> {
    let mut teller = Teller { words, quarter, staff, open: HashMap::new(), dice: Dice::of(seed, "leads") };
    let mut told = Told { leads: Vec::new(), pushes: Vec::new(), events: Vec::new() };
    for number in 0..LEADS {
        let at = usize::try_from(teller.dice.between(0, book.customers.len() as i64 - 1)).unwrap_or(0);
        let (customer, home) = (&book.customers[at], &book.homes[at]);
        let product = teller.dice.weighted(&words.leads.product, |product| product.weight);
        let age = age_in_days(number);
        let row = teller.enter(customer, home, book, product, (age, number))?;
        let story = teller.tell(row, customer, home, product, age)?;
        told.leads.push(story.row);
        told.pushes.extend(story.pushes);
        told.events.extend(story.events);
    }
    Ok(told)
}

/// Leads are spread evenly over the quarter.
fn age_in_days(number: usize) -> i64 {
    let number = i64::try_from(number).unwrap_or(0);
    1 + number * (super::HISTORY_DAYS - 1) / LEADS as i64
}

impl Teller<'_> {
    /// The lead as it enters.
    fn enter(
        &mut self,
        customer: &customer::Model,
        home: &HomeOf,
        book: &Book,
        product: &Product,
        (age, number): (i64, usize),
    ) -> Result<lead::Model, WordsError> {
        let (words, dice) = (self.words, &mut self.dice);
        let hours = if dice.chance(84) { (8, 18) } else { (0, 24) };
        let entered = dice.moment(days_from(self.quarter.today, -age), home.zone, hours);
        // Never before the customer was known, nor after the history's end (where it is still yesterday).
        let created_at = entered.millis().max(customer.created_at).min(self.quarter.ends.millis() - 600_000);
        let source = dice.weighted(&words.leads.source, |source| source.weight);
        let contacts = &book.contacts[home.contacts.clone()];
        let contact = (dice.chance(88) && !contacts.is_empty()).then(|| dice.pick(contacts));
        let industry = customer.industry.as_deref().unwrap_or_default().replace(' ', "_");
        let use_for = dice.pick(known(product.uses.get(&industry), "use of a product", &industry)?);
        let writes = matches!(source.entered_by.as_str(), "form" | "api");
        let value = self.dice.chance(82).then(|| self.value(product, &home.currency));
        Ok(lead::Model {
            id: self.dice.id(),
            revision: self.dice.revision(),
            title: format!("{} for {use_for}", product.name),
            source: source.name.clone(),
            product: Some(product.id.clone()),
            state: "waiting".to_owned(),
            stage: Stage::Enquiry.to_string(),
            value_minor: value,
            value_currency: value.map(|_| home.currency.clone()),
            customer_id: customer.id,
            contact_id: contact.map(|contact| contact.id),
            owner_id: None,
            territory_id: customer.territory_id,
            escalation: 0,
            attempt: 0,
            highlighted: false,
            highlight_reason: None,
            expected_on: None,
            message: if writes { Some(self.message(product, use_for, &home.language)?) } else { None },
            last_event_at: created_at,
            created_at,
            closed_at: None,
            lost_reason: None,
            merged_into_id: None,
            near_match_id: None,
            external_key: (source.entered_by == "import").then(|| format!("fair-{number:04}")),
            entered_by: source.entered_by.clone(),
        })
    }

    /// What it is worth in minor units; smaller sums are likelier.
    fn value(&mut self, product: &Product, currency: &str) -> i64 {
        let (from, to) = (product.value[0], product.value[1]);
        let euro = self.dice.between(from, to).min(self.dice.between(from, to));
        let rate = self.words.places.rates.get(currency).copied().unwrap_or(1.0);
        let hundreds = (euro as f64 * rate / 100.0).round() as i64;
        hundreds * 100 * 100
    }

    /// What the customer wrote, in their language where we have words for it.
    fn message(&mut self, product: &Product, use_for: &str, language: &str) -> Result<String, WordsError> {
        let lists = &self.words.leads;
        let messages = if product.skill == "service" { &lists.message_service } else { &lists.message };
        let language = if messages.contains_key(language) { language } else { "en" };
        let templates = known(messages.get(language), "messages", language)?;
        let say = known(lists.say.get(language).and_then(|said| said.get(&product.id)), "name of a product", &product.id)?;
        let month = month_ahead(self.quarter, &mut self.dice);
        let template = self.dice.pick(templates).clone();
        Ok(self.dice.say(&template, &[("say", say), ("use", use_for), ("month", &month)]))
    }
}

/// The name of a month ahead, as a customer would say when something is to happen.
pub(super) fn month_ahead(quarter: Quarter, dice: &mut Dice) -> String {
    days_from(quarter.today, dice.between(20, 150)).format("%B").to_string()
}
