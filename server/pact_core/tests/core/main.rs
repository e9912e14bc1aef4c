//! The rules of PACT, tested through the crate's public face; cases are data.

#![expect(clippy::unwrap_used, reason = "a test that unwraps says where it fails")]

mod calendar;
mod calendar_laws;
mod coaching;
mod history;
mod lead;
mod lead_laws;
mod matching;
mod matching_customers;
mod money;
mod pact;
mod release;
mod role;
mod rotation;
mod security;
mod territory;
mod text;
mod time;

use uuid::Uuid;

/// A person, lead or customer of the tests.
pub(crate) const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Fails with every case that is wrong, not only the first.
pub(crate) fn all_hold(wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
