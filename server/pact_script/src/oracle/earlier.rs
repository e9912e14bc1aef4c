//! What other plugins stored before: their runs in turn, in the same world, with fields carried from one to the next.
//!
//! A figure may be made by several plugins of which none makes it alone: one stores who wrote, another counts by it. So the plugins
//! that are given together run before the one that is looked at, as far as fields lead from them to it, in each of the worlds.

use std::sync::Arc;

use pact_policy::manifest::Field;
use pact_policy::table::{Capability, Kind, Ty};
use uuid::Uuid;

use super::Judged;
use super::calls::{Call, Called, Host, Subject};
use super::pairs::Work;
use crate::cases::World;
use crate::effect::{Effect, Placed};
use crate::members;
use crate::plugin::Loaded;
use crate::pool::Pool;
use crate::value::Value;

/// The most calls of one entry point before the run that is looked at.
const MOST_CALLS: usize = 24;

/// How often schedules run: what one stores may be read by one that was given before it.
const SCHEDULE_ROUNDS: usize = 2;

/// An entry point of another plugin.
#[derive(Clone, Debug)]
pub(super) struct Earlier {
    subject: Subject,
    called: Called,
}

/// The other plugins from which stored fields lead to this one, perhaps through others.
pub(super) fn linked<'a>(judged: &[Judged<'a>], to: &Loaded) -> Vec<&'a Loaded> {
    let others = || judged.iter().map(|it| it.plugin).filter(|it| it.plugin.id() != to.plugin.id());
    let mut found: Vec<&'a Loaded> = Vec::new();
    loop {
        let before = found.len();
        for other in others().filter(|other| other.manifest().may(Capability::Set) && !other.manifest().coaching) {
            let known = found.iter().any(|it| it.plugin.id() == other.plugin.id());
            if !known && (shares(other, to) || found.iter().any(|it| shares(other, it))) {
                found.push(other);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

fn shares(one: &Loaded, other: &Loaded) -> bool {
    one.manifest().fields.iter().any(|field| other.manifest().fields.iter().any(|it| same(field, it)))
}

fn same(one: &Field, other: &Field) -> bool {
    one.on == other.on && one.name == other.name
}

/// The fields of all of these, each once.
pub(super) fn fields<'a>(of: &'a Loaded, linked: &[&'a Loaded]) -> Vec<&'a Field> {
    let mut all: Vec<&Field> = of.manifest().fields.iter().collect();
    for field in linked.iter().flat_map(|it| &it.manifest().fields) {
        if !all.iter().any(|known| same(known, field)) {
            all.push(field);
        }
    }
    all
}

impl Earlier {
    /// Every entry point of these plugins.
    pub(super) fn all(linked: &[&Loaded]) -> Vec<Self> {
        let each = |plugin: &&Loaded| {
            let subject = Subject::of(plugin);
            Called::all(plugin).into_iter().map(move |called| Self { subject: subject.clone(), called })
        };
        linked.iter().flat_map(each).collect()
    }

    /// The arguments of its calls in a world: one call for each record that the event can be about.
    fn args(&self, world: &World) -> Vec<Vec<Value>> {
        match &self.called {
            Called::Event(point) => {
                let params = point.entry().params;
                let about = params.iter().rev().find_map(|(_, ty)| match ty {
                    Ty::Record(kind) => Some(*kind),
                    _ => None,
                });
                let Some(about) = about else { return Vec::new() };
                let records = world.all(about).iter().take(MOST_CALLS);
                records
                    .filter_map(|record| params.iter().map(|(_, ty)| argument(world, ty, about, record.id)).collect())
                    .collect()
            }
            Called::Schedule(_, pact_policy::manifest::ForEach::Person) => {
                let people = world.all(Kind::Person).iter().take(MOST_CALLS);
                people.map(|person| vec![Value::Ref(Kind::Person, person.id)]).collect()
            }
            Called::Schedule(_, pact_policy::manifest::ForEach::None) => vec![Vec::new()],
        }
    }

    fn is_event(&self) -> bool {
        matches!(self.called, Called::Event(_))
    }
}

/// An argument of an event about a record: the record, what it belongs to, or a stage.
fn argument(world: &World, ty: &Ty, about: Kind, id: Uuid) -> Option<Value> {
    match ty {
        Ty::Record(kind) if *kind == about => Some(Value::Ref(about, id)),
        Ty::Record(_) => members::get(world.record(about, id)?, "lead").filter(|value| !matches!(value, Value::Unit)).cloned(),
        _ => Some(Value::from("offer")),
    }
}

/// The world after these ran: events once for each record, then schedules.
pub(super) async fn after(all: &[Earlier], pool: &Pool, world: &World, host: &Host, work: &mut Work) -> World {
    let mut after = world.clone();
    let schedules = || all.iter().filter(|it| !it.is_event());
    let rounds = (0..SCHEDULE_ROUNDS).flat_map(|_| schedules());
    for (nth, earlier) in all.iter().filter(|it| it.is_event()).chain(rounds).enumerate() {
        for (at, args) in earlier.args(&after).into_iter().enumerate() {
            let seed = Uuid::from_u64_pair(nth as u64, at as u64);
            let call = Call { subject: earlier.subject.clone(), function: earlier.called.name().to_owned(), args, seed };
            let outcome = call.run(pool, &after, host).await;
            work.runs += 1;
            // A run that fails leaves nothing behind.
            if outcome.error.is_none() {
                after = stored(&after, &outcome.effects);
            }
        }
    }
    after
}

/// The world after its fields were set.
pub(super) fn stored(base: &World, effects: &[Placed]) -> World {
    let mut after = base.clone();
    for placed in effects {
        let Effect::Set { kind, record, field, value } = &placed.effect else { continue };
        let records = after.records_mut(*kind);
        if let Some(known) = records.iter_mut().find(|known| known.id == *record) {
            Arc::make_mut(known).fields.insert(field.clone(), value.clone());
        }
    }
    after
}
