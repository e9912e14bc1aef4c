//! The cases in a plugin's folder.

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

/// The cases of the plugin in a folder, by file name. Files that neither name an event nor a call are worlds of others.
pub fn case_files(plugin: &Path, manifest: &Manifest) -> Result<Vec<CaseFile>, LoadError> {
    let folder = plugin.join(FOLDER);
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
            let case =
                Case::read(&name, &text, manifest, |other| fs::read_to_string(folder.join(Path::new(other).file_name()?)).ok());
            cases.push(CaseFile { path, case });
        }
    }
    Ok(cases)
}
