//! A judge that remembers: after an edit it does again only what the edit touches, and says what judging all anew would say.
//!
//! Three things are kept for each source, each a pure function of what is named:
//!
//! | kept | depends on |
//! |---|---|
//! | each script's program and what it breaks on its face ([`Read`]) | the script's text |
//! | each script's judgements ([`Memo`]) | its program, the manifest, the modules that it imports, what it was told of stored fields |
//! | its findings in words | its judgement, unless their paths go through other plugins |
//!
//! What plugins store for each other is played through from the beginning at every judgement (see [`crate::flow::fixpoint`]);
//! where a plugin is told the same as before, its judgement is there already. So nothing has to be taken back after an edit, and
//! nothing can be left over from before it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rhai::Engine;

use crate::engine::parser_engine;
use crate::finding::Finding;
use crate::flow::fields::Slot;
use crate::flow::fixpoint::{Case, Settled, settle};
use crate::flow::judge::{MANIFEST, Subject};
use crate::flow::run::{Memo, Run};
use crate::ir::{Program, Sym};
use crate::lint::{NotRead, Report, Source};
use crate::manifest::{Field, FieldOn, Plugin};

use crate::modules::{Module, Modules};
use crate::read::{Read, Script, files_of};
use crate::rules::Rule;
use crate::table::Kind;
use crate::view::{self, judge::Stored};
use crate::words::{Named, field_finding, put, step_in_words};

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
    /// As it was read last before it was changed: what is the same is not read again.
    before: Option<(Source, Read)>,
    /// What is remembered of each of its parts, by the number of the part's file.
    parts: BTreeMap<u32, Part>,
}

/// What is remembered of the judgement of a part of a plugin: one script, or all its formulas.
#[derive(Default)]
struct Part {
    /// The modules that it imported: when each was changed last.
    imported: Vec<(Sym, u64)>,
    memo: Memo,
    /// The judgement that was put into words last, and these.
    told: Option<(Arc<Run>, Vec<Finding>)>,
}

/// A part of a plugin that is judged by itself: scripts of a plugin share nothing but its manifest.
struct Loaded<'a> {
    plugin: &'a Plugin,
    script: Option<&'a Script>,
    formulas: &'a [(usize, Program)],
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
        let mut entry = Entry { source, changed: self.changes, read: None, before: None, parts: BTreeMap::new() };
        if let Some(old) = self.entries.remove(&key) {
            entry.parts = unchanged(&old.source, &entry.source, old.parts);
            entry.before = old.read.map(|read| (old.source, read)).or(old.before);
        }
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
            Report { unreadable, ..Report::default() }
        })
    }

    /// Forgets what was judged before; the sources stay.
    fn forget(&mut self) {
        for entry in self.entries.values_mut() {
            (entry.read, entry.before) = (None, None);
            entry.parts.clear();
        }
    }

    fn judge_here(&mut self) -> Report {
        for entry in self.entries.values_mut() {
            let before = entry.before.take();
            if entry.read.is_none() {
                let before = before.as_ref().map(|(source, read)| (source, read));
                entry.read = Some(Read::new(&self.engine, &entry.source, before));
            }
        }
        let mut parts: Vec<_> = self.entries.values_mut().map(|entry| std::mem::take(&mut entry.parts)).collect();
        let mut report = Report::default();
        for read in self.entries.values().filter_map(|entry| entry.read.as_ref()) {
            report.checked += read.checked;
            report.findings.extend_from_slice(&read.findings);
            report.unreadable.extend_from_slice(&read.unreadable);
            for script in &read.scripts {
                report.findings.extend_from_slice(&script.findings);
                report.unreadable.extend(script.program.as_ref().err().cloned());
            }
        }
        together(&self.entries, &mut parts, &mut report);
        for (entry, parts) in self.entries.values_mut().zip(parts) {
            entry.parts = parts;
        }
        let place = |it: &Finding| (it.line, it.column, it.rule);
        report.findings.sort_by(|a, b| (&a.file, place(a)).cmp(&(&b.file, place(b))));
        report.findings.dedup_by(|a, b| a.file == b.file && place(a) == place(b));
        report
    }
}

/// What is remembered of the scripts of a plugin that are as they were, under the same manifest.
fn unchanged(old: &Source, new: &Source, mut parts: BTreeMap<u32, Part>) -> BTreeMap<u32, Part> {
    let (Source::Plugin(old), Source::Plugin(new)) = (old, new) else { return BTreeMap::new() };
    let same_frame =
        old.manifest == new.manifest && old.manifest_file.name == new.manifest_file.name && old.files.keys().eq(new.files.keys());
    if !same_frame {
        return BTreeMap::new();
    }
    let same: Vec<bool> = old.files.values().zip(new.files.values()).map(|(old, new)| old == new).collect();
    parts.retain(|&number, _| match (number as usize).checked_sub(1) {
        Some(at) => same.get(at).copied().unwrap_or(false),
        // A formula's findings stand where its definition stands.
        None => old.manifest_file.text == new.manifest_file.text,
    });
    parts
}

