//! Coaching periods: when one may be, and when it is over. What is in it is nobody's business but of the two whom it is for.

use chrono::{Days, NaiveDate};

use crate::pact::Settings;
pub use crate::window::Window;

/// Days in which periods of one person are counted together.
pub const YEAR_DAYS: u64 = 365;

crate::words::words! {
    /// Why somebody is coached.
    pub enum Reason, "reason" {
        /// To learn something.
        Training = "training",
        /// Because something went wrong.
        Discipline = "discipline",
    }
}

crate::words::words! {
    /// How a period stands.
    pub enum State, "state" {
        /// The coach has signed.
        Proposed = "proposed",
        /// Both have signed.
        Signed = "signed",
        /// It is over; its notes wait to be erased.
        Ended = "ended",
        /// Nothing is left of it but that it was.
        Erased = "erased",
    }
}

/// Why there can be no such period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPeriod {
    /// It would look back.
    #[error("the first day is over. A coaching period begins today or later: what was before stays as it is.")]
    Past,
    /// It ends before it begins.
    #[error("the last day is before the first.")]
    Backwards,
    /// It is too long.
    #[error("a coaching period takes {most} days at most, both ends included, as the pact says. Choose an earlier last day.")]
    TooLong {
        /// How long it may be.
        most: u32,
    },
    /// There is another one on one of its days.
    #[error("there is another coaching period on one of these days. Choose days after it.")]
    Overlap,
    /// There were too many.
    #[error("the pact allows {most} coaching periods of a person in {YEAR_DAYS} days, and there were as many.")]
    TooOften {
        /// How many there may be.
        most: u32,
    },
}

impl NoPeriod {
    /// The field that is to blame.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Past | Self::Overlap | Self::TooOften { .. } => "first_on",
            Self::Backwards | Self::TooLong { .. } => "last_on",
        }
    }
}

/// Whether there may be such a period, with the other periods of the same person and the settings of the pact in force.
///
/// # Errors
/// Why not.
pub fn check(window: Window, others: &[Window], settings: &Settings, today: NaiveDate) -> Result<(), NoPeriod> {
    if window.is_backwards() {
        return Err(NoPeriod::Backwards);
    }
    if window.first < today {
        return Err(NoPeriod::Past);
    }
    if window.days() > i64::from(settings.coaching_days) {
        return Err(NoPeriod::TooLong { most: settings.coaching_days });
    }
    if others.iter().any(|other| window.overlaps(other)) {
        return Err(NoPeriod::Overlap);
    }
    let near = others.iter().filter(|other| window.is_near(other, YEAR_DAYS)).count();
    let most = settings.coaching_per_year;
    if near >= usize::try_from(most).unwrap_or(usize::MAX) { Err(NoPeriod::TooOften { most }) } else { Ok(()) }
}

/// The day from which nothing is kept of a period that ended on a day: as was agreed, or sooner if the pact became stricter since.
#[must_use]
pub fn erased_from(ended: NaiveDate, agreed_days: u32, settings: &Settings) -> NaiveDate {
    let kept = agreed_days.min(settings.retention_days);
    ended.checked_add_days(Days::new(u64::from(kept) + 1)).unwrap_or(NaiveDate::MAX)
}
