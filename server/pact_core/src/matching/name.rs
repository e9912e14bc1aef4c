//! Names in the form in which they are compared.

use unicode_normalization::char::is_combining_mark;

use super::fold::fold_accents;
use super::legal::{AT_START, ATTACHED, is_at_end};

/// The most words that one legal form has.
const LONGEST_FORM_WORDS: usize = 5;

/// A company's name in the form in which it is compared: folded, without punctuation, legal form and leading "the".
///
/// "The Müller & Söhne GmbH & Co. KG" becomes "muller sohne". A name that is nothing but a legal form stays ("AG"); a text
/// without any letter or digit gives the empty key, which matches nothing.
pub fn name_key(name: &str) -> String {
    let mut key = fold_accents(name);
    for form in ATTACHED {
        key = replace_unless_all(&key, form);
    }
    // Dropping one thing may bring others together: "H & M" is "h m", and that is "hm". Each round leaves less.
    loop {
        let shorter = shorten(&key);
        if shorter == key {
            return key;
        }
        key = shorter;
    }
}

/// The name without leading "the", legal forms and joiners, once.
fn shorten(folded: &str) -> String {
    let words = joined_letters(words(folded));
    let mut words: &[String] = &words;
    if let [first, rest @ ..] = words
        && first == "the"
        && !rest.is_empty()
    {
        words = rest;
    }
    while let Some(shorter) = without_form(words) {
        words = shorter;
    }
    let kept: Vec<&str> = words.iter().map(String::as_str).filter(|word| !is_joiner(word)).collect();
    // A name such as "And & Co" is all joiners: better those than nothing.
    if kept.is_empty() { words.join(" ") } else { kept.join(" ") }
}

/// A human being's name in the form in which it is compared: folded, without punctuation and titles, its words in order of the
/// alphabet, so that "Visser, Ann" is "Dr. Ann Visser".
pub fn person_key(name: &str) -> String {
    const TITLES: &[&str] = &[
        "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "hr", "fr", "dhr", "mevr", "mw", "mme", "mlle",
        "monsieur", "madame", "sig", "sra", "sr", "dipl", "ing", "mag", "ir", "drs", "phd", "mba", "msc", "bsc",
    ];
    let words = words(&fold_accents(name));
    let mut kept: Vec<&str> = words.iter().map(String::as_str).filter(|word| !TITLES.contains(word) && *word != "&").collect();
    if kept.is_empty() {
        kept = words.iter().map(String::as_str).collect();
    }
    kept.sort_unstable();
    kept.join(" ")
}

/// The words of a folded text. Dots and apostrophes vanish, so that "B.V." is "bv"; all else parts words.
fn words(folded: &str) -> Vec<String> {
    let plain: String = folded
        .chars()
        .filter(|c| !matches!(c, '.' | '\'' | '’' | '‘' | '`' | '´' | '\u{ad}'))
        .map(|c| {
            if c.is_alphanumeric() {
                c
            } else if c == '&' || c == '+' {
                '&'
            } else {
                ' '
            }
        })
        .collect();
    plain.replace('&', " & ").split_whitespace().map(str::to_owned).collect()
}

/// Letters that stand alone in a row become one word, so that "S. A." is "sa".
fn joined_letters(words: Vec<String>) -> Vec<String> {
    let is_letter = |word: &String| word.chars().count() == 1 && word.chars().all(|c| c.is_alphabetic() && !is_combining_mark(c));
    words.chunk_by(|one, other| is_letter(one) && is_letter(other)).map(<[String]>::concat).collect()
}

/// Words that join names, and say nothing themselves.
fn is_joiner(word: &str) -> bool {
    matches!(word, "&" | "and" | "und" | "et")
}

/// The words without a legal form at one end, if there is one and something is left.
fn without_form(words: &[String]) -> Option<&[String]> {
    let last = words.len().checked_sub(1)?;
    if last == 0 {
        return None;
    }
    if is_joiner(&words[last]) {
        return Some(&words[..last]);
    }
    for length in (1..=LONGEST_FORM_WORDS.min(last)).rev() {
        let at = words.len() - length;
        if is_at_end(&words[at..].join(" ")) {
            return Some(&words[..at]);
        }
    }
    AT_START.contains(&words[0].as_str()).then(|| &words[1..])
}

fn replace_unless_all(text: &str, form: &str) -> String {
    let without = text.replace(form, " ");
    if without.trim().is_empty() { text.to_owned() } else { without }
}
