//! What is said of a customer, checked and in the form in which it is kept and compared.

use pact_core::matching;
use pact_core::role::Right;
use pact_core::text::{ADDRESS, NAME, WORD};
use pact_core::time::Instant;
use pact_store::entity::customer;
use pact_store::record;
use uuid::Uuid;

use super::CreateCustomer;
use crate::Refusal;
use crate::ops::guard::{maybe_text, text};
use crate::ops::lead::Scene;

/// More employees than any company has: a typing error.
const MAX_EMPLOYEES: i64 = 10_000_000;

/// What is said of a customer, checked.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) name_key: String,
    pub(super) domain: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) street: Option<String>,
    pub(super) postcode: Option<String>,
    pub(super) city: Option<String>,
    pub(super) country: Option<String>,
    pub(super) segment: Option<String>,
    pub(super) industry: Option<String>,
    pub(super) employees: Option<i64>,
}

impl Checked {
    pub(super) fn of(scene: &Scene, given: &CreateCustomer) -> Result<Self, Refusal> {
        let name = text(NAME, "name", &given.name)?;
        let country = country(given.country.as_deref())?;
        Ok(Self {
            name_key: matching::name_key(&name),
            name,
            domain: domain(given.website.as_deref())?,
            phone: phone(given.phone.as_deref(), country.as_deref().unwrap_or(&scene.snapshot.country))?,
            street: maybe_text(ADDRESS, "street", given.street.as_deref())?,
            postcode: maybe_text(WORD, "postcode", given.postcode.as_deref())?,
            city: maybe_text(ADDRESS, "city", given.city.as_deref())?,
            country,
            segment: maybe_text(WORD, "segment", given.segment.as_deref())?,
            industry: maybe_text(WORD, "industry", given.industry.as_deref())?,
            employees: employees(given.employees)?,
        })
    }

    /// What two entries of the same customer share.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        [Some(self.name_key.as_str()), self.domain.as_deref(), self.phone.as_deref()]
            .into_iter()
            .flatten()
            .filter(|key| !key.is_empty())
    }

    pub(super) fn into_row(self, now: Instant) -> customer::Model {
        customer::Model {
            id: pact_core::id::random(),
            revision: record::new_revision(),
            name: self.name,
            name_key: self.name_key,
            domain: self.domain,
            phone: self.phone,
            street: self.street,
            postcode: self.postcode,
            city: self.city,
            country: self.country,
            segment: self.segment,
            industry: self.industry,
            employees: self.employees,
            owner_id: None,
            territory_id: None,
            last_event_at: now.millis(),
            merged_into_id: None,
            created_at: now.millis(),
        }
    }
}

/// The domain by which a company is known.
pub(super) fn domain(website: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(website) = website.map(str::trim).filter(|website| !website.is_empty()) else { return Ok(None) };
    match matching::website_domain(website) {
        Some(domain) => Ok(Some(domain)),
        None => {
            Err(Refusal::invalid("website", "this is no web address of a company. Write it like globex.com, or leave it out."))
        }
    }
}

/// A telephone number in E.164; one without a country's prefix is dialled from `from`.
pub(crate) fn phone(given: Option<&str>, from: &str) -> Result<Option<String>, Refusal> {
    let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else { return Ok(None) };
    match matching::phone(given, Some(from)) {
        Some(number) => Ok(Some(number)),
        None => Err(Refusal::invalid(
            "phone",
            "this is no telephone number. Write it with its country, like +31 20 123 4567, or leave it out.",
        )),
    }
}

/// An ISO 3166 code in capitals.
pub(super) fn country(given: Option<&str>) -> Result<Option<String>, Refusal> {
    match given.map(str::trim).filter(|given| !given.is_empty()) {
        None => Ok(None),
        Some(code) if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Ok(Some(code.to_ascii_uppercase()))
        }
        Some(_) => Err(Refusal::invalid("country", "this is no ISO 3166 code. Write two letters, such as NL.")),
    }
}

pub(super) fn employees(given: Option<i64>) -> Result<Option<i64>, Refusal> {
    match given {
        Some(count) if !(0..=MAX_EMPLOYEES).contains(&count) => {
            Err(Refusal::invalid("employees", format!("a customer has 0 to {MAX_EMPLOYEES} employees.")))
        }
        given => Ok(given),
    }
}

/// An owner is somebody who is here and sells.
pub(super) fn check_owner(scene: &Scene, owner: Option<Uuid>) -> Result<(), Refusal> {
    let Some(owner) = owner else { return Ok(()) };
    match scene.snapshot.people.get(&owner) {
        Some(member) if member.row.active && member.role.may(Right::OwnLeads) => Ok(()),
        Some(member) => {
            let name = &member.row.name;
            Err(Refusal::invalid(
                "owner_id",
                format!("{name} cannot own customers. Choose a rep or a manager with a working account."),
            ))
        }
        None => Err(Refusal::invalid("owner_id", "there is no person with this id. Choose one from GET /api/v1/persons.")),
    }
}

pub(super) fn check_territory(scene: &Scene, territory: Option<Uuid>) -> Result<(), Refusal> {
    match territory {
        Some(id) if scene.snapshot.territories.get(id).is_none() => Err(Refusal::invalid(
            "territory_id",
            "there is no territory with this id. Choose one from GET /api/v1/territories, or none.",
        )),
        Some(_) | None => Ok(()),
    }
}
