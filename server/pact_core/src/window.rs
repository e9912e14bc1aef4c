//! Windows of days: from a first to a last, both included, on the clock of the person whom they concern.

use chrono::NaiveDate;

/// Some days in a row, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
}

impl Window {
    /// Whether it ends before it begins, so that it is none.
    #[must_use]
    pub fn is_backwards(&self) -> bool {
        self.last < self.first
    }

    /// How many days it has.
    #[must_use]
    pub fn days(&self) -> i64 {
        self.last.signed_duration_since(self.first).num_days() + 1
    }

    /// Whether a day belongs to it.
    #[must_use]
    pub fn contains(&self, day: NaiveDate) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// Whether a day belongs to both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether no more than so many days lie between the two.
    #[must_use]
    pub fn is_near(&self, other: &Self, days: u64) -> bool {
        let reach = |day: NaiveDate| day.checked_add_days(chrono::Days::new(days)).unwrap_or(NaiveDate::MAX);
        other.first < reach(self.last) && self.first < reach(other.last)
    }
}
