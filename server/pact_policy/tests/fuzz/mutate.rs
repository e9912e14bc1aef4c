//! The corpus, with its tokens taken out, doubled, swapped, nested and mixed with those of other scripts, and its bytes cut and changed.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use super::{config, corpus, judged, same_as_anew, source};

/// Characters that a text should not need: hiding, reordering, imitating, joining, and of every width.
const ODD: [char; 16] = [
    '\u{202e}',
    '\u{2066}',
    '\u{200b}',
    '\u{200d}',
    '\u{feff}',
    '\u{00ad}',
    '\u{0301}',
    'а',
    'ѕ',
    'ﬁ',
    'ß',
    '漢',
    '🧾',
    '\u{0}',
    '\u{7f}',
    '\u{10ffff}',
];

/// Pairs that nest what stands between them.
const NESTS: [(&str, &str); 8] =
    [("(", ")"), ("[", "]"), ("{ ", " }"), ("#{a: ", "}"), ("`${", "}`"), ("if true { ", " }"), ("|x| ", ""), ("!", "")];

/// One change of a script.
#[derive(Clone, Debug)]
enum Change {
    /// Takes out so many tokens.
    Drop(Index, usize),
    /// Doubles so many tokens.
    Double(Index, usize),
    Swap(Index, Index),
    /// Puts tokens of another script in.
    Graft(Index, Index, Index, usize),
    /// Nests so many tokens, so often.
    Nest(Index, usize, usize, usize),
    /// Puts an odd character in.
    Odd(Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 1..12_usize).prop_map(|(at, n)| Change::Drop(at, n)),
        (at(), 1..30_usize).prop_map(|(at, n)| Change::Double(at, n)),
        (at(), at()).prop_map(|(a, b)| Change::Swap(a, b)),
        (at(), at(), at(), 1..60_usize).prop_map(|(at, other, from, n)| Change::Graft(at, other, from, n)),
        (at(), 1..20_usize, 0..NESTS.len(), 1..120_usize).prop_map(|(at, n, nest, times)| Change::Nest(at, n, nest, times)),
        (at(), 0..ODD.len()).prop_map(|(at, odd)| Change::Odd(at, odd)),
    ]
}

/// Words, numbers, texts, spaces, and every other character by itself.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let kind = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            1
        } else if c.is_whitespace() {
            2
        } else {
            3
        }
    };
    let mut last = 0;
    for c in text.chars() {
        match tokens.last_mut() {
            Some(token) if kind(c) == last && last < 3 => token.push(c),
            _ => tokens.push(c.to_string()),
        }
        last = kind(c);
    }
    tokens
}

/// The manifest of a script, which stays as it is, and its body.
fn parted(text: &str) -> (&str, &str) {
    let end = text.lines().take_while(|line| line.starts_with("//!")).map(|line| line.len() + 1).sum::<usize>();
    text.split_at(end.min(text.len()))
}

fn changed(text: &str, changes: &[Change], all: &[String]) -> String {
    let (head, body) = parted(text);
    let mut tokens = tokens(body);
    for change in changes {
        let length = tokens.len().max(1);
        let span = |at: &Index, n: usize| {
            let from = at.index(length).min(tokens.len());
            from..(from + n).min(tokens.len())
        };
        match change {
            Change::Drop(at, n) => drop(tokens.drain(span(at, *n))),
            Change::Double(at, n) => {
                let span = span(at, *n);
                let same = tokens[span.clone()].to_vec();
                tokens.splice(span.end..span.end, same);
            }
            Change::Swap(a, b) if !tokens.is_empty() => tokens.swap(a.index(length), b.index(length)),
            Change::Swap(..) => {}
            Change::Graft(at, other, from, n) => {
                let other = self::tokens(parted(&all[other.index(all.len())]).1);
                let from = from.index(other.len().max(1)).min(other.len());
                let graft = other[from..(from + n).min(other.len())].to_vec();
                let at = span(at, 0).start;
                tokens.splice(at..at, graft);
            }
            Change::Nest(at, n, nest, times) => {
                let (open, close) = NESTS[*nest];
                let span = span(at, *n);
                tokens.insert(span.end, close.repeat(*times));
                tokens.insert(span.start, open.repeat(*times));
            }
            Change::Odd(at, odd) => {
                let at = span(at, 0).start;
                tokens.insert(at, ODD[*odd].to_string());
            }
        }
    }
    format!("{head}{}", tokens.concat())
}

#[test]
fn changed_scripts_are_judged_or_named() {
    let all = corpus();
    let (parsed, refused) = (Cell::new(0_u32), Cell::new(0_u32));
    let mut runner = TestRunner::new(config(150));
    let inputs = (any::<Index>(), vec(change(), 1..5));
    runner
        .run(&inputs, |(script, changes)| {
            let before = &all[script.index(all.len())];
            let after = changed(before, &changes, &all);
            if let Some((report, _)) = judged(&after) {
                parsed.set(parsed.get() + u32::from(report.unreadable.is_empty()));
                refused.set(refused.get() + u32::from(!report.findings.is_empty()));
            }
            same_as_anew(before, &after);
            Ok(())
        })
        .unwrap();
    let (parsed, refused) = (parsed.get(), refused.get());
    println!("{parsed} parse, {refused} are refused");
    assert!(parsed > 0 && refused > 0, "the changes leave nothing to be judged");
}

/// Bytes that are cut off, changed or put in: text or not, manifest or not.
#[test]
fn changed_bytes_are_judged_or_named() {
    let all = corpus();
    let mut runner = TestRunner::new(config(150));
    let inputs = (any::<Index>(), any::<Index>(), vec((any::<Index>(), any::<u8>()), 0..6));
    runner
        .run(&inputs, |(script, cut, changes)| {
            let mut bytes = all[script.index(all.len())].clone().into_bytes();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.index(bytes.len() * 2));
            match String::from_utf8(bytes) {
                Ok(text) => drop(judged(&text)),
                Err(error) => assert!(source(error.as_bytes()).is_none()),
            }
            Ok(())
        })
        .unwrap();
}
