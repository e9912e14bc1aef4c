//! The cases of a plugin: those in its `cases` folder; for a single script those in `cases/NAME` beside it.

use std::fs;
use std::path::{Path, PathBuf};

use pact_policy::manifest::Manifest;

use super::LoadError;
use crate::cases::{Case, CaseError};

/// Where a plugin's cases are.
const FOLDER: &str = "cases";

/// A file of the cases folder that is a case.
#[derive(Debug)]
pub struct CaseFile {
    /// The file.
    pub path: PathBuf,
    /// The case, or why it cannot be read.
    pub case: Result<Case, CaseError>,
}

/// Where the cases of a plugin's folder, or of a single script, are.
pub fn case_folder(plugin: &Path) -> PathBuf {
    match (plugin.is_file(), plugin.parent(), plugin.file_stem()) {
        (true, Some(folder), Some(name)) => folder.join(FOLDER).join(name),
        _ => plugin.join(FOLDER),
    }
}

/// The cases of a plugin's folder, or of a single script, by file name. Files that neither name an event nor a call are worlds of
/// others; a world is looked for beside the case, then one folder above.
pub fn case_files(plugin: &Path, manifest: &Manifest) -> Result<Vec<CaseFile>, LoadError> {
    let folder = case_folder(plugin);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |path: &Path, error| LoadError::Io { path: path.to_owned(), error };
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
        paths.push(entry.map_err(|error| failed(&folder, error))?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        let is_case =
            toml::from_str::<toml::Table>(&text).map_or(true, |table| table.contains_key("event") || table.contains_key("call"));
        if is_case {
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let case = Case::read(&name, &text, manifest, |other| world(&folder, other));
            cases.push(CaseFile { path, case });
        }
    }
    Ok(cases)
}

/// A world's text, from a folder or the one above it.
fn world(folder: &Path, name: &str) -> Option<String> {
    let name = Path::new(name).file_name()?;
    let read = |folder: &Path| fs::read_to_string(folder.join(name)).ok();
    read(folder).or_else(|| read(folder.parent()?))
}
