//! What a value reveals about acts of staff.

use std::ops::{BitOr, BitOrAssign};

/// The label that reading an entry of the table raises on a value, as `policy.md` §3 defines its parts.
///
/// *Measure* and *metric* are not here: they are made by what a script does with values, and the linter derives them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Label(u8);

impl Label {
    /// Reveals nothing about acts of staff.
    pub const NONE: Self = Self(0);
    /// Reveals the identity of a person, or something that stands for one.
    pub const WHO: Self = Self(1);
    /// Shows an act of a member of staff: a trace.
    pub const TRACE: Self = Self(2);
    /// The quiet clock of one lead or customer: a trace that policy §2.3 sanctions for its subject.
    pub const CLOCK: Self = Self(4);
    /// A subject measure of one customer or lead (policy §2, "where the border runs").
    pub const SUBJECT: Self = Self(8);
    /// Read inside a coaching period; may only flow to a note of the same period.
    pub const COACHING: Self = Self(16);
    /// An act of a named person: *who* together with *trace*.
    pub const WHO_TRACE: Self = Self(1 | 2);

    /// Whether every part of `other` is in this label.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether this label and `other` share a part.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The label that has the parts of both.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Names of the parts, in a fixed order, for reference pages and findings.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        const NAMES: [(Label, &str); 5] = [
            (Label::WHO, "who"),
            (Label::TRACE, "trace"),
            (Label::CLOCK, "quiet clock"),
            (Label::SUBJECT, "subject measure"),
            (Label::COACHING, "coaching"),
        ];
        NAMES.into_iter().filter(move |(part, _)| self.has(*part)).map(|(_, name)| name)
    }
}

impl BitOr for Label {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

impl BitOrAssign for Label {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.with(other);
    }
}

impl std::fmt::Debug for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
