//! Lists of customers, contacts and leads, chosen or ordered by a custom field.
//!
//! People are in no such list, whatever their fields hold; and no list is chosen or ordered by a field in which scripts store what tells of acts of
//! staff: beside an owner that would be a figure of that person (`policy.md` §6).

use pact_core::role::Role;
use pact_script::value::Value;
use pact_store::by_field::{ByField, Wanted};
use pact_store::entity::custom_field;
use serde_json::Value as Json;

use super::{OnRecord, input};
use crate::{App, Refusal, fields};

/// By what a list is chosen or ordered, in the caller's words.
#[derive(Clone, Debug, Default)]
pub struct FieldAsked {
    /// The field whose value is asked for.
    pub field: Option<String>,
    /// The value; an empty text asks for records without one.
    pub is: Option<String>,
    /// The least value.
    pub at_least: Option<String>,
    /// The greatest value.
    pub at_most: Option<String>,
    /// The field by which the list is ordered, and whether the largest come first.
    pub sort: Option<(String, bool)>,
}

/// By what a list is chosen and ordered, if by a custom field.
///
/// # Errors
/// A field that the caller's role does not read, that tells of acts, or a value that it does not take.
pub async fn list_by(app: &App, role: Role, on: OnRecord, asked: &FieldAsked) -> Result<Option<ByField>, Refusal> {
    let Some(name) = asked.field.as_ref().or(asked.sort.as_ref().map(|(name, _)| name)) else {
        return match (&asked.is, &asked.at_least, &asked.at_most) {
            (None, None, None) => Ok(None),
            _ => Err(Refusal::invalid("field", "name the custom field whose value is asked for.")),
        };
    };
    if let Some((sort, _)) = &asked.sort
        && sort != name
    {
        return Err(Refusal::invalid("sort", "a list is ordered by the field by which it is chosen, or by a column."));
    }
    let all = pact_store::field::on_record(app.store.read(), on.as_str()).await?;
    let field = all.into_iter().find(|field| field.name == *name && fields::reads(field, role));
    let field = field.ok_or_else(|| {
        Refusal::invalid("field", format!("a {} has no custom field of this name. See GET /api/v1/fields.", on.as_str()))
    })?;
    if field.acts {
        return Err(Refusal::invalid(
            "field",
            "scripts store in this field what members of staff did, so no list is chosen or ordered by it. Read it where it stands.",
        ));
    }
    Ok(Some(ByField {
        field: field.id,
        is_number: is_number(app, &field).await?,
        wanted: wanted(&field, asked)?,
        sort: asked.sort.as_ref().map(|(_, descending)| *descending),
    }))
}

/// Whether values are ordered as numbers; those of a formula are what its first one is.
async fn is_number(app: &App, field: &custom_field::Model) -> Result<bool, Refusal> {
    Ok(match field.field_type.as_str() {
        "number" | "money" => true,
        "formula" => {
            let first = pact_store::field::values_in(app.store.read(), field.id, None, 1).await?;
            first.first().is_some_and(|value| value.number_value.is_some())
        }
        _ => false,
    })
}

fn wanted(field: &custom_field::Model, asked: &FieldAsked) -> Result<Option<Wanted>, Refusal> {
    let read = |at: &str, text: &String| value(field, at, text);
    Ok(match (&asked.is, &asked.at_least, &asked.at_most) {
        (None, None, None) => None,
        (Some(is), None, None) if is.is_empty() => Some(Wanted::Nothing),
        (Some(is), None, None) => Some(match read("is", is)? {
            Value::List(values) => Wanted::Has(values.first().map(fields::encode).unwrap_or_default()),
            value => match fields::number(&value).filter(|_| field.field_type != "money") {
                // 12 and 12.0 are one number.
                Some(number) => Wanted::Numbers(number, number),
                None => Wanted::Is(fields::encode(&value)),
            },
        }),
        (Some(_), ..) => return Err(Refusal::invalid("is", "ask for one value, or for a range, and not for both.")),
        (None, from, until) => {
            let from = from.as_ref().map(|text| read("at_least", text)).transpose()?;
            let until = until.as_ref().map(|text| read("at_most", text)).transpose()?;
            let (from, until) = (from.as_ref(), until.as_ref());
            match from.or(until) {
                Some(Value::Int(_) | Value::Decimal(_)) => {
                    let number = |value: Option<&Value>| value.and_then(fields::number);
                    Some(Wanted::Numbers(number(from).unwrap_or(f64::MIN), number(until).unwrap_or(f64::MAX)))
                }
                Some(Value::Day(_)) => {
                    let day = |value: Option<&Value>, end: &str| value.map_or_else(|| read_day(end), fields::encode);
                    Some(Wanted::Texts(day(from, "0001-01-01"), day(until, "9999-12-31")))
                }
                _ => {
                    let why = "only numbers and days have ranges. Ask for one value with `is`.";
                    return Err(Refusal::invalid("at_least", why));
                }
            }
        }
    })
}

fn read_day(day: &str) -> String {
    day.parse().map(|day| fields::encode(&Value::Day(day))).unwrap_or_default()
}

/// A value of a query, in the type of the field. A formula is asked for as what it looks like: a number, a day, yes or no, or a text.
fn value(field: &custom_field::Model, at: &str, text: &str) -> Result<Value, Refusal> {
    let json = match field.field_type.as_str() {
        "number" => text.parse().map_or_else(|_| Json::from(text), Json::Number),
        "yes_no" => text.parse::<bool>().map_or_else(|_| Json::from(text), Json::from),
        "many_choices" => Json::from(vec![text]),
        "money" => {
            let (amount, currency) = text.split_once(' ').unwrap_or((text, ""));
            serde_json::json!({ "amount": amount, "currency": currency })
        }
        "formula" => return Ok(guessed(text)),
        _ => Json::from(text),
    };
    let named = |refusal| match refusal {
        Refusal::Invalid { why, .. } => Refusal::invalid(at, why),
        other => other,
    };
    let value = input::value(field, &json).map_err(named)?;
    fields::check(field, &value).map_err(named)?;
    Ok(value)
}

fn guessed(text: &str) -> Value {
    if let Ok(whole) = text.parse::<i64>() {
        return Value::Int(whole);
    }
    if let Ok(value) = text.parse::<bool>() {
        return Value::Bool(value);
    }
    text.parse().map_or_else(|_| Value::Text(text.to_owned()), Value::Day)
}
