//! Rules about custom fields: by record, type, formula and stated use, and by what their words say in the language they are in.

mod actors;
mod doing;
mod lexicon;
mod person;
mod reason;
mod shape;
mod unsaid;
mod words;

use crate::manifest::{Field, FieldType};
use crate::rules::Rule;
use lexicon::words;
use words::{Whose, whose_act};

/// What a field's definition breaks: the rule, what is said, and what to do instead where it is particular.
pub fn judge_field(field: &Field) -> Vec<(Rule, String, String)> {
    let mut broken = Vec::new();
    broken.extend(act(field));
    broken.extend(person::number(field).filter(|_| broken.is_empty()));
    broken.extend(helps(field));
    broken
}

fn is_number(field: &Field) -> bool {
    matches!(field.ty, FieldType::Number | FieldType::Money | FieldType::Formula)
}

fn act(field: &Field) -> Option<(Rule, String, String)> {
    let rule = if is_number(field) { Rule::NoActivityCounter } else { Rule::NoTickBox };
    let label = if field.label.is_empty() { &field.name } else { &field.label };
    match whose_act(field) {
        Whose::Nobody | Whose::Thing | Whose::Customer => None,
        Whose::Ours => {
            let what = match rule {
                Rule::NoActivityCounter => format!("the field \"{label}\" measures what members of staff do"),
                _ => format!("the field \"{label}\" records that a member of staff did something"),
            };
            Some((rule, what, String::new()))
        }
        Whose::Unsaid => {
            let what =
                format!("whose? The field \"{label}\" can be about an act of the customer or of ours, and does not say which");
            let instead = "If it is the customer's act, say so in the label, or with `about = \"customer\"` (logged, and shown to auditors). \
                           If it is ours: write what the customer said as a card, and what you intend as a plan."
                .to_owned();
            Some((rule, what, instead))
        }
    }
}

fn helps(field: &Field) -> Option<(Rule, String, String)> {
    let name = &field.name;
    let what = match (field.helps.as_deref(), field.because.as_deref()) {
        (Some("sale" | "customer" | "rep"), Some(because))
            if reason::says_something(because) && words(because) != words(&field.label) =>
        {
            return None;
        }
        (Some("sale" | "customer" | "rep"), None) => format!("the field \"{name}\" does not say in `because` how it helps"),
        (Some("sale" | "customer" | "rep"), Some(_)) => {
            format!("the `because` of the field \"{name}\" does not say how it helps")
        }
        (Some(other), _) => format!("the field \"{name}\" helps \"{other}\"; a field helps the sale, the customer or the rep"),
        (None, _) => format!("the field \"{name}\" does not say whom it helps: the sale, the customer or the rep"),
    };
    Some((Rule::EveryFieldHelps, what, String::new()))
}
