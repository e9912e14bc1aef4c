//! How an archive is made: of a plugin's folder, or of a single script with what belongs to it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use pact_policy::manifest::Plugin;
use tar::{EntryType, Header};

use super::super::cases::files_of_a_script;
use super::super::{LoadError, Std, load, read};
use super::{ArchiveError, SUMS_FILE, bad, is_known, open, sum};

/// The archive of a plugin's folder, or of a single script with its cases, with the modules of `std` that it imports.
///
/// # Errors
/// A path that is no plugin, or that holds more than an archive may.
pub fn pack(path: &Path, std: &Std) -> Result<(Plugin, Vec<u8>), ArchiveError> {
    let loaded = load(path, std)?;
    let is_folder = path.is_dir();
    let named = if is_folder { files_of_a_folder(path)? } else { files_of_a_script(path)? };
    let mut files = BTreeMap::new();
    for (name, path) in named {
        if is_known(&name) {
            files.insert(name, read(&path)?.text);
        }
    }
    if !is_folder {
        files.extend(loaded.plugin.files.clone());
    }
    for (name, text) in &loaded.scripts.modules {
        files.insert(format!("{name}.rhai"), text.clone());
    }
    let bytes = write(loaded.plugin.id(), &files)?;
    // What was made can be read: whoever packs hears of it now if it cannot.
    open(&bytes)?;
    Ok((loaded.plugin, bytes))
}

/// The files of a folder and of its folder of cases, by their name in it.
fn files_of_a_folder(folder: &Path) -> Result<BTreeMap<String, PathBuf>, LoadError> {
    let mut files = BTreeMap::new();
    for inside in [folder.to_owned(), folder.join("cases")] {
        if !inside.is_dir() {
            continue;
        }
        let entries = fs::read_dir(&inside).map_err(|error| LoadError::Io { path: inside.clone(), error })?;
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.is_file()) {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.insert(name, path);
        }
    }
    Ok(files)
}

fn write(id: &str, files: &BTreeMap<String, String>) -> Result<Vec<u8>, ArchiveError> {
    let sums: String = files.iter().map(|(name, text)| format!("{}  {name}\n", sum(text.as_bytes()))).collect();
    let mut tar = tar::Builder::new(Vec::new());
    let mut each =
        std::iter::once((SUMS_FILE, sums.as_str())).chain(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let written = each.try_for_each(|(name, text)| add(&mut tar, &format!("{id}/{name}"), text));
    let tar = written.and_then(|()| tar.into_inner()).map_err(|error| bad(format!("cannot be written: {error}")))?;
    // No name and no time, and always the same word for the system that made it.
    let mut zip = GzBuilder::new().operating_system(255).write(Vec::new(), Compression::best());
    zip.write_all(&tar).and_then(|()| zip.finish()).map_err(|error| bad(format!("cannot be written: {error}")))
}

fn add(tar: &mut tar::Builder<Vec<u8>>, name: &str, text: &str) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(text.len() as u64);
    header.set_cksum();
    tar.append(&header, text.as_bytes())
}
