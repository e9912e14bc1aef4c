//! Reading spans from text, as settings and people write them: "5 work days", "90 minutes".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{MINUTES_PER_WORK_DAY, Span, WorkSpan};

const WORK_DAYS_PER_WORK_WEEK: i64 = 5;

/// A span of either kind, as a setting may hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnySpan {
    /// Clock time.
    Clock(Span),
    /// Working time.
    Work(WorkSpan),
}

/// A text that is no span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// The text cannot be read as a span of either kind.
    #[error(
        "\"{0}\" is no span of time. Write a whole number and a unit, such as \"5 work days\", \"4 work hours\", \"6 weeks\" or \"90 minutes\"."
    )]
    Unreadable(String),
    /// The span is longer than PACT can hold.
    #[error("\"{0}\" is too long a span. Write a shorter one.")]
    TooLong(String),
    /// Clock time was given where working time is wanted.
    #[error("\"{0}\" is clock time, and working time is wanted here. Write it with \"work\", such as \"4 work hours\".")]
    NotWorking(String),
    /// Working time was given where clock time is wanted.
    #[error("\"{0}\" is working time, and clock time is wanted here. Write it without \"work\", such as \"4 hours\".")]
    NotClock(String),
}

impl fmt::Display for AnySpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(span) => span.fmt(f),
            Self::Work(span) => span.fmt(f),
        }
    }
}

impl From<Span> for AnySpan {
    fn from(span: Span) -> Self {
        Self::Clock(span)
    }
}

impl From<WorkSpan> for AnySpan {
    fn from(span: WorkSpan) -> Self {
        Self::Work(span)
    }
}

/// Reads pairs of a number and a unit; "work" before any unit makes all of them working time.
impl FromStr for AnySpan {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let unreadable = || SpanError::Unreadable(text.to_owned());
        let too_long = || SpanError::TooLong(text.to_owned());
        let trimmed = text.trim();
        let (sign, rest) = trimmed.strip_prefix('-').map_or((1, trimmed), |rest| (-1, rest));
        let lower = rest.to_lowercase();
        let mut words = lower.split_whitespace().peekable();
        let mut work = false;
        let mut total: Option<i64> = None;
        while let Some(number) = words.next() {
            // Only digits: parse() alone would accept a second sign.
            if !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(unreadable());
            }
            let count: i64 = number.parse().map_err(|_| too_long())?;
            if words.next_if(|word| matches!(*word, "work" | "working")).is_some() {
                // "2 hours 1 work day" would mix the kinds.
                if total.is_some() && !work {
                    return Err(unreadable());
                }
                work = true;
            }
            let size = words.next().and_then(|unit| unit_size(unit, work)).ok_or_else(unreadable)?;
            let amount = count.checked_mul(size).ok_or_else(too_long)?;
            total = Some(total.unwrap_or(0).checked_add(amount).ok_or_else(too_long)?);
        }
        let amount = sign * total.ok_or_else(unreadable)?;
        Ok(if work { Self::Work(WorkSpan::of_minutes(amount)) } else { Self::Clock(Span::of_seconds(amount)) })
    }
}

/// The unit in working minutes, or in seconds of clock time.
fn unit_size(unit: &str, work: bool) -> Option<i64> {
    Some(match (unit.strip_suffix('s').unwrap_or(unit), work) {
        ("second", false) => 1,
        ("minute", false) => 60,
        ("hour", false) => 3_600,
        ("day", false) => 86_400,
        ("week", false) => 604_800,
        ("minute", true) => 1,
        ("hour", true) => 60,
        ("day", true) => MINUTES_PER_WORK_DAY,
        ("week", true) => WORK_DAYS_PER_WORK_WEEK * MINUTES_PER_WORK_DAY,
        _ => return None,
    })
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        match text.parse()? {
            AnySpan::Clock(span) => Ok(span),
            AnySpan::Work(_) => Err(SpanError::NotClock(text.to_owned())),
        }
    }
}

impl FromStr for WorkSpan {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        match text.parse()? {
            AnySpan::Work(span) => Ok(span),
            AnySpan::Clock(_) => Err(SpanError::NotWorking(text.to_owned())),
        }
    }
}

/// Spans are written in words where people read them; elsewhere as a number, with its kind where it may be either.
macro_rules! serde_of_span {
    ($type:ty, $compact:ty, $to:expr, $from:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    let to: fn($type) -> $compact = $to;
                    to(*self).serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
                } else {
                    let from: fn($compact) -> $type = $from;
                    <$compact>::deserialize(deserializer).map(from)
                }
            }
        }
    };
}

serde_of_span!(Span, i64, Span::seconds, Span::of_seconds);
serde_of_span!(WorkSpan, i64, WorkSpan::minutes, WorkSpan::of_minutes);
serde_of_span!(
    AnySpan,
    (bool, i64),
    |span| match span {
        AnySpan::Clock(span) => (false, span.seconds()),
        AnySpan::Work(span) => (true, span.minutes()),
    },
    |(work, amount)| if work { WorkSpan::of_minutes(amount).into() } else { Span::of_seconds(amount).into() }
);
