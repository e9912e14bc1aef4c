//! From TOML to the records of a world: every member of the table can be written, and those left out get a quiet default.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use pact_core::money::Money;
use pact_core::time::{AnySpan, Instant, Span, WorkSpan};
use pact_policy::table::{Kind, Ty, members_of};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::members;
use crate::value::{Record, Value};

/// What is wrong in a world, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct WorldError {
    /// The record or key.
    pub place: String,
    /// What is wrong there, and what to do.
    pub message: String,
}

/// What the store knows of a record beside its members.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    pub(crate) roles: Vec<String>,
    pub(crate) capacity: Option<i64>,
    /// When a person who is not on duty will be.
    pub(crate) on_duty_in: Option<Span>,
    /// A lead's state.
    pub(crate) state: Option<String>,
    /// When a lead was won or lost.
    pub(crate) closed_at: Option<Instant>,
    /// The territory above, the lead of an event, the period of an act.
    pub(crate) of: Option<Uuid>,
}

#[derive(Default)]
pub(crate) struct Read {
    pub(crate) records: BTreeMap<Kind, Vec<Arc<Record>>>,
    pub(crate) extras: HashMap<Uuid, Extra>,
    pub(crate) names: HashMap<Uuid, String>,
    pub(crate) turns: BTreeMap<String, Vec<Uuid>>,
    pub(crate) contributors: usize,
}

/// Contributors below which a tally leaves a group out, unless the world says otherwise (`policy.md` §2).
const CONTRIBUTORS: usize = 5;
/// Duty of a person of whom the world says nothing.
const ON_DUTY: bool = true;

pub(super) struct Reader {
    now: Instant,
    today: NaiveDate,
}

