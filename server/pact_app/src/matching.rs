//! Who asks: what is given is normalised, what is known is looked up, and `pact_core::matching` judges.

use std::collections::BTreeMap;

use pact_core::matching::{
    self as rules, CandidateContact, CandidateCustomer, CandidateLead, KnownContact, KnownCustomer, KnownLead, Match,
};
use pact_core::territory::LocateFacts;
use pact_core::text::{ADDRESS, NAME, WORD};
use pact_store::entity::{contact, customer, lead};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::Refusal;
use crate::ops::lead::{ContactGiven, CustomerGiven};
use crate::organisation::Snapshot;

/// Customer and contact as they were given, normalised.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    /// The customer, checked.
    pub(crate) given: CustomerGiven,
    /// The key of its name; empty when none was given.
    pub(crate) name_key: String,
    /// The domain of its website, or of the contact's address.
    pub(crate) domain: Option<String>,
    /// Its telephone number in E.164.
    pub(crate) customer_phone: Option<String>,
    /// The contact, checked; e-mail lower-cased, telephone number in E.164.
    pub(crate) contact: Option<ContactGiven>,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub(crate) customer: Match,
    pub(crate) contact: Match,
    pub(crate) open_lead: Match,
    names: BTreeMap<Uuid, String>,
}

impl Matched {
    /// The name of a record that something is like.
    pub(crate) fn near_name(&self, id: Uuid) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }
}

impl Party {
    /// What two leads of the same customer share.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let contact = self.contact.as_ref().and_then(|contact| contact.email.as_deref());
        [Some(self.name_key.as_str()), self.domain.as_deref(), self.customer_phone.as_deref(), contact]
            .into_iter()
            .flatten()
            .filter(|key| !key.is_empty())
    }

    /// The name under which a new customer is kept: its own, or that of the contact.
    pub(crate) fn customer_name(&self) -> Option<String> {
        let contact = self.contact.as_ref();
        self.given
            .name
            .clone()
            .or_else(|| self.domain.clone())
            .or_else(|| contact.and_then(|contact| contact.name.clone()))
            .or_else(|| contact.and_then(|contact| contact.email.clone()))
    }
}

/// Checks and normalises customer and contact; telephone numbers without a prefix belong to the customer's country, or else to `home`.
pub(crate) fn normalise(given: &CustomerGiven, contact: Option<&ContactGiven>, home: &str) -> Result<Party, Refusal> {
    let country = match given.country.as_deref().map(str::trim).filter(|country| !country.is_empty()) {
        None => None,
        Some(code) if code.len() == 2 && code.chars().all(|c| c.is_ascii_alphabetic()) => Some(code.to_ascii_uppercase()),
        Some(other) => {
            return Err(Refusal::invalid(
                "customer.country",
                format!("\"{other}\" is no ISO 3166 code. Write two letters, such as NL."),
            ));
        }
    };
    let dialled_from = country.as_deref().unwrap_or(home);
    let contact = contact.map(|contact| normalise_contact(contact, dialled_from)).transpose()?;
    let of_contact = contact.as_ref().and_then(|contact| contact.email.as_deref()).and_then(rules::company_domain);
    let domain = given.website.as_deref().and_then(rules::website_domain).or(of_contact);
    let line = |field: &str, text: &Option<String>| {
        ADDRESS
            .check_optional(field, text.as_deref())
            .map_err(|error| Refusal::invalid(format!("customer.{field}"), error.to_string()))
    };
    let word = |field: &str, text: &Option<String>| {
        WORD.check_optional(field, text.as_deref())
            .map_err(|error| Refusal::invalid(format!("customer.{field}"), error.to_string()))
    };
    let name = NAME
        .check_optional("name", given.name.as_deref())
        .map_err(|error| Refusal::invalid("customer.name", error.to_string()))?;
    Ok(Party {
        name_key: name.as_deref().map(rules::name_key).unwrap_or_default(),
        customer_phone: given.phone.as_deref().and_then(|phone| rules::phone(phone, Some(dialled_from))),
        domain,
        contact,
        given: CustomerGiven {
            id: given.id,
            name,
            website: given.website.clone(),
            phone: given.phone.clone(),
            street: line("street", &given.street)?,
            postcode: word("postcode", &given.postcode)?,
            city: line("city", &given.city)?,
            country,
            segment: word("segment", &given.segment)?,
            industry: word("industry", &given.industry)?,
            employees: given.employees.filter(|employees| *employees >= 0),
        },
    })
}

fn normalise_contact(given: &ContactGiven, dialled_from: &str) -> Result<ContactGiven, Refusal> {
    let invalid = |field: &str, why: String| Refusal::invalid(format!("contact.{field}"), why);
    let email = match given.email.as_deref().map(str::trim).filter(|email| !email.is_empty()) {
        None => None,
        Some(text) => Some(rules::email(text).ok_or_else(|| {
            invalid("email", format!("\"{text}\" is no e-mail address. Write it like ann@example.com, or leave it out."))
        })?),
    };
    let name = NAME.check_optional("name", given.name.as_deref()).map_err(|error| invalid("name", error.to_string()))?;
    let title = WORD.check_optional("title", given.title.as_deref()).map_err(|error| invalid("title", error.to_string()))?;
    let language = given.language.as_deref().map(|code| code.trim().to_ascii_lowercase()).filter(|code| code.len() == 2);
    let phone = given.phone.as_deref().and_then(|phone| rules::phone(phone, Some(dialled_from)));
    Ok(ContactGiven { id: given.id, name, title, email, phone, language })
}

