//! What lies below a path: plugins' folders, single scripts, field definitions and modules, each read as one unit.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use pact_policy::manifest::plugin::MAX_SCRIPT_BYTES;
use pact_policy::manifest::{File, Plugin, Unreadable, parse_fields};
use pact_policy::report::Texts;
use pact_policy::view::parse_views;
use pact_policy::{NotRead, Source};

/// Texts that are open in an editor; they count instead of what is on disk.
pub type Open = BTreeMap<PathBuf, String>;

/// The name of a plugin's manifest in its folder.
pub const MANIFEST_FILE: &str = "plugin.toml";

/// How the name of a file of views ends.
pub const VIEWS_ENDING: &str = ".view.toml";

/// The deepest folder below a path that is looked into.
const DEEPEST_FOLDER: usize = 16;

/// How many folders above a path are searched for modules.
const FOLDERS_ABOVE: usize = 6;

/// Something that is read, judged and changed as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// A folder with a manifest, and all scripts below it.
    Plugin(PathBuf),
    /// A script that carries its manifest.
    Script(PathBuf),
    /// Field definitions without a manifest.
    Fields(PathBuf),
    /// Saved views, in a file `NAME.view.toml`.
    Views(PathBuf),
    /// A module of `std/`, by the name under which scripts import it.
    Module(String, PathBuf),
}

/// What came of reading a unit.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What can be judged.
    pub source: Option<Source>,
    /// What cannot be read, and why.
    pub unreadable: Vec<NotRead>,
    /// The texts that were read, by the names that findings show.
    pub texts: Texts,
}

/// The units below some paths, and paths that hold none.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The units, in order and without repetition.
    pub units: Vec<Unit>,
    /// Paths that are no unit, and why.
    pub unreadable: Vec<NotRead>,
}

/// Everything below these paths, and the modules of `std/` that lie near them.
pub fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for path in paths {
        found.path(path, 0);
    }
    found.modules_near(paths);
    found.units.sort();
    found.units.dedup();
    found
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == MANIFEST_FILE)
}

/// Whether a path names a file of views.
fn is_views(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(VIEWS_ENDING))
}

fn failed(path: &Path, message: impl Into<String>) -> NotRead {
    Unreadable::new(&path.display().to_string(), 1, 1, message).into()
}

impl Found {
    fn path(&mut self, path: &Path, depth: usize) {
        if path.is_dir() {
            self.folder(path, depth);
        } else if !path.exists() {
            self.unreadable.push(failed(path, "there is no such file or folder"));
        } else if has_ending(path, "rhai") {
            self.units.push(Unit::Script(path.to_owned()));
        } else if is_manifest(path) {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            self.units.push(Unit::Plugin(folder.unwrap_or(Path::new(".")).to_owned()));
        } else if is_views(path) {
            self.units.push(Unit::Views(path.to_owned()));
        } else if has_ending(path, "toml") {
            self.units.push(Unit::Fields(path.to_owned()));
        } else {
            self.unreadable.push(failed(
                path,
                "this is neither a .rhai file, nor a .view.toml file, nor a plugin's folder, nor a folder of them",
            ));
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        if folder.join(MANIFEST_FILE).is_file() {
            self.units.push(Unit::Plugin(folder.to_owned()));
            return;
        }
        if depth > DEEPEST_FOLDER {
            self.unreadable.push(failed(folder, format!("the folder lies more than {DEEPEST_FOLDER} folders deep")));
            return;
        }
        let entries = match entries(folder) {
            Ok(entries) => entries,
            Err(not_read) => {
                self.unreadable.push(not_read);
                return;
            }
        };
        for entry in entries {
            let inner = entry.is_dir() && !entry.is_symlink();
            if inner && entry.file_name().is_some_and(|name| name == "std") {
                self.units.extend(standard_modules(&entry));
            } else if inner || has_ending(&entry, "rhai") || is_views(&entry) {
                self.path(&entry, depth + 1);
            }
        }
    }

    /// Finds the modules of `std/` that lie beside the paths, so that imports can be looked into; the nearest of a name counts.
    fn modules_near(&mut self, paths: &[PathBuf]) {
        for path in paths {
            let full = path.canonicalize().unwrap_or_else(|_| path.clone());
            for above in full.ancestors().take(FOLDERS_ABOVE) {
                for folder in [above.join("scripts/std"), above.join("std")] {
                    for module in standard_modules(&folder) {
                        self.module(module);
                    }
                }
            }
        }
    }

    fn module(&mut self, module: Unit) {
        let name = |unit: &Unit| match unit {
            Unit::Module(name, _) => Some(name.clone()),
            Unit::Plugin(_) | Unit::Script(_) | Unit::Fields(_) | Unit::Views(_) => None,
        };
        if !self.units.iter().any(|known| name(known).is_some() && name(known) == name(&module)) {
            self.units.push(module);
        }
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, NotRead> {
    let read = std::fs::read_dir(folder).map_err(|error| failed(folder, format!("the folder cannot be read: {error}")))?;
    let mut paths: Vec<_> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}

fn standard_modules(folder: &Path) -> Vec<Unit> {
    let module = |path: PathBuf| {
        let stem = path.file_stem().filter(|_| has_ending(&path, "rhai"))?;
        Some(Unit::Module(format!("std/{}", stem.to_string_lossy()), path))
    };
    entries(folder).unwrap_or_default().into_iter().filter_map(module).collect()
}

impl Unit {
    /// The unit to which a file belongs: the plugin whose folder it is in, the module or the script that it is.
    pub fn of(path: &Path) -> Option<Self> {
        let plugin = path.ancestors().skip(1).take(DEEPEST_FOLDER).find(|folder| folder.join(MANIFEST_FILE).is_file());
        if is_manifest(path) {
            return path.parent().map(|folder| Self::Plugin(folder.to_owned()));
        }
        if is_views(path) {
            return Some(Self::Views(path.to_owned()));
        }
        if !has_ending(path, "rhai") {
            return None;
        }
        let in_std = path.parent().and_then(Path::file_name).is_some_and(|name| name == "std");
        match (plugin, path.file_stem()) {
            (Some(folder), _) => Some(Self::Plugin(folder.to_owned())),
            (None, Some(stem)) if in_std => Some(Self::Module(format!("std/{}", stem.to_string_lossy()), path.to_owned())),
            (None, _) => Some(Self::Script(path.to_owned())),
        }
    }

    /// The file or folder that it is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Plugin(path) | Self::Script(path) | Self::Fields(path) | Self::Views(path) | Self::Module(_, path) => path,
        }
    }

    /// Whether its file or folder is there, on disk or in an editor.
    pub fn is_there(&self, open: &Open) -> bool {
        match self {
            Self::Plugin(folder) => folder.join(MANIFEST_FILE).is_file() || open.contains_key(&folder.join(MANIFEST_FILE)),
            Self::Script(path) | Self::Fields(path) | Self::Views(path) | Self::Module(_, path) => {
                path.is_file() || open.contains_key(path)
            }
        }
    }

    /// Reads it.
    pub fn load(&self, open: &Open) -> Loaded {
        let mut loading = Loading { open, loaded: Loaded::default() };
        let source = match self {
            Self::Plugin(folder) => loading.plugin(folder),
            Self::Script(path) => loading.script(path),
            Self::Fields(path) => loading.fields(path),
            Self::Views(path) => loading.views(path),
            Self::Module(name, path) => loading.file(path).map(|file| Source::Module { name: name.clone(), file, of: None }),
        };
        Loaded { source, ..loading.loaded }
    }
}

struct Loading<'a> {
    open: &'a Open,
    loaded: Loaded,
}

