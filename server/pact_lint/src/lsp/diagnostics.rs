//! Findings as an editor shows them: a range, what and why and what instead, and the path as places to go to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_types::{Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Position, Range};
use pact_policy::{Finding, NotRead, Report};

use super::place::{of_finding, position, uri_of};
use crate::workspace::Workspace;

/// Who says it.
const SOURCE: &str = "pact";

/// What is said of each file that something is said of.
pub(crate) fn by_file(workspace: &Workspace, report: &Report) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
    let mut files: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
    for finding in &report.findings {
        files.entry(PathBuf::from(&finding.file)).or_default().push(of(workspace, finding));
    }
    for it in &report.unreadable {
        files.entry(PathBuf::from(&it.file)).or_default().push(unreadable(workspace, it));
    }
    files
}

/// The range of a finding.
pub(crate) fn range_of(workspace: &Workspace, finding: &Finding) -> Range {
    let text = workspace.text(Path::new(&finding.file)).unwrap_or("");
    let start = of_finding(text, finding.line, finding.column);
    let end = of_finding(text, finding.end_line, finding.end_column);
    Range { start, end: end.max(start) }
}

fn of(workspace: &Workspace, finding: &Finding) -> Diagnostic {
    let steps = finding.path.iter().take(finding.path.len().saturating_sub(1));
    let related = steps.filter_map(|step| {
        let path = Path::new(&step.file);
        let start = of_finding(workspace.text(path).unwrap_or(""), step.line, step.column);
        let location = Location { uri: uri_of(path)?, range: word_from(workspace.text(path).unwrap_or(""), start) };
        Some(DiagnosticRelatedInformation { location, message: step.what.clone() })
    });
    Diagnostic {
        range: range_of(workspace, finding),
        severity: Some(DiagnosticSeverity::ERROR),
        code: Some(NumberOrString::String(finding.rule.id().to_owned())),
        source: Some(SOURCE.to_owned()),
        message: format!("{}\n\nWhy: {}\n\nInstead: {}", finding.message, finding.why, finding.instead),
        related_information: Some(related.collect()),
        ..Diagnostic::default()
    }
}

/// The word that starts at a position.
fn word_from(text: &str, start: Position) -> Range {
    let from = super::place::offset(text, start);
    let length = text[from..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(0);
    Range { start, end: position(text, from + length) }
}

fn unreadable(workspace: &Workspace, it: &NotRead) -> Diagnostic {
    let start = of_finding(workspace.text(Path::new(&it.file)).unwrap_or(""), it.line.max(1), it.column.max(1));
    Diagnostic {
        range: Range { start, end: Position { character: start.character + 1, ..start } },
        severity: Some(DiagnosticSeverity::ERROR),
        code: Some(NumberOrString::String("cannot-be-judged".to_owned())),
        source: Some(SOURCE.to_owned()),
        message: it.message.clone(),
        ..Diagnostic::default()
    }
}
