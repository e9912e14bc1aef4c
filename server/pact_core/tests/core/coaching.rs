use chrono::NaiveDate;
use pact_core::coaching::{NoPeriod, Window, check, erased_from};
use pact_core::pact::Settings;

use crate::all_hold;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn window((first, last): (&str, &str)) -> Window {
    Window { first: day(first), last: day(last) }
}

#[test]
fn a_period_is_short_alone_and_seldom() {
    const SPRING: (&str, &str) = ("2026-03-01", "2026-03-31");
    const SUMMER: (&str, &str) = ("2026-07-01", "2026-07-31");
    let settings = Settings::built_in();
    let never = Settings { coaching_per_year: 0, ..settings.clone() };
    // (the period, the other periods, the settings, why not)
    type Case<'a> = ((&'a str, &'a str), &'a [(&'a str, &'a str)], &'a Settings, Option<NoPeriod>);
    let cases: Vec<Case<'_>> = vec![
        (("2026-11-24", "2026-11-24"), &[], &settings, None),
        (("2026-11-24", "2027-02-21"), &[], &settings, None),
        (("2026-11-24", "2027-02-22"), &[], &settings, Some(NoPeriod::TooLong { most: 90 })),
        (("2026-11-23", "2026-11-30"), &[], &settings, Some(NoPeriod::Past)),
        (("2026-11-30", "2026-11-29"), &[], &settings, Some(NoPeriod::Backwards)),
        (("2026-11-24", "2026-12-24"), &[("2026-12-24", "2027-01-01")], &settings, Some(NoPeriod::Overlap)),
        (("2026-11-24", "2026-12-24"), &[("2026-12-25", "2027-01-01")], &settings, None),
        (("2026-11-24", "2026-12-24"), &[SPRING], &settings, None),
        (("2026-11-24", "2026-12-24"), &[SPRING, SUMMER], &settings, Some(NoPeriod::TooOften { most: 2 })),
        // The spring is over for a year.
        (("2027-03-31", "2027-04-30"), &[SPRING, SUMMER], &settings, None),
        (("2027-03-30", "2027-04-30"), &[SPRING, SUMMER], &settings, Some(NoPeriod::TooOften { most: 2 })),
        (("2026-11-24", "2026-12-24"), &[], &never, Some(NoPeriod::TooOften { most: 0 })),
    ];
    all_hold(cases.into_iter().filter_map(|(wanted, others, settings, why)| {
        let others: Vec<Window> = others.iter().copied().map(window).collect();
        let found = check(window(wanted), &others, settings, day("2026-11-24")).err();
        (found != why).then(|| format!("{wanted:?}: {found:?}, not {why:?}"))
    }));
}

#[test]
fn notes_are_kept_as_long_as_was_agreed_or_less() {
    let settings = Settings::built_in();
    let stricter = Settings { retention_days: 0, ..settings.clone() };
    assert_eq!(erased_from(day("2026-12-01"), 30, &settings), day("2027-01-01"));
    assert_eq!(erased_from(day("2026-12-01"), 10, &settings), day("2026-12-12"));
    assert_eq!(erased_from(day("2026-12-01"), 30, &stricter), day("2026-12-02"));
}
