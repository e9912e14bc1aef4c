//! From what was heard to a world as cases write it.

use std::collections::{HashMap, HashSet};

use pact_core::money::Money;
use pact_core::time::{Instant, Span, WorkSpan};
use pact_policy::table::{Kind, Ty, members_of};
use rust_decimal::prelude::ToPrimitive;
use toml::{Table, Value as Toml};
use uuid::Uuid;

use super::super::read::{Reader, kind_name};
use super::super::{World, in_words};
use super::heard::Heard;
use super::short;
use crate::effect::Effect;
use crate::members;
use crate::value::{Record, Value};

/// Longest handle, in characters.
const HANDLE_CHARS: usize = 32;

/// The handle of each record.
#[derive(Default)]
pub(super) struct Handles(HashMap<Uuid, String>);

/// Handles for everything heard, and the world.
pub(super) fn written(heard: &Heard, reader: &Reader) -> (Handles, Table) {
    let mut handles = Handles::default();
    let organisation = &heard.organisation;
    let people: Vec<&Record> = organisation.people.iter().map(|member| &member.record).collect();
    let territories: Vec<&Record> = organisation.territories.iter().map(|(record, _)| record).collect();
    let known: HashSet<Uuid> = heard.records.iter().map(|record| record.id).collect();
    // A person whose fields were asked for was heard of twice; then what was heard says more.
    let own = people.into_iter().chain(&organisation.teams).chain(territories).filter(|record| !known.contains(&record.id));
    let all: Vec<&Record> = own.chain(&heard.records).collect();
    let mut taken = HashSet::new();
    all.iter().for_each(|record| handles.name(record, &mut taken));
    let mut world = Table::new();
    for record in all {
        let mut table = handles.record(record, reader);
        extras(heard, record, &handles, &mut table);
        let list = world.entry(kind_name(record.kind)).or_insert_with(|| Toml::Array(Vec::new()));
        if let Toml::Array(list) = list {
            list.push(Toml::Table(table));
        }
    }
    if !heard.turns.is_empty() {
        let turns = heard
            .turns
            .iter()
            .map(|(name, people)| (name.clone(), Toml::Array(people.iter().map(|id| Toml::String(handles.of(*id))).collect())));
        world.insert("turns".to_owned(), Toml::Table(turns.collect()));
    }
    if let Some(contributors) = heard.contributors.and_then(|count| i64::try_from(count).ok()) {
        world.insert("contributors".to_owned(), Toml::Integer(contributors));
    }
    (handles, world)
}

/// What the store knows of a record beside its members.
fn extras(heard: &Heard, record: &Record, handles: &Handles, table: &mut Table) {
    let mut put = |key: &str, value: Toml| table.insert(key.to_owned(), value);
    let of = |id: Uuid| Toml::String(handles.of(id));
    match record.kind {
        Kind::Person => {
            let member = heard.organisation.people.iter().find(|member| member.record.id == record.id);
            let roles: Vec<_> = member.into_iter().flat_map(|member| &member.roles).cloned().map(Toml::String).collect();
            if !roles.is_empty() {
                put("roles", Toml::Array(roles));
            }
            if heard.full.contains(&record.id) {
                put("capacity", Toml::Integer(0));
            }
            if heard.soon.contains(&record.id) {
                put("on_duty_in", Toml::String("0 minutes".to_owned()));
            }
        }
        Kind::Territory => {
            let found = heard.organisation.territories.iter().find(|(other, _)| other.id == record.id);
            if let Some(above) = found.and_then(|(_, above)| *above) {
                put("above", of(above));
            }
        }
        Kind::Lead => {
            if let Some(state) = heard.states.get(&record.id) {
                put("state", Toml::String((*state).to_owned()));
            }
        }
        Kind::LeadEvent | Kind::Act => {
            let key = if record.kind == Kind::Act { "period" } else { "lead" };
            if let Some(owner) = heard.of.get(&record.id) {
                put(key, of(*owner));
            }
        }
        Kind::Push
        | Kind::Customer
        | Kind::Contact
        | Kind::Card
        | Kind::Plan
        | Kind::Request
        | Kind::Team
        | Kind::Pack
        | Kind::Goal
        | Kind::Period => {}
    }
}