/// What the plugins and views break together, and what each stored field reveals.
fn together(entries: &BTreeMap<String, Entry>, parts: &mut [BTreeMap<u32, Part>], report: &mut Report) {
    let findings = &mut report.findings;
    let modules = Modules::of(entries.values().map(|entry| (&entry.source, entry.read.as_ref(), entry.changed)));
    let mut plugins: Vec<Loaded<'_>> = Vec::new();
    for entry in entries.values() {
        if let (Source::Plugin(plugin), Some(read)) = (&entry.source, &entry.read) {
            plugins.extend(Loaded::parts_of(plugin, read, &modules));
        }
    }
    let mut kept = kept_parts(entries, parts);
    let mut cases = Vec::new();
    let mut told = Vec::new();
    for (loaded, part) in plugins.iter().zip(&mut kept) {
        let imported: Vec<_> = loaded.modules.iter().map(|module| (module.name.clone(), module.changed)).collect();
        if imported != part.imported {
            **part = Part { imported, ..Part::default() };
        }
        let Part { memo, told: words, .. } = &mut **part;
        cases.push(Case { manifest: &loaded.plugin.manifest, stores: loaded.stores(), memo });
        told.push(words);
    }
    let settled = settle(&mut cases, |at| plugins[at].subject());
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
    let all = entries.values().filter_map(|entry| match &entry.source {
        Source::Plugin(plugin) => Some(&**plugin),
        Source::Module { .. } | Source::Fields { .. } | Source::Views { .. } => None,
    });
    different_definitions(all, findings);
    report.labels = settled.labels();
    judge_views(entries, &plugins, &settled, report);
}

/// Judges the views of files and plugins by what scripts store.
fn judge_views(entries: &BTreeMap<String, Entry>, plugins: &[Loaded<'_>], settled: &Settled, report: &mut Report) {
    let stored = |kind: Kind, name: &str, field: bool| {
        let slot = if field { Slot::Field(kind, name.into()) } else { Slot::Highlighted };
        let (bits, told) = settled.stored(&slot);
        let steps = told.into_iter().filter_map(|told| {
            let file = plugins[told.subject].files().nth(told.step.file as usize)?;
            Some(step_in_words(file.name, told.step))
        });
        Stored { bits, path: steps.collect() }
    };
    for entry in entries.values() {
        let (file, views) = match &entry.source {
            Source::Views { file, views } => (&file.name, views),
            Source::Plugin(plugin) => (&plugin.manifest_file.name, &plugin.manifest.views),
            Source::Module { .. } | Source::Fields { .. } => continue,
        };
        for view in views {
            match view::judge::judge(file, view, &stored) {
                Ok((found, release)) if found.is_empty() => {
                    report.views.insert((file.clone(), view.name.clone()), release);
                }
                Ok((found, _)) => report.findings.extend(found),
                Err(not_read) => report.unreadable.push(not_read),
            }
        }
    }
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

    /// The parts of a plugin, in the order of [`part_numbers`].
    fn parts_of(plugin: &'a Plugin, read: &'a Read, modules: &'a Modules<'a>) -> Vec<Self> {
        let formulas =
            (!read.formulas.is_empty()).then(|| Self { plugin, script: None, formulas: &read.formulas, modules: Vec::new() });
        let scripts = read.scripts.iter().filter(|script| script.program.is_ok()).map(|script| Self {
            plugin,
            script: Some(script),
            formulas: &[],
            modules: modules.reached(plugin.id(), &script.imports),
        });
        formulas.into_iter().chain(scripts).collect()
    }

    /// Whether its words say that it may store something; formulas always do.
    fn stores(&self) -> bool {
        self.script.is_none_or(|script| script.stores)
    }

    fn subject(&self) -> Subject<'a> {
        let first = u32::try_from(files_of(self.plugin).count()).unwrap_or(u32::MAX);
        let fields = &self.plugin.manifest.fields;
        let script = self.script.and_then(|script| Some((script.number, script.program.as_ref().ok()?)));
        Subject {
            files: self.files().map(|file| file.name).collect(),
            manifest: &self.plugin.manifest,
            modules: (first..).zip(&self.modules).map(|(file, module)| (module.name.clone(), file, module.program)).collect(),
            scripts: script.into_iter().collect(),
            formulas: self.formulas.iter().map(|(field, program)| (&fields[*field], program)).collect(),
        }
    }
}

/// What is remembered of each part, in the order of [`Loaded::parts_of`].
fn kept_parts<'p>(entries: &BTreeMap<String, Entry>, parts: &'p mut [BTreeMap<u32, Part>]) -> Vec<&'p mut Part> {
    for (entry, parts) in entries.values().zip(parts.iter_mut()) {
        if let (Source::Plugin(_), Some(read)) = (&entry.source, &entry.read) {
            let numbers: BTreeSet<u32> = part_numbers(read).collect();
            parts.retain(|number, _| numbers.contains(number));
            for number in numbers {
                parts.entry(number).or_default();
            }
        }
    }
    parts.iter_mut().flat_map(|parts| parts.values_mut()).collect()
}

/// The numbers of a plugin's parts: its formulas are those of its manifest, and scripts that cannot be read are none.
fn part_numbers(read: &Read) -> impl Iterator<Item = u32> {
    let formulas = (!read.formulas.is_empty()).then_some(MANIFEST);
    formulas.into_iter().chain(read.scripts.iter().filter(|script| script.program.is_ok()).map(|script| script.number))
}

/// Two plugins may share a field only if they define it in the same words.
fn different_definitions<'a>(plugins: impl Iterator<Item = &'a Plugin>, findings: &mut Vec<Finding>) {
    let mut first: HashMap<(FieldOn, &str), (&Plugin, &Field)> = HashMap::new();
    for plugin in plugins {
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
