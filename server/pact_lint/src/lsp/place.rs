//! Places: editors count UTF-16 units from 0 and name files by URI, findings count characters from 1 and name files by path.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::{Position, Range, Uri};

/// The byte of a position; past the end of a line it is the line's end.
pub(crate) fn offset(text: &str, position: Position) -> usize {
    let start = line_start(text, position.line as usize);
    let line = text[start..].split('\n').next().unwrap_or("");
    let line = line.strip_suffix('\r').unwrap_or(line);
    let mut units = 0;
    for (at, c) in line.char_indices() {
        if units >= position.character as usize {
            return start + at;
        }
        units += c.len_utf16();
    }
    start + line.len()
}

fn line_start(text: &str, line: usize) -> usize {
    if line == 0 {
        return 0;
    }
    text.match_indices('\n').nth(line - 1).map_or(text.len(), |(at, _)| at + 1)
}

/// The position of a byte.
pub(crate) fn position(text: &str, offset: usize) -> Position {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    let start = head.rfind('\n').map_or(0, |at| at + 1);
    let line = head.matches('\n').count();
    let character: usize = head[start..].chars().map(char::len_utf16).sum();
    Position { line: small(line), character: small(character) }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The range between two bytes.
pub(crate) fn range(text: &str, bytes: std::ops::Range<usize>) -> Range {
    Range { start: position(text, bytes.start), end: position(text, bytes.end) }
}

/// The position of a line and column as findings count them.
pub(crate) fn of_finding(text: &str, line: u32, column: u32) -> Position {
    let start = line_start(text, line.saturating_sub(1) as usize);
    let content = text[start..].split('\n').next().unwrap_or("");
    let skip = column.saturating_sub(1) as usize;
    let character: usize = content.chars().take(skip).map(char::len_utf16).sum();
    Position { line: line.saturating_sub(1), character: small(character) }
}

/// The URI of a file.
pub(crate) fn uri_of(path: &Path) -> Option<Uri> {
    let mut uri = String::from("file://");
    let text = path.to_str()?.replace('\\', "/");
    if !text.starts_with('/') {
        uri.push('/');
    }
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    Uri::from_str(&uri).ok()
}

/// The file of a URI, if it is one of the file system.
pub(crate) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let encoded = uri.as_str().strip_prefix("file://")?;
    let encoded = &encoded[encoded.find('/')?..];
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let path = String::from_utf8(bytes).ok()?;
    // `/C:/…` on the one system whose paths have letters.
    let has_drive = path.as_bytes().get(2) == Some(&b':') && cfg!(windows);
    Some(PathBuf::from(if has_drive { &path[1..] } else { &path }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

    use super::*;

    /// Each row: a byte, and the position that editors give it; `𝄞` is two units of UTF-16 and four bytes.
    #[test]
    fn positions_count_utf16() {
        let text = "a𝄞é\r\nb𝄞";
        let rows = [(0, (0, 0)), (1, (0, 1)), (5, (0, 3)), (7, (0, 4)), (9, (1, 0)), (10, (1, 1)), (14, (1, 3))];
        for (byte, (line, character)) in rows {
            assert_eq!(position(text, byte), Position { line, character }, "{byte}");
            assert_eq!(offset(text, Position { line, character }), byte);
        }
        assert_eq!(offset(text, Position { line: 0, character: 99 }), 7, "the end of the line, before its return");
        assert_eq!(offset(text, Position { line: 9, character: 0 }), text.len());
        assert_eq!(of_finding(text, 1, 3), Position { line: 0, character: 3 });
    }

    #[test]
    fn paths_survive_uris() {
        for path in ["/a b/ü#%/x.rhai", "/plugins/lead-push/plugin.toml"] {
            let uri = uri_of(Path::new(path)).unwrap();
            assert_eq!(path_of(&uri).unwrap(), Path::new(path), "{}", uri.as_str());
        }
        assert_eq!(path_of(&Uri::from_str("untitled:Untitled-1").unwrap()), None);
    }
}
