//! Working time in real zones: daylight saving, holidays, absences, the end of the year.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use pact_core::calendar::{Absence, Calendar, WorkingHours, stand_in};
use pact_core::time::{Instant, WorkSpan};

use crate::{all_hold, id};

/// Hours of a calendar in short: "usual", or days and times as `12345 09:00-17:00`, several parted by ";".
fn hours(text: &str) -> WorkingHours {
    if text == "usual" {
        return WorkingHours::usual();
    }
    let list: Vec<serde_json::Value> = text
        .split(';')
        .flat_map(|part| {
            let (days, times) = part.trim().split_once(' ').unwrap();
            let (from, to) = times.split_once('-').unwrap();
            days.chars()
                .map(|day| serde_json::json!({ "day": day.to_digit(10).unwrap(), "from": from, "to": to }))
                .collect::<Vec<_>>()
        })
        .collect();
    serde_json::from_value(list.into()).unwrap()
}

fn calendar(zone: &str, week: &str, holidays: &[&str], away: &[(&str, &str)]) -> Calendar {
    let away = away.iter().map(|(from, until)| Absence {
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
        stand_in: Some(id(7)),
    });
    Calendar {
        zone: zone.parse::<Tz>().unwrap(),
        hours: hours(week),
        holidays: holidays.iter().map(|day| day.parse().unwrap()).collect::<BTreeSet<_>>(),
        absences: away.collect(),
    }
}

/// A local time with its offset, such as `2026-03-27T15:00+01:00`.
fn at(text: &str) -> Instant {
    let (local, offset) = text.split_at(16);
    format!("{local}:00{offset}").parse().unwrap()
}

struct Deadline {
    zone: &'static str,
    week: &'static str,
    holidays: &'static [&'static str],
    away: &'static [(&'static str, &'static str)],
    from: &'static str,
    span: &'static str,
    until: &'static str,
}

const fn d(zone: &'static str, from: &'static str, span: &'static str, until: &'static str) -> Deadline {
    Deadline { zone, week: "usual", holidays: &[], away: &[], from, span, until }
}

const AMS: &str = "Europe/Amsterdam";
const NYC: &str = "America/New_York";

