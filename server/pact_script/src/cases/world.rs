//! A world: records in memory that answer a run's questions like the store does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use pact_core::rotation::{Candidate, Filters, next};
use pact_core::time::Instant;
use pact_policy::table::{Kind, Ty};
use uuid::Uuid;

use super::narrow::narrowed;
use super::read::{Extra, Read, Reader, WorldError};
use crate::engine::org::Org;
use crate::facts::{Answer, Ask, Facts, Member, Organisation, Query, Rotate, Step};
use crate::members;
use crate::value::{Record, Value};

/// Everything that is true in a case, an example or a test. Cloning is cheap: records are shared.
#[derive(Clone)]
pub struct World {
    pub(super) now: Instant,
    pub(super) today: NaiveDate,
    /// Records of each kind, in the order written.
    pub(super) records: BTreeMap<Kind, Vec<Arc<Record>>>,
    pub(super) extras: Arc<HashMap<Uuid, Extra>>,
    names: Arc<HashMap<Uuid, String>>,
    organisation: Arc<Organisation>,
    pub(super) org: Arc<Org>,
    turns: Arc<BTreeMap<String, Vec<Uuid>>>,
    contributors: usize,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts: BTreeMap<_, _> = self.records.iter().map(|(kind, records)| (kind.name(), records.len())).collect();
        f.debug_struct("World").field("now", &self.now).field("records", &counts).finish_non_exhaustive()
    }
}

impl World {
    /// A world from a TOML table (the format is on [the module's page](crate::cases)), as it is at `now` and on `today`.
    pub fn from_toml(table: &toml::Table, now: Instant, today: NaiveDate) -> Result<Self, WorldError> {
        Ok(Self::of(Reader::new(now, today).read(table)?, now, today))
    }

    /// A world of these records.
    pub(crate) fn of(read: Read, now: Instant, today: NaiveDate) -> Self {
        let organisation = Arc::new(organisation(&read.records, &read.extras));
        Self {
            now,
            today,
            org: Arc::new(Org::new((*organisation).clone())),
            organisation,
            records: read.records,
            extras: Arc::new(read.extras),
            names: Arc::new(read.names),
            turns: Arc::new(read.turns),
            contributors: read.contributors,
        }
    }

    /// A world that knows handles and nothing else.
    pub(super) fn of_handles(handles: impl Iterator<Item = (Uuid, String)>) -> Self {
        let read = Read { names: handles.collect(), ..Read::default() };
        Self::of(read, Instant::from_millis(0), NaiveDate::default())
    }

    /// The records of a kind, to be changed; people, teams and territories must stay as they are, because the organisation is
    /// shared with the world that this one was cloned from.
    pub(crate) fn records_mut(&mut self, kind: Kind) -> &mut Vec<Arc<Record>> {
        self.records.entry(kind).or_default()
    }

    /// The record that has this one as its own where no member says so: the lead of an event, the period of an act.
    pub(crate) fn owner_of(&self, id: Uuid) -> Option<Uuid> {
        self.extras.get(&id).and_then(|extra| extra.of)
    }

    /// The moment at which the world is as it is.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The day of that moment.
    pub fn today(&self) -> NaiveDate {
        self.today
    }

    /// The handle under which a record was written.
    pub fn handle(&self, id: Uuid) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// All handles, by id.
    pub fn handles(&self) -> impl Iterator<Item = (Uuid, &str)> {
        self.names.iter().map(|(id, name)| (*id, name.as_str()))
    }

    /// A record by its kind and id.
    pub fn record(&self, kind: Kind, id: Uuid) -> Option<&Arc<Record>> {
        self.records.get(&kind)?.iter().find(|record| record.id == id)
    }

