//! Definitions and values as people give them, checked.

use chrono::NaiveDate;
use pact_core::money::{Currency, Money};
use pact_core::role::Role;
use pact_script::value::Value;
use rust_decimal::Decimal;

use super::*;

/// The row that a definition makes.
pub(super) fn row(given: &DefineField) -> Result<custom_field::Model, Refusal> {
    let row = custom_field::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        on_record: given.on_record.as_str().to_owned(),
        name: text(WORD, "name", &given.name)?,
        label: text(NAME, "label", &given.label)?,
        field_type: given.field_type.clone(),
        helps: given.helps.clone(),
        because: text(REASON, "because", &given.because)?,
        about: maybe_text(WORD, "about", given.about.as_deref())?,
        help: maybe_text(OPTIONAL_TEXT, "help", given.help.as_deref())?,
        options: options(&given.options)?.into(),
        required: given.required,
        kind: given.kind.clone(),
        formula: maybe_text(OPTIONAL_TEXT, "formula", given.formula.as_deref())?,
        plugin_id: None,
        default_text: None,
        default_lookup: None,
        default_number: None,
        default_words: None,
        removed_at: None,
        removed_name: None,
        acts: false,
        failure: None,
        sealed: None,
        read_by: roles("read_by", &given.read_by)?.into(),
        write_by: roles("write_by", &given.write_by)?.into(),
    };
    with_default(row, given.default.as_ref())
}

/// A row as a change makes it.
pub(super) fn changed(before: &custom_field::Model, command: &ChangeField) -> Result<custom_field::Model, Refusal> {
    let mut after = before.clone();
    if let Some(label) = &command.label {
        after.label = text(NAME, "label", label)?;
    }
    if let Some(because) = &command.because {
        after.because = text(REASON, "because", because)?;
    }
    if let Some(help) = &command.help {
        after.help = maybe_text(OPTIONAL_TEXT, "help", help.as_deref())?;
    }
    if let Some(given) = &command.options {
        after.options = AsJson(options(given)?);
    }
    if let Some(formula) = &command.formula {
        after.formula = maybe_text(OPTIONAL_TEXT, "formula", formula.as_deref())?;
        after.failure = None;
    }
    if let Some(given) = &command.read_by {
        after.read_by = AsJson(roles("read_by", given)?);
    }
    if let Some(given) = &command.write_by {
        after.write_by = AsJson(roles("write_by", given)?);
    }
    after.required = command.required.unwrap_or(after.required);
    if let Some(field_type) = &command.field_type {
        after.field_type.clone_from(field_type);
    }
    match &command.default {
        Some(default) => with_default(after, default.as_ref()),
        // What was a value of the old type is none of the new one.
        None if after.field_type != before.field_type => with_default(after, None),
        None => Ok(after),
    }
}

/// A row with the value that new records begin with.
///
/// # Errors
/// A value that the field does not take.
pub(crate) fn with_default(row: custom_field::Model, default: Option<&Json>) -> Result<custom_field::Model, Refusal> {
    let value = match default {
        None | Some(Json::Null) => None,
        Some(json) => {
            let as_default = |refusal| match refusal {
                Refusal::Invalid { why, .. } => Refusal::invalid("default", why),
                other => other,
            };
            let value = value(&row, json).map_err(as_default)?;
            fields::check(&row, &value).map_err(as_default)?;
            (value != Value::Unit).then_some(value)
        }
    };
    let encoded = value.as_ref().map(fields::encoded);
    Ok(custom_field::Model {
        default_lookup: encoded.as_ref().map(|encoded| pact_store::field::lookup(&encoded.text).to_owned()),
        default_number: encoded.as_ref().and_then(|encoded| encoded.number),
        default_words: encoded.as_ref().map(|encoded| encoded.words.clone()),
        default_text: encoded.map(|encoded| encoded.text),
        ..row
    })
}

