//! What a manifest's values must hold beside their types.

use std::collections::BTreeSet;
use std::str::FromStr;

use chrono_tz::Tz;
use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use toml::Spanned;

use super::parse::{ManifestError, Written, at};
use super::{Field, FieldType, ForEach, Schedule, Setting, SettingType, SpanText};

pub(super) fn check(text: &str, written: &Written) -> Result<(), ManifestError> {
    let wrong = |place: usize, message: String| Err(at(text, place, message));
    let id = written.id.get_ref();
    if !is_id(id) {
        return wrong(
            written.id.span().start,
            format!("the id \"{id}\" may hold a-z, 0-9 and - only, and starts with a letter or digit"),
        );
    }
    let version = written.version.get_ref();
    if !is_semver(version) {
        return wrong(
            written.version.span().start,
            format!("the version \"{version}\" is no semantic version; write it as \"1.0.0\""),
        );
    }
    if let Err(message) = written.api.get_ref().check() {
        return wrong(written.api.span().start, message);
    }
    if written.title.get_ref().trim().is_empty() {
        return wrong(written.title.span().start, "the title is empty; say what the plugin is in a few words".to_owned());
    }
    for name in &written.webhooks {
        if name.get_ref().trim().is_empty() {
            return wrong(name.span().start, "a webhook has no name".to_owned());
        }
    }
    for (name, setting) in &written.settings {
        check_setting(text, name, setting)?;
    }
    for script in &written.script {
        let file = &script.get_ref().file;
        if !is_inside(file) {
            return wrong(script.span().start, format!("\"{file}\" is no .rhai file inside the plugin's folder"));
        }
    }
    for schedule in &written.schedule {
        check_schedule(text, schedule)?;
    }
    let mut names = BTreeSet::new();
    for field in &written.field {
        check_field(text, field)?;
        let key = (field.get_ref().on, field.get_ref().name.clone());
        if !names.insert(key) {
            return wrong(field.span().start, format!("the field \"{}\" is defined twice; take one out", field.get_ref().name));
        }
    }
    Ok(())
}

pub(super) fn check_field(text: &str, field: &Spanned<Field>) -> Result<(), ManifestError> {
    let wrong = |message: String| Err(at(text, field.span().start, message));
    let it = field.get_ref();
    let name = &it.name;
    let good = !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !good {
        return wrong(format!("the field's name \"{name}\" may hold letters, digits and _ only, at most 64 of them"));
    }
    match it.ty {
        FieldType::Choice | FieldType::ManyChoices if it.options.is_empty() => {
            return wrong(format!("the field \"{name}\" is a choice without `options`; list what can be chosen"));
        }
        FieldType::Formula if it.formula.is_none() => {
            return wrong(format!("the field \"{name}\" is a formula without `formula`; write one expression over `record`"));
        }
        _ => {}
    }
    for role in it.read_by.iter().chain(&it.write_by) {
        if !ROLES.contains(&role.as_str()) {
            return wrong(format!("the field \"{name}\" names the role \"{role}\"; the roles are {}", ROLES.join(", ")));
        }
    }
    if it.ty == FieldType::Formula && !it.write_by.is_empty() {
        return wrong(format!("the field \"{name}\" is computed, so nobody writes it; leave `write_by` out"));
    }
    if let Some(default) = &it.default
        && !is_default_of(it, default)
    {
        return wrong(format!("the default of the field \"{name}\" does not fit its type"));
    }
    if it.formula.is_some() && it.ty != FieldType::Formula {
        return wrong(format!("the field \"{name}\" has a `formula` but is no formula; set type = \"formula\""));
    }
    Ok(())
}

/// The roles that a definition may name.
const ROLES: [&str; 4] = ["rep", "manager", "admin", "auditor"];

