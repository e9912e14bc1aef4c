//! Ticks over changes of clocks and jumps, as tables.
#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use super::*;

fn at(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

fn text(millis: i64) -> String {
    chrono::DateTime::from_timestamp_millis(millis).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn planned(cron: &str, zone: &str) -> Planned {
    let schedule =
        Schedule { call: "sweep".into(), cron: cron.into(), zone: zone.into(), for_each: ForEach::None, catch_up: CatchUp::Once };
    Planned { schedule, zone: zone.parse().unwrap() }
}

fn row(next_at: &str) -> schedule::Model {
    let word = |text: &str| text.to_owned();
    schedule::Model {
        id: Uuid::nil(),
        plugin_id: word("p"),
        call: word("sweep"),
        cron: word("-"),
        zone: word("-"),
        next_at: at(next_at),
    }
}

/// Pattern, zone, the instant after which ticks are asked for, and the ticks.
const TICKS: &[(&str, &str, &str, &[&str])] = &[
    // Amsterdam, 29 March 2026: at 02:00 the clocks go on to 03:00.
    (
        "0 7 * * *",
        "Europe/Amsterdam",
        "2026-03-27T12:00:00Z",
        &["2026-03-28T06:00:00Z", "2026-03-29T05:00:00Z", "2026-03-30T05:00:00Z"],
    ),
    (
        "30 2 * * *",
        "Europe/Amsterdam",
        "2026-03-28T00:00:00Z",
        &["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
    ),
    (
        "*/30 * * * *",
        "Europe/Amsterdam",
        "2026-03-29T00:15:00Z",
        &["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"],
    ),
    // 25 October 2026: at 03:00 they go back to 02:00, so half past two comes twice.
    ("30 2 * * *", "Europe/Amsterdam", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
    ("0 7 * * MON-FRI", "Europe/Amsterdam", "2026-10-23T12:00:00Z", &["2026-10-26T06:00:00Z", "2026-10-27T06:00:00Z"]),
    // Half an hour: Lord Howe goes on from 02:00 to 02:30 on 4 October 2026.
    ("0 7 * * *", "Australia/Lord_Howe", "2026-10-02T22:00:00Z", &["2026-10-03T20:00:00Z", "2026-10-04T20:00:00Z"]),
    // No changes of clocks, and a day of its own.
    ("0 7 * * MON", "Asia/Kolkata", "2026-11-22T00:00:00Z", &["2026-11-23T01:30:00Z", "2026-11-30T01:30:00Z"]),
    ("0 0 1 * *", "Pacific/Kiritimati", "2026-11-01T00:00:00Z", &["2026-11-30T10:00:00Z", "2026-12-31T10:00:00Z"]),
    ("0 9 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T09:00:00Z", "2032-02-29T09:00:00Z"]),
];

#[test]
fn ticks_keep_to_the_clocks_of_their_zone() {
    for (cron, zone, after, ticks) in TICKS {
        let planned = planned(cron, zone);
        let mut last = at(after);
        for tick in *ticks {
            last = planned.schedule.next_after(planned.zone, last).unwrap();
            assert_eq!(text(last), *tick, "{cron} in {zone} after {after}");
        }
    }
}

/// Pattern, planned tick, now, and the tick that is raised with the next that is planned.
const JUMPS: &[(&str, &str, &str, &str, &str)] = &[
    ("0 7 * * *", "2026-11-24T07:00:00Z", "2026-11-24T07:00:00Z", "2026-11-24T07:00:00Z", "2026-11-25T07:00:00Z"),
    ("0 7 * * *", "2026-11-24T07:00:00Z", "2026-11-24T07:00:41Z", "2026-11-24T07:00:00Z", "2026-11-25T07:00:00Z"),
    // Down for three days, or put forward by as much: one tick, the last that was due.
    ("0 7 * * *", "2026-11-24T07:00:00Z", "2026-11-27T06:59:59Z", "2026-11-26T07:00:00Z", "2026-11-27T07:00:00Z"),
    // More were missed than anybody steps through: from now on, without going on for hours.
    ("* * * * *", "2026-01-01T00:00:00Z", "2026-11-24T07:00:30Z", "2026-01-07T22:40:00Z", "2026-11-24T07:01:00Z"),
];

#[test]
fn a_jump_forward_is_one_tick() {
    for (cron, next_at, now, due, next) in JUMPS {
        let found = due_and_next(&row(next_at), &planned(cron, "UTC"), Instant::from_millis(at(now)));
        let (found_due, found_next) = found.unwrap();
        assert_eq!((text(found_due), text(found_next)), ((*due).to_owned(), (*next).to_owned()), "{cron} at {now}");
    }
}

/// Pattern, planned tick, now, and the tick that is planned instead.
const BACK: &[(&str, &str, &str, Option<&str>)] = &[
    // The clock went back over a tick that was raised: it is not raised again.
    ("0 7 * * *", "2026-11-25T07:00:00Z", "2026-11-24T06:58:00Z", None),
    ("* * * * *", "2026-11-24T09:00:00Z", "2026-11-24T07:00:30Z", None),
    // Whoever planned this was in another year.
    ("0 7 * * *", "2031-11-25T07:00:00Z", "2026-11-24T06:58:00Z", Some("2026-11-24T07:00:00Z")),
    // A pattern with few ticks may well be planned far ahead.
    ("0 9 29 2 *", "2028-02-29T09:00:00Z", "2026-11-24T06:58:00Z", None),
];

#[test]
fn a_jump_back_repeats_nothing_and_stops_nothing() {
    for (cron, next_at, now, instead) in BACK {
        let found = sooner(&row(next_at), &planned(cron, "UTC"), Instant::from_millis(at(now)));
        assert_eq!(found.map(text), instead.map(str::to_owned), "{cron} at {now}");
    }
}
