//! Answers to what a script's run asks: the store's read view, and the organisation's snapshot.

pub(crate) mod coached;
pub(crate) mod known;
pub(crate) mod look;
mod query;
pub mod reads;
pub(crate) mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use pact_core::rotation::Filters;
use pact_core::time::Instant;
use pact_policy::table::Kind;
use pact_script::facts::{Answer, Ask, Facts, Organisation, Rotate};
use pact_script::value::{Record, Value};
use pact_store::entity::custom_field;
use uuid::Uuid;

use self::coached::Coached;
use self::known::Known;
use self::look::{InThePast, Look};
use self::reads::{Reading, Reads};
use self::records::Lens;
use crate::app::App;
use crate::organisation::{Asked, Snapshot, Turn};
use crate::refusal::Refusal;

/// What one run may ask, and what it was promised.
pub struct RunFacts {
    app: App,
    snapshot: Arc<Snapshot>,
    now: Instant,
    plugin: String,
    fields: Arc<[custom_field::Model]>,
    known: Arc<Known>,
    look: Option<Look>,
    coached: Option<Coached>,
    reading: Mutex<Reading>,
    turns: Mutex<Vec<Turn>>,
}

impl RunFacts {
    /// Facts for a run of `plugin` at `now`; `fields` are the custom fields that it declares.
    pub fn new(app: &App, now: Instant, plugin: &str, fields: Arc<[custom_field::Model]>) -> Self {
        Self {
            snapshot: app.organisation(),
            app: app.clone(),
            now,
            plugin: plugin.to_owned(),
            fields,
            known: Arc::default(),
            look: None,
            coached: None,
            reading: Mutex::default(),
            turns: Mutex::default(),
        }
    }

    /// The same facts, of which some rows were read before.
    #[must_use]
    pub(crate) fn with_known(self, known: Arc<Known>) -> Self {
        Self { known, ..self }
    }

    /// The same facts as a dry run looks at them.
    #[must_use]
    pub(crate) fn looked_at(self, look: Look) -> Self {
        Self { look: Some(look), ..self }
    }

    /// The same facts, for a script that runs inside a coaching period.
    #[must_use]
    pub(crate) fn inside(self, coached: Coached) -> Self {
        Self { coached: Some(coached), ..self }
    }

    fn past(&self) -> Option<&InThePast> {
        self.look.as_ref().and_then(|look| look.past.as_ref())
    }

    /// The instant of the past at which records are read; nothing when they are read as they are.
    pub(crate) fn as_of(&self) -> Option<i64> {
        self.past().map(|past| past.moment.at)
    }

    fn turns_of_all(&self) -> &crate::organisation::Turns {
        self.look.as_ref().map_or(&self.app.turns, |look| &look.turns)
    }

