//! Whether a customer that enters is one that we know.

use uuid::Uuid;

use super::fold::fold_accents;
use super::score::{name_score, reaches};
use super::{Match, Verdict, decide};

/// From this likeness of names on, a customer in the same place is the same.
pub const SAME_SCORE_IN_PLACE: f64 = 0.92;
/// From this likeness of names on, a customer in the same place is offered for merging.
pub const NEAR_SCORE_IN_PLACE: f64 = 0.80;
/// From this likeness of names on, a customer anywhere in the same country is offered for merging.
pub const NEAR_SCORE: f64 = 0.86;
/// From this likeness of names on, the same domain or telephone number is enough to be the same.
pub const SUPPORTED_SCORE: f64 = 0.60;

/// A customer that enters. Everything is normalised: [`super::name_key`], [`super::company_domain`], [`super::phone`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CandidateCustomer<'a> {
    /// The key of its name; empty when no name was given.
    pub name_key: &'a str,
    /// Its e-mail or web domain, never one of a provider of mailboxes to anybody.
    pub domain: Option<&'a str>,
    /// Its telephone number.
    pub phone: Option<&'a str>,
    /// The postcode of its address.
    pub postcode: Option<&'a str>,
    /// The city of its address.
    pub city: Option<&'a str>,
    /// The country of its address.
    pub country: Option<&'a str>,
}

/// A customer that we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCustomer {
    /// Its id.
    pub id: Uuid,
    /// The key of its name.
    pub name_key: String,
    /// Its domain.
    pub domain: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// The postcode of its address.
    pub postcode: Option<String>,
    /// The city of its address.
    pub city: Option<String>,
    /// The country of its address.
    pub country: Option<String>,
}

/// What is known of two places.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Same,
    Unknown,
    OtherCity,
    OtherCountry,
}

/// Whether the candidate is one of the known customers: by domain or telephone number if the names are not too far apart, by
/// name, by a similar name in the same place.
pub fn match_customer(candidate: &CandidateCustomer<'_>, known: &[KnownCustomer]) -> Match {
    decide(known.iter().filter_map(|one| judge(candidate, one)).collect())
}

/// Whether names are so alike that they may make two customers one, or be offered as such, without a domain or a telephone number that both have.
pub fn names_may_match(one: &str, other: &str) -> bool {
    reaches(one, other, NEAR_SCORE_IN_PLACE.min(NEAR_SCORE).min(SAME_SCORE_IN_PLACE))
}

fn judge(candidate: &CandidateCustomer<'_>, known: &KnownCustomer) -> Option<Verdict> {
    judge_contact_data(candidate, known).or_else(|| judge_name(candidate, known))
}

/// The verdict of a shared domain or telephone number, which weigh more than any name without them.
fn judge_contact_data(candidate: &CandidateCustomer<'_>, known: &KnownCustomer) -> Option<Verdict> {
    let domain = shared(candidate.domain, known.domain.as_deref());
    let phone = shared(candidate.phone, known.phone.as_deref());
    let (what, spelled) = match (domain, phone) {
        (Some(domain), _) => (format!("same e-mail domain {domain}"), spells(domain, candidate.name_key)),
        (None, Some(phone)) => (format!("same telephone number {phone}"), false),
        (None, None) => return None,
    };
    let score = name_score(candidate.name_key, &known.name_key);
    let unnamed = candidate.name_key.is_empty() || known.name_key.is_empty();
    Some(if unnamed || spelled || score >= SUPPORTED_SCORE {
        Verdict { id: known.id, same: true, score: 1.0 + score, because: what }
    } else {
        Verdict { id: known.id, same: false, score, because: format!("{what}, but another name") }
    })
}

/// The verdict of the names, as far as the places speak for it.
fn judge_name(candidate: &CandidateCustomer<'_>, known: &KnownCustomer) -> Option<Verdict> {
    let verdict = |same, score, because: &str| Some(Verdict { id: known.id, same, score, because: because.to_owned() });
    let place = compare_places(candidate, known);
    let two_domains = candidate.domain.is_some() && known.domain.is_some();
    if !candidate.name_key.is_empty() && candidate.name_key == known.name_key {
        return match place {
            Place::Same => verdict(true, 1.0, "same name in the same place"),
            Place::Unknown if two_domains => verdict(false, 1.0, "same name, but another e-mail domain"),
            Place::Unknown => verdict(true, 1.0, "same name"),
            Place::OtherCity => verdict(false, 1.0, "same name in another place"),
            Place::OtherCountry => verdict(false, 1.0, "same name in another country"),
        };
    }
    if place == Place::OtherCountry {
        return None;
    }
    let score = name_score(candidate.name_key, &known.name_key);
    match place {
        Place::Same if score >= SAME_SCORE_IN_PLACE && !two_domains => {
            verdict(true, score, "nearly the same name in the same place")
        }
        Place::Same if score >= NEAR_SCORE_IN_PLACE => verdict(false, score, "similar name in the same place"),
        Place::Unknown | Place::OtherCity if score >= NEAR_SCORE => verdict(false, score, "similar name"),
        Place::Same | Place::Unknown | Place::OtherCity | Place::OtherCountry => None,
    }
}

/// Whether the first label of the domain is the name written together: "globexbenelux.nl".
fn spells(domain: &str, key: &str) -> bool {
    let label: String = domain.split('.').next().unwrap_or_default().chars().filter(|c| *c != '-').collect();
    let key: String = key.chars().filter(|c| *c != ' ').collect();
    label.chars().count() >= 4 && (label == key || key.starts_with(&label))
}

fn shared<'a>(one: Option<&'a str>, other: Option<&str>) -> Option<&'a str> {
    one.filter(|text| !text.is_empty() && Some(*text) == other)
}

fn compare_places(candidate: &CandidateCustomer<'_>, known: &KnownCustomer) -> Place {
    let differ = |one: Option<&str>, other: Option<&str>, form: fn(&str) -> String| -> Option<bool> {
        let (one, other) = (form(one?), form(other?));
        (!one.is_empty() && !other.is_empty()).then(|| one != other)
    };
    let letters = |text: &str| -> String { fold_accents(text).chars().filter(|c| c.is_alphanumeric()).collect() };
    if differ(candidate.country, known.country.as_deref(), letters) == Some(true) {
        return Place::OtherCountry;
    }
    let postcodes = differ(candidate.postcode, known.postcode.as_deref(), letters);
    let cities = differ(candidate.city, known.city.as_deref(), letters);
    match (postcodes, cities) {
        (Some(false), _) | (_, Some(false)) => Place::Same,
        (Some(true), _) | (_, Some(true)) => Place::OtherCity,
        (None, None) => Place::Unknown,
    }
}
