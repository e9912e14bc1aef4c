//! `pact plugin new`: a plugin that is complete from the first moment. It passes the policy and its cases, so whoever begins changes
//! something that works.

mod templates;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use pact_policy::manifest::parse_manifest;
use pact_policy::table::{ENTRY_POINTS, EntryPoint};
use pact_script::plugin::MANIFEST_FILE;

use self::templates::Template;

/// Make a plugin that is complete: manifest, script, cases and a page.
#[derive(Debug, Args)]
pub(super) struct New {
    /// Its id: small letters, digits and hyphens, such as `thank-you`.
    name: String,
    /// The event at which it is called, such as `lead_won`.
    #[arg(long, value_name = "EVENT", value_parser = event, default_value = "lead_created", conflicts_with = "schedule")]
    on: EntryPoint,
    /// It is called by the clock instead.
    #[arg(long)]
    schedule: bool,
    /// The folder that gets the plugin's folder; `plugins` if there is one, else the present folder.
    #[arg(long = "in", value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Where plugins are, unless somebody says otherwise.
const PLUGINS: &str = "plugins";

impl New {
    pub(super) fn run(self) -> ExitCode {
        match self.make() {
            Ok(at) => {
                let at = at.display();
                println!("Made {at}. Look at it, then:\n  pact plugin test {at} --watch\n  pact lint {at}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("pact plugin new: {error:#}");
                ExitCode::from(2)
            }
        }
    }

    fn make(&self) -> anyhow::Result<PathBuf> {
        let template = if self.schedule { Template::of_schedule() } else { Template::of_event(self.on) };
        let files = template.files(&self.name);
        for (name, text) in &files {
            if name == MANIFEST_FILE {
                parse_manifest(text).map_err(|error| anyhow::anyhow!("{}", error.message))?;
            }
        }
        let standard = Path::new(PLUGINS);
        let folder = self.folder.as_deref().unwrap_or(if standard.is_dir() { standard } else { Path::new("") });
        let at = folder.join(&self.name);
        if at.exists() {
            bail!("{} is there already. Choose another name, or remove it first.", at.display());
        }
        for (name, text) in files {
            let file = at.join(name);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            }
            fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
        }
        Ok(at)
    }
}

/// The entry point of an event, or of its function.
fn event(word: &str) -> Result<EntryPoint, String> {
    let found = ENTRY_POINTS.iter().find(|entry| entry.event == word || entry.name == word);
    found.map(|entry| entry.point).ok_or_else(|| {
        let known: Vec<_> = ENTRY_POINTS.iter().map(|entry| entry.event).collect();
        format!("there is no such event. There are {}", known.join(", "))
    })
}
