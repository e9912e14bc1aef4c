//! Texts of bounded length, without characters that deceive the reader.

use unicode_normalization::UnicodeNormalization;

/// What a text must be, by its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextRule {
    /// The longest it may be, in characters.
    pub max_chars: usize,
    /// Whether it may have more than one line.
    pub lines: bool,
    /// Whether it may be empty.
    pub empty: bool,
}

/// A word from a list that people keep: a skill, a theme, a source, a segment.
pub const WORD: TextRule = TextRule { max_chars: 80, lines: false, empty: false };
/// A name of a person, customer, contact, team or territory.
pub const NAME: TextRule = TextRule { max_chars: 200, lines: false, empty: false };
/// A title of a lead, pack or goal; an objective of a plan.
pub const TITLE: TextRule = TextRule { max_chars: 200, lines: false, empty: false };
/// A reason: why this person, why declined, why lost.
pub const REASON: TextRule = TextRule { max_chars: 500, lines: false, empty: false };
/// A line of an address.
pub const ADDRESS: TextRule = TextRule { max_chars: 300, lines: false, empty: true };
/// A text: a card, a request, what the customer wrote.
pub const TEXT: TextRule = TextRule { max_chars: 20_000, lines: true, empty: false };
/// A text that may be left out.
pub const OPTIONAL_TEXT: TextRule = TextRule { empty: true, ..TEXT };

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing was written.
    #[error("The {what} is empty. Write something.")]
    Empty {
        /// What the text is for.
        what: String,
    },
    /// It is longer than allowed.
    #[error("The {what} has {chars} characters and may have {max_chars}. Shorten it.")]
    TooLong {
        /// What the text is for.
        what: String,
        /// How long it is.
        chars: usize,
        /// How long it may be.
        max_chars: usize,
    },
    /// It has a line break where one line is wanted.
    #[error("The {what} has more than one line. Write it in one.")]
    ManyLines {
        /// What the text is for.
        what: String,
    },
    /// It has a character that cannot be seen, or that turns the direction of reading.
    #[error("The {what} has a hidden character (U+{code:04X}) at position {position}. Remove it, or type the text again.")]
    Hidden {
        /// What the text is for.
        what: String,
        /// The character's number in Unicode.
        code: u32,
        /// Its place, counted in characters from 1.
        position: usize,
    },
}

impl TextError {
    /// The word for it in problem types.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "text-empty",
            Self::TooLong { .. } => "text-too-long",
            Self::ManyLines { .. } => "text-many-lines",
            Self::Hidden { .. } => "text-hidden-character",
        }
    }
}

impl TextRule {
    /// The text without space around it, in Unicode's composed form (NFC) and with `\n` for line breaks, or why it is refused.
    ///
    /// Invisible characters that only come along when text is pasted (byte order marks, soft hyphens) are left out silently.
    pub fn check(&self, what: &str, given: &str) -> Result<String, TextError> {
        let what = || what.to_owned();
        let text: String = given.replace("\r\n", "\n").chars().filter(|c| !is_pasted_along(*c)).nfc().collect();
        let text = text.trim().to_owned();
        if text.is_empty() && !self.empty {
            return Err(TextError::Empty { what: what() });
        }
        let chars = text.chars().count();
        if chars > self.max_chars {
            return Err(TextError::TooLong { what: what(), chars, max_chars: self.max_chars });
        }
        for (index, c) in text.chars().enumerate() {
            match c {
                '\n' | '\u{2028}' | '\u{2029}' if !self.lines => return Err(TextError::ManyLines { what: what() }),
                '\n' | '\t' => {}
                c if is_hidden(c) => {
                    return Err(TextError::Hidden { what: what(), code: u32::from(c), position: index + 1 });
                }
                _ => {}
            }
        }
        Ok(text)
    }

    /// As [`Self::check`], with nothing or an empty text as `None`.
    pub fn check_optional(&self, what: &str, given: Option<&str>) -> Result<Option<String>, TextError> {
        match given.map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => self.check(what, text).map(Some),
        }
    }
}

/// Characters without width or meaning that come along when text is pasted.
const fn is_pasted_along(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}' | '\u{00ad}')
}

/// Control characters, and the marks that override the direction of reading, so that a text can show other than it says.
///
/// Joiners (U+200C, U+200D) and plain direction marks (U+200E, U+200F) stay: Persian, Hebrew, Hindi and emoji need them.
const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{2061}'..='\u{2064}' | '\u{206a}'..='\u{206f}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}
