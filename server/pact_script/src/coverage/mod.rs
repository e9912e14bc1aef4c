//! Coverage: which lines and branches of a plugin's scripts its cases reach.
//!
//! Only tests ask for it. A plan puts probes into the scripts, a worker that was started for it counts what they tell, and nothing
//! else in PACT knows of probes. Branches are conditions of `if` and `while`, each once `true` and once `false`, and arms of `switch`;
//! what `&&`, `||` and `??` leave out is not looked at.

mod places;
mod probes;
mod scan;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

pub(crate) use self::places::Places;
pub(crate) use self::probes::PROBE;
use self::probes::Point;
use crate::plugin::hash;
use crate::run::Scripts;

/// How often each probe was reached, by its number.
pub type Reached = BTreeMap<u32, u64>;

/// Scripts with probes, and what the probes told so far.
#[derive(Debug)]
pub struct Coverage {
    scripts: Arc<Scripts>,
    files: Vec<Covered>,
    reached: Reached,
}

#[derive(Debug)]
struct Covered {
    name: String,
    first: usize,
    points: Vec<Point>,
}

/// What was reached of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCoverage {
    /// The file.
    pub name: String,
    /// How often each line with a statement was reached.
    pub lines: BTreeMap<u32, u64>,
    /// Each branch.
    pub branches: Vec<Branch>,
}

/// One way that a run can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The line of the condition or of the `switch`.
    pub line: u32,
    /// Which one it is of those that belong together.
    pub way: Way,
    /// How often it was taken.
    pub taken: u64,
}

/// Which way a branch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The condition is `true`.
    True,
    /// The condition is `false`.
    False,
    /// The arm of a `switch` on this line.
    Arm(u32),
}

impl Coverage {
    /// Puts probes into the files of a script set; modules are tested where they are written, and a file that cannot be probed counts nothing.
    pub fn of(scripts: &Scripts) -> Self {
        let (mut files, mut texts, mut first) = (Vec::new(), Vec::new(), 0);
        for (name, text) in &scripts.files {
            let probed = probes::probed(text, first);
            texts.push((name.clone(), probed.as_ref().map_or_else(|| text.clone(), |probed| probed.text.clone())));
            let points = probed.map(|probed| probed.points).unwrap_or_default();
            let from = first;
            first += points.len();
            files.push(Covered { name: name.clone(), first: from, points });
        }
        let hash = hash(&scripts.plugin, &texts, &scripts.modules);
        let scripts = Scripts { hash, plugin: scripts.plugin.clone(), files: texts, modules: scripts.modules.clone() };
        Self { scripts: Arc::new(scripts), files, reached: Reached::new() }
    }

    /// The scripts with their probes, for a worker that counts them.
    pub fn scripts(&self) -> &Arc<Scripts> {
        &self.scripts
    }

    /// Adds what one run reached.
    pub fn add(&mut self, reached: &Reached) {
        for (id, times) in reached {
            *self.reached.entry(*id).or_default() += times;
        }
    }

    /// What was reached of each file.
    pub fn files(&self) -> Vec<FileCoverage> {
        self.files.iter().map(|file| self.file(file)).collect()
    }

    fn file(&self, file: &Covered) -> FileCoverage {
        let mut covered = FileCoverage { name: file.name.clone(), ..FileCoverage::default() };
        for (place, point) in file.points.iter().enumerate() {
            let id = u32::try_from(file.first + place).unwrap_or(u32::MAX);
            let taken = self.reached.get(&id).copied().unwrap_or_default();
            let (line, way) = match *point {
                Point::Line(line) => {
                    let most = covered.lines.entry(line).or_default();
                    *most = taken.max(*most);
                    continue;
                }
                Point::True(line) => (line, Way::True),
                Point::False(line) => (line, Way::False),
                Point::Arm(line, arm) => (line, Way::Arm(arm)),
            };
            covered.branches.push(Branch { line, way, taken });
        }
        covered.branches.sort_by_key(|branch| branch.line);
        covered
    }
}

impl FileCoverage {
    /// Lines that were reached, and all lines that can be.
    pub fn line_counts(&self) -> (usize, usize) {
        (self.lines.values().filter(|times| **times > 0).count(), self.lines.len())
    }

    /// Branches that were taken, and all branches.
    pub fn branch_counts(&self) -> (usize, usize) {
        (self.branches.iter().filter(|branch| branch.taken > 0).count(), self.branches.len())
    }

    /// What no case reached, a line each; empty when everything was.
    pub fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        let lines: Vec<u32> = self.lines.iter().filter(|(_, times)| **times == 0).map(|(line, _)| *line).collect();
        if !lines.is_empty() {
            missed.push(format!("never reached: {}", ranges(&lines, &self.lines)));
        }
        for branch in self.branches.iter().filter(|branch| branch.taken == 0) {
            // A condition that was never looked at stands on a line that was never reached, and that is said already.
            let looked_at = self.branches.iter().any(|other| other.line == branch.line && other.taken > 0);
            match branch.way {
                Way::True if looked_at => missed.push(format!("line {}: the condition is never true", branch.line)),
                Way::False if looked_at => missed.push(format!("line {}: the condition is never false", branch.line)),
                Way::Arm(arm) if looked_at => missed.push(format!("line {arm}: the arm is never taken")),
                Way::True | Way::False | Way::Arm(_) => {}
            }
        }
        missed
    }

    /// The file's record in a trace of lcov; `folder` is where the file is.
    pub fn lcov(&self, folder: &Path) -> String {
        let mut text = format!("SF:{}\n", folder.join(&self.name).display());
        let mut block: BTreeMap<u32, usize> = BTreeMap::new();
        for branch in &self.branches {
            let number = block.entry(branch.line).or_default();
            let _ = writeln!(text, "BRDA:{},0,{number},{}", branch.line, branch.taken);
            *number += 1;
        }
        let ((hit, found), (lines_hit, lines)) = (self.branch_counts(), self.line_counts());
        let _ = writeln!(text, "BRF:{found}\nBRH:{hit}");
        for (line, times) in &self.lines {
            let _ = writeln!(text, "DA:{line},{times}");
        }
        let _ = writeln!(text, "LF:{lines}\nLH:{lines_hit}\nend_of_record");
        text
    }
}

/// Lines in words: `3, 7 to 9`; lines without a statement do not interrupt.
fn ranges(missed: &[u32], all: &BTreeMap<u32, u64>) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for &line in missed {
        let before = all.range(..line).next_back().map(|(line, _)| *line);
        match parts.last_mut() {
            Some((_, last)) if before == Some(*last) => *last = line,
            _ => parts.push((line, line)),
        }
    }
    let words = parts.iter().map(|(from, to)| if from == to { format!("line {from}") } else { format!("lines {from} to {to}") });
    words.collect::<Vec<_>>().join(", ")
}
