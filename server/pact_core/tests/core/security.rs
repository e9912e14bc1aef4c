use chrono::NaiveDate;
use pact_core::role::Role;
use pact_core::security::{NoWindow, State, Window, check, is_settled, kept_from, open_until, stands, together};
use pact_core::time::Instant;

use crate::all_hold;

const HOUR_MS: i64 = 3_600_000;

fn at(hours: i64) -> Instant {
    Instant::from_millis(hours * HOUR_MS)
}

#[test]
fn a_window_is_behind_us_and_short() {
    let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
    // (the first and the last day, why not)
    let cases = [
        ("2026-11-24", "2026-11-24", None),
        ("2026-08-26", "2026-11-24", None),
        ("2026-08-25", "2026-11-24", Some(NoWindow::TooFarBack)),
        ("2026-08-25", "2026-08-25", Some(NoWindow::TooFarBack)),
        ("2026-11-24", "2026-11-25", Some(NoWindow::Ahead)),
        ("2026-11-24", "2026-11-23", Some(NoWindow::Backwards)),
    ];
    all_hold(cases.into_iter().filter_map(|(first, last, why)| {
        let found = check(Window { first: day(first), last: day(last) }, day("2026-11-24")).err();
        (found != why).then(|| format!("{first} to {last}: {found:?}, not {why:?}"))
    }));
}

#[test]
fn an_admin_and_an_auditor_are_together_and_nobody_else() {
    for one in Role::ALL {
        for other in Role::ALL {
            let pair = [*one, *other];
            let wanted = pair.contains(&Role::Admin) && pair.contains(&Role::Auditor);
            assert_eq!(together(*one, *other), wanted, "{one} and {other}");
        }
    }
}

#[test]
fn what_was_agreed_ends_by_itself() {
    let open = Some(open_until(at(10)));
    // (how it stood, until when it is open, the hour, how it stands)
    let cases = [
        (State::Asked, None, 7 * 24 - 1, State::Asked),
        (State::Asked, None, 7 * 24, State::Closed),
        (State::Open, open, 10, State::Open),
        (State::Open, open, 33, State::Open),
        (State::Open, open, 34, State::Closed),
        (State::Open, None, 10, State::Closed),
        (State::Closed, open, 10, State::Closed),
    ];
    all_hold(cases.into_iter().filter_map(|(state, until, hour, wanted)| {
        let found = stands(state, at(0), until, at(hour));
        (found != wanted).then(|| format!("{state} at {hour}: {found}, not {wanted}"))
    }));
    assert_eq!(kept_from(at(90 * 24)), at(0));
}

#[test]
fn who_was_made_an_auditor_yesterday_agrees_to_nothing() {
    assert!(is_settled(None, at(0)));
    assert!(!is_settled(Some(at(0)), at(7 * 24 - 1)));
    assert!(is_settled(Some(at(0)), at(7 * 24)));
}
