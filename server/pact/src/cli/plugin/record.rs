//! Cases that are completed with what comes of them: their author has written what is true and what happens, and reads what is to be expected.

use std::path::PathBuf;

use anyhow::{Context, bail};
use pact_script::cases::record::completed;
use pact_script::plugin::{Std, case_files};
use pact_script::pool::Pool;

use super::suite::loaded;

/// Completes the cases that say nothing, or the one of this name.
pub(super) async fn cases(pool: &Pool, paths: &[PathBuf], std: &Std, name: Option<&str>) -> anyhow::Result<()> {
    let mut recorded = 0;
    for path in paths {
        for (path, plugin) in loaded(path, std) {
            let plugin = plugin.with_context(|| path.display().to_string())?;
            for file in case_files(&path, plugin.manifest())? {
                let of_this_name = file.path.file_stem().is_some_and(|stem| Some(stem.to_string_lossy().as_ref()) == name);
                let case = match file.case {
                    Ok(case) if of_this_name || (name.is_none() && !case.says_what_is_expected()) => case,
                    Err(error) if of_this_name => bail!("{}: {error}", file.path.display()),
                    Ok(_) | Err(_) => continue,
                };
                let outcome = pool.run(&case.run(&plugin.scripts), &case.world).await;
                let text = std::fs::read_to_string(&file.path)?;
                let complete = completed(&text, &case, &outcome).with_context(|| file.path.display().to_string())?;
                if complete != text {
                    std::fs::write(&file.path, complete).with_context(|| format!("{} cannot be written", file.path.display()))?;
                    println!("recorded {}", file.path.display());
                    recorded += 1;
                }
            }
        }
    }
    match name {
        Some(name) if recorded == 0 => bail!("no case \"{name}\" was recorded. Name a case by its file, without .toml."),
        _ => Ok(()),
    }
}
