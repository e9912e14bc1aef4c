//! Puts what was found into words.

use crate::finding::{Finding, Severity, Step};
use crate::flow::sink::Found;
use crate::flow::step::Step as Told;
use crate::manifest::Field;
use crate::rules::Rule;
use crate::text::Lines;

/// A file that findings name.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

/// A finding, with the steps that lead to it, each with the name of its file.
pub(crate) fn put<'a>(file: Named<'_>, found: &Found, steps: impl Iterator<Item = (&'a str, &'a Told)>) -> Finding {
    let lines = Lines::new(file.text);
    let (start, end) = lines.extent(found.pos);
    let (line, column) = lines.place(start);
    let (end_line, end_column) = lines.place(end);
    let mut path: Vec<Step> = Vec::new();
    for (name, step) in steps {
        let step = step_in_words(name, step);
        if !path.contains(&step) {
            path.push(step);
        }
    }
    path.push(Step { file: file.name.to_owned(), line, column, what: found.what.clone() });
    let page = found.rule.page();
    Finding {
        rule: found.rule,
        severity: Severity::Error,
        file: file.name.to_owned(),
        line,
        column,
        end_line,
        end_column,
        message: found.what.clone(),
        why: page.why.to_owned(),
        instead: page.instead.to_owned(),
        path,
    }
}

/// A step, with the name of its file.
pub(crate) fn step_in_words(file: &str, step: &Told) -> Step {
    Step {
        file: file.to_owned(),
        line: u32::from(step.pos.line).max(1),
        column: u32::from(step.pos.column).max(1),
        what: step.what.words(),
    }
}

/// What a field's definition breaks, judged by itself.
pub(crate) fn field_findings(file: &str, field: &Field) -> Vec<Finding> {
    let judged = crate::fields::judge_field(field);
    judged.into_iter().map(|(rule, message, instead)| field_finding(file, field, rule, message, instead)).collect()
}

/// A finding about a field's definition; without an own advice it gives the rule's.
pub(crate) fn field_finding(file: &str, field: &Field, rule: Rule, message: String, instead: String) -> Finding {
    let page = rule.page();
    let place = field.place;
    let step = Step { file: file.to_owned(), line: place.line, column: place.column, what: message.clone() };
    Finding {
        rule,
        severity: Severity::Error,
        file: file.to_owned(),
        line: place.line,
        column: place.column,
        end_line: place.line,
        end_column: place.column + 9,
        message,
        why: page.why.to_owned(),
        instead: if instead.is_empty() { page.instead.to_owned() } else { instead },
        path: vec![step],
    }
}
