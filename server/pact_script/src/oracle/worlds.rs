//! Worlds from a seed. Every member of every record in the interface table gets a value by its type, so a member that is added
//! to the table is in the worlds without anybody thinking of it; names only decide which words a text is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use pact_core::time::{Instant, MINUTES_PER_WORK_DAY, Span};
use pact_policy::manifest::{Field, FieldType};
use pact_policy::table::{Kind, Member, Ty, members_of};
use uuid::Uuid;

use super::acts::who_places;
use super::words::Words;
use crate::cases::{Extra, Read, World, id_of, kind_name};
use crate::members;
use crate::value::{Record, Value};

/// How many records of each kind a world has.
const fn many(kind: Kind) -> usize {
    match kind {
        Kind::Lead => 14,
        Kind::Push => 20,
        Kind::LeadEvent => 24,
        Kind::Customer => 8,
        Kind::Contact => 10,
        Kind::Card => 36,
        Kind::Plan => 26,
        Kind::Request => 18,
        Kind::Person => PEOPLE.len(),
        Kind::Team => 3,
        Kind::Territory => 4,
        Kind::Pack => 4,
        Kind::Goal => 3,
        Kind::Period => 2,
        Kind::Act => 14,
    }
}

const PEOPLE: [&str; 8] = ["Ann", "Bo", "Cem", "Dora", "Eli", "Fay", "Gus", "Mia"];
const CUSTOMERS: [&str; 8] = ["Hooli", "Initech", "Acme", "Globex", "Umbra", "Vandelay", "Stark", "Wonka"];

/// Contributors from which a tally shows a group; small, so that worlds with few people have groups.
const CONTRIBUTORS: usize = 2;
/// Days around the run's day in which things happen.
const DAYS: i64 = 24;
const MINUTES_PER_DAY: i64 = 1_440;
const MILLIS_PER_MINUTE: i64 = 60_000;

/// The moment at which every world is as it is.
pub(super) const NOW_MILLIS: i64 = 1_795_510_800_000;

/// The moment of all runs.
pub(super) fn now() -> Instant {
    Instant::from_millis(NOW_MILLIS)
}

/// The day of all runs.
pub(super) fn today() -> NaiveDate {
    now().to_utc().date_naive()
}

/// Makes worlds in which certain scripts find what they look for.
#[derive(Debug)]
pub(super) struct Maker<'a> {
    pub(super) words: &'a Words,
    pub(super) fields: Vec<&'a Field>,
    /// Whether everything that may be unknown is known: scripts that never ask need such worlds.
    pub(super) complete: bool,
}

