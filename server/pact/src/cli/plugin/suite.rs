//! The cases of plugins and scripts, run in real script workers.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pact_script::cases::{Case, Differences};
use pact_script::coverage::{Coverage, FileCoverage};
use pact_script::plugin::{CaseFile, Loaded, MANIFEST_FILE, Std, case_files, load, load_all};
use pact_script::pool::Pool;

/// What became of everything that was tested.
#[derive(Debug, Default)]
pub(super) struct Suite {
    /// Each plugin and script, in the order of the paths.
    pub(super) tested: Vec<Tested>,
}

/// A plugin or script, and what became of its cases.
#[derive(Debug)]
pub(super) struct Tested {
    pub(super) path: PathBuf,
    /// Its id and version, when it can be read at all.
    pub(super) name: String,
    /// Why it cannot be run, if it cannot.
    pub(super) broken: Option<String>,
    pub(super) cases: Vec<Ran>,
    /// What its cases reached of its files, when that was asked for.
    pub(super) coverage: Vec<FileCoverage>,
}

/// A case, and what became of it.
#[derive(Debug)]
pub(super) struct Ran {
    /// The name of its file.
    pub(super) name: String,
    pub(super) title: String,
    pub(super) took: Duration,
    pub(super) result: Verdict,
}

/// What became of a case.
#[derive(Debug)]
pub(super) enum Verdict {
    Holds,
    Differs(Differences),
    /// It cannot be read.
    Unreadable(String),
}

/// Who runs cases.
#[derive(Debug)]
pub(super) struct Workers {
    /// Whose runs decide.
    pub(super) plain: Pool,
    /// Those that count what is reached, when coverage is asked for.
    pub(super) probed: Option<Pool>,
}

/// How many cases did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// Plugins and cases that cannot be run.
    pub(super) broken: usize,
}

impl Suite {
    pub(super) async fn run(workers: &Workers, paths: &[PathBuf], std: &Std) -> anyhow::Result<Self> {
        let mut suite = Self::default();
        for path in paths {
            let loaded = loaded(path, std);
            if loaded.is_empty() {
                anyhow::bail!("{} holds no plugin and no script. A plugin is a folder with a {MANIFEST_FILE}.", path.display());
            }
            for (path, plugin) in loaded {
                suite.tested.push(match plugin {
                    Ok(plugin) => Tested::run(workers, path, &plugin).await?,
                    Err(error) => {
                        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                        Tested { path, name, broken: Some(error.to_string()), cases: Vec::new(), coverage: Vec::new() }
                    }
                });
            }
        }
        Ok(suite)
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for tested in &self.tested {
            counts.broken += usize::from(tested.broken.is_some());
            for case in &tested.cases {
                match case.result {
                    Verdict::Holds => counts.passed += 1,
                    Verdict::Differs(_) => counts.failed += 1,
                    Verdict::Unreadable(_) => counts.broken += 1,
                }
            }
        }
        counts
    }
}

type LoadedOrNot = Result<Loaded, pact_script::plugin::LoadError>;

/// The plugins and scripts of a path: itself, or what is in it.
pub(super) fn loaded(path: &Path, std: &Std) -> Vec<(PathBuf, LoadedOrNot)> {
    if path.join(MANIFEST_FILE).is_file() || path.is_file() {
        vec![(path.to_owned(), load(path, std))]
    } else {
        load_all(path, std)
    }
}

impl Tested {
    async fn run(workers: &Workers, path: PathBuf, plugin: &Loaded) -> anyhow::Result<Self> {
        let name = format!("{} {}", plugin.manifest().id, plugin.manifest().version);
        let broken = workers.plain.check(&plugin.scripts).await.err().map(|error| {
            let at = error.at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
            format!("{}{at}: {error}", error.file.as_deref().unwrap_or_default())
        });
        let mut cases = Vec::new();
        let mut coverage = workers.probed.as_ref().filter(|_| broken.is_none()).map(|pool| (pool, Coverage::of(&plugin.scripts)));
        if broken.is_none() {
            for file in case_files(&path, plugin.manifest())? {
                if let (Some((pool, coverage)), Ok(case)) = (&mut coverage, &file.case) {
                    cover(pool, coverage, case).await;
                }
                cases.push(Ran::of(&workers.plain, plugin, file).await);
            }
        }
        let coverage = coverage.map(|(_, coverage)| coverage.files()).unwrap_or_default();
        Ok(Self { path, name, broken, cases, coverage })
    }
}

/// Runs a case once more, with probes; what comes of it has been judged, or will be, without them.
async fn cover(pool: &Pool, coverage: &mut Coverage, case: &Case) {
    let (_, reached) = pool.run_probed(&case.run(coverage.scripts()), &case.world).await;
    coverage.add(&reached);
}

impl Ran {
    async fn of(pool: &Pool, plugin: &Loaded, file: CaseFile) -> Self {
        let name = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let begun = Instant::now();
        let (title, result) = match file.case {
            Ok(case) => {
                let differences = case.check(pool, &plugin.scripts).await;
                let verdict = if differences.is_empty() { Verdict::Holds } else { Verdict::Differs(differences) };
                (case.title, verdict)
            }
            Err(error) => (name.clone(), Verdict::Unreadable(error.to_string())),
        };
        Self { name, title, took: begun.elapsed(), result }
    }
}