const DEADLINES: &[Deadline] = &[
    // Within a day, over night, over the weekend (Tuesday 24 November 2026).
    d(AMS, "2026-11-24T10:10+01:00", "1 work hours", "2026-11-24T11:10+01:00"),
    d(AMS, "2026-11-24T16:30+01:00", "1 work hours", "2026-11-25T09:30+01:00"),
    d(AMS, "2026-11-24T15:00+01:00", "2 work hours", "2026-11-24T17:00+01:00"),
    d(AMS, "2026-11-27T16:00+01:00", "4 work hours", "2026-11-30T12:00+01:00"),
    d(AMS, "2026-11-27T15:00+01:00", "2 work days", "2026-12-01T15:00+01:00"),
    // Outside working hours the count starts with the next ones.
    d(AMS, "2026-11-24T23:10+01:00", "4 work hours", "2026-11-25T13:00+01:00"),
    d(AMS, "2026-11-28T12:00+01:00", "1 work days", "2026-12-01T09:00+01:00"),
    d(AMS, "2026-11-24T17:00+01:00", "1 work minutes", "2026-11-25T09:01+01:00"),
    d(AMS, "2026-11-24T06:00+01:00", "1 work days", "2026-11-25T09:00+01:00"),
    // Nothing to add.
    d(AMS, "2026-11-28T12:00+01:00", "0 work minutes", "2026-11-28T12:00+01:00"),
    // Days and a rest.
    d(AMS, "2026-11-26T16:00+01:00", "2 work days 3 hours", "2026-12-01T11:00+01:00"),
    // Spring: 29 March 2026 is a Sunday; the local time stays.
    d(AMS, "2026-03-27T15:00+01:00", "1 work days", "2026-03-30T15:00+02:00"),
    d(AMS, "2026-03-27T16:30+01:00", "1 work hours", "2026-03-30T09:30+02:00"),
    d(AMS, "2026-03-27T11:00+01:00", "5 work days", "2026-04-03T11:00+02:00"),
    // Autumn: 25 October 2026 is a Sunday.
    d(AMS, "2026-10-23T15:00+02:00", "1 work days", "2026-10-26T15:00+01:00"),
    d(AMS, "2026-10-23T16:59+02:00", "2 work minutes", "2026-10-26T09:01+01:00"),
    // Work in the night of the change: 02:00 to 03:00 is not there in spring…
    Deadline { week: "67 00:00-06:00", ..d(AMS, "2026-03-29T01:00+01:00", "2 work hours", "2026-03-29T04:00+02:00") },
    Deadline { week: "67 02:30-06:00", ..d(AMS, "2026-03-29T00:00+01:00", "1 work hours", "2026-03-29T04:00+02:00") },
    // … nor at that time of the day after; the next hour is taken.
    Deadline { week: "67 00:00-06:00", ..d(AMS, "2026-03-28T02:15+01:00", "1 work days", "2026-03-29T03:00+02:00") },
    // … and is there twice in autumn, and both are worked.
    Deadline { week: "67 00:00-06:00", ..d(AMS, "2026-10-25T01:00+02:00", "3 work hours", "2026-10-25T03:00+01:00") },
    Deadline { week: "67 02:00-03:00", ..d(AMS, "2026-10-25T02:00+02:00", "90 work minutes", "2026-10-25T02:30+01:00") },
    // New York changes on 8 March and 1 November 2026.
    d(NYC, "2026-03-06T16:00-05:00", "2 work hours", "2026-03-09T10:00-04:00"),
    d(NYC, "2026-10-30T12:00-04:00", "1 work days", "2026-11-02T12:00-05:00"),
    Deadline { holidays: &["2026-11-26"], ..d(NYC, "2026-11-25T16:00-05:00", "3 work hours", "2026-11-27T11:00-05:00") },
    // No daylight saving, half an hour of offset.
    d("Asia/Kolkata", "2026-03-27T16:45+05:30", "30 work minutes", "2026-03-30T09:15+05:30"),
    d("Asia/Kolkata", "2026-10-23T10:00+05:30", "3 work days", "2026-10-28T10:00+05:30"),
    // Auckland goes back on 5 April and ahead on 27 September 2026.
    d("Pacific/Auckland", "2026-04-03T16:00+13:00", "2 work hours", "2026-04-06T10:00+12:00"),
    d("Pacific/Auckland", "2026-09-25T15:30+12:00", "1 work days", "2026-09-28T15:30+13:00"),
    // Midnight itself is left out: Cairo went ahead at 00:00 on Friday 24 April 2026.
    Deadline { week: "45 00:00-08:00", ..d("Africa/Cairo", "2026-04-23T00:00+02:00", "1 work days", "2026-04-24T01:00+03:00") },
    // A whole day is left out: Samoa went without Friday 30 December 2011.
    d("Pacific/Apia", "2011-12-29T16:00-10:00", "2 work hours", "2012-01-02T10:00+14:00"),
    // The end of the year, with holidays.
    Deadline {
        holidays: &["2026-12-25", "2026-12-26", "2027-01-01"],
        ..d(AMS, "2026-12-24T16:00+01:00", "2 work hours", "2026-12-28T10:00+01:00")
    },
    Deadline {
        holidays: &["2026-12-25", "2026-12-26", "2027-01-01"],
        ..d(AMS, "2026-12-31T12:00+01:00", "1 work days", "2027-01-04T12:00+01:00")
    },
    // Away from Monday to Wednesday, both included.
    Deadline {
        away: &[("2026-11-23", "2026-11-25")],
        ..d(AMS, "2026-11-20T16:00+01:00", "2 work hours", "2026-11-26T10:00+01:00")
    },
    Deadline {
        away: &[("2026-11-23", "2026-11-25"), ("2026-11-25", "2026-11-26")],
        ..d(AMS, "2026-11-20T12:00+01:00", "1 work days", "2026-11-27T12:00+01:00")
    },
    // A lunch break, a short Friday, a half day.
    Deadline {
        week: "12345 09:00-12:00;12345 13:00-17:00",
        ..d(AMS, "2026-11-24T11:30+01:00", "1 work hours", "2026-11-24T13:30+01:00")
    },
    Deadline {
        week: "12345 09:00-12:00;12345 13:00-17:00",
        ..d(AMS, "2026-11-24T12:20+01:00", "1 work hours", "2026-11-24T14:00+01:00")
    },
    Deadline {
        week: "1234 09:00-17:00;5 09:00-13:00",
        ..d(AMS, "2026-11-26T16:00+01:00", "1 work days", "2026-11-27T13:00+01:00")
    },
    Deadline { week: "12345 09:00-13:00", ..d(AMS, "2026-11-24T11:00+01:00", "1 work days", "2026-11-25T11:00+01:00") },
    // Hours are hours, and days are days: who works three hours a day needs longer for seven hours than for a day.
    Deadline { week: "12345 09:00-12:00", ..d(AMS, "2026-11-24T11:00+01:00", "7 work hours", "2026-11-26T12:00+01:00") },
    // Early on Monday, late on Tuesday: the hours are worked in full.
    Deadline {
        week: "1 06:00-14:00;2 14:00-22:00",
        ..d(AMS, "2026-11-23T13:00+01:00", "4 work hours", "2026-11-24T17:00+01:00")
    },
    // A shift over midnight, as two.
    Deadline {
        week: "1 22:00-24:00;2 00:00-06:00",
        ..d(AMS, "2026-11-23T23:00+01:00", "3 work hours", "2026-11-24T02:00+01:00")
    },
];

