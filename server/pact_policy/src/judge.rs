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
use std::panic::AssertUnwindSafe;
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
use crate::manifest::{Field, FieldOn, Manifest, Plugin};

use crate::modules::{Module, Modules};
use crate::read::{Read, Script, files_of};
use crate::rules::Rule;
use crate::table::Kind;
use crate::text::Lines;
use crate::view::{self, judge::Stored};
use crate::words::{Named, field_finding, put, step_in_words};

/// The stack that reading a script may need: what nests deeper than [`crate::engine::MAX_EXPRESSION_DEPTH`] is not read. The analysis,
/// which follows calls too, asks for more by itself.
const READING_STACK_BYTES: usize = if cfg!(debug_assertions) { 4 * 1024 * 1024 } else { 1024 * 1024 };

/// The stack that is taken where the caller has less left.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Judges sources together, again after each change of one of them.
pub struct Judge {
    engine: Engine,
    entries: BTreeMap<String, Entry>,
    changes: u64,
    work: u64,
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
        Self { engine: parser_engine(), entries: BTreeMap::new(), changes: 0, work: 0 }
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

    /// Holds these sources and no others from now on. What was found out before about those that are as they were stays.
    ///
    /// Two sources of one file are told apart, as [`crate::lint()`] does.
    pub fn hold(&mut self, sources: Vec<Source>) {
        let mut kept = BTreeSet::new();
        for source in sources {
            let mut key = source.name().to_owned();
            while kept.contains(&key) {
                if self.entries.get(&key).is_some_and(|entry| entry.source == source) {
                    break;
                }
                key.push('\u{1}');
            }
            kept.insert(key.clone());
            self.put(key, source);
        }
        self.entries.retain(|key, _| kept.contains(key));
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
        let judging = || stacker::maybe_grow(READING_STACK_BYTES, STACK_BYTES, || self.judge_here());
        // What a defect left half done is forgotten, so nothing of it can be seen afterwards.
        std::panic::catch_unwind(AssertUnwindSafe(judging)).unwrap_or_else(|_| {
            self.forget();
            let message =
                "the linter failed on these sources, so none of them is judged; this is a defect of the linter, please report it";
            let unreadable = vec![NotRead { file: String::new(), line: 0, column: 0, message: message.to_owned() }];
            Report { unreadable, ..Report::default() }
        })
    }

    /// How much has been done so far, in steps: bytes read, nodes looked at, variables compared at branches. It depends on what was judged
    /// and on nothing else, so that what an edit or a long script costs can be told without a clock.
    pub fn work(&self) -> u64 {
        self.work
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
                let read = Read::new(&self.engine, &entry.source, before);
                self.work += read.work;
                entry.read = Some(read);
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
        self.work += together(&self.entries, &mut parts, &mut report);
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

/// What the plugins and views break together, and what each stored field reveals; gives how much was done.
fn together(entries: &BTreeMap<String, Entry>, parts: &mut [BTreeMap<u32, Part>], report: &mut Report) -> u64 {
    let findings = &mut report.findings;
    let modules = Modules::of(entries.values().map(|entry| (&entry.source, entry.read.as_ref(), entry.changed)));
    let frames = frames(entries);
    let mut fresh: Vec<Part> = frames.iter().map(|_| Part::default()).collect();
    let mut plugins: Vec<Loaded<'_>> = Vec::new();
    for entry in entries.values() {
        if let (Source::Plugin(plugin), Some(read)) = (&entry.source, &entry.read) {
            plugins.extend(Loaded::parts_of(plugin, read, &modules));
        }
    }
    plugins.extend(frames.iter().flat_map(|(frame, read)| Loaded::parts_of(frame, read, &modules)));
    let mut kept = kept_parts(entries, parts);
    kept.extend(fresh.iter_mut());
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
    different_definitions(entries, findings);
    report.labels = settled.labels();
    report.acts = settled.acts();
    judge_views(entries, &plugins, &settled, report);
    settled.work
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
    if settled.runs[at].found.is_empty() {
        return Vec::new();
    }
    let files: Vec<(Named<'_>, Lines<'_>)> = plugins[at].files().map(|file| (file, Lines::new(file.text))).collect();
    let found = settled.runs[at].found.iter().map(|found| {
        let path = settled.path(at, found.also).into_iter().chain(settled.path(at, found.step));
        let steps = path.filter_map(|told| {
            let file = plugins[told.subject].files().nth(told.step.file as usize)?;
            Some((file.name, told.step))
        });
        let (file, lines) = files.get(found.file as usize)?;
        Some(put(file.name, lines, found, steps))
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

/// The definitions of a source, with the name of its file and the id of the plugin that has them.
fn definitions(source: &Source) -> Option<(&str, Option<&str>, &[Field])> {
    match source {
        Source::Plugin(plugin) => Some((&plugin.manifest_file.name, Some(plugin.id()), &plugin.manifest.fields)),
        Source::Fields { file, fields } => Some((&file.name, None, fields)),
        Source::Module { .. } | Source::Views { .. } => None,
    }
}

/// Two sources may share a field only if they define it in the same words.
fn different_definitions(entries: &BTreeMap<String, Entry>, findings: &mut Vec<Finding>) {
    let mut first: HashMap<(FieldOn, &str), (&Source, &Field)> = HashMap::new();
    for source in entries.values().map(|entry| &entry.source) {
        let Some((file, _, fields)) = definitions(source) else { continue };
        for field in fields {
            let (other, known) = *first.entry((field.on, field.name.as_str())).or_insert((source, field));
            if known == field {
                continue;
            }
            let plugin = definitions(other).and_then(|(_, plugin, _)| plugin);
            let whose = plugin.map_or_else(|| "an admin".to_owned(), |id| format!("the plugin \"{id}\""));
            let message = format!("the field \"{}\" of a {} is defined differently by {whose}", field.name, field.on.name());
            let instead = "Repeat the other definition word for word to share the field, or give this one another name.";
            findings.push(field_finding(file, field, Rule::EveryEffectDeclared, message, instead.to_owned()));
        }
    }
}

/// Definitions outside plugins whose formulas are judged: each like a plugin of its own, which may read every kind of record, and every field whose name
/// its formulas have in them. They are few and short, so nothing of their judgement is remembered.
fn frames(entries: &BTreeMap<String, Entry>) -> Vec<(Plugin, &Read)> {
    entries.values().filter_map(|entry| frame(entries, entry)).collect()
}

fn frame<'a>(entries: &BTreeMap<String, Entry>, entry: &'a Entry) -> Option<(Plugin, &'a Read)> {
    let Entry { source: Source::Fields { file, fields }, read: Some(read), .. } = entry else { return None };
    if read.formulas.is_empty() {
        return None;
    }
    let named = |name: &str| fields.iter().filter_map(|field| field.formula.as_deref()).any(|text| text.contains(name));
    let own = |field: &Field| fields.iter().any(|own| (own.on, &own.name) == (field.on, &field.name));
    let all = entries.values().filter_map(|entry| definitions(&entry.source)).flat_map(|(_, _, fields)| fields);
    let others = all.filter(|field| named(&field.name) && !own(field)).cloned();
    let manifest = Manifest::of_fields(fields.iter().cloned().chain(others).collect());
    Some((Plugin { manifest, manifest_file: file.clone(), files: BTreeMap::new() }, read))
}
