//! Working time: when a person, a team or the organisation works.
//!
//! A day of the calendar is a work day when its weekday has working hours and it is no holiday. All arithmetic is done on
//! instants, so that the hour which daylight saving takes or gives is neither invented nor counted twice.

mod hours;
mod walk;
mod worked;

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use hours::{DayHours, HoursError, TimeOfDay, WorkingHours};
use walk::{Segment, resolve_end, resolve_start};
pub use worked::Worked;

use crate::time::{Instant, Span, WorkSpan};

/// How far ahead a deadline is looked for, in days; a calendar that offers none until then is taken for one that never works.
pub const MAX_DAYS_SEARCHED: u64 = 366 * 20;

/// Days on which a person is away, both included, on the clock of the calendar's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Absence {
    /// The first day away.
    pub from: NaiveDate,
    /// The last day away.
    pub until: NaiveDate,
    /// Who stands in.
    pub stand_in: Option<Uuid>,
}

/// When somebody works: hours of the week in a zone, without holidays and absences.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Calendar {
    /// The zone whose clock the hours are on.
    pub zone: Tz,
    /// The hours of the week.
    pub hours: WorkingHours,
    /// Days on which nobody works.
    pub holidays: BTreeSet<NaiveDate>,
    /// When the person is away.
    pub absences: Vec<Absence>,
}

/// Who stands in for a person at an instant: the one whom their absence names, or, when that one is away too, whoever stands in there.
///
/// `None` when the person is not away, when nobody was named, and when all who were named are away in turn. `calendar_of` gives nothing for people who do
/// not work here (any more).
pub fn stand_in<'a>(person: Uuid, at: Instant, calendar_of: impl Fn(Uuid) -> Option<&'a Calendar>) -> Option<Uuid> {
    let mut passed = BTreeSet::from([person]);
    let mut next = person;
    while let Some(calendar) = calendar_of(next) {
        if calendar.absence_at(at).is_none() {
            return (next != person).then_some(next);
        }
        next = calendar.stand_in_at(at).filter(|named| passed.insert(*named))?;
    }
    None
}

impl Absence {
    /// Whether the day is one of the absence.
    pub fn covers(&self, day: NaiveDate) -> bool {
        (self.from..=self.until).contains(&day)
    }
}

impl Calendar {
    /// A calendar of the zone with the usual hours, Monday to Friday from 9 to 17, and no holidays.
    pub fn usual(zone: Tz) -> Self {
        Self { zone, hours: WorkingHours::usual(), holidays: BTreeSet::new(), absences: Vec::new() }
    }

    /// Whether the calendar has working hours at the instant, absences aside.
    pub fn is_working(&self, at: Instant) -> bool {
        self.days_around(at).any(|day| self.segments(day).iter().any(|segment| segment.contains(at)))
    }

    /// Whether the person is at work: working hours, and not away.
    pub fn is_on_duty(&self, at: Instant) -> bool {
        self.absence_at(at).is_none() && self.is_working(at)
    }

    /// The absence that covers the instant, if there is one.
    pub fn absence_at(&self, at: Instant) -> Option<&Absence> {
        self.absence_on(at.day_in(self.zone))
    }

    /// Who is named to stand in at the instant; of several absences at once, the first that names somebody.
    pub fn stand_in_at(&self, at: Instant) -> Option<Uuid> {
        let day = at.day_in(self.zone);
        self.absences.iter().filter(|absence| absence.covers(day)).find_map(|absence| absence.stand_in)
    }

    /// The same calendar as if the person were never away, for clocks that must not stand still with them.
    #[must_use]
    pub fn without_absences(mut self) -> Self {
        self.absences.clear();
        self
    }

    /// The deadline that is so much working time away; time away does not count. `None` if the calendar never works that long, or
    /// if the span is negative.
    ///
    /// Whole work days keep the local time of day: two work days from Friday 15:00 are Tuesday 15:00, also for somebody who works
    /// six hours a day; where that time is after the last hour of the day, its end is taken. What is left is counted in working
    /// minutes. The count starts with the next working hour when `from` is outside.
    pub fn add(&self, from: Instant, span: WorkSpan) -> Option<Instant> {
        let (days, minutes) = span.days_and_minutes();
        let (days, minutes) = (u64::try_from(days).ok()?, i64::try_from(u64::try_from(minutes).ok()?).ok()?);
        if days == 0 && minutes == 0 {
            return Some(from);
        }
        let start = self.next_start(from)?;
        let after_days = self.add_days(start, days)?;
        if minutes == 0 {
            return Some(after_days);
        }
        self.add_minutes(after_days, minutes)
    }

