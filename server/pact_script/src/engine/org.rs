//! The organisation inside a worker: people, teams and territories are found here without asking the host.

use std::collections::HashMap;
use std::sync::Arc;

use pact_policy::table::{Kind, NarrowOp};
use uuid::Uuid;

use crate::facts::{Organisation, Query, Step};
use crate::members;
use crate::value::{Record, Value};

/// An organisation, indexed.
#[derive(Default)]
pub(crate) struct Org {
    people: Vec<Person>,
    teams: Vec<Arc<Record>>,
    territories: Vec<Territory>,
    by_id: HashMap<(Kind, Uuid), usize>,
}

/// A person, with what queries compare in small letters.
struct Person {
    record: Arc<Record>,
    roles: Vec<String>,
    skills: Vec<String>,
    languages: Vec<String>,
    on_duty: bool,
}

struct Territory {
    record: Arc<Record>,
    above: Option<Uuid>,
}

impl Org {
    pub(crate) fn new(organisation: Organisation) -> Self {
        let mut org = Self::default();
        for member in organisation.people {
            org.by_id.insert((Kind::Person, member.record.id), org.people.len());
            let roles = member.roles.iter().map(|role| role.to_lowercase()).collect();
            let record = member.record;
            let (skills, languages) = (small(&record, "skills"), small(&record, "languages"));
            let on_duty = members::get(&record, "on_duty") == Some(&Value::Bool(true));
            org.people.push(Person { record: Arc::new(record), roles, skills, languages, on_duty });
        }
        for team in organisation.teams {
            org.by_id.insert((Kind::Team, team.id), org.teams.len());
            org.teams.push(Arc::new(team));
        }
        for (record, above) in organisation.territories {
            org.by_id.insert((Kind::Territory, record.id), org.territories.len());
            org.territories.push(Territory { record: Arc::new(record), above });
        }
        org
    }

    /// The record of this id, if the organisation has it.
    pub(crate) fn record(&self, kind: Kind, id: Uuid) -> Option<&Arc<Record>> {
        let index = *self.by_id.get(&(kind, id))?;
        match kind {
            Kind::Person => self.people.get(index).map(|person| &person.record),
            Kind::Team => self.teams.get(index),
            Kind::Territory => self.territories.get(index).map(|territory| &territory.record),
            _ => None,
        }
    }

    /// What a query over people, teams or territories finds; nothing when the query is over another kind.
    pub(crate) fn rows(&self, query: &Query) -> Option<Result<Vec<Arc<Record>>, String>> {
        let all: Vec<usize> = match query.kind {
            Kind::Person => (0..self.people.len()).collect(),
            Kind::Team => (0..self.teams.len()).collect(),
            Kind::Territory => (0..self.territories.len()).collect(),
            Kind::Lead
            | Kind::Push
            | Kind::LeadEvent
            | Kind::Customer
            | Kind::Contact
            | Kind::Card
            | Kind::Plan
            | Kind::Request
            | Kind::Pack
            | Kind::Goal
            | Kind::Period
            | Kind::Act => return None,
        };
        Some(self.narrowed(query, all))
    }

    fn narrowed(&self, query: &Query, mut left: Vec<usize>) -> Result<Vec<Arc<Record>>, String> {
        for step in &query.steps {
            match step {
                Step::Limit(n) => left.truncate(*n as usize),
                Step::Of(kind, id) => left.retain(|index| self.belongs(query.kind, *index, *kind, *id)),
                Step::Narrow(op, args) => {
                    let keep = self.keeper(query.kind, *op, args)?;
                    left.retain(|index| keep(*index));
                }
            }
        }
        Ok(left.into_iter().filter_map(|index| self.at(query.kind, index).cloned()).collect())
    }

    fn at(&self, kind: Kind, index: usize) -> Option<&Arc<Record>> {
        match kind {
            Kind::Person => self.people.get(index).map(|person| &person.record),
            Kind::Team => self.teams.get(index),
            _ => self.territories.get(index).map(|territory| &territory.record),
        }
    }

