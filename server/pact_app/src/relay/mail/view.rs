//! What templates of mail put in: digests and pushes with their links, shortened to what a telephone shows well.

use chrono_tz::Tz;
use pact_core::time::Instant;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::letter::{Letter, Template};
use super::links::Links;
use crate::Refusal;
use crate::access::link::Purpose;
use crate::digests::{Line, Section, WaitingPush, shortened};
use crate::texts::Texts;

/// The longest line of a digest in mail, in characters; PACT has it whole.
const LINE_CHARS: usize = 400;
/// The most lines of a section in mail.
const SECTION_LINES: usize = 25;

/// The data of a push.
#[derive(Deserialize)]
struct Pushed {
    lead: String,
    id: Uuid,
    reason: String,
    push: Uuid,
    answer_by_at: i64,
}

/// What the letter's template puts in.
///
/// # Errors
/// A letter that cannot be read, or a link that cannot be signed: defects.
pub(super) fn data(letter: &Letter, texts: &Texts, links: &Links) -> Result<Value, Refusal> {
    match letter.template {
        Template::Notice | Template::Report | Template::Test => Ok(letter.data.clone()),
        Template::Digest => {
            let sections: Vec<Section> = read(letter.data.get("sections"))?;
            let filled = sections.iter().filter(|section| !section.lines.is_empty());
            let shown: Result<Vec<Value>, Refusal> = filled.map(|shown| section(shown, letter, texts, links)).collect();
            Ok(json!({ "title": letter.data.get("title"), "sections": shown? }))
        }
        Template::Push => {
            let pushed: Pushed = read(Some(&letter.data))?;
            let push = WaitingPush { id: pushed.push, answer_by_at: pushed.answer_by_at };
            Ok(json!({
                "lead": pushed.lead,
                "href": links.to_record(Some((pact_policy::table::Kind::Lead, pushed.id))),
                "reason": texts.say("reason", &[("reason", &shortened(&pushed.reason, LINE_CHARS))]),
                "answer": answer(push, letter, texts, links)?,
            }))
        }
    }
}

fn read<T: for<'a> Deserialize<'a>>(value: Option<&Value>) -> Result<T, Refusal> {
    serde_json::from_value(value.cloned().unwrap_or_default()).map_err(Refusal::defect)
}

fn section(section: &Section, letter: &Letter, texts: &Texts, links: &Links) -> Result<Value, Refusal> {
    let lines = section.lines.iter().take(SECTION_LINES).map(|shown| line(shown, letter, texts, links));
    Ok(json!({
        "title": section.title,
        "lines": lines.collect::<Result<Vec<Value>, Refusal>>()?,
        "more": section.lines.len() > SECTION_LINES,
    }))
}

fn line(line: &Line, letter: &Letter, texts: &Texts, links: &Links) -> Result<Value, Refusal> {
    let answer = line.push.map(|push| answer(push, letter, texts, links)).transpose()?;
    Ok(json!({
        "name": line.name,
        "href": links.to_record(line.record),
        "text": shortened(&line.text, LINE_CHARS),
        "answer": answer,
    }))
}

/// Until when a push is answered, and where.
fn answer(push: WaitingPush, letter: &Letter, texts: &Texts, links: &Links) -> Result<Value, Refusal> {
    let until = push.answer_by();
    Ok(json!({
        "until": texts.say("answer_by", &[("at", &on_clock(until, letter.zone.as_deref().unwrap_or_default()))]),
        "accept": links.to_answer(Purpose::Accept, push.id, letter, until)?,
        "decline": links.to_answer(Purpose::Decline, push.id, letter, until)?,
    }))
}

/// An instant on the clocks of a zone, in a way that every language reads: `2026-11-24 12:00`.
pub(crate) fn on_clock(at: Instant, zone: &str) -> String {
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}
