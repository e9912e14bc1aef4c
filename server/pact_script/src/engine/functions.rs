//! What each function of the table does. A function without an arm here does not compile.

use std::collections::HashMap;
use std::sync::Arc;

use pact_core::money::Money;
use pact_core::time::{Span, WorkSpan};
use pact_policy::table::{FnId, Kind};
use rhai::{Array, Dynamic, Map};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::args::Call;
use super::convert::{decimal, number, say_type, to_dynamic, to_value};
use super::desk::{Failed, Stop, fail, stop};
use super::effects;
use super::handles::{Rec, Rotation, Tally};
use super::money;
use super::rotating;
use crate::effect::Effect;
use crate::facts::{Answer, Ask, Rotate, Step};
use crate::limits;
use crate::run::Limit;
use crate::value::Value;

type Given = Result<Dynamic, Failed>;

/// Does what a function of the table says.
pub(crate) fn call(call: &Call<'_, '_, '_>) -> Given {
    match call.function.id {
        FnId::Now => call.host.at(|desk| Ok(Dynamic::from(desk.now))),
        FnId::Today => call.host.at(|desk| Ok(Dynamic::from(desk.today))),
        FnId::Minutes => span(Span::of_minutes(call.int(0)?)),
        FnId::Hours => span(Span::of_hours(call.int(0)?)),
        FnId::Days => span(Span::of_days(call.int(0)?)),
        FnId::Weeks => span(Span::of_weeks(call.int(0)?)),
        FnId::WorkHours => span(WorkSpan::of_hours(call.int(0)?)),
        FnId::WorkDays => span(WorkSpan::of_days(call.int(0)?)),
        FnId::Money => Ok(Dynamic::from(money::of_number(call.number(0)?, &call.text(1)?).map_err(fail)?)),
        FnId::Setting => setting(call),
        FnId::Translate => translate(call),
        FnId::Pick => pick(call),
        FnId::QueryFirst => first(call),
        FnId::QueryLen => Ok((call.host.count(&call.query()?)? as i64).into()),
        FnId::QueryIsEmpty => Ok((call.host.count(&call.query()?)? == 0).into()),
        FnId::QueryToArray => array(call.host.rows(&call.query()?)?.iter().cloned().map(Dynamic::from).collect()),
        FnId::QueryLimit => limit(call),
        FnId::QueryFilter => filter(call),
        FnId::QueryMap => map(call),
        FnId::RecordField => field(call),
        FnId::Rotation => rotation(call),
        FnId::RotationNext => next(call),
        FnId::RotationWithRoom => Ok(Dynamic::from(Rotation { with_room: true, ..call.rotation()? })),
        FnId::RotationOnDuty => Ok(Dynamic::from(Rotation { on_duty: true, ..call.rotation()? })),
        FnId::RotationOnDutyWithin => on_duty_within(call),
        FnId::RotationExcept => except(call),
        FnId::RotationAlreadyTried => {
            Ok(Dynamic::from(Rotation { already_tried: Some(call.rec(0, Kind::Lead)?), ..call.rotation()? }))
        }
        FnId::Tally => tally(call),
        FnId::TallyRows => Ok(tally_rows(&call.tally()?)),
        FnId::Sum => sum(call),
        FnId::Enter => effects::enter(call),
        FnId::HandOver => effects::hand_over(call),
        FnId::WriteTo => effects::write_to(call),
        FnId::Push => effects::push(call),
        FnId::Highlight => effects::highlight(call),
        FnId::Unhighlight => effects::unhighlight(call),
        FnId::Escalate => effects::escalate(call),
        FnId::Transfer => effects::transfer(call),
        FnId::Set => effects::set(call),
        FnId::WriteCard => effects::write_card(call),
        FnId::Ask => effects::ask(call),
        FnId::Notify => effects::notify(call),
        FnId::Suggest => effects::suggest(call),
        FnId::Digest => effects::digest(call),
        FnId::DigestSection => effects::section(call),
        FnId::DigestAdd => effects::add(call),
        FnId::DigestSay => effects::say(call),
        FnId::Send => effects::send(call),
        FnId::Post => effects::post(call),
        FnId::Log => effects::log(call),
        FnId::Acts => acts(call),
        FnId::Note => effects::note(call),
    }
}

