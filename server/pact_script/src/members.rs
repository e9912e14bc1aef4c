//! Where a member's value is in a record: the order of the table, looked up once.

use std::collections::HashMap;
use std::sync::OnceLock;

use pact_policy::table::{Kind, MEMBERS, Member, members_of};

use crate::value::{Record, Value};

type Places = HashMap<(Kind, &'static str), (usize, &'static Member)>;

fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(|| {
        let each = Kind::ALL.into_iter().flat_map(|kind| members_of(kind).enumerate());
        each.map(|(index, member)| ((member.of, member.name), (index, member))).collect()
    })
}

/// A member of a kind, and its place in a record's values.
pub fn place(kind: Kind, name: &'static str) -> Option<(usize, &'static Member)> {
    places().get(&(kind, name)).copied()
}

/// A member's value.
pub fn get<'a>(record: &'a Record, name: &str) -> Option<&'a Value> {
    let (index, _) = places().get(&(record.kind, name))?;
    record.values.get(*index)
}

/// The value of a member, to be changed.
pub fn get_mut<'a>(record: &'a mut Record, name: &str) -> Option<&'a mut Value> {
    let (index, _) = places().get(&(record.kind, name))?;
    record.values.get_mut(*index)
}

/// The names of all members of all kinds, each once.
pub fn names() -> impl Iterator<Item = &'static str> {
    let mut names: Vec<_> = MEMBERS.iter().map(|member| member.name).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter()
}

/// The member that stands for a record when it is written into a text.
pub fn display(kind: Kind) -> &'static str {
    match kind {
        Kind::Lead | Kind::Pack | Kind::Goal => "title",
        Kind::Customer | Kind::Contact | Kind::Person | Kind::Team | Kind::Territory => "name",
        Kind::LeadEvent | Kind::Card | Kind::Request | Kind::Act => "text",
        Kind::Push => "reason",
        Kind::Plan => "objective",
        Kind::Period => "purpose",
    }
}
