//! What can be told of one source by itself, whatever else is installed: its programs, and what they break on their face.

use std::sync::Arc;

use rhai::Engine;

use crate::finding::Finding;
use crate::ir::{Program, Sym};
use crate::lint::{NotRead, Source};
use crate::lower::{ParseFailure, parse};
use crate::manifest::{Field, File, Plugin};
use crate::structure::structure;
use crate::text::Lines;
use crate::words::{Named, field_findings, put};

/// A source, parsed.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// How many scripts and field definitions it has.
    pub(crate) checked: usize,
    /// Each script, by its name; a module is its only script.
    pub(crate) scripts: Vec<Arc<Script>>,
    /// Each formula, with the number of its field.
    pub(crate) formulas: Vec<(usize, Program)>,
    /// What the definitions of fields break.
    pub(crate) findings: Vec<Finding>,
    /// Formulas that cannot be read.
    pub(crate) unreadable: Vec<NotRead>,
    /// How many bytes were read for it.
    pub(crate) work: u64,
}

/// A script, parsed.
#[derive(Debug)]
pub(crate) struct Script {
    /// The number of its file.
    pub(crate) number: u32,
    pub(crate) program: Result<Program, NotRead>,
    /// Modules that it imports, in order.
    pub(crate) imports: Vec<Sym>,
    /// Whether it calls anything that stores something which scripts read later.
    pub(crate) stores: bool,
    /// What it breaks on its face.
    pub(crate) findings: Vec<Finding>,
}

/// The files of a plugin by number: its manifest, then its scripts in the order of their names.
pub(crate) fn files_of(plugin: &Plugin) -> impl Iterator<Item = Named<'_>> {
    let manifest = Named { name: &plugin.manifest_file.name, text: &plugin.manifest_file.text };
    std::iter::once(manifest).chain(plugin.files.iter().map(|(name, text)| Named { name, text }))
}

impl Read {
    /// Parses a source and judges what needs nothing else; scripts that are as they were before are taken from there.
    pub(crate) fn new(engine: &Engine, source: &Source, before: Option<(&Source, &Self)>) -> Self {
        let mut read = Self::default();
        match source {
            Source::Plugin(plugin) => read.plugin(engine, plugin, before),
            Source::Module { file: File { name, text }, .. } => {
                read.checked = 1;
                read.work = text.len() as u64;
                read.scripts.push(Arc::new(Script::new(engine, 0, Named { name, text })));
            }
            Source::Fields { file, fields } => {
                read.checked = fields.len();
                read.fields(engine, &file.name, fields);
            }
            // What a view reveals depends on what scripts store: it is judged when that is known.
            Source::Views { views, .. } => read.checked = views.len(),
        }
        read
    }

    fn plugin(&mut self, engine: &Engine, plugin: &Plugin, before: Option<(&Source, &Self)>) {
        let same = |number: u32, file: Named<'_>| match before {
            Some((Source::Plugin(old), read)) if old.files.get(file.name).is_some_and(|text| text == file.text) => {
                let (name, _) = old.files.iter().nth((number as usize).checked_sub(1)?)?;
                read.scripts.iter().find(|script| script.number == number && name == file.name).cloned()
            }
            _ => None,
        };
        for (number, file) in (0..).zip(files_of(plugin)).skip(1) {
            self.checked += 1;
            let script = same(number, file).unwrap_or_else(|| {
                self.work += file.text.len() as u64;
                Arc::new(Script::new(engine, number, file))
            });
            self.scripts.push(script);
        }
        self.fields(engine, &plugin.manifest_file.name, &plugin.manifest.fields);
    }

    /// Judges definitions by what they say, and reads their formulas.
    fn fields(&mut self, engine: &Engine, file: &str, fields: &[Field]) {
        for (at, field) in fields.iter().enumerate() {
            self.findings.extend(field_findings(file, field));
            let Some(formula) = &field.formula else { continue };
            self.work += formula.len() as u64;
            match parse(engine, formula) {
                Ok(program) => self.formulas.push((at, program)),
                Err(error) => self.unreadable.push(NotRead {
                    file: file.to_owned(),
                    line: field.place.line,
                    column: field.place.column,
                    message: format!("the formula of the field \"{}\" cannot be read: {}", field.name, error.message),
                }),
            }
        }
    }
}

impl Script {
    fn new(engine: &Engine, number: u32, file: Named<'_>) -> Self {
        match parse(engine, file.text) {
            Ok(program) => {
                let found = structure(&program, file.text, number);
                let lines = Lines::new(file.text);
                let findings = found.iter().map(|found| put(file.name, &lines, found, std::iter::empty())).collect();
                let mut imports = program.imports();
                imports.sort_unstable();
                imports.dedup();
                let stores = program.calls(&["set", "highlight", "write_card"]);
                Self { number, program: Ok(program), imports, stores, findings }
            }
            Err(ParseFailure { pos, message }) => {
                let not_read = NotRead {
                    file: file.name.to_owned(),
                    line: u32::from(pos.line),
                    column: u32::from(pos.column),
                    message: format!("the script cannot be read: {message}"),
                };
                Self { number, program: Err(not_read), imports: Vec::new(), stores: false, findings: Vec::new() }
            }
        }
    }
}
