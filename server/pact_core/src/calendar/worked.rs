//! Working time that is asked for again and again: how much of it lies before each day is remembered.

use std::sync::{Mutex, PoisonError};

use chrono::{Days, NaiveDate};

use super::walk::{MILLIS_PER_MINUTE, Segment};
use super::{Calendar, MAX_DAYS_SEARCHED};
use crate::time::{Instant, WorkSpan};

/// How many days more than was asked for are looked at, so that the next question finds them.
const MARGIN_DAYS: u64 = 64;

/// A calendar that remembers its days. Many people share one, and lists ask for the working time of each of their records.
#[derive(Debug)]
pub struct Worked {
    calendar: Calendar,
    days: Mutex<WorkDays>,
}

/// Days in a row, each with its working hours and what was worked before it.
#[derive(Debug, Default)]
struct WorkDays {
    first: NaiveDate,
    days: Vec<WorkDay>,
}

#[derive(Debug)]
struct WorkDay {
    before_millis: i64,
    segments: Vec<Segment>,
}

impl Worked {
    /// A calendar of which nothing is remembered yet.
    pub fn new(calendar: Calendar) -> Self {
        Self { calendar, days: Mutex::default() }
    }

    /// The calendar.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// What [`Calendar::between`] says, without walking through the days between.
    pub fn between(&self, a: Instant, b: Instant) -> WorkSpan {
        let (from, until) = (a.min(b), a.max(b));
        let (first, last) = (from.day_in(self.calendar.zone), until.day_in(self.calendar.zone));
        let Some((first, last)) = first.pred_opt().zip(last.succ_opt()) else { return self.calendar.between(a, b) };
        if last.signed_duration_since(first).num_days() >= MAX_DAYS_SEARCHED.cast_signed() {
            return self.calendar.between(a, b);
        }
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        days.reach(&self.calendar, first, last);
        let worked = |at: Instant| days.worked_before(at, at.day_in(self.calendar.zone));
        let minutes = worked(until).saturating_sub(worked(from)) / MILLIS_PER_MINUTE;
        WorkSpan::of_minutes(if b < a { -minutes } else { minutes })
    }
}

impl WorkDays {
    /// Makes sure that these days are among those that are remembered.
    fn reach(&mut self, calendar: &Calendar, first: NaiveDate, last: NaiveDate) {
        let margin = Days::new(MARGIN_DAYS);
        if self.days.is_empty() || first < self.first {
            let last = self.last().map_or(last, |known| known.max(last));
            self.first = first.checked_sub_days(margin).unwrap_or(first);
            self.days.clear();
            self.extend(calendar, last);
        } else if self.last().is_none_or(|known| known < last) {
            self.extend(calendar, last.checked_add_days(margin).unwrap_or(last));
        }
    }

    fn last(&self) -> Option<NaiveDate> {
        self.first.checked_add_days(Days::new(self.days.len().checked_sub(1)? as u64))
    }

    fn extend(&mut self, calendar: &Calendar, last: NaiveDate) {
        let next = self.last().map_or(Some(self.first), |known| known.succ_opt());
        let mut before_millis = self.days.last().map_or(0, |day| day.before_millis + length(&day.segments));
        for day in next.into_iter().flat_map(|next| next.iter_days()).take_while(|day| *day <= last) {
            let segments = calendar.segments_on_duty(day);
            let here = length(&segments);
            self.days.push(WorkDay { before_millis, segments });
            before_millis += here;
        }
    }

    /// What was worked before an instant since the first remembered day; `day` is its day, which is neither the first nor the last of them.
    fn worked_before(&self, at: Instant, day: NaiveDate) -> i64 {
        let place = usize::try_from(day.signed_duration_since(self.first).num_days()).unwrap_or(0);
        // Hours of the day before and of the day after may lie on both sides of the instant where clocks are put back at midnight.
        let near = &self.days[place.saturating_sub(1)..self.days.len().min(place + 2)];
        let passed = |segment: &Segment| (segment.end.min(at).millis() - segment.start.millis()).max(0);
        near.first().map_or(0, |day| day.before_millis) + near.iter().flat_map(|day| &day.segments).map(passed).sum::<i64>()
    }
}

fn length(segments: &[Segment]) -> i64 {
    segments.iter().map(|segment| segment.end.millis() - segment.start.millis()).sum()
}