/// Looks up what is known, and judges.
pub(crate) async fn find(
    conn: &impl ConnectionTrait,
    party: &Party,
    product: Option<&str>,
    external_key: Option<&str>,
) -> Result<Matched, Refusal> {
    let given = party.contact.as_ref();
    let email = given.and_then(|contact| contact.email.as_deref());
    let phone = given.and_then(|contact| contact.phone.as_deref());
    let contacts = pact_store::contact::candidates(conn, email, phone).await?;
    let customer = customer_of(conn, party, &contacts).await?;
    let contact = contact_of(conn, party, &contacts, customer.1.same()).await?;
    let leads = pact_store::lead::open_candidates(conn, customer.1.same(), external_key).await?;
    let open_lead = match customer.1.same() {
        Some(id) => rules::match_open_lead(
            &CandidateLead { customer: id, contact: contact.same(), product, external_key },
            &leads.iter().map(known_lead).collect::<Vec<_>>(),
        ),
        None => leads
            .iter()
            .find(|lead| lead.external_key.as_deref() == external_key && external_key.is_some())
            .map_or(Match::New, |lead| Match::Same { id: lead.id, because: "same key from outside".to_owned() }),
    };
    let mut names: BTreeMap<Uuid, String> = customer.0;
    names.extend(leads.into_iter().map(|lead| (lead.id, lead.title)));
    Ok(Matched { customer: customer.1, contact, open_lead, names })
}

async fn customer_of(
    conn: &impl ConnectionTrait,
    party: &Party,
    contacts: &[contact::Model],
) -> Result<(BTreeMap<Uuid, String>, Match), Refusal> {
    if let Some(id) = party.given.id {
        let row = pact_store::record::find::<customer::Model>(conn, id).await?.ok_or_else(|| {
            Refusal::invalid(
                "customer.id",
                "There is no customer with this id. Look it up in the list, or give its name instead.",
            )
        })?;
        let id = row.merged_into_id.unwrap_or(row.id);
        return Ok((BTreeMap::new(), Match::Same { id, because: "given with the lead".to_owned() }));
    }
    let known =
        pact_store::customer::candidates(conn, &party.name_key, party.domain.as_deref(), party.customer_phone.as_deref()).await?;
    let candidate = CandidateCustomer {
        name_key: &party.name_key,
        domain: party.domain.as_deref(),
        phone: party.customer_phone.as_deref(),
        postcode: party.given.postcode.as_deref(),
        city: party.given.city.as_deref(),
        country: party.given.country.as_deref(),
    };
    let found = rules::match_customer(&candidate, &known.iter().map(known_customer).collect::<Vec<_>>());
    let names = known.into_iter().map(|row| (row.id, row.name)).collect();
    let email = party.contact.as_ref().and_then(|contact| contact.email.as_deref());
    // Somebody whose address is known speaks for their customer, unless another one was named.
    let by_contact = contacts.iter().find(|contact| email.is_some() && contact.email.as_deref() == email);
    match (&found, by_contact) {
        (Match::New, Some(contact)) if party.name_key.is_empty() => {
            Ok((names, Match::Same { id: contact.customer_id, because: format!("{} is known there", contact.name) }))
        }
        _ => Ok((names, found)),
    }
}

async fn contact_of(
    conn: &impl ConnectionTrait,
    party: &Party,
    contacts: &[contact::Model],
    customer: Option<Uuid>,
) -> Result<Match, Refusal> {
    let Some(given) = &party.contact else { return Ok(Match::New) };
    if let Some(id) = given.id {
        let found = pact_store::record::find::<contact::Model>(conn, id).await?;
        return match found {
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
    let mut known: Vec<KnownContact> = contacts.iter().map(known_contact).collect();
    if let Some(customer) = customer {
        known.extend(pact_store::contact::of_customer(conn, customer).await?.iter().map(known_contact));
    }
    // Found by address and at the customer, a contact would be its own rival.
    known.sort_by_key(|contact| contact.id);
    known.dedup_by_key(|contact| contact.id);
    // A contact of another customer is not this one, whatever the address.
    known.retain(|contact| customer.is_none_or(|customer| contact.customer == customer));
    Ok(rules::match_contact(&candidate, &known))
}

/// The territory whose rules a customer, asking about a product, matches.
pub(crate) fn locate(snapshot: &Snapshot, customer: &customer::Model, product: Option<&str>) -> Option<Uuid> {
    snapshot.territories.locate(&LocateFacts {
        country: customer.country.as_deref(),
        postcode: customer.postcode.as_deref(),
        segment: customer.segment.as_deref(),
        product,
    })
}

fn known_customer(row: &customer::Model) -> KnownCustomer {
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
