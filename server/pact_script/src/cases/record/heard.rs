//! What a run asked and was answered.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use pact_policy::table::{Kind, NarrowOp};
use uuid::Uuid;

use crate::facts::{Answer, Ask, Facts, Organisation, Query, Rotate, Step};
use crate::limits;
use crate::run::Run;
use crate::value::{Record, Value};

/// Facts that remember what they were asked.
pub struct Recorder<'a, F> {
    facts: &'a F,
    heard: Mutex<Heard>,
}

/// What was asked and answered, as far as a world needs it.
#[derive(Clone, Default)]
pub(super) struct Heard {
    pub(super) organisation: Arc<Organisation>,
    /// In the order in which they were heard of.
    pub(super) records: Vec<Record>,
    known: HashMap<(Kind, Uuid), usize>,
    /// Leads that a query for won or lost ones brought.
    pub(super) states: HashMap<Uuid, &'static str>,
    /// Whose an event or act is.
    pub(super) of: HashMap<Uuid, Uuid>,
    /// Who got something from a rotation before, so that its turn is whose it was.
    pub(super) turns: BTreeMap<String, Vec<Uuid>>,
    /// People for whom a rotation had no room.
    pub(super) full: BTreeSet<Uuid>,
    /// People who begin to work soon enough.
    pub(super) soon: BTreeSet<Uuid>,
    /// How many contributors a tally asks for.
    pub(super) contributors: Option<usize>,
}

impl<F: Facts> std::fmt::Debug for Recorder<'_, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl<'a, F: Facts> Recorder<'a, F> {
    /// Listens to what is asked of these facts.
    pub fn new(facts: &'a F) -> Self {
        Self { facts, heard: Mutex::default() }
    }

    /// Everything heard, with what travelled along with the run, and with what these refer to: it is named in effects without being read.
    pub(super) async fn heard(&self, run: &Run) -> Heard {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        heard.organisation = self.facts.organisation();
        run.given.iter().for_each(|record| heard.add(record));
        let named: Vec<Value> = run.args.iter().chain(heard.records.iter().flat_map(|record| &record.values)).cloned().collect();
        for value in named {
            let Value::Ref(kind, id) = value else { continue };
            if heard.known.contains_key(&(kind, id)) || matches!(kind, Kind::Person | Kind::Team | Kind::Territory) {
                continue;
            }
            if let Answer::Record(Some(record)) = self.facts.ask(Ask::Record(kind, id)).await {
                heard.add(&record);
            }
        }
        heard
    }

    fn with(&self, work: impl FnOnce(&mut Heard)) {
        work(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl<F: Facts> Facts for Recorder<'_, F> {
    fn organisation(&self) -> Arc<Organisation> {
        self.facts.organisation()
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let answer = self.facts.ask(ask.clone()).await;
        if let (Ask::Count(query), Answer::Count(_)) = (&ask, &answer) {
            // A number alone makes no world: what was counted has to be in it.
            let limit = u32::try_from(limits::ROWS).unwrap_or(u32::MAX);
            let rows = self.facts.ask(Ask::Rows { query: query.clone(), limit }).await;
            self.with(|heard| heard.note(&Ask::Rows { query: query.clone(), limit }, &rows));
        }
        self.with(|heard| heard.note(&ask, &answer));
        answer
    }
}

impl Heard {
    fn add(&mut self, record: &Record) {
        match self.known.get(&(record.kind, record.id)) {
            // A row of a query may come without custom fields.
            Some(place) if self.records[*place].fields.is_empty() => self.records[*place] = record.clone(),
            Some(_) => {}
            None => {
                self.known.insert((record.kind, record.id), self.records.len());
                self.records.push(record.clone());
            }
        }
    }

    fn note(&mut self, ask: &Ask, answer: &Answer) {
        match (ask, answer) {
            (Ask::Rows { query, .. }, Answer::Rows(rows)) => self.rows(query, rows),
            (Ask::Acts(period), Answer::Rows(rows)) => {
                rows.iter().for_each(|row| {
                    self.of.insert(row.id, *period);
                    self.add(row);
                });
            }
            (Ask::Record(..), Answer::Record(Some(record))) => self.add(record),
            (Ask::Rotate(rotate), Answer::Person(person)) => self.rotation(rotate, *person),
            (Ask::Tally(kind, groups), Answer::Groups(released)) => self.tally(*kind, groups, released),
            _ => {}
        }
    }

    fn rows(&mut self, query: &Query, rows: &[Record]) {
        for step in &query.steps {
            let state = match step {
                Step::Narrow(NarrowOp::Won | NarrowOp::WonSince, _) => "won",
                Step::Narrow(NarrowOp::Lost | NarrowOp::LostSince, _) => "lost",
                Step::Of(_, owner) => {
                    self.of.extend(rows.iter().map(|row| (row.id, *owner)));
                    continue;
                }
                Step::Narrow(..) | Step::Limit(_) => continue,
            };
            self.states.extend(rows.iter().map(|row| (row.id, state)));
        }
        rows.iter().for_each(|row| self.add(row));
    }

    fn rotation(&mut self, rotate: &Rotate, person: Option<Uuid>) {
        match person {
            Some(person) => {
                // Everybody else had a turn already, unless this run gives them one.
                let turns = self.turns.entry(rotate.name.clone()).or_default();
                turns.extend(rotate.people.iter().filter(|other| **other != person && !rotate.taken.contains(other)));
                turns.retain(|had| *had != person);
                turns.dedup();
                self.soon.extend(rotate.on_duty_within.map(|_| person));
            }
            None if rotate.with_room => self.full.extend(&rotate.people),
            None => {}
        }
    }

    fn tally(&mut self, kind: Kind, groups: &[(Value, Vec<Uuid>)], released: &[(Value, u64)]) {
        let Some(by) = super::super::world::contributor(kind) else { return };
        let people = |ids: &[Uuid]| {
            let records = ids.iter().filter_map(|id| self.known.get(&(kind, *id)).map(|place| &self.records[*place]));
            records.filter_map(|record| super::super::world::reference(record, by)).collect::<BTreeSet<_>>().len()
        };
        let shown = |key: &Value| released.iter().any(|(other, _)| other == key);
        let least = groups.iter().filter(|(key, _)| shown(key)).map(|(_, ids)| people(ids)).min();
        let most_hidden = groups.iter().filter(|(key, _)| !shown(key)).map(|(_, ids)| people(ids)).max();
        self.contributors = least.or(most_hidden.map(|most| most + 1));
    }
}