impl Handles {
    /// A handle from a record's name, or else from its kind.
    fn name(&mut self, record: &Record, taken: &mut HashSet<String>) {
        let said = match members::get(record, members::display(record.kind)) {
            Some(Value::Text(text)) => slug(text),
            _ => String::new(),
        };
        let base = if said.is_empty() { format!("{}-{}", kind_name(record.kind), short(record.id)) } else { said };
        let mut handle = base.clone();
        let mut number = 2;
        while !taken.insert(handle.clone()) {
            handle = format!("{base}-{number}");
            number += 1;
        }
        self.0.insert(record.id, handle);
    }

    /// A record's handle; what was never heard of keeps its id.
    fn of(&self, id: Uuid) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// An effect in the words of a case, with these handles.
    pub(super) fn renamed(&self, effect: &Effect) -> Table {
        in_words(&World::of_handles(self.0.iter().map(|(id, handle)| (*id, handle.clone()))), effect)
    }

    /// A record without what a world takes for granted.
    fn record(&self, record: &Record, reader: &Reader) -> Table {
        let handle = self.of(record.id);
        let granted = reader.defaults(record.kind, record.id, &handle);
        let mut table = Table::from_iter([("id".to_owned(), Toml::String(handle))]);
        for ((member, value), granted) in members_of(record.kind).zip(&record.values).zip(granted) {
            let written = !matches!(member.ty, Ty::Query(_) | Ty::AnyQuery) && member.name != "id" && *value != granted;
            // What is not known has no words, and no member is known by default that can be unknown.
            if let Some(value) = written.then(|| self.value(value)).flatten() {
                table.insert(member.name.to_owned(), value);
            }
        }
        let fields: Table = record.fields.iter().filter_map(|(name, value)| Some((name.clone(), self.field(value)?))).collect();
        if !fields.is_empty() {
            table.insert("fields".to_owned(), Toml::Table(fields));
        }
        table
    }

    /// A custom field's value: there, TOML's own types tell what it is.
    fn field(&self, value: &Value) -> Option<Toml> {
        Some(match value {
            Value::Day(day) => Toml::Datetime(day.to_string().parse().ok()?),
            Value::Instant(millis) => Toml::Datetime(Instant::from_millis(*millis).to_string().parse().ok()?),
            Value::Money { .. } => Toml::Table(Table::from_iter([("amount".to_owned(), self.value(value)?)])),
            other => self.value(other)?,
        })
    }

    /// A value as a case writes it; nothing for what is not known.
    pub(super) fn value(&self, value: &Value) -> Option<Toml> {
        Some(match value {
            Value::Unit => return None,
            Value::Bool(yes) => Toml::Boolean(*yes),
            Value::Int(number) => Toml::Integer(*number),
            Value::Decimal(number) => Toml::Float(number.to_f64()?),
            Value::Text(text) => Toml::String(text.clone()),
            Value::Instant(millis) => Toml::String(Instant::from_millis(*millis).to_string()),
            Value::Day(day) => Toml::String(day.to_string()),
            Value::Span(seconds) => Toml::String(Span::of_seconds(*seconds).to_string()),
            Value::WorkSpan(minutes) => Toml::String(WorkSpan::of_minutes(*minutes).to_string()),
            Value::Money { minor, currency } => {
                let money = Money { minor: *minor, currency: currency.parse().ok()? };
                Toml::String(format!("{} {currency}", money.to_decimal()))
            }
            Value::List(items) => Toml::Array(items.iter().filter_map(|item| self.value(item)).collect()),
            Value::Map(entries) => {
                Toml::Table(entries.iter().filter_map(|(key, value)| Some((key.clone(), self.value(value)?))).collect())
            }
            Value::Ref(_, id) => Toml::String(self.of(*id)),
        })
    }
}

/// `Kühlhaus Altona GmbH` as `kühlhaus-altona-gmbh`.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.to_lowercase().chars().take(HANDLE_CHARS) {
        if letter.is_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}
