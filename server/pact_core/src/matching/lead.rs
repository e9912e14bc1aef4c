//! Whether a lead that enters is one that is open already.

use uuid::Uuid;

use super::fold::fold_accents;
use super::{Match, Verdict, decide};

/// A lead that enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandidateLead<'a> {
    /// The customer; a lead of a new customer cannot be known.
    pub customer: Uuid,
    /// The contact who asks.
    pub contact: Option<Uuid>,
    /// The product that is asked about.
    pub product: Option<&'a str>,
    /// The key by which another system knows it.
    pub external_key: Option<&'a str>,
}

/// An open lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLead {
    /// Its id.
    pub id: Uuid,
    /// Its customer.
    pub customer: Uuid,
    /// Its contact.
    pub contact: Option<Uuid>,
    /// Its product.
    pub product: Option<String>,
    /// The key by which another system knows it.
    pub external_key: Option<String>,
}

/// Whether the candidate is one of the open leads: the same key from outside, or the same contact asking about the same product.
pub fn match_open_lead(candidate: &CandidateLead<'_>, known: &[KnownLead]) -> Match {
    decide(known.iter().filter_map(|one| judge(candidate, one)).collect())
}

fn judge(candidate: &CandidateLead<'_>, known: &KnownLead) -> Option<Verdict> {
    let verdict = |same, score, because: &str| Some(Verdict { id: known.id, same, score, because: because.to_owned() });
    match (candidate.external_key, known.external_key.as_deref()) {
        (Some(one), Some(other)) if one == other => return verdict(true, 2.0, "same key from outside"),
        (Some(_), Some(_)) => return None,
        (Some(_) | None, None) | (None, Some(_)) => {}
    }
    if candidate.customer != known.customer {
        return None;
    }
    let products = compare(candidate.product.map(fold), known.product.as_deref().map(fold));
    let contacts = compare(candidate.contact, known.contact);
    match (products, contacts) {
        (Some(false), _) => None,
        (Some(true), Some(true)) => verdict(true, 1.0, "the same contact asks about the same product"),
        (Some(true), Some(false)) => verdict(false, 0.8, "another contact of the customer asks about the same product"),
        (Some(true), None) => verdict(false, 0.9, "the customer asks about the same product"),
        (None, Some(true)) => verdict(false, 0.7, "the same contact has an open lead"),
        (None, Some(false) | None) => None,
    }
}

/// Whether two things are the same, where both are known.
fn compare<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<bool> {
    Some(one? == other?)
}

fn fold(product: &str) -> String {
    fold_accents(product).split_whitespace().collect::<Vec<_>>().join(" ")
}