    /// The latest instant whose deadline, so much working time away, is not after `until`; `None` if there is none, or if the span
    /// is negative.
    ///
    /// It answers questions about many records with one comparison: `last_event_at <= calendar.sub(now, span)` holds exactly when
    /// `calendar.add(last_event_at, span) <= now`.
    pub fn sub(&self, until: Instant, span: WorkSpan) -> Option<Instant> {
        if span <= WorkSpan::ZERO {
            return (span == WorkSpan::ZERO).then_some(until);
        }
        let in_time = |from: Instant| self.add(from, span).is_some_and(|deadline| deadline <= until);
        let reaches = std::iter::successors(Some(1), |days| Some(days * 2)).take_while(|days| *days <= MAX_DAYS_SEARCHED);
        let earliest =
            reaches.map_while(|days| until.checked_sub(Span::of_days(i64::try_from(days).ok()?)?)).find(|at| in_time(*at))?;
        // No start has an earlier deadline than one before it, so halving finds the last that is in time.
        let (mut in_time_at, mut late_at) = (earliest.millis(), until.millis());
        while late_at - in_time_at > 1 {
            let middle = i64::midpoint(in_time_at, late_at);
            if in_time(Instant::from_millis(middle)) {
                in_time_at = middle;
            } else {
                late_at = middle;
            }
        }
        Some(Instant::from_millis(in_time_at))
    }

    /// Working time between two instants in whole minutes, rounded down; negative when `b` is before `a`; time away does not count.
    ///
    /// Time more than [`MAX_DAYS_SEARCHED`] days after the earlier one is not counted.
    pub fn between(&self, a: Instant, b: Instant) -> WorkSpan {
        if b < a {
            return WorkSpan::of_minutes(-self.between(b, a).minutes());
        }
        let last_day = b.day_in(self.zone);
        let millis: i64 = self
            .days_from(a)
            .take_while(|day| Some(*day) <= last_day.checked_add_days(Days::new(1)))
            .flat_map(|day| self.segments_on_duty(day))
            .map(|segment| segment.overlap_millis(a, b))
            .sum();
        WorkSpan::of_minutes(millis / walk::MILLIS_PER_MINUTE)
    }

    /// The instant itself when the person is at work, or else the start of their next working hours; `None` if there are none.
    pub fn next_start(&self, at: Instant) -> Option<Instant> {
        self.segments_after(at).next().map(|segment| segment.start.max(at))
    }

    /// The day so many work days after the start, at the same local time, or the nearest working instant of that day.
    fn add_days(&self, start: Instant, days: u64) -> Option<Instant> {
        let Some(skipped) = days.checked_sub(1) else { return Some(start) };
        let local = start.to_utc().with_timezone(&self.zone).naive_local();
        let (day, segments) = self
            .days_from(start)
            .filter(|day| *day > local.date())
            .map(|day| (day, self.segments_on_duty(day)))
            .filter(|(_, segments)| !segments.is_empty())
            .nth(usize::try_from(skipped).ok()?)?;
        let wanted = resolve_start(self.zone, day.and_time(local.time()))?;
        let reached = segments.iter().find(|segment| wanted < segment.end);
        Some(match reached {
            Some(segment) => wanted.max(segment.start),
            None => segments.last()?.end,
        })
    }

    /// The first instant until which so many minutes are worked.
    fn add_minutes(&self, start: Instant, minutes: i64) -> Option<Instant> {
        let mut left = minutes.checked_mul(walk::MILLIS_PER_MINUTE)?;
        for segment in self.segments_after(start) {
            let from = segment.start.max(start);
            let here = segment.end.millis() - from.millis();
            if left <= here {
                return Some(Instant::from_millis(from.millis() + left));
            }
            left -= here;
        }
        None
    }

    /// What is left of working hours after the instant, in order.
    fn segments_after(&self, at: Instant) -> impl Iterator<Item = Segment> {
        self.days_from(at).flat_map(|day| self.segments_on_duty(day)).filter(move |segment| at < segment.end)
    }

    fn segments_on_duty(&self, day: NaiveDate) -> Vec<Segment> {
        if self.absence_on(day).is_some() { Vec::new() } else { self.segments(day) }
    }

    fn absence_on(&self, day: NaiveDate) -> Option<&Absence> {
        self.absences.iter().find(|absence| absence.covers(day))
    }

    /// The working hours of a day as instants, in order and apart from each other.
    fn segments(&self, day: NaiveDate) -> Vec<Segment> {
        if self.holidays.contains(&day) {
            return Vec::new();
        }
        let mut segments: Vec<Segment> = Vec::new();
        for hours in self.hours.on(day) {
            let Some(mut start) = resolve_start(self.zone, hours.from.on(day)) else { continue };
            let Some(end) = resolve_end(self.zone, day, hours.to) else { continue };
            if let Some(before) = segments.last() {
                start = start.max(before.end);
            }
            if start < end {
                segments.push(Segment { start, end });
            }
        }
        segments
    }

    /// The days whose working hours may hold the instant: clocks that are put back at midnight make it more than one.
    fn days_around(&self, at: Instant) -> impl Iterator<Item = NaiveDate> {
        self.days_from(at).take(3)
    }

    /// Days from the one before the instant, as far as a search goes.
    fn days_from(&self, at: Instant) -> impl Iterator<Item = NaiveDate> + use<> {
        let first = at.day_in(self.zone);
        let first = first.pred_opt().unwrap_or(first);
        (0..MAX_DAYS_SEARCHED).map_while(move |ahead| first.checked_add_days(Days::new(ahead)))
    }
}