/// Whether a field can begin with this value.
fn is_default_of(field: &Field, default: &toml::Value) -> bool {
    let option = |value: &toml::Value| value.as_str().is_some_and(|value| field.options.iter().any(|option| option == value));
    match field.ty {
        FieldType::Text | FieldType::LongText => default.is_str(),
        FieldType::Link => default.as_str().is_some_and(|link| link.starts_with("https://") || link.starts_with("http://")),
        FieldType::Number => default.is_integer() || default.is_float(),
        FieldType::Money => {
            let part = |name: &str| default.get(name).is_some_and(toml::Value::is_str);
            part("amount") && part("currency")
        }
        FieldType::Day => default.as_str().is_some_and(|day| day.parse::<chrono::NaiveDate>().is_ok()),
        FieldType::Choice => option(default),
        FieldType::ManyChoices => default.as_array().is_some_and(|values| values.iter().all(option)),
        FieldType::YesNo => default.is_bool(),
        FieldType::Formula => false,
    }
}

fn check_setting(text: &str, name: &str, setting: &Spanned<Setting>) -> Result<(), ManifestError> {
    let it = setting.get_ref();
    let wrong = |message: String| Err(at(text, setting.span().start, message));
    if it.ty == SettingType::Choice && it.options.is_empty() {
        return wrong(format!("the setting \"{name}\" is a choice without `options`; list what can be chosen"));
    }
    let Some(default) = &it.default else { return Ok(()) };
    let fits = match it.ty {
        SettingType::Text | SettingType::LongText | SettingType::Choice | SettingType::Link => default.is_str(),
        SettingType::Number => default.is_integer() || default.is_float(),
        SettingType::YesNo => default.is_bool(),
        SettingType::Span => match default.as_str() {
            Some(span) => return SpanText::parse(span).map(|_| ()).or_else(wrong),
            None => false,
        },
        SettingType::Money => default.is_integer() || default.is_float() || default.is_str() || default.is_table(),
        SettingType::Day => default.is_str() || default.is_datetime(),
        SettingType::ManyChoices => default.is_array(),
    };
    if !fits {
        return wrong(format!("the default of the setting \"{name}\" does not fit its type"));
    }
    if it.ty == SettingType::Choice && !default.as_str().is_some_and(|value| it.options.iter().any(|option| option == value)) {
        return wrong(format!("the default of the setting \"{name}\" is none of its options"));
    }
    Ok(())
}

fn check_schedule(text: &str, schedule: &Spanned<Schedule>) -> Result<(), ManifestError> {
    let it = schedule.get_ref();
    let wrong = |message: String| Err(at(text, schedule.span().start, message));
    if let Err(error) = cron(&it.cron) {
        return wrong(format!(
            "the cron pattern \"{}\" cannot be read ({error}); it has five fields: minute hour day month weekday",
            it.cron
        ));
    }
    if it.zone == "person" {
        if it.for_each != ForEach::Person {
            return wrong(format!("the schedule of \"{}\" has zone = \"person\", so it needs for_each = \"person\"", it.call));
        }
    } else if Tz::from_str(&it.zone).is_err() {
        return wrong(format!("\"{}\" is no IANA time zone; write one such as \"Europe/Amsterdam\", or \"person\"", it.zone));
    }
    if it.call.is_empty() {
        return wrong("a schedule calls no function; name one in `call`".to_owned());
    }
    Ok(())
}

/// A cron pattern of five fields.
pub(super) fn cron(pattern: &str) -> Result<Cron, CronError> {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build().parse(pattern)
}

pub(super) fn is_id(id: &str) -> bool {
    id.len() <= 64
        && id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Whether a text is a version as semver.org defines it, without leading zeros.
fn is_semver(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or("");
    let rest = &version[core.len()..];
    let number =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    let parts: Vec<_> = core.split('.').collect();
    let word =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '+');
    parts.len() == 3 && parts.into_iter().all(number) && (rest.is_empty() || word(&rest[1..]))
}

fn is_inside(file: &str) -> bool {
    file.ends_with(".rhai")
        && !file.starts_with('/')
        && !file.contains('\\')
        && file.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}
