//! The hours of a week in which somebody works.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

const MINUTES_PER_HOUR: u16 = 60;
const MINUTES_PER_DAY: u16 = 24 * MINUTES_PER_HOUR;

/// A time of day to the minute, from 00:00 to 24:00 (the end of the day).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

/// Working hours without a break on one weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayHours {
    /// The weekday: 1 is Monday, 7 is Sunday.
    pub day: u8,
    /// When work starts.
    pub from: TimeOfDay,
    /// When it ends.
    pub to: TimeOfDay,
}

/// The hours of a week, in order; a day may have several, with breaks between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<DayHours>", into = "Vec<DayHours>")]
pub struct WorkingHours(Vec<DayHours>);

/// Why hours are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// It is no time of day.
    #[error("\"{0}\" is no time of day. Write it like 09:00, from 00:00 to 24:00.")]
    NoTime(String),
    /// It is no weekday.
    #[error("{0} is no weekday. Write 1 for Monday to 7 for Sunday.")]
    NoDay(u8),
    /// The hours end before they start.
    #[error("The hours on day {0} end at {2}, which is not after their start at {1}. Split hours over midnight into two days.")]
    Backwards(u8, TimeOfDay, TimeOfDay),
    /// Two of them overlap.
    #[error("Two of the hours on day {0} overlap at {1}. Write them as one.")]
    Overlap(u8, TimeOfDay),
}

impl TimeOfDay {
    /// The start of the day.
    pub const MIDNIGHT: Self = Self(0);

    /// The time so many minutes after midnight, up to 24 hours.
    pub const fn of_minutes(minutes: u16) -> Option<Self> {
        if minutes <= MINUTES_PER_DAY { Some(Self(minutes)) } else { None }
    }

    /// Minutes after midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// The local time on a day; 24:00 is the start of the next one.
    pub(super) fn on(self, day: NaiveDate) -> NaiveDateTime {
        day.and_time(NaiveTime::MIN) + Duration::minutes(i64::from(self.0))
    }
}

impl WorkingHours {
    /// Hours in any order, or why they cannot be a week.
    pub fn new(mut hours: Vec<DayHours>) -> Result<Self, HoursError> {
        hours.sort_unstable();
        for one in &hours {
            if !(1..=7).contains(&one.day) {
                return Err(HoursError::NoDay(one.day));
            }
            if one.to <= one.from {
                return Err(HoursError::Backwards(one.day, one.from, one.to));
            }
        }
        let overlap = hours.windows(2).find(|pair| pair[0].day == pair[1].day && pair[1].from < pair[0].to);
        match overlap {
            Some(pair) => Err(HoursError::Overlap(pair[1].day, pair[1].from)),
            None => Ok(Self(hours)),
        }
    }

    /// Monday to Friday from 9 to 17.
    pub fn usual() -> Self {
        let (from, to) = (TimeOfDay(9 * MINUTES_PER_HOUR), TimeOfDay(17 * MINUTES_PER_HOUR));
        Self((1..=5).map(|day| DayHours { day, from, to }).collect())
    }

    /// The hours on the weekday of a day.
    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = DayHours> + '_ {
        let weekday = day.weekday().number_from_monday();
        self.0.iter().filter(move |hours| u32::from(hours.day) == weekday).copied()
    }

    /// All hours, in order of the week.
    pub fn list(&self) -> &[DayHours] {
        &self.0
    }
}

impl TryFrom<Vec<DayHours>> for WorkingHours {
    type Error = HoursError;

    fn try_from(hours: Vec<DayHours>) -> Result<Self, HoursError> {
        Self::new(hours)
    }
}

impl From<WorkingHours> for Vec<DayHours> {
    fn from(hours: WorkingHours) -> Self {
        hours.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / MINUTES_PER_HOUR, self.0 % MINUTES_PER_HOUR)
    }
}

impl FromStr for TimeOfDay {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let digits = |part: &str| -> Option<u16> {
            (part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok()).flatten()
        };
        let read = || {
            let (hours, minutes) = text.trim().split_once(':')?;
            let (hours, minutes) = (digits(hours)?, digits(minutes)?);
            if minutes < MINUTES_PER_HOUR { Self::of_minutes(hours * MINUTES_PER_HOUR + minutes) } else { None }
        };
        read().ok_or_else(|| HoursError::NoTime(text.to_owned()))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, HoursError> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}
