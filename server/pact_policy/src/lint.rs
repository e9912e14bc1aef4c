//! Judges plugins together and puts what is refused into words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::parser_engine;
use crate::finding::{Finding, Severity, Step};
use crate::flow::judge::{Subject, judge};
use crate::flow::sink::Found;
use crate::flow::step::{StepId, Steps};
use crate::ir::{Kind, Node, Pos, Program, Sym};
use crate::lower::{ParseFailure, parse};
use crate::manifest::{Field, FieldOn, File, Plugin, Unreadable};
use crate::rules::Rule;
use crate::table::natives::NATIVES;
use crate::table::{FUNCTIONS, NARROWS};
use crate::text::{Lines, odd_characters};

/// Something to be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// A plugin, or a single script with its leading manifest.
    Plugin(Box<Plugin>),
    /// A module that scripts may import, by the name in `import "std/NAME"`.
    Module {
        /// The name, `std/…`.
        name: String,
        /// Its text.
        file: File,
    },
    /// Field definitions without a plugin around them, each judged by itself.
    Fields {
        /// The name of the file that holds them.
        file: File,
        /// The definitions.
        fields: Vec<Field>,
    },
}

/// The verdict on all sources together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How many scripts and field definitions were judged.
    pub checked: usize,
    /// What is refused.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<NotRead>,
}

/// A file that could not be judged, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRead {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong, and what to do next.
    pub message: String,
}

impl From<Unreadable> for NotRead {
    fn from(it: Unreadable) -> Self {
        Self { file: it.file, line: it.line, column: it.column, message: it.message }
    }
}

/// The stack that judging may need: scripts nest, and the analysis follows them.
const STACK_BYTES: usize = 512 * 1024 * 1024;

/// Judges all sources together: scripts, fields and formulas, against each other.
pub fn lint(sources: &[Source]) -> Report {
    let on_large_stack = std::thread::scope(|scope| {
        let judging = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || lint_here(sources));
        judging.ok().and_then(|thread| thread.join().ok())
    });
    on_large_stack.unwrap_or_else(|| {
        let message =
            "the linter failed on these sources, so none of them is judged; this is a defect of the linter, please report it";
        let unreadable = vec![NotRead { file: String::new(), line: 0, column: 0, message: message.to_owned() }];
        Report { checked: 0, findings: Vec::new(), unreadable }
    })
}

/// A file that findings name.
struct Named<'a> {
    name: &'a str,
    text: &'a str,
}

