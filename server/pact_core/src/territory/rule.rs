//! A matching rule of a territory.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::TerritoryProblem;
use super::postcode::{Postcode, PostcodeRange};

/// A rule matches when every part of it that is not empty matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TerritoryRule {
    /// ISO 3166 codes of two letters, of which one must be the country.
    pub countries: Vec<String>,
    /// Ranges of which one must hold the postcode.
    pub postcodes: Vec<PostcodeRange>,
    /// Segments of which one must be the customer's.
    pub segments: Vec<String>,
    /// Products of which one must be asked about.
    pub products: Vec<String>,
}

/// What is known of a lead or customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocateFacts<'a> {
    /// The country of the customer's address, as an ISO 3166 code of two letters.
    pub country: Option<&'a str>,
    /// The postcode of the customer's address.
    pub postcode: Option<&'a str>,
    /// The segment of the customer.
    pub segment: Option<&'a str>,
    /// The product that is asked about.
    pub product: Option<&'a str>,
}

/// The facts in the form in which rules compare them, made once for all rules.
pub(super) struct Normalised<'a> {
    country: Option<&'a str>,
    postcode: Option<Postcode>,
    segment: Option<String>,
    product: Option<String>,
}

impl<'a> LocateFacts<'a> {
    pub(super) fn normalised(&self) -> Normalised<'a> {
        let country = self.country.map(str::trim).filter(|text| !text.is_empty());
        Normalised {
            country,
            postcode: self.postcode.map(|code| Postcode::read(code, country)),
            segment: self.segment.map(fold),
            product: self.product.map(fold),
        }
    }
}

impl TerritoryRule {
    pub(super) fn matches(&self, facts: &Normalised<'_>) -> bool {
        let in_words = |words: &[String], fact: Option<&String>| {
            words.is_empty() || fact.is_some_and(|fact| words.iter().any(|word| fold(word) == *fact))
        };
        !self.is_empty()
            && (self.countries.is_empty() || facts.country.is_some_and(|given| self.names_country(given)))
            && (self.postcodes.is_empty()
                || facts.postcode.as_ref().is_some_and(|code| {
                    self.postcodes
                        .iter()
                        .any(|range| facts.country.is_some_and(|given| same_country(&range.country, given)) && range.holds(code))
                }))
            && in_words(&self.segments, facts.segment.as_ref())
            && in_words(&self.products, facts.product.as_ref())
    }

    fn is_empty(&self) -> bool {
        self.countries.is_empty() && self.postcodes.is_empty() && self.segments.is_empty() && self.products.is_empty()
    }

    fn names_country(&self, given: &str) -> bool {
        self.countries.iter().any(|country| same_country(country, given))
    }

    /// What is wrong with the rule.
    pub(super) fn problems(&self, id: Uuid, name: &str) -> Vec<TerritoryProblem> {
        let name = || name.to_owned();
        let mut problems = Vec::new();
        if self.is_empty() {
            problems.push(TerritoryProblem::EmptyRule { id, name: name() });
        }
        for country in self.countries.iter().chain(self.postcodes.iter().map(|range| &range.country)) {
            if !is_country_code(country) {
                problems.push(TerritoryProblem::BadCountry { id, name: name(), country: country.clone() });
            }
        }
        for range in self.postcodes.iter().filter(|range| !range.is_valid()) {
            let (from, to) = (range.from.clone(), range.to.clone());
            problems.push(TerritoryProblem::BadRange { id, name: name(), from, to });
        }
        problems
    }
}

fn same_country(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other)
}

fn is_country_code(text: &str) -> bool {
    let text = text.trim();
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn fold(word: &str) -> String {
    word.trim().to_lowercase()
}