impl Loading<'_> {
    fn unreadable<T>(&mut self, read: Result<T, Unreadable>) -> Option<T> {
        read.map_err(|error| self.loaded.unreadable.push(error.into())).ok()
    }

    /// The text of a file under its own name.
    fn file(&mut self, path: &Path) -> Option<File> {
        let name = path.display().to_string();
        let read = match self.open.get(path) {
            Some(text) => File::from_bytes(&name, text.clone().into_bytes()),
            None => {
                read(path).map_err(|error| Unreadable::new(&name, 1, 1, error)).and_then(|bytes| File::from_bytes(&name, bytes))
            }
        };
        let file = self.unreadable(read)?;
        self.loaded.texts.insert(name, file.text.clone());
        Some(file)
    }

    fn script(&mut self, path: &Path) -> Option<Source> {
        let file = self.file(path)?;
        let plugin = self.unreadable(Plugin::from_script(file))?;
        Some(Source::Plugin(Box::new(plugin)))
    }

    fn plugin(&mut self, folder: &Path) -> Option<Source> {
        let manifest = self.file(&folder.join(MANIFEST_FILE))?;
        let mut scripts = Vec::new();
        self.scripts_below(folder, 0, &mut scripts);
        let plugin = self.unreadable(Plugin::from_folder(manifest, scripts))?;
        Some(Source::Plugin(Box::new(plugin)))
    }

    fn scripts_below(&mut self, folder: &Path, depth: usize, scripts: &mut Vec<File>) {
        let entries = match entries(folder) {
            Ok(entries) => entries,
            Err(not_read) => return self.loaded.unreadable.push(not_read),
        };
        for entry in entries {
            if entry.is_dir() && !entry.is_symlink() && depth < DEEPEST_FOLDER {
                self.scripts_below(&entry, depth + 1, scripts);
            } else if has_ending(&entry, "rhai") {
                // A script that cannot be read is named; the plugin's others are judged without it.
                let empty = || File { name: entry.display().to_string(), text: String::new() };
                scripts.push(self.file(&entry).unwrap_or_else(empty));
            }
        }
    }

    fn fields(&mut self, path: &Path) -> Option<Source> {
        let file = self.file(path)?;
        let fields = parse_fields(&file.text);
        let fields = fields.map_err(|error| Unreadable::new(&file.name, error.line, error.column, error.message));
        let fields = self.unreadable(fields)?;
        Some(Source::Fields { file, fields })
    }

    fn views(&mut self, path: &Path) -> Option<Source> {
        let file = self.file(path)?;
        let views = parse_views(&file.text);
        let views = views.map_err(|error| Unreadable::new(&file.name, error.line, error.column, error.message));
        let views = self.unreadable(views)?;
        Some(Source::Views { file, views })
    }
}

/// The bytes of a file; of one that is longer than scripts may be only so much that this can be told.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let say = |error: std::io::Error| format!("the file cannot be read: {error}");
    let about = path.metadata().map_err(say)?;
    if !about.is_file() {
        return Err("this is no file".to_owned());
    }
    if about.len() > MAX_SCRIPT_BYTES as u64 {
        let bytes = about.len();
        return Err(format!(
            "the file has {bytes} bytes, and a script or manifest may have {MAX_SCRIPT_BYTES}; split the work over several scripts"
        ));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(say)?;
    file.take(MAX_SCRIPT_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(say)?;
    Ok(bytes)
}
