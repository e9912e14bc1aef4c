//! Workflow commands: one line a finding, shown beside the changed line.

use crate::lint::Report;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let message = format!("{}\n\nWhy: {}\nInstead: {}", finding.message, finding.why, finding.instead);
        out.push_str(&format!(
            "::error file={},line={},endLine={},col={},endColumn={},title={}::{}\n",
            property(&finding.file),
            finding.line,
            finding.end_line,
            finding.column,
            finding.end_column,
            property(finding.rule.id()),
            data(&message)
        ));
    }
    for it in &report.unreadable {
        out.push_str(&format!(
            "::error file={},line={},col={},title=unreadable::{}\n",
            property(&it.file),
            it.line,
            it.column,
            data(&it.message)
        ));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