/// The id that a handle stands for: always the same.
pub fn id_of(handle: &str) -> Uuid {
    if let Ok(id) = handle.parse() {
        return id;
    }
    let hash = Sha256::digest(handle.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// A kind's name in worlds and cases: `lead_event`.
pub(crate) fn kind_name(kind: Kind) -> String {
    let mut name = String::new();
    for letter in kind.name().chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

impl Reader {
    pub(super) fn new(now: Instant, today: NaiveDate) -> Self {
        Self { now, today }
    }

    pub(super) fn read(&self, world: &toml::Table) -> Result<Read, WorldError> {
        let mut read = Read { contributors: CONTRIBUTORS, ..Read::default() };
        for (key, value) in world {
            if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind_name(*kind) == *key) {
                for entry in tables(key, value)? {
                    self.record(kind, entry, &mut read)?;
                }
            } else if key == "turns" {
                for (name, given) in value.as_table().ok_or_else(|| wrong(key, "is a table of lists of handles"))? {
                    read.turns.insert(name.clone(), handles(key, given)?.iter().map(|handle| id_of(handle)).collect());
                }
            } else if key == "contributors" {
                read.contributors =
                    value.as_integer().and_then(|k| usize::try_from(k).ok()).ok_or_else(|| wrong(key, "is a whole number"))?;
            } else {
                let kinds = Kind::ALL.map(kind_name).join(", ");
                return Err(wrong(key, &format!("is nothing that a world has. It has {kinds}, turns and contributors")));
            }
        }
        Ok(read)
    }

    fn record(&self, kind: Kind, entry: &toml::Table, read: &mut Read) -> Result<(), WorldError> {
        let handle = match entry.get("id").and_then(toml::Value::as_str) {
            Some(handle) => handle.to_owned(),
            None => format!("{} {}", kind_name(kind), read.records.get(&kind).map_or(0, Vec::len) + 1),
        };
        let place = format!("{} \"{handle}\"", kind_name(kind));
        let id = id_of(&handle);
        let mut extra = Extra::default();
        let mut record = Record { kind, id, values: self.defaults(kind, id, &handle), fields: BTreeMap::new() };
        for (key, value) in entry {
            if let Some((index, member)) = members_of(kind).enumerate().find(|(_, member)| member.name == key && key != "id") {
                record.values[index] = self.value(member.ty, value).map_err(|why| wrong(&place, &format!("{key} {why}")))?;
            } else if key == "fields" {
                let fields = value.as_table().ok_or_else(|| wrong(&place, "has `fields` that are no table"))?;
                for (name, value) in fields {
                    record.fields.insert(name.clone(), field(value).map_err(|why| wrong(&place, &format!("{name} {why}")))?);
                }
            } else if key != "id" {
                self.extra(kind, key, value, &mut extra).map_err(|why| wrong(&place, &why))?;
            }
        }
        read.names.insert(id, handle);
        read.extras.insert(id, extra);
        let records = read.records.entry(kind).or_default();
        // The same handle again stands for the same record, said anew.
        match records.iter_mut().find(|known| known.id == id) {
            Some(known) => *known = Arc::new(record),
            None => records.push(Arc::new(record)),
        }
        Ok(())
    }

    fn extra(&self, kind: Kind, key: &str, value: &toml::Value, extra: &mut Extra) -> Result<(), String> {
        let text = || value.as_str().map(str::to_owned).ok_or_else(|| format!("has a `{key}` that is no text"));
        match (kind, key) {
            (Kind::Person, "roles") => extra.roles = handles(key, value).map_err(|error| error.message)?,
            (Kind::Person, "capacity") => extra.capacity = value.as_integer(),
            (Kind::Person, "on_duty_in") => {
                extra.on_duty_in = Some(text()?.parse().map_err(|error: pact_core::time::SpanError| error.to_string())?);
            }
            (Kind::Lead, "state") => extra.state = Some(text()?),
            (Kind::Lead, "closed_at") => extra.closed_at = Some(instant(value)?),
            (Kind::Territory, "above") | (Kind::LeadEvent, "lead") | (Kind::Act, "period") => extra.of = Some(id_of(&text()?)),
            _ => {
                let known = members_of(kind).map(|member| member.name).collect::<Vec<_>>().join(", ");
                return Err(format!("has no `{key}`. It has: {known}"));
            }
        }
        Ok(())
    }

    /// What a record's members are when nothing is said of them.
    pub(super) fn defaults(&self, kind: Kind, id: Uuid, handle: &str) -> Vec<Value> {
        let shown = members::display(kind);
        members_of(kind)
            .map(|member| match member.name {
                "id" => Value::Text(id.to_string()),
                "email" if kind == Kind::Person => Value::Text(format!("{handle}@example.com")),
                "time_zone" => Value::from("Europe/Amsterdam"),
                "on_duty" => Value::Bool(ON_DUTY),
                name if name == shown => Value::from(handle),
                _ => self.default_of(member.ty),
            })
            .collect()
    }

    fn default_of(&self, ty: Ty) -> Value {
        match ty {
            Ty::Bool => Value::Bool(false),
            Ty::Int | Ty::Number => Value::Int(0),
            Ty::Text => Value::from(""),
            Ty::Instant | Ty::When => Value::Instant(self.now.millis()),
            Ty::Day => Value::Day(self.today),
            Ty::Span => Value::Span(0),
            Ty::WorkSpan | Ty::AnySpan => Value::WorkSpan(0),
            Ty::List(_) => Value::List(Vec::new()),
            Ty::Map => Value::Map(BTreeMap::new()),
            // A record that must be there and is not written is one that nobody finds.
            Ty::Record(kind) => Value::Ref(kind, Uuid::nil()),
            Ty::Unit
            | Ty::Money
            | Ty::Maybe(_)
            | Ty::AnyRecord
            | Ty::Query(_)
            | Ty::AnyQuery
            | Ty::Same
            | Ty::Function
            | Ty::Rotation
            | Ty::Tally
            | Ty::Digest
            | Ty::Any => Value::Unit,
        }
    }

    /// A value of a type of the table, as TOML writes it.
    pub(super) fn value(&self, ty: Ty, value: &toml::Value) -> Result<Value, String> {
        let text = |what: &str| value.as_str().ok_or_else(|| format!("is no {what}"));
        Ok(match ty {
            Ty::Bool => Value::Bool(value.as_bool().ok_or("is neither true nor false")?),
            Ty::Int => Value::Int(value.as_integer().ok_or("is no whole number")?),
            Ty::Text => Value::from(text("text")?),
            Ty::Instant => Value::Instant(instant(value)?.millis()),
            Ty::Day => Value::Day(day(value)?),
            Ty::Span => Value::Span(text("span")?.parse::<Span>().map_err(|error| error.to_string())?.seconds()),
            Ty::WorkSpan => Value::WorkSpan(text("span")?.parse::<WorkSpan>().map_err(|error| error.to_string())?.minutes()),
            Ty::AnySpan => span(text("span")?)?,
            Ty::Money => amount(text("amount, such as \"12000 EUR\"")?)?,
            Ty::List(ty) => {
                let items = value.as_array().ok_or("is no list")?;
                Value::List(items.iter().map(|item| self.value(*ty, item)).collect::<Result<_, _>>()?)
            }
            Ty::Maybe(ty) => self.value(*ty, value)?,
            Ty::Record(kind) => Value::Ref(kind, id_of(text("handle")?)),
            Ty::Unit => Value::Unit,
            Ty::Query(_) | Ty::AnyQuery => return Err("is found by a query and cannot be written".to_owned()),
            Ty::Number
            | Ty::When
            | Ty::Map
            | Ty::AnyRecord
            | Ty::Same
            | Ty::Function
            | Ty::Rotation
            | Ty::Tally
            | Ty::Digest
            | Ty::Any => free(value)?,
        })
    }
}

/// A custom field's value: its type is what TOML tells, or an amount.
fn field(value: &toml::Value) -> Result<Value, String> {
    match value.as_table() {
        Some(table) if table.len() == 1 => match table.get("amount").and_then(toml::Value::as_str) {
            Some(text) => amount(text),
            None => free(value),
        },
        _ => free(value),
    }
}

/// A value whose type TOML itself tells.
pub(super) fn free(value: &toml::Value) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::Int(*number),
        toml::Value::Float(number) => Value::Decimal(number.to_string().parse().map_err(|_| "is no number")?),
        toml::Value::Boolean(yes) => Value::Bool(*yes),
        toml::Value::Datetime(at) if at.time.is_some() => Value::Instant(instant(value)?.millis()),
        toml::Value::Datetime(_) => Value::Day(day(value)?),
        toml::Value::Array(items) => Value::List(items.iter().map(free).collect::<Result<_, _>>()?),
        toml::Value::Table(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok((key.clone(), free(value)?)));
            Value::Map(entries.collect::<Result<_, String>>()?)
        }
    })
}

