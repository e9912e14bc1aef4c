//! Laws of working time, over random calendars in zones that change their clocks in different ways.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use pact_core::calendar::{Absence, Calendar, DayHours, TimeOfDay, Worked, WorkingHours};
use pact_core::time::{Instant, Span, WorkSpan};
use proptest::prelude::*;

const ZONES: &[Tz] = &[
    Tz::UTC,
    Tz::Europe__Amsterdam,
    Tz::America__New_York,
    Tz::Asia__Kolkata,
    Tz::Pacific__Auckland,
    Tz::America__Santiago,
    Tz::Australia__Lord_Howe,
    Tz::Africa__Cairo,
    Tz::Asia__Kathmandu,
];

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (0_u64..400).prop_map(|ahead| first_day() + Days::new(ahead))
}

/// Any instant of 2026, to the millisecond.
fn instant() -> impl Strategy<Value = Instant> {
    (1_767_225_600_000_i64..1_798_761_600_000).prop_map(Instant::from_millis)
}

/// Hours that are worked on each day of the list: one or two runs, possibly over the hours of the change, up to midnight.
fn week(shortest_minutes: u16) -> impl Strategy<Value = WorkingHours> {
    let one_day = (0_u16..24, shortest_minutes..=1_440, any::<bool>());
    (prop::collection::btree_map(1_u8..=7, one_day, 1..=7)).prop_map(move |days| {
        let mut hours = Vec::new();
        for (day, (start, length, lunch)) in days {
            let from = (start * 60).min(1_440 - shortest_minutes - 60);
            let to = (from + length + 60).min(1_440);
            let of = |minutes| TimeOfDay::of_minutes(minutes).unwrap();
            let noon = from + (to - from) / 2;
            if lunch && noon + 30 < to && noon > from && to - from > shortest_minutes + 30 {
                hours.push(DayHours { day, from: of(from), to: of(noon) });
                hours.push(DayHours { day, from: of(noon + 30), to: of(to) });
            } else {
                hours.push(DayHours { day, from: of(from), to: of(to) });
            }
        }
        WorkingHours::new(hours).unwrap()
    })
}

fn calendar(shortest_minutes: u16) -> impl Strategy<Value = Calendar> {
    let absences = prop::collection::vec((day(), 0_u64..20), 0..3);
    (prop::sample::select(ZONES), week(shortest_minutes), prop::collection::btree_set(day(), 0..6), absences).prop_map(
        |(zone, hours, holidays, absences): (_, _, BTreeSet<_>, _)| Calendar {
            zone,
            hours,
            holidays,
            absences: absences
                .into_iter()
                .map(|(from, length)| Absence { from, until: from + Days::new(length), stand_in: None })
                .collect(),
        },
    )
}

