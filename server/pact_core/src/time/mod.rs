//! Instants, clock spans and working spans.
//!
//! An [`Instant`] is a point on the world's one time line; a [`Span`] is clock time between two of them; a [`WorkSpan`] is
//! working time, which only a calendar can turn into instants.

mod parse;
mod span;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use parse::{AnySpan, SpanError};
pub use span::{MINUTES_PER_WORK_DAY, Span, WorkSpan};

const MILLIS_PER_SECOND: i64 = 1_000;

/// An instant in UTC, to the millisecond, between the years 1 and 9999 (the years that RFC 3339 can write).
///
/// It is written as RFC 3339 with milliseconds (`2026-11-24T10:10:00.000Z`) wherever people read it, and as the number of
/// milliseconds since 1970 elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

/// A text that is no instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no instant. Write it like 2026-11-24T10:10:00Z.")]
pub struct InstantError(String);

impl Instant {
    /// The first instant: the start of the year 1.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// The last instant: the end of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant of so many milliseconds since 1970; beyond [`Self::MIN`] and [`Self::MAX`], the nearest of these.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The instant `span` later, if it exists.
    pub fn checked_add(self, span: Span) -> Option<Self> {
        let millis = self.0.checked_add(span.seconds().checked_mul(MILLIS_PER_SECOND)?)?;
        (Self::MIN.0..=Self::MAX.0).contains(&millis).then_some(Self(millis))
    }

    /// The instant `span` earlier, if it exists.
    pub fn checked_sub(self, span: Span) -> Option<Self> {
        self.checked_add(span.checked_neg()?)
    }

    /// Clock time from `earlier` to this instant in whole seconds, rounded down; negative when `earlier` is later.
    pub fn since(self, earlier: Self) -> Span {
        Span::of_seconds((self.0 - earlier.0).div_euclid(MILLIS_PER_SECOND))
    }

    /// The same instant as chrono's type.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// The first instant of a day on the clocks of a zone; where they skip midnight, the first instant after it.
    pub fn start_of(day: chrono::NaiveDate, zone: chrono_tz::Tz) -> Self {
        let local = |hour| day.and_hms_opt(hour, 0, 0).and_then(|time| time.and_local_timezone(zone).earliest());
        let found = (0..24).find_map(local).map(|at| at.timestamp_millis());
        Self(found.unwrap_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()))
    }

    /// The day that clocks in `zone` show at this instant.
    pub fn day_in(self, zone: Tz) -> NaiveDate {
        self.to_utc().with_timezone(&zone).date_naive()
    }

    /// The instant as people in `zone` say it: `Tue 24 Nov 11:10`.
    pub fn words_in(self, zone: Tz) -> String {
        zone.from_utc_datetime(&self.to_utc().naive_utc()).format("%a %-d %b %H:%M").to_string()
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(at: DateTime<Utc>) -> Self {
        Self::from_millis(at.timestamp_millis())
    }
}

impl From<Instant> for DateTime<Utc> {
    fn from(at: Instant) -> Self {
        at.to_utc()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, InstantError> {
        let refuse = || InstantError(text.to_owned());
        let at = DateTime::parse_from_rfc3339(text.trim()).map_err(|_| refuse())?.timestamp_millis();
        if (Self::MIN.0..=Self::MAX.0).contains(&at) { Ok(Self(at)) } else { Err(refuse()) }
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Self::from_millis)
        }
    }
}
