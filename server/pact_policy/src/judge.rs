//! A judge that remembers: after an edit it does again only what the edit touches, and says what judging all anew would say.
//!
//! Three things are kept for each source, each a pure function of what is named:
//!
//! | kept | depends on |
//! |---|---|
//! | its programs and what they break on their face ([`Read`]) | its text |
//! | its judgements ([`Memo`]) | its programs, the modules that it imports, what it was told of stored fields |
//! | its findings in words | its judgement, unless their paths go through other plugins |
//!
//! What plugins store for each other is played through from the beginning at every judgement (see [`crate::flow::fixpoint`]);
//! where a plugin is told the same as before, its judgement is there already. So nothing has to be taken back after an edit, and
//! nothing can be left over from before it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rhai::Engine;

use crate::engine::parser_engine;
use crate::finding::Finding;
use crate::flow::fixpoint::{Case, Settled, settle};
use crate::flow::judge::Subject;
use crate::flow::run::{Memo, Run};
use crate::ir::Sym;
use crate::lint::{NotRead, Report, Source};
use crate::manifest::{Field, FieldOn, Plugin};

use crate::modules::{Module, Modules};
use crate::read::{Read, files_of};
use crate::rules::Rule;
use crate::words::{Named, field_finding, put};

/// The stack that judging may need: scripts nest, and the analysis follows them.
const STACK_BYTES: usize = 512 * 1024 * 1024;

/// Judges sources together, again after each change of one of them.
pub struct Judge {
    engine: Engine,
    entries: BTreeMap<String, Entry>,
    changes: u64,
}

struct Entry {
    source: Source,
    /// When it was changed last, so that who imports it notices.
    changed: u64,
    read: Option<Read>,
    remembered: Remembered,
}

/// What is remembered of a plugin's judgement.
#[derive(Default)]
struct Remembered {
    /// The modules that it imported: when each was changed last.
    imported: Vec<(Sym, u64)>,
    memo: Memo,
    /// The judgement that was put into words last, and these.
    told: Option<(Arc<Run>, Vec<Finding>)>,
}

/// A plugin with the modules that it imports.
struct Loaded<'a> {
    plugin: &'a Plugin,
    read: &'a Read,
    modules: Vec<&'a Module<'a>>,
}

impl Default for Judge {
    fn default() -> Self {
        Self { engine: parser_engine(), entries: BTreeMap::new(), changes: 0 }
    }
}

impl Judge {
    /// Adds a source, or takes it in place of the one of the same file.
    pub fn set(&mut self, source: Source) {
        let key = source.name().to_owned();
        self.put(key, source);
    }

    /// Adds a source beside what is there, although another has the same file; the same source twice is one.
    pub(crate) fn add(&mut self, source: Source) {
        let mut key = source.name().to_owned();
        while self.entries.get(&key).is_some_and(|entry| entry.source != source) {
            key.push('\u{1}');
        }
        self.put(key, source);
    }

    fn put(&mut self, key: String, source: Source) {
        if self.entries.get(&key).is_some_and(|entry| entry.source == source) {
            return;
        }
        self.changes += 1;
        let entry = Entry { source, changed: self.changes, read: None, remembered: Remembered::default() };
        self.entries.insert(key, entry);
    }

    /// Takes out the source of this file, and says whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.entries.remove(name).is_some()
    }

    /// Keeps only the sources of which the function says `true`.
    pub fn retain(&mut self, keep: impl Fn(&Source) -> bool) {
        self.entries.retain(|_, entry| keep(&entry.source));
    }

    /// What is judged, in the order in which it is judged.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.entries.values().map(|entry| &entry.source)
    }

    /// Judges everything that is there, together.
    pub fn judge(&mut self) -> Report {
        let judged = std::thread::scope(|scope| {
            let judging = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || self.judge_here());
            judging.ok().and_then(|thread| thread.join().ok())
        });
        judged.unwrap_or_else(|| {
            self.forget();
            let message =
                "the linter failed on these sources, so none of them is judged; this is a defect of the linter, please report it";
            let unreadable = vec![NotRead { file: String::new(), line: 0, column: 0, message: message.to_owned() }];
            Report { checked: 0, findings: Vec::new(), unreadable }
        })
    }

    /// Forgets what was judged before; the sources stay.
    fn forget(&mut self) {
        for entry in self.entries.values_mut() {
            (entry.read, entry.remembered) = (None, Remembered::default());
        }
    }

    fn judge_here(&mut self) -> Report {
        for entry in self.entries.values_mut() {
            if entry.read.is_none() {
                entry.read = Some(Read::new(&self.engine, &entry.source));
            }
        }
        let mut remembered: Vec<Remembered> =
            self.entries.values_mut().map(|entry| std::mem::take(&mut entry.remembered)).collect();
        let mut report = Report::default();
        for read in self.entries.values().filter_map(|entry| entry.read.as_ref()) {
            report.checked += read.checked;
            report.findings.extend_from_slice(&read.findings);
            report.unreadable.extend_from_slice(&read.unreadable);
        }
        together(&self.entries, &mut remembered, &mut report.findings);
        for (entry, remembered) in self.entries.values_mut().zip(remembered) {
            entry.remembered = remembered;
        }
        let place = |it: &Finding| (it.line, it.column, it.rule);
        report.findings.sort_by(|a, b| (&a.file, place(a)).cmp(&(&b.file, place(b))));
        report.findings.dedup_by(|a, b| a.file == b.file && place(a) == place(b));
        report
    }
}

