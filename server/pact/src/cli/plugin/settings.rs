//! `pact plugin settings`: what a plugin is set to, what it was set to before, and the way back.
//!
//! They are shown as TOML, with a line for each setting that the plugin has. What is shown can be edited and given back with `--file`.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use pact_policy::manifest::{Manifest, Setting, SettingType, parse_manifest};
use serde_json::{Map, Value, json};

use super::{agreed, say_at_once};
use crate::cli::remote::{Answer, Remote, Server};

#[derive(Debug, Args)]
pub(super) struct Settings {
    /// The plugin's id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    server: Server,
    /// Set this, such as quiet_after="6 work days", and leave the others as they are; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Let this go back to its default; may be given several times
    #[arg(long, value_name = "NAME")]
    default: Vec<String>,
    /// Set exactly what this file says, as it is shown without options: what it leaves out goes back to its default; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["set", "default"])]
    file: Option<PathBuf>,
    /// Show what it was set to, newest first, each with what it changed
    #[arg(long, conflicts_with_all = ["set", "default", "file", "restore"])]
    history: bool,
    /// Bring back what it was set to, by its number in the history
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["set", "default", "file"])]
    restore: Option<i64>,
    /// Confirm how much it would do at once, which is shown
    #[arg(long, value_name = "NUMBER")]
    confirm: Option<u64>,
}

impl Settings {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let desk = Desk { server: self.server.open()?, path: format!("/plugins/{}", self.id), confirm: self.confirm };
        if self.history {
            let versions = desk.history().await?;
            say(versions.iter().map(told), "It was never set to anything.");
            return Ok(());
        }
        let before = desk.server.get(&desk.path).await?.good()?;
        let after = match self.restore {
            Some(number) => desk.restore(number).await?,
            None => {
                let manifest = desk.manifest().await?;
                let change = match &self.file {
                    Some(file) => exactly(&manifest, file)?,
                    None => some(&manifest, &self.set, &self.default)?,
                };
                if change.is_empty() {
                    say(lines(&manifest, &before.body["settings"]), "It has no settings.");
                    return Ok(());
                }
                desk.set(&before, change).await?
            }
        };
        say(differences(&before.body["settings"], &after.body["settings"]), "Nothing changed: it was set so already.");
        Ok(())
    }
}

/// A plugin on a server.
struct Desk {
    server: Remote,
    path: String,
    confirm: Option<u64>,
}

impl Desk {
    /// What the version that runs says of its settings.
    async fn manifest(&self) -> anyhow::Result<Manifest> {
        let versions = self.server.get(&format!("{}/versions", self.path)).await?.good()?;
        let newest = versions.body["items"][0]["id"].as_str().context("the server names no version of it")?;
        let version = self.server.get(&format!("{}/versions/{newest}", self.path)).await?.good()?;
        parse_manifest(version.text("manifest"))
            .map_err(|error| anyhow::anyhow!("its manifest cannot be read: {}", error.message))
    }

    async fn history(&self) -> anyhow::Result<Vec<Value>> {
        let page = self.server.get(&format!("{}/settings-versions", self.path)).await?.good()?;
        Ok(page.body["items"].as_array().cloned().unwrap_or_default())
    }

    async fn set(&self, before: &Answer, change: Map<String, Value>) -> anyhow::Result<Answer> {
        let etag = before.etag.as_deref().context("the server names no revision; is it another version?")?;
        let body = json!({ "settings": change });
        let path = |confirm: &str| format!("{}{confirm}", self.path);
        self.confirmed(async |confirm| self.server.change(&path(&confirm), etag, &body).await).await
    }

    async fn restore(&self, number: i64) -> anyhow::Result<Answer> {
        let history = self.history().await?;
        let Some(version) = history.iter().find(|version| version["number"] == number) else {
            let known: Vec<String> = history.iter().rev().map(|version| version["number"].to_string()).collect();
            bail!("its history has no number {number}. It has: {}", or_nothing(known));
        };
        let body = json!({ "version_id": version["id"] });
        let path = |confirm: &str| format!("{}/settings/restore{confirm}", self.path);
        self.confirmed(async |confirm| self.server.post(&path(&confirm), &body).await).await
    }

    /// Sends a change; once more with how much it would do at once, if whoever runs this means it.
    async fn confirmed(&self, send: impl AsyncFn(String) -> anyhow::Result<Answer>) -> anyhow::Result<Answer> {
        let with = |count: u64| format!("?confirm={count}");
        let answer = send(self.confirm.map_or_else(String::new, with)).await?;
        let Some(effects) = answer.to_confirm() else { return answer.good() };
        let count: u64 = effects.iter().map(|(_, count)| count).sum();
        say_at_once(effects);
        if !agreed("Shall it do this at once?")? {
            bail!("it is not set: say --confirm {count} if it shall do all this at once");
        }
        send(with(count)).await?.good()
    }
}

