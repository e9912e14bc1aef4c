//! Who did what is shown in its place, and in so many places a day only (`policy.md` §6).
//!
//! The author of a card stands in the timeline of its customer, and who declined stands on the lead: single traces, in their place. A program that walks
//! from place to place could add them up by person. No human being reads in as many places as it would have to, so a reader is shown people in
//! [`PLACES_A_DAY`] places; what customers said is shown in all of them.
//!
//! Kept in memory by each node for the present day, and never written down: it is about readers, and nobody's business tomorrow.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDate;
use uuid::Uuid;

/// Customers and leads of which one reader is shown in one day who did what.
pub const PLACES_A_DAY: usize = 300;

/// Where each reader was today.
#[derive(Debug, Default)]
pub struct Places(Mutex<Today>);

#[derive(Debug, Default)]
struct Today {
    day: NaiveDate,
    of_reader: HashMap<Uuid, HashSet<Uuid>>,
}

impl Places {
    /// Whether a reader is shown who did what at a place: where they were today already, and in new places while there are few.
    pub fn shows(&self, today: NaiveDate, reader: Uuid, place: Uuid) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.day != today {
            *kept = Today { day: today, of_reader: HashMap::new() };
        }
        let places = kept.of_reader.entry(reader).or_default();
        places.contains(&place) || (places.len() < PLACES_A_DAY && places.insert(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_people_in_a_days_places_and_in_new_ones_tomorrow() {
        let monday = NaiveDate::default();
        let day = |n| monday + chrono::Days::new(n);
        let (places, ann, bo) = (Places::default(), Uuid::new_v4(), Uuid::new_v4());
        let there: Vec<Uuid> = (0..PLACES_A_DAY).map(|_| Uuid::new_v4()).collect();
        let one_more = Uuid::new_v4();
        assert!(there.iter().all(|place| places.shows(day(0), ann, *place)));
        assert!(!places.shows(day(0), ann, one_more), "a new place");
        assert!(places.shows(day(0), ann, there[0]), "a place of today");
        assert!(places.shows(day(0), bo, one_more), "somebody else's day");
        assert!(places.shows(day(1), ann, one_more), "a new day");
    }
}
