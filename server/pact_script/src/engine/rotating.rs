//! The group of a rotation: a query of people, or what `filter` kept of one. A list made by hand is none (`policy.md` §2.4).

use pact_policy::table::Kind;
use rhai::Array;
use uuid::Uuid;

use super::args::Call;
use super::desk::{Failed, fail};
use super::handles::{Group, Rec, Rows};

/// Remembers what a filter kept of a query of people, so that a rotation may go over it.
pub(super) fn remember(call: &Call<'_, '_, '_>, kept: &Array) -> Result<(), Failed> {
    if call.query()?.kind() != Kind::Person {
        return Ok(());
    }
    let ids = kept.iter().filter_map(|row| row.read_lock::<Rec>().map(|row| row.id)).collect();
    call.host.at(|desk| {
        desk.groups.push(ids);
        Ok(())
    })
}

/// The group that a script gives: the linter has seen how it was chosen, and the host sees that nobody was put in by hand.
pub(super) fn group(call: &Call<'_, '_, '_>) -> Result<Group, Failed> {
    if let Some(rows) = call.maybe_typed::<Rows>(1) {
        if rows.kind() != Kind::Person {
            return Err(fail(format!("rotation: `people` is a query of {}, and one of Person is wanted.", rows.kind().name())));
        }
        return Ok(Group::Query(rows));
    }
    let ids: Vec<Uuid> = call.records(1)?.iter().map(|person| person.id).collect();
    let kept = call.host.at(|desk| Ok(desk.groups.iter().any(|group| ids.iter().all(|id| group.contains(id)))))?;
    if kept {
        return Ok(Group::Kept(ids));
    }
    Err(fail(
        "rotation: `people` is a list made by hand, and a turn over it would tell how busy one person is. \
         Give a query of people, or what `filter` keeps of one.",
    ))
}

/// The people of a group, now.
pub(super) fn people(call: &Call<'_, '_, '_>, group: &Group) -> Result<Vec<Uuid>, Failed> {
    match group {
        Group::Query(rows) => Ok(call.host.rows(rows)?.iter().map(|person| person.id).collect()),
        Group::Kept(ids) => Ok(ids.clone()),
    }
}
