//! What is known of those who ask: looked up for many at once, judged in memory, with what entered meanwhile.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;

use pact_core::matching::{
    self as rules, CandidateContact, CandidateCustomer, CandidateLead, KnownContact, KnownCustomer, KnownLead, Match,
};
use pact_store::entity::{contact, customer, lead};
use pact_store::lead::OPEN_STATES;
use pact_store::{StoreError, record};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::Party;
use crate::Refusal;

/// Names just before and just after a name in the alphabet with which it is compared, each.
const NEIGHBOURS: usize = 10;

/// A lead that enters, as far as it is matched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) party: &'a Party,
    pub(crate) product: Option<&'a str>,
    pub(crate) external_key: Option<&'a str>,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub(crate) customer: Match,
    pub(crate) contact: Match,
    pub(crate) open_lead: Match,
    /// The customer, when it is a known one.
    pub(crate) known_customer: Option<customer::Model>,
    /// The name of the customer that it is like.
    pub(crate) near_customer: Option<String>,
    /// The title of the open lead that it is like.
    pub(crate) near_lead: Option<String>,
}

/// Customers, contacts and leads that some leads which enter may be the same as.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    customers: HashMap<Uuid, customer::Model>,
    contacts: BTreeMap<Uuid, contact::Model>,
    leads: HashMap<Uuid, lead::Model>,
    /// Customers by the key of their name; those that were merged into others are not in it.
    named: BTreeMap<String, Vec<Uuid>>,
    at_domain: HashMap<String, Vec<Uuid>>,
    at_phone: HashMap<String, Vec<Uuid>>,
    contacts_by: HashMap<By, Vec<Uuid>>,
    leads_of: HashMap<Uuid, Vec<Uuid>>,
    keyed: HashMap<String, Uuid>,
    /// What was judged of each lead's customer when everything was looked up, by the lead's place.
    judged: Vec<Option<Match>>,
    /// Customers that came since.
    came_since: HashSet<Uuid>,
}

/// How a contact is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum By {
    Email(String),
    Phone(String),
    Customer(Uuid),
}

