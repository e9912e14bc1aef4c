//! How the demo speaks: plain sentences, with colours where a terminal shows them.

use std::io::{IsTerminal, Write, stdout};

use pact_core::time::Instant;

/// The longest line of what somebody wrote.
const WIDTH_CHARS: usize = 100;

const BOLD: &str = "1";
const FAINT: &str = "2";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BLUE: &str = "34";

/// Speaks to the terminal.
pub(super) struct Voice {
    colours: bool,
}

/// Whether it is a terminal that has colours, and nobody asked for none (<https://no-color.org>).
pub(super) fn shows_colours(stream: &impl IsTerminal) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !unwanted && !dumb
}

impl Voice {
    /// To standard output.
    pub(super) fn of_this_terminal() -> Self {
        Self { colours: shows_colours(&stdout()) }
    }

    /// A headline.
    pub(super) fn chapter(&self, text: &str) {
        self.line(&format!("\n{}", self.dressed(text, BOLD)));
    }

    /// A plain sentence.
    pub(super) fn say(&self, text: &str) {
        self.line(&format!("  {text}"));
    }

    /// What the next sentences are about.
    pub(super) fn named(&self, what: &str) {
        self.line(&format!("  {}", self.dressed(what, BOLD)));
    }

    /// Something by the way.
    pub(super) fn aside(&self, text: &str) {
        self.line(&format!("  {}", self.dressed(text, FAINT)));
    }

    /// What a customer wrote.
    pub(super) fn quote(&self, who: &str, text: &str) {
        self.line(&format!("  {}", self.dressed(who, BOLD)));
        for line in wrapped(text, WIDTH_CHARS) {
            self.line(&format!("    {}", self.dressed(&line, FAINT)));
        }
    }

    /// A step of a lead's history.
    pub(super) fn step(&self, what: &str, text: &str, at: Option<Instant>) {
        let colour = match what {
            "accepted" | "won" => GREEN,
            "declined" | "expired" | "escalated" | "refused" | "run_failed" => YELLOW,
            "pushed" | "transferred" => BLUE,
            _ => FAINT,
        };
        let clock = at.map_or_else(String::new, |at| at.to_utc().format("%H:%M:%S ").to_string());
        let mut lines = wrapped(text, WIDTH_CHARS).into_iter();
        let first = lines.next().unwrap_or_default();
        self.line(&format!("    {}{} {first}", self.dressed(&clock, FAINT), self.dressed("●", colour)));
        for line in lines {
            self.line(&format!("      {:width$}{line}", "", width = clock.chars().count()));
        }
    }

    /// A row of two columns.
    pub(super) fn row(&self, left: &str, right: &str) {
        self.line(&format!("  {}{right}", self.dressed(&format!("{left:<38}"), BOLD)));
    }

    fn dressed(&self, text: &str, colour: &str) -> String {
        if self.colours && !text.is_empty() { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A line at once; a reader that went away (`pact demo | head`) is no failure.
    fn line(&self, text: &str) {
        let mut out = stdout().lock();
        drop(writeln!(out, "{text}").and_then(|()| out.flush()));
    }
}

/// The words of a text on lines of at most so many characters; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_long_as_the_words_allow() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("überlanges Wort", 4), ["überlanges", "Wort"]);
        assert!(wrapped(" ", 4).is_empty());
    }

    #[test]
    fn without_colours_nothing_but_the_text_is_said() {
        let (plain, colourful) = (Voice { colours: false }, Voice { colours: true });
        assert_eq!(plain.dressed("text", BOLD), "text");
        assert_eq!(colourful.dressed("text", BOLD), "\u{1b}[1mtext\u{1b}[0m");
        assert_eq!(colourful.dressed("", BOLD), "");
    }
}
