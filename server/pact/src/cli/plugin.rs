//! `pact plugin test`: runs a plugin's cases in real script workers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use clap::{Args, Subcommand};
use pact_script::plugin::{Loaded, MANIFEST_FILE, Std, case_files, load, load_all};
use pact_script::pool::{Pool, PoolOptions};

use super::plugin_life::{Install, Pack, Remove};

#[derive(Debug, Args)]
pub(super) struct PluginCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run the cases of plugins, and say what differs.
    Test {
        /// Plugin folders, or folders of plugins.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The folder of modules that scripts import as std/NAME.
        #[arg(long, default_value = "scripts/std", value_name = "FOLDER")]
        std: PathBuf,
    },
    /// Make one file of a plugin's folder: always the same for the same folder, with a checksum of every file.
    Pack(Pack),
    /// Install a plugin on a server, from its folder or an archive: first it is shown what it asks for, and what is other.
    Install(Install),
    /// Remove a plugin from a server.
    Remove(Remove),
}

/// How many cases did what.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl PluginCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        match self.action {
            Action::Test { paths, std } => runtime.block_on(test(&paths, &std)),
            Action::Pack(command) => command.run(),
            Action::Install(command) => runtime.block_on(command.run()),
            Action::Remove(command) => runtime.block_on(command.run()),
        }
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