    fn belongs(&self, kind: Kind, index: usize, owner: Kind, id: Uuid) -> bool {
        let member = match owner {
            Kind::Team => "team",
            Kind::Territory => "territory",
            _ => return false,
        };
        self.at(kind, index).is_some_and(|record| refers(record, member, id))
    }

    fn keeper<'a>(&'a self, kind: Kind, op: NarrowOp, args: &'a [Value]) -> Result<Box<dyn Fn(usize) -> bool + 'a>, String> {
        let text = || match args.first() {
            Some(Value::Text(text)) => text.to_lowercase(),
            _ => String::new(),
        };
        let id = match args.first() {
            Some(Value::Ref(_, id)) => *id,
            _ => Uuid::nil(),
        };
        Ok(match (kind, op) {
            (Kind::Person, NarrowOp::All) => Box::new(|_| true),
            (Kind::Person, NarrowOp::InTeam) => Box::new(move |index| self.belongs(kind, index, Kind::Team, id)),
            (Kind::Person, NarrowOp::InTerritory) => Box::new(move |index| self.works_for(index, id)),
            (Kind::Person, NarrowOp::WithRole) => {
                let role = text();
                Box::new(move |index| self.people[index].roles.contains(&role))
            }
            (Kind::Person, NarrowOp::WithSkill) => {
                let skill = text();
                Box::new(move |index| self.people[index].skills.contains(&skill))
            }
            (Kind::Person, NarrowOp::Speaking) => {
                let language = text();
                Box::new(move |index| self.people[index].languages.contains(&language))
            }
            (Kind::Person, NarrowOp::OnDuty) => Box::new(|index| self.people[index].on_duty),
            (Kind::Person, NarrowOp::Named) => {
                let name = text();
                Box::new(move |index| {
                    let record = &self.people[index].record;
                    record.id.to_string() == name || says(record, "email", &name)
                })
            }
            (Kind::Team | Kind::Territory, NarrowOp::Named) => self.saying(kind, "name", text()),
            (Kind::Team, NarrowOp::InRegion) => self.saying(kind, "region", text()),
            (Kind::Territory, NarrowOp::InRegion) => {
                let name = text();
                Box::new(move |index| {
                    self.above(self.territories[index].record.id).skip(1).any(|record| says(record, "name", &name))
                })
            }
            _ => return Err(format!("A query of {} cannot be narrowed like this.", kind.name())),
        })
    }

    fn saying<'a>(&'a self, kind: Kind, member: &'static str, wanted: String) -> Box<dyn Fn(usize) -> bool + 'a> {
        Box::new(move |index| self.at(kind, index).is_some_and(|record| says(record, member, &wanted)))
    }

    /// Whether a person's territory is this one, or one above or below it.
    fn works_for(&self, index: usize, territory: Uuid) -> bool {
        let Some(Value::Ref(_, own)) = members::get(&self.people[index].record, "territory") else { return false };
        self.above(*own).any(|record| record.id == territory) || self.above(territory).any(|record| record.id == *own)
    }

    /// A territory and all above it; a cycle in the tree ends it.
    fn above(&self, id: Uuid) -> impl Iterator<Item = &Arc<Record>> {
        let mut next = Some(id);
        (0..self.territories.len()).map_while(move |_| {
            let index = *self.by_id.get(&(Kind::Territory, next?))?;
            let territory = self.territories.get(index)?;
            next = territory.above;
            Some(&territory.record)
        })
    }
}

fn refers(record: &Record, member: &str, id: Uuid) -> bool {
    matches!(members::get(record, member), Some(Value::Ref(_, other)) if *other == id)
}

/// Whether a member has this text, which is given in small letters.
fn says(record: &Record, member: &str, wanted: &str) -> bool {
    matches!(members::get(record, member), Some(Value::Text(text)) if text.to_lowercase() == wanted)
}

fn small(record: &Record, member: &str) -> Vec<String> {
    let Some(Value::List(items)) = members::get(record, member) else { return Vec::new() };
    let texts = items.iter().filter_map(|item| match item {
        Value::Text(text) => Some(text.to_lowercase()),
        _ => None,
    });
    texts.collect()
}