impl Known {
    /// Looks up what leads that are about to enter may be the same as.
    ///
    /// # Errors
    /// What the database reports.
    pub(crate) async fn gather(conn: &impl ConnectionTrait, asked: &[Asked<'_>]) -> Result<Self, Refusal> {
        let mut known = Self::default();
        let parties = || asked.iter().map(|one| one.party);
        let contacts = || parties().filter_map(|party| party.contact.as_ref());
        let (emails, numbers) = (distinct(contacts().map(|one| &one.email)), distinct(contacts().map(|one| &one.phone)));
        let given: BTreeSet<Uuid> = contacts().filter_map(|contact| contact.id).collect();
        let named = parties().map(|party| party.name_key.as_str()).filter(|key| !key.is_empty());
        let named: Vec<&str> = named.collect::<BTreeSet<_>>().into_iter().collect();
        let (domains, phones) =
            (distinct(parties().map(|party| &party.domain)), distinct(parties().map(|party| &party.customer_phone)));
        let (alike, given, customers) = tokio::try_join!(
            pact_store::contact::candidates(conn, &emails, &numbers),
            record::many::<contact::Model>(conn, given),
            alike_customers(conn, &named, &domains, &phones),
        )?;
        alike.into_iter().chain(given).for_each(|contact| known.add_contact(contact));
        customers.into_iter().for_each(|customer| known.add_customer(customer));
        known.gather_named(conn, parties()).await?;
        known.gather_what_hangs_on(conn, asked).await?;
        Ok(known)
    }

    /// Customers that were named by their id, or by a contact whose address is known.
    async fn gather_named(&mut self, conn: &impl ConnectionTrait, parties: impl Iterator<Item = &Party>) -> Result<(), Refusal> {
        let of_contacts = self.contacts.values().map(|contact| contact.customer_id);
        let named: BTreeSet<Uuid> = parties.filter_map(|party| party.given.id).chain(of_contacts).collect();
        let missing: Vec<Uuid> = named.into_iter().filter(|id| !self.customers.contains_key(id)).collect();
        let found: Vec<customer::Model> = record::many(conn, missing).await?;
        let merged_into: Vec<Uuid> = found.iter().filter_map(|customer| customer.merged_into_id).collect();
        for customer in found.into_iter().chain(record::many(conn, merged_into).await?) {
            self.customers.entry(customer.id).or_insert(customer);
        }
        Ok(())
    }

    /// Contacts and open leads of the customers that are the same.
    async fn gather_what_hangs_on(&mut self, conn: &impl ConnectionTrait, asked: &[Asked<'_>]) -> Result<(), Refusal> {
        // Whoever names a customer that is not there is told so when their lead is judged.
        self.judged = asked.iter().map(|one| self.customer_of(one.party, &self.alike(one.party)).ok()).collect();
        self.came_since.clear();
        let same: BTreeSet<Uuid> = self.judged.iter().flatten().filter_map(Match::same).collect();
        let same: Vec<Uuid> = same.into_iter().collect();
        let keys: BTreeSet<&str> = asked.iter().filter_map(|one| one.external_key).collect();
        let keys: Vec<&str> = keys.into_iter().collect();
        let (contacts, leads) =
            tokio::try_join!(pact_store::contact::of_customers(conn, &same), pact_store::lead::candidates(conn, &same, &keys),)?;
        contacts.into_iter().for_each(|contact| self.add_contact(contact));
        leads.into_iter().for_each(|lead| self.add_lead(lead));
        Ok(())
    }

    /// Adds a customer, known or new.
    pub(crate) fn add_customer(&mut self, row: customer::Model) {
        self.named.entry(row.name_key.clone()).or_default().push(row.id);
        if let Some(domain) = &row.domain {
            self.at_domain.entry(domain.clone()).or_default().push(row.id);
        }
        if let Some(phone) = &row.phone {
            self.at_phone.entry(phone.clone()).or_default().push(row.id);
        }
        self.came_since.insert(row.id);
        self.customers.insert(row.id, row);
    }

    /// Adds a contact, known or new.
    pub(crate) fn add_contact(&mut self, row: contact::Model) {
        let Entry::Vacant(place) = self.contacts.entry(row.id) else { return };
        let by = [row.email.clone().map(By::Email), row.phone.clone().map(By::Phone), Some(By::Customer(row.customer_id))];
        for by in by.into_iter().flatten() {
            self.contacts_by.entry(by).or_default().push(row.id);
        }
        place.insert(row);
    }

    /// Adds a lead, known or new.
    pub(crate) fn add_lead(&mut self, row: lead::Model) {
        if OPEN_STATES.contains(&row.state.as_str()) && row.merged_into_id.is_none() {
            self.leads_of.entry(row.customer_id).or_default().push(row.id);
        }
        if let Some(key) = &row.external_key {
            self.keyed.entry(key.clone()).or_insert(row.id);
        }
        self.leads.insert(row.id, row);
    }

    /// Judges the lead at a place among those for which everything was looked up, by what is known by now.
    ///
    /// # Errors
    /// A customer or contact that was named by an id without a record.
    pub(crate) fn find(&self, place: usize, asked: Asked<'_>) -> Result<Matched, Refusal> {
        let alike = self.alike(asked.party);
        let customer = match self.judged.get(place).and_then(Option::as_ref) {
            // Comparing names is what costs; nobody came meanwhile with whom to compare. Without a name, a contact who came may speak for the customer.
            Some(judged) if !asked.party.name_key.is_empty() && alike.is_disjoint(&self.came_since) => judged.clone(),
            Some(_) | None => self.customer_of(asked.party, &alike)?,
        };
        let contact = self.contact_of(asked.party, customer.same())?;
        let open_lead = self.open_lead_of(asked, customer.same(), contact.same());
        Ok(Matched {
            known_customer: customer.same().and_then(|id| self.customers.get(&id)).cloned(),
            near_customer: customer.near().and_then(|id| self.customers.get(&id)).map(|row| row.name.clone()),
            near_lead: open_lead.near().and_then(|id| self.leads.get(&id)).map(|row| row.title.clone()),
            customer,
            contact,
            open_lead,
        })
    }

    fn customer_of(&self, party: &Party, alike: &HashSet<Uuid>) -> Result<Match, Refusal> {
        if let Some(id) = party.given.id {
            let row = self.customers.get(&id).ok_or_else(|| {
                Refusal::invalid(
                    "customer.id",
                    "There is no customer with this id. Look it up in the list, or give its name instead.",
                )
            })?;
            return Ok(Match::Same { id: row.merged_into_id.unwrap_or(row.id), because: "given with the lead".to_owned() });
        }
        let candidate = CandidateCustomer {
            name_key: &party.name_key,
            domain: party.domain.as_deref(),
            phone: party.customer_phone.as_deref(),
            postcode: party.given.postcode.as_deref(),
            city: party.given.city.as_deref(),
            country: party.given.country.as_deref(),
        };
        let alike: Vec<KnownCustomer> = alike.iter().filter_map(|id| self.customers.get(id)).map(known_customer).collect();
        let found = rules::match_customer(&candidate, &alike);
        // Somebody whose address is known speaks for their customer, unless another one was named.
        let email = party.contact.as_ref().and_then(|contact| contact.email.clone());
        let by_contact = email.and_then(|email| self.contacts_found(By::Email(email)).next());
        Ok(match (&found, by_contact) {
            (Match::New, Some(contact)) if party.name_key.is_empty() => {
                Match::Same { id: contact.customer_id, because: format!("{} is known there", contact.name) }
            }
            _ => found,
        })
    }

    /// Customers with the same name, domain or number, and those next to it in the alphabet among whom is looked for.
    fn alike(&self, party: &Party) -> HashSet<Uuid> {
        let key = party.name_key.as_str();
        let domain = party.domain.as_ref().and_then(|domain| self.at_domain.get(domain));
        let phone = party.customer_phone.as_ref().and_then(|phone| self.at_phone.get(phone));
        let mut alike: HashSet<Uuid> = domain.into_iter().chain(phone).flatten().copied().collect();
        if !key.is_empty() {
            let before = self.named.range::<str, _>((Bound::Excluded(""), Bound::Excluded(key))).rev();
            let after = self.named.range::<str, _>((Bound::Excluded(key), Bound::Unbounded));
            alike.extend(self.named.get(key).into_iter().flatten());
            alike.extend(before.flat_map(|(_, ids)| ids).take(NEIGHBOURS));
            alike.extend(after.flat_map(|(_, ids)| ids).take(NEIGHBOURS));
        }
        alike
    }

    fn contact_of(&self, party: &Party, customer: Option<Uuid>) -> Result<Match, Refusal> {
        let Some(given) = &party.contact else { return Ok(Match::New) };
        if let Some(id) = given.id {
            return match self.contacts.get(&id) {
                Some(row) if customer.is_none_or(|customer| row.customer_id == customer) => {
                    Ok(Match::Same { id, because: "given with the lead".to_owned() })
                }
                Some(_) => {
                    Err(Refusal::invalid("contact.id", "This contact belongs to another customer. Choose one of this customer."))
                }
                None => Err(Refusal::invalid("contact.id", "There is no contact with this id. Look it up at the customer.")),
            };
        }
        let name_key = given.name.as_deref().map(rules::person_key).unwrap_or_default();
        let candidate =
            CandidateContact { name_key: &name_key, email: given.email.as_deref(), phone: given.phone.as_deref(), customer };
        let by = [given.email.clone().map(By::Email), given.phone.clone().map(By::Phone), customer.map(By::Customer)];
        let found = by.into_iter().flatten().flat_map(|by| self.contacts_found(by));
        // A contact of another customer is not this one, whatever the address. Found by address and at the customer, it would be its own rival.
        let alike: BTreeMap<Uuid, KnownContact> = found
            .filter(|contact| customer.is_none_or(|customer| contact.customer_id == customer))
            .map(|contact| (contact.id, known_contact(contact)))
            .collect();
        Ok(rules::match_contact(&candidate, &alike.into_values().collect::<Vec<_>>()))
    }

    fn contacts_found(&self, by: By) -> impl Iterator<Item = &contact::Model> {
        let ids = self.contacts_by.get(&by).into_iter().flatten();
        ids.filter_map(|id| self.contacts.get(id)).filter(|contact| !contact.erased)
    }

    fn open_lead_of(&self, asked: Asked<'_>, customer: Option<Uuid>, contact: Option<Uuid>) -> Match {
        let keyed = asked.external_key.and_then(|key| self.keyed.get(key));
        let Some(customer) = customer else {
            return keyed.map_or(Match::New, |id| Match::Same { id: *id, because: "same key from outside".to_owned() });
        };
        let open: BTreeSet<&Uuid> = self.leads_of.get(&customer).into_iter().flatten().chain(keyed).collect();
        let known: Vec<KnownLead> = open.into_iter().filter_map(|id| self.leads.get(id)).map(known_lead).collect();
        let candidate = CandidateLead { customer, contact, product: asked.product, external_key: asked.external_key };
        rules::match_open_lead(&candidate, &known)
    }
}

/// Customers that those which enter may be the same as: with an equal name key, domain or number, and those next to them in the alphabet whose names are
/// alike. Each is found by an index, so that an import of many rows stays quick.
///
/// # Errors
/// What the database reports.
pub(crate) async fn alike_customers(
    conn: &impl ConnectionTrait,
    name_keys: &[&str],
    domains: &[&str],
    phones: &[&str],
) -> Result<Vec<customer::Model>, StoreError> {
    let (mut alike, beside) = tokio::try_join!(
        pact_store::customer::equals(conn, name_keys, domains, phones),
        pact_store::customer::neighbours(conn, name_keys),
    )?;
    let known: HashSet<Uuid> = alike.iter().map(|customer| customer.id).collect();
    let near = beside.iter().filter(|one| !known.contains(&one.id) && rules::names_may_match(&one.of, &one.name_key));
    let near: BTreeSet<Uuid> = near.map(|one| one.id).collect();
    alike.extend(record::many::<customer::Model>(conn, near).await?);
    Ok(alike)
}

/// Texts that are there, each once.
fn distinct<'a>(texts: impl Iterator<Item = &'a Option<String>>) -> Vec<&'a str> {
    texts.flatten().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect()
}

pub(crate) fn known_customer(row: &customer::Model) -> KnownCustomer {
    KnownCustomer {
        id: row.id,
        name_key: row.name_key.clone(),
        domain: row.domain.clone(),
        phone: row.phone.clone(),
        postcode: row.postcode.clone(),
        city: row.city.clone(),
        country: row.country.clone(),
    }
}

fn known_contact(row: &contact::Model) -> KnownContact {
    KnownContact {
        id: row.id,
        name_key: row.name_key.clone(),
        email: row.email.clone(),
        phone: row.phone.clone(),
        customer: row.customer_id,
    }
}

fn known_lead(row: &lead::Model) -> KnownLead {
    KnownLead {
        id: row.id,
        customer: row.customer_id,
        contact: row.contact_id,
        product: row.product.clone(),
        external_key: row.external_key.clone(),
    }
}
