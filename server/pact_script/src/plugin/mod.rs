//! Plugins from folders and files: a manifest, scripts, and what can be called in them.
//!
//! One folder that cannot be loaded never stops another: each gives its own result.

pub mod archive;
mod cases;
mod formulas;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pact_policy::engine::parser_engine;
use pact_policy::manifest::plugin::File;
use pact_policy::manifest::{Manifest, Plugin, Unreadable};
use pact_policy::table::{ENTRY_POINTS, EntryPoint};
use sha2::{Digest, Sha256};

pub use self::cases::{CaseFile, case_files, case_folder};
pub use self::formulas::{Formula, formulas};
pub use self::settings::{SettingError, setting, settings};
use crate::limits;
use crate::run::Scripts;

/// The file that makes a folder a plugin.
pub const MANIFEST_FILE: &str = "plugin.toml";
/// What the name of a script ends in, after the dot.
pub const SCRIPT_EXTENSION: &str = "rhai";
/// What comes before the name of a module in an import.
pub const STD_PREFIX: &str = "std/";

/// A plugin, or a single script, ready to run.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The folder, or the file of a single script.
    pub path: PathBuf,
    /// What it says about itself, and its texts, as the linter judges them.
    pub plugin: Plugin,
    /// What workers compile.
    pub scripts: Arc<Scripts>,
    /// Events for which it has a function.
    pub entry_points: Vec<EntryPoint>,
}

impl Loaded {
    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.plugin.manifest
    }
}

/// Why a plugin cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("{path}: {error}. Check that it is there and may be read.")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file is no manifest or no script.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The folder holds too much.
    #[error("{path} holds more than {max} scripts; a plugin that large is several.", max = limits::SCRIPT_FILES)]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
}

/// The modules of `scripts/std`, by name (`std/text`).
#[derive(Clone, Debug, Default)]
pub struct Std(BTreeMap<String, String>);

impl FromIterator<(String, String)> for Std {
    /// Modules whose texts come from elsewhere, each with its name as scripts import it (`std/text`).
    fn from_iter<T: IntoIterator<Item = (String, String)>>(modules: T) -> Self {
        Self(modules.into_iter().collect())
    }
}

impl Std {
    /// Reads the folder; a folder that is not there has no modules.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        if !folder.is_dir() {
            return Ok(Self::default());
        }
        let mut modules = BTreeMap::new();
        for path in scripts_in(folder)? {
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            modules.insert(format!("{STD_PREFIX}{name}"), read(&path)?.text);
        }
        Ok(Self(modules))
    }

    /// Names and texts of all modules.
    pub fn modules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The modules that a text imports, and those that these import, each after what it needs.
    fn needed(&self, texts: &[(String, String)]) -> Vec<(String, String)> {
        let mut needed = Vec::new();
        for (_, text) in texts {
            self.add(text, &mut needed, &mut Vec::new());
        }
        needed
    }

    fn add<'a>(&'a self, text: &str, needed: &mut Vec<(String, String)>, above: &mut Vec<&'a str>) {
        for (name, module) in &self.0 {
            let known = needed.iter().any(|(other, _)| other == name) || above.contains(&name.as_str());
            // A name in a text or comment brings a module too many; that does no harm.
            if !known && text.contains(&format!("\"{name}\"")) {
                above.push(name);
                self.add(module, needed, above);
                above.pop();
                needed.push((name.clone(), module.clone()));
            }
        }
    }
}

/// Every plugin in a folder of plugins, and every single script in it, each with its own result, by name.
pub fn load_all(folder: &Path, std: &Std) -> Vec<(PathBuf, Result<Loaded, LoadError>)> {
    let mut paths: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
        Err(error) => return vec![(folder.to_owned(), Err(LoadError::Io { path: folder.to_owned(), error }))],
    };
    paths.retain(|path| path.join(MANIFEST_FILE).is_file() || is_script(path));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), load(&path, std))).collect()
}

/// A plugin from its folder, or a single script with its leading manifest.
pub fn load(path: &Path, std: &Std) -> Result<Loaded, LoadError> {
    let plugin = if path.is_dir() {
        let manifest = read(&path.join(MANIFEST_FILE))?;
        let files = scripts_in(path)?.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
        Plugin::from_folder(manifest, files)?
    } else {
        Plugin::from_script(read(path)?)?
    };
    Ok(ready(path.to_owned(), plugin, std))
}

/// A plugin whose texts come from elsewhere: a store, an editor, a test.
pub fn ready(path: PathBuf, plugin: Plugin, std: &Std) -> Loaded {
    let scripts = Arc::new(script_set(&plugin, std));
    let entry_points = entry_points(&scripts);
    Loaded { path, plugin, scripts, entry_points }
}

/// The script set of a plugin: the files that its manifest names, and the modules that they import.
pub fn script_set(plugin: &Plugin, std: &Std) -> Scripts {
    let named = &plugin.manifest.scripts;
    let folder = plugin.manifest_file.name.rfind('/').map_or("", |end| &plugin.manifest_file.name[..=end]);
    let short = |name: &str| name.strip_prefix(folder).unwrap_or(name).to_owned();
    let files: Vec<(String, String)> = if named.is_empty() {
        plugin.files.iter().map(|(name, text)| (short(name), text.clone())).collect()
    } else {
        let text = |file: &str| plugin.files.get(&format!("{folder}{file}")).cloned().unwrap_or_default();
        named.iter().map(|script| (script.file.clone(), text(&script.file))).collect()
    };
    let modules = std.needed(&files);
    Scripts { hash: hash(plugin.id(), &files, &modules), plugin: plugin.id().to_owned(), files, modules }
}

/// A hash over everything in a script set; lengths keep one text from running into the next.
pub(crate) fn hash(plugin: &str, files: &[(String, String)], modules: &[(String, String)]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    };
    add(plugin);
    for (name, text) in files {
        add(name);
        add(text);
    }
    add("modules");
    for (name, text) in modules {
        add(name);
        add(text);
    }
    hasher.finalize().into()
}

/// The functions that a script defines; none when it cannot be parsed.
pub fn functions_of(text: &str) -> BTreeSet<String> {
    let parsed = parser_engine().compile(text);
    parsed.map(|ast| ast.iter_functions().map(|function| function.name.to_owned()).collect()).unwrap_or_default()
}

/// Events for which a set has a function with the right number of parameters; a file that cannot be parsed has none.
fn entry_points(scripts: &Scripts) -> Vec<EntryPoint> {
    let engine = parser_engine();
    let parsed: Vec<_> = scripts.files.iter().filter_map(|(_, text)| engine.compile(text).ok()).collect();
    let has = |name: &str, params: usize| {
        parsed.iter().any(|ast| ast.iter_functions().any(|function| function.name == name && function.params.len() == params))
    };
    ENTRY_POINTS.iter().filter(|entry| has(entry.name, entry.params.len())).map(|entry| entry.point).collect()
}

fn is_script(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == SCRIPT_EXTENSION)
}

/// Scripts directly in a folder, by name.
fn scripts_in(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let entries = fs::read_dir(folder).map_err(|error| LoadError::Io { path: folder.to_owned(), error })?;
    let mut paths: Vec<_> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| is_script(path)).collect();
    if paths.len() > limits::SCRIPT_FILES {
        return Err(LoadError::TooMany { path: folder.to_owned() });
    }
    paths.sort();
    Ok(paths)
}

/// A file by its own name; findings and errors show it so.
fn read(path: &Path) -> Result<File, LoadError> {
    let bytes = fs::read(path).map_err(|error| LoadError::Io { path: path.to_owned(), error })?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(File::from_bytes(&name, bytes)?)
}
