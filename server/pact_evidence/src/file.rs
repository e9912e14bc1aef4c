//! The evidence file: what an auditor takes home. Lines of text, each a word and what it holds:
//!
//! ```text
//! pact-evidence 1
//! checkpoint "…"     a signed note, as a JSON text; any number, the newest last
//! entry {…}          an entry, byte for byte as it is hashed; all of them, in their order
//! text "…"           a text that entries name by its hash: sources, and reports of refusals
//! end
//! ```
//!
//! Every entry is there, so the tree itself is the proof of inclusion and of consistency: whoever reads the file builds it.

/// The first line.
pub const HEAD: &str = "pact-evidence 1";
/// The last line, without which the file was cut off.
pub const END: &str = "end";

/// One line, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// The first line.
    Head,
    /// A signed note.
    Checkpoint(String),
    /// An entry's bytes.
    Entry(&'a str),
    /// A text that entries name by its hash.
    Text(String),
    /// The last line.
    End,
}

/// A line that is none of an evidence file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no line of an evidence file")]
pub struct NoLine;

impl<'a> Line<'a> {
    /// Reads a line, without its line break.
    ///
    /// # Errors
    /// A line that is none of an evidence file.
    pub fn read(line: &'a str) -> Result<Self, NoLine> {
        let text = |json: &str| serde_json::from_str::<String>(json).map_err(|_| NoLine);
        match line.split_once(' ') {
            Some(("entry", bytes)) => Ok(Self::Entry(bytes)),
            Some(("checkpoint", json)) => text(json).map(Self::Checkpoint),
            Some(("text", json)) => text(json).map(Self::Text),
            _ if line == HEAD => Ok(Self::Head),
            _ if line == END => Ok(Self::End),
            _ => Err(NoLine),
        }
    }

    /// The line with its line break.
    #[must_use]
    pub fn write(&self) -> String {
        let json = |text: &String| serde_json::Value::from(text.as_str()).to_string();
        match self {
            Self::Head => format!("{HEAD}\n"),
            Self::Checkpoint(note) => format!("checkpoint {}\n", json(note)),
            Self::Entry(bytes) => format!("entry {bytes}\n"),
            Self::Text(text) => format!("text {}\n", json(text)),
            Self::End => format!("{END}\n"),
        }
    }
}
