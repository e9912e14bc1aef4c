//! Settings: from what a manifest and an admin write to the values that scripts read.

use std::collections::BTreeMap;

use pact_policy::manifest::{Manifest, Setting, SettingType};

use crate::cases::{amount, span};
use crate::value::Value;

/// Why a setting has no value that its type allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The setting `{name}` {message}.")]
pub struct SettingError {
    /// The setting.
    pub name: String,
    /// What is wrong, and what is wanted.
    pub message: String,
}

/// Every setting of a manifest: what was given, or its default, or `()`.
pub fn settings(manifest: &Manifest, given: &BTreeMap<String, toml::Value>) -> Result<BTreeMap<String, Value>, SettingError> {
    if let Some(name) = given.keys().find(|name| !manifest.settings.contains_key(*name)) {
        let message = "is not in the manifest".to_owned();
        return Err(SettingError { name: name.clone(), message });
    }
    let each = manifest.settings.iter().map(|(name, it)| {
        let value = match given.get(name).or(it.default.as_ref()) {
            Some(value) => setting(name, it, value)?,
            None if it.required => {
                let message = "is required and has no value; set it in the plugin's form".to_owned();
                return Err(SettingError { name: name.clone(), message });
            }
            None => Value::Unit,
        };
        Ok((name.clone(), value))
    });
    each.collect()
}

/// One setting's value, by its type.
pub fn setting(name: &str, it: &Setting, value: &toml::Value) -> Result<Value, SettingError> {
    typed(it, value).map_err(|message| SettingError { name: name.to_owned(), message })
}

fn typed(it: &Setting, value: &toml::Value) -> Result<Value, String> {
    let text = || value.as_str().ok_or_else(|| "is no text".to_owned());
    Ok(match it.ty {
        SettingType::Text | SettingType::LongText | SettingType::Link => Value::from(text()?),
        SettingType::Choice => Value::from(chosen(it, text()?)?),
        SettingType::Number => number(it, value)?,
        SettingType::YesNo => Value::Bool(value.as_bool().ok_or("is neither true nor false")?),
        SettingType::Span => span(text()?)?,
        SettingType::Money => amount(text()?)?,
        SettingType::Day => {
            let text = match value {
                toml::Value::Datetime(day) => day.to_string(),
                _ => text()?.to_owned(),
            };
            Value::Day(text.parse().map_err(|_| format!("is \"{text}\", and a day such as 2026-11-24 is wanted"))?)
        }
        SettingType::ManyChoices => {
            let items = value.as_array().ok_or("is no list")?;
            let each = items.iter().map(|item| chosen(it, item.as_str().ok_or("is no list of texts")?).map(Value::from));
            Value::List(each.collect::<Result<_, String>>()?)
        }
    })
}

fn chosen<'a>(it: &Setting, text: &'a str) -> Result<&'a str, String> {
    if it.options.is_empty() || it.options.iter().any(|option| option == text) {
        return Ok(text);
    }
    Err(format!("is \"{text}\", and one of {} is wanted", it.options.join(", ")))
}

fn number(it: &Setting, value: &toml::Value) -> Result<Value, String> {
    let as_float = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let number = as_float(value).ok_or("is no number")?;
    let bound = |bound: &Option<toml::Value>| bound.as_ref().and_then(as_float);
    if bound(&it.min).is_some_and(|min| number < min) || bound(&it.max).is_some_and(|max| number > max) {
        let say = |bound: &Option<toml::Value>| bound.as_ref().map_or_else(|| "any number".to_owned(), toml::Value::to_string);
        return Err(format!("is {number}, and it must lie between {} and {}", say(&it.min), say(&it.max)));
    }
    match value.as_integer() {
        Some(whole) => Ok(Value::Int(whole)),
        None => number.to_string().parse().map(Value::Decimal).map_err(|_| "is no number".to_owned()),
    }
}
