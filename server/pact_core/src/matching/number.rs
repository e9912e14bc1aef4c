//! Telephone numbers in one form.

use phonenumber::country::Id;
use phonenumber::{Mode, parse};

/// The shortest and longest number after the country's, in digits (ITU-T E.164, and the shortest in use).
const NATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 4..=14;
/// What a number may be at most with the country's, in digits (ITU-T E.164).
const MAX_DIGITS: usize = 15;
/// Longer texts are no number; it keeps the parser's work small.
const MAX_TEXT_CHARS: usize = 40;

/// A telephone number in E.164 (`+31201234567`), out of what people write; `None` when it is none.
///
/// `country` (ISO 3166, two letters) is where a number without a country's belongs; extensions are left out.
pub fn phone(text: &str, country: Option<&str>) -> Option<String> {
    let text = text.trim();
    if text.chars().count() > MAX_TEXT_CHARS || text.chars().filter(char::is_ascii_digit).count() < 5 {
        return None;
    }
    // "+44 (0)20 …": the zero in brackets is dialled only inside the country.
    let text = if text.starts_with('+') || text.starts_with("00") { text.replace("(0)", " ") } else { text.to_owned() };
    // "00" opens an international call nearly everywhere that numbers are written so.
    let text = text.strip_prefix("00").map_or_else(|| text.clone(), |rest| format!("+{rest}"));
    // A number with its country's needs no other, whose rules for zeros the parser would apply to it.
    let country = country.filter(|_| !text.starts_with('+') && !text.starts_with("tel:+"));
    let country: Option<Id> = country.and_then(|code| code.trim().to_ascii_uppercase().parse().ok());
    let number = parse(country, &text).ok()?;
    let written = number.format().mode(Mode::E164).to_string();
    let e164 = written.split(';').next()?;
    let digits = e164.strip_prefix('+')?;
    let national = number.national().to_string().len();
    (digits.len() <= MAX_DIGITS && NATIONAL_DIGITS.contains(&national) && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| e164.to_owned())
}
