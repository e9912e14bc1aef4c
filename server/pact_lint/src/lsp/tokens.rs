//! Tokens of a script that is being written: it may not parse, so places are read from its words alone.

/// A token, by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Name,
    Number,
    /// A text with its quotes, or a part of one between what is put into it.
    Text,
    /// A sign of one or two characters: `(`, `.`, `::`, `=>`…
    Sign,
    Comment,
}

/// The signs of two characters that matter for reading types.
const PAIRS: [&str; 9] = ["::", "=>", "==", "!=", "<=", ">=", "&&", "||", "??"];

/// The tokens of a text, in order; what does not close reaches to its end.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, out: Vec::new() };
    lexer.until(None);
    lexer.out
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    out: Vec<Token>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let end = (self.at + length).min(self.text.len());
        self.out.push(Token { kind, start: self.at, end });
        self.at = end;
    }

    /// Reads tokens until the text ends, or until the brace that closes what is put into a text.
    fn until(&mut self, close: Option<char>) {
        let mut braces = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            if close == Some(c) && braces == 0 {
                return;
            }
            match c {
                _ if c.is_whitespace() => self.at += c.len_utf8(),
                '{' => braces += 1,
                '}' => braces = braces.saturating_sub(1),
                _ => {}
            }
            if !c.is_whitespace() {
                self.one(c);
            }
        }
    }

    fn one(&mut self, c: char) {
        let rest = self.rest();
        if rest.starts_with("//") {
            let length = rest.find('\n').unwrap_or(rest.len());
            self.push(TokenKind::Comment, length);
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |at| at + 2);
            self.push(TokenKind::Comment, length);
        } else if c.is_alphabetic() || c == '_' {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            self.push(TokenKind::Name, length);
        } else if c.is_ascii_digit() {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            self.push(TokenKind::Number, length);
        } else if c == '"' || c == '\'' {
            let length = quoted(rest, c);
            self.push(TokenKind::Text, length);
        } else if c == '`' {
            self.template();
        } else {
            let pair = PAIRS.iter().any(|pair| rest.starts_with(pair));
            self.push(TokenKind::Sign, if pair { 2 } else { c.len_utf8() });
        }
    }

    /// A text in backticks: its parts are texts, and between them stand the tokens of `${…}`.
    fn template(&mut self) {
        let mut length = 1;
        loop {
            let rest = &self.rest()[length.min(self.rest().len())..];
            let Some(c) = rest.chars().next() else {
                self.push(TokenKind::Text, length);
                return;
            };
            if c == '`' {
                self.push(TokenKind::Text, length + 1);
                return;
            }
            if rest.starts_with("${") {
                self.push(TokenKind::Text, length);
                self.push(TokenKind::Sign, 2);
                self.until(Some('}'));
                if self.rest().is_empty() {
                    return;
                }
                self.push(TokenKind::Sign, 1);
                length = 0;
            } else {
                length += c.len_utf8();
            }
        }
    }
}

/// The length of a quoted text with its quotes; it ends with its line if it does not close.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == '\n' {
            return at;
        }
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row: a text, and its tokens.
    #[test]
    fn tokens_are_found_in_unfinished_scripts() {
        let rows: [(&str, &[&str]); 5] = [
            ("let a = lead.", &["let", "a", "=", "lead", "."]),
            ("x // c\ny", &["x", "// c", "y"]),
            ("`a ${b.c(\"}\")} d`", &["`a ", "${", "b", ".", "c", "(", "\"}\"", ")", "}", " d`"]),
            ("\"open\nfoo", &["\"open", "foo"]),
            ("`${#{a: 1}.", &["`", "${", "#", "{", "a", ":", "1", "}", "."]),
        ];
        for (text, wanted) in rows {
            let found: Vec<_> = tokens(text).iter().map(|token| &text[token.start..token.end]).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }
}
