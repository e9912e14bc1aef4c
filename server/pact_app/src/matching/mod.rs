//! Who asks: what is given is normalised, what is known is looked up, and `pact_core::matching` judges.

mod known;

use pact_core::matching as rules;
use pact_core::territory::LocateFacts;
use pact_core::text::{ADDRESS, NAME, WORD};
use pact_store::entity::customer;
use uuid::Uuid;

pub(crate) use known::{Asked, Known, Matched, alike_customers, known_customer};

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

/// The territory whose rules a customer, asking about a product, matches.
pub(crate) fn locate(snapshot: &Snapshot, customer: &customer::Model, product: Option<&str>) -> Option<Uuid> {
    snapshot.territories.locate(&LocateFacts {
        country: customer.country.as_deref(),
        postcode: customer.postcode.as_deref(),
        segment: customer.segment.as_deref(),
        product,
    })
}
