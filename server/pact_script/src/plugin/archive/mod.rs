//! A plugin as one file: what an admin sends, keeps and hands on.
//!
//! An archive is a gzipped tar with one folder of the plugin's id. Its first file, `SHA256SUMS`, holds the hash of every other, in the form that
//! `sha256sum -c` reads, so that anybody can check and open one without PACT. The same folder always gives the same bytes: names are sorted, and
//! times, owners and modes are fixed.
//!
//! A single script is packed as it lies in its folder: the script with its manifest in the leading lines instead of a `plugin.toml`, its cases in
//! `cases/NAME`, and the worlds that these name. So what was unpacked is tried like what was packed.
//!
//! Whoever reads one trusts nothing in it: sizes are bounded before and after unpacking, only plain files with the names that a plugin has are taken,
//! and every file must be what its checksum says. Nothing is ever written to disk.

mod packing;

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::bufread::GzDecoder;
use pact_policy::manifest::{File, Plugin, Unreadable, leading_manifest};
use sha2::{Digest, Sha256};
use tar::EntryType;

pub use self::packing::pack;
use super::{LoadError, MANIFEST_FILE, STD_PREFIX};

/// The largest archive that is read, in bytes.
pub const MAX_ARCHIVE_BYTES: usize = 2 * 1024 * 1024;
/// The most bytes that an archive may unpack to.
pub const MAX_UNPACKED_BYTES: u64 = 16 * 1024 * 1024;
/// The most files in one.
pub const MAX_ARCHIVE_FILES: usize = 400;
/// The longest name of a file in one, its folder included, in bytes.
pub const MAX_NAME_BYTES: usize = 100;
/// What the name of an archive ends in.
pub const ARCHIVE_SUFFIX: &str = ".plugin.tar.gz";
/// The file with the hashes of all others.
const SUMS_FILE: &str = "SHA256SUMS";

/// An archive that was read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    /// The plugin.
    pub plugin: Plugin,
    /// The modules that it brings along, by the name in an import.
    pub modules: BTreeMap<String, String>,
    /// What else it holds, by name: cases, and pages for people.
    pub others: BTreeMap<String, String>,
}

/// Why an archive cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The folder or script is no plugin.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The plugin in it cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It is no archive of a plugin.
    #[error("The archive {why}. Make it with `pact plugin pack`.")]
    Bad {
        /// What is wrong.
        why: String,
    },
}

fn bad(why: impl Into<String>) -> ArchiveError {
    ArchiveError::Bad { why: why.into() }
}

/// Reads an archive: whole, with every checksum.
///
/// # Errors
/// What is no archive of a plugin, is too large, or is not what its checksums say.
pub fn open(bytes: &[u8]) -> Result<Archive, ArchiveError> {
    let (id, mut files) = unpack(bytes)?;
    let sums =
        files.remove(SUMS_FILE).ok_or_else(|| bad(format!("has no {SUMS_FILE}, so nobody can tell whether it is whole")))?;
    check_sums(&sums, &files)?;
    let mut scripts = Vec::new();
    let (mut modules, mut others) = (BTreeMap::new(), BTreeMap::new());
    let mut manifest = None;
    for (name, text) in files {
        let file = File::checked(&name, text)?;
        if name == MANIFEST_FILE {
            manifest = Some(file);
        } else if let Some(module) = name.strip_suffix(".rhai").filter(|name| name.starts_with(STD_PREFIX)) {
            modules.insert(module.to_owned(), file.text);
        } else if name.ends_with(".rhai") {
            scripts.push(file);
        } else {
            others.insert(name, file.text);
        }
    }
    let plugin = match (manifest, scripts.pop()) {
        (Some(manifest), last) => Plugin::from_folder(manifest, scripts.into_iter().chain(last).collect())?,
        (None, Some(only)) if scripts.is_empty() && !leading_manifest(&only.text).is_empty() => Plugin::from_script(only)?,
        (None, _) => {
            return Err(bad(format!(
                "has no {MANIFEST_FILE}, and no single script that carries its manifest in leading //! lines"
            )));
        }
    };
    if plugin.id() != id {
        return Err(bad(format!("has the folder \"{id}\", and its manifest names the plugin \"{}\"", plugin.id())));
    }
    Ok(Archive { plugin, modules, others })
}