fn words(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Datetime(at) => Some(at.to_string()),
        _ => None,
    }
}

pub(super) fn instant(value: &toml::Value) -> Result<Instant, String> {
    let text = words(value).ok_or("is no instant, such as 2026-11-24T10:10:00Z")?;
    text.parse().map_err(|error: pact_core::time::InstantError| error.to_string())
}

pub(super) fn day(value: &toml::Value) -> Result<NaiveDate, String> {
    let text = words(value).ok_or("is no day, such as 2026-11-24")?;
    text.parse().map_err(|_| format!("\"{text}\" is no day, such as 2026-11-24"))
}

/// A span in words as a value.
pub(crate) fn span(text: &str) -> Result<Value, String> {
    match text.parse().map_err(|error: pact_core::time::SpanError| error.to_string())? {
        AnySpan::Clock(span) => Ok(Value::Span(span.seconds())),
        AnySpan::Work(span) => Ok(Value::WorkSpan(span.minutes())),
    }
}

/// An amount in words as a value.
pub(crate) fn amount(text: &str) -> Result<Value, String> {
    let money: Money = text.parse().map_err(|error: pact_core::money::MoneyError| error.to_string())?;
    Ok(Value::Money { minor: money.minor, currency: money.currency.code().to_owned() })
}

fn tables<'a>(place: &str, value: &'a toml::Value) -> Result<Vec<&'a toml::Table>, WorldError> {
    let list = value.as_array().ok_or_else(|| wrong(place, "is a list of tables: write [[world.…]]"))?;
    list.iter().map(|entry| entry.as_table().ok_or_else(|| wrong(place, "is a list of tables: write [[world.…]]"))).collect()
}

fn handles(place: &str, value: &toml::Value) -> Result<Vec<String>, WorldError> {
    let list = value.as_array().ok_or_else(|| wrong(place, "is a list of texts"))?;
    list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong(place, "is a list of texts"))).collect()
}

fn wrong(place: &str, message: &str) -> WorldError {
    WorldError { place: place.to_owned(), message: message.to_owned() }
}