fn span<T: Clone + Send + Sync + 'static>(span: Option<T>) -> Given {
    span.map(Dynamic::from).ok_or_else(|| fail("The span is too long to count."))
}

fn array(items: Array) -> Given {
    if items.len() > limits::ARRAY_ITEMS { Err(stop(Stop::Limit(Limit::ArraySize))) } else { Ok(Dynamic::from_array(items)) }
}

fn setting(call: &Call<'_, '_, '_>) -> Given {
    let name = call.text(0)?;
    call.host.at(|desk| match desk.settings.get(&name) {
        Some(value) => Ok(to_dynamic(value)),
        None => {
            let known = desk.settings.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "none".to_owned() } else { known };
            Err(fail(format!("There is no setting \"{name}\". The manifest defines: {known}.")))
        }
    })
}

/// The text with its values put in; the key itself is the text, so that a missing translation still reads well.
fn translate(call: &Call<'_, '_, '_>) -> Given {
    let mut text = call.text(0)?;
    for (key, value) in call.map(1)?.unwrap_or_default() {
        let said = effects::in_words(call, &value)?;
        text = text.replace(&format!("{{{key}}}"), &said);
        if text.len() > limits::STRING_BYTES {
            return Err(stop(Stop::Limit(Limit::StringSize)));
        }
    }
    Ok(text.into())
}

/// One element by the event's seed: the same event picks the same, and each further pick of a run another.
fn pick(call: &Call<'_, '_, '_>) -> Given {
    let list = call.array(0)?;
    if list.is_empty() {
        return Ok(Dynamic::UNIT);
    }
    let seed = call.host.at(|desk| {
        desk.picks += 1;
        let (high, low) = desk.seed.as_u64_pair();
        Ok(mix(high ^ mix(low ^ desk.picks)))
    })?;
    let index = usize::try_from(seed % list.len() as u64).unwrap_or(0);
    Ok(list.get(index).cloned().unwrap_or_default())
}

/// The finaliser of splitmix64, whose outputs are equally spread.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn first(call: &Call<'_, '_, '_>) -> Given {
    let query = call.query()?;
    let rows = if call.host.has_found(&query) { query } else { query.with(Step::Limit(1), false) };
    Ok(call.host.rows(&rows)?.first().cloned().map_or(Dynamic::UNIT, Dynamic::from))
}

fn limit(call: &Call<'_, '_, '_>) -> Given {
    let count = u32::try_from(call.int(0)?.max(0)).unwrap_or(u32::MAX);
    Ok(Dynamic::from(call.query()?.with(Step::Limit(count), false)))
}

fn filter(call: &Call<'_, '_, '_>) -> Given {
    let keep = call.closure(0)?;
    let mut kept = Array::new();
    for row in call.host.rows(&call.query()?)?.iter() {
        let row = Dynamic::from(row.clone());
        if keep.call_within_context::<bool>(call.context, (row.clone(),))? {
            kept.push(row);
        }
    }
    rotating::remember(call, &kept)?;
    array(kept)
}

fn map(call: &Call<'_, '_, '_>) -> Given {
    let make = call.closure(0)?;
    let mut made = Array::new();
    for row in call.host.rows(&call.query()?)?.iter() {
        made.push(make.call_within_context::<Dynamic>(call.context, (row.clone(),))?);
    }
    array(made)
}

/// A custom field; of nothing it is nothing.
fn field(call: &Call<'_, '_, '_>) -> Given {
    let Some(rec) = call.this_record() else { return Ok(Dynamic::UNIT) };
    let name = call.text(0)?;
    let record = call.host.record_with_fields(&rec)?;
    Ok(record.fields.get(&name).map_or(Dynamic::UNIT, to_dynamic))
}

fn rotation(call: &Call<'_, '_, '_>) -> Given {
    let people = rotating::group(call)?;
    let name = call.text(0)?;
    Ok(Dynamic::from(Rotation {
        name,
        people,
        with_room: false,
        on_duty: false,
        on_duty_within: None,
        except: Vec::new(),
        already_tried: None,
    }))
}

fn on_duty_within(call: &Call<'_, '_, '_>) -> Given {
    let on_duty_within = Some(call.clock_seconds(0)?);
    Ok(Dynamic::from(Rotation { on_duty_within, ..call.rotation()? }))
}

