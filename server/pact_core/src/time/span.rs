//! Clock spans and working spans, and how they are said.

use std::fmt;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// Working minutes in one work day: eight hours, whatever one person's day is.
pub const MINUTES_PER_WORK_DAY: i64 = 480;
const MINUTES_PER_WORK_HOUR: i64 = 60;

/// The largest count that is still said in one small unit: "90 minutes", but "3 days 3 hours 1 minute".
const LARGEST_SINGLE_COUNT: i64 = 99;

/// Clock time, in seconds: it passes at night and on holidays too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span(i64);

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// A span of so many seconds.
    pub const fn of_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// A span of so many minutes, if it can be held.
    pub fn of_minutes(minutes: i64) -> Option<Self> {
        minutes.checked_mul(MINUTE).map(Self)
    }

    /// A span of so many hours, if it can be held.
    pub fn of_hours(hours: i64) -> Option<Self> {
        hours.checked_mul(HOUR).map(Self)
    }

    /// A span of so many days of 24 hours, if it can be held.
    pub fn of_days(days: i64) -> Option<Self> {
        days.checked_mul(DAY).map(Self)
    }

    /// A span of so many weeks, if it can be held.
    pub fn of_weeks(weeks: i64) -> Option<Self> {
        weeks.checked_mul(WEEK).map(Self)
    }

    /// The span in seconds.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Both spans together, if that can be held.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// This span without the other, if that can be held.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// This span so many times, if that can be held.
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }

    /// The same span backwards, if it can be held.
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let seconds = self.0.unsigned_abs();
        let units = [(WEEK, "week"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second")];
        let whole = units.into_iter().find(|(size, _)| seconds != 0 && seconds.is_multiple_of(size.unsigned_abs()));
        let Some((size, unit)) = whole else { return f.write_str("0 minutes") };
        let count = seconds / size.unsigned_abs();
        if size >= DAY || count <= LARGEST_SINGLE_COUNT.unsigned_abs() {
            return f.write_str(&counted(count, unit));
        }
        f.write_str(&compound(seconds, &units[1..]).join(" "))
    }
}

/// Working time, in minutes: it passes only while a calendar says that people work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkSpan(i64);

impl WorkSpan {
    /// No working time.
    pub const ZERO: Self = Self(0);

    /// So many working minutes.
    pub const fn of_minutes(minutes: i64) -> Self {
        Self(minutes)
    }

    /// So many working hours, if it can be held.
    pub fn of_hours(hours: i64) -> Option<Self> {
        hours.checked_mul(MINUTES_PER_WORK_HOUR).map(Self)
    }

    /// So many work days of eight hours, if it can be held.
    pub fn of_days(days: i64) -> Option<Self> {
        days.checked_mul(MINUTES_PER_WORK_DAY).map(Self)
    }

    /// The span in working minutes.
    pub const fn minutes(self) -> i64 {
        self.0
    }

    /// Whole work days in it, and the minutes beyond them; both have the sign of the span.
    pub const fn days_and_minutes(self) -> (i64, i64) {
        (self.0 / MINUTES_PER_WORK_DAY, self.0 % MINUTES_PER_WORK_DAY)
    }

    /// Both spans together, if that can be held.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// This span without the other, if that can be held.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// This span so many times, if that can be held.
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }

    /// The same span backwards, if it can be held.
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }
}

impl fmt::Display for WorkSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let units = [(MINUTES_PER_WORK_DAY, "day"), (MINUTES_PER_WORK_HOUR, "hour"), (1, "minute")];
        let parts = compound(self.0.unsigned_abs(), &units);
        let said = if parts.is_empty() { counted(0, "minute") } else { parts.join(" ") };
        // Only the first unit needs the word: "2 work days 3 hours".
        f.write_str(&said.replacen(' ', " work ", 1))
    }
}

fn compound(mut amount: u64, units: &[(i64, &str)]) -> Vec<String> {
    let mut parts = Vec::new();
    for (size, unit) in units {
        let count = amount / size.unsigned_abs();
        amount %= size.unsigned_abs();
        if count > 0 {
            parts.push(counted(count, unit));
        }
    }
    parts
}

fn counted(count: u64, unit: &str) -> String {
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}