fn minutes(most: i64) -> impl Strategy<Value = WorkSpan> {
    (0..=most).prop_map(WorkSpan::of_minutes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_deadline_is_as_far_as_it_says(calendar in calendar(1), from in instant(), span in minutes(479)) {
        let until = calendar.add(from, span).unwrap();
        prop_assert_eq!(calendar.between(from, until), span);
    }

    /// In whatever order it is asked, so that what is remembered grows on both sides.
    #[test]
    fn what_is_remembered_is_what_would_be_counted(calendar in calendar(0), asked in prop::collection::vec((instant(), instant()), 1..6)) {
        let worked = Worked::new(calendar.clone());
        for (a, b) in asked {
            prop_assert_eq!(worked.between(a, b), calendar.between(a, b));
        }
    }

    #[test]
    fn a_later_start_has_no_earlier_deadline(calendar in calendar(1), from in instant(), later in 0_i64..400_000, span in minutes(5_000)) {
        let later = from.checked_add(Span::of_seconds(later)).unwrap();
        prop_assert!(calendar.add(from, span) <= calendar.add(later, span));
    }

    /// Of minutes, of days, and of both where a day has eight hours.
    #[test]
    fn a_longer_span_has_no_earlier_deadline(calendar in calendar(1), from in instant(), span in minutes(479), more in minutes(479), days in 0_i64..20) {
        let (short, long) = (span.min(more), span.max(more));
        prop_assert!(calendar.add(from, short) <= calendar.add(from, long));
        let of_days = |days| WorkSpan::of_days(days).unwrap();
        prop_assert!(calendar.add(from, of_days(days)) <= calendar.add(from, of_days(days + 1)));
        let usual = Calendar::usual(calendar.zone);
        let (short, long) = (of_days(days).checked_add(span).unwrap(), of_days(days).checked_add(span).unwrap().checked_add(more).unwrap());
        prop_assert!(usual.add(from, short) <= usual.add(from, long));
    }

    #[test]
    fn taking_away_asks_for_the_last_start_in_time(calendar in calendar(1), until in instant(), span in minutes(3_000), event in -4_000_000_i64..100_000) {
        let since = calendar.sub(until, span).unwrap();
        prop_assert!(calendar.add(since, span).unwrap() <= until);
        // Any event is quiet by the one question exactly when it is by the other.
        let event = until.checked_add(Span::of_seconds(event)).unwrap();
        prop_assert_eq!(event <= since, calendar.add(event, span).unwrap() <= until);
    }

    #[test]
    fn a_deadline_is_at_work_or_at_its_end(calendar in calendar(1), from in instant(), span in minutes(3_000)) {
        let until = calendar.add(from, span).unwrap();
        prop_assert!(from <= until);
        let just_before = Instant::from_millis(until.millis() - 1);
        prop_assert!(span == WorkSpan::ZERO || calendar.is_on_duty(until) || calendar.is_on_duty(just_before));
    }

    #[test]
    fn work_days_keep_the_local_time_in_usual_weeks(zone in prop::sample::select(ZONES), from in instant(), days in 0_i64..60) {
        let calendar = Calendar::usual(zone);
        let from = calendar.next_start(from).unwrap();
        let until = calendar.add(from, WorkSpan::of_days(days).unwrap()).unwrap();
        let local = |at: Instant| at.to_utc().with_timezone(&zone).time();
        prop_assert_eq!(local(from), local(until));
        // Nine to five is eight hours on every day, so minutes and days agree.
        prop_assert_eq!(calendar.between(from, until), WorkSpan::of_days(days).unwrap());
    }

    #[test]
    fn working_time_adds_up(calendar in calendar(1), a in instant(), b in instant(), c in instant()) {
        let mut at = [a, b, c];
        at.sort();
        let [a, b, c] = at;
        let sum = calendar.between(a, b).minutes() + calendar.between(b, c).minutes();
        let whole = calendar.between(a, c).minutes();
        // Each part is rounded down on its own.
        prop_assert!((sum..=sum + 1).contains(&whole), "{} {}", sum, whole);
        prop_assert_eq!(calendar.between(c, a).minutes(), -whole);
        let clock_minutes = c.since(a).seconds() / 60;
        prop_assert!(whole >= 0 && whole <= clock_minutes + 1);
    }

    #[test]
    fn the_next_start_is_the_first_moment_at_work(calendar in calendar(1), from in instant()) {
        let start = calendar.next_start(from).unwrap();
        prop_assert!(start >= from);
        prop_assert!(calendar.is_on_duty(start));
        prop_assert_eq!(calendar.between(from, start), WorkSpan::ZERO);
        prop_assert_eq!(start == from, calendar.is_on_duty(from));
    }

    #[test]
    fn at_work_is_what_is_counted(calendar in calendar(1), at in instant()) {
        // The minute in which the instant lies is worked in full or cut by a border of the hours, all of which are on minutes.
        let start = Instant::from_millis(at.millis() - at.millis().rem_euclid(60_000));
        let end = start.checked_add(Span::of_seconds(60)).unwrap();
        prop_assert_eq!(calendar.between(start, end).minutes() == 1, calendar.is_on_duty(at));
    }
}
