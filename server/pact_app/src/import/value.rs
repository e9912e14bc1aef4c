//! What people write into cells: days, amounts of money, numbers of employees, and ways to write nothing.

use chrono::NaiveDate;
use pact_core::money::{Currency, Money};

/// Ways to write that a cell says nothing.
const NOTHING: [&str; 17] = [
    "-",
    "--",
    "\u{2013}",
    "\u{2014}",
    "n/a",
    "#n/a",
    "n.a.",
    "null",
    "none",
    "nil",
    "k.a.",
    "k. a.",
    "keine angabe",
    "n.v.t.",
    "s/o",
    "n/d",
    "n.d.",
];
/// Signs of currencies that mean one currency only, or mostly.
const SIGNS: [(&str, &str); 11] = [
    ("€", "EUR"),
    ("US$", "USD"),
    ("CA$", "CAD"),
    ("A$", "AUD"),
    ("R$", "BRL"),
    ("£", "GBP"),
    ("CHF", "CHF"),
    ("Fr.", "CHF"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("₹", "INR"),
];
/// Countries that pay in euro.
const EURO: &str = "AD AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MC ME MT NL PT SI SK SM VA XK";
/// Other countries and what they pay in.
const PAYS_IN: &str = "US USD GB GBP CH CHF LI CHF SE SEK NO NOK DK DKK PL PLN CZ CZK HU HUF RO RON CA CAD AU AUD NZ NZD BR BRL MX MXN JP JPY CN CNY IN INR ZA ZAR TR TRY \
    AR ARS CL CLP CO COP SG SGD HK HKD AE AED SA SAR IL ILS KR KRW UA UAH GT GTQ PE PEN UY UYU";

/// What a cell says: without space around it, or nothing.
///
/// A quotation mark before `=`, `+`, `-` or `@` is one that keeps spreadsheets from computing the cell; it is no part of what the cell says.
pub fn said(cell: &str) -> Option<&str> {
    let cell = cell.trim();
    let cell = match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        Some(_) | None => cell,
    };
    let is_nothing = cell.is_empty() || NOTHING.iter().any(|nothing| cell.eq_ignore_ascii_case(nothing));
    (!is_nothing).then_some(cell)
}

/// Whether a cell holds an e-mail address.
pub fn looks_like_email(cell: &str) -> bool {
    pact_core::matching::email(cell).is_some()
}

/// Whether a cell holds a web address.
pub fn looks_like_website(cell: &str) -> bool {
    let cell = cell.trim().to_ascii_lowercase();
    (cell.starts_with("http") || cell.starts_with("www.")) && pact_core::matching::website_domain(&cell).is_some()
}

/// Whether a cell holds what no column is named: an address, or mostly digits.
pub fn looks_like_data(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let others = cell.chars().filter(|c| c.is_alphabetic()).count();
    looks_like_email(cell) || looks_like_website(cell) || (digits >= 3 && digits > others)
}

/// A day, as people and their programs write it. `day_first` decides what `03/04/2026` is.
pub fn day(text: &str, day_first: bool) -> Option<NaiveDate> {
    let text = text.trim();
    // A time of day behind it says nothing about the day.
    let text = text.split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = text.trim_end_matches('.').split(['-', '/', '.']).collect();
    if !parts.iter().all(|part| !part.is_empty() && part.len() <= 8 && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let number = |part: &str| part.parse::<u32>().ok();
    let year = |part: &str| match part.len() {
        4 => part.parse::<i32>().ok(),
        2 => part.parse::<i32>().ok().map(|short| 2000 + short),
        _ => None,
    };
    match parts[..] {
        [whole] if whole.len() == 8 => {
            NaiveDate::from_ymd_opt(whole[..4].parse().ok()?, number(&whole[4..6])?, number(&whole[6..])?)
        }
        [first, month, day] if first.len() == 4 => NaiveDate::from_ymd_opt(year(first)?, number(month)?, number(day)?),
        // "26-11-21" may begin with the year or the day.
        [_, _, last] if last.len() == 2 && text.contains('-') => None,
        [first, second, last] => {
            // Points are written between day, month and year only.
            let day_first = day_first || text.contains('.');
            let (day, month) = if day_first { (first, second) } else { (second, first) };
            NaiveDate::from_ymd_opt(year(last)?, number(month)?, number(day)?)
        }
        _ => None,
    }
}

/// Whether days of a column are written with the day before the month, if their numbers tell.
pub fn tells_day_first<'a>(cells: impl Iterator<Item = &'a str>) -> Option<bool> {
    for cell in cells {
        let parts: Vec<Option<u32>> = cell.trim().split(['-', '/', '.']).map(|part| part.parse().ok()).collect();
        match parts[..] {
            [Some(first), Some(second), Some(_)] if (13..=31).contains(&first) && second <= 12 => return Some(true),
            [Some(first), Some(second), Some(_)] if first <= 12 && (13..=31).contains(&second) => return Some(false),
            _ => {}
        }
    }
    None
}

