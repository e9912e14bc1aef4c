//! Folders that are judged together again and again, while their files change on disk or in an editor.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pact_policy::report::Texts;
use pact_policy::{Judge, NotRead, Report, Source};

use crate::files::{self, Loaded, Open, Unit};

/// Plugins, scripts and modules below some paths, with the judge that remembers them.
#[derive(Default)]
pub struct Workspace {
    roots: Vec<PathBuf>,
    open: Open,
    units: BTreeMap<Unit, Loaded>,
    unreadable: Vec<NotRead>,
    judge: Judge,
    seen: BTreeMap<PathBuf, Option<SystemTime>>,
}

impl Workspace {
    /// Everything below these paths, and the modules near them.
    pub fn new(roots: Vec<PathBuf>) -> Self {
        let mut workspace = Self { roots, ..Self::default() };
        workspace.look();
        workspace
    }

    /// Takes what lies below another path too.
    pub fn add_root(&mut self, root: PathBuf) {
        if !self.roots.contains(&root) {
            self.roots.push(root);
            self.look();
        }
    }

    /// Leaves out what lies below a path.
    pub fn remove_root(&mut self, root: &Path) {
        self.roots.retain(|known| known != root);
        self.look();
    }

    /// Looks for units that came or went, and reads those that came.
    pub fn look(&mut self) {
        let found = files::find(&self.roots);
        self.unreadable = found.unreadable;
        let mut there: BTreeSet<Unit> = found.units.into_iter().collect();
        there.extend(self.open.keys().filter_map(|path| Unit::of(path)));
        let gone: Vec<Unit> = self.units.keys().filter(|unit| !there.contains(unit)).cloned().collect();
        gone.iter().for_each(|unit| self.forget(unit));
        for unit in there {
            if !self.units.contains_key(&unit) {
                self.load(unit);
            }
        }
    }

    /// Reads the unit of a file again, because the file changed on disk.
    pub fn changed(&mut self, path: &Path) {
        let Some(unit) = Unit::of(path) else { return };
        if unit.is_there(&self.open) { self.load(unit) } else { self.forget(&unit) }
    }

    /// Takes the text of a file that is open in an editor.
    pub fn edit(&mut self, path: PathBuf, text: String) {
        let unit = Unit::of(&path);
        self.open.insert(path, text);
        if let Some(unit) = unit {
            self.load(unit);
        }
    }

    /// A file is no longer open: what is on disk counts again.
    pub fn close(&mut self, path: &Path) {
        if self.open.remove(path).is_some() {
            self.look();
            self.changed(path);
        }
    }

    /// The text of a file, as it is open or as it was read last.
    pub fn text(&self, path: &Path) -> Option<&str> {
        let read = || {
            let loaded = self.units.get(&Unit::of(path)?)?;
            loaded.texts.get(&path.display().to_string())
        };
        self.open.get(path).or_else(read).map(String::as_str)
    }

    /// The source that a file belongs to, with its unit.
    pub fn source_of(&self, path: &Path) -> Option<&Source> {
        self.units.get(&Unit::of(path)?)?.source.as_ref()
    }

    /// All modules that scripts may import, with their files.
    pub fn modules(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.units.keys().filter_map(|unit| match unit {
            Unit::Module(name, path) => Some((name.as_str(), path.as_path())),
            Unit::Plugin(_) | Unit::Script(_) | Unit::Fields(_) | Unit::Views(_) => None,
        })
    }

    /// Everything that can be judged.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.judge.sources()
    }

    /// All texts, for excerpts and places.
    pub fn texts(&self) -> Texts {
        self.units.values().flat_map(|loaded| loaded.texts.clone()).collect()
    }

    /// The verdict on everything together.
    pub fn judge(&mut self) -> Report {
        let mut report = self.judge.judge();
        report.unreadable.extend(self.units.values().flat_map(|loaded| loaded.unreadable.clone()));
        report.unreadable.extend(self.unreadable.clone());
        report
    }

    /// Reads again what changed on disk since it was asked last, and says whether anything did.
    pub fn refresh(&mut self) -> bool {
        let now = stamps(&self.roots);
        let before = std::mem::replace(&mut self.seen, now);
        let changed: Vec<PathBuf> = self
            .seen
            .iter()
            .filter(|(path, stamp)| before.get(*path) != Some(stamp))
            .map(|(path, _)| path.clone())
            .chain(before.keys().filter(|path| !self.seen.contains_key(*path)).cloned())
            .collect();
        if changed.is_empty() {
            return false;
        }
        self.look();
        let units: BTreeSet<Unit> = self.units.keys().filter(|unit| touches(unit, &changed)).cloned().collect();
        units.into_iter().for_each(|unit| self.load(unit));
        true
    }

    fn load(&mut self, unit: Unit) {
        let loaded = unit.load(&self.open);
        let old = self.units.get(&unit).and_then(|old| old.source.as_ref()).map(|source| source.name().to_owned());
        let new = loaded.source.as_ref().map(Source::name);
        if let Some(old) = old.filter(|old| new != Some(old)) {
            self.judge.remove(&old);
        }
        if let Some(source) = &loaded.source {
            self.judge.set(source.clone());
        }
        self.units.insert(unit, loaded);
    }

    fn forget(&mut self, unit: &Unit) {
        if let Some(Loaded { source: Some(source), .. }) = self.units.remove(unit) {
            self.judge.remove(source.name());
        }
    }
}

fn touches(unit: &Unit, changed: &[PathBuf]) -> bool {
    changed.iter().any(|path| path.starts_with(unit.path()))
}

/// When each script and manifest below the paths was changed last.
fn stamps(roots: &[PathBuf]) -> BTreeMap<PathBuf, Option<SystemTime>> {
    fn below(path: &Path, depth: usize, stamps: &mut BTreeMap<PathBuf, Option<SystemTime>>) {
        if path.is_dir() {
            let inner = std::fs::read_dir(path).into_iter().flatten().flatten();
            if depth < 24 {
                inner.for_each(|entry| below(&entry.path(), depth + 1, stamps));
            }
        } else if path.extension().is_some_and(|ending| ending == "rhai" || ending == "toml") {
            stamps.insert(path.to_owned(), path.metadata().and_then(|about| about.modified()).ok());
        }
    }
    let mut stamps = BTreeMap::new();
    roots.iter().for_each(|root| below(root, 0, &mut stamps));
    stamps
}
