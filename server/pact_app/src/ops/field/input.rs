//! Definitions and values as people give them, checked.

use chrono::NaiveDate;
use pact_core::money::{Currency, Money};
use pact_policy::Report;
use pact_policy::manifest::{Field, parse_fields};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::*;

/// The row that a definition makes, and what the linter says of it.
pub(super) fn definition(given: &DefineField) -> Result<(custom_field::Model, JudgedField), Refusal> {
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
    };
    let judged = judge_as_manifest(&row)?;
    Ok((row, judged))
}

/// A definition as the linter reads it, and the linter's report.
#[derive(Clone, Debug)]
pub(super) struct JudgedField {
    /// The definition as a manifest has it.
    pub(super) manifest: String,
    /// The report.
    pub(super) report: Report,
}

/// Refuses a definition that a plugin's manifest could not hold either, and judges it: both are read and judged by the same rules.
pub(super) fn judge_as_manifest(row: &custom_field::Model) -> Result<JudgedField, Refusal> {
    let definition = json!({
        "on": row.on_record, "name": row.name, "label": row.label, "type": row.field_type, "help": row.help, "options": row.options.0,
        "required": row.required, "helps": row.helps, "because": row.because, "about": row.about, "kind": row.kind, "formula": row.formula,
    });
    let field: Field = serde_json::from_value(definition).map_err(|error| Refusal::invalid("type", words(&error.to_string())))?;
    let manifest = toml::to_string(&json!({ "field": [without_nulls(json!(field))] })).map_err(Refusal::defect)?;
    let fields = parse_fields(&manifest).map_err(|error| Refusal::invalid("field", error.message))?;
    let report = crate::judging::judge_fields(manifest.clone(), fields)?;
    Ok(JudgedField { manifest, report })
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

/// TOML has no null: what is not said is left out.
fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(fields) => Json::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

/// A reader's error without its place: there is no text to point into.
fn words(error: &str) -> String {
    error.split(" at line ").next().unwrap_or_default().to_owned()
}
