//! What is other between two versions of a plugin, as a unified diff.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pact_script::plugin::MANIFEST_FILE;
use pact_store::entity::script_version;
use similar::TextDiff;

use crate::Refusal;
use crate::plugins::files_of;

/// Lines around a change.
const CONTEXT_LINES: usize = 3;
/// How long the shortest difference is looked for; after that a longer one will do.
const PATIENCE: Duration = Duration::from_millis(500);

/// The texts of a version: its manifest, its scripts and the modules that they import.
pub(crate) type Texts = BTreeMap<String, String>;

/// The texts of a stored version.
///
/// # Errors
/// Files that cannot be read.
pub(crate) fn texts(version: &script_version::Model) -> Result<Texts, Refusal> {
    let files = files_of(version).map_err(Refusal::defect)?;
    Ok(with_manifest(version.manifest.clone(), files))
}

/// The texts of a version that is to be installed.
pub(crate) fn with_manifest(manifest: String, mut files: Texts) -> Texts {
    files.insert(MANIFEST_FILE.to_owned(), manifest);
    files
}

/// Every difference, file by file in the order of their names; empty when there is none.
pub(crate) fn diff(before: &Texts, after: &Texts) -> String {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut out = String::new();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        let side = |there: bool, letter: &str| if there { format!("{letter}/{name}") } else { "/dev/null".to_owned() };
        let (old_text, new_text) = (old.map_or("", String::as_str), new.map_or("", String::as_str));
        let found = TextDiff::configure().timeout(PATIENCE).diff_lines(old_text, new_text);
        let mut shown = found.unified_diff();
        shown.context_radius(CONTEXT_LINES).header(&side(old.is_some(), "a"), &side(new.is_some(), "b"));
        out.push_str(&shown.to_string());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_come_and_go_are_shown_whole() {
        let texts = |files: &[(&str, &str)]| files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect::<Texts>();
        let before = texts(&[("a.rhai", "one\ntwo\nthree\n"), ("gone.rhai", "x\n"), ("same.rhai", "y\n")]);
        let after = texts(&[("a.rhai", "one\n2\nthree\n"), ("new.rhai", "z\n"), ("same.rhai", "y\n")]);
        let wanted = "--- a/a.rhai\n+++ b/a.rhai\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n\
            --- a/gone.rhai\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
            --- /dev/null\n+++ b/new.rhai\n@@ -0,0 +1 @@\n+z\n";
        assert_eq!(diff(&before, &after), wanted);
        assert_eq!(diff(&before, &before), "");
    }
}
