//! Whose turn it is: the person of a group who got something least recently.
//!
//! The host keeps the counts and answers with a person; a script never sees a figure (`policy.md` §2.4).

use std::collections::BTreeSet;

use uuid::Uuid;

/// How much later than the first somebody may begin to work and still begin on the same morning, in milliseconds.
const MORNING_MS: i64 = 4 * 3_600 * 1_000;

/// A person of the group, with what the host knows of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The person.
    pub id: Uuid,
    /// Whether the calendar has them at work now.
    pub on_duty: bool,
    /// How many open leads they own or are offered.
    pub open: i64,
    /// How many they can carry; `None` is as many as come.
    pub capacity: Option<i64>,
    /// Milliseconds until their next working hours begin: 0 for who is at work, `None` for who never works again.
    pub starts_in_ms: Option<i64>,
    /// The place of their last turn in the order of all turns; 0 if they never had one.
    pub given_seq: i64,
}

/// Who is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// People without room for one more lead.
    pub with_room: bool,
    /// People who are not at work now.
    pub on_duty: bool,
    /// People whose working hours begin later than within so many milliseconds, and later than a morning after the first of the others.
    pub on_duty_within_ms: Option<i64>,
    /// These people.
    pub except: BTreeSet<Uuid>,
    /// People to whom the same lead was pushed before.
    pub tried: BTreeSet<Uuid>,
}

impl Candidate {
    /// Whether the person can carry one more lead.
    pub const fn has_room(&self) -> bool {
        match self.capacity {
            Some(capacity) => self.open < capacity,
            None => true,
        }
    }
}

impl Filters {
    /// Whether the person is left in.
    pub fn admit(&self, person: &Candidate) -> bool {
        (!self.with_room || person.has_room())
            && (!self.on_duty || person.on_duty)
            && self.on_duty_within_ms.is_none_or(|within| person.starts_in_ms.is_some_and(|starts| starts <= within))
            && !self.except.contains(&person.id)
            && !self.tried.contains(&person.id)
    }
}

/// The person whose turn it is: least recently given first, ties in the order of ids; `None` if all are left out.
///
/// Where people are asked for who are on duty soon, those who begin on the same morning as the first take turns: otherwise whoever begins at eight would
/// get every lead of the night.
pub fn next(group: &[Candidate], filters: &Filters) -> Option<Uuid> {
    let admitted = || group.iter().filter(|person| filters.admit(person));
    let soon = match filters.on_duty_within_ms {
        Some(_) => admitted().filter_map(|person| person.starts_in_ms).min()?.saturating_add(MORNING_MS),
        None => i64::MAX,
    };
    admitted()
        .filter(|person| filters.on_duty_within_ms.is_none() || person.starts_in_ms.is_some_and(|starts| starts <= soon))
        .min_by_key(|person| (person.given_seq, person.id))
        .map(|person| person.id)
}
