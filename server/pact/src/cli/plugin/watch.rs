//! Files that are looked at again and again: whether one of them changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often files are looked at for changes.
pub(super) const EVERY: Duration = Duration::from_millis(300);
/// How many folders inside one another are looked at.
const DEPTH: usize = 6;

/// What scripts, manifests and cases in some folders look like from outside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Seen {
    /// What the files look like now.
    pub(super) fn now<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut seen = Self::default();
        for path in paths {
            seen.look(path, DEPTH);
        }
        seen
    }

    fn look(&mut self, path: &Path, depth: usize) {
        // What went away in the meantime looks like nothing, and that is a change too.
        let Ok(about) = fs::metadata(path) else { return };
        if about.is_dir() && depth > 0 {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.for_each(|entry| self.look(&entry.path(), depth - 1));
        } else if path.extension().is_some_and(|extension| extension == "rhai" || extension == "toml") {
            self.0.insert(path.to_owned(), (about.len(), about.modified().ok()));
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_changes_comes_or_goes_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let look = || Seen::now([folder.path()]);
        let case = folder.path().join("cases/a.toml");
        fs::create_dir(folder.path().join("cases")).unwrap();
        fs::write(folder.path().join("notes.txt"), "not read").unwrap();
        let empty = look();
        fs::write(&case, "a").unwrap();
        let first = look();
        assert_ne!(empty, first);
        assert_eq!(first, look());
        fs::write(&case, "another length").unwrap();
        assert_ne!(first, look());
        fs::remove_file(&case).unwrap();
        assert_eq!(empty, look());
    }
}