fn except(call: &Call<'_, '_, '_>) -> Given {
    let mut rotation = call.rotation()?;
    rotation.except.extend(call.maybe_rec(0, Kind::Person)?);
    Ok(Dynamic::from(rotation))
}

fn next(call: &Call<'_, '_, '_>) -> Given {
    let rotation = call.rotation()?;
    let people: Vec<Uuid> = rotating::people(call, &rotation.people)?;
    if people.is_empty() {
        return Ok(Dynamic::UNIT);
    }
    let taken = call.host.at(|desk| {
        let moved = desk.effects.iter().filter_map(|placed| match &placed.effect {
            Effect::Rotated { rotation: name, person } if *name == rotation.name => Some(*person),
            _ => None,
        });
        Ok(moved.collect())
    })?;
    let Rotation { name, with_room, on_duty, on_duty_within, except, already_tried, .. } = rotation;
    let rotate = Rotate { name: name.clone(), people, with_room, on_duty, on_duty_within, except, already_tried, taken };
    let Answer::Person(person) = call.host.ask(Ask::Rotate(rotate))? else { return Err(stop(Stop::HostGone)) };
    let Some(person) = person else { return Ok(Dynamic::UNIT) };
    let line = call.line();
    call.host.at(|desk| desk.wish(Effect::Rotated { rotation: name, person }, 0, line))?;
    Ok(Dynamic::from(Rec::by_id(Kind::Person, person)))
}

fn tally(call: &Call<'_, '_, '_>) -> Given {
    let records = call.records(0)?;
    let key = call.closure(1)?;
    let Some(kind) = records.first().map(|record| record.kind) else { return Ok(Dynamic::from(Tally(Arc::default()))) };
    if records.iter().any(|record| record.kind != kind) {
        return Err(fail("tally: the list holds records of several kinds. Count each kind by itself."));
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<(Value, Vec<Uuid>)> = Vec::new();
    for row in records.iter() {
        let id = row.id;
        let key = key.call_within_context::<Dynamic>(call.context, (row.clone(),))?;
        let key = to_value(&key).map_err(|why| fail(format!("tally: {why}")))?;
        if matches!(key, Value::Ref(Kind::Person, _)) {
            return Err(fail(
                "tally: the key is a Person, and counts by person are refused. Take a theme, a product, a team or a territory.",
            ));
        }
        let place = *places.entry(format!("{key:?}")).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(id);
    }
    let Answer::Groups(mut counts) = call.host.ask(Ask::Tally(kind, groups))? else { return Err(stop(Stop::HostGone)) };
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(Dynamic::from(Tally(Arc::new(counts))))
}

fn tally_rows(tally: &Tally) -> Dynamic {
    let rows = tally.0.iter().map(|(key, count)| {
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        Dynamic::from_map(Map::from([("key".into(), to_dynamic(key)), ("count".into(), count.into())]))
    });
    Dynamic::from_array(rows.collect())
}

/// The sum of numbers or amounts; elements for which nothing is known count nothing.
fn sum(call: &Call<'_, '_, '_>) -> Given {
    let number_of = call.closure(1)?;
    let mut numbers = Decimal::ZERO;
    let mut amount: Option<Money> = None;
    for row in call.records(0)?.iter() {
        let value = number_of.call_within_context::<Dynamic>(call.context, (row.clone(),))?;
        if let Some(value) = value.read_lock::<Money>() {
            amount = Some(match amount {
                Some(sum) => money::plus(sum, *value).map_err(fail)?,
                None => *value,
            });
        } else if let Some(value) = decimal(&value) {
            numbers = numbers.checked_add(value).ok_or_else(|| fail("The sum is too large."))?;
        } else if !value.is_unit() {
            return Err(fail(format!("sum: the function gives a {}, and a number or an amount is wanted.", say_type(&value))));
        }
    }
    match amount {
        Some(amount) if numbers.is_zero() => Ok(Dynamic::from(amount)),
        Some(_) => Err(fail("sum: amounts and plain numbers cannot be added up together.")),
        None => Ok(number(numbers)),
    }
}

fn acts(call: &Call<'_, '_, '_>) -> Given {
    let period = call.rec(0, Kind::Period)?;
    let Answer::Rows(found) = call.host.ask(Ask::Acts(period))? else { return Err(stop(Stop::HostGone)) };
    array(found.into_iter().map(|record| Dynamic::from(Rec::of_row(Arc::new(record)))).collect())
}
