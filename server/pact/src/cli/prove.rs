//! `pact lint --prove`: runs what was judged in worlds that differ in acts alone, and shows the smallest pair that differs.

use std::path::PathBuf;

use pact_policy::manifest::Plugin;
use pact_policy::{Report, Source};
use pact_script::oracle::{Judged, Options, Proof, prove};
use pact_script::plugin::{Loaded, Std, ready};
use pact_script::pool::{Pool, PoolOptions};

/// Runs every entry point of the plugins among these sources in real script workers.
pub(super) fn proof<'a>(sources: impl Iterator<Item = &'a Source>, report: &Report, options: Options) -> anyhow::Result<Proof> {
    let sources: Vec<&Source> = sources.collect();
    let std: Std = sources
        .iter()
        .filter_map(|source| match source {
            Source::Module { name, file, .. } => Some((name.clone(), file.text.clone())),
            Source::Plugin(_) | Source::Fields { .. } | Source::Views { .. } => None,
        })
        .collect();
    let loaded: Vec<(Loaded, bool)> = sources
        .iter()
        .filter_map(|source| match source {
            Source::Plugin(plugin) => Some((plugin, is_refused(plugin, report))),
            Source::Module { .. } | Source::Fields { .. } | Source::Views { .. } => None,
        })
        .map(|(plugin, refused)| (ready(PathBuf::from(&plugin.manifest_file.name), (**plugin).clone(), &std), refused))
        .collect();
    let judged: Vec<Judged<'_>> = loaded.iter().map(|(plugin, refused)| Judged { plugin, refused: *refused }).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let pool = Pool::start(PoolOptions { workers: 1, ..PoolOptions::of_this_binary()? })?;
        Ok(prove(&pool, &judged, options).await)
    })
}

/// Whether a finding lies in one of the plugin's files.
fn is_refused(plugin: &Plugin, report: &Report) -> bool {
    let own = |file: &str| file == plugin.manifest_file.name || plugin.files.contains_key(file);
    report.findings.iter().any(|finding| own(&finding.file))
}
