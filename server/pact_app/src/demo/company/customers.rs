//! Customers and their contacts.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use pact_core::matching::{fold_accents, name_key, person_key};
use pact_core::territory::LocateFacts;
use pact_core::time::Instant;
use pact_store::entity::{contact, customer};
use uuid::Uuid;

use super::dice::Dice;
use super::staff::{Staff, mailbox};
use super::words::{Country, Industry, Names, Words, WordsError, known};
use super::{Quarter, days_from};

/// How many customers in a hundred have an owner; the others are new, or wait for one.
const OWNED_PERCENT: u32 = 84;
/// How many times another name is tried before a name with the city in it is taken.
const NAMES_TRIED: usize = 40;

/// Customers, contacts, and what later parts ask about them.
pub(super) struct Book {
    pub(super) customers: Vec<customer::Model>,
    pub(super) contacts: Vec<contact::Model>,
    /// For each customer, in the same order, where it is and how it speaks.
    pub(super) homes: Vec<HomeOf>,
}

/// Where a customer is and how it speaks.
pub(super) struct HomeOf {
    pub(super) language: String,
    pub(super) currency: String,
    pub(super) zone: Tz,
    /// Its contacts are these of the list.
    pub(super) contacts: std::ops::Range<usize>,
}

/// What must not come twice.
#[derive(Default)]
struct Taken {
    names: BTreeSet<String>,
    domains: BTreeSet<String>,
    phones: BTreeSet<String>,
}

/// Makes the customers of every country.
pub(super) fn make(words: &Words, seed: u64, quarter: Quarter, staff: &Staff) -> Result<Book, WordsError> {
    let mut dice = Dice::of(seed, "customers");
    let mut book = Book { customers: Vec::new(), contacts: Vec::new(), homes: Vec::new() };
    let mut taken = Taken::default();
    for country in &words.places.country {
        let zone = known(country.zone.parse().ok(), "time zone", &country.zone)?;
        let names = known(words.names.get(&country.language), "names", &country.language)?;
        for _ in 0..country.customers {
            let customer = one_customer(words, country, names, &mut taken, staff, quarter, &mut dice)?;
            let first = book.contacts.len();
            contacts(&customer, country, names, &mut taken, &mut dice, &mut book.contacts);
            book.homes.push(HomeOf {
                language: country.language.clone(),
                currency: country.currency.clone(),
                zone,
                contacts: first..book.contacts.len(),
            });
            book.customers.push(customer);
        }
    }
    Ok(book)
}

fn one_customer(
    words: &Words,
    country: &Country,
    names: &Names,
    taken: &mut Taken,
    staff: &Staff,
    quarter: Quarter,
    dice: &mut Dice,
) -> Result<customer::Model, WordsError> {
    let city = dice.pick(&country.cities);
    let (industry, name) = company_name(words, country, names, Country::city(city), taken, dice)?;
    let facts = known(words.customers.industries.get(industry), "industry", industry)?;
    let domain = domain(&name, Country::city(city), &mut taken.domains);
    let postcode = city.get(1).cloned();
    let segment = segment(facts, dice);
    let territory_id = staff.locate(&LocateFacts {
        country: Some(&country.code),
        postcode: postcode.as_deref(),
        segment: Some(&segment),
        product: None,
    });
    let owner_id = dice.chance(OWNED_PERCENT).then(|| owner(staff, territory_id, dice)).flatten();
    let number = dice.between(1, 148).to_string();
    let street = dice.pick(&country.streets).clone();
    let created_at = created(quarter, owner_id.is_some(), dice);
    Ok(customer::Model {
        id: dice.id(),
        revision: dice.revision(),
        name_key: name_key(&name),
        name,
        domain: Some(domain),
        phone: phone(city, &mut taken.phones, dice),
        street: Some(dice.say(&country.street, &[("street", &street), ("number", &number)])),
        postcode,
        city: Some(Country::city(city).to_owned()),
        country: Some(country.code.clone()),
        segment: Some(segment),
        industry: Some(industry.replace('_', " ")),
        employees: Some(employees(facts, dice)),
        owner_id,
        territory_id,
        last_event_at: created_at.millis(),
        merged_into_id: None,
        created_at: created_at.millis(),
    })
}

