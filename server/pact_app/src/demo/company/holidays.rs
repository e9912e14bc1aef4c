//! Public holidays from rules, so that the demo is right in any year.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, Weekday};
use pact_store::entity::holiday;

use super::days_from;
use super::dice::Dice;
use super::words::{HolidayWords, WordsError, known};

/// The holidays of all countries in these years.
pub(super) fn make(words: &[HolidayWords], seed: u64, years: [i32; 2]) -> Result<Vec<holiday::Model>, WordsError> {
    let mut dice = Dice::of(seed, "holidays");
    let mut rows = Vec::new();
    for country in words {
        let mut taken = BTreeSet::new();
        for year in years {
            for (day, name) in of_year(country, year)? {
                let day = if country.moved { next_free_weekday(day, &taken) } else { day };
                if taken.insert(day) {
                    rows.push(holiday::Model {
                        id: dice.id(),
                        country: country.code.clone(),
                        region: country.region.clone(),
                        on_day: day.to_string(),
                        name: name.to_owned(),
                    });
                }
            }
        }
    }
    Ok(rows)
}

/// The days of one year in order, where the calendar has them.
fn of_year(country: &HolidayWords, year: i32) -> Result<Vec<(NaiveDate, &str)>, WordsError> {
    let mut days = Vec::new();
    for (name, rule) in &country.days {
        days.push((known(day_of(rule, year), "rule of a holiday", rule)?, name.as_str()));
    }
    days.sort_unstable();
    Ok(days)
}

fn next_free_weekday(day: NaiveDate, taken: &BTreeSet<NaiveDate>) -> NaiveDate {
    let is_free = |day: &NaiveDate| day.weekday().number_from_monday() <= 5 && !taken.contains(day);
    (0..7).map(|days| days_from(day, days)).find(is_free).unwrap_or(day)
}

/// The day that a rule gives in a year; `None` if it is no rule.
fn day_of(rule: &str, year: i32) -> Option<NaiveDate> {
    if let Some(days) = rule.strip_prefix("easter") {
        return Some(days_from(easter(year)?, days.parse().ok()?));
    }
    let words: Vec<&str> = rule.split(' ').collect();
    match words[..] {
        [day] => month_day(day, year),
        [weekday, "before", day] => {
            let (weekday, last) = (weekday.parse::<Weekday>().ok()?, month_day(day, year)?);
            (1..=7).map(|back| days_from(last, -back)).find(|day| day.weekday() == weekday)
        }
        ["last", weekday, month] => {
            let (weekday, month) = (weekday.parse::<Weekday>().ok()?, month.parse().ok()?);
            (1..=5).rev().find_map(|nth| NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth))
        }
        [nth, weekday, month] => {
            let nth = nth.get(..1)?.parse().ok()?;
            NaiveDate::from_weekday_of_month_opt(year, month.parse().ok()?, weekday.parse().ok()?, nth)
        }
        _ => None,
    }
}

fn month_day(text: &str, year: i32) -> Option<NaiveDate> {
    let (month, day) = text.split_once('-')?;
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

/// Easter Sunday in the Gregorian calendar, by the anonymous algorithm of 1876.
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month_and_day = h + l - 7 * m + 114;
    let (month, day) = (month_and_day / 31, month_and_day % 31 + 1);
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}
