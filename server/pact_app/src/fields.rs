//! Custom fields: definitions as a manifest has them, who reads and writes, and values as the store keeps them.

use pact_core::money::Money;
use pact_core::role::Role;
use pact_core::text::{ADDRESS as WORD_OR_LINE, TEXT};
use pact_core::time::{Instant, Span, WorkSpan};
use pact_policy::manifest::Field;
use pact_script::value::Value;
use pact_store::entity::custom_field;
use pact_store::field::Encoded;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;

use crate::Refusal;

/// A stored definition, as a manifest has it.
///
/// # Errors
/// A word that no manifest may have; the field names the member.
pub(crate) fn definition(row: &custom_field::Model) -> Result<Field, Refusal> {
    let default = row.default_text.as_deref().and_then(decode).map(|value| match to_json(&value) {
        // In a manifest a number is a number.
        Json::String(number) if row.field_type == "number" => number.parse::<f64>().map_or(Json::Null, Json::from),
        json => json,
    });
    let definition = serde_json::json!({
        "on": row.on_record, "name": row.removed_name.as_ref().unwrap_or(&row.name), "label": row.label, "type": row.field_type,
        "help": row.help, "options": row.options.0, "required": row.required, "helps": row.helps, "because": row.because,
        "about": row.about, "kind": row.kind, "formula": row.formula, "default": default, "read_by": row.read_by.0, "write_by": row.write_by.0,
    });
    let words = |error: serde_json::Error| error.to_string().split(" at line ").next().unwrap_or_default().to_owned();
    serde_json::from_value(definition).map_err(|error| Refusal::invalid("type", words(error)))
}

/// Whether somebody with this role reads the field, if they may read the record.
pub(crate) fn reads(row: &custom_field::Model, role: Role) -> bool {
    row.read_by.is_empty() || row.read_by.iter().any(|word| word == role.as_str()) || names_to_write(row, role)
}

/// Whether somebody with this role writes the field, if they may change the record.
pub(crate) fn writes(row: &custom_field::Model, role: Role) -> bool {
    row.formula.is_none() && (names_to_write(row, role) || (row.write_by.is_empty() && reads(row, role)))
}

fn names_to_write(row: &custom_field::Model, role: Role) -> bool {
    row.write_by.iter().any(|word| word == role.as_str())
}

/// The text under which a value is stored and looked up; equal values have equal texts.
pub(crate) fn encode(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A value as the store keeps it.
pub(crate) fn encoded(value: &Value) -> Encoded {
    Encoded { text: encode(value), number: number(value), words: words(value) }
}

/// The words by which search finds a value: those of a text.
pub(crate) fn words(value: &Value) -> String {
    match value {
        Value::Text(text) => pact_store::search::folded(text),
        Value::Unit
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Money { .. }
        | Value::Instant(_)
        | Value::Day(_)
        | Value::Span(_)
        | Value::WorkSpan(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Ref(..) => String::new(),
    }
}

/// The value that a stored text holds.
pub(crate) fn decode(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The number that a value holds, for sorting and comparing in the store.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Decimal(n) => n.to_f64(),
        Value::Money { minor, .. } => Some(*minor as f64),
        Value::Unit
        | Value::Bool(_)
        | Value::Text(_)
        | Value::Instant(_)
        | Value::Day(_)
        | Value::Span(_)
        | Value::WorkSpan(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Ref(..) => None,
    }
}

/// Refuses a value that a field's type does not hold; `()` empties any field that is not required.
pub(crate) fn check(field: &custom_field::Model, value: &Value) -> Result<(), Refusal> {
    let option = |text: &String| field.options.contains(text);
    let fits = match (field.field_type.as_str(), value) {
        (_, Value::Unit) => !field.required,
        ("text", Value::Text(text)) => WORD_OR_LINE.check(&field.name, text).is_ok(),
        ("long_text", Value::Text(text)) => TEXT.check(&field.name, text).is_ok(),
        ("link", Value::Text(text)) => text.starts_with("https://") || text.starts_with("http://"),
        ("number", Value::Int(_) | Value::Decimal(_))
        | ("money", Value::Money { .. })
        | ("day", Value::Day(_))
        | ("yes_no", Value::Bool(_)) => true,
        ("choice", Value::Text(text)) => option(text),
        ("many_choices", Value::List(list)) => list.iter().all(|value| matches!(value, Value::Text(text) if option(text))),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let options =
        if field.options.is_empty() { String::new() } else { format!(" Its options are: {}.", field.options.join(", ")) };
    Err(Refusal::invalid(
        format!("fields.{}", field.name),
        format!(
            "The field \"{}\" is a {} and does not take this value.{options}",
            field.label,
            field.field_type.replace('_', " ")
        ),
    ))
}

/// A value as JSON, as webhooks and clients see it.
pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Unit => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(n) => (*n).into(),
        Value::Decimal(n) => n.to_string().into(),
        Value::Text(text) => text.clone().into(),
        Value::Instant(ms) => Instant::from_millis(*ms).to_string().into(),
        Value::Day(day) => day.to_string().into(),
        Value::Span(seconds) => Span::of_seconds(*seconds).to_string().into(),
        Value::WorkSpan(minutes) => WorkSpan::of_minutes(*minutes).to_string().into(),
        Value::Money { minor, currency } => match currency.parse() {
            Ok(unit) => {
                let amount = Money { minor: *minor, currency: unit }.to_decimal().to_string();
                serde_json::json!({ "amount": amount, "currency": currency })
            }
            Err(_) => Json::Null,
        },
        Value::List(values) => values.iter().map(to_json).collect(),
        Value::Map(values) => values.iter().map(|(key, value)| (key.clone(), to_json(value))).collect(),
        Value::Ref(_, id) => id.to_string().into(),
    }
}
