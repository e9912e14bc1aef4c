//! What each byte of a script is: code, or something that only looks like it.

/// What a byte of a script is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Code at the outer level, blanks among it.
    Code,
    /// Part of a text, with everything that is put into it.
    Text,
    Comment,
}

/// Where the scan is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    /// A text, ended by this sign.
    Text(u8),
    /// Code that is put into a text: how many braces are open in it.
    PutIn(u32),
    Line,
    /// Comments inside one another.
    Block(u32),
}

/// The class of every byte.
pub(super) fn classes(text: &str) -> Vec<Class> {
    let bytes = text.as_bytes();
    let mut classes = Vec::with_capacity(bytes.len());
    let mut stack = vec![Inside::Code];
    let mut at = 0;
    while at < bytes.len() {
        let inside = stack.last().copied().unwrap_or(Inside::Code);
        let two = bytes.get(at..at + 2).unwrap_or_default();
        // What ends or begins here, how many bytes that is, and their class.
        let (length, class) = match inside {
            Inside::Code | Inside::PutIn(_) => in_code(&mut stack, bytes[at], two),
            Inside::Text(end) => in_text(&mut stack, end, bytes[at], two),
            Inside::Line => {
                if bytes[at] == b'\n' {
                    stack.pop();
                }
                (1, Class::Comment)
            }
            Inside::Block(depth) => in_comment(&mut stack, depth, two),
        };
        let outer = stack.iter().chain([&inside]).all(|level| !matches!(level, Inside::Text(_) | Inside::PutIn(_)));
        let class = if class == Class::Code && !outer { Class::Text } else { class };
        classes.extend(std::iter::repeat_n(class, length));
        at += length;
    }
    classes.truncate(bytes.len());
    classes
}

fn in_code(stack: &mut Vec<Inside>, byte: u8, two: &[u8]) -> (usize, Class) {
    match (byte, two) {
        (_, b"//") => {
            stack.push(Inside::Line);
            (2, Class::Comment)
        }
        (_, b"/*") => {
            stack.push(Inside::Block(1));
            (2, Class::Comment)
        }
        (b'"' | b'`' | b'\'', _) => {
            stack.push(Inside::Text(byte));
            (1, Class::Text)
        }
        (b'{' | b'}', _) => {
            if let Some(Inside::PutIn(open)) = stack.last_mut() {
                *open = if byte == b'{' { *open + 1 } else { *open - 1 };
                if *open == 0 {
                    stack.pop();
                }
            }
            (1, Class::Code)
        }
        _ => (1, Class::Code),
    }
}

fn in_text(stack: &mut Vec<Inside>, end: u8, byte: u8, two: &[u8]) -> (usize, Class) {
    match (byte, two) {
        (b'\\', [_, _]) if end != b'`' => (2, Class::Text),
        (_, b"${") if end == b'`' => {
            stack.push(Inside::PutIn(1));
            (2, Class::Text)
        }
        _ => {
            // A back tick twice is one that does not end the text: it ends here and begins again at the next byte.
            if byte == end {
                stack.pop();
            }
            (1, Class::Text)
        }
    }
}

fn in_comment(stack: &mut Vec<Inside>, depth: u32, two: &[u8]) -> (usize, Class) {
    let depth = match two {
        b"*/" => depth - 1,
        b"/*" => depth + 1,
        _ => return (1, Class::Comment),
    };
    stack.pop();
    if depth > 0 {
        stack.push(Inside::Block(depth));
    }
    (2, Class::Comment)
}

/// The last byte of code before a place, blanks and comments left out.
pub(super) fn before(text: &str, classes: &[Class], at: usize) -> Option<u8> {
    let bytes = text.as_bytes();
    (0..at).rev().find(|&i| classes[i] != Class::Comment && !bytes[i].is_ascii_whitespace()).map(|i| match classes[i] {
        Class::Code => bytes[i],
        // Whatever a text ends with, it is no sign of the language.
        Class::Text | Class::Comment => b'"',
    })
}

/// Where the expression that begins at a place ends: at a comma or semicolon, or at what closes that in which it stands.
pub(super) fn end_of(text: &str, classes: &[Class], from: usize) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        if classes[at] != Class::Code {
            continue;
        }
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' if depth > 0 => depth -= 1,
            b'}' | b')' | b']' | b',' | b';' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `#` for code, `t` for text, `c` for comments.
    fn drawn(text: &str) -> String {
        let sign = |class: Class| match class {
            Class::Code => '#',
            Class::Text => 't',
            Class::Comment => 'c',
        };
        classes(text).into_iter().map(sign).collect()
    }

    #[test]
    fn texts_and_comments_are_no_code() {
        for (text, wanted) in [
            ("a; // b\nc", "###ccccc#"),
            ("a /* { /* } */ */ b", "##ccccccccccccccc##"),
            (r#""\"}" }"#, "ttttt##"),
            ("`a ${ #{b: `c`} } d` e", "tttttttttttttttttttt##"),
            ("'}' }", "ttt##"),
        ] {
            assert_eq!(drawn(text), wanted, "{text}");
        }
    }

    #[test]
    fn an_expression_ends_with_what_it_stands_in() {
        for (text, from, wanted) in [
            ("{ 1 => f(a, b), _ => 2 }", 7, 14),
            ("{ _ => `,}` }", 7, 12),
            ("{ _ => { a; } }", 7, 14),
            ("f(|a| g(a, 1))", 6, 13),
            ("let f = |a| a[1]; f", 12, 16),
        ] {
            assert_eq!(end_of(text, &classes(text), from), Some(wanted), "{text}");
        }
    }
}
