//! What cases reach, as people read it and as lcov does.

use std::path::{Path, PathBuf};

use super::suite::{Suite, Tested};

/// A trace of lcov, one test for each plugin and script.
pub(super) fn lcov(suite: &Suite) -> String {
    let records = suite.tested.iter().flat_map(|tested| {
        let folder = folder(tested);
        tested.coverage.iter().map(move |file| format!("TN:\n{}", file.lcov(&folder)))
    });
    records.collect()
}

/// What was reached of each script, what was not, and of everything together.
pub(super) fn text(suite: &Suite) -> String {
    let (mut text, mut lines, mut branches) = ("\ncoverage\n".to_owned(), (0, 0), (0, 0));
    for tested in &suite.tested {
        for file in &tested.coverage {
            let (of_lines, of_branches) = (file.line_counts(), file.branch_counts());
            text += &format!("  {}: {}\n", folder(tested).join(&file.name).display(), counted(of_lines, of_branches));
            file.missed().iter().for_each(|missed| text += &format!("          {missed}\n"));
            lines = (lines.0 + of_lines.0, lines.1 + of_lines.1);
            branches = (branches.0 + of_branches.0, branches.1 + of_branches.1);
        }
    }
    format!("{text}  together: {}\n", counted(lines, branches))
}

fn counted(lines: (usize, usize), branches: (usize, usize)) -> String {
    format!("{} of {} lines, {} of {} branches", lines.0, lines.1, branches.0, branches.1)
}

/// The folder in which a plugin's files are.
fn folder(tested: &Tested) -> PathBuf {
    if tested.path.is_dir() { tested.path.clone() } else { tested.path.parent().unwrap_or(Path::new("")).to_owned() }
}