    /// Keeps that a record was read: it travelled along.
    pub(crate) fn note(&self, record: &Record) {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner).record(record);
    }

    /// What was read so far, by reference.
    pub(crate) fn reads(&self) -> Reads {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner).done()
    }

    /// Gives back every turn that was promised: the run did not commit.
    pub fn give_back(&self) {
        for turn in self.turns.lock().unwrap_or_else(PoisonError::into_inner).drain(..).rev() {
            self.turns_of_all().give_back(&turn);
        }
    }

    /// Every turn that was promised, for the commit to write down.
    pub fn take_turns(&self) -> Vec<Turn> {
        std::mem::take(&mut self.turns.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn lens(&self) -> Lens<'_> {
        Lens { snapshot: &self.snapshot, now: self.now }
    }

    /// One record, with its custom fields, or nothing when there is none.
    pub async fn record(&self, kind: Kind, id: Uuid) -> Result<Option<Record>, Refusal> {
        let was = match self.past() {
            Some(past) => past.record(self, kind, id).await?,
            None => None,
        };
        let found = match (was, self.known_record(kind, id)) {
            (Some(was), _) => was,
            (None, Some(found)) => Some(found),
            (None, None) if kind == Kind::Person => self.person(id),
            (None, None) => query::one(self, kind, id).await?,
        };
        let mut records: Vec<Record> = found.into_iter().collect();
        self.add_fields(&mut records).await?;
        Ok(records.pop())
    }

    /// A person as scripts see them; people are held in memory.
    fn person(&self, id: Uuid) -> Option<Record> {
        self.snapshot.for_scripts.people.iter().map(|member| &member.record).find(|record| record.id == id).cloned()
    }

    fn known_record(&self, kind: Kind, id: Uuid) -> Option<Record> {
        match kind {
            Kind::Lead => self.known.leads.get(&id).map(|row| self.lens().lead(row)),
            Kind::Customer => self.known.customers.get(&id).map(|row| self.lens().customer(row)),
            Kind::Contact => self.known.contacts.get(&id).map(records::contact),
            _ => None,
        }
    }

    /// Adds the values of the custom fields that the plugin declares.
    pub(crate) async fn add_fields(&self, records: &mut [Record]) -> Result<(), Refusal> {
        let Some(on) = records.first().and_then(|record| field_record(record.kind)) else { return Ok(()) };
        let fields: Vec<&custom_field::Model> = self.fields.iter().filter(|field| field.on_record == on).collect();
        if fields.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = records.iter().map(|record| record.id).collect();
        let mut by_record: BTreeMap<Uuid, BTreeMap<String, Value>> = BTreeMap::new();
        for value in pact_store::field::values_of(self.app.store.read(), &ids).await? {
            let Some(field) = fields.iter().find(|field| field.id == value.field_id) else { continue };
            let decoded = value.text_value.as_deref().and_then(crate::fields::decode);
            if let Some(decoded) = decoded {
                by_record.entry(value.record_id).or_default().insert(field.name.clone(), decoded);
            }
        }
        for record in records {
            record.fields = by_record.remove(&record.id).unwrap_or_default();
        }
        Ok(())
    }

    async fn rotate(&self, rotate: Rotate) -> Result<Answer, Refusal> {
        if let Some(given) = self.look.as_ref().and_then(Look::given_turn) {
            return Ok(Answer::Person(given));
        }
        let asked: Vec<Asked> = rotate.people.iter().filter_map(|id| self.asked(*id, rotate.on_duty_within.is_some())).collect();
        let tried = match (rotate.already_tried, self.past()) {
            (Some(lead), Some(past)) => past.pushes(self, lead).await?.iter().map(|push| push.person_id).collect(),
            (Some(lead), None) if !self.known.is_never_pushed(lead) => {
                pact_store::push::persons_tried(self.app.store.read(), lead).await?
            }
            (Some(_) | None, _) => Vec::new(),
        };
        let filters = Filters {
            with_room: rotate.with_room,
            on_duty: rotate.on_duty,
            on_duty_within_ms: rotate.on_duty_within.map(|seconds| seconds.saturating_mul(1_000)),
            except: rotate.except.into_iter().collect(),
            tried: BTreeSet::from_iter(tried),
        };
        let name = format!("{}/{}", self.plugin, rotate.name);
        let turn = self.turns_of_all().promise(&self.app.store, self.now, &name, &asked, &filters).await?;
        let person = turn.as_ref().map(|turn| turn.person);
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).extend(turn);
        Ok(Answer::Person(person))
    }

    fn asked(&self, id: Uuid, soon: bool) -> Option<Asked> {
        let member = self.snapshot.people.get(&id).filter(|member| member.row.active)?;
        // Looking for the next working hours takes a search, which most rotations do not need.
        let starts = if soon { member.calendar.next_start(self.now) } else { None };
        Some(Asked {
            id,
            on_duty: member.calendar.is_on_duty(self.now),
            capacity: member.row.capacity,
            starts_in_ms: starts.map(|at| at.millis() - self.now.millis()),
        })
    }

    async fn answer(&self, ask: Ask) -> Result<Answer, Refusal> {
        match ask {
            Ask::Rows { query, limit } => {
                let mut records = query::rows(self, &query, Some(limit)).await?;
                self.add_fields(&mut records).await?;
                Ok(Answer::Rows(records))
            }
            Ask::Count(query) => Ok(Answer::Count(query::count(self, &query).await?)),
            Ask::Record(kind, id) => Ok(Answer::Record(self.record(kind, id).await?.map(Box::new))),
            Ask::Rotate(rotate) => self.rotate(rotate).await,
            Ask::Tally(kind, groups) => query::tally(self, kind, groups).await.map(Answer::Groups),
            Ask::Acts(period) => match &self.coached {
                Some(coached) if coached.is(period) => Ok(Answer::Rows(coached.acts(self.app.store.read()).await?)),
                Some(_) | None => Err(Refusal::forbidden(
                    "There is no open coaching period here, so nothing may be read of it. Open one that both have signed first.",
                )),
            },
        }
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    pub(crate) fn now(&self) -> Instant {
        self.now
    }

    pub(crate) fn field(&self, on: Kind, name: &str) -> Option<&custom_field::Model> {
        let on = field_record(on)?;
        self.fields.iter().find(|field| field.on_record == on && field.name == name)
    }
}

impl Facts for RunFacts {
    fn organisation(&self) -> Arc<Organisation> {
        let looked = self.look.as_ref().map(|look| &look.organisation);
        Arc::clone(looked.unwrap_or(&self.snapshot.for_scripts))
    }

    async fn ask(&self, ask: Ask) -> Answer {
        let answer = self.answer(ask).await.unwrap_or_else(|refusal| Answer::Refused(refusal.to_string()));
        if self.look.as_ref().is_none_or(|look| look.records) {
            self.reading.lock().unwrap_or_else(PoisonError::into_inner).answer(&answer);
        }
        answer
    }
}

/// The word for a kind of record that can have custom fields.
pub(crate) const fn field_record(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Customer => Some("customer"),
        Kind::Contact => Some("contact"),
        Kind::Lead => Some("lead"),
        Kind::Plan => Some("plan"),
        Kind::Person => Some("person"),
        Kind::Push
        | Kind::LeadEvent
        | Kind::Card
        | Kind::Request
        | Kind::Team
        | Kind::Territory
        | Kind::Pack
        | Kind::Goal
        | Kind::Period
        | Kind::Act => None,
    }
}

/// The kind of record with this noun.
pub(crate) fn kind_named(word: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| noun(*kind) == word)
}

/// The noun of a kind of record, as endpoints and messages name it.
pub(crate) const fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Lead => "lead",
        Kind::Push => "push",
        Kind::LeadEvent => "lead_event",
        Kind::Customer => "customer",
        Kind::Contact => "contact",
        Kind::Card => "card",
        Kind::Plan => "plan",
        Kind::Request => "request",
        Kind::Person => "person",
        Kind::Team => "team",
        Kind::Territory => "territory",
        Kind::Pack => "pack",
        Kind::Goal => "goal",
        Kind::Period => "period",
        Kind::Act => "act",
    }
}