/// The one folder of an archive, and its files.
fn unpack(bytes: &[u8]) -> Result<(String, BTreeMap<String, String>), ArchiveError> {
    if bytes.len() > MAX_ARCHIVE_BYTES {
        return Err(bad(format!("has more than {} KiB", MAX_ARCHIVE_BYTES / 1024)));
    }
    let mut plain = Vec::new();
    let mut unzip = GzDecoder::new(bytes);
    let read = (&mut unzip).take(MAX_UNPACKED_BYTES + 1).read_to_end(&mut plain);
    read.map_err(|error| bad(format!("is no gzip file, or a damaged one ({error})")))?;
    if plain.len() as u64 > MAX_UNPACKED_BYTES {
        return Err(bad(format!("unpacks to more than {} MiB", MAX_UNPACKED_BYTES / 1024 / 1024)));
    }
    if !unzip.into_inner().is_empty() {
        return Err(bad("goes on after its end"));
    }
    let mut tar = tar::Archive::new(plain.as_slice());
    let mut folder: Option<String> = None;
    let mut files = BTreeMap::new();
    let damaged = |error: io::Error| bad(format!("is damaged ({error})"));
    // Raw: links, folders and the notes of other formats are shown as what they are, and refused.
    for entry in tar.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        let (inside, name) = named(&entry.path_bytes())?;
        if entry.header().entry_type() != EntryType::Regular {
            return Err(bad(format!("holds \"{name}\", which is no plain file")));
        }
        if folder.get_or_insert_with(|| inside.clone()) != &inside {
            return Err(bad("has more than one folder"));
        }
        if files.len() > MAX_ARCHIVE_FILES {
            return Err(bad(format!("holds more than {MAX_ARCHIVE_FILES} files")));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        if entry.header().size().ok() != Some(content.len() as u64) {
            return Err(bad("breaks off"));
        }
        // By the host's own rules for files: length, lines, UTF-8.
        let text = if name == SUMS_FILE {
            String::from_utf8(content).map_err(|_| bad(format!("has a {SUMS_FILE} that is no text")))?
        } else {
            File::from_bytes(&name, content)?.text
        };
        if files.insert(name.clone(), text).is_some() {
            return Err(bad(format!("holds \"{name}\" twice")));
        }
    }
    folder.map(|folder| (folder, files)).ok_or_else(|| bad("is empty"))
}

/// The folder and the name in it of one entry.
fn named(path: &[u8]) -> Result<(String, String), ArchiveError> {
    let shown = String::from_utf8_lossy(path).into_owned();
    let refuse = || bad(format!("holds \"{}\", which is no file of a plugin", shown.escape_debug()));
    let path = std::str::from_utf8(path).map_err(|_| refuse())?;
    let (folder, name) = path.split_once('/').ok_or_else(refuse)?;
    let good = path.len() <= MAX_NAME_BYTES && !folder.is_empty() && (name == SUMS_FILE || is_known(name));
    if good { Ok((folder.to_owned(), name.to_owned())) } else { Err(refuse()) }
}

/// Whether a plugin has files with this name: its manifest and scripts, the modules that these import, cases, and pages for people.
fn is_known(name: &str) -> bool {
    let is_plain = |name: &str| {
        !name.starts_with('.') && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let ends = |name: &str, with: &[&str]| with.iter().any(|end| name.len() > end.len() && name.ends_with(end));
    match name.split_once('/') {
        None => is_plain(name) && (name == MANIFEST_FILE || name == "LICENSE" || ends(name, &[".rhai", ".md"])),
        Some(("cases", name)) => {
            // The cases of a single script are in a folder of its name.
            let (folder, name) = name.split_once('/').unwrap_or(("cases", name));
            is_plain(folder) && is_plain(name) && ends(name, &[".toml"])
        }
        Some(("std", name)) => is_plain(name) && ends(name, &[".rhai"]),
        Some(_) => false,
    }
}

/// Refuses files that are not those of the sums, one for one.
fn check_sums(sums: &str, files: &BTreeMap<String, String>) -> Result<(), ArchiveError> {
    let mut known = BTreeMap::new();
    for line in sums.lines() {
        let (hash, name) = line.split_once("  ").ok_or_else(|| bad(format!("has a {SUMS_FILE} that cannot be read")))?;
        if known.insert(name, hash).is_some() {
            return Err(bad(format!("names \"{name}\" twice in {SUMS_FILE}")));
        }
    }
    for (name, text) in files {
        match known.remove(name.as_str()) {
            Some(hash) if hash == sum(text.as_bytes()) => {}
            Some(_) => return Err(bad(format!("was changed: \"{name}\" is not what {SUMS_FILE} says"))),
            None => return Err(bad(format!("holds \"{name}\", of which {SUMS_FILE} does not know"))),
        }
    }
    match known.keys().next() {
        Some(name) => Err(bad(format!("lacks \"{name}\", which {SUMS_FILE} names"))),
        None => Ok(()),
    }
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
