//! Text for people: each finding with an excerpt of the source, the path drawn into it, why, and what to do instead.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Texts;
use crate::finding::{Finding, Step};
use crate::lint::Report;
use crate::text::Lines;

pub(super) fn render(report: &Report, texts: &Texts, styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for finding in &report.findings {
        out.push_str(&one(finding, texts, &renderer));
        out.push_str("\n\n");
    }
    for it in &report.unreadable {
        out.push_str(&format!("cannot be judged: {}:{}:{}: {}\n\n", it.file, it.line, it.column, it.message));
    }
    let refused = report.findings.len();
    let plural = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    out.push_str(&format!(
        "{} judged, {}",
        plural(report.checked, "script, field or view", "scripts, fields and views"),
        plural(refused, "thing refused", "things refused")
    ));
    if !report.unreadable.is_empty() {
        out.push_str(&format!(", {} that cannot be judged", plural(report.unreadable.len(), "file", "files")));
    }
    out.push('\n');
    out
}

fn one(finding: &Finding, texts: &Texts, renderer: &Renderer) -> String {
    let title = Level::ERROR.primary_title(finding.message.as_str()).id(finding.rule.id());
    let mut group = match texts.get(&finding.file) {
        Some(text) => title.element(snippet(finding, text)),
        None => {
            title.element(Origin::path(finding.file.as_str()).line(finding.line as usize).char_column(finding.column as usize))
        }
    };
    // Steps in other files follow, each file once, in the order of the path.
    let mut files: Vec<&str> = Vec::new();
    for step in &finding.path {
        if step.file != finding.file && !files.contains(&step.file.as_str()) {
            files.push(&step.file);
        }
    }
    for file in files {
        if let Some(text) = texts.get(file) {
            let steps = finding.path.iter().enumerate().filter(|(_, step)| step.file == file);
            group = group.element(excerpt(file, text, steps));
        }
    }
    let why = Group::with_title(Level::NOTE.secondary_title(finding.why.as_str()));
    let instead = Group::with_title(Level::HELP.secondary_title(finding.instead.as_str()));
    renderer.render(&[group, why, instead])
}

fn snippet<'a>(finding: &'a Finding, text: &'a str) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let lines = Lines::new(text);
    let start = lines.offset(finding.line, finding.column);
    let end = lines.offset(finding.end_line, finding.end_column).max(start);
    let here = AnnotationKind::Primary.span(start..end).label(finding.message.as_str());
    let last = finding.path.len().saturating_sub(1);
    let steps = finding.path.iter().enumerate().take(last).filter(|(_, step)| step.file == finding.file);
    excerpt(&finding.file, text, steps).annotation(here)
}

fn excerpt<'a>(
    file: &'a str,
    text: &'a str,
    steps: impl Iterator<Item = (usize, &'a Step)>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let lines = Lines::new(text);
    let mut made = Snippet::source(text).path(file).fold(true);
    for (number, step) in steps {
        let pos = crate::ir::Pos {
            line: u16::try_from(step.line).unwrap_or(u16::MAX),
            column: u16::try_from(step.column).unwrap_or(u16::MAX),
        };
        let (start, end) = lines.extent(pos);
        let end = text[start..end].find('\n').map_or(end, |at| start + at);
        made = made.annotation(AnnotationKind::Context.span(start..end).label(format!("{}. {}", number + 1, step.what)));
    }
    made
}
