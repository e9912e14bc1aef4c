//! SARIF 2.1.0: the rules with their pages, each finding with its path as a code flow and a fingerprint that edits elsewhere do not change.

use std::collections::HashMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Texts;
use crate::finding::{Finding, Step};
use crate::lint::Report;
use crate::rules::Rule;
use crate::text::Lines;

pub(super) fn render(report: &Report, texts: &Texts) -> Value {
    let rules: Vec<Value> = Rule::ALL.iter().map(|rule| rule_of(*rule)).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut read: HashMap<&str, Lines<'_>> = HashMap::new();
    let mut results: Vec<Value> = Vec::new();
    for finding in &report.findings {
        let lines = texts.get(&finding.file).map(|text| &*read.entry(&finding.file).or_insert_with(|| Lines::new(text)));
        results.push(result(finding, lines, &mut seen));
    }
    let notifications: Vec<Value> = report
        .unreadable
        .iter()
        .map(|it| {
            json!({
                "level": "error",
                "message": { "text": it.message },
                "locations": [location(&it.file, it.line, it.column, None, "")],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pact lint",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.unreadable.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn rule_of(rule: Rule) -> Value {
    let page = rule.page();
    json!({
        "id": page.id,
        "shortDescription": { "text": page.what },
        "fullDescription": { "text": page.why },
        "help": { "text": page.instead },
        "defaultConfiguration": { "level": "error" },
    })
}

fn result(finding: &Finding, lines: Option<&Lines<'_>>, seen: &mut HashMap<String, usize>) -> Value {
    let index = Rule::ALL.iter().position(|rule| *rule == finding.rule).unwrap_or(0);
    let end = Some((finding.end_line, finding.end_column));
    let steps: Vec<Value> = finding.path.iter().map(|step| json!({ "location": step_location(step) })).collect();
    let print = fingerprint(finding, lines);
    let count = seen.entry(print.clone()).or_insert(0);
    *count += 1;
    json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": index,
        "level": "error",
        "message": { "text": format!("{}. {} {}", finding.message, finding.why, finding.instead) },
        "locations": [location(&finding.file, finding.line, finding.column, end, "")],
        "codeFlows": [{ "threadFlows": [{ "locations": steps }] }],
        "partialFingerprints": { "pactSink/v1": format!("{print}:{count}") },
    })
}

fn step_location(step: &Step) -> Value {
    location(&step.file, step.line, step.column, None, &step.what)
}

fn location(file: &str, line: u32, column: u32, end: Option<(u32, u32)>, text: &str) -> Value {
    let mut region = json!({ "startLine": line.max(1), "startColumn": column.max(1) });
    if let Some((end_line, end_column)) = end {
        region["endLine"] = json!(end_line.max(1));
        region["endColumn"] = json!(end_column.max(1));
    }
    let mut made = json!({ "physicalLocation": { "artifactLocation": { "uri": uri(file) }, "region": region } });
    if !text.is_empty() {
        made["message"] = json!({ "text": text });
    }
    made
}

/// A file's name as a relative reference.
fn uri(file: &str) -> String {
    let mut out = String::new();
    for byte in file.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A hash of rule, file and what stands at the sink without its layout: it stays the same when lines move.
fn fingerprint(finding: &Finding, lines: Option<&Lines<'_>>) -> String {
    let mut hash = Sha256::new();
    hash.update(finding.rule.id());
    hash.update([0]);
    hash.update(&finding.file);
    hash.update([0]);
    if let Some(lines) = lines {
        let start = lines.offset(finding.line, finding.column);
        let end = lines.offset(finding.end_line, finding.end_column).max(start);
        let plain: String = lines.text[start..end].chars().filter(|c| !c.is_whitespace()).collect();
        hash.update(plain);
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
