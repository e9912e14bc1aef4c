//! What a dry run did, as `pact run` says it.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

/// What a case in this file is called: `big-deal.toml` is "Big deal".
pub(super) fn title_of(file: &Path) -> String {
    let words = file.file_stem().map(|stem| stem.to_string_lossy().replace(['-', '_'], " ")).unwrap_or_default();
    let mut signs = words.trim().chars();
    match signs.next() {
        Some(first) => first.to_uppercase().chain(signs).collect(),
        None => "Recorded from a dry run".to_owned(),
    }
}

/// Writes a case; one that is there already stays.
pub(super) fn write_case(file: &Path, case: &str) -> anyhow::Result<()> {
    if file == Path::new("-") {
        print!("{case}");
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut open = std::fs::File::create_new(file).with_context(|| format!("{} cannot be written", file.display()))?;
    open.write_all(case.as_bytes())?;
    println!("The case is in {}.", file.display());
    Ok(())
}

/// How far it is.
pub(super) fn bar() -> ProgressBar {
    let bar = ProgressBar::new(1_000);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent}% of the events, {eta} to go") {
        bar.set_style(style);
    }
    bar
}

/// One effect on one line.
pub(super) fn one(effect: &Value) -> String {
    let text = |name: &str| effect[name].as_str().unwrap_or_default();
    let record = match effect["record_id"].as_str() {
        Some(id) => format!(" {} {id}", text("record_kind")),
        None => effect["effect"]["lead"].as_str().map(|id| format!(" lead {id}")).unwrap_or_default(),
    };
    let why = effect["because"].as_str().map(|because| format!(": {because}")).unwrap_or_default();
    let by = effect["by"].as_str().map(|by| format!(" (then by {by})")).unwrap_or_default();
    format!("{} {:8} {}{record}{why}{by}", text("at"), text("difference"), text("what"))
}

/// What came of it all.
pub(super) fn summary(shown: &Value) -> String {
    let mut lines = Vec::new();
    for (what, sum) in shown["effects"].as_object().into_iter().flatten() {
        let count = |name: &str| sum[name].as_u64().unwrap_or_default();
        let (same, now, then, refused) = (count("same"), count("now"), count("then"), count("refused"));
        lines.push(format!("{what}: {same} as it was, {now} only now, {then} only then, {refused} refused"));
    }
    if lines.is_empty() {
        lines.push("It would do nothing.".to_owned());
    }
    if let Some(events) = shown["events_done"].as_u64() {
        lines.push(format!("{events} events in {} ms, {} runs failed", shown["took_ms"], shown["failed"]));
    }
    if let Some(leads) = shown["taken_as_today"].as_u64().filter(|leads| *leads > 0) {
        lines.push(format!("{leads} leads were taken as they are today: their history does not tell what they were."));
    }
    if shown["status"] == "cancelled" {
        lines.push("It was cancelled before its end.".to_owned());
    }
    lines.join("\n")
}
