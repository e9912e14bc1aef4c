//! Whether a contact that enters is one that we know.

use uuid::Uuid;

use super::score::name_score;
use super::{Match, Verdict, decide};

/// From this likeness of names on, the same telephone number means the same human being; a switchboard serves many.
const SAME_WITH_PHONE_SCORE: f64 = 0.80;
/// From this likeness of names on, a contact at the same customer is offered for merging.
const NEAR_AT_CUSTOMER_SCORE: f64 = 0.88;

/// A contact that enters. Everything is normalised: [`super::person_key`], [`super::email`], [`super::phone`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CandidateContact<'a> {
    /// The key of the name; empty when no name was given.
    pub name_key: &'a str,
    /// The e-mail address.
    pub email: Option<&'a str>,
    /// The telephone number.
    pub phone: Option<&'a str>,
    /// The customer, if it is known by now.
    pub customer: Option<Uuid>,
}

/// A contact that we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContact {
    /// Their id.
    pub id: Uuid,
    /// The key of the name.
    pub name_key: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The customer.
    pub customer: Uuid,
}

/// Whether the candidate is one of the known contacts: by e-mail address, by telephone number and name, by name at the same customer.
pub fn match_contact(candidate: &CandidateContact<'_>, known: &[KnownContact]) -> Match {
    decide(known.iter().filter_map(|one| judge(candidate, one)).collect())
}

fn judge(candidate: &CandidateContact<'_>, known: &KnownContact) -> Option<Verdict> {
    let score = name_score(candidate.name_key, &known.name_key);
    let verdict = |same, score, because: &str| Some(Verdict { id: known.id, same, score, because: because.to_owned() });
    let at_customer = candidate.customer == Some(known.customer);
    // At the same customer first, should two hold one address.
    let bonus = if at_customer { 0.5 } else { 0.0 };
    let same = |one: Option<&str>, other: Option<&str>| one.is_some_and(|one| !one.is_empty() && Some(one) == other);
    if same(candidate.email, known.email.as_deref()) {
        return verdict(true, 2.0 + bonus + score, "same e-mail address");
    }
    let two_addresses = candidate.email.is_some() && known.email.is_some();
    if same(candidate.phone, known.phone.as_deref()) {
        let unnamed = candidate.name_key.is_empty() || known.name_key.is_empty();
        return if score >= SAME_WITH_PHONE_SCORE || (unnamed && !two_addresses) {
            verdict(true, 1.0 + bonus + score, "same telephone number")
        } else {
            None
        };
    }
    if !at_customer || score < NEAR_AT_CUSTOMER_SCORE {
        return None;
    }
    match (score >= 1.0, two_addresses) {
        (true, false) => verdict(true, score, "same name at the same customer"),
        (true, true) => verdict(false, score, "same name at the same customer, but another e-mail address"),
        (false, _) => verdict(false, score, "similar name at the same customer"),
    }
}