impl Maker<'_> {
    /// The world of this seed: always the same.
    pub(super) fn world(&self, seed: u64) -> World {
        let mut rng = Rng::with_seed(seed);
        let mut read = Read { contributors: CONTRIBUTORS, ..Read::default() };
        for kind in Kind::ALL {
            for at in 0..many(kind) {
                let handle = handle(kind, at);
                let id = id_of(&handle);
                let values = members_of(kind).map(|member| self.value(&mut rng, member, id, at)).collect();
                let fields = self.fields_of(&mut rng, kind);
                read.records.entry(kind).or_default().push(Arc::new(Record { kind, id, values, fields }));
                read.extras.insert(id, self.extra(&mut rng, kind, at));
                read.names.insert(id, handle);
            }
        }
        for rotation in ["field-north", "turns"] {
            let turns = (0..rng.usize(0..4)).map(|_| any(&mut rng, Kind::Person)).collect();
            read.turns.insert(rotation.to_owned(), turns);
        }
        agree(&mut read.records);
        World::of(read, now(), today())
    }

    fn value(&self, rng: &mut Rng, member: &Member, id: Uuid, at: usize) -> Value {
        match member.name {
            "id" => Value::Text(id.to_string()),
            "email" if member.of == Kind::Person => match self.words.about("named").get(at).filter(|word| word.contains('@')) {
                Some(word) => Value::Text(word.clone()),
                None => Value::Text(format!("{}@example.com", PEOPLE[at % PEOPLE.len()].to_lowercase())),
            },
            "time_zone" => Value::from("Europe/Amsterdam"),
            name if name == members::display(member.of) => Value::Text(self.shown(rng, member.of, at)),
            _ => self.of_type(rng, member, member.ty, at),
        }
    }

    /// What stands for the record in a text. Acts carry their handle in brackets, so that a text tells which of them it shows.
    fn shown(&self, rng: &mut Rng, kind: Kind, at: usize) -> String {
        match kind {
            Kind::Person => PEOPLE[at % PEOPLE.len()].to_owned(),
            Kind::Customer => CUSTOMERS[at % CUSTOMERS.len()].to_owned(),
            Kind::Team | Kind::Territory | Kind::Contact | Kind::Goal | Kind::Pack | Kind::Lead => handle(kind, at),
            Kind::Push | Kind::LeadEvent | Kind::Card | Kind::Plan | Kind::Request | Kind::Period | Kind::Act => {
                let wish = ["quieter fans", "an offer of 7000", "delivery in May"][rng.usize(0..3)];
                format!("{wish} [{}]", handle(kind, at))
            }
        }
    }

    fn of_type(&self, rng: &mut Rng, member: &Member, ty: Ty, at: usize) -> Value {
        match ty {
            Ty::Bool => Value::Bool(rng.u8(0..4) > 0),
            Ty::Int => Value::Int(rng.i64(0..4)),
            Ty::Number => Value::Int(rng.i64(0..100)),
            Ty::Text => self.text(rng, member, at),
            Ty::Instant | Ty::When => {
                let minutes = rng.i64(1..DAYS * MINUTES_PER_DAY);
                Value::Instant(NOW_MILLIS - minutes * MILLIS_PER_MINUTE)
            }
            Ty::Day => day(rng, member.name),
            Ty::Span => Value::Span(rng.i64(0..DAYS * MINUTES_PER_DAY * 60)),
            Ty::WorkSpan | Ty::AnySpan => Value::WorkSpan(rng.i64(0..20) * MINUTES_PER_WORK_DAY + rng.i64(0..8) * 30),
            Ty::Money => Value::Money { minor: rng.i64(1..200) * 100_000, currency: "EUR".to_owned() },
            Ty::List(inner) => {
                let items: Vec<Value> = (0..rng.usize(0..3)).map(|_| self.of_type(rng, member, *inner, at)).collect();
                Value::List(items)
            }
            Ty::Maybe(inner) if self.complete || rng.u8(0..4) > 0 => self.of_type(rng, member, *inner, at),
            Ty::Record(kind) => Value::Ref(kind, any(rng, kind)),
            Ty::Map => Value::Map(BTreeMap::new()),
            Ty::Maybe(_)
            | Ty::Unit
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

    fn text(&self, rng: &mut Rng, member: &Member, at: usize) -> Value {
        let name = match (member.of, member.name) {
            // The name of the territory above.
            (Kind::Territory, "region") => return Value::Text(handle(Kind::Territory, rng.usize(0..=at))),
            (Kind::Request, "answer") | (Kind::Push, "reason") => "",
            (_, name) => name,
        };
        let words = self.words.about(name);
        if words.is_empty() {
            let own = format!("{} {}", member.name, rng.u8(0..9));
            let is_act = who_places(member.of).next().is_some();
            return Value::Text(if is_act { format!("{own} [{}]", handle(member.of, at)) } else { own });
        }
        Value::Text(words[rng.usize(0..words.len())].clone())
    }

    fn extra(&self, rng: &mut Rng, kind: Kind, at: usize) -> Extra {
        let mut extra = Extra::default();
        match kind {
            Kind::Person => {
                extra.roles = self.roles(rng, at);
                extra.capacity = (rng.u8(0..3) == 0).then(|| rng.i64(0..5));
                extra.on_duty_in = (rng.u8(0..3) > 0).then(|| Span::of_seconds(rng.i64(0..4 * 86_400)));
            }
            Kind::Lead => {
                let states = self.words.about("state");
                extra.state = states.get(rng.usize(0..states.len().max(1))).filter(|state| !state.is_empty()).cloned();
                let minutes = rng.i64(1..DAYS * MINUTES_PER_DAY);
                extra.closed_at = extra.state.as_ref().map(|_| Instant::from_millis(NOW_MILLIS - minutes * MILLIS_PER_MINUTE));
            }
            Kind::Territory => extra.of = (at > 0).then(|| id_of(&handle(kind, rng.usize(0..at)))),
            Kind::LeadEvent => extra.of = Some(any(rng, Kind::Lead)),
            Kind::Act => extra.of = Some(any(rng, Kind::Period)),
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
        extra
    }

    /// Roles turn by turn, so that every world has somebody in each of the first, and chance for the rest.
    fn roles(&self, rng: &mut Rng, at: usize) -> Vec<String> {
        let roles = self.words.about("role");
        let by_turn = roles.len().checked_sub(1 + at).and_then(|from_end| roles.get(from_end));
        let by_chance = (0..2).map(|_| &roles[rng.usize(0..roles.len())]);
        by_chance.chain(by_turn).cloned().collect()
    }

    fn fields_of(&self, rng: &mut Rng, kind: Kind) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        for field in self.fields.iter().filter(|field| field.on.kind() == kind) {
            if rng.u8(0..3) > 0 {
                values.insert(field.name.clone(), field_value(rng, field));
            }
        }
        values
    }
}

/// A record's handle: always the same, whatever the seed, so that worlds can be told apart by what differs.
pub(super) fn handle(kind: Kind, at: usize) -> String {
    match kind {
        Kind::Person => PEOPLE[at % PEOPLE.len()].to_lowercase(),
        Kind::Customer => CUSTOMERS[at % CUSTOMERS.len()].to_lowercase(),
        _ => format!("{} {}", kind_name(kind).replace('_', " "), at + 1),
    }
}

/// Any record of a kind.
pub(super) fn any(rng: &mut Rng, kind: Kind) -> Uuid {
    id_of(&handle(kind, rng.usize(0..many(kind))))
}

fn day(rng: &mut Rng, member: &str) -> Value {
    let around = match member {
        // What a customer said lies behind.
        "said_on" => rng.i64(-DAYS..1),
        _ => rng.i64(-DAYS / 2..DAYS / 2),
    };
    let days = Days::new(around.unsigned_abs());
    Value::Day(if around < 0 { today() - days } else { today() + days })
}

fn field_value(rng: &mut Rng, field: &Field) -> Value {
    match field.ty {
        FieldType::Text | FieldType::LongText | FieldType::Link => Value::Text(format!("{} {}", field.name, rng.u8(0..4))),
        FieldType::Number | FieldType::Formula => Value::Int(rng.i64(0..6)),
        FieldType::Money => Value::Money { minor: rng.i64(1..200) * 100_000, currency: "EUR".to_owned() },
        FieldType::Day => day(rng, &field.name),
        FieldType::Choice => option(rng, field).map_or(Value::Unit, Value::Text),
        FieldType::ManyChoices => Value::texts(option(rng, field)),
        FieldType::YesNo => Value::Bool(rng.bool()),
    }
}

fn option(rng: &mut Rng, field: &Field) -> Option<String> {
    field.options.get(rng.usize(0..field.options.len().max(1))).cloned()
}

/// What belongs together in every world: a card about a lead is about that lead's customer, an answer comes after its push.
fn agree(records: &mut BTreeMap<Kind, Vec<Arc<Record>>>) {
    let leads = records.get(&Kind::Lead).into_iter().flatten();
    let customers: BTreeMap<Uuid, Value> =
        leads.filter_map(|lead| Some((lead.id, members::get(lead, "customer")?.clone()))).collect();
    for kind in [Kind::Card, Kind::Plan] {
        for record in records.get_mut(&kind).into_iter().flatten() {
            let Some(Value::Ref(_, lead)) = members::get(record, "lead") else { continue };
            let Some(customer) = customers.get(lead).cloned() else { continue };
            if let Some(own) = members::get_mut(Arc::make_mut(record), "customer") {
                *own = customer;
            }
        }
    }
    for push in records.get_mut(&Kind::Push).into_iter().flatten() {
        let (Some(Value::Instant(pushed)), Some(Value::Instant(answered))) =
            (members::get(push, "pushed_at").cloned(), members::get(push, "answered_at").cloned())
        else {
            continue;
        };
        let push = Arc::make_mut(push);
        for (member, at) in [("pushed_at", pushed.min(answered)), ("answered_at", pushed.max(answered))] {
            if let Some(value) = members::get_mut(push, member) {
                *value = Value::Instant(at);
            }
        }
    }
}
