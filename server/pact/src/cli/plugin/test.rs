//! `pact plugin test`: runs a plugin's cases in real script workers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use pact_script::plugin::{Loaded, MANIFEST_FILE, Std, case_files, load, load_all};
use pact_script::pool::{Pool, PoolOptions};

/// Run the cases of plugins, and say what differs.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Plugin folders, or folders of plugins.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder of modules that scripts import as std/NAME.
    #[arg(long, default_value = "scripts/std", value_name = "FOLDER")]
    std: PathBuf,
}

/// How many cases did what.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Test {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { paths, std } = self;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(test(&paths, &std))
    }
}

async fn test(paths: &[PathBuf], std: &Path) -> anyhow::Result<()> {
    let std = if std.is_dir() { Std::load(std)? } else { crate::standard::modules() };
    let pool = Pool::start(PoolOptions { workers: 1, ..PoolOptions::of_this_binary()? })?;
    let mut tally = Tally::default();
    for path in paths {
        let loaded = if path.join(MANIFEST_FILE).is_file() || path.is_file() {
            vec![(path.clone(), load(path, &std))]
        } else {
            load_all(path, &std)
        };
        if loaded.is_empty() {
            bail!("{} holds no plugin: a plugin is a folder with a {MANIFEST_FILE}.", path.display());
        }
        for (path, plugin) in loaded {
            match plugin {
                Ok(plugin) => test_plugin(&pool, &path, &plugin, &mut tally).await?,
                Err(error) => {
                    println!("{}: {error}", path.display());
                    tally.failed += 1;
                }
            }
        }
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 {
        bail!("{} of {} cases differ from what they expect", tally.failed, tally.passed + tally.failed);
    }
    Ok(())
}

async fn test_plugin(pool: &Pool, path: &Path, plugin: &Loaded, tally: &mut Tally) -> anyhow::Result<()> {
    if !path.is_dir() {
        return Ok(());
    }
    println!("{} {}", plugin.manifest().id, plugin.manifest().version);
    for file in case_files(path, plugin.manifest())? {
        let name = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (title, differences) = match file.case {
            Ok(case) => (case.title.clone(), case.check(pool, &Arc::clone(&plugin.scripts)).await),
            Err(error) => (name.clone(), vec![error.to_string()]),
        };
        if differences.is_empty() {
            tally.passed += 1;
            println!("  ok      {name}: {title}");
            continue;
        }
        tally.failed += 1;
        println!("  differs {name}: {title}");
        differences.iter().for_each(|difference| println!("          {difference}"));
    }
    Ok(())
}