#[derive(Default)]
struct Parsed<'a> {
    files: Vec<Named<'a>>,
    programs: Vec<(u32, Program)>,
    formulas: Vec<(usize, Program)>,
    unreadable: Vec<NotRead>,
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn lint_here(sources: &[Source]) -> Report {
    let engine = parser_engine();
    let mut parsed = Parsed::default();
    let mut plugins: Vec<Loaded<'_>> = Vec::new();
    let mut modules: Vec<(Sym, usize)> = Vec::new();
    let mut checked = 0;
    let mut findings: Vec<Finding> = Vec::new();
    for source in sources {
        match source {
            Source::Plugin(plugin) => {
                let manifest_file = number(parsed.files.len());
                parsed.files.push(Named { name: &plugin.manifest_file.name, text: &plugin.manifest_file.text });
                let mut scripts = Vec::new();
                for (name, text) in &plugin.files {
                    checked += 1;
                    scripts.extend(read_script(&engine, &mut parsed, name, text));
                }
                let mut formulas = Vec::new();
                for (at, field) in plugin.manifest.fields.iter().enumerate() {
                    if let Some(formula) = &field.formula {
                        match parse(&engine, formula) {
                            Ok(program) => {
                                formulas.push((at, parsed.formulas.len()));
                                parsed.formulas.push((at, program));
                            }
                            Err(error) => parsed.unreadable.push(NotRead {
                                file: plugin.manifest_file.name.clone(),
                                line: field.place.line,
                                column: field.place.column,
                                message: format!("the formula of the field \"{}\" cannot be read: {}", field.name, error.message),
                            }),
                        }
                    }
                }
                plugins.push((plugin, manifest_file, scripts, formulas));
            }
            Source::Module { name, file } => {
                checked += 1;
                if let Some(program) = read_script(&engine, &mut parsed, &file.name, &file.text) {
                    modules.push((name.as_str().into(), program));
                }
            }
            Source::Fields { file, fields } => {
                checked += fields.len();
                for field in fields {
                    findings.extend(field_findings(&file.name, field));
                }
            }
        }
    }
    let subjects: Vec<Subject<'_>> = plugins
        .iter()
        .map(|(plugin, manifest_file, scripts, formulas)| Subject {
            manifest: &plugin.manifest,
            manifest_file: *manifest_file,
            scripts: scripts.iter().map(|&at| (parsed.programs[at].0, &parsed.programs[at].1)).collect(),
            formulas: formulas.iter().map(|&(field, at)| (&plugin.manifest.fields[field], &parsed.formulas[at].1)).collect(),
        })
        .collect();
    let modules: Vec<(Sym, u32, &Program)> =
        modules.iter().map(|(name, at)| (name.clone(), parsed.programs[*at].0, &parsed.programs[*at].1)).collect();
    let mut judgement = judge(&subjects, &modules);
    for (file, program) in &parsed.programs {
        findings.extend(structure(program, *file).into_iter().map(|found| put(&parsed.files, &judgement.steps, &found)));
    }
    for (at, file) in parsed.files.iter().enumerate() {
        let is_script = parsed.programs.iter().any(|(number, _)| *number as usize == at);
        if is_script {
            for (pos, what) in odd_characters(file.text) {
                let found =
                    Found { rule: Rule::NoHiddenFlow, file: number(at), pos, what, step: StepId::NONE, also: StepId::NONE };
                findings.push(put(&parsed.files, &judgement.steps, &found));
            }
        }
    }
    for found in judgement.found.drain(..).flatten().collect::<Vec<_>>() {
        findings.push(put(&parsed.files, &judgement.steps, &found));
    }
    for (plugin, ..) in &plugins {
        for field in &plugin.manifest.fields {
            findings.extend(field_findings(&plugin.manifest_file.name, field));
        }
    }
    findings.extend(different_definitions(&plugins));
    findings.sort_by(|a, b| (&a.file, a.line, a.column, a.rule).cmp(&(&b.file, b.line, b.column, b.rule)));
    findings.dedup_by(|a, b| a.file == b.file && a.line == b.line && a.column == b.column && a.rule == b.rule);
    Report { checked, findings, unreadable: parsed.unreadable }
}

fn read_script<'a>(engine: &rhai::Engine, parsed: &mut Parsed<'a>, name: &'a str, text: &'a str) -> Option<usize> {
    let file = number(parsed.files.len());
    parsed.files.push(Named { name, text });
    match parse(engine, text) {
        Ok(program) => {
            parsed.programs.push((file, program));
            Some(parsed.programs.len() - 1)
        }
        Err(ParseFailure { pos, message }) => {
            let message = format!("the script cannot be read: {message}");
            parsed.unreadable.push(NotRead {
                file: name.to_owned(),
                line: u32::from(pos.line),
                column: u32::from(pos.column),
                message,
            });
            None
        }
    }
}

/// What can be seen without following values: functions that take over a name of the host or the language, unknown nodes.
fn structure(program: &Program, file: u32) -> Vec<Found> {
    let mut found = Vec::new();
    let mut hidden = |pos: Pos, what: String| {
        found.push(Found { rule: Rule::NoHiddenFlow, file, pos, what, step: StepId::NONE, also: StepId::NONE });
    };
    for function in &program.functions {
        let name = &*function.name;
        let arity = function.params.len();
        let (host, language) = (takes_over_the_interface(name, arity), takes_over_the_language(name, arity));
        if host || language {
            let whose = if host { "the interface" } else { "the language" };
            hidden(
                function.pos,
                format!("the script's function `{name}` takes over the name of a function of {whose}; give it another name"),
            );
        }
        opaque(&function.body, &mut hidden);
    }
    for node in &program.top {
        opaque(node, &mut hidden);
    }
    found
}

