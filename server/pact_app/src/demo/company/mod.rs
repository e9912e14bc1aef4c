//! The company as a pure function of a seed and a day.
//!
//! | part | makes |
//! |---|---|
//! | [`words`] | reads the word lists under `demo/data/` |
//! | [`dice`] | every choice, from the seed |
//! | [`holidays`] | days from rules such as "4th thu 11" |
//! | [`staff`] | organisation, teams, territories, people, absences, calendars |
//! | [`customers`] | customers and their contacts |
//! | [`leads`], [`course`], [`story`] | leads with pushes and histories, each step decided by the rules of `pact_core` |
//! | [`talks`], [`plans`], [`subjects`] | cards, plans, requests, packs and goals |

mod course;
mod customers;
mod dice;
mod holidays;
mod leads;
mod plans;
mod staff;
mod story;
mod subjects;
mod talks;
mod words;

use chrono::{Days, NaiveDate, NaiveTime};
use pact_core::time::Instant;
use pact_store::entity;

pub use words::{DATA_FILES, WordsError};

/// How long the history is, in days.
const HISTORY_DAYS: i64 = 91;

/// Every row of the demo company, in an order in which links point backwards.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each field is the table of that name")]
pub struct Company {
    pub organisation: entity::organisation::Model,
    pub territories: Vec<entity::territory::Model>,
    pub teams: Vec<entity::team::Model>,
    pub persons: Vec<entity::person::Model>,
    pub absences: Vec<entity::absence::Model>,
    pub holidays: Vec<entity::holiday::Model>,
    pub customers: Vec<entity::customer::Model>,
    pub contacts: Vec<entity::contact::Model>,
    pub leads: Vec<entity::lead::Model>,
    pub pushes: Vec<entity::push::Model>,
    pub lead_events: Vec<entity::lead_event::Model>,
    pub packs: Vec<entity::pack::Model>,
    pub cards: Vec<entity::card::Model>,
    pub plans: Vec<entity::plan::Model>,
    pub plan_days: Vec<entity::plan_day::Model>,
    pub requests: Vec<entity::request::Model>,
    pub goals: Vec<entity::goal::Model>,
}

/// The stretch of time that the history fills: it ends when `today` starts.
#[derive(Clone, Copy)]
struct Quarter {
    today: NaiveDate,
    starts: Instant,
    ends: Instant,
}

impl Quarter {
    fn before(today: NaiveDate) -> Self {
        let midnight = |day: NaiveDate| Instant::from(day.and_time(NaiveTime::MIN).and_utc());
        Self { today, starts: midnight(days_from(today, -HISTORY_DAYS)), ends: midnight(today) }
    }
}

/// The day so many days later, or earlier.
fn days_from(day: NaiveDate, days: i64) -> NaiveDate {
    let moved = if days < 0 {
        day.checked_sub_days(Days::new(days.unsigned_abs()))
    } else {
        day.checked_add_days(Days::new(days.unsigned_abs()))
    };
    // Only at the ends of chrono's calendar, hundreds of thousands of years away.
    moved.unwrap_or(day)
}

impl Company {
    /// Makes the company as it stands when `today` starts.
    ///
    /// # Errors
    /// When a word list under `demo/data/` cannot be read, or names what no other list holds.
    pub fn make(seed: u64, today: NaiveDate) -> Result<Self, WordsError> {
        let words = words::Words::read()?;
        let quarter = Quarter::before(today);
        let staff = staff::make(&words, seed, quarter)?;
        let mut book = customers::make(&words, seed, quarter, &staff)?;
        let mut told = leads::make(&words, seed, quarter, &staff, &book)?;
        let talks = talks::make(&words, seed, quarter, &staff, &mut book, &mut told)?;
        Ok(Self {
            organisation: staff.organisation,
            territories: staff.territories,
            teams: staff.teams,
            persons: staff.persons,
            absences: staff.absences,
            holidays: staff.holidays,
            customers: book.customers,
            contacts: book.contacts,
            leads: told.leads,
            pushes: told.pushes,
            lead_events: told.events,
            packs: talks.packs,
            cards: talks.cards,
            plans: talks.plans,
            plan_days: talks.plan_days,
            requests: talks.requests,
            goals: talks.goals,
        })
    }
}

#[cfg(test)]
mod tests;
