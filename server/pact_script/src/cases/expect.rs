//! Effects in the words of cases.

use pact_core::time::{Span, WorkSpan};
use serde_json::Value as Json;

use super::world::World;
use crate::effect::Effect;

/// An effect with handles for ids and words for spans; sections of a digest become lists of lines.
pub(crate) fn in_words(world: &World, effect: &Effect) -> toml::Table {
    let json = serde_json::to_value(effect).unwrap_or_default();
    let mut table = match to_toml(world, &json) {
        Some(toml::Value::Table(table)) => table,
        _ => toml::Table::new(),
    };
    if let Effect::Push { within: Some(within), .. } = effect {
        let words = match within {
            crate::effect::Within::Span(seconds) => Span::of_seconds(*seconds).to_string(),
            crate::effect::Within::WorkSpan(minutes) => WorkSpan::of_minutes(*minutes).to_string(),
        };
        table.insert("within".to_owned(), toml::Value::String(words));
    }
    if let Effect::Send { sections, .. } = effect {
        let lines = sections.iter().flat_map(|section| {
            let title = section.title.iter().map(|title| format!("# {title}"));
            title.chain(section.lines.iter().map(|line| line.text.clone()))
        });
        table.remove("sections");
        table.insert("lines".to_owned(), toml::Value::Array(lines.map(toml::Value::String).collect()));
    }
    if let Effect::Set { value, .. } | Effect::Post { payload: value, .. } = effect {
        let key = if matches!(effect, Effect::Set { .. }) { "value" } else { "payload" };
        if let Some(value) = plain(world, value) {
            table.insert(key.to_owned(), value);
        }
    }
    table
}

/// A value without the names of its types.
fn plain(world: &World, value: &crate::value::Value) -> Option<toml::Value> {
    use crate::value::Value;
    Some(match value {
        Value::Unit => return None,
        Value::Bool(yes) => toml::Value::Boolean(*yes),
        Value::Int(number) => toml::Value::Integer(*number),
        Value::Decimal(number) => toml::Value::String(number.to_string()),
        Value::Text(text) => text_or_handle(world, text),
        Value::Instant(millis) => toml::Value::String(pact_core::time::Instant::from_millis(*millis).to_string()),
        Value::Day(day) => toml::Value::String(day.to_string()),
        Value::Span(seconds) => toml::Value::String(Span::of_seconds(*seconds).to_string()),
        Value::WorkSpan(minutes) => toml::Value::String(WorkSpan::of_minutes(*minutes).to_string()),
        Value::Money { minor, currency } => match currency.parse() {
            Ok(currency) => toml::Value::String(pact_core::money::Money { minor: *minor, currency }.to_string()),
            Err(_) => toml::Value::String(format!("{minor} {currency}")),
        },
        Value::List(items) => toml::Value::Array(items.iter().filter_map(|item| plain(world, item)).collect()),
        Value::Map(entries) => {
            toml::Value::Table(entries.iter().filter_map(|(key, value)| Some((key.clone(), plain(world, value)?))).collect())
        }
        Value::Ref(_, id) => text_or_handle(world, &id.to_string()),
    })
}

fn to_toml(world: &World, json: &Json) -> Option<toml::Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(yes) => toml::Value::Boolean(*yes),
        Json::Number(number) => match number.as_i64() {
            Some(number) => toml::Value::Integer(number),
            None => toml::Value::Float(number.as_f64()?),
        },
        Json::String(text) => text_or_handle(world, text),
        Json::Array(items) => toml::Value::Array(items.iter().filter_map(|item| to_toml(world, item)).collect()),
        Json::Object(entries) => {
            toml::Value::Table(entries.iter().filter_map(|(key, value)| Some((key.clone(), to_toml(world, value)?))).collect())
        }
    })
}

fn text_or_handle(world: &World, text: &str) -> toml::Value {
    let handle = text.parse().ok().and_then(|id| world.handle(id));
    toml::Value::String(handle.unwrap_or(text).to_owned())
}
