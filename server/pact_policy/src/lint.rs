//! What is judged, and the verdict.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::judge::Judge;
use crate::manifest::{Field, File, Plugin, Unreadable};
use crate::view::{Release, View};

/// Something to be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// A plugin, or a single script with its leading manifest.
    Plugin(Box<Plugin>),
    /// A module that scripts may import, by the name in `import "std/NAME"`.
    Module {
        /// The name, `std/…`.
        name: String,
        /// Its text.
        file: File,
        /// The id of the plugin that was installed with it and alone imports it; `None` where every plugin does.
        of: Option<String>,
    },
    /// Field definitions without a plugin around them, each judged by itself.
    Fields {
        /// The name of the file that holds them.
        file: File,
        /// The definitions.
        fields: Vec<Field>,
    },
    /// Saved views without a plugin around them.
    Views {
        /// The file that holds them.
        file: File,
        /// The views.
        views: Vec<View>,
    },
}

/// The verdict on all sources together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How many scripts, field definitions and views were judged.
    pub checked: usize,
    /// What is refused.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<NotRead>,
    /// What each stored field reveals by what scripts write into it, for certificates.
    #[serde(skip)]
    pub labels: BTreeMap<String, String>,
    /// How each view that is not refused is released, by its file and name.
    #[serde(skip)]
    pub views: BTreeMap<(String, String), Release>,
}

/// A file that could not be judged, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRead {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong, and what to do next.
    pub message: String,
}

impl From<Unreadable> for NotRead {
    fn from(it: Unreadable) -> Self {
        Self { file: it.file, line: it.line, column: it.column, message: it.message }
    }
}

impl Source {
    /// The name of its file: of the manifest, for a plugin.
    pub fn name(&self) -> &str {
        match self {
            Self::Plugin(plugin) => &plugin.manifest_file.name,
            Self::Module { file, .. } | Self::Fields { file, .. } | Self::Views { file, .. } => &file.name,
        }
    }
}

/// Judges all sources together: scripts, fields, formulas and views, against each other.
///
/// The verdict does not depend on their order. Who judges again after an edit keeps a [`Judge`].
pub fn lint(sources: &[Source]) -> Report {
    let mut judge = Judge::default();
    for source in sources {
        judge.add(source.clone());
    }
    judge.judge()
}