#[test]
fn deadlines() {
    all_hold(DEADLINES.iter().filter_map(|case| {
        let calendar = calendar(case.zone, case.week, case.holidays, case.away);
        let got = calendar.add(at(case.from), case.span.parse().unwrap());
        (got != Some(at(case.until))).then(|| {
            let got = got.map(|got| got.to_utc().with_timezone(&calendar.zone).to_rfc3339());
            format!("{} {} + {} = {got:?}, not {}", case.zone, case.from, case.span, case.until)
        })
    }));
}

#[test]
fn since_when_something_is_quiet() {
    let usual = calendar(AMS, "usual", &["2026-12-25"], &[]);
    let cases = [
        ("2026-11-27T15:00+01:00", "2 work days", "2026-11-25T15:00:00.000"),
        ("2026-11-30T10:00+01:00", "2 work hours", "2026-11-27T16:00:00.000"),
        ("2026-12-28T09:30+01:00", "1 work hours", "2026-12-24T16:30:00.000"),
        ("2026-03-30T15:00+02:00", "1 work days", "2026-03-27T15:00:00.000"),
        // On Saturday: what happened before the end of Thursday has had its day.
        ("2026-11-28T12:00+01:00", "1 work days", "2026-11-26T16:59:59.999"),
    ];
    all_hold(cases.iter().filter_map(|(until, span, want)| {
        let got = usual.sub(at(until), span.parse().unwrap()).unwrap().to_utc().with_timezone(&usual.zone);
        let got = got.format("%Y-%m-%dT%H:%M:%S%.3f").to_string();
        (got != *want).then(|| format!("{until} - {span} = {got}, not {want}"))
    }));
    let until = at("2026-11-27T15:00+01:00");
    assert_eq!(usual.sub(until, WorkSpan::ZERO), Some(until));
    assert_eq!(usual.sub(until, WorkSpan::of_minutes(-1)), None);
    assert_eq!(usual.sub(until, WorkSpan::of_minutes(i64::MAX)), None);
}

