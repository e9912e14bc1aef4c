//! Effects: what a script wishes goes onto the desk, in order, with its line.

use std::sync::{Arc, Mutex};

use pact_policy::table::Kind;
use rhai::Dynamic;

use super::args::Call;
use super::convert::{say_type, to_value};
use super::desk::{Failed, Stop, fail, stop};
use super::handles::{Digest, Draft, Rec};
use crate::effect::{Effect, Line, Section};
use crate::limits;
use crate::run::Limit;
use crate::value::Value;

type Given = Result<Dynamic, Failed>;

fn wish(call: &Call<'_, '_, '_>, effect: Effect, bytes: usize) -> Given {
    let line = call.line();
    call.host.at(|desk| desk.wish(effect, bytes, line))?;
    Ok(Dynamic::UNIT)
}

pub(super) fn push(call: &Call<'_, '_, '_>) -> Given {
    let (lead, person) = (call.rec(0, Kind::Lead)?, call.rec(1, Kind::Person)?);
    let mut within = None;
    let mut because = String::new();
    for (option, value) in call.map(2)?.unwrap_or_default() {
        match option.as_str() {
            "within" => within = Some(call.within(&value)?),
            "because" => because = in_words(call, &value)?,
            other => return Err(fail(format!("push: there is no option `{other}`. The options are `within` and `because`."))),
        }
    }
    let bytes = because.len();
    wish(call, Effect::Push { lead, person, within, because }, bytes)
}

pub(super) fn highlight(call: &Call<'_, '_, '_>) -> Given {
    let (lead, because) = (call.rec(0, Kind::Lead)?, call.text(1)?);
    let bytes = because.len();
    wish(call, Effect::Highlight { lead, because }, bytes)
}

pub(super) fn unhighlight(call: &Call<'_, '_, '_>) -> Given {
    let lead = call.rec(0, Kind::Lead)?;
    wish(call, Effect::Unhighlight { lead }, 0)
}

pub(super) fn escalate(call: &Call<'_, '_, '_>) -> Given {
    let (lead, to, because) = (call.rec(0, Kind::Lead)?, call.maybe_rec(1, Kind::Person)?, call.text(2)?);
    let bytes = because.len();
    wish(call, Effect::Escalate { lead, to, because }, bytes)
}

pub(super) fn transfer(call: &Call<'_, '_, '_>) -> Given {
    let (lead, person, because) = (call.rec(0, Kind::Lead)?, call.rec(1, Kind::Person)?, call.text(2)?);
    let bytes = because.len();
    wish(call, Effect::Transfer { lead, person, because }, bytes)
}

pub(super) fn hand_over(call: &Call<'_, '_, '_>) -> Given {
    let (lead, text) = (call.rec(0, Kind::Lead)?, call.text(1)?);
    let bytes = text.len();
    wish(call, Effect::HandOver { lead, text }, bytes)
}

/// A lead that a script enters; options that are `()` are left out.
pub(super) fn enter(call: &Call<'_, '_, '_>) -> Given {
    let (customer, title) = (call.rec(0, Kind::Customer)?, call.text(1)?);
    let (mut product, mut contact, mut value, mut expected_on) = (None, None, None, None);
    for (option, given) in call.map(2)?.unwrap_or_default() {
        match (option.as_str(), to_value(&given).map_err(|why| fail(format!("enter: {why}")))?) {
            ("product" | "contact" | "value" | "expected_on", Value::Unit) => {}
            ("product", Value::Text(text)) => product = Some(text),
            ("contact", Value::Ref(Kind::Contact, id)) => contact = Some(id),
            ("value", Value::Money { minor, currency }) => value = Some((minor, currency)),
            ("expected_on", Value::Day(day)) => expected_on = Some(day),
            ("product" | "contact" | "value" | "expected_on", _) => {
                return Err(fail(format!("enter: `{option}` is {}, which it cannot be.", say_type(&given))));
            }
            (other, _) => {
                let known = "`product`, `contact`, `value` and `expected_on`";
                return Err(fail(format!("enter: there is no option `{other}`. The options are {known}.")));
            }
        }
    }
    let bytes = title.len() + product.as_ref().map_or(0, String::len);
    wish(call, Effect::Enter { customer, title, product, contact, value, expected_on }, bytes)
}

pub(super) fn write_to(call: &Call<'_, '_, '_>) -> Given {
    let (contact, subject, text) = (call.rec(0, Kind::Contact)?, call.text(1)?, call.text(2)?);
    let bytes = subject.len() + text.len();
    wish(call, Effect::WriteTo { contact, subject, text }, bytes)
}

pub(super) fn set(call: &Call<'_, '_, '_>) -> Given {
    let Rec { kind, id, .. } = call.any_rec(0)?;
    let (field, value) = (call.text(1)?, call.value(2)?);
    let bytes = field.len() + size(&value);
    wish(call, Effect::Set { kind, record: id, field, value }, bytes)
}

pub(super) fn write_card(call: &Call<'_, '_, '_>) -> Given {
    let (customer, kind, text) = (call.rec(0, Kind::Customer)?, call.text(1)?, call.text(2)?);
    let bytes = kind.len() + text.len();
    wish(call, Effect::WriteCard { customer, kind, text }, bytes)
}

