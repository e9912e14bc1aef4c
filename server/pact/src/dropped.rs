//! What is dropped into the folder of plugins: folders, archives and single scripts, seen at start and while the server runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pact_app::ops::plugin_arrival::{Found, look_at};
use pact_app::{App, Refusal};
use pact_policy::manifest::Plugin;
use pact_script::plugin::archive::{ARCHIVE_SUFFIX, MAX_ARCHIVE_BYTES, open};
use pact_script::plugin::{LoadError, Std, load_all};

use crate::standard;

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The most entries of a folder, and of the folders in it, whose times are compared.
const MAX_ENTRIES: usize = 10_000;
/// What comes before the name of a plugin that PACT brings along.
const BROUGHT_ALONG: &str = "standard:";

/// The folder of plugins; what PACT brings along where there is none.
#[derive(Debug)]
pub(crate) struct Dropped {
    pub(crate) folder: Option<PathBuf>,
    /// Whether whoever may write there decides, and no admin is asked.
    pub(crate) trusted: bool,
}

/// How the folder looks from outside: names, sizes and times.
type Sight = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

impl Dropped {
    /// Looks at everything once. One bad plugin stops nothing.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(crate) async fn look(&self, app: &App) -> Result<(), Refusal> {
        let (folder, trusted) = (self.folder.clone(), self.trusted);
        let reading = tokio::task::spawn_blocking(move || match folder {
            Some(folder) => in_folder(&folder, trusted),
            None => brought_along(),
        });
        look_at(app, reading.await.map_err(Refusal::defect)?).await
    }

    /// Looks again whenever something changed; ends with the server.
    pub(crate) async fn watch(self, app: App) {
        let Some(folder) = self.folder.clone() else { return };
        let mut seen = sight(&folder);
        let mut done = seen.clone();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = sight(&folder);
            // What changes at this very moment is still being copied.
            let rests = now == seen;
            seen = now;
            if !rests || seen == done {
                continue;
            }
            match self.look(&app).await {
                Ok(()) => done = seen.clone(),
                Err(refusal) => tracing::warn!(%refusal, "what was dropped into the folder of plugins is looked at again"),
            }
        }
    }
}

fn sight(folder: &Path) -> Sight {
    let mut sight = Sight::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if sight.len() >= MAX_ENTRIES {
                return sight;
            }
            if meta.is_dir() {
                folders.push(entry.path());
            }
            sight.insert(entry.path(), (meta.len(), meta.modified().ok()));
        }
    }
    sight
}

/// The plugins that PACT brings along; whoever installed PACT has agreed to them.
fn brought_along() -> Vec<Found> {
    let found = |plugin: Plugin| Found {
        name: format!("{BROUGHT_ALONG}{}", plugin.id()),
        plugin: Ok((plugin, standard::modules())),
        trusted: true,
    };
    standard::plugins().into_iter().flatten().map(found).collect()
}

/// Everything in a folder; modules that scripts import are in `scripts/std` beside it.
fn in_folder(folder: &Path, trusted: bool) -> Vec<Found> {
    if !folder.is_dir() {
        tracing::info!(folder = %folder.display(), "there is no folder of plugins; none is installed");
        return Vec::new();
    }
    let modules = folder.parent().unwrap_or(Path::new("")).join("scripts/std");
    let std = if modules.is_dir() { Std::load(&modules) } else { Ok(standard::modules()) };
    let std = std.unwrap_or_else(|error| {
        tracing::error!(%error, "modules cannot be read; those that PACT brings along are taken");
        standard::modules()
    });
    let known = standard::plugins().unwrap_or_default();
    let mut all: Vec<Found> = Vec::new();
    for (path, loaded) in load_all(folder, &std) {
        let plugin = loaded.map(|loaded| (loaded.plugin, std.clone())).map_err(|error: LoadError| error.to_string());
        all.push(found(&path, plugin, trusted, &known));
    }
    for path in archives(folder) {
        let read = read_archive(&path).map(|(plugin, modules)| {
            let own = std.modules().map(|(name, text)| (name.to_owned(), text.to_owned())).chain(modules);
            (plugin, own.collect())
        });
        all.push(found(&path, read, trusted, &known));
    }
    all
}

fn found(path: &Path, plugin: Result<(Plugin, Std), String>, trusted: bool, known: &[Plugin]) -> Found {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Word for word what PACT brings along: whoever installed PACT has agreed to it.
    let is_known = plugin.as_ref().is_ok_and(|(plugin, _)| {
        known.iter().any(|one| one.manifest_file.text == plugin.manifest_file.text && one.files == plugin.files)
    });
    Found { name, plugin, trusted: trusted || is_known }
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_archive =
        |path: &PathBuf| path.is_file() && path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ARCHIVE_SUFFIX));
    let mut archives: Vec<PathBuf> = entries.filter(is_archive).collect();
    archives.sort();
    archives
}

fn read_archive(path: &Path) -> Result<(Plugin, BTreeMap<String, String>), String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_ARCHIVE_BYTES as u64 {
        return Err(format!("The archive has more than {} KiB. Split the plugin.", MAX_ARCHIVE_BYTES / 1024));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let archive = open(&bytes).map_err(|error| error.to_string())?;
    Ok((archive.plugin, archive.modules))
}