/// Money, with the currency that the cell itself names, or the one that is said elsewhere.
///
/// # Errors
/// What is wrong, and what would be right.
pub fn money(text: &str, elsewhere: Option<Currency>) -> Result<Money, String> {
    let (rest, sign) = without_sign(text.trim());
    let (amount, said) = without_code(&rest);
    // "1.200,-" is a way to write no cents.
    let amount = amount.trim_end_matches(['-', '\u{2013}', '\u{2014}']).trim_end_matches([',', '.']);
    let currency = said.or(sign).or(elsewhere).ok_or_else(|| {
        format!("\"{text}\" names no currency. Write one such as EUR behind it, map a column to currency, or give the import a currency.")
    })?;
    Money::parse_amount(amount, currency).map_err(|error| error.to_string())
}

/// Takes off a code before or behind an amount; other letters stay, since "12k" is not 12.
fn without_code(text: &str) -> (&str, Option<Currency>) {
    let is_code = |word: &str| match word {
        "Euro" | "euro" | "Euros" | "euros" => "EUR".parse().ok(),
        _ => word.parse::<Currency>().ok(),
    };
    let behind = text.trim_start_matches(char::is_alphabetic);
    let before = text.trim_end_matches(char::is_alphabetic);
    if let Some(currency) = is_code(&text[..text.len() - behind.len()]) {
        (behind.trim(), Some(currency))
    } else if let Some(currency) = is_code(&text[before.len()..]) {
        (before.trim(), Some(currency))
    } else {
        (text, None)
    }
}

fn without_sign(text: &str) -> (String, Option<Currency>) {
    let found = SIGNS.iter().find(|(sign, _)| text.contains(sign));
    match found {
        Some((sign, code)) => (text.replace(sign, "").trim().to_owned(), code.parse().ok()),
        None => (text.replace('$', "").trim().to_owned(), None),
    }
}

/// What is paid in in a country.
pub fn currency_of(country: &str) -> Option<Currency> {
    if EURO.split_whitespace().any(|code| code.eq_ignore_ascii_case(country)) {
        return "EUR".parse().ok();
    }
    let words: Vec<&str> = PAYS_IN.split_whitespace().collect();
    words.chunks(2).find(|pair| pair[0].eq_ignore_ascii_case(country)).and_then(|pair| pair.get(1)?.parse().ok())
}

/// A number of employees: the first one of "50-100", "ca. 50" or "1.200".
pub fn employees(text: &str) -> Option<i64> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let rest: Vec<char> = text[from..].chars().collect();
    let mut digits = String::new();
    for (at, c) in rest.iter().enumerate() {
        let groups = matches!(c, '.' | ',' | '\'' | '\u{2019}' | ' ' | '\u{a0}' | '\u{202f}');
        let three_follow = || {
            let next: Vec<&char> = rest[at + 1..].iter().take(4).collect();
            next.iter().take(3).filter(|c| c.is_ascii_digit()).count() == 3 && next.get(3).is_none_or(|c| !c.is_ascii_digit())
        };
        if c.is_ascii_digit() {
            digits.push(*c);
        } else if !(groups && three_follow()) {
            break;
        }
    }
    digits.parse().ok()
}
