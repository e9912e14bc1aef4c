//! Between the values that travel and the values that scripts hold.

use chrono::NaiveDate;
use pact_core::money::{Currency, Money};
use pact_core::time::{Instant, Span, WorkSpan};
use rhai::{Array, Dynamic, FLOAT, INT, Map};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::handles::Rec;
use crate::limits::VALUE_DEPTH;
use crate::value::Value;

/// What a script holds for a value.
pub(crate) fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Unit => Dynamic::UNIT,
        Value::Bool(yes) => (*yes).into(),
        Value::Int(number) => (*number).into(),
        Value::Decimal(number) => Dynamic::from_decimal(*number),
        Value::Text(text) => text.as_str().into(),
        Value::Instant(millis) => Dynamic::from(Instant::from_millis(*millis)),
        Value::Day(day) => Dynamic::from(*day),
        Value::Span(seconds) => Dynamic::from(Span::of_seconds(*seconds)),
        Value::WorkSpan(minutes) => Dynamic::from(WorkSpan::of_minutes(*minutes)),
        Value::Money { minor, currency } => match currency.parse::<Currency>() {
            Ok(currency) => Dynamic::from(Money { minor: *minor, currency }),
            // The host sends no other; an amount that nobody can read is not known.
            Err(_) => Dynamic::UNIT,
        },
        Value::List(items) => Dynamic::from_array(items.iter().map(to_dynamic).collect()),
        Value::Map(entries) => {
            Dynamic::from_map(entries.iter().map(|(key, value)| (key.as_str().into(), to_dynamic(value))).collect())
        }
        Value::Ref(kind, id) => Dynamic::from(Rec::by_id(*kind, *id)),
    }
}

/// The value that leaves a script, or why this one cannot.
pub(crate) fn to_value(value: &Dynamic) -> Result<Value, String> {
    nested(value, VALUE_DEPTH)
}

fn nested(value: &Dynamic, depth: usize) -> Result<Value, String> {
    if depth == 0 {
        return Err(format!("A value has more than {VALUE_DEPTH} maps or arrays inside one another; make it flatter."));
    }
    if let Some(simple) = simple(value) {
        return Ok(simple);
    }
    if let Some(list) = value.read_lock::<Array>() {
        return Ok(Value::List(list.iter().map(|item| nested(item, depth - 1)).collect::<Result<_, _>>()?));
    }
    if let Some(map) = value.read_lock::<Map>() {
        let entries = map.iter().map(|(key, item)| Ok((key.to_string(), nested(item, depth - 1)?)));
        return Ok(Value::Map(entries.collect::<Result<_, String>>()?));
    }
    Err(format!("A {} cannot leave a script; take what is wanted of it as text or number.", say_type(value)))
}

fn simple(value: &Dynamic) -> Option<Value> {
    if value.is_unit() {
        return Some(Value::Unit);
    }
    if let Ok(yes) = value.as_bool() {
        return Some(Value::Bool(yes));
    }
    if let Ok(number) = value.as_int() {
        return Some(Value::Int(number));
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return Some(Value::Text(text.to_string()));
    }
    if let Ok(letter) = value.as_char() {
        return Some(Value::Text(letter.to_string()));
    }
    if let Some(number) = decimal(value) {
        return Some(Value::Decimal(number));
    }
    if let Some(record) = value.read_lock::<Rec>() {
        return Some(Value::Ref(record.kind, record.id));
    }
    if let Some(at) = value.read_lock::<Instant>() {
        return Some(Value::Instant(at.millis()));
    }
    if let Some(day) = value.read_lock::<NaiveDate>() {
        return Some(Value::Day(*day));
    }
    if let Some(span) = value.read_lock::<Span>() {
        return Some(Value::Span(span.seconds()));
    }
    if let Some(span) = value.read_lock::<WorkSpan>() {
        return Some(Value::WorkSpan(span.minutes()));
    }
    value.read_lock::<Money>().map(|money| Value::Money { minor: money.minor, currency: money.currency.to_string() })
}

/// A number of any of the engine's types.
pub(crate) fn decimal(value: &Dynamic) -> Option<Decimal> {
    if let Ok(number) = value.as_int() {
        return Some(Decimal::from(number));
    }
    if let Ok(number) = value.as_decimal() {
        return Some(number);
    }
    value.as_float().ok().and_then(|number: FLOAT| Decimal::from_f64(number))
}

/// A whole number as whole number, any other as decimal.
pub(crate) fn number(value: Decimal) -> Dynamic {
    use rust_decimal::prelude::ToPrimitive;
    match value.is_integer().then(|| value.to_i64()).flatten() {
        Some(whole) => Dynamic::from_int(whole as INT),
        None => Dynamic::from_decimal(value.normalize()),
    }
}

/// A value's type, in the words of the interface.
pub(crate) fn say_type(value: &Dynamic) -> String {
    if let Some(record) = value.read_lock::<Rec>() {
        return record.kind.name().to_owned();
    }
    let name = match value.type_name() {
        "()" => "()",
        "i64" => "whole number",
        "f64" | "decimal" => "number",
        "string" | "char" => "text",
        "Fn" => "function",
        name => match name.rsplit("::").next().unwrap_or(name) {
            "NaiveDate" => "Day",
            "Rows" => "query",
            "Draft" => "digest",
            last => last,
        },
    };
    name.to_owned()
}
