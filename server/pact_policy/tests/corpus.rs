//! The corpus is judged at rule and line, with rates printed by category.
//!
//! TPR is the part of what must be refused that is, FPR the part of what must pass that is not, Youden's index their difference.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod harness;

use std::collections::BTreeMap;

use harness::Case;
use pact_policy::{Finding, Report, lint};

/// Right and wrong verdicts of a category.
#[derive(Default)]
struct Score {
    refused: usize,
    should_refuse: usize,
    wrongly_refused: usize,
    should_pass: usize,
    exact: usize,
}

#[derive(Default)]
struct Board {
    scores: BTreeMap<String, Score>,
    mistakes: Vec<String>,
}

impl Board {
    /// Compares a report with what was expected.
    fn check(&mut self, case: &Case, report: &Report) {
        let (score, name) = (self.scores.entry(case.category.clone()).or_default(), &case.name);
        for not_read in &report.unreadable {
            self.mistakes.push(format!("{name}: unreadable {}:{}: {}", not_read.file, not_read.line, not_read.message));
        }
        if case.marks.is_empty() {
            score.should_pass += 1;
            if !report.findings.is_empty() {
                score.wrongly_refused += 1;
                self.mistakes.push(format!("{name}: must pass, but\n{}", list(&report.findings)));
            }
            return;
        }
        score.should_refuse += 1;
        score.refused += usize::from(!report.findings.is_empty());
        let missing = case.missing(report);
        if missing.is_empty() {
            score.exact += 1;
        } else {
            self.mistakes.push(format!("{name}: wants {missing:?}, got\n{}", list(&report.findings)));
        }
        for plugin in case.untold(report) {
            self.mistakes.push(format!("{name}: no path names {plugin}\n{}", list(&report.findings)));
        }
    }

    fn finish(&self) {
        println!("{:<28} {:>8} {:>8} {:>7} {:>7} {:>7}", "category", "refuse", "pass", "TPR", "FPR", "Youden");
        let rate = |n: usize, of: usize| if of == 0 { f64::NAN } else { n as f64 / of as f64 };
        let mut all = Score::default();
        for (name, score) in &self.scores {
            print_row(name, score, &rate);
            all.refused += score.refused;
            all.should_refuse += score.should_refuse;
            all.wrongly_refused += score.wrongly_refused;
            all.should_pass += score.should_pass;
            all.exact += score.exact;
        }
        print_row("all", &all, &rate);
        println!("right at rule and line: {} of {}", all.exact, all.should_refuse);
        assert!(self.mistakes.is_empty(), "{} mistakes\n{}", self.mistakes.len(), self.mistakes.join("\n"));
    }
}

fn print_row(name: &str, score: &Score, rate: &dyn Fn(usize, usize) -> f64) {
    let (tpr, fpr) = (rate(score.refused, score.should_refuse), rate(score.wrongly_refused, score.should_pass));
    println!("{name:<28} {:>8} {:>8} {tpr:>7.3} {fpr:>7.3} {:>7.3}", score.should_refuse, score.should_pass, tpr - fpr);
}

fn list(findings: &[Finding]) -> String {
    let line = |f: &Finding| {
        let path: Vec<_> = f.path.iter().map(|step| format!("{}:{} {}", step.file, step.line, step.what)).collect();
        format!("    {}:{}:{} {} {}\n        {}\n", f.file, f.line, f.column, f.rule, f.message, path.join("\n        "))
    };
    findings.iter().map(line).collect()
}

#[test]
fn the_corpus_is_judged_at_rule_and_line() {
    let mut board = Board::default();
    for case in harness::cases() {
        board.check(&case, &lint(&case.sources));
    }
    board.finish();
}
