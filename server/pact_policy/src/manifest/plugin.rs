//! A loaded plugin: its manifest and the texts of its scripts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Manifest, ManifestError, leading_manifest, parse_manifest};

/// A file's name and text, as somebody read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The name that findings show.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The longest script that is read, in bytes.
pub const MAX_SCRIPT_BYTES: usize = 256 * 1024;

/// The longest line that is read, in characters: positions in Rhai have 16 bits.
pub const MAX_LINE_CHARS: usize = 20_000;

/// The most lines that a script may have: positions in Rhai have 16 bits.
pub const MAX_LINES: usize = 60_000;

/// Why a file or plugin cannot be judged at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct Unreadable {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong, why, and what to do next.
    pub message: String,
}

impl Unreadable {
    /// A file that cannot be judged, for this reason.
    pub fn new(file: &str, line: u32, column: u32, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, column, message: message.into() }
    }

    fn of(file: &str, error: ManifestError) -> Self {
        Self { file: file.to_owned(), line: error.line, column: error.column, message: error.message }
    }
}

impl File {
    /// A file of these bytes, if they are a text of a length that scripts and manifests have.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, Unreadable> {
        if bytes.len() > MAX_SCRIPT_BYTES {
            let message = format!(
                "the file has {} bytes, and a script or manifest may have {MAX_SCRIPT_BYTES}; split the work over several scripts",
                bytes.len()
            );
            return Err(Unreadable::new(name, 1, 1, message));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let head = &error.as_bytes()[..good];
            let line = 1 + head.iter().filter(|&&byte| byte == b'\n').count();
            Unreadable::new(name, saturate(line), 1, "the file is no UTF-8 text; save the script as UTF-8")
        })?;
        Self::checked(name, text)
    }

    /// A file of this text, if its lines have a length that positions can name.
    pub fn checked(name: &str, text: String) -> Result<Self, Unreadable> {
        if let Some(at) = text.find('\0') {
            let line = 1 + text[..at].matches('\n').count();
            return Err(Unreadable::new(
                name,
                saturate(line),
                1,
                "the file holds a zero byte, so it is no text; save the script as UTF-8",
            ));
        }
        let mut lines = 0;
        for line in text.lines() {
            lines += 1;
            if line.len() > MAX_LINE_CHARS && line.chars().count() > MAX_LINE_CHARS {
                let message = format!("the line has more than {MAX_LINE_CHARS} characters; break it");
                return Err(Unreadable::new(name, saturate(lines), 1, message));
            }
        }
        if lines > MAX_LINES {
            let message =
                format!("the file has {lines} lines, and a script may have {MAX_LINES}; split the work over several scripts");
            return Err(Unreadable::new(name, 1, 1, message));
        }
        Ok(Self { name: name.to_owned(), text })
    }
}

fn saturate(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A loaded plugin, or a single script with its leading manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plugin {
    /// What it says about itself.
    pub manifest: Manifest,
    /// The file that holds the manifest: `plugin.toml`, or the script itself.
    pub manifest_file: File,
    /// Texts of its scripts, by the name that findings show.
    pub files: BTreeMap<String, String>,
}

impl Plugin {
    /// The plugin's id.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// A plugin from its `plugin.toml` and the scripts in its folder; every script that the manifest names must be there.
    ///
    /// Scripts in the folder that the manifest does not name are kept too: they are judged although the host does not run them.
    pub fn from_folder(manifest_file: File, scripts: Vec<File>) -> Result<Self, Unreadable> {
        let manifest = parse_manifest(&manifest_file.text).map_err(|error| Unreadable::of(&manifest_file.name, error))?;
        let files: BTreeMap<_, _> = scripts.into_iter().map(|file| (file.name, file.text)).collect();
        let folder = manifest_file.name.rfind('/').map_or("", |end| &manifest_file.name[..=end]);
        for script in &manifest.scripts {
            let name = format!("{folder}{}", script.file);
            if !files.contains_key(&name) {
                let message = format!(
                    "the manifest names the script \"{}\", which is not in the folder; add the file or take the [[script]] out",
                    script.file
                );
                return Err(Unreadable::new(&manifest_file.name, 1, 1, message));
            }
        }
        Ok(Self { manifest, manifest_file, files })
    }

    /// A plugin from a single script that carries its manifest in leading `//!` lines.
    pub fn from_script(script: File) -> Result<Self, Unreadable> {
        let text = leading_manifest(&script.text);
        let manifest = parse_manifest(&text).map_err(|error| Unreadable::of(&script.name, error))?;
        if !manifest.scripts.is_empty() {
            let message = "a script outside a plugin is its own script; take the [[script]] out of its manifest";
            return Err(Unreadable::new(&script.name, 1, 1, message));
        }
        let files = BTreeMap::from([(script.name.clone(), script.text.clone())]);
        Ok(Self { manifest, manifest_file: script, files })
    }
}
