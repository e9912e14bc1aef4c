//! The project's corpus of scripts, sets of plugins and fields: judged at rule and line, with rates printed by category.
//!
//! `tests/corpus/worked` are the worked examples of the policy; `tests/corpus/own` holds more of them, each evasion with its lawful
//! twin; `tests/corpus/techniques` holds them by technique, one folder each. Markers are comments: `//~ RULE` on a script's line, `[[field]] #~ RULE` on a field.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pact_policy::manifest::{File, Plugin, parse_fields};
use pact_policy::{Finding, Report, Source, lint};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

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
    /// Compares a report with the marks that were expected, as (file, line, rule).
    fn check(&mut self, category: &str, case: &str, report: &Report, marks: &[(String, u32, String)]) {
        let score = self.scores.entry(category.to_owned()).or_default();
        for not_read in &report.unreadable {
            self.mistakes.push(format!("{case}: unreadable {}:{}: {}", not_read.file, not_read.line, not_read.message));
        }
        if marks.is_empty() {
            score.should_pass += 1;
            if !report.findings.is_empty() {
                score.wrongly_refused += 1;
                self.mistakes.push(format!("{case}: must pass, but\n{}", list(&report.findings)));
            }
            return;
        }
        score.should_refuse += 1;
        score.refused += usize::from(!report.findings.is_empty());
        let missing: Vec<_> = marks
            .iter()
            .filter(|(file, line, rule)| {
                !report.findings.iter().any(|f| f.file.ends_with(file) && f.line == *line && f.rule.id() == rule)
            })
            .collect();
        if missing.is_empty() {
            score.exact += 1;
        } else {
            self.mistakes.push(format!("{case}: wants {missing:?}, got\n{}", list(&report.findings)));
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

fn marks(file: &str, text: &str) -> Vec<(String, u32, String)> {
    (1..)
        .zip(text.lines())
        .filter_map(|(n, line)| Some((file.to_owned(), n, line.split("//~ ").nth(1)?.trim().to_owned())))
        .collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn script(path: &Path) -> Result<Source, String> {
    let file = File::from_bytes(&name_of(path), std::fs::read(path).unwrap()).map_err(|error| error.to_string())?;
    Ok(Source::Plugin(Box::new(Plugin::from_script(file).map_err(|error| error.to_string())?)))
}

fn folder(path: &Path) -> Source {
    let name = |file: &Path| format!("{}/{}", name_of(path), name_of(file));
    let read = |file: &Path| File::from_bytes(&name(file), std::fs::read(file).unwrap()).unwrap();
    let scripts =
        files_in(path).iter().filter(|file| file.extension().is_some_and(|ext| ext == "rhai")).map(|file| read(file)).collect();
    Source::Plugin(Box::new(Plugin::from_folder(read(&path.join("plugin.toml")), scripts).unwrap()))
}

/// The modules that scripts may import, as the commands give them to the linter.
fn modules() -> Vec<Source> {
    let module = |path: &PathBuf| {
        let name = format!("std/{}", path.file_stem().unwrap().to_string_lossy());
        Source::Module { name, file: File::from_bytes(&name_of(path), std::fs::read(path).unwrap()).unwrap() }
    };
    let std = corpus().join("../../scripts/std");
    files_in(&std).iter().filter(|path| path.extension().is_some_and(|ext| ext == "rhai")).map(module).collect()
}

fn single_scripts(board: &mut Board, root: &Path, label: &str, category: &str) {
    let modules = modules();
    for kind in ["pass", "refuse"] {
        for path in files_in(&root.join(kind)) {
            if path.extension().is_none_or(|ext| ext != "rhai") {
                continue;
            }
            let case = format!("{label}/{kind}/{}", name_of(&path));
            let text = std::fs::read_to_string(&path).unwrap();
            let marks = marks(&name_of(&path), &text);
            assert_eq!(kind == "refuse", !marks.is_empty(), "{case}");
            match script(&path) {
                Ok(source) => {
                    let sources: Vec<Source> = modules.iter().cloned().chain([source]).collect();
                    board.check(category, &case, &lint(&sources), &marks);
                }
                Err(error) => board.mistakes.push(format!("{case}: {error}")),
            }
        }
    }
}

fn sets(board: &mut Board, root: &Path, kind: &str, label: &str) {
    for set in files_in(&root.join(kind)) {
        let case = format!("{label}/{kind}/{}", name_of(&set));
        let expected: toml::Table = std::fs::read_to_string(set.join("expect.toml")).unwrap().parse().unwrap();
        let findings = expected.get("finding").and_then(|f| f.as_array()).cloned().unwrap_or_default();
        let marks: Vec<_> = findings
            .iter()
            .map(|f| {
                let text = |key: &str| f[key].as_str().unwrap().to_owned();
                (text("file"), u32::try_from(f["line"].as_integer().unwrap()).unwrap(), text("rule"))
            })
            .collect();
        let folders: Vec<_> = files_in(&set).into_iter().filter(|path| path.is_dir()).collect();
        let sources: Vec<_> = folders.iter().map(|path| folder(path)).collect();
        for (path, source) in folders.iter().zip(&sources) {
            let alone = lint(std::slice::from_ref(source));
            board.check(&format!("{label} sets, alone"), &format!("{case}: {} alone", name_of(path)), &alone, &[]);
        }
        let report = lint(&sources);
        board.check(&format!("{label} sets, together"), &case, &report, &marks);
        if marks.is_empty() {
            continue;
        }
        // The path must name every plugin on the way; an expectation may name those that matter.
        let named: Vec<String> = match expected.get("path") {
            Some(path) => path.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
            None => folders.iter().map(|path| name_of(path)).collect(),
        };
        for plugin in named {
            let told = report.findings.iter().any(|f| f.path.iter().any(|step| step.file.starts_with(&format!("{plugin}/"))));
            if !told {
                board.mistakes.push(format!("{case}: no path names {plugin}\n{}", list(&report.findings)));
            }
        }
    }
}

fn fields(board: &mut Board, root: &Path, label: &str) {
    for path in files_in(&root.join("fields")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for field in parse_fields(&text).unwrap() {
            let case = format!("{label}/fields/{}: {}", name_of(&path), field.name);
            let header = lines[field.place.line as usize - 1];
            let marks: Vec<_> = header
                .split("#~ ")
                .nth(1)
                .map(|rule| ("x".to_owned(), field.place.line, rule.trim().to_owned()))
                .into_iter()
                .collect();
            let file = File { name: "x".to_owned(), text: String::new() };
            let report = lint(&[Source::Fields { file, fields: vec![field] }]);
            board.check(&format!("{label} fields"), &case, &report, &marks);
        }
    }
}

#[test]
fn the_corpus_is_judged_at_rule_and_line() {
    let mut board = Board::default();
    for label in ["worked", "own"] {
        let root = corpus().join(label);
        single_scripts(&mut board, &root, label, &format!("{label} scripts"));
        sets(&mut board, &root, "refuse-together", label);
        sets(&mut board, &root, "pass-together", label);
        fields(&mut board, &root, label);
    }
    for folder in files_in(&corpus().join("techniques")) {
        let name = name_of(&folder);
        single_scripts(&mut board, &folder, &name, &name);
    }
    board.finish();
}