/// Mostly a rep of the very territory, else one of the territories above; the desk owns no customers.
fn owner(staff: &Staff, territory: Option<Uuid>, dice: &mut Dice) -> Option<Uuid> {
    let near: Vec<_> = staff.reps_for(territory).into_iter().filter(|rep| !staff.is_at_desk(rep)).collect();
    let nearest: Vec<_> = near.iter().filter(|rep| rep.territory_id == territory).copied().collect();
    let group = if nearest.is_empty() || dice.chance(30) { near } else { nearest };
    (!group.is_empty()).then(|| dice.pick(&group).id)
}

/// Known customers have been with us for up to four years, those without an owner for weeks.
fn created(quarter: Quarter, known: bool, dice: &mut Dice) -> Instant {
    let days = if known { dice.between(92, 1_400) } else { dice.between(30, 90) };
    dice.moment(days_from(quarter.today, -days), Tz::UTC, (8, 17))
}

/// An industry and a name that nobody has yet.
fn company_name<'a>(
    words: &'a Words,
    country: &Country,
    names: &Names,
    city: &str,
    taken: &mut Taken,
    dice: &mut Dice,
) -> Result<(&'a str, String), WordsError> {
    let patterns = known(words.customers.names.get(&country.language), "names of companies", &country.language)?;
    let patterns: Vec<(&str, &String)> =
        patterns.iter().flat_map(|(industry, all)| all.iter().map(|pattern| (industry.as_str(), pattern))).collect();
    let mut made = ("", String::new());
    for _ in 0..NAMES_TRIED {
        let (industry, pattern) = *dice.pick(&patterns);
        let family = capitalised(dice.pick::<String>(&names.last));
        let name = dice.say(pattern, &[("family", &family), ("city", city)]);
        made = (industry, name);
        if taken.names.insert(name_key(&made.1)) {
            return Ok(made);
        }
    }
    made.1 = format!("{} {city}", made.1);
    taken.names.insert(name_key(&made.1));
    Ok(made)
}

/// "van Dijk" begins a company's name with a capital.
fn capitalised(family: &str) -> String {
    let mut chars = family.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A web address under a top level reserved for examples: it belongs to nobody and never will.
fn domain(name: &str, city: &str, taken: &mut BTreeSet<String>) -> String {
    let slug = |text: &str| mailbox(text).replace('.', "-");
    let plain = format!("{}.example", slug(name));
    let longer = format!("{}-{}.example", slug(name), slug(city));
    if taken.insert(plain.clone()) {
        return plain;
    }
    taken.insert(longer.clone());
    longer
}

fn phone(city: &[String], taken: &mut BTreeSet<String>, dice: &mut Dice) -> Option<String> {
    let pattern = city.get(2)?;
    (0..NAMES_TRIED).map(|_| dice.digits(pattern)).find(|number| taken.insert(number.clone()))
}

fn segment(industry: &Industry, dice: &mut Dice) -> String {
    let letters: Vec<char> = industry.segments.chars().collect();
    dice.pick(&letters).to_string()
}

/// A number of employees, smaller ones more likely.
fn employees(industry: &Industry, dice: &mut Dice) -> i64 {
    let (from, to) = (industry.employees[0], industry.employees[1]);
    let once = dice.between(from, to);
    once.min(dice.between(from, to))
}

fn contacts(
    customer: &customer::Model,
    country: &Country,
    names: &Names,
    taken: &mut Taken,
    dice: &mut Dice,
    contacts: &mut Vec<contact::Model>,
) {
    let domain = customer.domain.clone().unwrap_or_default();
    let city = country.cities.iter().find(|city| Some(Country::city(city)) == customer.city.as_deref());
    let mut here = BTreeSet::new();
    for _ in 0..dice.between(1, 3) {
        let name = format!("{} {}", dice.pick(&names.first), dice.pick(&names.last));
        let title = dice.pick(&names.titles).clone();
        if !here.insert(name.clone()) {
            continue;
        }
        let own_phone = dice.chance(35);
        contacts.push(contact::Model {
            id: dice.id(),
            revision: dice.revision(),
            customer_id: customer.id,
            name_key: person_key(&name),
            email: Some(format!("{}@{domain}", mailbox(&fold_accents(&name)))),
            name,
            title: Some(title),
            phone: city.filter(|_| own_phone).and_then(|city| phone(city, &mut taken.phones, dice)),
            language: Some(country.language.clone()),
            created_at: customer.created_at,
            erased: false,
        });
    }
}
