//! Facts in which people have pseudonyms, other ones each time.

use std::collections::BTreeMap;
use std::sync::Arc;

use pact_policy::table::{Kind, members_of};
use pact_script::facts::{Answer, Ask, Facts, Organisation};
use pact_script::value::{Record, Value};
use uuid::Uuid;

use crate::facts::RunFacts;

/// What a run may ask, without names and addresses of people, and without their custom fields.
pub(super) struct Nameless<'a> {
    facts: &'a RunFacts,
    organisation: Arc<Organisation>,
    /// The number of each person.
    numbers: BTreeMap<Uuid, usize>,
}

impl<'a> Nameless<'a> {
    pub(super) fn new(facts: &'a RunFacts) -> Self {
        let mut organisation = Organisation::clone(&facts.organisation());
        let mut order: Vec<(Uuid, Uuid)> = organisation.people.iter().map(|member| (Uuid::new_v4(), member.record.id)).collect();
        order.sort_unstable();
        let numbers: BTreeMap<Uuid, usize> = order.into_iter().zip(1..).map(|((_, id), number)| (id, number)).collect();
        organisation.people.iter_mut().for_each(|member| rename(&mut member.record, &numbers));
        Self { facts, organisation: Arc::new(organisation), numbers }
    }
}

fn rename(record: &mut Record, numbers: &BTreeMap<Uuid, usize>) {
    if record.kind != Kind::Person {
        return;
    }
    // Whoever is not in the organisation (any more) is told apart by nothing.
    let number = numbers.get(&record.id).copied().unwrap_or_default();
    for (member, value) in members_of(Kind::Person).zip(&mut record.values) {
        match member.name {
            "name" => *value = Value::Text(format!("Person {number}")),
            "email" => *value = Value::Text(format!("person-{number}@example.com")),
            _ => {}
        }
    }
    record.fields.clear();
}

impl Facts for Nameless<'_> {
    fn organisation(&self) -> Arc<Organisation> {
        Arc::clone(&self.organisation)
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let mut answer = self.facts.ask(ask).await;
        match &mut answer {
            Answer::Rows(rows) => rows.iter_mut().for_each(|row| rename(row, &self.numbers)),
            Answer::Record(Some(record)) => rename(record, &self.numbers),
            Answer::Record(None) | Answer::Count(_) | Answer::Person(_) | Answer::Groups(_) | Answer::Refused(_) => {}
        }
        answer
    }
}