/// Whether a script's function is what a call of the interface would reach: of its name, and of as many parameters.
///
/// Methods are called without their receiver; an effect may be called either way.
fn takes_over_the_interface(name: &str, arity: usize) -> bool {
    let function = FUNCTIONS.iter().filter(|known| known.name == name).any(|known| {
        let least = known.params.iter().filter(|param| !param.optional).count();
        let least = if known.on.is_some() { least } else { least.saturating_sub(1) };
        (least..=known.params.len()).contains(&arity)
    });
    function || NARROWS.iter().any(|known| known.name == name && known.params.len() == arity)
}

/// Whether a script's function is what a call of the language would reach.
fn takes_over_the_language(name: &str, arity: usize) -> bool {
    let native = NATIVES.iter().any(|known| {
        let (least, most) = known.arity;
        known.name == name && (usize::from(least).saturating_sub(1)..=usize::from(most)).contains(&arity)
    });
    native || matches!(name, "call" | "curry" | "eval" | "Fn" | "print" | "debug")
}

fn opaque(node: &Node, hidden: &mut impl FnMut(Pos, String)) {
    node.walk(&mut |node| {
        if let Kind::Opaque(why) = &node.kind {
            hidden(node.pos, format!("{why} cannot be judged"));
        }
    });
}

/// Puts something found into words.
fn put(files: &[Named<'_>], steps: &Steps, found: &Found) -> Finding {
    let file = &files[found.file as usize];
    let lines = Lines::new(file.text);
    let (start, end) = lines.extent(found.pos);
    let (line, column) = lines.place(start);
    let (end_line, end_column) = lines.place(end);
    let page = found.rule.page();
    let mut path: Vec<Step> = Vec::new();
    for id in [found.also, found.step] {
        for step in steps.path(id) {
            let step = Step {
                file: files[step.file as usize].name.to_owned(),
                line: u32::from(step.pos.line).max(1),
                column: u32::from(step.pos.column).max(1),
                what: step.what.words(),
            };
            if !path.contains(&step) {
                path.push(step);
            }
        }
    }
    path.push(Step { file: file.name.to_owned(), line, column, what: found.what.clone() });
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

/// A finding about a field's definition.
fn field_finding(file: &str, field: &Field, rule: Rule, message: String, instead: String) -> Finding {
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

fn field_findings(file: &str, field: &Field) -> Vec<Finding> {
    let judged = crate::fields::judge_field(field);
    judged.into_iter().map(|(rule, message, instead)| field_finding(file, field, rule, message, instead)).collect()
}

type Loaded<'a> = (&'a Plugin, u32, Vec<usize>, Vec<(usize, usize)>);

/// Two plugins may share a field only if they define it in the same words.
fn different_definitions(plugins: &[Loaded<'_>]) -> Vec<Finding> {
    let mut first: BTreeMap<(FieldOn, &str), (&Plugin, &Field)> = BTreeMap::new();
    let mut findings = Vec::new();
    for (plugin, ..) in plugins {
        for field in &plugin.manifest.fields {
            let key = (field.on, field.name.as_str());
            match first.get(&key) {
                Some((other, known)) if *known != field => {
                    let message = format!(
                        "the field \"{}\" of a {} is defined differently by the plugin \"{}\"",
                        field.name,
                        field.on.name(),
                        other.id()
                    );
                    let instead =
                        "Repeat the other plugin's definition word for word to share the field, or give this one another name."
                            .to_owned();
                    findings.push(field_finding(&plugin.manifest_file.name, field, Rule::EveryEffectDeclared, message, instead));
                }
                Some(_) => {}
                None => {
                    first.insert(key, (plugin, field));
                }
            }
        }
    }
    findings
}
