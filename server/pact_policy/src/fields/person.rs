//! Numbers on a person: outcomes that they are accountable for, attributes of the job, and nothing else.

use super::lexicon::{LEXICON, words};
use crate::manifest::{Field, FieldKind, FieldOn, FieldType};
use crate::rules::Rule;

/// What a number on a person breaks: one that is declared as nothing, or as an outcome that it does not name.
pub(super) fn number(field: &Field) -> Option<(Rule, String, String)> {
    let number = matches!(field.ty, FieldType::Number | FieldType::Formula);
    if field.on != FieldOn::Person || !number {
        return None;
    }
    let name = &field.name;
    match field.kind {
        None => {
            let what = format!("the number \"{name}\" on a person is declared neither an outcome nor an attribute of the job");
            let instead = "Set `kind = \"outcome\"` (value won, leads won) or `kind = \"job\"` (full-time equivalents, car pool number), if it is one.";
            Some((Rule::NoActivityCounter, what, instead.to_owned()))
        }
        Some(FieldKind::Outcome) if !names_outcome(field) => {
            let what = format!("the number \"{name}\" on a person is declared an outcome, and does not say of what");
            let instead = "Name the outcome in the label: value or leads won or lost, contracts, forecast, quota. A number that comes from acts is none.";
            Some((Rule::NoActivityCounter, what, instead.to_owned()))
        }
        Some(FieldKind::Outcome) if counts_entries(field) => {
            let what = format!("the number \"{name}\" on a person is declared an outcome, and counts what was written into PACT");
            Some((Rule::NoActivityCounter, what, String::new()))
        }
        Some(FieldKind::Job) if rates(field) => {
            let what = format!("the number \"{name}\" on a person names no attribute of the job");
            let instead = "Say in the label what of the job it is: full-time equivalents, weekly hours by contract, a car pool or desk number, a size, a limit.";
            Some((Rule::NoActivityCounter, what, instead.to_owned()))
        }
        Some(FieldKind::Outcome | FieldKind::Job) => None,
    }
}

/// Whether name, label or help text name something that a person is accountable for.
fn names_outcome(field: &Field) -> bool {
    let Some(lexicon) = LEXICON.as_ref() else { return false };
    let texts = [Some(field.label.as_str()), Some(field.name.as_str()), field.help.as_deref()];
    texts.into_iter().flatten().any(|text| {
        let text = words(text);
        // What became of them: "leads" alone may be those that somebody wrote to.
        lexicon.outcome.any(&text) || lexicon.subject.any(&text) && lexicon.gained.any(&text)
    })
}

/// Whether it counts what somebody entered, and not what came of it: "New leads entered".
fn counts_entries(field: &Field) -> bool {
    LEXICON.as_ref().is_some_and(|lexicon| lexicon.entered.any(&words(&field.label)))
}

/// Whether a number says how much somebody does, or how well: it names no attribute of a job.
fn rates(field: &Field) -> bool {
    let Some(lexicon) = LEXICON.as_ref() else { return false };
    let label = words(if field.label.is_empty() { &field.name } else { &field.label });
    ![&lexicon.object, &lexicon.topic, &lexicon.employed, &lexicon.job].into_iter().any(|list| list.any(&label))
}
