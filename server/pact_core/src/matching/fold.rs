//! Letters without their accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text in lower case without accents, for comparing and searching: "Škoda Łódź Straße" becomes "skoda lodz strasse".
pub fn fold_accents(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // Lower case first: some capitals become two characters, of which one is a mark.
    for c in text.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            'ŋ' => folded.push('n'),
            'ŧ' => folded.push('t'),
            // A final sigma is the same letter.
            'ς' => folded.push('σ'),
            c => folded.push(c),
        }
    }
    folded
}
