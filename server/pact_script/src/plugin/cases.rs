//! The cases of a plugin: those in its `cases` folder; for a single script those in `cases/NAME` beside it.

use std::collections::BTreeMap;
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
    let mut cases = Vec::new();
    for path in in_folder(&folder)? {
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        let is_case =
            toml::from_str::<toml::Table>(&text).map_or(true, |table| table.contains_key("event") || table.contains_key("call"));
        if is_case {
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let case = Case::read(&name, &text, manifest, |other| fs::read_to_string(world(&folder, other)?).ok());
            cases.push(CaseFile { path, case });
        }
    }
    Ok(cases)
}

/// What belongs to a single script, by its name beside the script: its cases, and the worlds above them that they name.
pub(super) fn files_of_a_script(script: &Path) -> Result<BTreeMap<String, PathBuf>, LoadError> {
    let folder = case_folder(script);
    let beside = script.parent().unwrap_or(Path::new(""));
    let mut paths = in_folder(&folder)?;
    for path in paths.clone() {
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        paths.extend(worlds(&text).iter().filter_map(|name| world(&folder, name)));
    }
    let named = |path: PathBuf| {
        let name = path.strip_prefix(beside).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        (name, path)
    };
    Ok(paths.into_iter().map(named).collect())
}

/// The worlds that a case names; none when it cannot be read.
fn worlds(case: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(case).unwrap_or_default();
    let names = table.get("worlds").and_then(toml::Value::as_array).into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The files of a folder of cases, by name; none where there is no such folder.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let mut paths = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
            paths.push(entry.map_err(|error| failed(folder, error))?.path());
        }
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    Ok(paths)
}

fn failed(path: &Path, error: std::io::Error) -> LoadError {
    LoadError::Io { path: path.to_owned(), error }
}

/// Where a world is: in a folder, or in the one above it.
fn world(folder: &Path, name: &str) -> Option<PathBuf> {
    let name = Path::new(name).file_name()?;
    [Some(folder), folder.parent()].into_iter().flatten().map(|folder| folder.join(name)).find(|path| path.is_file())
}
