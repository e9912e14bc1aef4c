//! The texts of scripts: places, extents of what stands at a place, and characters that hide something.

use crate::ir::Pos;

/// The lines of a text, for extents and excerpts.
pub(crate) struct Lines<'a> {
    pub(crate) text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The byte at which a place is.
    pub(crate) fn offset(&self, line: u32, column: u32) -> usize {
        let Some(&start) = self.starts.get((line as usize).saturating_sub(1)) else { return self.text.len() };
        let end = self.starts.get(line as usize).copied().unwrap_or(self.text.len());
        let skip = (column as usize).saturating_sub(1);
        self.text[start..end].char_indices().nth(skip).map_or(end, |(at, _)| start + at)
    }

    /// The line and column of a byte.
    pub(crate) fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|&start| start <= offset);
        let start = self.starts[line.saturating_sub(1)];
        let column = self.text[start..offset.max(start)].chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// Where what starts at a place ends: a call with its arguments, a statement, or a word.
    pub(crate) fn extent(&self, pos: Pos) -> (usize, usize) {
        let start = self.offset(u32::from(pos.line), u32::from(pos.column));
        let rest = &self.text[start..];
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let head = &rest[..word];
        if matches!(head, "throw" | "return") {
            return (start, start + statement(rest));
        }
        if word == 0 {
            let end = if rest.starts_with(['(', '[', '{', '`', '"', '\'']) {
                balanced(rest)
            } else {
                rest.chars().next().map_or(0, char::len_utf8)
            };
            return (start, start + end);
        }
        let gap = rest[word..].len() - rest[word..].trim_start().len();
        if rest[word + gap..].starts_with('(') {
            return (start, start + word + gap + balanced(&rest[word + gap..]));
        }
        (start, start + word)
    }
}

/// The length of a bracketed text or literal from its first character, or of its first line if it does not close.
fn balanced(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + c.len_utf8();
                }
            }
            '"' | '`' | '\'' => {
                let mut escaped = false;
                for (end, inner) in chars.by_ref() {
                    if inner == c && !escaped {
                        if depth == 0 {
                            return end + inner.len_utf8();
                        }
                        break;
                    }
                    escaped = inner == '\\' && !escaped && c != '`';
                }
            }
            '/' if matches!(chars.peek(), Some((_, '/'))) => {
                chars.by_ref().find(|(_, c)| *c == '\n');
            }
            _ => {}
        }
    }
    text.find('\n').unwrap_or(text.len())
}

fn statement(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            '}' if depth == 0 => return text[..at].trim_end().len(),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ';' | '\n' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// A character that hides, reorders or imitates text, with why it is refused.
pub(crate) fn odd_characters(text: &str) -> Vec<(Pos, String)> {
    let mut odd = Vec::new();
    if text.is_ascii() {
        return odd;
    }
    for (line, content) in (1_u16..).zip(text.lines()) {
        if content.is_ascii() {
            continue;
        }
        let (mut latin, mut imitates) = (false, None);
        for (column, c) in (1_u16..).zip(content.chars().chain(std::iter::once(' '))) {
            let pos = Pos { line, column };
            let first = line == 1 && column == 1;
            if is_hiding(c) && !(first && c == '\u{feff}') {
                odd.push((
                    pos,
                    format!("the character U+{:04X} hides or reorders text; what is read is not what is there", u32::from(c)),
                ));
            }
            if c.is_alphabetic() {
                latin |= c.is_ascii_alphabetic();
                if imitates_latin(c) && imitates.is_none() {
                    imitates = Some((pos, c));
                }
                continue;
            }
            if c != '_' {
                if let (true, Some((pos, c))) = (latin, imitates) {
                    odd.push((
                        pos,
                        format!("`{c}` (U+{:04X}) looks like a Latin letter and is none; a word mixes both", u32::from(c)),
                    ));
                }
                (latin, imitates) = (false, None);
            }
        }
    }
    odd
}

fn is_hiding(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
        | '\u{061c}' | '\u{feff}' | '\u{00ad}' | '\u{180e}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}'
    ) || (c.is_control() && !matches!(c, '\t' | '\r' | '\n'))
}

fn imitates_latin(c: char) -> bool {
    "аеорсухіјѕԁһԛԝАВЕКМНОРСТХІЈЅУоαοννρτυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ".contains(c) || ('\u{ff21}'..='\u{ff5a}').contains(&c)
}