/// Roles by their words, each once.
fn roles(field: &str, given: &[String]) -> Result<Vec<String>, Refusal> {
    let mut checked = Vec::with_capacity(given.len());
    for word in given {
        let role: Role = word.parse().map_err(|_| Refusal::invalid(field, format!("\"{word}\" is no role.")))?;
        let role = role.to_string();
        if !checked.contains(&role) {
            checked.push(role);
        }
    }
    Ok(checked)
}

/// What can be chosen, each once.
pub(super) fn options(given: &[String]) -> Result<Vec<String>, Refusal> {
    if given.len() > MAX_OPTIONS {
        return Err(Refusal::invalid("options", format!("a choice has at most {MAX_OPTIONS} options.")));
    }
    let mut checked = Vec::with_capacity(given.len());
    for (at, option) in given.iter().enumerate() {
        let option = text(WORD, &format!("options[{at}]"), option)?;
        if checked.contains(&option) {
            return Err(Refusal::invalid(format!("options[{at}]"), "this option is there already. Leave it out."));
        }
        checked.push(option);
    }
    Ok(checked)
}

/// A value as JSON gives it, in the type of the field; whether the field takes it is checked afterwards.
pub(super) fn value(field: &custom_field::Model, json: &Json) -> Result<Value, Refusal> {
    let refuse =
        |wanted: &str| Err(Refusal::invalid(format!("values.{}", field.name), format!("write {wanted}, or null to empty it.")));
    match (field.field_type.as_str(), json) {
        ("formula", _) => Err(Refusal::invalid(format!("values.{}", field.name), "this field is computed; nobody writes it.")),
        (_, Json::Null) => Ok(Value::Unit),
        ("number", Json::Number(number)) => match (number.as_i64(), number.to_string().parse::<Decimal>()) {
            (Some(whole), _) => Ok(Value::Int(whole)),
            (None, Ok(decimal)) => Ok(Value::Decimal(decimal)),
            (None, Err(_)) => refuse("a number that is not so large"),
        },
        ("number", _) => refuse("a number"),
        ("yes_no", Json::Bool(value)) => Ok(Value::Bool(*value)),
        ("yes_no", _) => refuse("true or false"),
        ("day", Json::String(day)) => match day.parse::<NaiveDate>() {
            Ok(day) => Ok(Value::Day(day)),
            Err(_) => refuse("a day as YYYY-MM-DD"),
        },
        ("day", _) => refuse("a day as YYYY-MM-DD"),
        ("money", Json::Object(parts)) => {
            match (parts.get("amount").and_then(Json::as_str), parts.get("currency").and_then(Json::as_str)) {
                (Some(amount), Some(currency)) => money(field, amount, currency),
                _ => refuse("money as {\"amount\": \"1200.00\", \"currency\": \"EUR\"}"),
            }
        }
        ("money", _) => refuse("money as {\"amount\": \"1200.00\", \"currency\": \"EUR\"}"),
        ("many_choices", Json::Array(items)) => {
            let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map_or_else(|| refuse("a list of options"), |texts| Ok(Value::texts(texts)))
        }
        ("many_choices", _) => refuse("a list of options"),
        (_, Json::String(text)) => plain(field, text),
        _ => refuse("a text"),
    }
}

/// A text by the rule of its type; an empty one empties the field.
fn plain(field: &custom_field::Model, given: &str) -> Result<Value, Refusal> {
    let rule = if field.field_type == "long_text" { OPTIONAL_TEXT } else { pact_core::text::ADDRESS };
    let checked = maybe_text(rule, &format!("values.{}", field.name), Some(given))?;
    Ok(checked.map_or(Value::Unit, Value::Text))
}

fn money(field: &custom_field::Model, amount: &str, currency: &str) -> Result<Value, Refusal> {
    let refuse = |error: pact_core::money::MoneyError| Refusal::invalid(format!("values.{}", field.name), error.to_string());
    let currency: Currency = currency.parse().map_err(refuse)?;
    let money = Money::parse_amount(amount, currency).map_err(refuse)?;
    Ok(Value::Money { minor: money.minor, currency: currency.code().to_owned() })
}
