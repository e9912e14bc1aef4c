//! What can be told of one source by itself, whatever else is installed: its programs, and what they break on their face.

use rhai::Engine;

use crate::finding::Finding;
use crate::ir::{Program, Sym};
use crate::lint::{NotRead, Source};
use crate::lower::{ParseFailure, parse};
use crate::manifest::{File, Plugin};
use crate::structure::structure;
use crate::words::{Named, field_findings, put};

/// A source, parsed.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// How many scripts and field definitions it has.
    pub(crate) checked: usize,
    /// Each script that can be read, with the number of its file; a module is its only script.
    pub(crate) scripts: Vec<(u32, Program)>,
    /// Each formula, with the number of its field.
    pub(crate) formulas: Vec<(usize, Program)>,
    /// Modules that the scripts import, in order.
    pub(crate) imports: Vec<Sym>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) unreadable: Vec<NotRead>,
}

/// The files of a plugin by number: its manifest, then its scripts in the order of their names.
pub(crate) fn files_of(plugin: &Plugin) -> impl Iterator<Item = Named<'_>> {
    let manifest = Named { name: &plugin.manifest_file.name, text: &plugin.manifest_file.text };
    std::iter::once(manifest).chain(plugin.files.iter().map(|(name, text)| Named { name, text }))
}

impl Read {
    /// Parses a source and judges what needs nothing else.
    pub(crate) fn new(engine: &Engine, source: &Source) -> Self {
        let mut read = Self::default();
        match source {
            Source::Plugin(plugin) => read.plugin(engine, plugin),
            Source::Module { file: File { name, text }, .. } => read.script(engine, 0, Named { name, text }),
            Source::Fields { file, fields } => {
                read.checked = fields.len();
                read.findings = fields.iter().flat_map(|field| field_findings(&file.name, field)).collect();
            }
        }
        let mut imports: Vec<Sym> = read.scripts.iter().flat_map(|(_, program)| program.imports()).collect();
        imports.sort_unstable();
        imports.dedup();
        read.imports = imports;
        read
    }

    fn plugin(&mut self, engine: &Engine, plugin: &Plugin) {
        for (number, file) in (0..).zip(files_of(plugin)).skip(1) {
            self.script(engine, number, file);
        }
        let manifest = &plugin.manifest_file.name;
        for (at, field) in plugin.manifest.fields.iter().enumerate() {
            self.findings.extend(field_findings(manifest, field));
            let Some(formula) = &field.formula else { continue };
            match parse(engine, formula) {
                Ok(program) => self.formulas.push((at, program)),
                Err(error) => self.unreadable.push(NotRead {
                    file: manifest.clone(),
                    line: field.place.line,
                    column: field.place.column,
                    message: format!("the formula of the field \"{}\" cannot be read: {}", field.name, error.message),
                }),
            }
        }
    }

    fn script(&mut self, engine: &Engine, number: u32, file: Named<'_>) {
        self.checked += 1;
        match parse(engine, file.text) {
            Ok(program) => {
                let found = structure(&program, file.text, number);
                self.findings.extend(found.iter().map(|found| put(file, found, std::iter::empty())));
                self.scripts.push((number, program));
            }
            Err(ParseFailure { pos, message }) => self.unreadable.push(NotRead {
                file: file.name.to_owned(),
                line: u32::from(pos.line),
                column: u32::from(pos.column),
                message: format!("the script cannot be read: {message}"),
            }),
        }
    }
}