#[test]
fn working_time_between() {
    let usual = calendar(AMS, "usual", &["2026-12-25"], &[("2026-11-25", "2026-11-25")]);
    let night = calendar(AMS, "7 00:00-06:00", &[], &[]);
    let cases = [
        (&usual, "2026-11-24T10:00+01:00", "2026-11-24T11:30+01:00", 90),
        (&usual, "2026-11-24T11:30+01:00", "2026-11-24T10:00+01:00", -90),
        (&usual, "2026-11-24T16:00+01:00", "2026-11-26T10:00+01:00", 120),
        (&usual, "2026-11-20T17:00+01:00", "2026-11-23T09:00+01:00", 0),
        (&usual, "2026-12-24T09:00+01:00", "2026-12-28T17:00+01:00", 960),
        (&usual, "2026-03-27T09:00+01:00", "2026-03-30T17:00+02:00", 960),
        (&night, "2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00", 300),
        (&night, "2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00", 420),
    ];
    all_hold(cases.iter().filter_map(|(calendar, a, b, minutes)| {
        let got = calendar.between(at(a), at(b));
        (got != WorkSpan::of_minutes(*minutes)).then(|| format!("{a} to {b}: {} minutes, not {minutes}", got.minutes()))
    }));
}

#[test]
fn who_is_on_duty() {
    let calendar = calendar(AMS, "usual", &["2026-12-25"], &[("2026-11-25", "2026-11-25")]);
    let cases = [
        ("2026-11-24T08:59+01:00", false, false),
        ("2026-11-24T09:00+01:00", true, true),
        ("2026-11-24T16:59+01:00", true, true),
        ("2026-11-24T17:00+01:00", false, false),
        ("2026-11-25T10:00+01:00", true, false),
        ("2026-11-28T10:00+01:00", false, false),
        ("2026-12-25T10:00+01:00", false, false),
        ("2026-07-01T09:00+02:00", true, true),
        ("2026-07-01T08:30+02:00", false, false),
    ];
    all_hold(cases.iter().filter_map(|(when, working, on_duty)| {
        let got = (calendar.is_working(at(when)), calendar.is_on_duty(at(when)));
        (got != (*working, *on_duty)).then(|| format!("{when}: {got:?}"))
    }));
    let absence = calendar.absence_at(at("2026-11-25T10:00+01:00")).unwrap();
    assert_eq!(absence.stand_in, Some(id(7)));
    assert!(calendar.without_absences().is_on_duty(at("2026-11-25T10:00+01:00")));
}

#[test]
fn whoever_stands_in_is_there() {
    // Absences as person, first day, last day, stand-in. Everybody lives in Amsterdam but 6, who lives in Auckland.
    type Away = (u128, &'static str, &'static str, Option<u128>);
    const AWAY: &[Away] = &[
        (1, "2026-11-23", "2026-11-25", Some(2)),
        (2, "2026-11-25", "2026-11-30", Some(3)),
        (3, "2026-11-27", "2026-11-27", Some(1)),
        // Two who name each other, and one who names nobody, and one whose stand-in has left.
        (4, "2026-11-24", "2026-11-24", Some(5)),
        (5, "2026-11-24", "2026-11-24", Some(4)),
        (6, "2026-11-25", "2026-11-25", Some(1)),
        (7, "2026-11-24", "2026-11-24", None),
        (8, "2026-11-24", "2026-11-24", Some(99)),
        // Ill in the middle of a holiday: the holiday's stand-in stays.
        (9, "2026-11-24", "2026-11-24", None),
        (9, "2026-11-20", "2026-11-30", Some(3)),
    ];
    let calendar_of = |person: u128| {
        let absences = AWAY.iter().filter(|(of, ..)| *of == person).map(|(_, from, until, named)| Absence {
            from: from.parse().unwrap(),
            until: until.parse().unwrap(),
            stand_in: named.map(id),
        });
        let zone: Tz = if person == 6 { "Pacific/Auckland" } else { AMS }.parse().unwrap();
        Calendar { absences: absences.collect(), ..Calendar::usual(zone) }
    };
    let calendars: std::collections::BTreeMap<_, _> = (1..=9).map(|person| (id(person), calendar_of(person))).collect();
    let cases = [
        (1, "2026-11-24T10:00+01:00", Some(2)),
        // At night too: absences are days.
        (1, "2026-11-24T23:59+01:00", Some(2)),
        // The stand-in is away too: theirs stands in for both.
        (1, "2026-11-25T10:00+01:00", Some(3)),
        (2, "2026-11-25T10:00+01:00", Some(3)),
        (2, "2026-11-27T10:00+01:00", Some(1)),
        // Back at work: nobody stands in.
        (1, "2026-11-26T00:00+01:00", None),
        (4, "2026-11-24T10:00+01:00", None),
        (7, "2026-11-24T10:00+01:00", None),
        (8, "2026-11-24T10:00+01:00", None),
        (9, "2026-11-24T10:00+01:00", Some(3)),
        // In Auckland the 25th begins when it is noon of the 24th in Amsterdam, and 1 is away there and then.
        (6, "2026-11-24T11:59+01:00", None),
        (6, "2026-11-24T12:01+01:00", Some(2)),
    ];
    all_hold(cases.iter().filter_map(|(person, when, want)| {
        let got = stand_in(id(*person), at(when), |person| calendars.get(&person));
        (got != want.map(id)).then(|| format!("{person} at {when}: {got:?}, not {want:?}"))
    }));
}

