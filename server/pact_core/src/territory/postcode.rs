//! Ranges of postcodes, as sales territories are drawn with them in different countries.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// Postcodes of a country from one to another, both included.
///
/// - Digits only (`1000` to `1999` in NL, `01` to `19` in DE): the first digits of a postcode are compared, as many as the ends
///   have; so `10` to `12` holds the German 10115, and `1000` to `1999` the Dutch 1012 AB.
/// - Otherwise (`SW1` to `SW9` in GB): letters and numbers are compared part by part, and an end holds all that starts with its
///   parts; so `SW1` holds SW1A 1AA but not SW10 0AB. British postcodes are compared by their outward half.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostcodeRange {
    /// The ISO 3166 code of the country.
    pub country: String,
    /// The lower end.
    pub from: String,
    /// The upper end.
    pub to: String,
}

/// A postcode in the form in which ranges compare it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Postcode {
    /// The digits with which it starts.
    digits: String,
    parts: Vec<Part>,
}

/// A run of letters or a run of digits; numbers sort before letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Letters(String),
}

impl Postcode {
    pub(super) fn read(text: &str, country: Option<&str>) -> Self {
        let mut plain = plain(text);
        if country.is_some_and(|country| country.eq_ignore_ascii_case("GB") || country.eq_ignore_ascii_case("UK")) {
            plain.truncate(outward_length(&plain));
        }
        let digits = plain.chars().take_while(char::is_ascii_digit).collect();
        Self { digits, parts: parts(&plain) }
    }
}

impl PostcodeRange {
    /// Whether the postcode lies in the range; the country is the caller's matter.
    pub(super) fn holds(&self, code: &Postcode) -> bool {
        let (from, to) = (plain(&self.from), plain(&self.to));
        if is_number(&from) && is_number(&to) {
            return holds_number(&from, &to, &code.digits);
        }
        let (from, to) = (parts(&from), parts(&to));
        !from.is_empty() && !to.is_empty() && code.parts >= from && (code.parts <= to || code.parts.starts_with(&to))
    }

    /// Whether the range can hold any postcode.
    pub(super) fn is_valid(&self) -> bool {
        let (from, to) = (plain(&self.from), plain(&self.to));
        if from.is_empty() || to.is_empty() {
            return false;
        }
        if is_number(&from) && is_number(&to) {
            return compare_numbers(&from, &to) != Ordering::Greater;
        }
        let (from, to) = (parts(&from), parts(&to));
        from <= to || from.starts_with(&to)
    }
}

fn holds_number(from: &str, to: &str, digits: &str) -> bool {
    let compared = if from.len() == to.len() { digits.get(..from.len()) } else { Some(digits) };
    compared.is_some_and(|digits| {
        !digits.is_empty()
            && compare_numbers(from, digits) != Ordering::Greater
            && compare_numbers(digits, to) != Ordering::Greater
    })
}

/// Compares as numbers of any length.
fn compare_numbers(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Letters and digits only, in capitals.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
}

fn parts(plain: &str) -> Vec<Part> {
    plain
        .as_bytes()
        .chunk_by(|one, other| one.is_ascii_digit() == other.is_ascii_digit())
        .map(|run| {
            let run = String::from_utf8_lossy(run).into_owned();
            run.parse().map(Part::Number).unwrap_or(Part::Letters(run))
        })
        .collect()
}

/// The length of the outward half: all but the last three (a digit and two letters), which only a whole British postcode has.
fn outward_length(plain: &str) -> usize {
    let whole = match plain.as_bytes() {
        [.., digit, one, other] => {
            plain.len() >= 5 && digit.is_ascii_digit() && one.is_ascii_alphabetic() && other.is_ascii_alphabetic()
        }
        _ => false,
    };
    if whole { plain.len() - 3 } else { plain.len() }
}