/// A request; when there is nobody to ask, the log says so.
pub(super) fn ask(call: &Call<'_, '_, '_>) -> Given {
    let (customer, text, due) = (call.rec(1, Kind::Customer)?, call.text(2)?, call.day(3)?);
    match call.maybe_rec(0, Kind::Person)? {
        Some(person) => {
            let bytes = text.len();
            wish(call, Effect::Ask { person, customer, text, due }, bytes)
        }
        None => nobody(call),
    }
}

/// A message; when there is nobody to tell, the log says so.
pub(super) fn notify(call: &Call<'_, '_, '_>) -> Given {
    let (text, Rec { kind, id, .. }) = (call.text(1)?, call.any_rec(2)?);
    match call.maybe_rec(0, Kind::Person)? {
        Some(person) => {
            let bytes = text.len();
            wish(call, Effect::Notify { person, text, kind, record: id }, bytes)
        }
        None => nobody(call),
    }
}

fn nobody(call: &Call<'_, '_, '_>) -> Given {
    let line = format!("Line {}: {} did nothing, because there is nobody.", call.line(), call.function.name);
    call.host.at(|desk| desk.note(&line))?;
    Ok(Dynamic::UNIT)
}

pub(super) fn suggest(call: &Call<'_, '_, '_>) -> Given {
    let (text, pack) = (call.text(0)?, call.maybe_rec(1, Kind::Pack)?);
    let bytes = text.len();
    wish(call, Effect::Suggest { text, pack }, bytes)
}

pub(super) fn digest(call: &Call<'_, '_, '_>) -> Given {
    let digest = Digest { person: call.rec(0, Kind::Person)?, title: call.text(1)?, sections: Vec::new() };
    Ok(Dynamic::from(Draft(Arc::new(Mutex::new(digest)))))
}

pub(super) fn section(call: &Call<'_, '_, '_>) -> Given {
    let title = call.text(0)?;
    count_line(call, title.len())?;
    Call::draft_mut(&call.draft()?, |digest| digest.sections.push(Section { title: Some(title), lines: Vec::new() }));
    Ok(Dynamic::UNIT)
}

pub(super) fn add(call: &Call<'_, '_, '_>) -> Given {
    let record = call.maybe_any_rec(0)?.map(|record| (record.kind, record.id));
    line(call, record, call.text(1)?)
}

pub(super) fn say(call: &Call<'_, '_, '_>) -> Given {
    line(call, None, call.text(0)?)
}

fn line(call: &Call<'_, '_, '_>, record: Option<(Kind, uuid::Uuid)>, text: String) -> Given {
    count_line(call, text.len())?;
    Call::draft_mut(&call.draft()?, |digest| {
        let line = Line { record, text };
        match digest.sections.last_mut() {
            Some(section) => section.lines.push(line),
            None => digest.sections.push(Section { title: None, lines: vec![line] }),
        }
    });
    Ok(Dynamic::UNIT)
}

fn count_line(call: &Call<'_, '_, '_>, bytes: usize) -> Result<(), Failed> {
    call.host.at(|desk| {
        desk.digest_lines += 1;
        desk.weigh(bytes)?;
        if desk.digest_lines > limits::DIGEST_LINES { Err(stop(Stop::Limit(Limit::Effects))) } else { Ok(()) }
    })
}

/// Sends what was written so far; the draft's empty sections are left out.
pub(super) fn send(call: &Call<'_, '_, '_>) -> Given {
    let (person, title, sections) = Call::draft_mut(&call.draft_arg(0)?, |digest| {
        let sections = std::mem::take(&mut digest.sections);
        (digest.person, digest.title.clone(), sections.into_iter().filter(|section| !section.lines.is_empty()).collect())
    });
    let bytes = title.len();
    wish(call, Effect::Send { person, title, sections }, bytes)
}

pub(super) fn post(call: &Call<'_, '_, '_>) -> Given {
    let (webhook, payload) = (call.text(0)?, call.value(1)?);
    let bytes = size(&payload);
    wish(call, Effect::Post { webhook, payload }, bytes)
}

pub(super) fn log(call: &Call<'_, '_, '_>) -> Given {
    let text = call.text(0)?;
    call.host.at(|desk| desk.note(&text))?;
    Ok(Dynamic::UNIT)
}

pub(super) fn note(call: &Call<'_, '_, '_>) -> Given {
    let (period, text) = (call.rec(0, Kind::Period)?, call.text(1)?);
    let bytes = text.len();
    wish(call, Effect::Note { period, text }, bytes)
}

/// A value as a text puts it in: `${value}`.
pub(super) fn in_words(call: &Call<'_, '_, '_>, value: &Dynamic) -> Result<String, Failed> {
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(text.to_string());
    }
    let mut value = value.clone();
    let said = call.context.call_native_fn_raw("to_string", true, &mut [&mut value])?;
    said.into_string().map_err(|_| fail(format!("{}: a {} cannot be put into a text.", call.function.name, say_type(&value))))
}

/// Bytes that a value takes in an effect, roughly.
fn size(value: &Value) -> usize {
    match value {
        Value::Unit | Value::Bool(_) => 1,
        Value::Int(_) | Value::Instant(_) | Value::Day(_) | Value::Span(_) | Value::WorkSpan(_) => 8,
        Value::Decimal(_) | Value::Money { .. } | Value::Ref(..) => 16,
        Value::Text(text) => text.len() + 2,
        Value::List(items) => items.iter().map(size).sum::<usize>() + 2,
        Value::Map(entries) => entries.iter().map(|(key, value)| key.len() + size(value)).sum::<usize>() + 2,
    }
}