/// What the plugins break together.
fn together(entries: &BTreeMap<String, Entry>, remembered: &mut [Remembered], findings: &mut Vec<Finding>) {
    let modules = Modules::of(entries.values().map(|entry| (&entry.source, entry.read.as_ref(), entry.changed)));
    let mut plugins = Vec::new();
    let mut cases = Vec::new();
    let mut told = Vec::new();
    for (entry, remembered) in entries.values().zip(remembered) {
        let (Source::Plugin(plugin), Some(read)) = (&entry.source, &entry.read) else { continue };
        let loaded = Loaded { plugin, read, modules: modules.reached(plugin.id(), &read.imports) };
        let imported: Vec<_> = loaded.modules.iter().map(|module| (module.name.clone(), module.changed)).collect();
        if imported != remembered.imported {
            *remembered = Remembered { imported, ..Remembered::default() };
        }
        cases.push(Case { subject: loaded.subject(), memo: &mut remembered.memo });
        told.push(&mut remembered.told);
        plugins.push(loaded);
    }
    let settled = settle(&mut cases);
    for (at, told) in told.into_iter().enumerate() {
        let run = &settled.runs[at];
        match told {
            Some((known, words)) if Arc::ptr_eq(known, run) => findings.extend_from_slice(words),
            _ => {
                let words = in_words(&plugins, &settled, at);
                findings.extend_from_slice(&words);
                // A path through other plugins may change with them.
                *told = (!run.goes_elsewhere()).then(|| (run.clone(), words));
            }
        }
    }
    different_definitions(&plugins, findings);
}

fn in_words(plugins: &[Loaded<'_>], settled: &Settled, at: usize) -> Vec<Finding> {
    let files: Vec<Named<'_>> = plugins[at].files().collect();
    let found = settled.runs[at].found.iter().map(|found| {
        let path = settled.path(at, found.also).into_iter().chain(settled.path(at, found.step));
        let steps = path.filter_map(|told| {
            let file = plugins[told.subject].files().nth(told.step.file as usize)?;
            Some((file.name, told.step))
        });
        Some(put(*files.get(found.file as usize)?, found, steps))
    });
    found.flatten().collect()
}

impl<'a> Loaded<'a> {
    /// Its files by number: manifest, scripts, then the modules that it imports.
    fn files(&self) -> impl Iterator<Item = Named<'a>> {
        files_of(self.plugin).chain(self.modules.iter().map(|module| module.file))
    }

    fn subject(&self) -> Subject<'a> {
        let first = u32::try_from(files_of(self.plugin).count()).unwrap_or(u32::MAX);
        let fields = &self.plugin.manifest.fields;
        Subject {
            files: self.files().map(|file| file.name).collect(),
            manifest: &self.plugin.manifest,
            modules: (first..).zip(&self.modules).map(|(file, module)| (module.name.clone(), file, module.program)).collect(),
            scripts: self.read.scripts.iter().map(|(file, program)| (*file, program)).collect(),
            formulas: self.read.formulas.iter().map(|(field, program)| (&fields[*field], program)).collect(),
        }
    }
}

/// Two plugins may share a field only if they define it in the same words.
fn different_definitions(plugins: &[Loaded<'_>], findings: &mut Vec<Finding>) {
    let mut first: HashMap<(FieldOn, &str), (&Plugin, &Field)> = HashMap::new();
    for Loaded { plugin, .. } in plugins {
        for field in &plugin.manifest.fields {
            let (other, known) = *first.entry((field.on, field.name.as_str())).or_insert((plugin, field));
            if known == field {
                continue;
            }
            let (name, on, id) = (&field.name, field.on.name(), other.id());
            let message = format!("the field \"{name}\" of a {on} is defined differently by the plugin \"{id}\"");
            let instead = "Repeat the other plugin's definition word for word to share the field, or give this one another name.";
            let file = &plugin.manifest_file.name;
            findings.push(field_finding(file, field, Rule::EveryEffectDeclared, message, instead.to_owned()));
        }
    }
}
