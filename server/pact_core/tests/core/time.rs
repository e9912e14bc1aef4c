//! Instants and spans: what they say, and that they come back from it.

use pact_core::time::{AnySpan, Instant, Span, SpanError, WorkSpan};
use proptest::prelude::*;

use crate::all_hold;

/// Text, the span in seconds or working minutes, and how it is said.
const SPANS: &[(&str, bool, i64, &str)] = &[
    ("5 work days", true, 2_400, "5 work days"),
    ("1 work day", true, 480, "1 work day"),
    ("4 work hours", true, 240, "4 work hours"),
    ("2 work days 3 hours", true, 1_140, "2 work days 3 hours"),
    ("2 Work Days  3 work hours", true, 1_140, "2 work days 3 hours"),
    ("90 work minutes", true, 90, "1 work hour 30 minutes"),
    ("1 work week", true, 2_400, "5 work days"),
    ("8 work hours", true, 480, "1 work day"),
    ("0 work days", true, 0, "0 work minutes"),
    ("-1 work day", true, -480, "-1 work day"),
    ("3 working days", true, 1_440, "3 work days"),
    ("6 weeks", false, 3_628_800, "6 weeks"),
    ("1 week", false, 604_800, "1 week"),
    ("3 days", false, 259_200, "3 days"),
    ("90 minutes", false, 5_400, "90 minutes"),
    ("36 hours", false, 129_600, "36 hours"),
    ("1 hour", false, 3_600, "1 hour"),
    (" 45 seconds ", false, 45, "45 seconds"),
    ("4501 minutes", false, 270_060, "3 days 3 hours 1 minute"),
    ("1 day 2 hours", false, 93_600, "26 hours"),
    ("100 days", false, 8_640_000, "100 days"),
    ("0 minutes", false, 0, "0 minutes"),
    ("-90 minutes", false, -5_400, "-90 minutes"),
];

#[test]
fn spans_are_read_and_said_in_words() {
    all_hold(SPANS.iter().filter_map(|(text, work, amount, said)| {
        let want: AnySpan = if *work { WorkSpan::of_minutes(*amount).into() } else { Span::of_seconds(*amount).into() };
        let got: Result<AnySpan, SpanError> = text.parse();
        (got != Ok(want) || want.to_string() != *said).then(|| format!("{text}: {got:?} is said {want}, not {said}"))
    }));
}

#[test]
fn what_is_no_span_is_refused() {
    let refused = [
        "",
        "soon",
        "5",
        "days",
        "5 fortnights",
        "five days",
        "+5 days",
        "--5 days",
        "1.5 hours",
        "5 work",
        "5 work seconds",
        "2 hours 1 work day",
        "5 work work days",
        "1 day and 2 hours",
        "5 dayss",
    ];
    all_hold(refused.iter().filter_map(|text| {
        let got = text.parse::<AnySpan>();
        (!matches!(got, Err(SpanError::Unreadable(_)))).then(|| format!("{text}: {got:?}"))
    }));
    for too_long in ["99999999999999999999 days", "9223372036854775807 weeks", "9223372036854775807 work days"] {
        assert_eq!(too_long.parse::<AnySpan>(), Err(SpanError::TooLong(too_long.to_owned())));
    }
    assert!(matches!("5 days".parse::<WorkSpan>(), Err(SpanError::NotWorking(_))));
    assert!(matches!("5 work days".parse::<Span>(), Err(SpanError::NotClock(_))));
}

#[test]
fn instants_are_rfc_3339_with_milliseconds() {
    let cases = [
        ("2026-11-24T10:10:00Z", "2026-11-24T10:10:00.000Z"),
        ("2026-11-24T11:10:00.123+01:00", "2026-11-24T10:10:00.123Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ];
    for (text, said) in cases {
        let at: Instant = text.parse().unwrap();
        assert_eq!(at.to_string(), said);
        assert_eq!(serde_json::to_string(&at).unwrap(), format!("\"{said}\""));
        assert_eq!(serde_json::from_str::<Instant>(&format!("\"{text}\"")).unwrap(), at);
    }
    for text in ["", "2026-11-24", "2026-13-01T00:00:00Z", "tomorrow", "2026-11-24T10:10:00", "0000-12-31T23:00:00Z"] {
        assert!(text.parse::<Instant>().is_err(), "{text}");
    }
}

#[test]
fn instants_never_leave_the_years_that_can_be_written() {
    assert_eq!(Instant::from_millis(i64::MAX), Instant::MAX);
    assert_eq!(Instant::from_millis(i64::MIN), Instant::MIN);
    assert_eq!(Instant::MAX.checked_add(Span::of_seconds(1)), None);
    assert_eq!(Instant::MIN.checked_sub(Span::of_seconds(1)), None);
    assert_eq!(Instant::MIN.checked_sub(Span::of_seconds(i64::MIN)), None);
    assert_eq!(Instant::from_millis(0).checked_add(Span::of_seconds(i64::MAX)), None);
    assert_eq!(Instant::MAX.to_string(), "9999-12-31T23:59:59.999Z");
    assert_eq!(Span::of_weeks(i64::MAX), None);
    assert_eq!(WorkSpan::of_days(i64::MAX), None);
}

#[test]
fn an_instant_is_said_on_the_clock_of_a_zone() {
    let at: Instant = "2026-11-24T10:10:00Z".parse().unwrap();
    assert_eq!(at.words_in(chrono_tz::Europe::Amsterdam), "Tue 24 Nov 11:10");
    assert_eq!(at.words_in(chrono_tz::Asia::Kolkata), "Tue 24 Nov 15:40");
    assert_eq!(at.words_in(chrono_tz::Pacific::Auckland), "Tue 24 Nov 23:10");
    assert_eq!(at.day_in(chrono_tz::Pacific::Kiritimati).to_string(), "2026-11-25");
}

proptest! {
    #[test]
    fn every_instant_comes_back(millis in Instant::MIN.millis()..=Instant::MAX.millis()) {
        let at = Instant::from_millis(millis);
        prop_assert_eq!(at.to_string().parse::<Instant>().unwrap(), at);
        let bytes = postcard::to_allocvec(&at).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Instant>(&bytes).unwrap(), at);
    }

    #[test]
    fn every_span_comes_back(amount in any::<i64>().prop_map(|n| n.max(i64::MIN + 1)), small in -1_000_000_i64..1_000_000, work: bool) {
        for amount in [amount, small] {
            let span: AnySpan = if work { WorkSpan::of_minutes(amount).into() } else { Span::of_seconds(amount).into() };
            prop_assert_eq!(span.to_string().parse::<AnySpan>(), Ok(span));
            let json = serde_json::to_string(&span).unwrap();
            prop_assert_eq!(serde_json::from_str::<AnySpan>(&json).unwrap(), span);
            let bytes = postcard::to_allocvec(&span).unwrap();
            prop_assert_eq!(postcard::from_bytes::<AnySpan>(&bytes).unwrap(), span);
        }
    }

    #[test]
    fn adding_and_taking_away_undo_each_other(at in -10_000_000_000_000_i64..10_000_000_000_000, seconds in -1_000_000_000_i64..1_000_000_000) {
        let (at, span) = (Instant::from_millis(at), Span::of_seconds(seconds));
        let later = at.checked_add(span).unwrap();
        prop_assert_eq!(later.checked_sub(span), Some(at));
        prop_assert_eq!(later.since(at), span);
    }

    #[test]
    fn no_text_breaks_the_readers(text in ".{0,40}") {
        let _ = text.parse::<AnySpan>();
        let _ = text.parse::<Instant>();
    }
}
