//! Small edits of a manifest's text: in `plugin.toml`, or in the leading `//!` lines of a script.

use std::ops::Range;

/// Bytes that are replaced, and by what.
pub(crate) type Edit = (Range<usize>, String);

/// A line of the manifest, without the `//!` before it: where its content starts, and the content.
struct Line<'a> {
    start: usize,
    content: &'a str,
}

fn lines(text: &str, in_script: bool) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = if in_script {
            match line.strip_prefix("//!") {
                Some(content) => content,
                None if line.trim().is_empty() => "",
                None => break,
            }
        } else {
            line
        };
        if !(in_script && content.is_empty()) {
            lines.push(Line { start: start + line.len() - content.len(), content });
        }
        start += line.len();
    }
    lines
}

/// The edit that adds a word to a list at the top of the manifest, such as `may`.
pub(crate) fn add_to_list(text: &str, in_script: bool, list: &str, word: &str) -> Option<Edit> {
    let lines = lines(text, in_script);
    let top: Vec<_> = lines.iter().take_while(|line| !line.content.trim_start().starts_with('[')).collect();
    let is_list = |line: &&&Line<'_>| {
        let rest = line.content.trim_start().strip_prefix(list).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with('='))
    };
    let Some(line) = top.iter().find(is_list) else {
        return add_line(text, in_script, &format!("{list} = [\"{word}\"]"));
    };
    let open = line.start + line.content.find('[')?;
    let close = open + text[open..].find(']')?;
    // The last line of a list of several may hold nothing but the mark of a script's manifest.
    let inner = text[open + 1..close].trim_end();
    let inner = if in_script { inner.strip_suffix("//!").unwrap_or(inner).trim_end() } else { inner };
    let at = open + 1 + inner.len();
    let comma = if inner.trim().is_empty() || inner.ends_with(',') { "" } else { ", " };
    Some((at..at, format!("{comma}\"{word}\"")))
}

/// The edit that adds a line at the top of the manifest, before its first table.
pub(crate) fn add_line(text: &str, in_script: bool, line: &str) -> Option<Edit> {
    let lines = lines(text, in_script);
    let last = lines
        .iter()
        .take_while(|line| !line.content.trim_start().starts_with('['))
        .filter(|line| !line.content.trim().is_empty())
        .last()?;
    let end = last.start + last.content.trim_end_matches(['\n', '\r']).len();
    let mark = if in_script { "//! " } else { "" };
    Some((end..end, format!("\n{mark}{line}")))
}

/// The edit that adds a line below the header of the definition that starts on this line, counted from 1.
pub(crate) fn add_below(text: &str, line: u32, added: &str) -> Option<Edit> {
    let mut start = 0;
    for (number, content) in (1..).zip(text.split_inclusive('\n')) {
        if number == line {
            let end = start + content.trim_end_matches(['\n', '\r']).len();
            let mark = if content.starts_with("//!") { "//! " } else { "" };
            return Some((end..end, format!("\n{mark}{added}")));
        }
        start += content.len();
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

    use pact_policy::manifest::{leading_manifest, parse_manifest};
    use pact_policy::table::Capability;

    use super::*;

    fn applied(text: &str, (range, new): Edit) -> String {
        format!("{}{new}{}", &text[..range.start], &text[range.end..])
    }

    /// Each row: what follows the head, and the `may` that adding `notify` gives.
    #[test]
    fn a_word_is_added_to_a_list_wherever_it_stands() {
        let rows = [
            "may = [\"push\"]\n[settings]\n",
            "may = []\n",
            "may = [\n    \"push\",\n]\n\n[settings]\n",
            "[settings]\na = { type = \"number\", default = 1 }\n",
            "summary = \"may = []\"\n",
        ];
        for rest in rows {
            let text = format!("id = \"a\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"A\"\n{rest}");
            let new = applied(&text, add_to_list(&text, false, "may", "notify").unwrap());
            let manifest = parse_manifest(&new).unwrap();
            assert!(manifest.may.contains(&Capability::Notify), "{new}");
            let script: String = text.lines().map(|line| format!("//! {line}\n")).collect::<String>() + "\nfn f() {}\n";
            let new = applied(&script, add_to_list(&script, true, "may", "notify").unwrap());
            let manifest = parse_manifest(&leading_manifest(&new)).unwrap();
            assert!(manifest.may.contains(&Capability::Notify), "{new}");
            assert!(new.ends_with("\nfn f() {}\n"));
        }
    }
}