/// What a file says, with every setting that it leaves out back at its default.
fn exactly(manifest: &Manifest, file: &Path) -> anyhow::Result<Map<String, Value>> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
    };
    let said: toml::Table = toml::from_str(&text).with_context(|| format!("{} is no TOML", file.display()))?;
    let mut change: Map<String, Value> = manifest.settings.keys().map(|name| (name.clone(), Value::Null)).collect();
    for (name, value) in said {
        change.insert(name, serde_json::to_value(value)?);
    }
    Ok(change)
}

/// What the options say.
fn some(manifest: &Manifest, set: &[String], default: &[String]) -> anyhow::Result<Map<String, Value>> {
    let mut change = Map::new();
    for set in set {
        let (name, text) = set.split_once('=').with_context(|| format!("{set}: write --set NAME=VALUE"))?;
        let read = || serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        let value = match manifest.settings.get(name).map(|setting| setting.ty) {
            Some(ty) if is_a_text(ty) => json!(text),
            Some(_) | None => read(),
        };
        change.insert(name.to_owned(), value);
    }
    for name in default {
        if change.insert(name.clone(), Value::Null).is_some() {
            bail!("{name} is set and goes back to its default: say one of the two");
        }
    }
    Ok(change)
}

/// Whether the values of such a setting are texts, whatever they look like.
const fn is_a_text(ty: SettingType) -> bool {
    match ty {
        SettingType::Text
        | SettingType::LongText
        | SettingType::Span
        | SettingType::Money
        | SettingType::Day
        | SettingType::Choice
        | SettingType::Link => true,
        SettingType::Number | SettingType::YesNo | SettingType::ManyChoices => false,
    }
}

/// The settings that a plugin has, as TOML: those with their defaults are commented out.
fn lines(manifest: &Manifest, chosen: &Value) -> Vec<String> {
    let of = |(name, setting): (&String, &Setting)| {
        let title = setting.title.as_ref().map(|title| format!("# {title}\n")).unwrap_or_default();
        format!("{title}{}", line(name, setting, &chosen[name.as_str()]))
    };
    manifest.settings.iter().map(of).collect()
}

fn line(name: &str, setting: &Setting, chosen: &Value) -> String {
    match (toml::Value::try_from(chosen), &setting.default) {
        (Ok(chosen), _) => format!("{name} = {chosen}"),
        (Err(_), Some(default)) => format!("# {name} = {}", default.to_string().replace('\n', "\n# ")),
        (Err(_), None) if setting.required => format!("# {name} must be set"),
        (Err(_), None) => format!("# {name} is not set"),
    }
}

/// One version of the history.
fn told(version: &Value) -> String {
    let text = |name: &str| version[name].as_str().unwrap_or_default();
    let changes = version["changes"].as_array().into_iter().flatten();
    let changes =
        changes.map(|change| difference(change["name"].as_str().unwrap_or_default(), &change["from"], &change["to"])).collect();
    let by = version["created_by_id"].as_str().map(|id| format!(" by {id}")).unwrap_or_default();
    format!("{:>3}  {}  {}{by}: {}", version["number"].to_string(), text("created_at"), text("how"), or_nothing(changes))
}

/// What is other, setting by setting.
fn differences(before: &Value, after: &Value) -> Vec<String> {
    let names = [before, after].into_iter().filter_map(Value::as_object).flat_map(Map::keys);
    let names: BTreeSet<&String> = names.collect();
    let changed = names.into_iter().filter(|name| before[name.as_str()] != after[name.as_str()]);
    changed.map(|name| difference(name, &before[name.as_str()], &after[name.as_str()])).collect()
}

fn difference(name: &str, from: &Value, to: &Value) -> String {
    let shown = |value: &Value| match value {
        Value::Null => "its default".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    format!("{name}: {} → {}", shown(from), shown(to))
}

fn or_nothing(some: Vec<String>) -> String {
    if some.is_empty() { "nothing".to_owned() } else { some.join(", ") }
}

/// Prints lines, or what is said where there is none.
fn say(lines: impl IntoIterator<Item = String>, nothing: &str) {
    let lines: Vec<String> = lines.into_iter().collect();
    println!("{}", if lines.is_empty() { nothing.to_owned() } else { lines.join("\n") });
}
