//! Letters without their accents.

use unicode_normalization::UnicodeNormalization;

/// The text in lower case without accents, for comparing and searching: "Škoda Łódź Straße" becomes "skoda lodz strasse".
pub fn fold_accents(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase).filter(|c| !is_accent(*c)) {
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
            // At the end of a word it looks different, and is the same letter.
            'ς' => folded.push('σ'),
            c => folded.push(c),
        }
    }
    // What is left are parts of letters, such as those of Korean and Japanese: together again.
    folded.nfc().collect()
}

/// Marks over and under Latin, Greek and Cyrillic letters, and the vowel points of Hebrew and Arabic; not the vowels of Indian
/// scripts and Thai, without which words are others.
const fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
        | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}'
    )
}
