//! What a weaker version lacks before it is in force: signatures, then time.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Settings, Weaker};
use crate::time::Instant;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Who signed a version, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The person.
    pub person: Uuid,
    /// When.
    pub at: Instant,
}

/// The people of the company, as far as signing goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Everybody inside the company who is active.
    pub active: BTreeSet<Uuid>,
    /// Of these, the admins.
    pub admins: BTreeSet<Uuid>,
}

/// What a version still lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lacks {
    /// Nothing: it is to come into force.
    Nothing,
    /// Signatures.
    Signatures {
        /// Of these, who sign for staff.
        staff: Vec<Uuid>,
        /// Of more than half of the staff, because somebody who signs for staff has left.
        majority: bool,
        /// Of one of those who sign for management.
        management: bool,
    },
    /// Time.
    Time {
        /// Until then.
        until: Instant,
    },
}

/// What a proposed version lacks, with the signatures that it has and that nobody withdrew.
///
/// - A version that is not weaker lacks nothing.
/// - The signers are those of the version in force: nobody can choose whom to ask by the proposal itself. Only where nobody is named yet, those whom the
///   proposal names sign.
/// - All who sign for staff sign. For those of them who left, more than half of the staff sign instead: nobody clears the way by ending an account, and
///   nothing is stuck for ever because somebody went.
/// - One of those who sign for management signs; an admin, when all of them left.
/// - Then the waiting time of the version in force begins.
#[must_use]
pub fn lacks(
    in_force: &Settings,
    proposed: &Settings,
    weaker: &[Weaker],
    signed: &[Signature],
    people: &People,
    now: Instant,
) -> Lacks {
    if weaker.is_empty() {
        return Lacks::Nothing;
    }
    let signers = if in_force.names_nobody() { proposed } else { in_force };
    let at = |person: &Uuid| signed.iter().filter(|signature| signature.person == *person).map(|signature| signature.at).min();
    let (here, left): (Vec<&Uuid>, Vec<&Uuid>) =
        signers.representatives.iter().partition(|person| people.active.contains(person));
    let staff: Vec<Uuid> = here.iter().filter(|person| at(person).is_none()).map(|person| **person).collect();
    let majority = if left.is_empty() { Some(Instant::MIN) } else { majority(signers, people, at) };
    let mut managers = signers.management.iter().filter(|person| people.active.contains(person)).peekable();
    let management = match managers.peek() {
        Some(_) => managers.filter_map(at).min(),
        None => people.admins.iter().filter_map(at).min(),
    };
    let (Some(of_staff), Some(of_management), true) = (majority, management, staff.is_empty()) else {
        return Lacks::Signatures { staff, majority: majority.is_none(), management: management.is_none() };
    };
    let last = here.into_iter().filter_map(at).chain([of_staff, of_management]).max().unwrap_or(of_management);
    let until = Instant::from_millis(last.millis() + i64::from(in_force.waiting_days) * DAY_MS);
    if until <= now { Lacks::Nothing } else { Lacks::Time { until } }
}

/// Since when more than half of the staff have signed: everybody who is active and does not sign for management.
fn majority(signers: &Settings, people: &People, at: impl Fn(&Uuid) -> Option<Instant>) -> Option<Instant> {
    let staff: Vec<&Uuid> = people.active.difference(&signers.management).collect();
    let mut signed: Vec<Instant> = staff.iter().filter_map(|person| at(person)).collect();
    signed.sort_unstable();
    signed.get(staff.len() / 2).copied()
}