#[test]
fn a_calendar_that_never_works_has_no_deadline() {
    let never = calendar(AMS, "usual", &[], &[("2000-01-01", "2999-12-31")]);
    let from = at("2026-11-24T10:00+01:00");
    assert_eq!(never.add(from, WorkSpan::of_minutes(1)), None);
    assert_eq!(never.next_start(from), None);
    assert_eq!(never.between(from, at("2027-11-24T10:00+01:00")), WorkSpan::ZERO);
    let no_hours = Calendar { hours: WorkingHours::new(Vec::new()).unwrap(), ..Calendar::usual(chrono_tz::UTC) };
    assert_eq!(no_hours.add(from, WorkSpan::of_minutes(480)), None);
    let usual = Calendar::usual(chrono_tz::UTC);
    assert_eq!(usual.add(from, WorkSpan::of_minutes(-1)), None);
    assert_eq!(usual.add(from, WorkSpan::of_minutes(i64::MAX)), None);
    assert_eq!(usual.add(from, WorkSpan::of_minutes(i64::MIN)), None);
    assert_eq!(usual.add(Instant::MAX, WorkSpan::of_minutes(480)), None);
}

#[test]
fn hours_of_a_week_are_checked() {
    let refused = [
        (r#"[{"day":8,"from":"09:00","to":"17:00"}]"#, "8 is no weekday"),
        (r#"[{"day":1,"from":"17:00","to":"09:00"}]"#, "not after their start"),
        (r#"[{"day":1,"from":"09:00","to":"12:00"},{"day":1,"from":"11:00","to":"17:00"}]"#, "overlap at 11:00"),
        (r#"[{"day":1,"from":"9","to":"17:00"}]"#, "\"9\" is no time of day"),
        (r#"[{"day":1,"from":"09:60","to":"17:00"}]"#, "\"09:60\" is no time of day"),
        (r#"[{"day":1,"from":"09:00","to":"24:01"}]"#, "\"24:01\" is no time of day"),
        (r#"[{"day":1,"from":"+9:00","to":"17:00"}]"#, "\"+9:00\" is no time of day"),
        (r#"[{"day":1,"from":"09:00","to":"17:00","at":1}]"#, "unknown field"),
    ];
    for (json, says) in refused {
        let error = serde_json::from_str::<WorkingHours>(json).unwrap_err().to_string();
        assert!(error.contains(says), "{json}: {error}");
    }
    let json =
        r#"[{"day":5,"from":"09:00","to":"12:00"},{"day":1,"from":"13:00","to":"24:00"},{"day":1,"from":"09:00","to":"13:00"}]"#;
    let hours: WorkingHours = serde_json::from_str(json).unwrap();
    let written = serde_json::to_string(&hours).unwrap();
    assert!(written.starts_with(r#"[{"day":1,"from":"09:00","to":"13:00"},{"day":1,"from":"13:00","to":"24:00"}"#), "{written}");
}
