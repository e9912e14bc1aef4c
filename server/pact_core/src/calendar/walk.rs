//! From local clock times to instants, through the gaps and folds of daylight saving.

use chrono::{Duration, MappedLocalTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use super::TimeOfDay;
use crate::time::Instant;

pub(super) const MILLIS_PER_MINUTE: i64 = 60_000;

/// The longest time that a zone ever left out, in minutes: Samoa went without 30 December 2011.
const MAX_GAP_MINUTES: i64 = 25 * 60;

/// Working time without a break, end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) start: Instant,
    pub(super) end: Instant,
}

impl Segment {
    pub(super) fn contains(&self, at: Instant) -> bool {
        (self.start..self.end).contains(&at)
    }

    pub(super) fn overlap_millis(&self, a: Instant, b: Instant) -> i64 {
        (self.end.min(b).millis() - self.start.max(a).millis()).max(0)
    }
}

/// The first instant at which the clock shows the local time, or the end of the gap in which it never does.
pub(super) fn resolve_start(zone: Tz, local: NaiveDateTime) -> Option<Instant> {
    resolve(zone, local).map(|(earliest, _)| earliest)
}

/// The instant at which working hours end: the last one at which the clock shows that time, but never in the next day.
pub(super) fn resolve_end(zone: Tz, day: NaiveDate, to: TimeOfDay) -> Option<Instant> {
    let next_day = resolve_start(zone, TimeOfDay::MIDNIGHT.on(day.succ_opt()?))?;
    let (_, latest) = resolve(zone, to.on(day))?;
    Some(latest.min(next_day))
}

fn resolve(zone: Tz, local: NaiveDateTime) -> Option<(Instant, Instant)> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) => Some((at.to_utc().into(), at.to_utc().into())),
        MappedLocalTime::Ambiguous(one, other) => {
            let (one, other): (Instant, Instant) = (one.to_utc().into(), other.to_utc().into());
            Some((one.min(other), one.max(other)))
        }
        MappedLocalTime::None => (1..=MAX_GAP_MINUTES).find_map(|minutes| {
            let later = local.checked_add_signed(Duration::minutes(minutes))?;
            let at: Instant = zone.from_local_datetime(&later).earliest()?.to_utc().into();
            Some((at, at))
        }),
    }
}