    /// Records of a kind, in the order written.
    pub fn all(&self, kind: Kind) -> &[Arc<Record>] {
        self.records.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// What a query finds.
    pub fn rows(&self, query: &Query) -> Result<Vec<Arc<Record>>, String> {
        if let Some(found) = self.org.rows(query) {
            return found;
        }
        let mut rows = self.all(query.kind).to_vec();
        super::narrow::in_first_order(self, query.kind, &mut rows);
        for step in &query.steps {
            match step {
                Step::Limit(count) => rows.truncate(*count as usize),
                Step::Of(owner, id) => rows.retain(|record| self.belongs(record, *owner, *id)),
                Step::Narrow(op, args) => rows = narrowed(self, query.kind, rows, *op, args)?,
            }
        }
        Ok(rows)
    }

    /// Whether a record has `owner` as its own: by a member that refers to it, or as its world says.
    fn belongs(&self, record: &Record, owner: Kind, id: Uuid) -> bool {
        if self.extras.get(&record.id).and_then(|extra| extra.of).is_some_and(|of| of == id) {
            return true;
        }
        let refers = |value: &Value| matches!(value, Value::Ref(kind, other) if *kind == owner && *other == id);
        let mut members = pact_policy::table::members_of(record.kind).zip(&record.values);
        members.any(|(member, value)| matches!(member.ty, Ty::Record(_) | Ty::Maybe(Ty::Record(_))) && refers(value))
    }

    fn rotate(&self, rotate: &Rotate) -> Option<Uuid> {
        let tried: BTreeSet<Uuid> = match rotate.already_tried {
            Some(lead) => {
                let pushes = self.all(Kind::Push).iter().filter(|push| self.belongs(push, Kind::Lead, lead));
                pushes.filter_map(|push| reference(push, "person")).collect()
            }
            None => BTreeSet::new(),
        };
        let turns: Vec<Uuid> = self.turns.get(&rotate.name).into_iter().flatten().chain(&rotate.taken).copied().collect();
        let group: Vec<Candidate> = rotate.people.iter().map(|id| self.candidate(*id, &turns, &rotate.taken)).collect();
        let except = rotate.except.iter().copied().collect();
        let on_duty_within_ms = rotate.on_duty_within.map(|seconds| seconds.saturating_mul(1_000));
        next(&group, &Filters { with_room: rotate.with_room, on_duty: rotate.on_duty, on_duty_within_ms, except, tried })
    }

    fn candidate(&self, id: Uuid, turns: &[Uuid], taken: &[Uuid]) -> Candidate {
        let person = self.record(Kind::Person, id);
        let owned = self.all(Kind::Lead).iter().filter(|lead| reference(lead, "owner") == Some(id) && self.is_open(lead)).count();
        let written = self.all(Kind::Person).iter().position(|person| person.id == id).unwrap_or(0) as i64;
        let taken = taken.iter().filter(|taken| **taken == id).count();
        let on_duty = person.is_some_and(|person| members::get(person, "on_duty") == Some(&Value::Bool(true)));
        let starts_in = self.extras.get(&id).and_then(|extra| extra.on_duty_in).map(|span| span.seconds().saturating_mul(1_000));
        Candidate {
            id,
            on_duty,
            starts_in_ms: if on_duty { Some(0) } else { starts_in },
            open: (owned + taken) as i64,
            capacity: self.extras.get(&id).and_then(|extra| extra.capacity),
            // Who never had a turn comes first, in the order written.
            given_seq: turns.iter().rposition(|turn| *turn == id).map_or(written - i64::MAX, |place| place as i64),
        }
    }

    pub(super) fn is_open(&self, lead: &Record) -> bool {
        !matches!(self.extras.get(&lead.id).and_then(|extra| extra.state.as_deref()), Some("won" | "lost"))
    }

    /// Counts of groups to which enough people contributed; records without an author carry no traces.
    fn tally(&self, kind: Kind, groups: Vec<(Value, Vec<Uuid>)>) -> Vec<(Value, u64)> {
        let by = contributor(kind);
        let enough = |ids: &[Uuid]| {
            let Some(by) = by else { return true };
            let people: BTreeSet<_> = ids.iter().filter_map(|id| reference(self.record(kind, *id)?, by)).collect();
            people.len() >= self.contributors
        };
        groups.into_iter().filter(|(_, ids)| enough(ids)).map(|(key, ids)| (key, ids.len() as u64)).collect()
    }

    /// The answer to one question.
    pub(crate) fn answer(&self, ask: Ask) -> Answer {
        match ask {
            Ask::Rows { query, limit } => match self.rows(&query) {
                Ok(rows) => Answer::Rows(rows.iter().take(limit as usize).map(|record| (**record).clone()).collect()),
                Err(why) => Answer::Refused(why),
            },
            Ask::Count(query) => match self.rows(&query) {
                Ok(rows) => Answer::Count(rows.len() as u64),
                Err(why) => Answer::Refused(why),
            },
            Ask::Record(kind, id) => Answer::Record(self.record(kind, id).map(|record| Box::new((**record).clone()))),
            Ask::Rotate(rotate) => Answer::Person(self.rotate(&rotate)),
            Ask::Tally(kind, groups) => Answer::Groups(self.tally(kind, groups)),
            Ask::Acts(period) => {
                let acts = self.all(Kind::Act).iter().filter(|act| self.belongs(act, Kind::Period, period));
                Answer::Rows(acts.map(|act| (**act).clone()).collect())
            }
        }
    }
}

impl Facts for World {
    fn organisation(&self) -> Arc<Organisation> {
        self.organisation.clone()
    }

    async fn ask(&self, ask: Ask) -> Answer {
        self.answer(ask)
    }
}

fn organisation(records: &BTreeMap<Kind, Vec<Arc<Record>>>, extras: &HashMap<Uuid, Extra>) -> Organisation {
    let all = |kind| records.get(&kind).into_iter().flatten().map(|record| (**record).clone());
    let extra = |id: &Uuid| extras.get(id).cloned().unwrap_or_default();
    let by_name = |kind| {
        let mut sorted: Vec<Record> = all(kind).collect();
        sorted.sort_by_key(|record| members::get(record, "name").map(|name| format!("{name:?}")));
        sorted
    };
    let mut people: Vec<Member> = all(Kind::Person)
        .map(|record| Member { roles: extra(&record.id).roles, record: Record { fields: BTreeMap::new(), ..record } })
        .collect();
    people.sort_by_key(|member| member.record.id);
    let territories =
        by_name(Kind::Territory).into_iter().map(|record| (extra(&record.id).of, record)).map(|(above, record)| (record, above));
    Organisation { version: 1, people, teams: by_name(Kind::Team), territories: territories.collect() }
}

/// The member that says who contributed a record to a tally; a kind without traces has none.
pub(super) fn contributor(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Card => Some("author"),
        Kind::Plan | Kind::Push => Some("person"),
        Kind::Request => Some("from"),
        Kind::LeadEvent => Some("by"),
        _ => None,
    }
}

/// The id to which a member refers.
pub(super) fn reference(record: &Record, member: &str) -> Option<Uuid> {
    match members::get(record, member) {
        Some(Value::Ref(_, id)) => Some(*id),
        _ => None,
    }
}
