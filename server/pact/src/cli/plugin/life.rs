//! `pact plugin pack`, `install` and `remove`: a plugin as one file, and its way into a server and out of it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use pact_script::plugin::archive::{ARCHIVE_SUFFIX, pack};
use pact_script::plugin::{SCRIPT_EXTENSION, Std};
use serde_json::Value;

use super::{agreed, say_at_once};
use crate::cli::remote::{Answer, Server};

#[derive(Debug, Args)]
pub(super) struct Pack {
    /// The plugin's folder, or a single script
    #[arg(value_name = "FOLDER|SCRIPT")]
    path: PathBuf,
    /// The file to write [default: ID-VERSION.plugin.tar.gz]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The folder of modules that scripts import as std/NAME
    #[arg(long, default_value = "scripts/std", value_name = "FOLDER")]
    std: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Install {
    /// The plugin's folder, a single script (`.rhai`), or an archive
    #[arg(value_name = "FOLDER|SCRIPT|FILE")]
    path: PathBuf,
    #[command(flatten)]
    server: Server,
    /// Agree to everything that it asks for, which is shown
    #[arg(long)]
    yes: bool,
    /// Confirm how much it would do at once, which is shown
    #[arg(long, value_name = "NUMBER")]
    confirm: Option<u64>,
    /// Show what an installation would do, and install nothing
    #[arg(long)]
    preview: bool,
    /// The folder of modules that scripts import as std/NAME
    #[arg(long, default_value = "scripts/std", value_name = "FOLDER")]
    std: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    /// The plugin's id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    server: Server,
    /// What becomes of the custom fields that only this plugin has
    #[arg(long, value_enum)]
    fields: Fields,
    /// Remove it without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Fields {
    /// They stay, with their values.
    Keep,
    /// They go, and their values with them.
    Remove,
}

/// The modules that scripts may import.
fn modules(folder: &Path) -> anyhow::Result<Std> {
    Ok(if folder.is_dir() { Std::load(folder)? } else { crate::standard::modules() })
}

impl Pack {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let (plugin, bytes) = pack(&self.path, &modules(&self.std)?)?;
        let usual = || PathBuf::from(format!("{}-{}{ARCHIVE_SUFFIX}", plugin.id(), plugin.manifest.version));
        let file = self.output.unwrap_or_else(usual);
        std::fs::write(&file, &bytes).with_context(|| format!("{} cannot be written", file.display()))?;
        println!("{} ({} bytes): {} {}", file.display(), bytes.len(), plugin.id(), plugin.manifest.version);
        Ok(())
    }
}

impl Install {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let is_source = self.path.is_dir() || self.path.extension().is_some_and(|extension| extension == SCRIPT_EXTENSION);
        let archive = if is_source {
            pack(&self.path, &modules(&self.std)?)?.1
        } else {
            std::fs::read(&self.path).with_context(|| format!("{} cannot be read", self.path.display()))?
        };
        let server = self.server.open()?;
        let preview = server.post_archive("/plugin-previews", archive.clone()).await?.good()?;
        show(&preview);
        if self.preview {
            return Ok(());
        }
        if preview.body["is_accepted"] != true {
            bail!("it is not installed: see above");
        }
        let is_asked = preview.body["needs_consent"] == true;
        if is_asked && !self.yes && !agreed("Do you agree that it may do all this?")? {
            bail!("it is not installed: nobody agreed to what it asks for. Read it, and say --yes if you do");
        }
        let mut asked = Vec::new();
        if is_asked {
            asked.push(format!("consent={}", preview.text("consent")));
        }
        if let Some(count) = preview.body["confirm"].as_u64() {
            if self.confirm != Some(count) && !agreed("Shall it do this at once?")? {
                bail!("it is not installed: say --confirm {count} if it shall do all this at once");
            }
            asked.push(format!("confirm={count}"));
        }
        let installed = server.post_archive(&format!("/plugins?{}", asked.join("&")), archive).await?.good()?;
        println!("{} {} is installed.", installed.text("id"), installed.text("version"));
        Ok(())
    }
}

/// Says what an installation would do.
fn show(preview: &Answer) {
    let before = preview.body["installed_version"].as_str();
    let before = before.map_or_else(|| "is not installed".to_owned(), |version| format!("replaces {version}"));
    println!("{} {} ({before}): {}", preview.text("id"), preview.text("version"), preview.text("summary"));
    let list = |name: &str| preview.body[name].as_array().cloned().unwrap_or_default();
    println!("It asks for this ({}):", if preview.body["needs_consent"] == true { "+ is new" } else { "nothing is new" });
    for ask in list("asks") {
        println!("  {} {}", if ask["is_new"] == true { "+" } else { " " }, ask["says"].as_str().unwrap_or_default());
    }
    for one in list("requires") {
        let lacking = one["lacking"].as_str().map_or_else(String::new, |why| format!(": {why}"));
        println!("It needs {} {}{lacking}", one["id"].as_str().unwrap_or_default(), one["range"].as_str().unwrap_or_default());
    }
    for finding in list("findings") {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        println!("Refused: {} line {}: {} [{}]", text("file"), finding["line"], text("message"), text("rule"));
        println!("  Instead: {}", text("instead"));
    }
    if let Some(why) = preview.body["refused"].as_str() {
        println!("Refused: {why}");
    }
    say_at_once(preview.body["at_once"].as_object().into_iter().flatten());
    if before.starts_with("replaces") && !preview.text("changes").is_empty() {
        println!("What is other:\n{}", preview.text("changes").trim_end());
    }
}

impl Remove {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let server = self.server.open()?;
        let path = format!("/plugins/{}", self.id);
        let plugin = server.get(&path).await?.good()?;
        let etag = plugin.etag.clone().context("the server names no revision; is it another version?")?;
        let removal = server.get(&format!("{path}/removal")).await?.good()?;
        say_what_goes(&removal.body, self.fields);
        if !self.yes && !agreed(&format!("Remove {}?", self.id))? {
            bail!("it is not removed: say --yes if it shall be");
        }
        let fields = match self.fields {
            Fields::Keep => "keep",
            Fields::Remove => "remove",
        };
        server.remove(&format!("{path}?fields={fields}"), &etag).await?.good()?;
        println!("{} is removed.", self.id);
        Ok(())
    }
}

fn say_what_goes(removal: &Value, wish: Fields) {
    for field in removal["fields"].as_array().into_iter().flatten() {
        let text = |name: &str| field[name].as_str();
        let name = format!("{}.{}", text("on_record").unwrap_or_default(), text("name").unwrap_or_default());
        let fate = match (text("stays_with"), text("cannot_stay"), wish) {
            (Some(other), ..) => format!("stays with the plugin {other}"),
            (None, Some(why), Fields::Keep) => format!("cannot be kept. {why}"),
            (None, None, Fields::Keep) => "stays, with its values".to_owned(),
            (None, _, Fields::Remove) => format!("goes, and {} values with it", field["values"]),
        };
        println!("The field {name} {fate}.");
    }
}
